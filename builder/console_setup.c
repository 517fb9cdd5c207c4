/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console_setup.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../early-init/plan/keymap.h"
#include "child.h"
#include "find_below.h"
#include "pack_source.h"
#include "shell_words.h"
#include "sysroot.h"

#define CONFIG_MAX ((size_t)256 * 1024)
#define TOOL_DEADLINE 30

/* ---- the configuration: assignments, as a shell reads them ---- */

enum setting { KEYMAP, FONT, XKBMODEL, XKBLAYOUT, XKBVARIANT, XKBOPTIONS, CODESET, FONTFACE, FONTSIZE, SETTINGS };
static const char *const names[SETTINGS] = {"KEYMAP",	  "FONT",    "XKBMODEL", "XKBLAYOUT", "XKBVARIANT",
					    "XKBOPTIONS", "CODESET", "FONTFACE", "FONTSIZE"};

struct console {
	char *value[SETTINGS]; /* owned; NULL not set, or empty */
};

static void free_console(struct console *c)
{
	for (size_t i = 0; i < SETTINGS; i++)
		free(c->value[i]);
}

static void ignore_substitution(void *arg, const char *text, size_t len)
{
	(void)arg;
	(void)text;
	(void)len;
}

static void assign(struct console *c, const char *word)
{
	const char *equals = strchr(word, '=');

	for (size_t i = 0; equals && i < SETTINGS; i++) {
		if (strlen(names[i]) != (size_t)(equals - word) || strncmp(word, names[i], strlen(names[i])) != 0)
			continue;
		free(c->value[i]);
		c->value[i] = equals[1] ? xstrdup(equals + 1) : NULL;
	}
}

static struct err *read_settings(const char *sysroot, const char *path, struct console *c)
{
	AUTOFREE char *host = sysroot_resolve(sysroot, path);
	AUTOFREE char *text = NULL;
	size_t len;

	if (!host)
		return NULL;
	TRY(file_read(host, CONFIG_MAX, &text, &len));
	struct shell_words words = {.at = text, .substitution = ignore_substitution};
	for (struct shell_token t; (t = shell_next(&words)).kind != SHELL_END;)
		if (t.kind == SHELL_WORD && words.word.data)
			assign(c, words.word.data);
	buf_free(&words.word);
	return NULL;
}

/* ---- keymap ---- */

/* What a filter wrote, from its start; DATA malloc. */
static struct err *take_output(int fd, char **data, size_t *len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(errno, "keymap");
	*len = (size_t)st.st_size;
	*data = xmalloc(*len + 1);
	if (pread(fd, *data, *len, 0) != (ssize_t)*len)
		return err_sys(errno ? errno : EIO, "keymap");
	return NULL;
}

/* ARGV reads IN (-1: nothing) and writes a new memory file *OUT, which then stands at its start. */
static struct err *filter(char *const argv[], int in, int *out)
{
	int status;

	if (!child_exists(argv[0]))
		return err_new(EXIT_FAILED, "%s is not installed: install %s", argv[0],
			       strcmp(argv[0], "ckbcomp") == 0 ? "console-setup" : "kbd");
	*out = memfd_create(argv[0], MFD_CLOEXEC);
	if (*out < 0)
		return err_sys(errno, "%s", argv[0]);
	TRY(child_filter(argv, in, *out, TOOL_DEADLINE, &status));
	if (status)
		return err_new(EXIT_FAILED, "%s: exit status %d (rootward -v shows its words)", argv[0], status);
	return lseek(*out, 0, SEEK_SET) < 0 ? err_sys(errno, "%s", argv[0]) : NULL;
}

/* Text of a keymap (a file, or with FILE NULL from IN) as the kernel's tables. */
static struct err *binary_keymap(char *file, int in, char **data, size_t *len)
{
	char *argv[] = {(char *)"loadkeys", (char *)"-q", (char *)"-u", (char *)"-b", file, NULL};
	AUTOCLOSE int out = -1;

	TRY(filter(argv, in, &out));
	TRY(take_output(out, data, len));
	return keymap_valid((const unsigned char *)*data, *len) ? NULL
								: err_new(EXIT_FAILED, "loadkeys made no keymap");
}

static struct err *keymap_by_name(const char *sysroot, const char *name, char **file, char **data, size_t *len)
{
	static const char *const places[] = {"/usr/share/keymaps", "/usr/share/kbd/keymaps", "/usr/lib/kbd/keymaps",
					     "/lib/kbd/keymaps", "/usr/share/kbd/keymaps/xkb"};
	static const char *const endings[] = {"", ".map", ".map.gz", ".kmap", ".kmap.gz"};

	*file =
	    find_below(sysroot, &(struct find_places){places, ARRAY_SIZE(places), endings, ARRAY_SIZE(endings)}, name);
	if (!*file)
		return err_new(EXIT_FAILED, "KEYMAP=%s: no such file below /usr/share/keymaps or /usr/lib/kbd/keymaps",
			       name);
	return binary_keymap(*file, -1, data, len);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static struct err *keymap_by_layout(const char *sysroot, const struct console *c, char **data, size_t *len)
{
	AUTOFREE char *layouts = *sysroot ? sysroot_resolve(sysroot, "/usr/share/X11/xkb") : NULL;
	AUTOFREE char *first = layouts ? xasprintf("-I%s", layouts) : NULL;
	char *argv[] = {(char *)"ckbcomp",
			(char *)"-model",
			(char *)(uintptr_t)(c->value[XKBMODEL] ? c->value[XKBMODEL] : "pc105"),
			(char *)"-layout",
			c->value[XKBLAYOUT],
			(char *)"-variant",
			(char *)(uintptr_t)or_empty(c->value[XKBVARIANT]),
			(char *)"-option",
			(char *)(uintptr_t)or_empty(c->value[XKBOPTIONS]),
			first,
			NULL};
	AUTOCLOSE int text = -1;

	TRY(filter(argv, -1, &text));
	return binary_keymap(NULL, text, data, len);
}

/* The kernel has this one inside. */
static bool is_kernels_keymap(const struct console *c)
{
	if (c->value[KEYMAP])
		return strcmp(c->value[KEYMAP], "us") == 0;
	return !c->value[XKBLAYOUT] ||
	       (strcmp(c->value[XKBLAYOUT], "us") == 0 && !c->value[XKBVARIANT] && !c->value[XKBOPTIONS]);
}

static struct err *add_keymap(struct manifest *m, const char *sysroot, const struct console *c)
{
	AUTOFREE char *file = NULL;
	AUTOFREE char *reason =
	    xasprintf("keymap %s", c->value[KEYMAP] ? c->value[KEYMAP] : or_empty(c->value[XKBLAYOUT]));
	AUTOFREE char *data = NULL;
	size_t len = 0;

	if (is_kernels_keymap(c))
		return NULL;
	if (c->value[KEYMAP])
		TRY(keymap_by_name(sysroot, c->value[KEYMAP], &file, &data, &len));
	else
		TRY(keymap_by_layout(sysroot, c, &data, &len));
	return manifest_add(m,
			    &(struct entry){.path = KEYMAP_PATH,
					    .type = ENTRY_FILE,
					    .mode = 0644,
					    .segment = SEG_MAIN,
					    .owner = "console",
					    .reason = reason,
					    .data = (unsigned char *)STEAL_POINTER(data),
					    .size = len,
					    .data_owned = true,
					    .input = file},
			    NULL);
}

/* ---- font ---- */

/* "Lat15-Fixed16" of console-setup's three settings; its sizes are WIDTHxHEIGHT, its files' HEIGHTxWIDTH, 8 left out.
 */
static char *font_of_face(const struct console *c)
{
	unsigned width = 8, height = 0;
	const char *size = c->value[FONTSIZE];

	if (!c->value[CODESET] || strcmp(c->value[CODESET], "guess") == 0 || !c->value[FONTFACE] || !size)
		return NULL;
	if (sscanf(size, "%3ux%3u", &width, &height) != 2 && sscanf(size, "%3u", &height) != 1)
		return NULL;
	if (!strchr(size, 'x'))
		width = 8;
	else if (width > height) {
		unsigned swapped = width;
		width = height;
		height = swapped;
	}
	return width == 8 ? xasprintf("%s-%s%u", c->value[CODESET], c->value[FONTFACE], height)
			  : xasprintf("%s-%s%ux%u", c->value[CODESET], c->value[FONTFACE], height, width);
}

static char *font_name(const struct console *c)
{
	/* FONT may name further files, for other glyphs. */
	return c->value[FONT] ? xstrndup(c->value[FONT], strcspn(c->value[FONT], " \t")) : font_of_face(c);
}

static struct err *add_font(struct manifest *m, const char *sysroot, const struct console *c)
{
	static const char *const places[] = {"/usr/share/consolefonts", "/usr/share/kbd/consolefonts",
					     "/usr/lib/kbd/consolefonts", "/lib/kbd/consolefonts"};
	static const char *const endings[] = {"", ".psf", ".psfu", ".psf.gz", ".psfu.gz", ".gz", ".psfu.xz", ".psf.xz"};
	AUTOFREE char *name = font_name(c);

	if (!name)
		return NULL;
	AUTOFREE char *file =
	    find_below(sysroot, &(struct find_places){places, ARRAY_SIZE(places), endings, ARRAY_SIZE(endings)}, name);
	if (!file)
		return err_new(EXIT_FAILED,
			       "font %s: no such file below /usr/share/consolefonts or /usr/lib/kbd/consolefonts",
			       name);
	AUTOFREE char *reason = xasprintf("console font %s", name);
	struct entry source = {.path = FONT_PATH, .type = ENTRY_FILE, .source = file};
	struct pack_source s = {0};
	struct err *e = pack_source_open(&source, &s);
	if (!e)
		e = pack_source_plain(&s);
	if (!e) {
		unsigned char *data = xmalloc(s.size + 1);
		memcpy(data, s.data, s.size);
		e = manifest_add(m,
				 &(struct entry){.path = FONT_PATH,
						 .type = ENTRY_FILE,
						 .mode = 0644,
						 .segment = SEG_MAIN,
						 .owner = "console",
						 .reason = reason,
						 .data = data,
						 .size = s.size,
						 .data_owned = true,
						 .input = file},
				 NULL);
	}
	pack_source_close(&s);
	return e;
}

static void tell(struct err *e, const char *what)
{
	if (!e)
		return;
	warn("console: %s: the image has the kernel's %s", err_message(e), what);
	err_free(e);
}

struct err *console_setup_add(struct manifest *m, const char *sysroot)
{
	CLEANUP(free_console) struct console c = {0};

	TRY(read_settings(sysroot, "/etc/vconsole.conf", &c));
	bool systemds = c.value[KEYMAP] || c.value[FONT];
	if (!systemds) {
		TRY(read_settings(sysroot, "/etc/default/keyboard", &c));
		TRY(read_settings(sysroot, "/etc/default/console-setup", &c));
		/* Only vconsole.conf has this one. */
		free(c.value[KEYMAP]);
		c.value[KEYMAP] = NULL;
	}
	tell(add_keymap(m, sysroot, &c), "keymap (us)");
	tell(add_font(m, sysroot, &c), "font");
	return NULL;
}
