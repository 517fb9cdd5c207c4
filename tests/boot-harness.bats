#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# qemu/boot when QEMU itself crashes, as it did in one of 200 boots, or what it emulates goes wrong, as in one of some
# hundred on a busy machine.

setup() {
	load helpers
	mkdir "$BATS_TEST_TMPDIR/bin"
	# The real one, but that it crashes as often as the file says.
	cat >"$BATS_TEST_TMPDIR/bin/qemu-system-x86_64" <<-EOF
		#!/bin/bash
		read -r left <"$BATS_TEST_TMPDIR/crashes"
		case " \$* " in
		*" -kernel "*)
			echo \$((left - 1)) >"$BATS_TEST_TMPDIR/crashes"
			if [ "\$left" -gt 0 ]; then
				[ -e "$BATS_TEST_TMPDIR/says" ] || kill -SEGV \$\$
				cat "$BATS_TEST_TMPDIR/says"
				exec sleep 60
			fi
			;;
		esac
		exec "$(command -v qemu-system-x86_64)" "\$@"
	EOF
	chmod 755 "$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	truncate -s 1M "$BATS_TEST_TMPDIR/disk"
}

# The console of a machine that says WORDS and gives a call trace.
goes_wrong() {
	printf '[    1.9] %s\n' "$@" 'Call Trace:' >"$BATS_TEST_TMPDIR/says"
}

stuck='watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [cryptomgr_test:51]'

boot() { # CRASHES OPTION...
	echo "$1" >"$BATS_TEST_TMPDIR/crashes"
	shift
	run "$REPO/qemu/boot" --quiet --kernel cloud --until 'Memory: [0-9]+K' --timeout 60 "$@"
}

@test "a machine that crashes is started once more" {
	boot 1 --disk "$BATS_TEST_TMPDIR/disk"
	assert_success
	assert_output --partial 'QEMU crashed (signal 11)'
}

@test "but not for ever" {
	boot 2 --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 125
	assert_equal "$(cat "$BATS_TEST_TMPDIR/crashes")" 0
}

@test "a machine that stands still before /init is started once more" {
	goes_wrong "$stuck" 'Modules linked in:'
	boot 1 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_success
	assert_output --partial 'an emulated CPU stood still before /init: once more'
	boot 2 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 123
}

@test "so is one that says nothing more before /init" {
	goes_wrong 'Linux version 6.1.0'
	boot 1 --timeout 10 --disk "$BATS_TEST_TMPDIR/disk"
	assert_success
	assert_output --partial 'stood still before /init: once more'
}

@test "so is one whose CPU sleeps though its timer is due" {
	goes_wrong 'Run /init as init process' 'NMI backtrace for cpu 1 skipped: idling at native_safe_halt+0xb/0x10' \
		'rcu: 	Possible timer handling issue on cpu=1 timer-softirq=4'
	boot 1 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_success
	assert_output --partial 'lost its timer: once more'
	goes_wrong 'Run /init as init process' 'NMI backtrace for cpu 0 skipped: idling at native_safe_halt+0xb/0x10' \
		'rcu: 	Possible timer handling issue on cpu=1 timer-softirq=4'
	boot 1 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 123
}

@test "so is one whose kernel meets a breakpoint of its own" {
	goes_wrong 'Oops: int3: 0000 [#1] PREEMPT SMP NOPTI'
	boot 1 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_success
}

@test "but not one that stands still in a module" {
	goes_wrong "$stuck" 'Modules linked in: ext4(+) jbd2'
	boot 1 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 123
	refute_output --partial 'once more'
}

@test "nor one that is silent in /init, or after a panic" {
	goes_wrong 'Linux version 6.1.0' 'Run /init as init process'
	boot 1 --timeout 5 --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 124
	goes_wrong 'Linux version 6.1.0' 'Kernel panic - not syncing: VFS: Unable to mount root fs'
	boot 1 --timeout 5 --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 124
}

@test "nor one that fails in another way" {
	goes_wrong 'BUG: unable to handle page fault for address: ffffffffc0000000'
	boot 1 --reject 'Call Trace' --disk "$BATS_TEST_TMPDIR/disk"
	assert_failure 123
}

@test "and not with a disk that keeps what was written to it" {
	boot 1 --disk "$BATS_TEST_TMPDIR/disk,keep"
	assert_failure 125
	refute_output --partial 'once more'
}
