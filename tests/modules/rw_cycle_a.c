// SPDX-License-Identifier: GPL-2.0-or-later
/* rw_cycle_a and rw_cycle_b need each other. */
#include <linux/module.h>

int rw_from_a(void);
int rw_from_b(void);

int rw_from_a(void)
{
	return 1;
}
EXPORT_SYMBOL_GPL(rw_from_a);

static int __init rw_init(void)
{
	return rw_from_b() - 1;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: dependency cycle");
