/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward capture: this machine's hardware profile. */
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "content_hash.h"
#include "install.h"
#include "profile.h"

/* TEXT to PATH, whole or not at all. */
static struct err *publish(const char *path, const struct buf *text)
{
	CLEANUP(install_end) struct install in;
	struct install_options opt = {.size = text->len};
	size_t done = 0;

	content_hash(text->data, text->len, opt.hash);
	TRY(install_begin(path, text->len, &in));
	/* Unlike an image a profile holds no secret, and is made to be shown to others. */
	if (!in.direct && fchmod(in.fd, 0644) < 0)
		return err_sys(errno, "%s", path);
	while (done < text->len) {
		ssize_t n = write(in.fd, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return err_sys(errno, "%s", path);
		done += n > 0 ? (size_t)n : 0;
	}
	return install_commit(&in, &opt);
}

static struct err *print(const struct buf *text)
{
	if (fwrite(text->data, 1, text->len, stdout) != text->len || fflush(stdout) != 0)
		return err_sys(errno, "standard output");
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{"machine", required_argument, NULL, 'm'},
						{"sysroot", required_argument, NULL, 's'},
						{0}};
	CLEANUP(profile_free) struct hw_profile profile = {0};
	CLEANUP(buf_free) struct buf text = {0};
	const char *output = NULL, *machine = "", *sysroot = "";
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'o')
			output = optarg;
		else if (c == 'm')
			machine = optarg;
		else if (c == 's')
			sysroot = optarg;
		else
			return option_error(argv, options);
	}
	if (optind < argc)
		return err_new(EXIT_USAGE, "capture: %s: takes no operand", argv[optind]);
	TRY(profile_capture(machine, sysroot, &profile));
	TRY(profile_write(&profile, &text));
	profile_warn_unknown(&profile);
	return output && strcmp(output, "-") != 0 ? publish(output, &text) : print(&text);
}

const struct command cmd_capture = {
    .name = "capture",
    .synopsis = "[-o FILE] [--sysroot DIR] [--machine DIR]",
    .summary = "write this machine's hardware profile",
    .help = "  -o, --output FILE  write to FILE (whole or not at all) instead of standard output\n"
	    "  --sysroot DIR      what is under / is what DIR/etc/fstab says, not what is mounted\n"
	    "  --machine DIR      read DIR/sys, DIR/proc, DIR/dev and DIR/etc instead of this machine's\n"
	    "\n"
	    "The profile is text, one fact a line: devices with modalias and driver, and the stack of\n"
	    "devices under /, /usr and the resume device. `rootward build --mode host --hardware FILE`\n"
	    "and `rootward simulate` read it.\n",
    .run = run,
};
