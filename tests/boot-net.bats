#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # image and limit are read, console is set by net_boot
# The network in early boot: cards, addresses, what is left for the real root, failures by name. More: boot-all-net.bats.

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

@test "virtio-net: DHCP, and what was learned is left for the real root" {
	served_card virtio-net-pci --option 17=text:192.0.2.9:/srv/root --option 26=0578 --option 12=text:diskless \
		--option 15=text:example.org --option 6=c0000235 --option 121=080ac000020300c0000201
	net_boot "ip=dhcp rd.neednet=1 rd.net.dhcp.vendor-class=Rack"
	run echo "$console"
	assert_line --regexp 'network interface eth0 is up: 192.0.2.10/24 by 192.0.2.1 \(dhcp'
	assert_line --regexp 'NET: card eth0 virtio_net 52:54:00:12:34:56 up mtu 1400'
	assert_line --regexp 'NET: address eth0 inet 192.0.2.10/24'
	assert_line --regexp 'NET: route default via 192.0.2.1 dev eth0'
	assert_line --regexp 'NET: route 10.0.0.0/8 via 192.0.2.3 dev eth0'
	assert_line --regexp 'NET:   nameserver 192.0.2.53'
	assert_line --regexp 'NET:   search example.org'
	assert_line --regexp "NET:   ROOTPATH='192.0.2.9:/srv/root'"
	assert_line --regexp "NET:   IPV4ADDR='192.0.2.10'"
	assert_line --regexp 'NET: file /run/systemd/network/70-rootward-eth0.network'
	assert_line --regexp 'NET:   KeepConfiguration=yes'
	assert_line --regexp 'NET:   PermanentMACAddress=52:54:00:12:34:56'
	assert_line --regexp 'NET: hostname diskless'
	assert_line --regexp 'NET: udhcpc none'
	run cat "$BATS_TEST_TMPDIR/server.log"
	assert_line --regexp 'request .* *Rack'
}

@test "two cards: BOOTIF= names the one, the other is left alone" {
	card virtio-net-pci
	card e1000,mac=52:54:00:12:34:77
	net_boot "BOOTIF=01-52-54-00-12-34-77 rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'NET: card eth[01] e1000 52:54:00:12:34:77 up '
	assert_line --regexp 'NET: card eth[01] virtio_net 52:54:00:12:34:56 down '
	assert_line --regexp 'NET: route default via 10.0.2.2 '
}

@test "a static address on a card by the name that udev will give it, with IPv6 beside" {
	card virtio-net-pci,addr=3
	net_boot "ip=10.0.2.99::10.0.2.2:255.255.255.0:box:enp0s3:none:10.0.2.3 rd.route=10.77.0.0/16:10.0.2.4 nameserver=192.0.2.1 rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'network interface eth0 is now enp0s3'
	assert_line --regexp 'NET: address enp0s3 inet 10.0.2.99/24'
	assert_line --regexp 'NET: route default via 10.0.2.2 dev enp0s3'
	assert_line --regexp 'NET: route 10.77.0.0/16 via 10.0.2.4 dev enp0s3'
	assert_line --regexp 'NET:   nameserver 192.0.2.1'
	assert_line --regexp 'NET:   Address=10.0.2.99/24'
	assert_line --regexp 'NET: hostname box'
}

@test "IPv6 by a router's advertisement" {
	served_card virtio-net-pci --router
	net_boot "ip=auto6 rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'network interface eth0 is up: 2001:db8::5054:ff:fe12:3456/64 by fe80::5054:ff:fe00:1 \(auto6'
	assert_line --regexp 'NET: address eth0 inet6 2001:db8::5054:ff:fe12:3456/64'
	assert_line --regexp 'NET: route6 default via fe80::5054:ff:fe00:1 dev eth0'
	assert_line --regexp 'NET:   nameserver 2001:db8::53'
}

@test "a VLAN gets its address, the card below it none" {
	served_card virtio-net-pci --vlan 5
	net_boot "vlan=lan0005:eth0 ip=lan0005:dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'network interface lan0005 is up: 192.0.2.10/24'
	assert_line --regexp 'NET: card eth0 virtio_net .* up '
	assert_line --regexp 'NET: address lan0005 inet 192.0.2.10/24'
	refute_line --regexp 'NET: address eth0 '
	assert_line --regexp 'NET:   Name=lan0005'
}

@test "a VLAN on a card that is off by name" {
	served_card virtio-net-pci --vlan 5
	net_boot "ip=eth0:off vlan=eth0.5:eth0 ip=eth0.5:dhcp rd.neednet=1"
	run echo "$console"
	assert_line --regexp 'network interface eth0.5 is up: 192.0.2.10/24'
	refute_line --regexp 'NET: address eth0 '
}

@test "a local root loads no network driver and waits for nothing" {
	card e1000
	net_boot ""
	run echo "$console"
	refute_line --regexp 'rootward: network'
	refute_line --regexp 'NET: card'
	# Neither loaded nor in the timeline.
	refute_line --regexp 'NET: modules .*e1000'
	refute_line --regexp '"kind": *"(network)"'
	refute_line --regexp '"name": *"e1000"'
	[ "$(seconds_between '/init started' 'starting /sbin/init')" -lt 20 ]
}

# no_root_over PATTERN WORDS...: the report of a root on the network that was not reached, and the end of the boot.
no_root_over() {
	local pattern=$1 words=$2
	shift 2
	net_boot "root=nfs:192.0.2.1:/srv rd.emergency=poweroff $words" "$@" \
		--expect "$pattern" --expect 'boot failed: ' --reject 'real init'
}

@test "no card: says so, within its time" {
	no_root_over 'no network: no network card within 3 s .rd.net.timeout.iflink' "ip=dhcp rd.net.timeout.iflink=3"
	run echo "$console"
	assert_line --regexp 'asked for: interface \(any\): dhcp'
	[ "$(seconds_between 'network: wanted by' 'no network: no network card')" -le 6 ]
}

@test "a card whose driver is not in the image: the driver is named, and why it is missing" {
	image=$("$REPO/qemu/make-image" generic network-no-e1000 --feature network --omit-module e1000)
	card e1000
	no_root_over 'network card /devices/.*driven by module e1000, which is not in this image: omitted by configuration' \
		"ip=dhcp rd.net.timeout.iflink=3"
}

@test "no link: says so, names the card and what to look at" {
	card virtio-net-pci,id=c0
	no_root_over 'no network: eth0: no link within 3 s: is the cable in' "ip=dhcp rd.net.timeout.carrier=3" \
		--qmp 0 '{"execute":"set_link","arguments":{"name":"c0","up":false}}'
	run echo "$console"
	assert_line --regexp '  eth0: 52:54:00:12:34:56, driver virtio_net, no link: no link within 3 s'
}

@test "no lease: nobody answers, or the server refuses" {
	served_card virtio-net-pci --refuse 99
	no_root_over 'no network: eth0: no lease: no DHCP server answered within 9 s.*the server refused: not today' \
		"ip=dhcp rd.net.timeout.dhcp=9"
	[ "$(seconds_between 'network: wanted by' 'no network: eth0')" -le 20 ]
}

@test "a word that makes no sense is named with its form" {
	card virtio-net-pci
	net_boot "ip=dhpc rd.neednet=1 ip=dhcp"
	run echo "$console"
	assert_line --regexp 'ip=dhpc on the command line makes no sense: expected an address as first field'
	assert_line --regexp 'NET: address eth0 inet 10.0.2.15/24'
}
