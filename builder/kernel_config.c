/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's .config. */
#include <string.h>

#include "kernel_parts.h"
#include "sysroot.h"

#define PREFIX "CONFIG_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
/* Real ones are 270 kB. */
#define CONFIG_FILE_MAX ((size_t)16 << 20)

/* "CONFIG_X=value" or "CONFIG_X="string""; "# CONFIG_X is not set" and all else say nothing. */
static void config_line(struct kernel *k, char *line)
{
	char *equals = strchr(line, '=');

	if (strncmp(line, PREFIX, PREFIX_LEN) != 0 || !equals)
		return;
	*equals = '\0';
	char *value = equals + 1;
	size_t len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value[len - 1] = '\0';
		value++;
	}
	strmap_put(&k->config, arena_strdup(&k->arena, line + PREFIX_LEN), arena_strdup(&k->arena, value));
}

static struct err *read_file(struct kernel *k, const char *path)
{
	AUTOFREE char *text = NULL;
	size_t len;

	TRY(file_read(path, CONFIG_FILE_MAX, &text, &len));
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		config_line(k, line);
	k->has_config = true;
	return NULL;
}

struct err *kernel_read_config(struct kernel *k)
{
	AUTOFREE char *name = xasprintf("/boot/config-%s", k->release);
	AUTOFREE char *boot = sysroot_path(k->sysroot, name);
	AUTOFREE char *beside = kernel_dir_file(k->sysroot, k->moddir, "config");

	if (path_exists(boot))
		return read_file(k, boot);
	return path_exists(beside) ? read_file(k, beside) : NULL;
}

const char *kernel_config(const struct kernel *k, const char *name)
{
	if (strncmp(name, PREFIX, PREFIX_LEN) == 0)
		name += PREFIX_LEN;
	return strmap_get(&k->config, name);
}
