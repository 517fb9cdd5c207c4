/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward boot: an image in QEMU, by the harness in qemu/. */
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "harness.h"
#include "image.h"

/* The release below whose directory the image keeps its modules, NULL when it has none. */
static char *image_release(const struct image *img)
{
	static const char *const roots[] = {"/lib/modules/", "/usr/lib/modules/"};

	for (size_t i = 0; i < img->entries.count; i++) {
		const char *path = img->entries.items[i].path;
		for (size_t k = 0; k < ARRAY_SIZE(roots); k++) {
			size_t len = strlen(roots[k]);
			if (strncmp(path, roots[k], len) == 0 && path[len])
				return xstrndup(path + len, strcspn(path + len, "/"));
		}
	}
	return NULL;
}

/* The installed kernel that IMAGE was made for. */
static struct err *find_kernel(const char *path, char **out)
{
	CLEANUP(image_close) struct image img = {0};

	TRY(err_wrap(image_open(path, &img), "%s", path));
	AUTOFREE char *release = image_release(&img);
	if (!release)
		return err_new(EXIT_FAILED, "%s holds no modules, so its kernel is unknown: name it with --kernel FILE",
			       path);
	AUTOFREE char *kernel = xasprintf("/boot/vmlinuz-%s", release);
	if (access(kernel, R_OK) < 0)
		return err_sys(errno, "%s, the kernel of %s (another can be named with --kernel FILE)", kernel, path);
	*out = STEAL_POINTER(kernel);
	return NULL;
}

/* OPTION, or OPTION=VALUE. */
static bool has_option(int argc, char **argv, const char *option)
{
	size_t len = strlen(option);

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], option, len) == 0 && (argv[i][len] == '\0' || argv[i][len] == '='))
			return true;
	return false;
}

/* Replaces this process; what the harness returns is what rootward returns. */
static struct err *run(int argc, char **argv)
{
	AUTOFREE char *harness = NULL;
	AUTOFREE char *kernel = NULL;

	if (argc < 2 || argv[1][0] == '-')
		return err_new(EXIT_USAGE, "boot: which image? see rootward boot --help");
	if (access(argv[1], R_OK) < 0)
		return err_sys(errno, "%s", argv[1]);
	TRY(harness_find("boot", &harness));
	if (!has_option(argc - 2, argv + 2, "--kernel"))
		TRY(find_kernel(argv[1], &kernel));

	VEC(char *) args = {0};
	VEC_PUSH(&args, harness);
	VEC_PUSH(&args, (char *)"--image");
	VEC_PUSH(&args, argv[1]);
	if (kernel) {
		VEC_PUSH(&args, (char *)"--kernel");
		VEC_PUSH(&args, kernel);
	}
	for (int i = 2; i < argc; i++)
		VEC_PUSH(&args, argv[i]);
	VEC_PUSH(&args, NULL);
	execv(harness, args.items);
	VEC_FREE(&args);
	return err_sys(errno, "%s", harness);
}

const struct command cmd_boot = {
    .name = "boot",
    .synopsis = "IMAGE [OPTION]...",
    .summary = "test-boot an image in QEMU",
    .help = "Boots IMAGE with the kernel it was made for (/boot/vmlinuz-KVER) and, unless disks are\n"
	    "given, with a small test root whose init says on the console that it was reached. All\n"
	    "options are those of the harness:\n"
	    "  --kernel NAME|FILE  another kernel: a file, or cloud, generic, 6.12 (fetched from Debian)\n"
	    "  --disk FILE[,bus=BUS][,...]  a disk image; writes to it are dropped unless `keep` is given\n"
	    "  --append WORDS      added to the kernel command line\n"
	    "  --cpu MODEL --memory MB --smp N --uefi --monitor\n"
	    "  --expect REGEX --reject REGEX --until REGEX --timeout SECONDS --log FILE\n"
	    "Exit status: the guest's; 122 to 125 when a pattern, the time or the guest failed.\n",
    .run = run,
};
