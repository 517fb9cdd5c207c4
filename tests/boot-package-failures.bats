#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong with a real dpkg and a /boot of its own, on a real file system: the old image stays, the message says
# what to do, dpkg reports the kernel package as failed and mends it when the cause is gone. In a chroot; no QEMU.

setup_file() {
	load helpers
	[ "$(id -u)" = 0 ] || skip "a chroot needs root"
	GUEST=$("$REPO/qemu/make-guest")
	export GUEST ROOT=$BATS_FILE_TMPDIR/root
	cp -a "$GUEST/root" "$ROOT"
	mkdir "$ROOT/debs"
	DEB_DIR=$BATS_FILE_TMPDIR/work O=$O "$REPO/hooks/debian/package/make-deb" 0.1.0 2>"$BATS_FILE_TMPDIR/log" ||
		{ cat "$BATS_FILE_TMPDIR/log" >&2; return 1; }
	cp "$BATS_FILE_TMPDIR"/work/*.deb "$GUEST"/packages/1/*.deb "$ROOT/debs/"
	PACKAGE=$(dpkg-deb -f "$GUEST"/packages/1/*.deb Package)
	export PACKAGE RELEASE=${PACKAGE#linux-image-}
	inside sh -c 'dpkg -i /debs/*.deb' >"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log" >&2; return 1; }
}

setup() {
	load helpers
	IMAGE=$ROOT/boot/initrd.img-$RELEASE
}

teardown() {
	! mountpoint -q "$ROOT/boot" || umount "$ROOT/boot"
	rm -f "$ROOT/etc/rootward/conf.d/test.conf"
}

inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$ROOT" "$@"
}

# boot_on FS: what is in /boot on a file system of its own; the kernel package unpacked and yet to be configured; and
# something that makes another image then.
boot_on() {
	truncate -s 400M "$BATS_TEST_TMPDIR/disk"
	"mkfs.$1" "$BATS_TEST_TMPDIR/disk" >/dev/null 2>&1
	mkdir -p "$BATS_TEST_TMPDIR/mnt"
	mount -o loop "$BATS_TEST_TMPDIR/disk" "$BATS_TEST_TMPDIR/mnt" || skip "this machine's kernel cannot mount $1"
	cp "$ROOT/boot/"* "$BATS_TEST_TMPDIR/mnt/"
	umount "$BATS_TEST_TMPDIR/mnt"
	mount -o loop "$BATS_TEST_TMPDIR/disk" "$ROOT/boot"
	printf '[image]\ntimeout = 9\n' >"$ROOT/etc/rootward/conf.d/test.conf"
	inside sh -c "dpkg --unpack /debs/${PACKAGE}_*.deb" >/dev/null
	SUM=$(sha256sum <"$IMAGE")
}
configure() {
	run inside dpkg --configure "$PACKAGE"
}
package_state() {
	inside dpkg-query -W -f '${db:Status-Status}' "$PACKAGE"
}
# fails TEXT...: with the old image as it was and the way out in words.
fails() {
	local text
	configure
	assert_failure
	for text in "$@" "rootward update -k $RELEASE"; do
		assert_output --partial "$text"
	done
	assert_equal "$(package_state)" half-configured
	assert_equal "$(sha256sum <"$IMAGE")" "$SUM"
	assert_equal "$(find "$ROOT/boot" -name '*rootward*')" ""
}
mends() {
	run inside dpkg --configure -a
	assert_success
	assert_equal "$(package_state)" installed
	[ "$(sha256sum <"$IMAGE")" != "$SUM" ]
	inside rootward check -q "/boot/initrd.img-$RELEASE"
}

is_full() {
	boot_on "$1"
	dd if=/dev/zero of="$ROOT/boot/filler" bs=64k 2>/dev/null || true
	fails "no space for the image" "remove old kernels" "is unchanged"
	rm "$ROOT/boot/filler"
	mends
}
is_read_only() {
	boot_on "$1"
	mount -o remount,ro "$ROOT/boot"
	fails "Read-only file system" "is unchanged"
	mount -o remount,rw "$ROOT/boot"
	mends
}

@test "/boot on ext4 is full" {
	is_full ext4
}

@test "/boot on vfat is full" {
	is_full vfat
}

@test "/boot on xfs is full" {
	is_full xfs
}

@test "/boot on ext4 is read-only" {
	is_read_only ext4
}

@test "/boot on vfat is read-only" {
	is_read_only vfat
}

@test "/boot on vfat, with the previous image kept: both are whole" {
	boot_on vfat
	cp "$IMAGE" "$BATS_TEST_TMPDIR/before"
	echo 'keep-previous = yes' >>"$ROOT/etc/rootward/conf.d/test.conf"
	configure
	assert_success
	cmp "$IMAGE.old" "$BATS_TEST_TMPDIR/before"
	[ "$(sha256sum <"$IMAGE")" != "$SUM" ]
	umount "$ROOT/boot"
	run fsck.vfat -n "$BATS_TEST_TMPDIR/disk"
	assert_success
}

@test "a module that does not fit its kernel" {
	boot_on ext4
	file=$(find "$ROOT/lib/modules/" -name 'hid-hyperv.ko*' | head -n 1)
	cp "$file" "$BATS_TEST_TMPDIR/kept"
	cp "$(find "$(kernel_sysroot generic)/lib/modules" -name "$(basename "$file")")" "$file"
	fails hid_hyperv "no image written"
	cp "$BATS_TEST_TMPDIR/kept" "$file"
	mends
}

@test "a module file that was cut off" {
	boot_on ext4
	file=$(find "$ROOT/lib/modules/" -name 'hid-hyperv.ko*' | head -n 1)
	cp "$file" "$BATS_TEST_TMPDIR/kept"
	truncate -s 3000 "$file"
	fails hid-hyperv
	cp "$BATS_TEST_TMPDIR/kept" "$file"
	mends
}

@test "a module tree without tables, as when depmod did not run" {
	boot_on ext4
	# The package's postinst runs depmod; here it is one that does nothing.
	mv "$ROOT/sbin/depmod" "$BATS_TEST_TMPDIR/depmod"
	ln -s /bin/true "$ROOT/sbin/depmod"
	rm "$ROOT/lib/modules/$RELEASE"/modules.{dep,alias,symbols,softdep}*
	fails "depmod -a $RELEASE"
	rm "$ROOT/sbin/depmod"
	mv "$BATS_TEST_TMPDIR/depmod" "$ROOT/sbin/depmod"
	mends
}
