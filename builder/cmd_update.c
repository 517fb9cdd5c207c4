/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward update: the images that boot loaders look for, built anew. */
#include <getopt.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "boot_dir.h"
#include "build.h"
#include "command.h"
#include "generator.h"
#include "image_state.h"
#include "interrupt.h"
#include "lock.h"
#include "post_update.h"

struct update {
	struct build_options build;
	const char *sysroot; /* "" for / */
	bool hook, stale;
};

/* What the failure leaves behind, so that nobody has to wonder whether the machine still boots. */
static void tell_remains(const struct update *u, const char *release, const char *image)
{
	if (u->build.output && !path_exists(image))
		return;
	if (path_exists(image))
		warn("kernel %s: the old %s is unchanged; when the cause is gone: rootward update -k %s", release,
		     image, release);
	else
		warn("kernel %s has no image and will not boot with one until this succeeds: rootward update -k %s",
		     release, release);
}

static bool is_current(const char *sysroot, const char *image)
{
	CLEANUP(image_status_free) struct image_status status;

	image_status_read(sysroot, image, &status);
	return status.state == IMAGE_CURRENT;
}

/* Beside the entries of some boot loaders lies a copy, which kernel-install(8) makes and nobody renews meanwhile. */
static void warn_of_copies(const struct update *u, const char *release, const char *image)
{
	CLEANUP(strings_free) struct strings images = {0};
	const char *stale = NULL;

	if (u->hook || u->build.output)
		return;
	boot_images(u->sysroot, release, &images);
	for (size_t i = 0; i < images.list.count; i++) {
		CLEANUP(image_status_free) struct image_status status = {0};
		const char *copy = images.list.items[i];

		if (strcmp(copy, image) == 0)
			continue;
		image_status_read(u->sysroot, copy, &status);
		/* An entry of before may have another one beside it. */
		if (status.state == IMAGE_CURRENT)
			return;
		if (status.state == IMAGE_STALE)
			stale = copy;
	}
	if (stale)
		warn("%s is not %s and stays as it was: kernel-install add %s VMLINUZ renews it", stale, image,
		     release);
}

/* What is left to do when the image is what it should be. */
struct rest {
	struct post_update due;
	bool run, repeat; /* the scripts of boot loaders */
};

/* The image needs nothing. Its boot loader does when the scripts failed, or the machine went down before them. */
static void leave_current(const struct update *u, const char *release, const char *image, struct rest *rest)
{
	if (u->build.output || !post_update_is_due(u->sysroot, release, &rest->due)) {
		say("%s is up to date", image);
	} else if (*u->sysroot) {
		say("%s is up to date; scripts of " POST_UPDATE_DIR " are left to the first update in that system",
		    image);
	} else {
		say("%s is up to date; scripts of " POST_UPDATE_DIR " did not succeed for it yet and run again", image);
		rest->run = rest->repeat = true;
	}
}

/* With the kernel's lock: nobody else marks it, builds for it or removes its mark. */
static struct err *update_locked(struct update *u, const char *release, const char *image, struct rest *rest)
{
	if (u->stale && is_current(u->sysroot, image)) {
		leave_current(u, release, image, rest);
		return NULL;
	}
	if (!u->build.output)
		post_update_mark(u->sysroot, release, &rest->due);
	u->build.release = release;
	u->build.locked = !u->build.output;
	struct err *e = build_run(&u->build);
	/* One that is there may be new: its rename may be what could not be synced. */
	if (e && !path_exists(image))
		post_update_unmark(u->sysroot, release);
	rest->run = !e && !u->build.output && !*u->sysroot;
	return e;
}

static struct err *update_one(struct update *u, const char *release)
{
	AUTOFREE char *usual = boot_image_path(u->sysroot, release);
	const char *image = u->build.output ? u->build.output : usual;
	AUTOFREE char *why = NULL;
	struct rest rest = {0};
	bool acts = true;
	int lock = -1;

	struct err *e = u->hook ? generator_acts(u->sysroot, u->build.config_dir, usual, &acts, &why) : NULL;
	if (!e && !acts) {
		say("kernel %s: left alone: %s", release, why);
		return NULL;
	}
	if (!e && !u->build.output)
		e = kernel_lock(u->sysroot, release, u->build.lock_wait, &lock);
	if (!e)
		e = update_locked(u, release, image, &rest);
	if (lock >= 0)
		close(lock);
	if (e) {
		tell_remains(u, release, image);
		return e;
	}
	if (rest.run)
		e = post_update_run(release, image, &rest.due, rest.repeat);
	warn_of_copies(u, release, image);
	return e;
}

/* Kernels that can be booted; a module directory alone is the rest of a removed kernel. */
static struct err *update_all(struct update *u)
{
	CLEANUP(strings_free) struct strings releases = {0};
	unsigned done = 0, failed = 0;
	enum exit_status status = EXIT_FAILED;

	boot_releases(u->sysroot, false, &releases);
	for (size_t i = 0; i < releases.list.count && !interrupt_signal(); i++) {
		const char *release = releases.list.items[i];
		AUTOFREE char *kernel = boot_kernel_path(u->sysroot, release);
		if (!kernel) {
			say_more("kernel %s: there are modules and no vmlinuz: passed over", release);
			continue;
		}
		struct err *e = update_one(u, release);
		done++;
		failed += e != NULL;
		if (e)
			status = (enum exit_status)err_report(err_wrap(e, "kernel %s", release));
	}
	if (failed)
		return err_new(status, "%u of %u kernels have no new image", failed, done);
	if (!done && !u->hook)
		return err_new(EXIT_FAILED, "no installed kernel found below %s/lib/modules", u->sysroot);
	return NULL;
}

static struct err *update(struct update *u, const char *kernel)
{
	struct utsname uts;

	u->build.lock = true;
	if (kernel && strcmp(kernel, "all") == 0)
		return u->build.output ? err_new(EXIT_USAGE, "update: -o FILE is for one kernel, not for all")
				       : update_all(u);
	/* Before anything is said of a kernel that is none. */
	if (kernel && (!*kernel || strchr(kernel, '/') || strcmp(kernel, ".") == 0 || strcmp(kernel, "..") == 0))
		return err_new(EXIT_USAGE, "update: not the release of a kernel: '%s'", kernel);
	if (!kernel && uname(&uts) < 0)
		return err_sys(errno, "running kernel's release");
	return update_one(u, kernel ? kernel : uts.release);
}

enum { OPT_SYSROOT = 256, OPT_CONFIG, OPT_CACHE, OPT_WAIT, OPT_HOOK, OPT_STALE };

static struct err *set_option(struct update *u, int c, const char **kernel)
{
	switch (c) {
	case 'k':
		*kernel = optarg;
		return NULL;
	case 'o':
		u->build.output = optarg;
		return NULL;
	case 'v':
		verbosity = 1;
		return NULL;
	case 'q':
		verbosity = -1;
		return NULL;
	case OPT_SYSROOT:
		u->build.sysroot = optarg;
		return NULL;
	case OPT_CONFIG:
		u->build.config_dir = optarg;
		return NULL;
	case OPT_CACHE:
		u->build.cache = optarg;
		return NULL;
	case OPT_HOOK:
		u->hook = true;
		return NULL;
	case OPT_STALE:
		u->stale = true;
		return NULL;
	case OPT_WAIT:
		if (!*optarg || strlen(optarg) > 6 || optarg[strspn(optarg, "0123456789")])
			return err_new(EXIT_USAGE, "update: --wait %s: seconds, a number", optarg);
		u->build.lock_wait = (unsigned)strtoul(optarg, NULL, 10);
		return NULL;
	default:
		return err_new(EXIT_USAGE, "see rootward update --help");
	}
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {{"kernel", required_argument, NULL, 'k'},
						{"output", required_argument, NULL, 'o'},
						{"sysroot", required_argument, NULL, OPT_SYSROOT},
						{"config", required_argument, NULL, OPT_CONFIG},
						{"cache", required_argument, NULL, OPT_CACHE},
						{"wait", required_argument, NULL, OPT_WAIT},
						{"hook", no_argument, NULL, OPT_HOOK},
						{"stale", no_argument, NULL, OPT_STALE},
						{"verbose", no_argument, NULL, 'v'},
						{"quiet", no_argument, NULL, 'q'},
						{0}};
	struct update u = {.build.lock_wait = LOCK_WAIT_DEFAULT};
	const char *kernel = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "k:o:vq", options, NULL)) != -1)
		TRY(c == '?' ? option_error(argv, options) : set_option(&u, c, &kernel));
	if (optind < argc)
		return err_new(EXIT_USAGE, "update: unexpected argument '%s': the kernel goes after -k", argv[optind]);
	AUTOFREE char *sysroot = sysroot_name(u.build.sysroot);
	u.sysroot = sysroot;
	return update(&u, kernel);
}

const struct command cmd_update = {
    .name = "update",
    .synopsis = "[-k KVER|all] [OPTION]...",
    .summary = "build the image that the boot loader uses anew",
    .help = "  -k, --kernel KVER   kernel release (the running kernel's); all: every installed kernel\n"
	    "  -o, --output FILE   write FILE instead of /boot/initrd.img-KVER or /boot/initramfs-KVER.img\n"
	    "      --stale         only what is missing or no longer what would be built (rootward list)\n"
	    "      --hook          called by a package's hook: [hooks] generator decides whether to act\n"
	    "      --wait SECONDS  how long to wait for another build for the same kernel (600)\n"
	    "      --sysroot DIR, --config DIR, --cache DIR  as in rootward build\n"
	    "  -v, --verbose       tell more;  -q, --quiet  only errors\n"
	    "\nAll else is said by the configuration. The old image stays until the new one is whole and verified.\n"
	    "Afterwards the scripts of " POST_UPDATE_DIR " run, with the release and the image; those that failed\n"
	    "run again also when --stale finds nothing else to do.\n",
    .run = run,
};
