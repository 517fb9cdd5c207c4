// SPDX-License-Identifier: GPL-2.0-or-later
/* Does nothing without a firmware file that no package has. */
#include <linux/firmware.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define FIRMWARE "rootward/absent.bin"

static struct platform_device *device;

static int __init rw_init(void)
{
	const struct firmware *fw;
	int r;

	device = platform_device_register_simple("rw_firmware", -1, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	r = request_firmware(&fw, FIRMWARE, &device->dev);
	if (r) {
		platform_device_unregister(device);
		return r;
	}
	release_firmware(fw);
	return 0;
}
module_init(rw_init);

static void __exit rw_exit(void)
{
	platform_device_unregister(device);
}
module_exit(rw_exit);

MODULE_FIRMWARE(FIRMWARE);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Rootward test: missing firmware");
