#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ls, cat, unpack, explain, diff, boot: our own images and those of other tools.
# shellcheck disable=SC2030,SC2031

load helpers
load build_helpers

setup_file() {
	export TREE=$BATS_FILE_TMPDIR/tree OWN=$BATS_FILE_TMPDIR/own.img
	small_tree "$TREE" virtio_blk virtio_pci xfs
	build_image "$TREE" "$OWN" >/dev/null
	# A tree as other tools pack it, with a hard link, a symlink and an early archive.
	mkdir -p "$BATS_FILE_TMPDIR/other/usr/lib" "$BATS_FILE_TMPDIR/early/kernel/x86/microcode"
	cd "$BATS_FILE_TMPDIR/other" || return
	echo contents >usr/lib/file
	ln usr/lib/file usr/lib/hard
	ln -s usr/lib lib
	find . | LC_ALL=C sort | cpio -o -H newc --quiet >../main.cpio
	cd ../early || return
	echo microcode >kernel/x86/microcode/GenuineIntel.bin
	find . | LC_ALL=C sort | cpio -o -H newc --quiet >../early.cpio
}

@test "other tools' images: early archive and every compression" {
	cd "$BATS_FILE_TMPDIR"
	local packer
	for packer in "gzip -n" "xz --check=crc32" "zstd -q" "bzip2" "lzma" "lz4 -lq"; do
		# shellcheck disable=SC2086
		$packer -c <main.cpio | cat early.cpio - >other.img
		run -0 "$ROOTWARD" cat other.img /lib/hard kernel/x86/microcode/GenuineIntel.bin
		assert_output $'contents\nmicrocode'
		run -0 --separate-stderr "$ROOTWARD" ls other.img /lib
		assert_output $'/usr/lib\n/usr/lib/file\n/usr/lib/hard'
	done
	run -0 "$ROOTWARD" explain other.img /usr/lib/file
	assert_output --partial "the manifest does not say why"
	run -1 "$ROOTWARD" explain other.img nvme
	assert_output --partial "has no manifest"
}

@test "explain: modules of an image without manifest, by name and by who needs them" {
	cd "$BATS_TEST_TMPDIR"
	"$ROOTWARD" unpack -C plain "$OWN"
	rm -r plain/usr/lib/rootward
	(cd plain && find . | cpio -o -H newc --quiet | gzip -n) >other.img
	run -0 --separate-stderr "$ROOTWARD" explain other.img virtio-pci
	assert_output --partial "/virtio_pci.ko"
	run -0 --separate-stderr "$ROOTWARD" explain other.img virtio_ring
	assert_output --regexp "virtio_ring is a dependency of .*virtio_blk"
}

@test "explain: firmware that was not there when the image was built" {
	local tree=$BATS_TEST_TMPDIR/tree
	SMALL_TREE_KERNEL=generic small_tree "$tree" aic94xx
	build_image "$tree" "$BATS_TEST_TMPDIR/image" >/dev/null
	run -1 "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" aic94xx-seq.fw
	assert_output --partial "firmware that aic94xx may ask for"
	mkdir -p "$tree/lib/firmware"
	echo firmware >"$tree/lib/firmware/aic94xx-seq.fw"
	build_image "$tree" "$BATS_TEST_TMPDIR/image" >/dev/null
	run -0 "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" aic94xx-seq.fw
	assert_output --regexp "aic94xx-seq.fw: .*aic94xx"
}

@test "our image is what cpio reads" {
	cd "$BATS_TEST_TMPDIR"
	"$ROOTWARD" unpack -C ours "$OWN"
	# The module segment is plain: cpio reads it where ls says that it begins.
	"$ROOTWARD" ls --json "$OWN" >list
	offset=$(sed -n 's/.*"offset":\([0-9]*\),.*/\1/p' list | tail -n 1)
	mkdir real
	tail -c +$((offset + 1)) "$OWN" | (cd real && cpio -id --quiet)
	run -0 diff -r real/usr/lib/modules/*/kernel ours/usr/lib/modules/*/kernel
	[ -n "$(find real -name 'xfs.ko.zst')" ]
	# The segment before it is lz4, which this kernel undoes, and holds early-init.
	lz4 -dcq "$OWN" 2>/dev/null | cpio -t --quiet >names || true
	grep -qx init names
}

@test "explain: module, alias, path, program, and what is not there" {
	run -0 "$ROOTWARD" explain "$OWN" virtio-blk
	assert_output --regexp "virtio_blk\.ko(\.zst)?: "
	run -0 "$ROOTWARD" explain "$OWN" virtio:d00000002v00001AF4
	assert_output --regexp "virtio_blk\.ko(\.zst)?: "
	run -0 "$ROOTWARD" explain "$OWN" sh
	assert_output --partial "/usr/bin/busybox"
	run -0 "$ROOTWARD" explain --json "$OWN" /sbin/modprobe
	assert_output --partial '"/init"'
	run -1 "$ROOTWARD" explain "$OWN" nosuchthing
	assert_output --partial "nosuchthing: not in the image"
}

@test "diff: by cause, and nothing between equal images" {
	run -0 --separate-stderr "$ROOTWARD" diff "$OWN" "$OWN"
	assert_output ""
	build_image "$TREE" "$BATS_TEST_TMPDIR/less" --omit-module xfs >/dev/null
	run -0 "$ROOTWARD" diff "$OWN" "$BATS_TEST_TMPDIR/less"
	assert_output --regexp '  - /usr/lib/modules/[^ ]*/xfs.ko.zst'
	refute_output --partial busybox
	run -0 "$ROOTWARD" diff --json "$OWN" "$BATS_TEST_TMPDIR/less"
	assert_output --partial '"change":"removed"'
}

@test "unpack never leaves its directory" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p a outside
	ln -s ../outside a/way
	(cd a && echo way | cpio -o -H newc --quiet) >hostile.img
	rm a/way && mkdir a/way && echo bad >a/way/file
	(cd a && echo way/file | cpio -o -H newc --quiet) >>hostile.img
	run -1 "$ROOTWARD" unpack -C into hostile.img
	assert_output --partial "passes through a symlink"
	[ -z "$(ls outside)" ]
	(cd a/way && echo ../way/file | cpio -o -H newc --quiet) >dots.img
	run -1 "$ROOTWARD" unpack -C into2 dots.img
	assert_output --partial "leaves the directory"
	mkdir full && touch full/x
	run -1 "$ROOTWARD" unpack -C full "$OWN"
	assert_output --partial "not empty"
}

@test "damaged and foreign files: one clear error" {
	cd "$BATS_TEST_TMPDIR"
	head -c 100000 "$OWN" >short
	run -1 "$ROOTWARD" ls short
	assert_output --regexp 'truncated|damaged'
	echo hello >text
	run -1 "$ROOTWARD" ls text
	assert_output --partial "neither a cpio archive nor a compression that the kernel knows"
	: >empty
	run -1 "$ROOTWARD" ls empty
	assert_output --partial "empty: not an initramfs"
	run -2 "$ROOTWARD" ls
}

@test "output that cannot be written is a failure, however long it is" {
	for arguments in "ls --json" ls "check --json"; do
		# shellcheck disable=SC2086
		run -1 bash -c '"$@" >/dev/full' _ "$ROOTWARD" $arguments "$OWN"
		assert_output --partial "standard output: "
		# shellcheck disable=SC2086
		run -1 bash -c '"$@" >&-' _ "$ROOTWARD" $arguments "$OWN"
		assert_output --partial "standard output: "
	done
}

# archive FILE...: these files of the current directory as a newc archive.
archive() {
	printf '%s\n' "$@" | cpio -o -H newc --quiet
}

@test "what a later archive puts behind a link is where the kernel puts it" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tool/bin tool/lib
	echo mine >tool/bin/mytool
	echo late >tool/lib/late
	(cd tool && archive bin/mytool lib/late) | cat "$OWN" - >more.img
	run -0 "$ROOTWARD" ls more.img /bin/mytool
	assert_output /usr/bin/mytool
	run -0 "$ROOTWARD" cat more.img /bin/mytool usr/lib/late
	assert_output $'mine\nlate'
	run -0 "$ROOTWARD" explain more.img /bin/mytool
	assert_output --partial "/usr/bin/mytool: in the image"
	run -0 --separate-stderr "$ROOTWARD" diff "$OWN" more.img
	assert_line --partial "+ /usr/bin/mytool"
	"$ROOTWARD" unpack -C tree more.img
	assert_equal "$(cat tree/usr/bin/mytool tree/lib/late)" $'mine\nlate'
	assert [ -L tree/bin ]
}

@test "unpack: what changes its type, as the kernel has it" {
	cd "$BATS_TEST_TMPDIR"
	mkdir one two
	(cd one && mkdir a full && echo file >b && ln -s nowhere c && echo in >full/in && archive a b c full full/in) >img
	(cd two && ln -s b a && mkdir b c && echo x >b/x && ln -s b full && archive a b b/x c full) >>img
	run -0 "$ROOTWARD" unpack -C tree img
	assert_output "rootward: warning: /full: a directory of this name is not empty and stays: left out"
	assert_equal "$(readlink tree/a)" b
	assert_equal "$(cat tree/a/x tree/full/in)" $'x\nin'
	assert [ -d tree/c ]
	assert [ ! -L tree/c ]
	run -0 "$ROOTWARD" cat img full/in a/x
	assert_output $'in\nx'
}

@test "diff: modes, owners, device numbers, and those of directories" {
	cd "$BATS_TEST_TMPDIR"
	member() { # NAME MODE UID MINOR TEXT
		printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' 1 "$2" "$3" 0 1 0 "${#5}" 0 0 5 "$4" \
			$((${#1} + 1)) 0 "$1"
		head -c $(((4 - (110 + ${#1} + 1) % 4) % 4)) /dev/zero
		printf %s "$5"
		head -c $(((4 - ${#5} % 4) % 4)) /dev/zero
	}
	{
		member d 040755 0 0 '' && member d/su 0100755 0 0 text && member d/own 0100644 0 0 text
		member d/null 020666 0 3 '' && member d/same 0100644 0 1 same && member gone 040755 0 0 ''
		member TRAILER!!! 0 0 0 ''
	} >a.img
	{
		member d 041777 0 0 '' && member d/su 0104755 0 0 texts && member d/own 0100644 7 0 text
		member d/null 020666 0 4 '' && member d/same 0100644 0 2 same && member new 040755 0 0 ''
		member TRAILER!!! 0 0 0 ''
	} >b.img
	run -0 --separate-stderr "$ROOTWARD" diff a.img b.img
	assert_output 'files: no manifest tells why
  ~ /d: mode 040755 -> 041777
  ~ /d/null: device 5:3 -> 5:4
  ~ /d/own: owner 0:0 -> 7:0
  ~ /d/su: 4 bytes -> 5 bytes, mode 100755 -> 104755'
	run -0 --separate-stderr "$ROOTWARD" diff --json a.img b.img
	assert_output --partial '"mode_after":"104755"'
	assert_output --partial '"uid_after":7'
	assert_output --partial '"minor_before":3'
}

@test "boot: --option=VALUE is --option VALUE" {
	cd "$BATS_TEST_TMPDIR"
	: >kernel && : >disk && echo hello >image
	# An image without modules names no kernel of its own.
	run -0 "$ROOTWARD" boot image --kernel="$PWD/kernel" --disk=disk,bus=nvme --append="root=LABEL=x --y=z" --memory=300 --print
	assert_output --partial " -kernel $PWD/kernel "
	assert_output --partial " -m 300 "
	assert_output --partial 'root=LABEL=x\ --y=z'
	run -2 "$ROOTWARD" boot image --kernel="$PWD/kernel" --nothing=x --print
	assert_output --partial "unknown option '--nothing'"
}
