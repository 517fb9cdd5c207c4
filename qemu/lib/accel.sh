# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # state_dir comes from common.sh
# Which accelerator works here. /dev/kvm may be there and not work, so a machine of one boot sector is run once.

# A boot sector that writes 0x21 to the isa-debug-exit port, which makes QEMU exit with 2 * 0x21 + 1.
probe_kvm() {
	local sector=$1
	# mov al,0x21; out 0xf4,al; hlt; jmp -3; padding; boot signature
	printf '\xb0\x21\xe6\xf4\xf4\xeb\xfd' >"$sector"
	truncate -s 510 "$sector"
	printf '\x55\xaa' >>"$sector"
	local status=0
	timeout -k 2 10 qemu-system-x86_64 -machine pc,accel=kvm -cpu host -m 32 -display none -nodefaults -no-reboot \
		-device isa-debug-exit,iobase=0xf4,iosize=1 -drive "file=$sector,format=raw,if=ide" >/dev/null 2>&1 || status=$?
	[ "$status" = 67 ]
}

# Print QEMU's -accel argument; kept in the state directory, for an hour when it is kvm.
accelerator() {
	local cache=$state_dir/accelerator key known
	key="$(qemu-system-x86_64 --version | head -n 1) $(uname -r) $([ ! -w /dev/kvm ] || echo kvm)"
	if [ -e "$cache" ] && [ "$(sed -n 1p "$cache")" = "$key" ]; then
		known=$(sed -n 2p "$cache")
		# What worked may work no longer: firmware settings, another hypervisor that has the CPU.
		if [ "$known" != kvm ] || [ -n "$(find "$cache" -mmin -60)" ]; then
			echo "$known"
			return
		fi
	fi
	local accel=tcg,thread=multi sector
	if [ -w /dev/kvm ]; then
		sector=$(mktemp)
		! probe_kvm "$sector" || accel=kvm
		rm -f "$sector"
	fi
	printf '%s\n%s\n' "$key" "$accel" >"$cache.$$"
	mv "$cache.$$" "$cache"
	echo "$accel"
}
