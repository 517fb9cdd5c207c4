#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Keymap, font and keyboard drivers in the image. boot-keyboard.bats types on them.

load helpers
load build_helpers

setup_file() {
	export MADE=$BATS_FILE_TMPDIR/made
	small_tree "$MADE" virtio_blk virtio_pci xfs
	RELEASE=$(ls "$MADE/lib/modules")
	export RELEASE
}

setup() {
	TREE=$BATS_TEST_TMPDIR/tree
	IMAGE=$BATS_TEST_TMPDIR/image
	cp -a "$MADE" "$TREE"
	mkdir -p "$TREE/etc/default"
}

build() {
	run "$ROOTWARD" build --sysroot "$TREE" -k "$RELEASE" --cache none -o "$IMAGE"
	assert_success
}
# Number of the keymap's table without a modifier for KEY (its keycode): what the key gives.
key_gives() {
	"$ROOTWARD" cat "$IMAGE" /usr/lib/rootward/keymap >"$BATS_TEST_TMPDIR/keymap"
	assert_equal "$(head -c 7 "$BATS_TEST_TMPDIR/keymap")" bkeymap
	od -An -tx2 -j $((7 + 256 + $1 * 2)) -N 2 "$BATS_TEST_TMPDIR/keymap" | tr -d ' '
}
# A keymap text as kbd's own: the key beside the left shift's right neighbour gives y.
keymap_text() {
	printf 'keymaps 0-1\nkeycode 44 = +y\nkeycode 21 = +z\n'
}

@test "the kernel's own keymap and font need nothing" {
	printf 'XKBMODEL="pc105"\nXKBLAYOUT="us"\nXKBVARIANT=""\n' >"$TREE/etc/default/keyboard"
	printf 'CODESET="guess"\nFONTFACE="Fixed"\nFONTSIZE="8x16"\n' >"$TREE/etc/default/console-setup"
	build
	refute_output --partial console
	run "$ROOTWARD" ls "$IMAGE"
	refute_line --partial lib/rootward/keymap
	refute_line --partial console.psf
}

@test "layout of /etc/default/keyboard" {
	printf 'XKBLAYOUT="de"\nXKBVARIANT="nodeadkeys"\n' >"$TREE/etc/default/keyboard"
	build
	# Keycode 44 is the key below s, 'z' on an American keyboard; a letter (0x0b) and 'y'.
	assert_regex "$(key_gives 44)" '^(fb|0b)79$'
	run "$ROOTWARD" explain "$IMAGE" /usr/lib/rootward/keymap
	assert_output --partial "keymap de"
	# Made twice, the same.
	first=$(sha256sum <"$IMAGE")
	build
	assert_equal "$(sha256sum <"$IMAGE")" "$first"
}

@test "KEYMAP and FONT of /etc/vconsole.conf come first, wherever their files are" {
	mkdir -p "$TREE/usr/lib/kbd/keymaps/i386/qwertz" "$TREE/usr/share/consolefonts"
	keymap_text | gzip >"$TREE/usr/lib/kbd/keymaps/i386/qwertz/mine.map.gz"
	head -c 4100 /dev/zero | gzip >"$TREE/usr/share/consolefonts/mine.psf.gz"
	printf '# c\nKEYMAP=mine\nFONT="mine"\n' >"$TREE/etc/vconsole.conf"
	echo 'XKBLAYOUT=fr' >"$TREE/etc/default/keyboard"
	build
	assert_regex "$(key_gives 44)" '79$'
	assert_equal "$("$ROOTWARD" cat "$IMAGE" /usr/lib/rootward/console.psf | wc -c)" 4100
	# Another keymap under the same name makes the image stale.
	run "$ROOTWARD" diff --sysroot "$TREE" "$IMAGE"
	assert_output "no change since it was built"
	echo 'keymaps 0-1' | gzip >"$TREE/usr/lib/kbd/keymaps/i386/qwertz/mine.map.gz"
	run "$ROOTWARD" diff --sysroot "$TREE" "$IMAGE"
	assert_output --partial "mine.map.gz changed"
}

@test "what is configured and missing, or no keymap, is a warning: the image has the kernel's" {
	printf 'KEYMAP=nowhere\nFONT=nowhere\n' >"$TREE/etc/vconsole.conf"
	build
	assert_output --partial "KEYMAP=nowhere: no such file"
	assert_output --partial "font nowhere: no such file"
	mkdir -p "$TREE/usr/share/keymaps"
	echo 'this is not a keymap' >"$TREE/usr/share/keymaps/bad.map"
	echo 'KEYMAP=bad' >"$TREE/etc/vconsole.conf"
	build
	assert_output --partial "the image has the kernel's keymap (us)"
	run "$ROOTWARD" ls "$IMAGE"
	refute_line --partial lib/rootward/keymap
}

@test "a machine without kbd is told what to install" {
	echo 'XKBLAYOUT=de' >"$TREE/etc/default/keyboard"
	PATH=$BATS_TEST_TMPDIR run "$ROOTWARD" build --sysroot "$TREE" -k "$RELEASE" --cache none -o "$IMAGE"
	assert_success
	assert_output --partial "install console-setup"
}

@test "drivers of keyboards that no emulator here has are in the generic image: I2C-HID, Hyper-V" {
	image=$("$REPO/qemu/make-image" generic)
	hyperv=$(sed -n 's/^alias \(vmbus:[0-9a-f]*\) hyperv_keyboard$/\1/p' "$(kernel_sysroot generic)"/lib/modules/*/modules.alias)
	[ -n "$hyperv" ]
	run "$ROOTWARD" resolve --image "$image" acpi:PNP0C50: "$hyperv"
	assert_success
	assert_output "i2c_hid_acpi
hyperv_keyboard"
	# And what the bus behind and the reports before them need.
	run "$ROOTWARD" resolve --image "$image" -D i2c_hid_acpi hid_generic i2c_designware_platform hv_vmbus
	assert_success
}
