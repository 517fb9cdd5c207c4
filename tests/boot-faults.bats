#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Modules with one fault each, loaded by name in a guest: the boot tells for each its cause and the way out.
# What check finds of them before the reboot: check.bats.
bats_require_minimum_version 1.5.0

# A small tree with the test modules, each sound: rootward refuses an image with those that cannot load.
make_sysroot() { # DIR
	local name tree=$1/lib/modules/$release
	small_tree "$1" virtio_blk virtio_pci
	mkdir -p "$tree/extra" "$1/etc/modprobe.d"
	for name in $all rw_exporter; do
		case $name in
		rw_vermagic | rw_crc | rw_missing | rw_cycle_a) cp "$built/rw_ebusy.ko" "$tree/extra/$name.ko" ;;
		*) cp "$built/$name.ko" "$tree/extra" ;;
		esac
	done
	cat >"$1/etc/modprobe.d/faults.conf" <<-'CONF'
		options rw_good sise=3
		install rw_install sh -c 'exit 3'
	CONF
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$1" "$release"
}

# The spoilt ones, in an archive behind the image: the kernel unpacks them over the sound ones.
spoil() { # IMAGE
	local name file list=$BATS_FILE_TMPDIR/spoilt
	for name in rw_vermagic rw_crc rw_missing rw_cycle_a; do
		file=$("$ROOTWARD" ls "$1" | grep -o "[^ ]*/extra/$name\.ko[^ ]*" | head -n 1)
		install -D -m 644 "$built/$name.ko" "$list/$file"
	done
	(cd "$list" && find . -type f | sed 's#^\./##' | cpio -o -H newc --quiet) >>"$1"
}

boot() { # LOG WORDS
	"$REPO/qemu/boot" --quiet --kernel cloud --image "$BATS_FILE_TMPDIR/img" --disk "$DISK" --log "$BATS_FILE_TMPDIR/$1" \
		--append "root=LABEL=rw-ext4 $2" --reject 'Call Trace' --expect 'marker rw-ext4'
}

setup_file() {
	load helpers
	load build_helpers
	release=$(kernel_release cloud)
	built=$BATS_FILE_TMPDIR/built
	all='rw_good rw_vermagic rw_crc rw_missing rw_cycle_a rw_ebusy rw_eperm rw_enomem rw_enodev rw_firmware rw_slow_init'
	DISK=$("$REPO/qemu/scenario" --disk ext4)
	"$REPO/tests/modules/build.sh" "$(kernel_sysroot cloud)" "$built"
	make_sysroot "$BATS_FILE_TMPDIR/sysroot"
	# shellcheck disable=SC2046,SC2086 # one option a word
	build_image "$BATS_FILE_TMPDIR/sysroot" "$BATS_FILE_TMPDIR/img" $(printf -- '--add-module %s ' $all rw_exporter) >/dev/null
	spoil "$BATS_FILE_TMPDIR/img"
	boot faults "modules_load=${all// /,},rw_absent,rw_install rw_ebusy.nobody=1 rootdelay=1"
	boot unsigned 'module.sig_enforce=1 modules_load=rw_good'
}

setup() {
	load helpers
}

# The one line about MODULE in LOG, but for taint, matches REGEX.
tells() { # LOG MODULE REGEX
	run bash -c 'grep "rootward: module $1[: ]" "$2" | grep -v "taints the kernel"' - "$2" "$BATS_FILE_TMPDIR/$1"
	assert_success
	assert_equal "${#lines[@]}" 1
	assert_output --regexp "$3"
}

@test "wrong version magic: both strings" {
	tells faults rw_vermagic "built for another kernel.*'[^']* UNI preempt.*' should be '[^']* SMP preempt.*: rebuild the image"
}

@test "wrong symbol CRC" {
	tells faults rw_crc 'disagrees about version of symbol _printk.*rebuild'
}

@test "unknown symbol: which, and who exports it" {
	tells faults rw_missing 'symbol of module rw_exporter.*Unknown symbol rw_no_such_function.*depmod -a'
}

@test "unknown symbol that nothing here exports, as in a cycle" {
	tells faults rw_cycle_a 'nothing here exports.*Unknown symbol rw_from_b.*depmod -a'
}

@test "an init that sleeps ten seconds: which, and what it costs" {
	tells faults rw_slow_init 'still initialising after [0-9]+ ms.*without it.*modprobe\.blacklist=rw_slow_init'
}

@test "taint" {
	run grep 'rootward: module rw_good taints the kernel (OE)' "$BATS_FILE_TMPDIR/faults"
	assert_success
}

@test "unsigned where signatures are enforced" {
	tells unsigned rw_good 'not signed.*Loading of unsigned module is rejected.*sign it'
}

@test "init says EBUSY" {
	tells faults rw_ebusy 'in use by another driver.*blacklist'
}

@test "init says EPERM" {
	tells faults rw_eperm 'not permitted.*modules_disabled'
}

@test "init says ENOMEM" {
	tells faults rw_enomem 'out of memory.*more memory'
}

@test "init says ENODEV to who asked for it by name" {
	tells faults rw_enodev 'found no device'
}

@test "missing firmware: which file, and of this module only" {
	tells faults rw_firmware 'firmware is not in the image.*rootward/absent\.bin.*/lib/firmware'
	run grep -c 'rootward: module .*absent\.bin' "$BATS_FILE_TMPDIR/faults"
	assert_output 1
}

@test "unknown parameter: which" {
	tells faults rw_good "unknown parameter 'sise' ignored.*modinfo -p rw_good"
}

@test "not in the image" {
	run grep 'rootward: .*rw_absent' "$BATS_FILE_TMPDIR/faults"
	assert_output --partial '--add-module'
}

@test "an install command that fails" {
	tells faults rw_install "install command failed \(sh -c 'exit 3'\).*modprobe.d"
}
