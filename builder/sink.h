/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a stage of the packing stream sends its bytes: the next stage. */
#ifndef ROOTWARD_SINK_H
#define ROOTWARD_SINK_H

#include "err.h"

struct sink {
	struct err *(*write)(void *arg, const void *data, size_t n);
	void *arg;
};

#endif
