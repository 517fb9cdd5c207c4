# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with the program that sources this
# From "--disk FILE,bus=...,..." to QEMU's arguments. Appends to the arrays
# qemu_args (the command line) and hotplug_commands ("SECONDS QMP-COMMAND").

disk_count=0
writes_kept= # 1: a disk keeps what is written to it
qemu_args=()
hotplug_commands=()

# Controllers are made one a disk, so that a disk's place does not depend on other disks.
add_controller() { # DRIVER ID PARENT-BUS
	qemu_args+=(-device "$1,id=$2${3:+,bus=$3}")
}

# A bridge or root port for disk number $1; sets parent.
add_bridge() { # N KIND
	case $2 in
	root-port)
		qemu_args+=(-device "pcie-root-port,id=port$1,chassis=$(($1 + 1)),slot=$(($1 + 1))")
		parent=port$1
		;;
	pci-bridge)
		# A plain PCI bridge below the bridge that leads from PCIe to PCI.
		qemu_args+=(-device "pcie-pci-bridge,id=tolegacy$1" -device "pci-bridge,id=bridge$1,bus=tolegacy$1,chassis_nr=$(($1 + 1))")
		parent=bridge$1
		;;
	'') ;;
	*) usage_error "behind=$2: root-port or pci-bridge" ;;
	esac
}

# Add the device, at start or by QMP after $hotplug seconds. Arguments: driver, then key=value.
add_device() {
	local driver=$1 json pair
	shift
	if [ -z "$hotplug" ]; then
		local joined
		joined=$(IFS=,; echo "$*")
		qemu_args+=(-device "$driver,$joined")
		return
	fi
	json="\"driver\":\"$driver\""
	for pair; do
		case ${pair#*=} in
		*[!0-9]* | '') json+=",\"${pair%%=*}\":\"${pair#*=}\"" ;;
		*) json+=",\"${pair%%=*}\":${pair#*=}" ;;
		esac
	done
	hotplug_commands+=("$hotplug {\"execute\":\"device_add\",\"arguments\":{$json}}")
}

# One --disk argument.
add_disk() {
	local spec=$1 file bus=virtio-blk behind='' serial='' sector='' hotplug='' snapshot=on
	local -a words extra
	IFS=, read -r -a words <<<"$spec"
	file=${words[0]}
	[ -e "$file" ] || die "no such disk: $file (qemu/make-disk makes one)"
	local word
	for word in "${words[@]:1}"; do
		case $word in
		bus=*) bus=${word#*=} ;;
		behind=*) behind=${word#*=} ;;
		serial=*) serial=${word#*=} ;;
		sector=*) sector=${word#*=} ;;
		hotplug=*) hotplug=${word#*=} ;;
		keep) snapshot=off writes_kept=1 ;;
		*) usage_error "--disk $file: unknown word '$word'" ;;
		esac
	done

	local n=$disk_count parent=''
	disk_count=$((disk_count + 1))
	qemu_args+=(-drive "if=none,id=disk$n,file=$file,format=raw,snapshot=$snapshot,file.locking=off,cache=unsafe")
	add_bridge "$n" "$behind"
	# usb-storage takes its serial as any other; sd-card has none.
	extra=("drive=disk$n")
	[ -z "$serial" ] || [ "$bus" = sdhci ] || extra+=("serial=$serial")
	[ -z "$sector" ] || extra+=("logical_block_size=$sector" "physical_block_size=$sector")

	case $bus in
	virtio-blk) add_device virtio-blk-pci "${extra[@]}" ${parent:+"bus=$parent"} ;;
	nvme)
		[ -n "$serial" ] || extra+=("serial=disk$n")
		add_device nvme "${extra[@]}" ${parent:+"bus=$parent"}
		;;
	virtio-scsi) add_scsi_disk virtio-scsi-pci "${extra[@]}" ;;
	megasas | pvscsi | lsi53c895a) add_scsi_disk "$bus" "${extra[@]}" ;;
	# The disk's SAS address is its WWN, and Linux attaches no device with address 0.
	mptsas) add_scsi_disk mptsas1068 "${extra[@]}" "wwn=$((0x5000c50000000000 + n))" ;;
	ahci)
		add_controller ich9-ahci "ctl$n" "$parent"
		add_device ide-hd "${extra[@]}" "bus=ctl$n.0"
		;;
	ide)
		machine=pc
		add_device ide-hd "${extra[@]}" "bus=ide.$((n / 2))" "unit=$((n % 2))"
		;;
	usb-storage)
		add_controller qemu-xhci "ctl$n" "$parent"
		add_device usb-storage "${extra[@]}" "bus=ctl$n.0"
		;;
	usb-ehci)
		add_controller usb-ehci "ctl$n" "$parent"
		add_device usb-storage "${extra[@]}" "bus=ctl$n.0"
		;;
	usb-uas)
		add_controller qemu-xhci "ctl$n" "$parent"
		qemu_args+=(-device "usb-uas,id=uas$n,bus=ctl$n.0")
		add_device scsi-hd "${extra[@]}" "bus=uas$n.0"
		;;
	sdhci)
		add_controller sdhci-pci "ctl$n" "$parent"
		add_device sd-card "${extra[@]}" "bus=sd-bus"
		;;
	*) usage_error "--disk $file: no such bus '$bus'" ;;
	esac
}

add_scsi_disk() { # CONTROLLER PROPERTY...
	local controller=$1
	shift
	add_controller "$controller" "ctl$n" "$parent"
	add_device scsi-hd "$@" "bus=ctl$n.0"
}
