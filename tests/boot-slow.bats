#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Drivers that take ten seconds and that root does not need: the real init starts as soon as without them. Times are the
# guest's own, from early-init's first line to its last, and the shortest of several boots: a machine that is busy with
# something else makes a boot longer, never shorter.
bats_require_minimum_version 1.5.0

# What early-init takes may grow by this, in milliseconds.
ALLOWED_MS=300
ROUNDS=6

# Each with the words that load a slow driver, or none. By its device too: the AHCI controller of the machine, which
# has no disk and no other driver in this image. Such drivers wait for those that root may need: here root comes late.
words() { # VARIANT
	case $1 in
	none) echo 'modprobe.blacklist=rw_slow_init' ;;
	init) echo 'modprobe.blacklist=rw_slow_init rd.driver.pre=rw_slow_init' ;;
	probe) echo 'modprobe.blacklist=rw_slow_init rd.driver.pre=rw_slow_probe' ;;
	late) echo 'rootdelay=2 modprobe.blacklist=rw_slow_init' ;;
	device) echo 'rootdelay=2' ;;
	esac
}

make_sysroot() { # DIR
	local tree=$1/lib/modules/$release
	small_tree "$1" virtio_blk virtio_pci
	mkdir -p "$tree/extra" "$1/etc/modprobe.d"
	cp "$built"/rw_slow_{init,probe}.ko "$tree/extra"
	echo 'alias pci:v00008086d00002922sv*sd*bc*sc*i* rw_slow_init' >"$1/etc/modprobe.d/slow.conf"
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$1" "$release"
}

setup_file() {
	load helpers
	load build_helpers
	release=$(kernel_release cloud)
	built=$BATS_FILE_TMPDIR/built
	"$REPO/tests/modules/build.sh" "$(kernel_sysroot cloud)" "$built"
	make_sysroot "$BATS_FILE_TMPDIR/sysroot"
	build_image "$BATS_FILE_TMPDIR/sysroot" "$BATS_FILE_TMPDIR/img" --add-module rw_slow_init --add-module rw_slow_probe \
		>/dev/null
	"$REPO/qemu/make-disk" --label rw-slow --script "$REPO/tests/fixtures/slow-guest.sh" "$BATS_FILE_TMPDIR/disk"
	for variant in none init probe late device; do
		boot "$variant"
	done
}

setup() {
	load helpers
}

boot() { # VARIANT [WORDS]: one boot more; its log is in VARIANT.log
	"$REPO/qemu/boot" --quiet --kernel cloud --image "$BATS_FILE_TMPDIR/img" --disk "$BATS_FILE_TMPDIR/disk" \
		--append "root=LABEL=rw-slow $(words "$1") ${2-}" --log "$BATS_FILE_TMPDIR/$1.log" --reject 'Call Trace' \
		--expect 'marker rw-slow'
	taken_ms "$BATS_FILE_TMPDIR/$1.log" >>"$BATS_FILE_TMPDIR/$1.ms"
}

# What early-init took, from the kernel's stamps in LOG.
taken_ms() { # LOG
	awk '{ sub(/^\[ *[0-9.]+\] /, "") } match($0, /^\[ *[0-9.]+\] rootward: /) { split($0, part, /[][ ]+/); at = part[2] * 1000 }
		/rootward: \/init started/ { start = at } /rootward: starting \/sbin\/init/ { printf "%d\n", at - start; done = 1 }
		END { exit !done }' "$1"
}

shortest() { # VARIANT
	sort -n "$BATS_FILE_TMPDIR/$1.ms" | head -n 1
}

# The driver was at it when the real init began, and the shortest boot with it is as short as without.
no_delay() { # VARIANT WITHOUT BEGUN DONE
	local round log=$BATS_FILE_TMPDIR/$1.log
	run sed '/ROOTWARD-TEST: real init/q' "$log"
	assert_output --partial "$3"
	refute_output --partial "$4"
	for ((round = 1; round < ROUNDS; round++)); do
		[ $(($(shortest "$1") - $(shortest "$2"))) -ge $ALLOWED_MS ] || break
		boot "$2"
		boot "$1"
	done
	echo "without: $(paste -sd' ' "$BATS_FILE_TMPDIR/$2.ms"), with: $(paste -sd' ' "$BATS_FILE_TMPDIR/$1.ms") ms"
	[ $(($(shortest "$1") - $(shortest "$2"))) -lt $ALLOWED_MS ]
}

@test "a driver whose init sleeps ten seconds does not delay the real init" {
	no_delay init none 'rw_slow_init: sleeping 10000 ms' 'rw_slow_init: awake'
}

@test "nor does one that a device asks for" {
	no_delay device late 'rw_slow_init: sleeping 10000 ms' 'rw_slow_init: awake'
}

@test "nor does one whose asynchronous probe takes ten seconds" {
	no_delay probe none 'probe sleeps 10000 ms' 'probe done'
}

@test "what was under way ends well in the real root" {
	boot device 'wait-for-slow rd.driver.pre=rw_slow_probe'
	run grep -E 'rw_slow_init: awake|rw_slow_probe.*probe done|slow: (live|bound)' "$BATS_FILE_TMPDIR/device.log"
	assert_line --partial 'slow: live'
	assert_line --partial 'slow: bound'
}
