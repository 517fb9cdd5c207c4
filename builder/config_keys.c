/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every section and key of the configuration. */
#include <stddef.h>

#include "config.h"

#define GROUP(field) offsetof(struct module_group, field)
#define FEATURE(field) offsetof(struct feature, field)
#define HOOKS(field) offsetof(struct hooks_config, field)
#define IMAGE(field) offsetof(struct image_config, field)

const struct config_key config_keys[] = {
    {"image", "mode", CONFIG_CHOICE, IMAGE(mode), "generic host",
     "generic boots any machine, host only this one (or the one of --hardware)"},
    {"image", "compress", CONFIG_TEXT, IMAGE(compress), NULL, "KIND[:LEVEL], as --compress"},
    {"image", "features", CONFIG_WORDS, IMAGE(features), NULL, "features that every image gets, as --feature"},
    {"image", "add-modules", CONFIG_WORDS, IMAGE(add_modules), NULL, "modules to add, as --add-module"},
    {"image", "omit-modules", CONFIG_WORDS, IMAGE(omit_modules), NULL, "modules to leave out, as --omit-module"},
    {"image", "plain-modules", CONFIG_WORDS, IMAGE(plain_modules), NULL,
     "modules (or globs) kept uncompressed, because most boots load them"},
    {"image", "root-filesystem", CONFIG_TEXT, IMAGE(root_filesystem), NULL,
     "file system whose driver is loaded while the root device is still looked for"},
    {"image", "disk-drivers", CONFIG_WORDS, IMAGE(disk_drivers), NULL,
     "BUS:MODULE, the driver of disks that is loaded with the bus they hang on"},
    {"image", "load-requests", CONFIG_WORDS, IMAGE(load_requests), NULL,
     "MODULE:OTHER, what it asks the kernel for while it is loaded: loaded before it"},
    {"image", "emergency-password", CONFIG_TEXT, IMAGE(emergency_password), NULL,
     "crypt(3) hash that the emergency shell asks for"},
    {"image", "emergency-shell", CONFIG_YES_NO, IMAGE(emergency_shell), NULL, "no: a failed boot gives no shell"},
    {"image", "keep-previous", CONFIG_YES_NO, IMAGE(keep_previous), NULL, "keep the replaced image as FILE.old"},
    {"image", "test-boot", CONFIG_YES_NO, IMAGE(test_boot), NULL,
     "yes: boot a new image in QEMU, where that is installed, before it replaces the old one"},
    {"image", "timeout", CONFIG_NUMBER, IMAGE(timeout), "0 4294967",
     "seconds to wait for the root device (rd.timeout)"},
    {"image", "hook-timeout", CONFIG_NUMBER, IMAGE(hook_timeout), "1 3600", "seconds that a boot hook may take"},
    {"image", "microcode", CONFIG_CHOICE, IMAGE(microcode), "all host no",
     "updates for processors: all that are installed, this machine's, or none"},
    {"hooks", "generator", CONFIG_CHOICE, HOOKS(generator), "auto rootward none",
     "who makes images when kernels are installed: auto leaves it to another tool that does"},
    {"modules", "description", CONFIG_TEXT, GROUP(description), NULL, "what they are, for `rootward explain`"},
    {"modules", "class", CONFIG_CHOICE, GROUP(class), "storage bus filesystem keyboard network other",
     "what early-init loads them for"},
    {"modules", "paths", CONFIG_WORDS, GROUP(paths), NULL,
     "globs on the path below lib/modules/KVER without .ko; '*' crosses '/'"},
    {"modules", "names", CONFIG_WORDS, GROUP(names), NULL, "module names, or globs on them"},
    {"modules", "aliases", CONFIG_WORDS, GROUP(aliases), NULL, "globs on the patterns of modules.alias"},
    {"modules", "symbols", CONFIG_WORDS, GROUP(symbols), NULL, "symbols (or globs) that such a module imports"},
    {"modules", "scan", CONFIG_WORDS, GROUP(scan), NULL,
     "path globs: where symbols are looked for; without it only those that modules export"},
    {"modules", "exclude", CONFIG_WORDS, GROUP(exclude), NULL, "path globs or names that are not in this group"},
    {"modules", "no-async", CONFIG_WORDS, GROUP(no_async), NULL, "names of this group never loaded with async_probe"},
    {"feature", "description", CONFIG_TEXT, FEATURE(description), NULL, "what it is for"},
    {"feature", "programs", CONFIG_WORDS, FEATURE(programs), NULL, "programs, with the libraries they need"},
    {"feature", "files", CONFIG_WORDS, FEATURE(files), NULL, "files or directories: absolute paths or globs"},
    {"feature", "modules", CONFIG_WORDS, FEATURE(modules), NULL, "names or aliases of modules"},
    {"feature", "groups", CONFIG_WORDS, FEATURE(groups), NULL, "[modules NAME] sections taken only with it"},
    {"feature", "settings", CONFIG_WORDS, FEATURE(settings), NULL, "KEY=VALUE for early-init"},
    {"requests", NULL, CONFIG_WORDS, offsetof(struct module_requests, wants), NULL,
     "what a module asks the kernel for by request_module()"},
};
const size_t config_key_count = ARRAY_SIZE(config_keys);
