/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward list: installed kernels and the state of their images. */
#include <getopt.h>
#include <json-c/json.h>
#include <string.h>

#include "boot_dir.h"
#include "command.h"
#include "image_state.h"
#include "printable.h"

/* Causes shown without --verbose. */
#define CAUSES_SHOWN 5

struct listing {
	const char *sysroot;
	struct json_object *json; /* NULL: text */
	unsigned shown;
};

static void print_because(const char *text)
{
	fputs("    because ", stdout);
	print_text(stdout, text);
	putchar('\n');
}

static void print_causes(const struct image_status *s)
{
	size_t limit = verbosity > 0 ? s->changes.all.count : CAUSES_SHOWN;

	for (size_t i = 0; i < s->changes.all.count && i < limit; i++) {
		AUTOFREE char *text = input_change_text(&s->changes.all.items[i]);
		print_because(text);
	}
	if (s->changes.all.count > limit)
		printf("    and %zu more (-v)\n", s->changes.all.count - limit);
}

static void print_image(const char *release, const char *path, const struct image_status *s, bool kernel)
{
	print_text(stdout, release);
	printf("  %s  ", image_state_name(s->state));
	print_text(stdout, path);
	if (s->state == IMAGE_FOREIGN)
		printf("  (made by %s)", s->maker ? s->maker : "another tool");
	if (!kernel)
		printf("  (no such kernel is installed)");
	putchar('\n');
	if (s->trouble)
		print_because(s->trouble);
	print_causes(s);
}

static void add_json(struct json_object *list, const char *release, const char *path, const struct image_status *s,
		     bool kernel)
{
	struct json_object *o = json_object_new_object(), *because = json_object_new_array();

	json_object_object_add(o, "kernel", json_text(release));
	json_object_object_add(o, "installed", json_object_new_boolean(kernel));
	json_object_object_add(o, "image", json_text(path));
	json_object_object_add(o, "state", json_object_new_string(image_state_name(s->state)));
	if (s->maker)
		json_object_object_add(o, "made_by", json_object_new_string(s->maker));
	if (s->trouble)
		json_object_array_add(because, json_text(s->trouble));
	for (size_t i = 0; i < s->changes.all.count; i++) {
		AUTOFREE char *text = input_change_text(&s->changes.all.items[i]);
		json_object_array_add(because, json_text(text));
	}
	json_object_object_add(o, "because", because);
	json_object_array_add(list, o);
}

static void show(struct listing *l, const char *release, const char *path, bool kernel)
{
	CLEANUP(image_status_free) struct image_status status;

	image_status_read(l->sysroot, path, &status);
	if (l->json)
		add_json(l->json, release, path, &status, kernel);
	else
		print_image(release, path, &status, kernel);
	l->shown++;
}

static void show_release(struct listing *l, const char *release, bool kernel)
{
	CLEANUP(strings_free) struct strings images = {0};

	boot_images(l->sysroot, release, &images);
	for (size_t i = 0; i < images.list.count; i++)
		show(l, release, images.list.items[i], kernel);
	if (images.list.count)
		return;
	AUTOFREE char *usual = boot_image_path(l->sysroot, release);
	AUTOFREE char *vmlinuz = boot_kernel_path(l->sysroot, release);
	/* Modules of a kernel that nobody can boot need no image. */
	if (vmlinuz)
		show(l, release, usual, kernel);
}

static bool contains(const struct strings *s, const char *item)
{
	for (size_t i = 0; i < s->list.count; i++)
		if (strcmp(s->list.items[i], item) == 0)
			return true;
	return false;
}

static void list(struct listing *l, const char *only)
{
	CLEANUP(strings_free) struct strings installed = {0}, all = {0};

	boot_releases(l->sysroot, false, &installed);
	boot_releases(l->sysroot, true, &all);
	for (size_t i = 0; i < all.list.count; i++)
		if (!only || strcmp(only, all.list.items[i]) == 0)
			show_release(l, all.list.items[i], contains(&installed, all.list.items[i]));
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {{"kernel", required_argument, NULL, 'k'},
						{"sysroot", required_argument, NULL, 's'},
						{"json", no_argument, NULL, 'j'},
						{"verbose", no_argument, NULL, 'v'},
						{0}};
	struct listing l = {0};
	const char *kernel = NULL, *named = NULL;
	bool json = false;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "k:v", options, NULL)) != -1) {
		if (c == '?')
			return option_error(argv, options);
		if (c == 'k')
			kernel = optarg;
		if (c == 's')
			named = optarg;
		if (c == 'v')
			verbosity = 1;
		json |= c == 'j';
	}
	if (optind < argc)
		return err_new(EXIT_USAGE, "list: unexpected argument '%s': see rootward list --help", argv[optind]);
	AUTOFREE char *sysroot = sysroot_name(named);
	l.sysroot = sysroot;
	l.json = json ? json_object_new_array() : NULL;
	list(&l, kernel);
	if (json)
		puts(json_object_to_json_string_ext(l.json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(l.json);
	if (kernel && !l.shown)
		return err_new(EXIT_FAILED, "kernel %s: neither installed nor is there an image of it", kernel);
	if (!l.shown && !json)
		say("%s", "no installed kernel and no image found");
	return NULL;
}

const struct command cmd_list = {
    .name = "list",
    .synopsis = "[-k KVER] [--sysroot DIR] [--json] [-v]",
    .summary = "list kernels, their images and whether these are up to date",
    .help = "  -k, --kernel KVER  this kernel only\n"
	    "      --sysroot DIR  kernels and images below DIR\n"
	    "      --json         the same for programs\n"
	    "  -v, --verbose      all that changed\n\n"
	    "One line an image: kernel, state, file. States:\n"
	    "  ok          what would be built today\n"
	    "  stale       something that it was built from changed; what, is told (all of it with -v)\n"
	    "  missing     the kernel has no image\n"
	    "  foreign     made by another tool, which is named: nothing can be said of its age\n"
	    "  damaged     not an image, or not whole\n"
	    "  unreadable  you may not read it: images can hold secrets, so only root does\n",
    .run = run,
};
