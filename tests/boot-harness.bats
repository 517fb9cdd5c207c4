#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# qemu/boot when QEMU itself crashes, as it did in one of 200 boots.

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
				kill -SEGV \$\$
			fi
			;;
		esac
		exec "$(command -v qemu-system-x86_64)" "\$@"
	EOF
	chmod 755 "$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	truncate -s 1M "$BATS_TEST_TMPDIR/disk"
}

boot() { # CRASHES OPTION...
	echo "$1" >"$BATS_TEST_TMPDIR/crashes"
	shift
	run "$REPO/qemu/boot" --quiet --kernel cloud --until 'Linux version' --timeout 60 "$@"
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

@test "and not with a disk that keeps what was written to it" {
	boot 1 --disk "$BATS_TEST_TMPDIR/disk,keep"
	assert_failure 125
	refute_output --partial 'once more'
}
