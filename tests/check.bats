# SPDX-License-Identifier: GPL-2.0-or-later
# rootward check on stock kernels, on real modules with one fault each, and on images.
load helpers

setup_file() {
	load helpers
	cloud=$(kernel_sysroot cloud)
	release=$(kernel_release cloud)
	mods=$BATS_FILE_TMPDIR/mods
	mkdir "$mods"
	"$REPO/tests/modules/build.sh" "$cloud" "$mods"
	export cloud release mods
}

# A sysroot with the cloud kernel, a few modules of its own and the test modules MODULE..., depmod done.
make_root() { # DIR MODULE...
	local root=$1 tree=$1/lib/modules/$release module
	mkdir -p "$root/boot" "$tree/kernel/drivers/block" "$tree/extra" "$root/etc/modprobe.d"
	cp "$cloud/boot/vmlinuz-$release" "$cloud/boot/config-$release" "$root/boot/"
	cp "$cloud/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$tree"
	find "$cloud/lib/modules/$release" \( -name virtio.ko -o -name virtio_ring.ko -o -name virtio_blk.ko \) \
		-exec cp {} "$tree/kernel/drivers/block" \;
	shift
	for module; do
		cp "$mods/$module.ko" "$tree/extra"
	done
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$root" "$release"
}

check_with() { # MODULE...
	make_root "$BATS_TEST_TMPDIR/root" "$@"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
}

# An image with /init and the modules of ROOT, as other tools make it.
pack_image() { # ROOT IMAGE
	(cd "$1" && mkdir -p sbin && printf '#!/bin/sh\n' >init && chmod 755 init &&
		find init lib | sort | cpio -o -H newc --quiet) | gzip -1 >"$2"
}

@test "stock kernels have no error" {
	for name in cloud generic; do
		run --separate-stderr "$ROOTWARD" check -k "$(kernel_release $name)" --sysroot "$(kernel_sysroot $name)"
		assert_success
		refute_output --partial "error:"
		[[ $stderr == *", no error, "* ]]
	done
}

@test "a stock kernel with compressed modules has no error" {
	run --separate-stderr "$ROOTWARD" check -k "$(kernel_release 6.12)" --sysroot "$(kernel_sysroot 6.12)"
	assert_success
	refute_output --partial "error:"
}

@test "the kernel image exports what Module.symvers says" {
	for name in cloud generic 6.12; do
		kver=$(kernel_release $name)
		symvers=$("$REPO/qemu/fetch-headers" $name)/Module.symvers
		run --separate-stderr "$ROOTWARD" check -k "$kver" --sysroot "$(kernel_sysroot $name)" --exports
		assert_success
		diff <(sort <<<"$output") <(awk -F'\t' '$3 == "vmlinux"' "$symvers" | sort)
	done
}

@test "Module.symvers does where there is no kernel image" {
	make_root "$BATS_TEST_TMPDIR/root" rw_crc
	rm "$BATS_TEST_TMPDIR/root/boot/vmlinuz-$release"
	gzip -c "$("$REPO/qemu/fetch-headers" cloud)/Module.symvers" >"$BATS_TEST_TMPDIR/root/boot/symvers-$release.gz"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_failure 3
	assert_output --partial "error: module rw_crc: disagrees about version of symbol _printk"
}

@test "without either it is said, not guessed" {
	make_root "$BATS_TEST_TMPDIR/root" rw_crc rw_missing
	rm "$BATS_TEST_TMPDIR/root/boot/vmlinuz-$release"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_success
	assert_output --partial "symbols of the kernel are not verified"
	refute_output --partial "unknown symbol"
}

@test "a good module only taints when it is not signed" {
	check_with rw_good
	assert_success
	assert_output --partial "warning: module rw_good: not signed: loads, but taints the kernel"
}

@test "wrong vermagic" {
	check_with rw_vermagic
	assert_failure 3
	assert_output --regexp "error: module rw_vermagic: version magic '.*UNI preempt.*' should be '.*SMP preempt"
}

@test "missing symbol" {
	check_with rw_missing
	assert_failure 3
	assert_output --partial "error: module rw_missing: unknown symbol rw_no_such_function"
}

@test "CRC mismatch" {
	check_with rw_crc
	assert_failure 3
	assert_output --partial "error: module rw_crc: disagrees about version of symbol _printk: it was built with CRC 04030201"
}

@test "an image with a fault is not written to a pipe either, nor beside one that is there" {
	make_root "$BATS_TEST_TMPDIR/root" rw_missing
	mkdir "$BATS_TEST_TMPDIR/boot"
	echo old >"$BATS_TEST_TMPDIR/boot/image"
	run "$ROOTWARD" build --cache none -k "$release" --sysroot "$BATS_TEST_TMPDIR/root" --add-module rw_missing \
		-o "$BATS_TEST_TMPDIR/boot/image"
	assert_failure 3
	assert_output --partial "error: module rw_missing"
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/boot")" image
	assert_equal "$(cat "$BATS_TEST_TMPDIR/boot/image")" old
	"$ROOTWARD" build --cache none -k "$release" --sysroot "$BATS_TEST_TMPDIR/root" --add-module rw_missing \
		-o /dev/stdout 2>"$BATS_TEST_TMPDIR/said" | cat >"$BATS_TEST_TMPDIR/piped" || true
	grep -q 'error: module rw_missing' "$BATS_TEST_TMPDIR/said"
	assert [ ! -s "$BATS_TEST_TMPDIR/piped" ]
	"$ROOTWARD" build -q --cache none -k "$release" --sysroot "$BATS_TEST_TMPDIR/root" -o /dev/stdout |
		cat >"$BATS_TEST_TMPDIR/piped"
	assert [ -s "$BATS_TEST_TMPDIR/piped" ]
}

@test "unsigned where signatures are enforced" {
	make_root "$BATS_TEST_TMPDIR/root" rw_good
	mkdir -p "$BATS_TEST_TMPDIR/root/sys/module/module/parameters"
	echo Y >"$BATS_TEST_TMPDIR/root/sys/module/module/parameters/sig_enforce"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_failure 3
	assert_output --partial "error: module rw_good: not signed, and the kernel takes signed modules only: module.sig_enforce"
}

@test "unsigned where the configured command line will enforce signatures" {
	local root=$BATS_TEST_TMPDIR/root
	make_root "$root" rw_good
	mkdir -p "$root/etc/default" "$root/etc/kernel"
	printf '# GRUB_CMDLINE_LINUX="lockdown=integrity"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet module.sig_enforce=1"\n' >"$root/etc/default/grub"
	run "$ROOTWARD" check -k "$release" --sysroot "$root"
	assert_success
	assert_output --partial "warning: module rw_good: not signed, and the next boot will take signed modules only: /etc/default/grub says module.sig_enforce"
	echo 'root=/dev/vda quiet lockdown=integrity' >"$root/etc/kernel/cmdline"
	run "$ROOTWARD" check -k "$release" --sysroot "$root"
	assert_output --partial "/etc/kernel/cmdline says lockdown="
	echo 'root=/dev/vda module.sig_enforce=0' >"$root/etc/kernel/cmdline"
	: >"$root/etc/default/grub"
	run "$ROOTWARD" check -k "$release" --sysroot "$root"
	refute_output --partial "signed modules only"
}

@test "dependency cycle" {
	make_root "$BATS_TEST_TMPDIR/root" rw_good
	# depmod writes no tables for a tree with a cycle: those of before stay, as after a failed installation.
	cp "$mods"/rw_cycle_[ab].ko "$BATS_TEST_TMPDIR/root/lib/modules/$release/extra"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_failure 3
	assert_output --partial "run depmod"
	pack_image "$BATS_TEST_TMPDIR/root" "$BATS_TEST_TMPDIR/image"
	run "$ROOTWARD" check --sysroot "$BATS_TEST_TMPDIR/root" "$BATS_TEST_TMPDIR/image"
	assert_failure 3
	assert_output --partial "dependency cycle: rw_cycle_a needs rw_cycle_b needs rw_cycle_a"
}

@test "missing firmware is a warning" {
	check_with rw_firmware
	assert_success
	assert_output --partial "warning: module rw_firmware: firmware rootward/absent.bin missing"
	mkdir -p "$BATS_TEST_TMPDIR/root/lib/firmware/rootward"
	touch "$BATS_TEST_TMPDIR/root/lib/firmware/rootward/absent.bin"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	refute_output --partial "absent.bin"
}

@test "unknown parameter, with the nearest name" {
	make_root "$BATS_TEST_TMPDIR/root" rw_good
	printf '# a slip\noptions rw_good sise=3\n' >"$BATS_TEST_TMPDIR/root/etc/modprobe.d/slip.conf"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_output --regexp "module rw_good: unknown parameter 'sise' in .*slip.conf:2.*did you mean 'size'\?"
}

@test "modules that only fail at boot have no error" {
	check_with rw_ebusy rw_eperm rw_enomem rw_enodev rw_slow_init rw_slow_probe
	assert_success
	refute_output --partial "error:"
}

@test "a module that is cut short" {
	make_root "$BATS_TEST_TMPDIR/root" rw_good
	truncate -s 3000 "$BATS_TEST_TMPDIR/root/lib/modules/$release/extra/rw_good.ko"
	run "$ROOTWARD" check -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_failure 3
	assert_output --partial "error: module rw_good: damaged ELF file"
}

@test "--json has the findings" {
	make_root "$BATS_TEST_TMPDIR/root" rw_crc
	run --separate-stderr "$ROOTWARD" check --json -k "$release" --sysroot "$BATS_TEST_TMPDIR/root"
	assert_failure 3
	run python3 -c 'import json, sys
report = json.loads(sys.argv[1])
print(report["errors"], *[(f["severity"], f["kind"], f["module"]) for f in report["findings"] if f["severity"] == "error"])' "$output"
	assert_output "1 ('error', 'crc', 'rw_crc')"
}

@test "an image of another tool" {
	make_root "$BATS_TEST_TMPDIR/root" rw_good
	pack_image "$BATS_TEST_TMPDIR/root" "$BATS_TEST_TMPDIR/image"
	run "$ROOTWARD" check --sysroot "$cloud" "$BATS_TEST_TMPDIR/image"
	assert_success
	refute_output --partial "error:"
	# What its own modules.dep loads before virtio_blk is taken out.
	rm "$BATS_TEST_TMPDIR/root/lib/modules/$release/kernel/drivers/block/virtio_ring.ko"
	pack_image "$BATS_TEST_TMPDIR/root" "$BATS_TEST_TMPDIR/image"
	run "$ROOTWARD" check --sysroot "$cloud" "$BATS_TEST_TMPDIR/image"
	assert_failure 3
	assert_output --partial "error: module virtio_blk: its dependency virtio_ring is missing"
}

@test "an image without init, and one cut short" {
	make_root "$BATS_TEST_TMPDIR/root" rw_good
	(cd "$BATS_TEST_TMPDIR/root" && find lib | cpio -o -H newc --quiet >"$BATS_TEST_TMPDIR/image")
	run "$ROOTWARD" check --sysroot "$cloud" "$BATS_TEST_TMPDIR/image"
	assert_failure 3
	assert_output --partial "error: no /init that can be executed"
	truncate -s 100000 "$BATS_TEST_TMPDIR/image"
	run "$ROOTWARD" check --sysroot "$cloud" "$BATS_TEST_TMPDIR/image"
	assert_failure
}

@test "wrong usage" {
	run "$ROOTWARD" check
	assert_failure 2
	run "$ROOTWARD" check -k "$release" image
	assert_failure 2
	run "$ROOTWARD" check -k no-such-kernel --sysroot "$cloud"
	assert_failure
	assert_output --partial "no-such-kernel"
}
