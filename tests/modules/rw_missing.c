// SPDX-License-Identifier: GPL-2.0-or-later
/* Needs a function that nobody has. */
#include <linux/module.h>

int rw_no_such_function(void);

static int __init rw_init(void)
{
	return rw_no_such_function();
}
module_init(rw_init);

static void __exit rw_exit(void)
{
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: unknown symbol");
