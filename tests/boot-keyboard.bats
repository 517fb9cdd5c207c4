#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys typed at the emergency shell on the screen: keyboards of each kind that QEMU has, and the configured keymap.
# I2C-HID and Hyper-V keyboards have no emulation here: that their drivers are in the image is in console.bats.

setup_file() {
	load helpers
	local sysroot=$BATS_FILE_TMPDIR/sysroot
	export GENERIC KEYMAP=$BATS_FILE_TMPDIR/keymap.img
	GENERIC=$("$REPO/qemu/make-image" generic)
	mkdir -p "$sysroot/etc/default" "$sysroot/usr/share"
	cp -r "$(kernel_sysroot cloud)/." "$sysroot/"
	cp -r /usr/share/consolefonts "$sysroot/usr/share/"
	echo 'XKBLAYOUT="de"' >"$sysroot/etc/default/keyboard"
	printf 'CODESET="Lat15"\nFONTFACE="Terminus"\nFONTSIZE="8x16"\n' >"$sysroot/etc/default/console-setup"
	"$ROOTWARD" build -q -k "$(ls "$sysroot/lib/modules")" --sysroot "$sysroot" --cache "$O/cache" -o "$KEYMAP"
}

setup() {
	load helpers
}

# type_at REGEX KEYS OPTION...: at the emergency shell on the screen, or that of rd.break=$STAGE; what is typed writes
# to the serial line.
type_at() {
	run "$REPO/qemu/boot" --quiet --append "console=tty0 root=LABEL=none rd.timeout=2 ${STAGE:+rd.break=$STAGE}" --timeout 180 --reject 'Kernel panic' \
		--qemu -device --qemu VGA --until '^typed-[a-z]+$' --keys "$@"
	assert_success
}
# "echo typed-zy >/dev/ttyS0" on a keyboard with American and with German letters on its keys.
US='e c h o spc t y p e d minus z y spc shift-dot slash d e v slash t t y shift-s 0 ret'
DE='e c h o spc t z p e d slash y z spc shift-less shift-7 d e v shift-7 t t z shift-s 0 ret'

@test "keyboard: PS/2" {
	type_at 'starting the emergency shell' "$US" --image "$GENERIC"
}

@test "keyboard: USB, its drivers loaded only now" {
	type_at 'input: .*USB Keyboard' "$US" --image "$GENERIC" --machine q35,i8042=off --qemu -device --qemu qemu-xhci \
		--qemu -device --qemu usb-kbd
}

@test "keyboard: USB, at rd.break=cmdline and pre-load, where no device was looked at yet" {
	for STAGE in cmdline pre-load; do
		type_at 'input: .*USB Keyboard' "$US" --image "$GENERIC" --machine q35,i8042=off --qemu -device \
			--qemu qemu-xhci --qemu -device --qemu usb-kbd
	done
}

@test "keyboard: virtio" {
	type_at 'input: .*Virtio Keyboard' "$US" --image "$GENERIC" --machine q35,i8042=off \
		--qemu -device --qemu virtio-keyboard-pci
}

@test "keyboard: the keymap of /etc/default/keyboard is the one of the shell" {
	type_at 'starting the emergency shell' "$DE" --kernel cloud --image "$KEYMAP" --reject 'keymap .*not'
}

@test "keyboard: busybox takes the font" {
	type_at 'starting the emergency shell' "${DE/#e c h o/l o a d f o n t spc less shift-7 u s r shift-7 l i b shift-7 r o o t w a r d shift-7 c o n s o l e dot p s f spc shift-6 shift-6 spc e c h o}" \
		--kernel cloud --image "$KEYMAP"
}
