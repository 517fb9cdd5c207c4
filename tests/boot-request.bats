#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel itself asks for with request_module: before PID 1 runs, for the processor at hand, and on behalf of
# programs in the emergency shell. (A file system for mount -t: vfat-data-by-request-module of qemu/scenarios.tsv.)
bats_require_minimum_version 1.5.0

# The generic kernel with modules that the tests ask for, and cryptsetup with its libraries.
make_sysroot() { # DIR
	SMALL_TREE_KERNEL=generic small_tree "$1" virtio_blk virtio_pci ext4 crc32c_generic crc32c_intel lz4 \
		dm_crypt af_alg algif_skcipher algif_hash xts ecb
	local program file
	mkdir -p "$1/etc"
	cp -r /etc/ld.so.conf* "$1/etc"
	program=$(PATH=$PATH:/sbin:/usr/sbin command -v cryptsetup)
	for file in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do
		install -D "$file" "$1$file"
	done
}

setup_file() {
	load helpers
	load build_helpers
	DISK=$("$REPO/qemu/scenario" --disk ext4)
	mkdir "$BATS_FILE_TMPDIR/conf"
	cp "$REPO"/conf.d/*.conf "$BATS_FILE_TMPDIR/conf"
	printf '[feature benchmark]\nprograms = cryptsetup\n' >"$BATS_FILE_TMPDIR/conf/99-test.conf"
	make_sysroot "$BATS_FILE_TMPDIR/sysroot"
	build_image "$BATS_FILE_TMPDIR/sysroot" "$BATS_FILE_TMPDIR/img" --config "$BATS_FILE_TMPDIR/conf" --feature benchmark \
		--add-module lz4 >"$BATS_FILE_TMPDIR/summary"
	export DISK
}

setup() {
	load helpers
}

boot() { # WORDS OPTION...
	run "$REPO/qemu/boot" --quiet --kernel generic --image "$BATS_FILE_TMPDIR/img" --disk "$DISK" --cpu qemu64 \
		--append "root=LABEL=rw-ext4 $1" --reject 'Call Trace' --log "$BATS_TEST_TMPDIR/log" "${@:2}"
}

# Seconds of the kernel's clock at the first line that matches REGEX.
at() { # REGEX
	grep -E "$1" "$BATS_TEST_TMPDIR/log" | sed -nE '1s/^(\[[^]]*\] )?\[ *([0-9.]+)\].*/\2/p'
}

# zswap asks for its compressor in an initcall: nothing is mounted, modprobe has no descriptor 0, 1 or 2.
@test "a cipher that the kernel asks for before PID 1 runs" {
	boot 'zswap.enabled=1 zswap.compressor=lz4' --expect 'zswap: loaded using pool lz4/zbud' \
		--expect 'marker rw-ext4 ext4'
	assert_success
	early=$(at 'zswap: loaded using pool lz4') init=$(at 'rootward: /init started')
	echo "zswap at $early, early-init at $init"
	awk -v a="$early" -v b="$init" 'BEGIN { exit !(a != "" && b != "" && a + 0 < b + 0) }'
}

# Its driver wants crc32c of the kernel; crc32c_intel refuses this processor.
# shellcheck disable=SC2016 # expanded in the guest
@test "ext4 on a processor without the accelerated checksum" {
	boot 'rd.break=pre-switch' --send 'rootward# ' \
		'echo checksum $(grep -oE "^crc32c_(generic|intel)" /proc/modules); sleep 1; exit' \
		--expect 'checksum crc32c_generic.?$' --expect 'marker rw-ext4 ext4'
	assert_success
}

# shellcheck disable=SC2016 # expanded in the guest
@test "a cipher for cryptsetup benchmark in the emergency shell" {
	local loaded='$(grep -cE "^(af_alg|algif_skcipher|xts) " /proc/modules)'
	boot 'rd.break=pre-switch' --send 'rootward# ' \
		"echo before-$loaded; cryptsetup benchmark -c aes-xts -s 256; echo after-$loaded; sleep 1; exit" --expect 'before-0' \
		--expect 'aes-xts +256b +[0-9.]+ MiB/s +[0-9.]+ MiB/s' --expect 'after-3' --expect 'marker rw-ext4 ext4'
	assert_success
}
