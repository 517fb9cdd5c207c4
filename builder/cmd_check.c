/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward check: will the kernel take the modules of an image, or of an installed kernel? */
#include <getopt.h>
#include <json-c/json.h>

#include "command.h"
#include "printable.h"
#include "verify_kernel.h"
#include "vmlinux.h"

struct check_options {
	const char *release; /* -k */
	const char *sysroot;
	const char *image;
	bool json, exports;
};

static struct err *print_report(const struct verify_report *r, const struct check_options *o, const char *what)
{
	if (o->json) {
		struct json_object *json = verify_json(r);
		puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(json);
	} else {
		verify_print_to(r, stdout, "");
	}
	if (r->errors)
		return err_new(EXIT_VERIFY, "%s: %zu errors, %zu warnings", what, r->errors, r->warnings);
	say("%s: %zu modules, no error, %zu warnings", what, r->modules, r->warnings);
	return NULL;
}

/* What modules may use, as Module.symvers has it. */
static struct err *print_exports(const struct kernel *k, const char *sysroot)
{
	struct vmlinux v;
	TRY(vmlinux_find(sysroot, k->moddir, k->release, NULL, &v));
	for (size_t i = 0; i < v.exports.count; i++) {
		const struct symbol_ref *ref = &v.exports.items[i];
		print_line(stdout, "0x%08x\t%s\tvmlinux\tEXPORT_SYMBOL%s\t%s", ref->crc, ref->name,
			   ref->gpl_only ? "_GPL" : "", ref->space ? ref->space : "");
	}
	say("kernel %s: %zu symbols, from %s", k->release, v.exports.count, v.source);
	vmlinux_free(&v);
	return NULL;
}

static struct err *check_kernel(const struct check_options *o)
{
	struct kernel *k;
	TRY(kernel_open(o->sysroot, o->release, NULL, &k));
	if (o->exports) {
		struct err *e = print_exports(k, o->sysroot);
		kernel_close(k);
		return e;
	}
	struct verify_setup setup = {.kernel = k, .release = k->release, .sysroot = o->sysroot};
	struct verify *v = verify_begin(&setup);
	verify_kernel_tree(v, k);
	AUTOFREE char *what = xasprintf("kernel %s", k->release);
	struct err *e = print_report(verify_finish(v), o, what);
	verify_free(v);
	kernel_close(k);
	return e;
}

static struct err *check_image(const struct check_options *o)
{
	struct image img;
	TRY(image_open(o->image, &img));
	struct verify_image *vi = verify_image_begin(&img, o->sysroot);
	struct err *e = print_report(verify_image_finish(vi), o, o->image);
	verify_image_free(vi);
	image_close(&img);
	return e;
}

static struct err *parse(int argc, char **argv, struct check_options *o)
{
	static const struct option options[] = {
	    {"kernel", required_argument, NULL, 'k'},
	    {"sysroot", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"verbose", no_argument, NULL, 'v'},
	    {"quiet", no_argument, NULL, 'q'},
	    {"exports", no_argument, NULL, 'x'},
	    {0},
	};
	int c;
	optind = 0;
	while ((c = getopt_long(argc, argv, "k:vq", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			o->release = optarg;
			break;
		case 's':
			o->sysroot = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'x':
			o->exports = true;
			break;
		case 'v':
			verbosity = 1;
			break;
		case 'q':
			verbosity = -1;
			break;
		default:
			return option_error(argv, options);
		}
	}
	if (argc - optind > 1)
		return err_new(EXIT_USAGE, "check: %s: one image at a time", argv[optind + 1]);
	o->image = argv[optind];
	if (o->exports && !o->release)
		return err_new(EXIT_USAGE, "check: --exports is about a kernel: give -k KVER");
	if (!o->image == !o->release)
		return err_new(EXIT_USAGE, "check: give either an image or -k KVER");
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	struct check_options o = {.sysroot = ""};
	TRY(parse(argc, argv, &o));
	return o.image ? check_image(&o) : check_kernel(&o);
}

const struct command cmd_check = {
    .name = "check",
    .synopsis = "IMAGE | -k KVER [--sysroot DIR] [--exports] [--json] [-v|-q]",
    .summary = "verify an image, or an installed kernel's modules",
    .help = "Each finding is one line: severity, module, cause, remedy. Verified are vermagic, every symbol with its\n"
	    "CRC, license and namespace, signature, machine, compression, dependencies, options of modprobe.d and\n"
	    "firmware, against what the kernel image exports. Images of other tools are read, too.\n\n"
	    "  -k, --kernel KVER  all modules of this installed kernel\n"
	    "      --sysroot DIR  look for kernel, modules and configuration below DIR\n"
	    "      --exports      print what the kernel exports to modules, as Module.symvers, and verify nothing\n"
	    "      --json         findings as JSON on standard output\n"
	    "  -v, --verbose      also each module whose firmware is missing\n"
	    "  -q, --quiet        findings only\n\n"
	    "Exit status 3 when a finding is an error.\n",
    .run = run,
};
