#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The image inside a unified kernel image: systemd's stub with kernel, command line and initrd as sections, under OVMF.

load helpers

STUB=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
ALIGN=$((1 << 16))

# add_section NAME FILE: behind what is there already; sets $sections.
add_section() {
	sections+=(--add-section "$1=$2" --set-section-flags "$1=data,readonly" --change-section-vma "$1=$(printf '%#x' "$vma")")
	vma=$(((vma + $(stat -c %s "$2") + ALIGN - 1) / ALIGN * ALIGN))
}

make_uki() { # OUT KERNEL INITRD CMDLINE
	local sections=() vma
	# Behind the stub's last section: name size VMA.
	vma=$(objdump -h "$STUB" | awk '$2 ~ /^\./ { print "0x" $3, "0x" $4 }' |
		while read -r size at; do echo $((size + at)); done | sort -n | tail -n 1)
	vma=$(((vma + ALIGN - 1) / ALIGN * ALIGN))
	printf 'ID=debian\nPRETTY_NAME=test\nVERSION_ID=1\n' >"$BATS_TEST_TMPDIR/osrel"
	printf '%s\0' "$4" >"$BATS_TEST_TMPDIR/cmdline"
	add_section .osrel "$BATS_TEST_TMPDIR/osrel"
	add_section .cmdline "$BATS_TEST_TMPDIR/cmdline"
	add_section .initrd "$3"
	# Last: the kernel may be unpacked over what follows it.
	add_section .linux "$2"
	objcopy "${sections[@]}" "$STUB" "$1"
}

@test "a unified kernel image boots to its root" {
	sysroot=$(kernel_sysroot cloud)
	esp=$BATS_TEST_TMPDIR/esp
	mkdir -p "$esp/EFI/BOOT"
	make_uki "$esp/EFI/BOOT/BOOTX64.EFI" "$(echo "$sysroot"/boot/vmlinuz-*)" "$("$REPO/qemu/make-image" cloud)" \
		"console=ttyS0 panic=-1 no_timer_check root=LABEL=rw-uki"
	"$REPO/qemu/make-disk" --table gpt --label rw-uki --esp "$esp" "$BATS_TEST_TMPDIR/disk.img"
	run "$REPO/qemu/boot" --quiet --uefi --timeout 240 --disk "$BATS_TEST_TMPDIR/disk.img" --reject 'Call Trace' \
		--expect 'ROOTWARD-TEST: marker rw-uki ext4'
	assert_success
}
