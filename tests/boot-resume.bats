#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hibernation: resume= wakes the machine; an image that is not resumed forbids a writable root.

setup_file() {
	load helpers
	cat >"$BATS_FILE_TMPDIR/hibernate" <<-'SCRIPT'
		if grep -q no-resume-asked /proc/cmdline; then
			mount -o remount,rw / && exit 1
			busybox dd if=/dev/vda of=/dev/vda bs=512 count=1 conv=notrunc && exit 1
			echo "NOBODY-WRITES"
			exit 0
		fi
		# Which disk comes first is not certain.
		swapon /dev/vda 2>/dev/null || swapon /dev/vdb || exit 1
		echo shutdown >/sys/power/disk
		echo "HIBERNATING"
		echo disk >/sys/power/state || exit 1
		echo "RESUMED-$((40 + 2)) $(cat /proc/uptime)"
	SCRIPT
	IMAGE=$("$REPO/qemu/make-image" generic)
	export IMAGE
	"$REPO/qemu/make-disk" --label rw-hib --script "$BATS_FILE_TMPDIR/hibernate" "$BATS_FILE_TMPDIR/root.img"
	"$REPO/qemu/make-disk" --fs swap --contents empty --label rw-swap --size 600 "$BATS_FILE_TMPDIR/swap.img"
	hibernate
}

# Write the hibernation image to swap.img.
hibernate() {
	"$REPO/qemu/boot" --quiet --kernel generic --image "$IMAGE" --memory 384 --append 'root=LABEL=rw-hib resume=LABEL=rw-swap' \
		--disk "$BATS_FILE_TMPDIR/root.img" --disk "$BATS_FILE_TMPDIR/swap.img,keep" --expect HIBERNATING
	[ "$(dd if="$BATS_FILE_TMPDIR/swap.img" bs=1 skip=4086 count=10 2>/dev/null)" = S1SUSPEND ]
}

setup() {
	load helpers
}

@test "not resumed: the root is mounted read-only although rw is asked for, it is said, and nobody can write" {
	# The root comes later than the swap disk: what is not there yet cannot be respected.
	run "$REPO/qemu/boot" --quiet --kernel generic --image "$IMAGE" --memory 384 \
		--append 'root=LABEL=rw-hib rw no-resume-asked' \
		--disk "$BATS_FILE_TMPDIR/root.img,bus=virtio-scsi,hotplug=9" --disk "$BATS_FILE_TMPDIR/swap.img" \
		--expect 'rootward: .*holds a hibernation image that was not resumed' \
		--expect 'ROOTWARD-TEST: root /dev/sda / ext4 ro' --expect '^NOBODY-WRITES'
	assert_success
}

@test "a resume device that comes after its time is resumed from, as long as nothing is mounted" {
	run "$REPO/qemu/boot" --quiet --kernel generic --image "$IMAGE" --memory 384 \
		--append 'root=LABEL=rw-hib resume=LABEL=rw-swap rd.timeout=3 rootwait' --disk "$BATS_FILE_TMPDIR/swap.img,bus=virtio-scsi,hotplug=22" \
		--expect 'resume=LABEL=rw-swap did not appear within 1 s' --until 'rootward: resuming from sda'
	assert_success
}

@test "resume=LABEL= wakes the machine where it went to sleep" {
	run "$REPO/qemu/boot" --quiet --kernel generic --image "$IMAGE" --memory 384 --append 'root=LABEL=rw-hib resume=LABEL=rw-swap' \
		--disk "$BATS_FILE_TMPDIR/root.img" --disk "$BATS_FILE_TMPDIR/swap.img" \
		--reject 'ROOTWARD-TEST: real init' --expect '^RESUMED-42'
	assert_success
}
