# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # variables shared with the program that sources this
# What a machine did that says nothing of its guest: QEMU died, or a CPU that it emulates went wrong. See qemu/boot.

# The kernel came neither to /init nor to a module.
before_init() {
	! grep -qE 'Modules linked in: *[a-z]|Run .* as init process' "$log"
}

# It spoke, and then no more; with `quiet` it would not have spoken of /init either.
silent() {
	[ "$ended_by" = timeout ] && grep -q 'Linux version' "$log" && ! grep -q 'Kernel panic' "$log"
}

# A CPU sleeps though its timer is long due: what the kernel's stall detector says (kernel/rcu/tree_stall.h).
timer_lost() {
	local cpu
	cpu=$(sed -n 's/.*rcu: .*Possible timer handling issue on cpu=\([0-9]*\) .*/\1/p' "$log" | head -n 1)
	[ -n "$cpu" ] && grep -q "NMI backtrace for cpu $cpu skipped: idling" "$log"
}

# Prints what went wrong, nothing when the guest is to answer for how it ended.
emulation_fault() {
	case $ended_by in
	guest)
		[ "$qemu_status" != 139 ] && [ "$qemu_status" != 134 ] || echo "QEMU crashed (signal $((qemu_status - 128)))"
		return
		;;
	reject | timeout) [[ $accel = tcg* ]] || return 0 ;;
	*) return 0 ;;
	esac
	# The kernel patches itself with breakpoints, and has taken it back already.
	if grep -q ' int3: 0000 \[#1\]' "$log"; then
		echo "an emulated CPU ran into a breakpoint of the kernel"
	elif timer_lost; then
		echo "an emulated CPU lost its timer"
	elif before_init && { silent || grep -qE 'BUG: soft lockup|rcu: INFO: rcu_.* detected stalls' "$log"; }; then
		echo "an emulated CPU stood still before /init"
	fi
}
