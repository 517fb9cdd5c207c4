// SPDX-License-Identifier: GPL-2.0-or-later
/* Its init fails with EBUSY. */
#define INIT_RESULT (-EBUSY)
#include "init_result.h"
