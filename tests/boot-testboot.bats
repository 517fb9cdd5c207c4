#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# test-boot = yes: an image that does not boot in QEMU never replaces the one that is there.

load helpers
load build_helpers

setup() {
	TREE=$BATS_TEST_TMPDIR/tree
	export TMPDIR=$BATS_TEST_TMPDIR
	mkdir -p "$TREE/etc/rootward/conf.d"
	printf '[image]\ntest-boot = yes\n' >"$TREE/etc/rootward/conf.d/t.conf"
}

tree_of() { # MODULE...
	small_tree "$TREE" "$@"
	RELEASE=$(ls "$TREE/lib/modules")
	IMAGE=$TREE/boot/initramfs-$RELEASE.img
}
# An early-init that comes no further than to its first word. The kernel calls it as modprobe, too.
bad_init() {
	printf '%s\n' '#include <stdio.h>' '#include <sys/reboot.h>' '#include <termios.h>' '#include <unistd.h>' 'int main(void) {' \
		'if (getpid() != 1) return 1;' \
		'puts("BAD-INIT"); fflush(stdout); tcdrain(1); return reboot(RB_POWER_OFF); }' |
		cc -static -x c -o "$BATS_TEST_TMPDIR/bad-init" -
}
update() {
	"$ROOTWARD" update --sysroot "$TREE" --cache none -k "$RELEASE"
}

@test "a good image boots and is published; one that does not keeps the old one and says why" {
	tree_of virtio_blk virtio_pci xfs
	run update
	assert_success
	assert_output --partial "booting the new image in QEMU: ext4 on virtio-blk"
	sum=$(sha256sum <"$IMAGE")
	bad_init
	ROOTWARD_EARLY_INIT=$BATS_TEST_TMPDIR/bad-init run update
	assert_failure 3
	assert_output --partial "BAD-INIT"
	assert_output --partial "the new image did not boot to a root in QEMU"
	assert_output --partial "the old image stays"
	assert_equal "$(sha256sum <"$IMAGE")" "$sum"
	assert_equal "$(find "$TREE/boot" "$BATS_TEST_TMPDIR" -maxdepth 1 -name '*rootward-*')" ""
}

@test "a signal ends the test boot: no directory and no guest is left, the old image stays" {
	tree_of virtio_blk virtio_pci xfs
	echo old >"$IMAGE"
	guests() {
		pgrep -f "^(timeout .*)?qemu-system-x86_64 .*$BATS_TEST_TMPDIR"
	}
	for signal in TERM INT; do
		# A shell starts what runs in the background with SIGINT ignored.
		env --default-signal=INT "$ROOTWARD" update --sysroot "$TREE" --cache none -k "$RELEASE" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
		updating=$!
		for _ in {1..300}; do
			! guests >/dev/null || break
			sleep 0.1
		done
		guests
		kill -s "$signal" "$updating"
		status=0
		wait "$updating" || status=$?
		assert_equal "$status" $((128 + $(kill -l "$signal")))
		grep "test boot: .*ended by a signal" "$BATS_TEST_TMPDIR/said"
		grep "the old $IMAGE is unchanged" "$BATS_TEST_TMPDIR/said"
		assert_equal "$(find "$BATS_TEST_TMPDIR" "$TREE/boot" -maxdepth 1 -name 'rootward-*' -o -maxdepth 1 -name '*.rootward-*' \
			-o -maxdepth 1 -name 'tmp.*')" ""
		for _ in {1..50}; do
			guests >/dev/null || break
			sleep 0.1
		done
		run ! guests
		assert_equal "$(cat "$IMAGE")" old
	done
}

@test "the disk and the file system are those of the hardware, where QEMU has them" {
	SMALL_TREE_KERNEL=generic tree_of virtio_blk virtio_pci nvme ahci sd_mod ext4 xfs
	# Root is ext4 on nvme; the machine has an AHCI controller, too.
	run "$ROOTWARD" build --sysroot "$TREE" --cache none -k "$RELEASE" --mode host \
		--hardware "$REPO/tests/fixtures/hardware/q35" -o "$BATS_TEST_TMPDIR/image"
	assert_success
	assert_output --partial "booting the new image in QEMU: ext4 on nvme"
}

@test "an image without a driver for any of QEMU's disks must come to its wait for the root" {
	# Debian's cloud kernel has some of them built in.
	SMALL_TREE_KERNEL=generic tree_of xfs
	run update
	assert_success
	assert [ -e "$IMAGE" ]
	rm "$IMAGE"
	bad_init
	ROOTWARD_EARLY_INIT=$BATS_TEST_TMPDIR/bad-init run update
	assert_failure 3
	assert_output --partial "did not reach the wait for its root"
	assert [ ! -e "$IMAGE" ]
}

@test "without QEMU it is said, and the image is published" {
	tree_of virtio_blk virtio_pci xfs
	PATH=$BATS_TEST_TMPDIR run "$ROOTWARD" update --sysroot "$TREE" --cache none -k "$RELEASE"
	assert_success
	assert_output --partial "is not installed: the new image is published without a test boot"
	assert [ -e "$IMAGE" ]
}
