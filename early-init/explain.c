// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain.h"

#include <stdio.h>
#include <string.h>

/* The kernel's texts: kernel/module/{main,signing,version}.c, security/lockdown/lockdown.c, kernel/params.c. */
const struct explanation explanations[] = {
    {0, "disagrees about version of symbol", "it was built against another kernel's symbols",
     "rebuild it for this kernel, or rebuild the image after installing the matching one"},
    {0, "Unknown symbol", "it needs a symbol that nothing here exports",
     "the module that exports it is missing or failed: run depmod -a and rebuild the image"},
    {0, "version magic", "it was built for another kernel",
     "rebuild the image from the modules of the kernel that is booted"},
    {0, "Direct firmware load for", "its firmware is not in the image",
     "install the package with this file below /lib/firmware and rebuild the image"},
    {0, "firmware: failed to load", "its firmware is not in the image",
     "install the package with this file below /lib/firmware and rebuild the image"},
    /* Kernels of today ignore it and say so: then it is not why the load failed. */
    {-ENOENT, "unknown parameter", "it does not know one of its parameters",
     "correct the options line or the kernel command line; modinfo -p lists what it knows"},
    {0, "invalid for parameter", "a parameter has a value it does not accept",
     "correct the options line or the kernel command line; modinfo -p tells the types"},
    {0, "too large for parameter", "a parameter's value is too large for it",
     "correct the options line or the kernel command line; modinfo -p tells the types"},
    {-ENOKEY, NULL, "it is signed with a key this kernel does not have",
     "sign it with a key the kernel trusts or enrol its key (mokutil --import)"},
    {-EKEYREJECTED, "unsigned module", "it is not signed and this kernel loads signed modules only",
     "sign it, or boot without module.sig_enforce"},
    {-EKEYREJECTED, NULL, "its signature is not accepted",
     "was it stripped or recompressed after signing? Install it again and rebuild the image"},
    {-EPERM, "Lockdown", "lockdown (Secure Boot) forbids unsigned modules",
     "sign it with an enrolled key, or turn Secure Boot off"},
    {-EPERM, NULL, "not permitted",
     "module loading was switched off (modules_disabled, lockdown) or the driver refuses this machine"},
    {-EBADMSG, NULL, "its file is damaged or its signature cannot be read", "rebuild the image"},
    {-ENOEXEC, NULL, "its file is not a module for this kernel and machine",
     "rebuild the image; rootward check names what is wrong"},
    {-EPROTONOSUPPORT, NULL, "the kernel cannot undo its file's compression",
     "rebuild the image with rootward, which repacks such modules"},
    {-EOPNOTSUPP, NULL, "this machine lacks what it needs", "see the kernel log; a setting of the firmware may be off"},
    {-ENOENT, NULL, "a file or symbol is missing", "run depmod -a, then rebuild the image"},
    {-ENODEV, NULL, "it found no device it can drive", "nothing to do if the device is driven by another module"},
    {-EBUSY, NULL, "what it needs is in use by another driver", "blacklist the other driver if this one should win"},
    {-EEXIST, NULL, "something of its name is registered already",
     "another driver for the same device is loaded: blacklist one of them"},
    {-ENOMEM, NULL, "out of memory", "give the machine more memory or leave modules out (--mode host)"},
    {-EINVAL, NULL, "the kernel or the driver refused it as invalid", "see the kernel log; check its options"},
    {-ENXIO, NULL, "its device does not answer", "see the kernel log; check cabling and firmware settings"},
    {-EIO, NULL, "its device or its command failed", "see the kernel log"},
    {-ETIMEDOUT, NULL, "its device did not answer in time", "see the kernel log; check cabling and firmware settings"},
    {-ELOOP, NULL, "its dependencies lead back to itself", "run depmod -a and rebuild the image"},
    {-EAGAIN, NULL, "no process could be made to load it", "the machine is out of memory or processes"},
    {0, NULL, "the load failed", "see the kernel log"},
};
const size_t explanation_count = ARRAY_SIZE(explanations);

static const struct explanation *find(const struct explain_facts *f)
{
	for (size_t i = 0; i + 1 < explanation_count; i++) {
		const struct explanation *e = &explanations[i];

		if ((!e->error || e->error == f->error) && (!e->pattern || strstr(f->log, e->pattern)))
			return e;
	}
	return &explanations[explanation_count - 1];
}

/* A symbol that another module has: modules.dep did not say so, or that one was left out. */
static void explain_exporter(const struct explain_facts *f, char *out, size_t size)
{
	if (f->exporter_absent)
		snprintf(out, size,
			 "module %s: it needs a symbol of module %s, which is not in this image (%s): %s (kernel: %s): "
			 "add it with --add-module %s",
			 f->name, f->exporter, f->exporter_absent, strerror(-f->error), f->log, f->exporter);
	else
		snprintf(out, size,
			 "module %s: it needs a symbol of module %s, which was not loaded before it: %s (kernel: %s): "
			 "run depmod -a and rebuild the image",
			 f->name, f->exporter, strerror(-f->error), f->log);
}

static void explain_failure(const struct explain_facts *f, char *out, size_t size)
{
	const struct explanation *e = find(f);

	if (f->absent_reason)
		snprintf(out, size, "module %s is not in this image (%s): add it with --add-module %s", f->name,
			 f->absent_reason, f->name);
	else if (f->command)
		snprintf(out, size,
			 "module %s: its install command failed (%s): correct the install line of modprobe.d", f->name,
			 f->command);
	else if (f->exporter)
		explain_exporter(f, out, size);
	else if (*f->log)
		snprintf(out, size, "module %s: %s: %s (kernel: %s): %s", f->name, e->cause, strerror(-f->error),
			 f->log, e->remedy);
	else
		snprintf(out, size, "module %s: %s: %s: %s", f->name, e->cause, strerror(-f->error), e->remedy);
}

/* Whoever asks for the network must not be led to take its driver away. */
void explain_slow(const char *name, bool network_asked, char *out, size_t size)
{
	if (network_asked)
		snprintf(out, size,
			 "its network card is slow to answer, and this boot asks for the network: do not blacklist it; "
			 "see the kernel log for its firmware and link");
	else
		snprintf(
		    out, size,
		    "its device is slow to answer: blacklist it (modprobe.blacklist=%s) if its device is not needed",
		    name);
}

void explain_module(const struct explain_facts *f, char *out, size_t size)
{
	char slow[256];

	switch (f->state) {
	case LOAD_FAILED:
		explain_failure(f, out, size);
		break;
	case LOAD_DEP_FAILED:
		snprintf(out, size, "module %s was not tried: it needs %s, which failed", f->name,
			 f->cause ? f->cause : "another module");
		break;
	case LOAD_BLACKLISTED:
		snprintf(
		    out, size,
		    "module %s is blacklisted: remove the blacklist line or the blacklist word of the kernel command "
		    "line, or load it by name (rd.driver.pre=%s)",
		    f->name, f->name);
		break;
	case LOAD_HELD:
		snprintf(out, size, "module %s is held back until a keyboard or the network is needed", f->name);
		break;
	case LOAD_UNWANTED:
		if (f->absent_reason)
			snprintf(out, size, "module %s is not in this image (%s): add it with --add-module %s", f->name,
				 f->absent_reason, f->name);
		else
			snprintf(out, size, "module %s was not asked for", f->name);
		break;
	case LOAD_WAITING:
	case LOAD_READY:
		snprintf(out, size, "module %s waits for its turn", f->name);
		break;
	case LOAD_LOADING:
		explain_slow(f->name, f->network_asked, slow, sizeof(slow));
		snprintf(out, size, "module %s is still initialising: %s", f->name, slow);
		break;
	case LOAD_LOADED:
		snprintf(out, size, "module %s is loaded", f->name);
		break;
	}
}
