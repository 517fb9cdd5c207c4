/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last stages: what the image says of itself, and how it takes the old one's place. */
#include <string.h>
#include <sys/stat.h>

#include "boot_dir.h"
#include "build.h"
#include "image_index.h"
#include "inputs.h"
#include "install.h"
#include "test_boot.h"

struct err *build_add_manifest(struct build *b)
{
	struct buf text = {0};
	struct entry e = {
	    .path = "/usr/lib/rootward/manifest",
	    .type = ENTRY_FILE,
	    .mode = 0644,
	    .segment = SEG_MAIN,
	    .owner = "base",
	    .reason = "what every file of this image is there for",
	    .data_owned = true,
	};

	struct entry *self;

	/* Before it is written, so that it tells of itself, too. */
	TRY(manifest_add(&b->manifest, &e, &self));
	manifest_sort(&b->manifest);
	manifest_write(&b->manifest, &text);
	self->data = (const unsigned char *)text.data;
	self->size = text.len;
	return NULL;
}

struct err *build_add_inputs(struct build *b)
{
	struct inputs in = {0};
	struct inputs_place place = {b->sysroot, b->release, b->kernel->moddir, &b->config, b->opt->config_dir};
	struct buf text = {0};

	inputs_add_surroundings(&in, &place);
	inputs_add_contents(&in, &place, &b->manifest);
	for (size_t i = 0; i < b->firmware.missing.count; i++)
		inputs_add_firmware(&in, &place, b->firmware.missing.items[i].name);
	for (size_t i = 0; i < b->firmware.found.count; i++)
		inputs_add_firmware(&in, &place, b->firmware.found.items[i]);
	inputs_write(&in, &text);
	inputs_free(&in);
	return manifest_add(&b->manifest,
			    &(struct entry){.path = INPUTS_PATH,
					    .type = ENTRY_FILE,
					    .mode = 0644,
					    .segment = SEG_MAIN,
					    .owner = "base",
					    .reason = "what this image was built from",
					    .data = (const unsigned char *)text.data,
					    .size = text.len,
					    .data_owned = true},
			    NULL);
}

/* What the disk gives back is an image: every archive can be undone, its index opened. */
static struct err *check_image(const struct build *b, const void *data, size_t size)
{
	struct image image = {0};
	struct boot_index ix;
	AUTOFREE unsigned char *index = NULL;

	TRY(image_parse(data, size, &image));
	struct err *e = image_index(&image, b->output, &index, &ix);
	image_close(&image);
	return e;
}

static bool has_module(void *arg, const char *module)
{
	const struct build *b = arg;
	const struct kmodule *m = kernel_module(b->kernel, module);
	const struct choice *c = m && !m->builtin ? select_find(&b->selection, module) : NULL;

	return m && (m->builtin || (c && c->in_image));
}

struct checking {
	struct build *b;
	const struct install *in;
	bool test_boot;
};

/* Called with the new image whole on the disk, and the old one still in its place. */
static struct err *check(void *arg, const void *data, size_t size)
{
	const struct checking *c = arg;
	AUTOFREE char *vmlinuz = boot_kernel_path(c->b->sysroot, c->b->release);
	struct test_boot t = {
	    .image_fd = c->in->fd,
	    .kernel = vmlinuz,
	    .has_module = has_module,
	    .arg = c->b,
	    .sysroot = c->b->sysroot,
	    .hardware = c->b->has_profile ? &c->b->profile : NULL,
	};

	TRY(check_image(c->b, data, size));
	if (!c->test_boot)
		return NULL;
	if (!vmlinuz)
		return err_new(EXIT_FAILED, "test-boot = yes, but no boot/vmlinuz-%s was found to boot it with",
			       c->b->release);
	build_progress(NULL);
	return test_boot(&t);
}

/* Whether the image holds what not everybody may read here. */
static bool holds_secret(const struct build *b)
{
	struct stat st;

	if (b->config.image.emergency_password)
		return true;
	for (size_t i = 0; i < b->manifest.entries.count; i++) {
		const struct entry *e = b->manifest.entries.items[i];
		if (e->type == ENTRY_FILE && !(e->mode & S_IROTH))
			return true;
		if (e->source && stat(e->source, &st) == 0 && !(st.st_mode & S_IROTH))
			return true;
	}
	return false;
}

/* Waits for what reads the kernel image, and tells what was found; EXIT_VERIFY when it forbids the image. */
static struct err *end_verification(struct build *b)
{
	build_enter(b, STAGE_VERIFY);
	const struct verify_report *report = verify_finish(b->verify);
	build_progress(NULL);
	build_rank_firmware(b);
	firmware_print(&b->firmware);
	verify_print(report);
	if (report->errors)
		return err_new(EXIT_VERIFY, "%zu faults found in the modules of kernel %s: no image written",
			       report->errors, b->kernel->release);
	return NULL;
}

static struct err *begin(const struct build *b, bool secret, struct install *in)
{
	TRY(install_begin(b->output, pack_size_guess(&b->manifest, &b->pack), in));
	/* Whoever opened up the image that is replaced, perhaps another tool's, did not mean this one. */
	if (!in->direct && secret && fchmod(in->fd, 0600) < 0)
		return err_sys(errno, "mode of the temporary file");
	return NULL;
}

static struct err *write_image(struct build *b, bool secret, struct install *in)
{
	build_enter(b, STAGE_PACK);
	/* A secret is where it must be, and nowhere else. */
	return pack_write(&b->manifest, &b->pack, secret ? NULL : b->cache, in->fd, &b->stats);
}

static struct err *commit(struct build *b, struct install *in)
{
	build_enter(b, STAGE_INSTALL);
	const struct image_config *im = &b->config.image;
	struct checking checking = {b, in, im->test_boot && strcmp(im->test_boot, "yes") == 0};
	struct install_options opt = {
	    .size = b->stats.size,
	    .hash = {b->stats.hash[0], b->stats.hash[1]},
	    .keep_previous = im->keep_previous && strcmp(im->keep_previous, "yes") == 0,
	    .for_boot_loader = build_is_for_boot(b),
	    .check = check,
	    .arg = &checking,
	};
	return install_commit(in, &opt);
}

/*
 * Nobody sees a temporary file: it is written while the kernel image is still being read. What goes to a pipe or a
 * device cannot be taken back.
 */
struct err *build_publish(struct build *b)
{
	struct install in = {.fd = -1, .dirfd = -1};
	bool secret = holds_secret(b);
	struct err *e = err_wrap(begin(b, secret, &in), "writing %s", b->output);

	if (!e && in.direct)
		e = end_verification(b);
	if (!e)
		e = err_wrap(write_image(b, secret, &in), "writing %s", b->output);
	if (!e && !in.direct)
		e = end_verification(b);
	if (!e)
		e = err_wrap(commit(b, &in), "writing %s", b->output);
	install_end(&in);
	return e;
}
