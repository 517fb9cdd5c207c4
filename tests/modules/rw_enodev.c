// SPDX-License-Identifier: GPL-2.0-or-later
/* Its init fails with ENODEV. */
#define INIT_RESULT (-ENODEV)
#include "init_result.h"
