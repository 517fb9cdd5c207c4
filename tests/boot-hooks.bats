#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The administrator's programs in early boot: packed, run in order, supervised. hooks/boot/README.md.

setup_file() {
	load helpers
	export O ROOTWARD
	DISK=$("$REPO/qemu/scenario" --disk ext4)
	export DISK SYSROOT=$BATS_FILE_TMPDIR/sysroot IMAGE=$BATS_FILE_TMPDIR/hooks.img
	RELEASE=$(kernel_release cloud)
	export RELEASE
	cp -a "$(kernel_sysroot cloud)" "$SYSROOT"
	mkdir -p "$SYSROOT/usr/bin" "$SYSROOT/etc"
	printf '#!/bin/sh\necho "greeting: $(cat /etc/greeting)"\n' >"$SYSROOT/usr/bin/greet"
	chmod +x "$SYSROOT/usr/bin/greet"
	echo "good morning" >"$SYSROOT/etc/greeting"
	mkdir "$BATS_FILE_TMPDIR/conf.d"
	cp "$REPO"/conf.d/*.conf "$BATS_FILE_TMPDIR/conf.d/"
	printf '[image]\nhook-timeout = 4\ntimeout = 5\n' >"$BATS_FILE_TMPDIR/conf.d/99-test.conf"

	hook pre-load/10-first 'echo "mounted: $(grep -c sysfs /proc/mounts), stage $ROOTWARD_STAGE"; ls /dev | grep -c ^vda'
	hook post-load/10-drivers 'echo "disk: $(ls /dev/vda)"'
	hook pre-mount/10-greet '# rootward-programs: greet
# rootward-files: /etc/greeting
greet; for name in $(env | sed s/=.*// | sort); do eval "echo env $name=\$$name"; done'
	hook pre-mount/20-fails 'echo about to fail >&2; exit 7'
	hook pre-mount/30-slow 'echo waits; sleep 1000 & sleep 1000; echo never'
	hook pre-mount/40-signal 'kill -SEGV $$'
	hook pre-mount/50-after 'echo "after the slow one; $(ps | grep -c "[s]leep 1000") sleepers"'
	hook pre-switch/10-root 'grep -q " $ROOTWARD_NEWROOT " /proc/mounts && echo "root is mounted"; echo from-hook >/run/left'
	hook emergency/10-cry 'echo "the boot failed"'
	echo "not a hook" >"$SYSROOT/etc/rootward/hooks/pre-mount/15-backup.bak"
	cp "$SYSROOT/etc/rootward/hooks/pre-mount/20-fails" "$SYSROOT/etc/rootward/hooks/pre-mount/60-off"
	chmod -x "$SYSROOT/etc/rootward/hooks/pre-mount/60-off"
	build "$IMAGE" 2>"$BATS_FILE_TMPDIR/words"
}

setup() {
	load helpers
}

# hook STAGE/NAME BODY
hook() {
	mkdir -p "$SYSROOT/etc/rootward/hooks/${1%/*}"
	printf '#!/bin/sh\n%s\n' "$2" >"$SYSROOT/etc/rootward/hooks/$1"
	chmod +x "$SYSROOT/etc/rootward/hooks/$1"
}

build() { # FILE
	"$ROOTWARD" build -q -k "$RELEASE" --sysroot "$SYSROOT" --config "$BATS_FILE_TMPDIR/conf.d" \
		--cache "$O/cache" -o "$1"
}

@test "hooks: packed with what they declare; what is none is left out with a word" {
	run "$ROOTWARD" ls "$IMAGE"
	assert_line --partial etc/rootward/hooks/pre-mount/10-greet
	assert_line --partial usr/bin/greet
	assert_line --partial etc/greeting
	refute_line --partial 15-backup
	refute_line --partial 60-off
	run cat "$BATS_FILE_TMPDIR/words"
	assert_line --partial 15-backup.bak
	assert_line --regexp '60-off is not executable.*chmod'
	run "$ROOTWARD" explain "$IMAGE" greet
	assert_success
	assert_output --partial hooks/pre-mount/10-greet
}

@test "hooks: a missing program stops the build with the hook's name" {
	cp "$SYSROOT/etc/rootward/hooks/pre-mount/10-greet" "$BATS_TEST_TMPDIR/kept"
	sed -i 's/programs: greet/programs: no-such-program/' "$SYSROOT/etc/rootward/hooks/pre-mount/10-greet"
	run build "$BATS_TEST_TMPDIR/bad.img"
	cp "$BATS_TEST_TMPDIR/kept" "$SYSROOT/etc/rootward/hooks/pre-mount/10-greet"
	assert_failure 1
	assert_output --partial pre-mount/10-greet
	assert_output --partial no-such-program
	[ ! -e "$BATS_TEST_TMPDIR/bad.img" ]
}

@test "hooks: a directory that is no stage stops the build" {
	mkdir "$SYSROOT/etc/rootward/hooks/premount"
	run build "$BATS_TEST_TMPDIR/bad.img"
	rmdir "$SYSROOT/etc/rootward/hooks/premount"
	assert_failure 2
	assert_output --partial 'did you mean pre-mount?'
}

@test "hooks: order, environment, a failing one, a slow one, one that crashes" {
	run "$REPO/qemu/boot" --kernel cloud --image "$IMAGE" --disk "$DISK" --append 'root=LABEL=rw-ext4' \
		--reject 'hook .*: never' --reject 'Kernel panic' --expect 'ROOTWARD-TEST: real init'
	assert_success
	said=$(tr -d '\r' <<<"$output" | grep -oE 'hook (pre|post)-[a-z]+/.*')
	for line in 'pre-load/10-first: mounted: 1, stage pre-load' 'pre-load/10-first: 0' \
		'pre-load/10-first: failed with exit status 1; going on' 'post-load/10-drivers: disk: /dev/vda' \
		'pre-mount/10-greet: greeting: good morning' 'pre-mount/10-greet: env HOME=/' \
		'pre-mount/10-greet: env ROOTWARD_DEVICE=/dev/vda.*' 'pre-mount/10-greet: env ROOTWARD_HOOK=10-greet' \
		'pre-mount/10-greet: env ROOTWARD_NEWROOT=/sysroot' "pre-mount/10-greet: env ROOTWARD_RELEASE=$RELEASE" \
		'pre-mount/10-greet: env ROOTWARD_ROOT=LABEL=rw-ext4' 'pre-mount/10-greet: env ROOTWARD_RUN=/run/rootward' \
		'pre-mount/10-greet: env ROOTWARD_STAGE=pre-mount' 'pre-mount/10-greet: env ROOTWARD_TIMEOUT=4' \
		'pre-mount/20-fails: about to fail' 'pre-mount/20-fails: failed with exit status 7; going on' \
		'pre-mount/30-slow: waits' 'pre-mount/30-slow: not done within 4 s: killed; going on' \
		'pre-mount/40-signal: ended by signal 11 \(Segmentation fault\); going on' \
		'pre-mount/50-after: after the slow one; 0 sleepers' 'pre-switch/10-root: root is mounted'; do
		# Each below the one before it.
		grep -qE "^hook $line\$" <<<"$said" || fail "not said, or not in this order: $line
$output"
		said=$(sed -E "0,/^hook ${line//\//\\/}\$/d" <<<"$said")
	done
}

@test "hooks: emergency ones run when the boot fails" {
	run "$REPO/qemu/boot" --quiet --kernel cloud --image "$IMAGE" --disk "$DISK" \
		--append 'root=LABEL=none rd.timeout=2 rd.emergency=poweroff' --expect 'hook emergency/10-cry: the boot failed' \
		--expect 'was not found within 2 s' --expect 'powering off'
	assert_success
}

@test "the root is waited for as long as the image says, unless the command line does" {
	run "$REPO/qemu/boot" --quiet --kernel cloud --image "$IMAGE" --disk "$DISK" \
		--append 'root=LABEL=none rd.emergency=poweroff' --expect 'was not found within 5 s' --expect 'powering off'
	assert_success
	run "$REPO/qemu/boot" --quiet --kernel cloud --image "$IMAGE" --disk "$DISK" \
		--append 'root=LABEL=none rootwait=3 rd.emergency=poweroff' --expect 'was not found within 3 s' --expect 'powering off'
	assert_success
}
