/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build.h"

#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "boot_dir.h"
#include "boot_hooks.h"
#include "console_setup.h"
#include "image_index.h"
#include "lock.h"
#include "microcode.h"
#include "payload.h"
#include "sysroot.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void build_enter(struct build *b, enum build_stage stage)
{
	double t = now();

	if (b->stage_start > 0)
		b->seconds[b->stage] += t - b->stage_start;
	b->stage = stage;
	b->stage_start = t;
	build_progress(stage < STAGES_END ? build_stage_name(stage) : NULL);
}

static unsigned default_threads(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	return 1;
}

/* Command line before configuration; lists add up. */
static struct err *read_config(struct build *b)
{
	const struct build_options *o = b->opt;
	struct config *c = &b->config;

	build_enter(b, STAGE_CONFIG);
	TRY(config_read(b->sysroot, o->config_dir, c));
	for (size_t i = 0; i < o->add_modules.count; i++)
		config_add_word(c, &c->image.add_modules, o->add_modules.items[i], "--add-module");
	for (size_t i = 0; i < o->omit_modules.count; i++)
		config_add_word(c, &c->image.omit_modules, o->omit_modules.items[i], "--omit-module");
	for (size_t i = 0; i < o->features.count; i++)
		config_add_word(c, &c->image.features, o->features.items[i], "--feature");
	const char *mode = o->mode ? o->mode : c->image.mode;
	b->mode = mode && strcmp(mode, "host") == 0 ? MODE_HOST : MODE_GENERIC;
	TRY(config_check(c));
	AUTOFREE char *place = xasprintf("%s: compress", config_origin(c, "image.compress"));
	return pack_parse_kind(o->compress ? "--compress" : place, o->compress ? o->compress : c->image.compress,
			       &b->pack);
}

static struct err *set_places(struct build *b)
{
	const struct build_options *o = b->opt;
	struct utsname uts;

	b->sysroot = sysroot_name(o->sysroot);
	if (*b->sysroot && !path_exists(b->sysroot))
		return err_sys(errno, "--sysroot %s", b->sysroot);
	if (!o->release && uname(&uts) < 0)
		return err_sys(errno, "running kernel's release");
	b->release = xstrdup(o->release ? o->release : uts.release);
	b->threads = o->threads ? o->threads : default_threads();
	if (o->output) {
		b->output = xstrdup(o->output);
		return NULL;
	}
	b->output = boot_image_path(b->sysroot, b->release);
	return NULL;
}

static struct err *add_feature_payload(struct payload *p, const struct feature *f)
{
	AUTOFREE char *owner = xasprintf("feature:%s", f->name);
	AUTOFREE char *reason = xasprintf("feature %s", f->name);
	struct payload_cause cause = {owner, reason, NULL};

	for (size_t i = 0; i < f->programs.words.count; i++)
		TRY(err_wrap(payload_program(p, f->programs.words.items[i].text, &cause), "%s: feature %s",
			     f->programs.words.items[i].origin, f->name));
	for (size_t i = 0; i < f->files.words.count; i++)
		TRY(err_wrap(payload_file(p, f->files.words.items[i].text, &cause), "%s: feature %s",
			     f->files.words.items[i].origin, f->name));
	return NULL;
}

/* Updates for processors: all of them in an image for any machine, unless the configuration says otherwise. */
static struct err *add_microcode(struct build *b)
{
	const char *which = b->config.image.microcode;
	bool host = which ? strcmp(which, "host") == 0 : b->mode == MODE_HOST;
	struct hw_profile here = {0};

	if (which && strcmp(which, "no") == 0)
		return NULL;
	if (!host || b->has_profile)
		return microcode_add(&b->manifest, b->sysroot, host ? &b->profile : NULL);
	struct err *e = profile_capture("", b->sysroot, &here);
	if (!e)
		e = microcode_add(&b->manifest, b->sysroot, &here);
	profile_free(&here);
	return e;
}

/* What modinfo says of what is built into the kernel; older kernels do not tell. */
static struct err *add_builtin_modinfo(const struct build *b, struct payload *p)
{
	static const struct payload_cause cause = {"base", "what modinfo says of built-in modules", NULL};
	AUTOFREE char *path = path_join(b->kernel->moddir, "modules.builtin.modinfo");
	AUTOFREE char *host = sysroot_host_path(b->sysroot, path);

	return path_exists(host) ? payload_file(p, path + strlen(b->sysroot), &cause) : NULL;
}

static struct err *fill_payload(struct build *b, struct payload *p)
{
	TRY(payload_base(p));
	TRY(add_builtin_modinfo(b, p));
	TRY(payload_busybox(p));
	if (b->config.image.emergency_password)
		TRY(payload_password(p));
	for (size_t i = 0; i < b->config.image.features.words.count; i++)
		TRY(add_feature_payload(p, config_feature(&b->config, b->config.image.features.words.items[i].text)));
	TRY(boot_hooks_add(p));
	TRY(add_microcode(b));
	TRY(console_setup_add(&b->manifest, b->sysroot));
	return build_add_commands(b, p);
}

static struct err *add_payload(struct build *b)
{
	struct payload p = {0};

	build_enter(b, STAGE_PAYLOAD);
	struct err *e = payload_open(&b->manifest, b->sysroot, &p);
	if (!e)
		e = fill_payload(b, &p);
	payload_close(&p);
	return e;
}

/* Whether the target kernel's initramfs code undoes C (CONFIG_RD_*). */
static bool can_read(void *arg, enum codec c)
{
	static const char *const options[] = {
	    [CODEC_GZIP] = "RD_GZIP",	[CODEC_XZ] = "RD_XZ",	  [CODEC_ZSTD] = "RD_ZSTD", [CODEC_LZ4] = "RD_LZ4",
	    [CODEC_BZIP2] = "RD_BZIP2", [CODEC_LZMA] = "RD_LZMA", [CODEC_LZO] = "RD_LZO",
	};
	const struct kernel *k = arg;

	if (c == CODEC_NONE)
		return true;
	if ((size_t)c >= ARRAY_SIZE(options) || !options[c])
		return false;
	const char *value = kernel_config(k, options[c]);
	return value && strcmp(value, "y") == 0;
}

/* Firmware is told of by firmware_print(), which knows what hardware is here. */
static bool firmware_is_told(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return true;
}

/* Early: reading the kernel image takes longest of all and goes on in a thread of its own. */
static void begin_verify(struct build *b)
{
	struct verify_setup setup = {
	    .cache = b->cache,
	    .kernel = b->kernel,
	    .release = b->kernel->release,
	    .sysroot = b->sysroot,
	    .has_firmware = firmware_is_told,
	};

	b->verify = verify_begin(&setup);
}

static bool lz4_ends(const char *release)
{
	unsigned major, minor;

	return sscanf(release, "%u.%u", &major, &minor) == 2 && (major > 5 || (major == 5 && minor >= 14));
}

static struct err *add_modules(struct build *b)
{
	const struct pack_target target = {
	    .all_loaded = b->mode == MODE_HOST,
	    .lz4_ends = lz4_ends(b->kernel->release),
	    .can_read = b->kernel->has_config ? can_read : NULL,
	    .arg = b->kernel,
	};

	build_enter(b, STAGE_MODULES);
	TRY(pack_choose_main(&b->pack, &target));
	TRY(build_add_modules(b));
	return build_prepare_modules(b);
}

static struct err *run_stages(struct build *b)
{
	TRY(set_places(b));
	TRY(read_config(b));
	if (b->opt->print_config) {
		config_print(&b->config, stdout);
		return NULL;
	}
	b->pack.threads = b->threads;
	/* Images of other names are nobody's rivals. */
	if (build_is_for_boot(b) && !b->opt->locked)
		TRY(kernel_lock(b->sysroot, b->release, b->opt->lock_wait, &b->lock_fd));
	build_enter(b, STAGE_KERNEL);
	TRY(kernel_open(b->sysroot, b->release, NULL, &b->kernel));
	TRY(kernel_check_dep(b->kernel));
	TRY(build_read_hardware(b));
	TRY(cache_open(b->opt->cache, CACHE_MAX_BYTES, &b->cache));
	begin_verify(b);
	build_enter(b, STAGE_SELECT);
	TRY(build_select(b));
	TRY(add_payload(b));
	TRY(add_modules(b));
	build_enter(b, STAGE_INDEX);
	TRY(build_add_index(b));
	TRY(build_add_inputs(b));
	TRY(build_add_manifest(b));
	TRY(build_publish(b));
	cache_commit(b->cache);
	build_enter(b, STAGES_END);
	build_summary(b);
	return NULL;
}

static void build_free(struct build *b)
{
	verify_free(b->verify);
	for (size_t i = 0; i < b->modules.count; i++) {
		for (size_t f = 0; f < b->modules.items[i].firmware.count; f++)
			free(b->modules.items[i].firmware.items[f]);
		VEC_FREE(&b->modules.items[i].firmware);
	}
	VEC_FREE(&b->modules);
	firmware_free(&b->firmware);
	manifest_free(&b->manifest);
	cache_close(b->cache); /* after the manifest, whose entries may borrow from it */
	select_close(&b->selection);
	profile_free(&b->profile);
	kernel_close(b->kernel);
	config_free(&b->config);
	close_fd(&b->lock_fd);
	free(b->sysroot);
	free(b->release);
	free(b->output);
}

struct err *build_run(const struct build_options *opt)
{
	struct build b = {.opt = opt, .lock_fd = -1};
	struct err *e = run_stages(&b);

	build_progress(NULL);
	build_free(&b);
	return e;
}
