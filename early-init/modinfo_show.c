// SPDX-License-Identifier: GPL-2.0-or-later
/* What modinfo prints of one module, as kmod 30. */
#include "modinfo_show.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/modinfo.h"
#include "plan/signature.h"
#include "tool.h"

/* Bytes of a number in one line. */
#define HEX_LINE 20

/* "NAME:DESCRIPTION" and "NAME:TYPE" of one parameter, as they stand in the section. */
struct param {
	const char *name;
	int name_len;
	const char *text, *type; /* after the colon; NULL where not given */
};

struct params {
	struct param *at;
	size_t count;
};

static struct param *find_param(struct params *all, const char *name, int len)
{
	struct param *grown;

	for (size_t i = 0; i < all->count; i++) {
		if (all->at[i].name_len == len && memcmp(all->at[i].name, name, (size_t)len) == 0)
			return &all->at[i];
	}
	grown = reallocarray(all->at, all->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	all->at = grown;
	grown[all->count] = (struct param){.name = name, .name_len = len};
	return &grown[all->count++];
}

static void add_param(struct params *all, const struct modinfo_entry *e)
{
	const char *colon = strchr(e->value, ':');
	struct param *p;

	if (!colon) {
		tool_say(LOG_ERR, "Found invalid \"%.*s=%s\": missing ':'", (int)e->key_len, e->key, e->value);
		return;
	}
	p = find_param(all, e->value, (int)(colon - e->value));
	if (!p)
		tool_say(LOG_ERR, "Out of memory!");
	else if (e->key_len == strlen("parm"))
		p->text = colon + 1;
	else
		p->type = colon + 1;
}

/* kmod prints the last one found first. */
static void show_params(const struct modinfo_style *q, const struct params *all, bool labelled)
{
	for (size_t i = all->count; i > 0; i--) {
		const struct param *p = &all->at[i - 1];

		if (labelled)
			printf("%-16s", "parm:");
		printf("%.*s:", p->name_len, p->name);
		if (p->text)
			fputs(p->text, stdout);
		if (!p->text && labelled)
			fputs(p->type ? p->type : "", stdout);
		else if (p->type)
			printf(" (%s)", p->type);
		putchar(q->separator);
	}
}

static bool key_is(const struct modinfo_entry *e, const char *key)
{
	return e->key_len == strlen(key) && memcmp(e->key, key, e->key_len) == 0;
}

static void show_entry(const struct modinfo_style *q, const struct modinfo_entry *e)
{
	int len = (int)e->key_len;

	if (q->field) {
		if (key_is(e, q->field))
			printf("%s%c", e->value, q->separator);
	} else if (q->separator == '\0') {
		printf("%.*s=%s%c", len, e->key, e->value, q->separator);
	} else {
		printf("%.*s:%-*s%s%c", len, e->key, 15 - len, "", e->value, q->separator);
	}
}

static void show_text(const struct modinfo_style *q, const char *key, const char *value)
{
	struct modinfo_entry e = {.key = key, .key_len = strlen(key), .value = value};

	show_entry(q, &e);
}

static void show_part(const struct modinfo_style *q, const char *key, const struct signature_part *part)
{
	char *text = strndup(part->at ? (const char *)part->at : "", part->len);

	if (text)
		show_text(q, key, text);
	free(text);
}

/* kmod breaks long numbers into lines, whatever is asked for. */
static void show_number(const struct modinfo_style *q, const char *key, const struct signature_part *part)
{
	char *text = NULL, line[SIGNATURE_HEX_SIZE(HEX_LINE)];
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	for (size_t i = 0; i < part->len; i += HEX_LINE) {
		struct signature_part here = {part->at + i, part->len - i < HEX_LINE ? part->len - i : HEX_LINE};

		signature_hex(&here, line);
		fprintf(f, "%s%s", i ? ":\n\t\t" : "", line);
	}
	if (fclose(f) == 0)
		show_text(q, key, text);
	free(text);
}

/* As libkmod, which shows nothing of a signature that it cannot read. */
static void show_signature(const struct modinfo_style *q, const struct module_signature *sig)
{
	if (!sig->id || !sig->hash || !sig->key.at || !sig->encoded.at)
		return;
	show_text(q, "sig_id", sig->id);
	show_part(q, "signer", &sig->signer);
	show_number(q, "sig_key", &sig->key);
	show_text(q, "sig_hashalgo", sig->hash);
	show_number(q, "signature", &sig->encoded);
}

/* SIG may be NULL. */
static void show_strings(const struct modinfo_style *q, struct modinfo info, const struct module_signature *sig)
{
	bool only_params = q->field && strcmp(q->field, "parm") == 0;
	struct params params = {0};
	struct modinfo_entry e;

	while (modinfo_next(&info, &e)) {
		if ((only_params || !q->field) && (key_is(&e, "parm") || key_is(&e, "parmtype")))
			add_param(&params, &e);
		else if (!only_params)
			show_entry(q, &e);
	}
	if (sig && !only_params)
		show_signature(q, sig);
	show_params(q, &params, !only_params);
	free(params.at);
}

static void show_label(const struct modinfo_style *q, const char *field, const char *label, const char *value)
{
	if (!q->field)
		printf("%-16s%s%c", label, value, q->separator);
	else if (strcmp(q->field, field) == 0)
		printf("%s%c", value, q->separator);
}

static bool only_filename(const struct modinfo_style *q)
{
	return q->field && strcmp(q->field, "filename") == 0;
}

static errint show_contents(const struct modinfo_style *q, struct modfile *file)
{
	struct module_signature sig;
	const void *data = NULL;
	struct modinfo info;
	size_t size = 0;
	errint r = modfile_bytes(file, &data, &size);

	if (r == 0)
		r = modinfo_open(data, size, &info);
	if (r < 0)
		return r;
	signature_read(data, size, &sig);
	show_strings(q, info, &sig);
	return 0;
}

static errint say_failed(const char *name, errint r)
{
	tool_say(LOG_ERR, "could not get modinfo from '%s': %s", name, strerror(-r));
	return r;
}

errint modinfo_show_file(const struct modinfo_style *q, const char *name, const char *path)
{
	struct modfile file;
	errint r;

	show_label(q, "filename", "filename:", path);
	if (only_filename(q))
		return 0;
	r = tool_open_module(path, &file);
	if (r == 0) {
		r = show_contents(q, &file);
		modfile_close(&file);
	}
	return r < 0 ? say_failed(name, tool_file_error(path, r)) : 0;
}

/* The strings "NAME.KEY=VALUE" among INFO, as "KEY=VALUE" strings into *OUT (malloc'ed). */
static errint strings_of(struct modinfo info, const char *name, char **out, size_t *size)
{
	size_t len = strlen(name);
	struct modinfo_entry e;
	FILE *f = open_memstream(out, size);

	if (!f)
		return -errno;
	while (modinfo_next(&info, &e)) {
		if (e.key_len > len && e.key[len] == '.' && memcmp(e.key, name, len) == 0)
			fwrite(e.key + len + 1, 1, strlen(e.key + len + 1) + 1, f);
	}
	if (fclose(f) == 0)
		return 0;
	free(*out);
	return -ENOMEM;
}

/* What the file PATH, modules.builtin.modinfo, says of NAME. */
static errint show_builtin_strings(const struct modinfo_style *q, const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct modinfo info;
	char *own = NULL;
	size_t size = 0;
	struct stat st;
	void *map;
	errint r;

	if (fd < 0)
		return -errno;
	map = fstat(fd, &st) == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	r = map == MAP_FAILED ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	modinfo_from_strings(map, (size_t)st.st_size, &info);
	r = strings_of(info, name, &own, &size);
	munmap(map, (size_t)st.st_size);
	if (r < 0)
		return r;
	modinfo_from_strings(own, size, &info);
	show_strings(q, info, NULL);
	free(own);
	return 0;
}

errint modinfo_show_builtin(const struct modinfo_style *q, const char *name, const char *strings)
{
	errint r;

	show_label(q, "name", "name:", name);
	show_label(q, "filename", "filename:", "(builtin)");
	if (only_filename(q))
		return 0;
	r = show_builtin_strings(q, name, strings);
	/* Older kernels have none. */
	return r == -ENOENT ? 0 : r < 0 ? say_failed(name, r) : 0;
}
