// SPDX-License-Identifier: GPL-2.0-or-later
/* Its init fails with EPERM. */
#define INIT_RESULT (-EPERM)
#include "init_result.h"
