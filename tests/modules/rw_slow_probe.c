// SPDX-License-Identifier: GPL-2.0-or-later
/* Its init is quick, its asynchronous probe sleeps: a plain finit_module of any other module waits for that. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static int ms = 10000;
module_param(ms, int, 0444);
MODULE_PARM_DESC(ms, "how long the probe sleeps, in milliseconds");

static int rw_probe(struct platform_device *pdev)
{
	dev_info(&pdev->dev, "probe sleeps %d ms\n", ms);
	msleep(ms);
	dev_info(&pdev->dev, "probe done\n");
	return 0;
}

static struct platform_driver driver = {
    .probe = rw_probe,
    .driver =
	{
	    .name = "rw_slow_probe",
	    .probe_type = PROBE_PREFER_ASYNCHRONOUS,
	},
};
static struct platform_device *device;

static int __init rw_init(void)
{
	int r;

	device = platform_device_register_simple("rw_slow_probe", -1, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	r = platform_driver_register(&driver);
	if (r)
		platform_device_unregister(device);
	return r;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
	platform_driver_unregister(&driver);
	platform_device_unregister(device);
}
module_exit(rw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: slow asynchronous probe");
