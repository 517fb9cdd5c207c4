#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# For make check-all: the same boot many times, with more devices than workers, to find what happens seldom.

setup() {
	load helpers
}

@test "${ROOTWARD_TEST_BOOTS:-200} boots with all workers busy" {
	local image disk boots=${ROOTWARD_TEST_BOOTS:-200} failed=0 i
	image=$("$REPO/qemu/make-image" generic)
	disk=$("$REPO/qemu/scenario" --disk ext4)
	mkdir -p "$O/tests/console"
	local others=() bus
	# Data without a file system on every bus: drivers to load that root does not need.
	truncate -s 16M "$BATS_TEST_TMPDIR/data.img"
	for bus in virtio-blk virtio-scsi nvme ahci usb-storage usb-uas megasas mptsas lsi53c895a pvscsi sdhci; do
		others+=(--disk "$BATS_TEST_TMPDIR/data.img,bus=$bus")
	done
	# Until the real init is through: to switch off a machine whose drivers are still probing can take the kernel minutes.
	for ((i = 1; i <= boots; i++)); do
		"$REPO/qemu/boot" --quiet --kernel generic --image "$image" "${others[@]}" --disk "$disk,bus=nvme,behind=root-port" \
			--append 'root=LABEL=rw-ext4' --reject 'Call Trace:' --expect 'marker rw-ext4 ext4' \
			--until 'ROOTWARD-TEST: exit 0' \
			--log "$O/tests/console/repeat-$i.log" || {
			failed=$((failed + 1))
			echo "boot $i failed: see $O/tests/console/repeat-$i.log"
			continue
		}
		rm -f "$O/tests/console/repeat-$i.log"
	done
	assert_equal "$failed" 0
}
