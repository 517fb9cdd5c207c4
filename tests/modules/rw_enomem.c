// SPDX-License-Identifier: GPL-2.0-or-later
/* Its init fails with ENOMEM. */
#define INIT_RESULT (-ENOMEM)
#include "init_result.h"
