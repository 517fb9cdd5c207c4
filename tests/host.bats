#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
# Hardware profiles, host mode and simulation on machines that are not there, with a real kernel.
load helpers

setup_file() {
	SYSROOT=$(kernel_sysroot generic)
	KVER=$(kernel_release generic)
	export SYSROOT KVER
	for kind in virtio nvme md usb; do
		"$REPO/tests/fixtures/fake-machine" "$BATS_FILE_TMPDIR/$kind" "$kind"
		"$ROOTWARD" capture --machine "$BATS_FILE_TMPDIR/$kind" -o "$BATS_FILE_TMPDIR/$kind.hw"
	done
}

# build IMAGE OPTION...: for the real kernel
build() {
	local image=$1
	shift
	"$ROOTWARD" build -q --sysroot "$SYSROOT" -k "$KVER" --cache none -o "$image" "$@"
}

# Names of the modules in IMAGE, '_' for '-', sorted.
modules_of() {
	"$ROOTWARD" ls "$1" | sed -n 's,.*/\([^/]*\)\.ko\(\.[a-z0-9]*\)\?$,\1,p' | tr - _ | sort
}

# One image for all tests that only read it.
host_image() {
	local image=$BATS_FILE_TMPDIR/$1.img
	[ -e "$image" ] || build "$image" --mode host --hardware "$BATS_FILE_TMPDIR/$1.hw" >&2
	echo "$image"
}

@test "capture: a profile says what the root stands on" {
	run --separate-stderr "$ROOTWARD" capture --machine "$BATS_FILE_TMPDIR/virtio"
	assert_success
	assert_line --index 0 "rootward-hardware 1"
	assert_line "stack / /dev/vda1 ext4"
	assert_line "layer / disk vda /devices/pci0000:00/0000:00:04.0/virtio04/block/vda"
	assert_equal "$stderr" ""
}

@test "capture: twice the same bytes, and the file is whole" {
	"$ROOTWARD" capture --machine "$BATS_FILE_TMPDIR/md" -o "$BATS_TEST_TMPDIR/again"
	cmp "$BATS_FILE_TMPDIR/md.hw" "$BATS_TEST_TMPDIR/again"
	run ls "$BATS_TEST_TMPDIR"
	assert_output again
}

@test "capture: in a container it warns and goes on" {
	"$REPO/tests/fixtures/fake-machine" "$BATS_TEST_TMPDIR/c" container
	run --separate-stderr "$ROOTWARD" capture --machine "$BATS_TEST_TMPDIR/c"
	assert_success
	assert_line "stack / overlay overlay"
	[[ $stderr == *"no device was found in /sys"* ]]
	[[ $stderr == *"no block device was found under / (overlay, overlay)"* ]]
}

@test "capture: this machine, whatever it is" {
	run --separate-stderr "$ROOTWARD" capture
	assert_success
	assert_line --index 0 "rootward-hardware 1"
	assert_line "kernel $(uname -r)"
}

@test "capture: errors" {
	run -2 "$ROOTWARD" capture here
	run -2 "$ROOTWARD" capture --no-such
	run -1 "$ROOTWARD" capture -o "$BATS_TEST_TMPDIR/no/such/file"
	assert_output --partial "$BATS_TEST_TMPDIR/no/such"
}

@test "build: stacks without a handler are refused with 3, and the old image stays" {
	for kind in luks lvm md multipath loop usr-lvm resume-luks; do
		"$REPO/tests/fixtures/fake-machine" "$BATS_TEST_TMPDIR/$kind" "$kind"
		"$ROOTWARD" capture --machine "$BATS_TEST_TMPDIR/$kind" -o "$BATS_TEST_TMPDIR/$kind.hw" 2>/dev/null
		echo old >"$BATS_TEST_TMPDIR/image"
		run -3 build "$BATS_TEST_TMPDIR/image" --mode host --hardware "$BATS_TEST_TMPDIR/$kind.hw"
		assert_output --partial "has no handler for"
		assert_equal "$(cat "$BATS_TEST_TMPDIR/image")" old
	done
}

@test "build: a root on the network is refused with 3 without the feature, and built for with it" {
	for kind in nfs iscsi; do
		"$REPO/tests/fixtures/fake-machine" "$BATS_TEST_TMPDIR/$kind" "$kind"
		"$ROOTWARD" capture --machine "$BATS_TEST_TMPDIR/$kind" -o "$BATS_TEST_TMPDIR/$kind.hw" 2>/dev/null
		run -3 build "$BATS_TEST_TMPDIR/image" --hardware "$BATS_TEST_TMPDIR/$kind.hw"
		assert_output --partial "write features = network"
		[ ! -e "$BATS_TEST_TMPDIR/image" ]
	done
	build "$BATS_TEST_TMPDIR/image" --mode host --hardware "$BATS_TEST_TMPDIR/nfs.hw" --feature network
	run modules_of "$BATS_TEST_TMPDIR/image"
	for module in nfs nfsv3 nfsv4; do
		assert_line "$module"
	done
}

@test "host mode: a root that the machine's host shares" {
	for kind in 9p virtiofs; do
		"$REPO/tests/fixtures/fake-machine" "$BATS_TEST_TMPDIR/$kind" "$kind"
		"$ROOTWARD" capture --machine "$BATS_TEST_TMPDIR/$kind" -o "$BATS_TEST_TMPDIR/$kind.hw" 2>/dev/null
		build "$BATS_TEST_TMPDIR/$kind.img" --mode host --hardware "$BATS_TEST_TMPDIR/$kind.hw"
		run modules_of "$BATS_TEST_TMPDIR/$kind.img"
		assert_line "$kind"
		assert_line virtio_pci
		[ "$kind" = virtiofs ] || assert_line 9pnet_virtio
	done
}

@test "build: an unreadable profile is one clear error" {
	run -1 build "$BATS_TEST_TMPDIR/image" --mode host --hardware "$REPO/tests/should-fail/hardware-version"
	assert_output --partial "not a hardware profile of a version known here"
	run -1 build "$BATS_TEST_TMPDIR/image" --mode host --hardware "$REPO/tests/should-fail/hardware-layer"
	assert_output --partial "line 3: a layer before its stack"
	[ ! -e "$BATS_TEST_TMPDIR/image" ]
}

@test "host mode: what the root needs, and not what it does not need" {
	run modules_of "$(host_image virtio)"
	assert_line virtio_pci
	assert_line virtio_blk
	assert_line ext4
	assert_line crc32c_generic
	refute_line sym53c8xx
	refute_line xfs
	refute_line nvme
	assert [ "${#lines[@]}" -le 40 ]
	run modules_of "$(host_image usb)"
	for module in xhci_pci usb_storage uas sd_mod ext4; do
		assert_line "$module"
	done
	refute_line virtio_blk
	assert [ "${#lines[@]}" -le 40 ]
}

@test "host mode: explain names the device" {
	run "$ROOTWARD" explain "$(host_image virtio)" virtio_blk
	assert_success
	assert_output --partial "/devices/pci0000:00/0000:00:04.0/virtio04"
}

@test "simulate: loads in order, each with its reason" {
	run "$ROOTWARD" simulate "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/virtio.hw"
	assert_success
	assert_line --index 0 "kernel $KVER"
	assert_line --regexp '^load [0-9]+ round [0-9]+ virtio_blk: device /devices/pci0000:00/0000:00:04.0/virtio04 \(alias virtio:d00000002v\*\)$'
	assert_line --regexp '^load [0-9]+ round [0-9]+ ext4: named by root-filesystem of this image'
	assert_line --regexp '^load [0-9]+ round [0-9]+ jbd2: dependency of ext4$'
	# every dependency comes before what needs it
	order=$(sed -n 's/^load [0-9]* round \([0-9]*\) \([a-z0-9_]*\):.*/\2 \1/p' <<<"$output")
	jbd2=$(awk '$1 == "jbd2" { print $2 }' <<<"$order") ext4=$(awk '$1 == "ext4" { print $2 }' <<<"$order")
	assert [ "$jbd2" -lt "$ext4" ]
}

@test "build: a host image is small: one archive, its modules plain, for all of them are loaded" {
	run "$ROOTWARD" ls -l "$(host_image nvme)"
	assert_success
	refute_line --partial ".ko.zst"
	assert_line --regexp '^segment 1: zstd, '
	refute_line --regexp '^segment 2: '
	assert [ "$(stat -c %s "$(host_image nvme)")" -le 2500000 ]
	build "$BATS_TEST_TMPDIR/singly" --mode host --hardware "$BATS_FILE_TMPDIR/nvme.hw" --compress zstd
	run "$ROOTWARD" ls "$BATS_TEST_TMPDIR/singly"
	assert_line --partial ".ko.zst"
}

@test "simulate: the same text every time" {
	"$ROOTWARD" simulate "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/nvme.hw" >"$BATS_TEST_TMPDIR/a"
	"$ROOTWARD" simulate "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/nvme.hw" >"$BATS_TEST_TMPDIR/b"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

# The profile is what early-init wrote to /run/rootward/hardware in a guest (qemu/boot with an NVMe disk behind a root
# port, a megasas and an xhci with a keyboard), where exactly these modules were loaded; sd_mod has come since, because
# there is a SCSI host.
@test "simulate: a real machine, as it was before" {
	build "$BATS_TEST_TMPDIR/image"
	fixture=$REPO/tests/fixtures/hardware/q35
	run --separate-stderr "$ROOTWARD" simulate "$BATS_TEST_TMPDIR/image" --hardware "$fixture"
	assert_success
	diff -u "$fixture.simulated" <(sed '1s/.*/kernel KVER/' <<<"$output")
}

@test "simulate --json: a device stands under device, a setting under named_by" {
	"$ROOTWARD" simulate --json "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/virtio.hw" \
		--cmdline "modules_load=nls_utf8" >"$BATS_TEST_TMPDIR/json" 2>/dev/null
	run python3 - "$BATS_TEST_TMPDIR/json" <<-'PYTHON'
		import json, sys
		loads = json.load(open(sys.argv[1]))["loads"]
		print(any(l["because"] == "dependency" and l.get("device", "").startswith("/devices/") for l in loads))
		print([l for l in loads if l.get("named_by", "").startswith("/devices/")])
		print(any(l["because"] == "name" and not l["named_by"].startswith("/") for l in loads))
	PYTHON
	assert_output $'True\n[]\nTrue'
}

@test "simulate: on other hardware the missing driver is named with its reason" {
	run "$ROOTWARD" simulate "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/nvme.hw"
	assert_success
	assert_line --regexp '^missing nvme for /devices/pci0000:00/0000:00:05.0 pci:v00001B36.*: .*host mode'
	run "$ROOTWARD" simulate --json "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/nvme.hw"
	assert_success
	run python3 -c 'import json,sys; print([u["module"] for u in json.load(sys.stdin)["unmatched"] if u["device"].endswith("05.0")])' <<<"$output"
	assert_output "['nvme']"
}

@test "simulate: the command line counts" {
	image=$(host_image virtio)
	run "$ROOTWARD" simulate "$image" --hardware "$BATS_FILE_TMPDIR/virtio.hw" --cmdline "modprobe.blacklist=virtio_blk"
	assert_success
	refute_line --regexp '^load .* virtio_blk:'
	assert_line --regexp '^skip virtio_blk: blacklisted'
}

@test "simulate: rd.driver.pre comes in rounds of its own, before any device" {
	run "$ROOTWARD" simulate "$(host_image virtio)" --hardware "$BATS_FILE_TMPDIR/virtio.hw" --cmdline "rd.driver.pre=ext4"
	assert_success
	assert_line --regexp '^load [0-9]+ round [0-9]+ ext4: named by the kernel command line'
	order=$(sed -n 's/^load [0-9]* round \([0-9]*\) \([a-z0-9_]*\):.*/\2 \1/p' <<<"$output")
	ext4=$(awk '$1 == "ext4" { print $2 }' <<<"$order")
	[ "$(awk '$1 ~ /^virtio/ && $2 <= '"$ext4" <<<"$order")" = "" ]
	[ "$(awk '$1 == "virtio_pci" { print $2 }' <<<"$order")" -gt "$ext4" ]
}

@test "simulate: errors" {
	run -2 "$ROOTWARD" simulate
	run -2 "$ROOTWARD" simulate "$BATS_TEST_TMPDIR/x"
	assert_output --partial "--hardware"
	run -1 "$ROOTWARD" simulate "$BATS_TEST_TMPDIR/x" --hardware "$BATS_FILE_TMPDIR/virtio.hw"
	assert_output --partial "$BATS_TEST_TMPDIR/x"
	run -1 "$ROOTWARD" simulate "$(host_image virtio)" --hardware "$BATS_TEST_TMPDIR/none"
}
