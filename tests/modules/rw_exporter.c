// SPDX-License-Identifier: GPL-2.0-or-later
/* Exports what rw_missing lacks. */
#include <linux/module.h>

int rw_no_such_function(void);

int rw_no_such_function(void)
{
	return 0;
}
EXPORT_SYMBOL_GPL(rw_no_such_function);

MODULE_DESCRIPTION("Rootward test: exports a symbol");
MODULE_LICENSE("GPL");
