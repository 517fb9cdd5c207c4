/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward report: the last boot's timeline. */
#include <getopt.h>
#include <unistd.h>

#include "command.h"
#include "report.h"

#define DEFAULT_FILE "/run/rootward/boot.json"
/* 4096 steps of four texts each come to less. */
#define REPORT_MAX ((size_t)16 << 20)

static struct err *write_svg(const struct report *r, const char *path)
{
	CLEANUP(buf_free) struct buf svg = {0};
	report_svg(r, &svg);
	FILE *f = fopen(path, "we");
	if (!f)
		return err_sys(errno, "%s", path);
	bool ok = fwrite(svg.data, 1, svg.len, f) == svg.len;
	int fault = errno;
	if (fclose(f) != 0 && ok) {
		ok = false;
		fault = errno;
	}
	return ok ? NULL : err_sys(fault, "%s", path);
}

static struct err *read_report(const char *path, char **text, struct report *r)
{
	size_t len;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return err_new(EXIT_FAILED,
			       "%s: not there: this system was not booted with an image of rootward, or name a file",
			       path);
	TRY(file_read(path, REPORT_MAX, text, &len));
	return err_wrap(report_parse(*text, r), "%s", path);
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"svg", required_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'}, {0}};
	const char *svg = NULL;
	bool json = false;
	int c;
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			svg = optarg;
		else if (c == 'j')
			json = true;
		else
			return option_error(argv, options);
	}
	if (argc - optind > 1)
		return err_new(EXIT_USAGE, "report: %s: one file at a time", argv[optind + 1]);
	AUTOFREE char *text = NULL;
	CLEANUP(report_free) struct report r = {0};
	TRY(read_report(optind < argc ? argv[optind] : DEFAULT_FILE, &text, &r));
	report_mark_critical(&r);
	if (svg)
		TRY(write_svg(&r, svg));
	if (json)
		fputs(text, stdout);
	else if (!svg)
		report_print(&r, stdout);
	return NULL;
}

const struct command cmd_report = {
    .name = "report",
    .synopsis = "[FILE] [--svg OUT] [--json]",
    .summary = "the last boot's timeline",
    .help =
	"Reads FILE, or " DEFAULT_FILE " of this boot, and prints its steps with what the boot waited for marked.\n\n"
	"      --svg OUT  draw it instead: a bar a step, a lane a worker, the critical path in red\n"
	"      --json     print the timeline as it was written\n",
    .run = run,
};
