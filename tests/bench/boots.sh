# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # variables of run
# The parts that boot: /init to real init, the kernel's unpacking, generic against host, the smallest memory.

# Shows 1: everyone in turns on virtio-blk; against the hand-written init on nvme and ahci.
part_boot() {
	local ours=$work/generic.img hand mk dr bus i
	bench_disk
	rootward_image generic "$ours"
	mk=$(peer_image mkinitramfs generic)
	dr=$(peer_image dracut generic)
	for bus in virtio-blk nvme ahci; do
		hand=$(by_hand_image "$bus")
		for ((i = 0; i < runs; i++)); do
			boot_sample boot "$bus" by-hand "$hand" "$bus"
			boot_sample boot "$bus" rootward "$ours" "$bus"
			[ "$bus" = virtio-blk ] || continue
			boot_sample boot "$bus" mkinitramfs "$mk" "$bus" --memory 1024
			boot_sample boot "$bus" dracut "$dr" "$bus" --memory 1024
		done
	done
}

# Shows 2: the same content, unpacked before anything else happens.
part_unpack() {
	local i kind
	bench_disk
	rootward_image generic "$work/singly.img"
	rootward_image generic "$work/solid.img" --compress solid-zstd
	for ((i = 0; i < runs; i++)); do
		for kind in singly solid; do
			boot_sample unpack virtio-blk "$kind" "$work/$kind.img" virtio-blk --append initramfs_async=0
		done
	done
}

# The guest's own hardware profile, as early-init writes it at every boot.
guest_profile() {
	if ! boot_once "$work/profile.log" "$work/generic.img" virtio-blk --append BENCH_HARDWARE=1; then
		say "bench: no hardware profile: the guest did not reach the real init: $work/profile.log"
		return 1
	fi
	sed -n 's/^\[[^]]*\] HW //p' "$work/profile.log" | tr -d '\r' >"$work/guest.hw"
	[ -s "$work/guest.hw" ]
}

# Shows 3: the image for any machine against the one for this machine.
part_host() {
	local i kind
	bench_disk
	rootward_image generic "$work/generic.img"
	guest_profile || return 0
	rootward_image generic "$work/host.img" --mode host --hardware "$work/guest.hw"
	for ((i = 0; i < runs; i++)); do
		for kind in generic host; do
			boot_sample host virtio-blk "$kind" "$work/$kind.img" virtio-blk
		done
	done
}

# least_memory IMAGE: the smallest -m, in steps of 16 MB, with which it reaches the real init.
least_memory() {
	local low=3 high=64 middle
	# shellcheck disable=SC2034 # for boot_once
	local boot_timeout=90
	boot_once "$work/memory.log" "$1" virtio-blk --memory $((high * 16)) || return 1
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((low + high) / 2))
		if boot_once "$work/memory.log" "$1" virtio-blk --memory $((middle * 16)); then
			high=$middle
		else
			low=$middle
		fi
	done
	echo $((high * 16))
}

# Shows 6.
part_memory() {
	local least
	bench_disk
	rootward_image generic "$work/generic.img"
	least=$(least_memory "$work/generic.img") || least=null
	sample memory virtio-blk rootward least_mb "$least"
	least=$(least_memory "$(peer_image mkinitramfs generic)") || least=null
	sample memory virtio-blk mkinitramfs least_mb "$least"
}

# One virtio-scsi host with N disks of the same content, so that whichever is sda can be mounted.
many_disks() {
	local n
	printf '%s\n' --qemu -device --qemu virtio-scsi-pci,id=many
	for ((n = 1; n < $1; n++)); do
		printf '%s\n' --qemu -drive --qemu "if=none,id=many$n,file=$disk,format=raw,snapshot=on" \
			--qemu -device --qemu "scsi-hd,bus=many.0,scsi-id=0,lun=$n,drive=many$n"
	done
}

# Shows 7, its third part: the search among 1, 8 and 64 disks.
growth_disks() {
	local hand i count options
	bench_disk
	rootward_image generic "$work/generic.img"
	hand=$(by_hand_image virtio-scsi)
	for ((i = 0; i < runs; i++)); do
		for count in 1 8 64; do
			mapfile -t options < <(many_disks "$count")
			boot_sample growth "disks-$count" by-hand "$hand" virtio-scsi --append root=/dev/sda "${options[@]}"
			boot_sample growth "disks-$count" rootward "$work/generic.img" virtio-scsi --append root=/dev/sda "${options[@]}"
		done
	done
}
