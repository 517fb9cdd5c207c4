// SPDX-License-Identifier: GPL-2.0-or-later
/* Its init sleeps: whoever waits for the load waits that long. */
#include <linux/delay.h>
#include <linux/module.h>

static int ms = 10000;
module_param(ms, int, 0444);
MODULE_PARM_DESC(ms, "how long init sleeps, in milliseconds");

static int __init rw_init(void)
{
	pr_info("rw_slow_init: sleeping %d ms\n", ms);
	msleep(ms);
	pr_info("rw_slow_init: awake\n");
	return 0;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: slow init");
