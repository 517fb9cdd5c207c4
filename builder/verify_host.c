/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel will take signed modules only, now or as the boot loader is configured. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "../early-init/plan/cmdline.h"
#include "sysroot.h"
#include "verify_internal.h"

/* UEFI's own variable; four bytes of attributes, then 1 where Secure Boot is on (efivarfs). */
#define SECURE_BOOT_VARIABLE "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Longest file that is read here. */
#define FACT_MAX ((size_t)64 << 10)

/* Contents of SYSROOT/REL, or NULL where it is not there or cannot be read. */
static char *read_fact(const struct verify *v, const char *rel, size_t *len)
{
	AUTOFREE char *path = sysroot_path(v->setup.sysroot, rel);
	char *data;
	if (access(path, R_OK) != 0)
		return NULL;
	struct err *e = file_read(path, FACT_MAX, &data, len);
	if (!e)
		return data;
	err_free(e);
	return NULL;
}

static bool secure_boot_is_on(const struct verify *v)
{
	size_t len = 0;
	AUTOFREE char *data = read_fact(v, SECURE_BOOT_VARIABLE, &len);
	return data && len >= 5 && data[4] == 1;
}

/* TEXT, "none [integrity] confidentiality": the one in brackets is in force. NULL: the kernel that runs tells nothing.
 */
static bool is_locked_down(const char *text)
{
	return text && (strstr(text, "[integrity]") || strstr(text, "[confidentiality]"));
}

static bool enforcement_is_on(const struct verify *v)
{
	size_t len = 0;
	AUTOFREE char *data = read_fact(v, "sys/module/module/parameters/sig_enforce", &len);
	return data && data[0] == 'Y';
}

/* The word of TEXT that makes the kernel take signed modules only, or NULL. TEXT is written to. */
static const char *demanding_word(char *text)
{
	char *key, *value;

	while (cmdline_next(&text, &key, &value)) {
		if (strcmp(key, "module.sig_enforce") == 0 && (!value || !strchr("0nN", *value)))
			return "module.sig_enforce";
		if (strcmp(key, "lockdown") == 0 && value)
			return "lockdown=";
	}
	return NULL;
}

/* What the shell assignments GRUB_CMDLINE_LINUX*= of TEXT say, one line each, without their quotes. */
static char *grub_words(const char *text)
{
	struct buf out = {0};

	buf_puts(&out, "");
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		static const char name[] = "GRUB_CMDLINE_LINUX";
		const char *p = line + strspn(line, " \t");
		if (strncmp(p, name, strlen(name)) != 0)
			continue;
		for (p += strcspn(p, "=\n"), p += *p == '='; *p && *p != '\n'; p++)
			if (*p != '"' && *p != '\'')
				buf_add(&out, p, 1);
		buf_add(&out, " ", 1);
	}
	return out.data;
}

const char *configured_signature_demand(struct verify *v)
{
	static const struct {
		const char *path;
		bool grub;
	} files[] = {{"etc/kernel/cmdline", false}, {"etc/default/grub", true}};

	for (size_t i = 0; v->setup.sysroot && i < ARRAY_SIZE(files); i++) {
		size_t len;
		AUTOFREE char *text = read_fact(v, files[i].path, &len);
		if (!text)
			continue;
		AUTOFREE char *words = files[i].grub ? grub_words(text) : STEAL_POINTER(text);
		for (char *p = words; *p; p++)
			if (isspace((unsigned char)*p))
				*p = ' ';
		const char *word = demanding_word(words);
		if (word)
			return arena_printf(&v->arena, "/%s says %s", files[i].path, word);
	}
	return NULL;
}

const char *signature_demand(const struct verify *v)
{
	const struct kernel *k = v->setup.kernel;
	if (config_is_set(v, "CONFIG_MODULE_SIG_FORCE"))
		return "CONFIG_MODULE_SIG_FORCE";
	if (config_is_set(v, "CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY") ||
	    config_is_set(v, "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY"))
		return "lockdown is built into it";
	if (!v->setup.sysroot)
		return NULL;
	size_t len = 0;
	AUTOFREE char *lockdown = read_fact(v, "sys/kernel/security/lockdown", &len);
	/*
	 * Only with the distributions' option does a kernel lock itself down for Secure Boot's sake. Of one that does
	 * not say, the kernel that runs here is the best example.
	 */
	if ((!k || !k->has_config ? !lockdown : config_is_set(v, "CONFIG_LOCK_DOWN_IN_EFI_SECURE_BOOT")) &&
	    secure_boot_is_on(v))
		return "Secure Boot is on";
	if (is_locked_down(lockdown))
		return "this machine is in lockdown";
	if (enforcement_is_on(v))
		return "module.sig_enforce is set on this machine";
	return NULL;
}
