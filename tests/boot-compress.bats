#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images of every --compress kind: the kernel unpacks them, early-init undoes what is left.

setup() {
	load helpers
}

@test "an image of every kind of compression boots" {
	local image=$BATS_TEST_TMPDIR/image sysroot disk kind
	sysroot=$(kernel_sysroot cloud)
	disk=$("$REPO/qemu/scenario" --disk ext4)
	for kind in none solid-zstd:1 solid-xz:0 solid-gzip:1 solid-lz4:1 solid-none; do
		"$ROOTWARD" build -q -k "$(ls "$sysroot/lib/modules")" --sysroot "$sysroot" --cache none --compress "$kind" -o "$image"
		echo "# $kind"
		run "$REPO/qemu/boot" --quiet --kernel cloud --image "$image" --disk "$disk,bus=virtio-blk" --memory 1024 \
			--append 'root=LABEL=rw-ext4' --expect 'marker rw-ext4 ext4'
		assert_success
	done
}
