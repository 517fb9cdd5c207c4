/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A module whose init returns INIT_RESULT and does nothing else. */
#include <linux/errno.h>
#include <linux/module.h>

static int __init rw_init(void)
{
	return INIT_RESULT;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: a given result of init");
