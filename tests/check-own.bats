#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rootward check on images of ours that were damaged afterwards, and modprobe.d commands that images must be able to run.
load helpers
load build_helpers

setup_file() {
	export TREE=$BATS_FILE_TMPDIR/tree WHOLE=$BATS_FILE_TMPDIR/whole
	small_tree "$TREE" virtio_blk dm_mod xfs
	copy_program bash
	mkdir -p "$TREE/usr/share/test" "$BATS_FILE_TMPDIR/conf.d"
	printf '#!/bin/bash\n' >"$TREE/usr/share/test/script"
	chmod 755 "$TREE/usr/share/test/script"
	cp "$REPO"/conf.d/*.conf "$BATS_FILE_TMPDIR/conf.d"
	printf '[feature shells]\nprograms = bash\nfiles = /usr/share/test\n' >"$BATS_FILE_TMPDIR/conf.d/shells.conf"
	build_image "$TREE" "$BATS_FILE_TMPDIR/image" --config "$BATS_FILE_TMPDIR/conf.d" --feature shells >/dev/null
	"$ROOTWARD" unpack -C "$WHOLE" "$BATS_FILE_TMPDIR/image"
	RELEASE=$(ls "$TREE/lib/modules")
	export RELEASE
}

# copy_program NAME: this machine's, with its libraries, into the sysroot.
copy_program() {
	local path file
	path=$(readlink -f "$(command -v "$1")")
	mkdir -p "$TREE/usr/bin" "$TREE/etc"
	cp -r /etc/ld.so.conf* "$TREE/etc"
	cp "$path" "$TREE/usr/bin/$1"
	ldd "$path" | grep -o '/[^ ]*' | while read -r file; do
		mkdir -p "$TREE$(dirname "$file")"
		cp -L "$file" "$TREE$file"
	done
}

# A copy of the unpacked image, to be damaged: its path is in $copy.
setup() {
	copy=$BATS_TEST_TMPDIR/copy
	cp -a "$WHOLE" "$copy"
}

# Pack the copy again and check it.
check_copy() {
	(cd "$copy" && find . | sort | cpio -o -H newc --quiet) >"$BATS_TEST_TMPDIR/image"
	run "$ROOTWARD" check --sysroot "$TREE" "$BATS_TEST_TMPDIR/image"
}

assert_fault() { # TEXT
	assert_failure 3
	assert_output --partial "error: $1"
}

module() { # NAME
	module_file "$copy/usr" "$1"
}

@test "an image of ours has no finding, packed again neither" {
	run "$ROOTWARD" check --sysroot "$TREE" "$BATS_FILE_TMPDIR/image"
	assert_success
	refute_output --partial "error:"
	check_copy
	assert_success
}

@test "a module file that is gone" {
	rm "$(module libcrc32c)"
	check_copy
	assert_fault "module libcrc32c: the boot index names its file, which is not in the image"
	assert_output --partial "usr/lib/modules/$RELEASE/kernel/lib/libcrc32c.ko"
}

@test "a module file that the index does not know" {
	cp "$(module libcrc32c)" "$copy/usr/lib/modules/$RELEASE/kernel/stranger.ko"
	check_copy
	assert_fault "module stranger: /usr/lib/modules/$RELEASE/kernel/stranger.ko is not in the boot index"
}

@test "two module files that changed places" {
	a=$(module libcrc32c) b=$(module xfs)
	mv "$a" "$copy/swap" && mv "$b" "$a" && mv "$copy/swap" "$b"
	check_copy
	assert_fault "module libcrc32c: its file holds the module xfs"
}

@test "a module file cut short" {
	truncate -s 2000 "$(module libcrc32c)"
	check_copy
	assert_fault "module libcrc32c:"
}

@test "a library, an interpreter, the target of a link" {
	rm "$copy"/usr/lib/x86_64-linux-gnu/libtinfo.so.6 || skip "another machine's libraries"
	check_copy
	assert_fault "/usr/bin/bash needs library libtinfo.so.6"
	rm "$copy/usr/bin/bash"
	check_copy
	assert_fault "/usr/share/test/script is a script for /bin/bash"
	rm "$copy/usr/bin/busybox"
	check_copy
	assert_fault "/usr/bin/sh leads to busybox, which is not there"
}

@test "what the kernel calls" {
	rm "$copy/usr/sbin/modprobe"
	check_copy
	assert_fault "no /sbin/modprobe that can be executed"
	rm "$copy/init"
	check_copy
	assert_fault "no /init that can be executed"
}

@test "manifest: a file it does not list, one that is gone, none at all" {
	touch "$copy/etc/stranger"
	rm "$copy/etc/group"
	check_copy
	assert_fault "/etc/stranger is not in the manifest"
	assert_output --partial "/etc/group is in the manifest and not in the image"
	sed -i '3s/\t.*//' "$copy/usr/lib/rootward/manifest"
	check_copy
	assert_fault "/usr/lib/rootward/manifest: line"
	rm "$copy/usr/lib/rootward/manifest"
	check_copy
	assert_fault "no manifest in it"
}

@test "a damaged boot index" {
	printf 'x' | dd of="$copy/usr/lib/rootward/index" bs=1 seek=2000 conv=notrunc status=none
	check_copy
	assert_fault "its boot index is damaged"
}

# modprobe.d with TEXT in a copy of the sysroot, then an image.
build_with() { # TEXT OPTION...
	local text=$1 tree=$BATS_TEST_TMPDIR/tree
	shift
	cp -r "$TREE" "$tree"
	mkdir -p "$tree/etc/modprobe.d"
	printf '%b' "$text" >"$tree/etc/modprobe.d/test.conf"
	run "$ROOTWARD" build -v --cache none --sysroot "$tree" -k "$RELEASE" -o "$BATS_TEST_TMPDIR/image" "$@"
}

@test "an install command brings its programs and is told" {
	build_with '# first\ninstall libcrc32c /sbin/modprobe -i libcrc32c && bash -c "logger x" >/dev/null\nremove libcrc32c /bin/true\n'
	assert_success
	assert_output --partial "/etc/modprobe.d/test.conf:2: install libcrc32c runs in the image: /sbin/modprobe -i libcrc32c &&"
	assert_output --partial "/etc/modprobe.d/test.conf:2: needs /sbin/modprobe, bash, logger"
	assert_output --partial "/etc/modprobe.d/test.conf:3: remove libcrc32c runs in the image"
	run "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" /usr/bin/bash
	assert_output --partial "install command of libcrc32c (/etc/modprobe.d/test.conf:2)"
	run "$ROOTWARD" check --sysroot "$TREE" "$BATS_TEST_TMPDIR/image"
	assert_success
}

@test "an install or remove command whose program is nowhere is an error with its line" {
	for directive in install remove; do
		build_with "\n$directive libcrc32? /sbin/modprobe x; /opt/absent --now || exit 1\n"
		assert_failure 3
		assert_output --partial "/etc/modprobe.d/test.conf:2: the $directive command of libcrc32? needs /opt/absent"
		assert [ ! -e "$BATS_TEST_TMPDIR/image" ]
		rm -r "$BATS_TEST_TMPDIR/tree"
	done
}

@test "commands of modules that are not in the image bring nothing" {
	build_with 'install not_here /opt/absent\ninstall snd-* /opt/absent\n'
	assert_success
	refute_output --partial "runs in the image"
}

# shellcheck disable=SC2016 # the image's shell expands it
@test "a command that only a variable tells is warned of" {
	build_with 'install libcrc32c $TOOL x\n'
	assert_success
	assert_output --partial "test.conf:1: the install command of libcrc32c runs a program that its text does not tell"
}

@test "what an install command loads is in the image, with the reason" {
	build_with 'install virtio_blk modprobe dm-mod; modprobe -i virtio_blk\n' --config "$BATS_FILE_TMPDIR/none"
	assert_failure
	mkdir "$BATS_TEST_TMPDIR/conf.d"
	printf '[modules one]\nnames = virtio_blk\n' >"$BATS_TEST_TMPDIR/conf.d/one.conf"
	rm -r "$BATS_TEST_TMPDIR/tree"
	build_with 'install virtio_blk modprobe dm-mod; modprobe -i virtio_blk\n' --config "$BATS_TEST_TMPDIR/conf.d"
	assert_success
	run "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" dm_mod
	assert_output --partial "loaded by the install command of virtio_blk (/etc/modprobe.d/test.conf:1)"
}
