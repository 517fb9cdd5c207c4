#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What images hold for the network: nothing, every card's driver, or those of the cards that are there.
load helpers
load build_helpers

setup_file() {
	SYSROOT=$(kernel_sysroot generic)
	KVER=$(kernel_release generic)
	export SYSROOT KVER
	"$REPO/tests/fixtures/fake-machine" "$BATS_FILE_TMPDIR/machine" virtio
	"$ROOTWARD" capture --machine "$BATS_FILE_TMPDIR/machine" -o "$BATS_FILE_TMPDIR/machine.hw"
	# Its card is an e1000.
	echo "device /devices/pci0000:00/0000:00:09.0 pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00 e1000" \
		>>"$BATS_FILE_TMPDIR/machine.hw"
}

build() {
	"$ROOTWARD" build -q --sysroot "$SYSROOT" -k "$KVER" --cache none -o "$BATS_TEST_TMPDIR/image" "$@"
	modules=$("$ROOTWARD" ls "$BATS_TEST_TMPDIR/image" | sed -n 's,.*/\([^/]*\)\.ko\(\.[a-z0-9]*\)\?$,\1,p' | tr - _)
}

simulate() { # COMMAND-LINE [OPTION]
	"$ROOTWARD" simulate "$BATS_TEST_TMPDIR/image" --hardware "$BATS_FILE_TMPDIR/machine.hw" --cmdline "$@"
}

has() {
	grep -qx "$1" <<<"$modules"
}

@test "host mode with the feature: the driver of the card that is there, and no other card's" {
	build --mode host --hardware "$BATS_FILE_TMPDIR/machine.hw" --feature network
	has e1000
	run ! has e1000e
	run ! has mlx5_core
	# Which PHY a card has is known only when it is driven; what is made of cards needs none.
	has realtek
	has bonding
	has 8021q
	has nfs
}

@test "host mode with the feature: the bus of a card on a machine whose root needs none" {
	{
		echo rootward-hardware 1
		echo "device /devices/pci0000:00/0000:00:09.0 pci:v00001AF4d00001041sv00001AF4sd00001100bc02sc00i00"
		echo "device /devices/pci0000:00/0000:00:09.0/virtio0 virtio:d00000001v00001AF4"
		echo "stack / /dev/sda ext4"
		echo "layer / disk sda /devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda"
	} >"$BATS_TEST_TMPDIR/machine.hw"
	build --mode host --hardware "$BATS_TEST_TMPDIR/machine.hw" --feature network
	has virtio_net
	has virtio_pci
	build --mode host --hardware "$BATS_TEST_TMPDIR/machine.hw"
	run ! has virtio_pci
}

@test "host mode without it: no card's driver" {
	build --mode host --hardware "$BATS_FILE_TMPDIR/machine.hw"
	run ! has e1000
	run ! has nfs
}

@test "generic mode: every card's driver with the feature, and the reason when there is none" {
	build --feature network
	has e1000
	has e1000e
	has r8169
	has vmxnet3
	has hv_netvsc
	has cdc_ether
	build
	run ! has e1000
	run "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" e1000
	assert_output --partial "--feature network"
}

@test "modules that others put beside the kernel's own: a replacement, and a card that the kernel does not know" {
	local tree=$BATS_TEST_TMPDIR/tree
	SMALL_TREE_KERNEL=generic small_tree "$tree" igb xhci_pci e1000 dummy
	local modules=$tree/lib/modules/$KVER
	mkdir -p "$modules/updates/dkms"
	mv "$(module_file "$tree" igb)" "$(module_file "$tree" xhci-pci)" "$modules/updates/dkms/"
	mv "$(module_file "$tree" e1000)" "$modules/updates/dkms/acme.ko"
	# Registers a network interface, but no card.
	mv "$(module_file "$tree" dummy)" "$modules/updates/dkms/"
	depmod -b "$tree" "$KVER"
	SYSROOT=$tree build --feature network
	has igb
	has acme
	has xhci_pci
	run ! has dummy
	run "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" igb
	assert_output --partial "network cards"
	SYSROOT=$tree build
	run ! has igb
	run ! has acme
	has xhci_pci
	run "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" igb
	assert_output --partial "--feature network"
	# One that was half written, and that nobody asks for.
	: >"$tree/lib/modules/$KVER/updates/dkms/broken.ko"
	depmod -b "$tree" "$KVER" 2>/dev/null || true
	grep -q broken.ko "$tree/lib/modules/$KVER/modules.dep"
	SYSROOT=$tree run build --feature network
	assert_success
	assert_line --regexp '^rootward: warning: module broken: .*broken.ko: .*: not taken for network-cards$'
	run "$ROOTWARD" explain "$BATS_TEST_TMPDIR/image" igb
	assert_output --partial "network cards"
}

@test "simulate: the command line's network words, and the card's driver only with them" {
	build --feature network
	run simulate "root=LABEL=x ip=eth0:dhcp vlan=eth0.5:eth0 nameserver=ns"
	assert_success
	assert_line "network interface eth0: dhcp"
	assert_line "network VLAN eth0.5 of eth0, number 5"
	assert_line "network nameserver=ns makes no sense: expected an address"
	assert_line --regexp '^load .* e1000: device /devices/pci0000:00/0000:00:09.0'
	run simulate "root=LABEL=x"
	assert_line --regexp '^skip e1000: held back'
	refute_line --regexp '^network'
	run simulate "root=LABEL=x ip=dhcp" --json
	assert_equal "$(jq -r '.network[0]' <<<"$output")" "interface (any): dhcp"
}

@test "simulate: what a root on the network is loaded for, and what the image lacks of it" {
	build --feature network
	run simulate root=nfs:192.0.2.1:/srv
	assert_success
	assert_line --regexp '^load .* nfs: named by NFS export /srv of 192.0.2.1'
	assert_line --regexp '^load .* nfsv4: named by NFS export /srv of 192.0.2.1'
	# The root asks for the network, whatever else does.
	assert_line --regexp '^load .* e1000: device'
	refute_line --regexp '^missing (nfs|nbd)'
	run simulate root=http://192.0.2.1/root.squashfs
	assert_line --regexp '^load .* loop: named by image http://192.0.2.1/root.squashfs'
	assert_line --regexp '^load .* overlay: named by the overlay of the root'
	build --mode host --hardware "$BATS_FILE_TMPDIR/machine.hw"
	run simulate root=nfs:192.0.2.1:/srv
	assert_success
	assert_line --regexp '^missing nfs for NFS export /srv of 192.0.2.1: .'
	run simulate root=nbd:192.0.2.1:export --json
	assert_equal "$(jq -r '.missing[0].module' <<<"$output")" nbd
}

@test "simulate: the image's own network= stands for ip=" {
	cp -r "$REPO/conf.d" "$BATS_TEST_TMPDIR/conf.d"
	printf '[feature own]\nsettings = network=eth7:dhcp\n' >"$BATS_TEST_TMPDIR/conf.d/90-own.conf"
	build --config "$BATS_TEST_TMPDIR/conf.d" --feature network --feature own
	run simulate root=LABEL=x
	assert_line "network interface eth7: dhcp"
	assert_line --regexp '^load .* e1000: device'
	run simulate "root=LABEL=x ip=eth0:dhcp"
	assert_line "network interface eth0: dhcp"
	refute_line --partial eth7
}

@test "the DHCP client's script is in the image, and is early-init" {
	build --feature network
	run "$ROOTWARD" ls -l "$BATS_TEST_TMPDIR/image"
	assert_line --regexp '/usr/lib/rootward/udhcpc-script -> ../../../init$'
}
