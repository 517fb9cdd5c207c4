#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input to `rootward build`: one clear error, the documented status, nothing left behind.
# shellcheck disable=SC2030,SC2031

load helpers
load build_helpers

setup_file() {
	export GOOD=$BATS_FILE_TMPDIR/good
	small_tree "$GOOD" virtio_blk virtio_pci xfs crc32c_intel
	RELEASE=$(ls "$GOOD/lib/modules")
	export RELEASE
}

setup() {
	TREE=$BATS_TEST_TMPDIR/tree
	OUT=$BATS_TEST_TMPDIR/out
	cp -r "$GOOD" "$TREE"
	mkdir "$OUT"
}

teardown() {
	if mountpoint -q "$BATS_TEST_TMPDIR/mount"; then
		umount "$BATS_TEST_TMPDIR/mount"
	fi
}

# refused STATUS [OPTION]...: building $TREE into $OUT fails with STATUS, one line, no file.
refused() {
	local status=$1
	shift
	run "$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image" "$@"
	assert_failure "$status"
	assert_equal "$(ls -A "$OUT")" ""
	assert_equal "$(grep -c '^rootward: ' <<<"$output")" 1
}

@test "the good tree builds" {
	build_image "$TREE" "$OUT/image" >/dev/null
	assert [ -s "$OUT/image" ]
}

@test "no such kernel" {
	run "$ROOTWARD" build --sysroot "$TREE" -k 9.9.9-none -o "$OUT/image"
	assert_failure 1
	assert_output --partial 9.9.9-none
	assert_equal "$(ls -A "$OUT")" ""
}

@test "no such sysroot" {
	run "$ROOTWARD" build --sysroot "$TREE/none" -k "$RELEASE" -o "$OUT/image"
	assert_failure 1
	assert_output --partial "$TREE/none"
}

@test "modules.dep is missing" {
	rm "$TREE/lib/modules/$RELEASE"/modules.dep*
	run "$ROOTWARD" build --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_failure
	assert_output --partial "depmod"
	assert_equal "$(ls -A "$OUT")" ""
}

@test "modules.dep names a module that is gone" {
	rm "$(module_file "$TREE" xfs)"
	refused 3
	assert_output --partial xfs
	assert_output --partial "depmod -a"
}

@test "a module on disk is unknown to modules.dep" {
	mkdir -p "$TREE/lib/modules/$RELEASE/updates"
	cp "$(module_file "$TREE" xfs)" "$TREE/lib/modules/$RELEASE/updates/newcomer.ko"
	refused 3
	assert_output --partial newcomer
	assert_output --partial "depmod -a"
}

@test "times do not matter: older modules.dep is fine when the contents agree" {
	touch -d 2001-01-01 "$TREE/lib/modules/$RELEASE"/modules.dep*
	touch "$(module_file "$TREE" xfs)"
	build_image "$TREE" "$OUT/image" >/dev/null
}

@test "a truncated .ko.xz" {
	local module
	module=$(module_file "$TREE" xfs)
	xz --check=crc32 "$module"
	depmod -b "$TREE" "$RELEASE"
	build_image "$TREE" "$OUT/image" >/dev/null
	rm "$OUT/image"
	truncate -s 5000 "$module.xz"
	run "$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_failure 3
	assert_output --partial xfs
	assert_equal "$(ls -A "$OUT")" ""
}

@test "a .ko that is no ELF file" {
	echo "this is text" >"$(module_file "$TREE" xfs)"
	run "$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_failure 3
	assert_output --partial xfs
	assert_equal "$(ls -A "$OUT")" ""
}

@test "an empty .ko" {
	: >"$(module_file "$TREE" xfs)"
	run "$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_failure 3
	assert_output --partial xfs
	assert_equal "$(ls -A "$OUT")" ""
}

@test "a .ko for another machine" {
	# e_machine of the ELF header: 183 is aarch64
	printf '\xb7\x00' | dd of="$(module_file "$TREE" xfs)" bs=1 seek=18 conv=notrunc status=none
	run "$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_failure 3
	assert_output --partial xfs
	assert_equal "$(ls -A "$OUT")" ""
}

@test "a dependency cycle, with its path" {
	# depmod drops cycles, so one is patched into what it wrote: cycle_tx needs async_xor, which now needs cycle_tx.
	local dir dep
	small_tree "$TREE" dm_integrity
	dir=$TREE/lib/modules/$RELEASE/kernel/crypto/async_tx
	mv "$(module_file "$TREE" dm-integrity)" "$dir/cycle_tx.ko"
	depmod -b "$TREE" "$RELEASE"
	for dep in "$TREE/lib/modules/$RELEASE"/modules.dep{,.bin}; do
		LC_ALL=C sed -i 's|\(async_xor\.ko: [^:]*kernel/crypto/async_tx/\)async_tx\.ko|\1cycle_tx.ko|' "$dep"
		grep -qa "async_xor\.ko: [^:]*cycle_tx" "$dep"
	done
	refused 3 --add-module cycle_tx
	assert_output --partial cycle
	assert_output --regexp 'cycle_tx needs async_xor needs cycle_tx|async_xor needs cycle_tx needs async_xor'
	assert_output --partial depmod
}

@test "an unknown configuration key" {
	mkdir -p "$TREE/etc/rootward/conf.d"
	printf '[image]\nmoed = host\n' >"$TREE/etc/rootward/conf.d/local.conf"
	refused 2
	assert_output --partial "local.conf:2: unknown key 'moed' in [image]: did you mean 'mode'?"
}

@test "an unknown module, feature, compression" {
	refused 1 --add-module virtio_blq
	assert_output --partial "did you mean 'virtio_blk'?"
	refused 1 --omit-module virtio_blq
	refused 2 --feature networking
	refused 2 --compress rar
}

@test "the output directory is missing" {
	run "$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/none/image"
	assert_failure 1
	assert_output --partial "$OUT/none"
}

@test "the output directory is not writable" {
	mkdir "$BATS_TEST_TMPDIR/mount"
	mount -t tmpfs -o ro none "$BATS_TEST_TMPDIR/mount" || skip "cannot mount here"
	run "$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$BATS_TEST_TMPDIR/mount/image"
	assert_failure 1
	assert_output --partial "$BATS_TEST_TMPDIR/mount"
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/mount")" ""
}

@test "the disk is full" {
	mkdir "$BATS_TEST_TMPDIR/mount"
	mount -t tmpfs -o size=200k none "$BATS_TEST_TMPDIR/mount" || skip "cannot mount here"
	echo old >"$BATS_TEST_TMPDIR/mount/image"
	run "$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$BATS_TEST_TMPDIR/mount/image"
	assert_failure 1
	assert_output --partial "$BATS_TEST_TMPDIR/mount/image"
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/mount")" image
	assert_equal "$(cat "$BATS_TEST_TMPDIR/mount/image")" old
}

@test "the disk of a small loop-mounted file system is full" {
	mkdir "$BATS_TEST_TMPDIR/mount"
	truncate -s 1M "$BATS_TEST_TMPDIR/disk"
	mkfs.ext2 -q "$BATS_TEST_TMPDIR/disk"
	mount -o loop "$BATS_TEST_TMPDIR/disk" "$BATS_TEST_TMPDIR/mount" || skip "cannot mount here"
	run "$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$BATS_TEST_TMPDIR/mount/image"
	assert_failure 1
	assert [ ! -e "$BATS_TEST_TMPDIR/mount/image" ]
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/mount")" "lost+found"
}

@test "killed at ten random moments while replacing a good image: it stays good" {
	local good moment pid i
	build_image "$TREE" "$OUT/image" >/dev/null
	good=$(sha256sum <"$OUT/image")
	RANDOM=20240229
	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image" &
		pid=$!
		moment=$(printf '0.%03d' $((RANDOM % 150)))
		sleep "$moment"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		assert_equal "$(sha256sum <"$OUT/image")" "$good"
	done
	# The next build removes what the killed ones may have left.
	build_image "$TREE" "$OUT/image" >/dev/null
	assert_equal "$(ls -A "$OUT")" image
	assert_equal "$(sha256sum <"$OUT/image")" "$good"
	: "$i"
}
