/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward cat: files of an image on standard output. */
#include <getopt.h>
#include <sys/stat.h>

#include "command.h"
#include "image.h"

static struct err *cat(const struct image *img, const char *path)
{
	const struct image_entry *e = image_follow(img, path, true);

	if (!e)
		return err_new(EXIT_FAILED, "%s: not in the image", path);
	if (!S_ISREG(e->mode))
		return err_new(EXIT_FAILED, "%s: not a regular file", path);
	if (fwrite(e->data, 1, (size_t)e->size, stdout) != e->size)
		return err_sys(errno, "standard output");
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {{0}};
	CLEANUP(image_close) struct image img = {0};

	optind = 0;
	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return option_error(argv, options);
	if (argc - optind < 2)
		return err_new(EXIT_USAGE, "cat wants IMAGE and PATH...: see rootward cat --help");
	TRY(image_open(argv[optind], &img));
	for (int i = optind + 1; i < argc; i++)
		TRY(err_wrap(cat(&img, argv[i]), "%s", argv[optind]));
	return NULL;
}

const struct command cmd_cat = {
    .name = "cat",
    .synopsis = "IMAGE PATH...",
    .summary = "print files of an image",
    .help = "Symlinks are followed inside the image.\n",
    .run = run,
};
