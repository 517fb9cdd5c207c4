// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing is wrong with it but that nobody signed it. */
#include <linux/module.h>

static int size = 1;
module_param(size, int, 0444);
MODULE_PARM_DESC(size, "any number");

int rw_shared(int n);
int rw_shared(int n)
{
	return n + size;
}
EXPORT_SYMBOL_GPL(rw_shared);

static int __init rw_init(void)
{
	pr_info("rw_good: size %d\n", size);
	return 0;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: a module that loads");
