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

@test "values of the configuration that the boot could do nothing with, with file and line" {
	mkdir -p "$TREE/etc/rootward/conf.d"
	local conf=$TREE/etc/rootward/conf.d/local.conf
	for value in foo zstd:99 none:1; do
		printf '[image]\n\ncompress = %s\n' "$value" >"$conf"
		refused 2
		assert_output --partial "local.conf:3: compress: "
		refute_output --partial --compress
	done
	for pairs in a a: :b a:b:c; do
		for key in disk-drivers load-requests; do
			printf '[image]\n%s = c:d %s\n' "$key" "$pairs" >"$conf"
			refused 2
			assert_output --partial "local.conf:2: $key: '$pairs' is not "
		done
	done
	printf '[image]\nload-requests =\nload-requests = a:b c:d e:f g:h i:j k:l m:n o:p\n q:r\n' >"$conf"
	refused 2
	assert_output --partial "local.conf:4: load-requests: 'q:r' is one too many: at most 8 pairs"
	for hash in plain '*' '!' "\$6\$salt\$cut" "\$9\$no\$such"; do
		printf '[image]\nemergency-password = %s\n' "$hash" >"$conf"
		refused 2
		assert_output --partial "local.conf:2: emergency-password: "
		assert_output --partial "openssl passwd -6"
	done
	# What is empty, or said again, is none of these.
	printf '[image]\nemergency-password = plain\nemergency-password =\nload-requests = a\nload-requests =\n' >"$conf"
	build_image "$TREE" "$OUT/image" >/dev/null
	for kind in -1 -5 -6; do
		printf '[image]\nemergency-password = %s\n' "$(openssl passwd $kind x)" >"$conf"
		build_image "$TREE" "$OUT/image" >/dev/null
	done
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

# full_disk TYPE MKFS...: a loop-mounted file system of TYPE with a good image on it and no room for another.
full_disk() {
	local mount=$BATS_TEST_TMPDIR/mount disk=$BATS_TEST_TMPDIR/disk free
	mkdir "$mount"
	truncate -s "$2" "$disk"
	PATH=$PATH:/sbin:/usr/sbin "${@:3}" "$disk" >/dev/null
	mount -o loop -t "$1" "$disk" "$mount" || skip "cannot mount $1 here"
	cp "$BATS_TEST_TMPDIR/good" "$mount/image"
	free=$(df --output=avail -k "$mount" | tail -n 1)
	dd if=/dev/zero of="$mount/ballast" bs=1k count=$((free > 500 ? free - 500 : 0)) status=none
	ls -A "$mount" >"$BATS_TEST_TMPDIR/before"
}

old_image_stays() {
	run "$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$BATS_TEST_TMPDIR/mount/image"
	assert_failure 1
	assert_output --partial "$BATS_TEST_TMPDIR/mount"
	assert_output --partial "no space"
	assert_equal "$(grep -c '^rootward: ' <<<"$output")" 1
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/mount")" "$(cat "$BATS_TEST_TMPDIR/before")"
	cmp "$BATS_TEST_TMPDIR/mount/image" "$BATS_TEST_TMPDIR/good"
}

@test "a small loop-mounted ext4 is full" {
	build_image "$TREE" "$BATS_TEST_TMPDIR/good" >/dev/null
	full_disk ext4 8M mkfs.ext4 -q
	old_image_stays
}

@test "a small loop-mounted vfat is full, as an EFI system partition is" {
	build_image "$TREE" "$BATS_TEST_TMPDIR/good" >/dev/null
	full_disk vfat 8M mkfs.vfat
	old_image_stays
}

# disk_with_end: an ext4 at $BATS_TEST_TMPDIR/mount of which later files lie behind all that the file system itself needs.
disk_with_end() {
	local disk=$BATS_TEST_TMPDIR/disk mount=$BATS_TEST_TMPDIR/mount
	mkdir "$mount"
	truncate -s 128M "$disk"
	PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -O ^has_journal "$disk"
	mount -o loop "$disk" "$mount" || skip "cannot mount ext4 here"
	dd if=/dev/zero of="$mount/ballast" bs=1M count=32 status=none
}

# unreadable_from FILE OFFSET: from there on, the disk of disk_with_end answers EIO.
unreadable_from() {
	local disk=$BATS_TEST_TMPDIR/disk mount=$BATS_TEST_TMPDIR/mount loop start
	sync -f "$1"
	start=$(filefrag -b512 -v "$1" | awk -F'[ .:]+' '$2 == "0" { print $5 * 512 }')
	umount "$mount"
	# A loop device answers EIO where its file ends meanwhile.
	loop=$(losetup --find --show "$disk")
	truncate -s $((start + $2)) "$disk"
	mount "$loop" "$mount"
	# Goes with the mount.
	losetup -d "$loop"
}

@test "an image on sectors that cannot be read is an error, and is replaced by a good one" {
	local mount=$BATS_TEST_TMPDIR/mount
	disk_with_end
	build_image "$TREE" "$mount/image" --compress none >/dev/null
	unreadable_from "$mount/image" 65536
	run "$ROOTWARD" ls "$mount/image"
	assert_failure 1
	assert_output --partial "$mount/image: cannot be read from the disk"
	build_image "$TREE" "$mount/image" >/dev/null
	"$ROOTWARD" ls "$mount/image" >/dev/null
}

# cache_is_unreadable_from OFFSET: of the only segment (negative: from its end). The build makes the same image all the same.
cache_is_unreadable_from() {
	local cache=$BATS_TEST_TMPDIR/mount/cache segment size
	disk_with_end
	build_image "$TREE" "$BATS_TEST_TMPDIR/good" >/dev/null
	"$ROOTWARD" build -q --cache "$cache" --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	segment=$(echo "$cache"/*.segment)
	size=$(stat -c %s "$segment")
	unreadable_from "$segment" $(($1 < 0 ? (size + $1) & ~4095 : $1))
	run "$ROOTWARD" build -q --cache "$cache" --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_success
	assert_equal "$(grep -c 'warning: cache' <<<"$output")" 1
	assert_output --partial "cache $cache: cannot be read from the disk"
	assert_output --partial "--cache none"
	cmp "$OUT/image" "$BATS_TEST_TMPDIR/good"
}

@test "a cache whose headers are on sectors that cannot be read is a cold one, and says so" {
	cache_is_unreadable_from 4096
}

@test "a cache of which an entry is on sectors that cannot be read gives the others, and says so" {
	cache_is_unreadable_from -8192
}

@test "a full cache disk is called full, and the image is made" {
	mkdir "$BATS_TEST_TMPDIR/mount"
	mount -t tmpfs -o size=64k none "$BATS_TEST_TMPDIR/mount" || skip "cannot mount tmpfs here"
	run "$ROOTWARD" build -q --cache "$BATS_TEST_TMPDIR/mount/cache" --sysroot "$TREE" -k "$RELEASE" -o "$OUT/image"
	assert_success
	assert_output --partial "cannot write: No space left on device"
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/mount/cache")" ""
	assert [ -s "$OUT/image" ]
}

@test "a disk is not overwritten by an image" {
	local disk
	truncate -s 64M "$BATS_TEST_TMPDIR/disk"
	disk=$(losetup --find --show "$BATS_TEST_TMPDIR/disk") || skip "no loop devices here"
	run "$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o "$disk"
	losetup -d "$disk"
	assert_failure 2
	assert_output --partial "$disk: is a disk"
	cmp -n 67108864 "$BATS_TEST_TMPDIR/disk" /dev/zero
}

# How long a build takes here, in milliseconds.
measure_build() {
	local start=${EPOCHREALTIME/[.,]/}
	build_image "$TREE" "$OUT/image" >/dev/null
	took_ms=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# Start a build that takes the other compression, so that its image differs, and send it SIGNAL after a random moment of
# its time. Sets status.
interrupted_build() { # SIGNAL
	local pid moment
	# A shell's background process ignores SIGINT otherwise.
	env --default-signal "$ROOTWARD" build -q --cache none --compress gzip:1 --sysroot "$TREE" -k "$RELEASE" \
		-o "$OUT/image" 2>/dev/null &
	pid=$!
	moment=$((RANDOM % (took_ms + 1)))
	sleep "$((moment / 1000)).$(printf %03d $((moment % 1000)))"
	kill "-$1" "$pid" 2>/dev/null || true
	status=0
	wait "$pid" || status=$?
}

# The image is the old one or the new one, whole: a build that was done before the signal came has replaced it.
image_is_whole() {
	local sum
	sum=$(sha256sum <"$OUT/image")
	if [ "$status" = 0 ]; then
		assert_equal "$sum" "$new"
	elif [ "$sum" != "$new" ]; then
		assert_equal "$sum" "$good"
	fi
}

prepare_interruptions() {
	build_image "$TREE" "$OUT/image" --compress gzip:1 >/dev/null
	new=$(sha256sum <"$OUT/image")
	measure_build
	good=$(sha256sum <"$OUT/image")
	assert_not_equal "$good" "$new"
	cp "$OUT/image" "$BATS_TEST_TMPDIR/good"
	RANDOM=$((EPOCHSECONDS % 32768))
	echo "a build takes $took_ms ms, seed $((EPOCHSECONDS % 32768))"
}

@test "killed at ten random moments while replacing a good image: it stays good" {
	local i killed=0
	prepare_interruptions
	for ((i = 0; i < 10 || (killed < 10 && i < 100); i++)); do
		interrupted_build KILL
		[ "$status" = 0 ] || killed=$((killed + 1))
		image_is_whole
		cp "$BATS_TEST_TMPDIR/good" "$OUT/image"
	done
	assert [ "$killed" -ge 10 ]
	# The next build removes what the killed ones may have left.
	build_image "$TREE" "$OUT/image" >/dev/null
	assert_equal "$(ls -A "$OUT")" image
	assert_equal "$(sha256sum <"$OUT/image")" "$good"
}

@test "SIGINT, SIGTERM, SIGHUP at random moments leave nothing behind" {
	local i signal told=0
	prepare_interruptions
	for ((i = 0; i < 12; i++)); do
		for signal in INT TERM HUP; do
			interrupted_build "$signal"
			image_is_whole
			assert_equal "$(ls -A "$OUT")" image
			[ "$status" = 0 ] || told=$((told + 1))
			cp "$BATS_TEST_TMPDIR/good" "$OUT/image"
		done
	done
	assert [ "$told" -ge 10 ]
}
