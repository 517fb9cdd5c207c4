#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # image and limit are read, console is set by net_boot
# More of the network in early boot than make check has time for.

setup_file() {
	load net_helpers
	net_setup
}

setup() {
	load net_helpers
	net_setup_test
}

teardown() {
	net_teardown
}

gets_an_address() {
	net_boot "ip=dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp "NET: card [a-z0-9]+ $1 "
	assert_line --regexp 'NET: address [a-z0-9]+ inet 10.0.2.15/24'
}

@test "e1000e" {
	card e1000e
	gets_an_address e1000e
}

@test "virtio-net" {
	card virtio-net-pci
	gets_an_address virtio_net
}

@test "rtl8139" {
	card rtl8139
	gets_an_address 8139cp
}

@test "vmxnet3" {
	card vmxnet3
	gets_an_address vmxnet3
}

@test "usb-net" {
	qemu_words -device qemu-xhci
	card usb-net
	gets_an_address '(cdc_|rndis)[a-z]+'
}

@test "a card that is plugged in while the boot waits for one" {
	qemu_words -device pcie-root-port,id=port1,chassis=1 -netdev user,id=late
	net_boot "ip=dhcp rd.neednet=1 rd.net.timeout.iflink=60" \
		--qmp 25 '{"execute":"device_add","arguments":{"driver":"e1000e","netdev":"late","bus":"port1"}}'
	run echo "$console"
	assert_line --regexp 'NET: card eth0 e1000e '
	assert_line --regexp 'NET: address eth0 inet 10.0.2.15/24'
}

@test "a link that loses half of all packets" {
	limit=150
	served_card virtio-net-pci --drop 50
	net_boot "ip=dhcp rd.neednet=1 rd.net.timeout.dhcp=110"
	run echo "$console"
	assert_line --regexp 'NET: address eth0 inet 192.0.2.10/24'
}

@test "a DHCP server that starts late" {
	served_card virtio-net-pci --late 20
	net_boot "ip=dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: address eth0 inet 192.0.2.10/24'
}

@test "the cable is put in while the boot waits for it" {
	card virtio-net-pci,id=c0
	net_boot "ip=dhcp rd.neednet=1 rd.net.timeout.carrier=60" --qmp 0 '{"execute":"set_link","arguments":{"name":"c0","up":false}}' \
		--qmp 25 '{"execute":"set_link","arguments":{"name":"c0","up":true}}'
	run echo "$console"
	assert_line --regexp 'NET: address eth0 inet 10.0.2.15/24'
}

@test "a bond of two cards" {
	card virtio-net-pci
	card e1000
	net_boot "bond=team1:eth0,eth1:mode=active-backup,miimon=100 ip=team1:dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: address team1 inet 10.0.2.15/24'
	refute_line --regexp 'NET: card bond0'
}

@test "a bond that asks two addresses whether it has a link, with an MTU" {
	card virtio-net-pci
	card e1000
	net_boot "bond=bond0:eth0,eth1:mode=active-backup,arp_interval=1000,arp_ip_target=10.0.2.2;10.0.2.3:1400 ip=bond0:dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: address bond0 inet 10.0.2.15/24'
	assert_line --regexp 'NET: card bond0 .* mtu 1400'
	assert_line --regexp 'NET: card eth1 .* mtu 1400'
	assert_line --regexp 'NET: bond bond0 asks 10.0.2.2[, ]+10.0.2.3'
	refute_line --partial 'the kernel does not take'
}

@test "a bond of cards that are not there: said, and a local root is not kept waiting" {
	card virtio-net-pci
	net_boot "bond=bond0:eno1,eno2 ip=bond0:dhcp rd.neednet=1 rd.net.timeout.iflink=4"
	run echo "$console"
	assert_line --partial 'rootward: no network: '
	assert_line --regexp 'NET: card eth0 virtio_net '
}

@test "a bridge, and names given by ifname=" {
	card virtio-net-pci
	net_boot "ifname=lan7:52:54:00:12:34:56 bridge=br7:lan7 ip=br7:dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: card lan7 virtio_net .* up '
	assert_line --regexp 'NET: address br7 inet 10.0.2.15/24'
}

@test "two cards change their names" {
	card virtio-net-pci
	card e1000,mac=52:54:00:12:34:77
	net_boot "ifname=eth0:52:54:00:12:34:56 ifname=eth1:52:54:00:12:34:77 ip=eth1:dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: card eth0 virtio_net 52:54:00:12:34:56'
	assert_line --regexp 'NET: card eth1 e1000 52:54:00:12:34:77 up'
	assert_line --regexp 'NET: address eth1 inet 10.0.2.15/24'
}

@test "a static IPv6 address is used when nobody else has it" {
	card virtio-net-pci
	net_boot "ip=[fec0::99]::[fec0::2]:64:box:eth0:none rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: address eth0 inet6 fec0::99/64'
	assert_line --regexp 'NET: route6 default via fec0::2 dev eth0'
}

@test "IPv6 of QEMU's user network" {
	card virtio-net-pci
	net_boot "ip=auto6 rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: address eth0 inet6 fec0::5054:ff:fe12:3456/64'
}

@test "DHCPv6, when it is asked for and when a router says so" {
	local method
	for method in dhcp6 either6; do
		machine=()
		served_card virtio-net-pci --router --managed
		net_boot "ip=$method rd.neednet=1"
		net_teardown
		run echo "$console"
		assert_line --regexp "network interface eth0 is up: 2001:db8::10/128 by fe80::5054:ff:fe00:1 \\(dhcp6"
		assert_line --regexp 'NET: address eth0 inet6 2001:db8::10/128'
		assert_line --regexp 'NET:   nameserver 2001:db8::53'
		# The real root goes on with the lease under the same identity.
		assert_line --regexp 'NET:   DHCP=ipv6$'
		assert_line --regexp 'NET:   DUIDType=link-layer$'
	done
}

@test "no DHCPv6 server" {
	served_card virtio-net-pci --router
	net_boot "ip=dhcp6 rd.neednet=1 rd.net.timeout.dhcp=6"
	run echo "$console"
	assert_line --regexp 'no network: eth0: no lease: no DHCPv6 server gave an address within 6 s, asked [2-9] times'
}
