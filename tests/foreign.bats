#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that mkinitramfs and dracut really made: what can be told of them is told, what cannot is said.

setup_file() {
	load helpers
	export SYSROOT RELEASE KEPT=$O/foreign OURS=$BATS_FILE_TMPDIR/ours
	SYSROOT=$(kernel_sysroot cloud)
	RELEASE=$(ls "$SYSROOT/lib/modules")
	mkdir -p "$KEPT"
	image_of initramfs-tools mkinitramfs
	image_of dracut dracut
	"$ROOTWARD" build -q -k "$RELEASE" --sysroot "$SYSROOT" --cache "$O/cache" -o "$OURS"
}

setup() {
	load helpers
}

# image_of MAKER PROGRAM: made once and kept, as long as kernel and program are the same.
image_of() {
	local file=$KEPT/$1 key
	key="$RELEASE $(sha256sum <"$(command -v "$2")")"
	exec 9>"$file.lock"
	flock -w 500 9
	if [ "$(cat "$file.key" 2>/dev/null)" != "$key" ]; then
		"$REPO/tests/bench/peers" "$2" "$SYSROOT" "$file" >"$file.log" 2>&1 || { cat "$file.log" >&2 && return 1; }
		echo "$key" >"$file.key"
	fi
	exec 9>&-
}
each() { # COMMAND: with the maker and its image
	local maker
	for maker in initramfs-tools dracut; do
		"$1" "$maker" "$KEPT/$maker"
	done
}

@test "ls, cat and unpack: every file of them, as cpio reads it" {
	look() {
		run "$ROOTWARD" ls "$2"
		assert_success
		assert_line --regexp '^/(usr/)?lib/modules/.*/hid-hyperv.ko'
		"$ROOTWARD" cat "$2" /init | file - | grep -qE 'ELF|script'
		"$ROOTWARD" unpack -C "$BATS_TEST_TMPDIR/$1" "$2"
		assert_equal "$(cd "$BATS_TEST_TMPDIR/$1" && find . ! -name . | wc -l)" \
			"$("$ROOTWARD" ls "$2" | grep -cvx /)"
	}
	each look
}

@test "list: whose they are" {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/boot"
	cp "$KEPT/initramfs-tools" "$tree/boot/initrd.img-1"
	cp "$KEPT/dracut" "$tree/boot/initrd.img-2"
	run "$ROOTWARD" list --sysroot "$tree"
	assert_line --regexp '^1 +foreign .*\(made by initramfs-tools\)'
	assert_line --regexp '^2 +foreign .*\(made by dracut\)'
}

@test "explain: what is in it and what needs it, but not who wanted it" {
	tell() {
		run --separate-stderr "$ROOTWARD" explain "$2" hid_hyperv
		assert_success
		assert_output --regexp "/hid-hyperv.ko.*: in the image"
		assert_regex "${stderr:?}" 'no manifest: not made by rootward'
		run "$ROOTWARD" explain "$2" /init
		assert_success
		assert_output --partial "the manifest does not say why"
		run "$ROOTWARD" explain "$2" no_such_module
		assert_failure 1
		assert_output --partial "not in the image"
	}
	each tell
}

@test "diff: files against ours; what changed since is not known and said" {
	compare() {
		run "$ROOTWARD" diff "$2" "$OURS"
		assert_success
		assert_output --partial "its files are compared, not their causes"
		assert_line --regexp '^ +~ /init: '
		# A program that is a link in the other image: its size, not its bytes.
		assert_line --regexp '^ +~ /usr/bin/sleep: ([0-9]+ bytes|[a-z./]+) -> '
		assert [ "${#output}" -lt 500000 ]
		run "$ROOTWARD" diff "$2"
		assert_failure 1
		assert_output --partial "made by $1, does not say what it was built from"
	}
	each compare
}

@test "check: their modules are verified against the kernel; one of another kernel is found" {
	verify() {
		run "$ROOTWARD" check --sysroot "$SYSROOT" "$2"
		assert_success
		assert_output --regexp '[0-9]{3} modules, no error, 0 warnings'
		run "$ROOTWARD" check "$2"
		assert_output --partial "symbols of the kernel are not verified"
	}
	each verify
	"$ROOTWARD" unpack -C "$BATS_TEST_TMPDIR/t" "$KEPT/initramfs-tools"
	victim=$(find "$BATS_TEST_TMPDIR/t" -name 'hid-hyperv.ko*' -type f)
	cp "$(find "$(kernel_sysroot generic)/lib/modules" -name 'hid-hyperv.ko')" "${victim%.ko*}.ko"
	[ "$victim" = "${victim%.ko*}.ko" ] || rm "$victim"
	(cd "$BATS_TEST_TMPDIR/t" && find . | cpio --quiet -o -H newc) >"$BATS_TEST_TMPDIR/bad"
	run "$ROOTWARD" check --sysroot "$SYSROOT" "$BATS_TEST_TMPDIR/bad"
	assert_failure 3
	assert_output --partial hid_hyperv
}

@test "remove and the hooks do not touch them" {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/boot" "$tree/etc"
	echo 12 >"$tree/etc/debian_version"
	cp "$KEPT/dracut" "$tree/boot/initrd.img-2"
	run "$ROOTWARD" remove --sysroot "$tree" -k 2
	assert_failure 1
	assert_output --partial "was made by dracut"
	cmp "$KEPT/dracut" "$tree/boot/initrd.img-2"
}
