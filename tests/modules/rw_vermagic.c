// SPDX-License-Identifier: GPL-2.0-or-later
/* As it is built it is good; build.sh then spoils its vermagic. */
#include <linux/module.h>

static int __init rw_init(void)
{
	pr_info("rw_vermagic: must never be loaded\n");
	return 0;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: wrong vermagic");
