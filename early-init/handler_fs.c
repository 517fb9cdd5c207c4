/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plain file system on one device: ready as soon as it is seen. */
#include "handler.h"

const struct handler filesystem_handler = {NULL, "filesystem", HANDLER_FILESYSTEM, "a file system", NULL};
