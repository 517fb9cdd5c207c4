#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# GPT auto-discovery under UEFI: with no root=, the root is on the disk that systemd-boot came from.

setup_file() {
	load helpers
	local sysroot esp=$BATS_FILE_TMPDIR/esp
	sysroot=$(kernel_sysroot cloud)
	mkdir -p "$esp/EFI/BOOT" "$esp/loader/entries"
	cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$esp/EFI/BOOT/BOOTX64.EFI"
	cp "$sysroot"/boot/vmlinuz-* "$esp/vmlinuz"
	cp "$("$REPO/qemu/make-image" cloud)" "$esp/initrd"
	printf 'timeout 0\ndefault test.conf\n' >"$esp/loader/loader.conf"
	printf 'title test\nlinux /vmlinuz\ninitrd /initrd\noptions console=ttyS0 panic=-1 no_timer_check\n' >"$esp/loader/entries/test.conf"
	"$REPO/qemu/make-disk" --table gpt --label rw-booted --esp "$esp" "$BATS_FILE_TMPDIR/booted.img"
	"$REPO/qemu/make-disk" --table gpt --label rw-other "$BATS_FILE_TMPDIR/other.img"
}

setup() {
	load helpers
}

@test "systemd-boot: the root of the booted disk is taken, not that of the other disk" {
	run "$REPO/qemu/boot" --quiet --uefi --timeout 240 --disk "$BATS_FILE_TMPDIR/other.img" \
		--disk "$BATS_FILE_TMPDIR/booted.img,bus=virtio-scsi" --reject 'Call Trace' \
		--expect 'ROOTWARD-TEST: marker rw-booted ext4' --expect 'ROOTWARD-TEST: root /dev/sda2 / ext4'
	assert_success
}

@test "no boot loader's word and two disks: refused, both named" {
	run "$REPO/qemu/boot" --quiet --kernel cloud --image "$BATS_FILE_TMPDIR/esp/initrd" --append 'rd.timeout=5 rd.emergency=poweroff' \
		--disk "$BATS_FILE_TMPDIR/other.img" --disk "$BATS_FILE_TMPDIR/booted.img,bus=virtio-scsi" \
		--reject 'ROOTWARD-TEST' --expect 'vda1' --expect 'sda2' --expect 'powering off'
	assert_success
}
