#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be promised of speed and size without a clock; make bench has the rest.
# shellcheck disable=SC2030,SC2031

load helpers
load build_helpers

setup_file() {
	export TREE=$BATS_FILE_TMPDIR/tree
	small_tree "$TREE" virtio_blk virtio_pci xfs vmw_pvscsi
}

@test "early-init is smaller than 1.5 MB" {
	# The sanitized one is linked dynamically and full of checks: its size says nothing.
	if readelf -lW "$EARLY_INIT" | grep -q INTERP; then skip "not the static one"; fi
	run stat -c %s "$EARLY_INIT"
	assert [ "$output" -le 1500000 ]
}

@test "a generic image is smaller than what its modules have unpacked" {
	build_image "$TREE" "$BATS_TEST_TMPDIR/zstd" >/dev/null
	build_image "$TREE" "$BATS_TEST_TMPDIR/none" --compress none >/dev/null
	assert [ "$(stat -c %s "$BATS_TEST_TMPDIR/zstd")" -lt "$(stat -c %s "$BATS_TEST_TMPDIR/none")" ]
}

# Bytes in the segments of the cache DIR.
cache_bytes() { find "$1" -name '*.segment' -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }'; }

@test "a second build takes everything from the cache, and adds nothing to it" {
	local release before
	release=$(ls "$TREE/lib/modules")
	for i in 1 2; do
		run "$ROOTWARD" build -q --cache "$BATS_TEST_TMPDIR/cache" --sysroot "$TREE" -k "$release" -o "$BATS_TEST_TMPDIR/$i"
		assert_success
		[ "$i" = 2 ] || before=$(cache_bytes "$BATS_TEST_TMPDIR/cache")
	done
	assert [ "$before" -gt 0 ]
	assert_equal "$(cache_bytes "$BATS_TEST_TMPDIR/cache")" "$before"
	cmp "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2"
}

@test "a solid image comes from the cache whole, and from a damaged cache not at all" {
	local release i
	release=$(ls "$TREE/lib/modules")
	for i in 1 2 3; do
		# Past the heads of the segments, where the entries' bytes are.
		[ "$i" != 3 ] || find "$BATS_TEST_TMPDIR/cache" -name '*.segment' -size +8k \
			-exec dd if=/dev/zero of={} bs=1 seek=8000 count=64 conv=notrunc status=none \;
		run "$ROOTWARD" build -q --cache "$BATS_TEST_TMPDIR/cache" --compress solid-xz --sysroot "$TREE" -k "$release" \
			-o "$BATS_TEST_TMPDIR/$i"
		assert_success
	done
	build_image "$TREE" "$BATS_TEST_TMPDIR/fresh" --compress solid-xz >/dev/null
	for i in 1 2 3; do
		cmp "$BATS_TEST_TMPDIR/fresh" "$BATS_TEST_TMPDIR/$i"
	done
}

@test "what not everybody may read does not get into the cache" {
	local tree=$BATS_TEST_TMPDIR/tree release mode
	cp -r "$TREE" "$tree"
	release=$(ls "$tree/lib/modules")
	mkdir -p "$tree/etc/rootward/conf.d"
	printf '[feature key]\ndescription = a key\nfiles = /etc/key\n' >"$tree/etc/rootward/conf.d/key.conf"
	# What cannot be made shorter stands in lz4 as it is.
	printf '%s' wXk3-q8Zr_5Tb1VnY7 >"$tree/etc/key"
	for mode in 600 644; do
		chmod "$mode" "$tree/etc/key"
		run "$ROOTWARD" build -q --cache "$BATS_TEST_TMPDIR/$mode" --compress solid-lz4 --sysroot "$tree" -k "$release" \
			--feature key -o "$BATS_TEST_TMPDIR/image"
		assert_success
		grep -qa wXk3-q8Zr_5Tb1VnY7 "$BATS_TEST_TMPDIR/image"
	done
	run grep -rqa wXk3-q8Zr_5Tb1VnY7 "$BATS_TEST_TMPDIR/600"
	assert_failure 1
	grep -rqa wXk3-q8Zr_5Tb1VnY7 "$BATS_TEST_TMPDIR/644"
}

@test "the build's peak memory stays below 120 MB" {
	# Sanitizers keep what was freed.
	if readelf -dW "$ROOTWARD" | grep -q libasan || nm "$ROOTWARD" 2>/dev/null | grep -q __asan_init; then skip "sanitized"; fi
	local sysroot
	sysroot=$(kernel_sysroot cloud)
	run /usr/bin/time -q -f %M -o "$BATS_TEST_TMPDIR/kb" "$ROOTWARD" build -q --cache none --sysroot "$sysroot" \
		-k "$(ls "$sysroot/lib/modules")" -o "$BATS_TEST_TMPDIR/image"
	assert_success
	assert [ "$(cat "$BATS_TEST_TMPDIR/kb")" -le $((120 * 1000 * 1000 / 1024)) ]
}
