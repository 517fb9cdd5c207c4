# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with the program that sources this
# Following a guest's console: log, patterns, answers, deadline. See qemu/boot for the options' meaning.

expect=()      # patterns that must appear
expect_seen=() # 1 where it did
reject=()      # patterns that must not appear
until_pattern= # the pattern that ends the machine
send_when=()   # patterns that are answered, in this order
send_text=()
send_next=0
keys_when= # the pattern after which keys are pressed, once
keys=      # QEMU's names, those pressed together joined by "-"
KEYS_PAUSE=3
rejected=      # the line that matched a reject
guest_status=  # N of the guest's "ROOTWARD-TEST: exit N"
ended_by=      # guest, until, reject, timeout

# Sets now to the seconds since the start.
clock() {
	local us=$((${EPOCHREALTIME/./} - start_us))
	printf -v now "%4d.%03d" $((us / 1000000)) $((us % 1000000 / 1000))
}

# Text that may be the beginning of a line only (a prompt).
answer_prompt() {
	[ "$send_next" -lt ${#send_when[@]} ] || return 1
	[[ $1 =~ ${send_when[$send_next]} ]] || return 1
	printf '%s\n' "${send_text[$send_next]}" >&"$console_in" || true
	send_next=$((send_next + 1))
}

# Queue the keys: drivers and the shell need a moment behind the line that tells of them. QEMU presses one after another.
press_keys() {
	local due=$((${EPOCHREALTIME/./} - start_us)) chord key list
	due=$((due / 1000000 + KEYS_PAUSE))
	for chord in $keys; do
		list=
		for key in ${chord//-/ }; do
			list+="${list:+,}{\"type\":\"qcode\",\"data\":\"$key\"}"
		done
		hotplug_commands+=("$due {\"execute\":\"send-key\",\"arguments\":{\"keys\":[$list],\"hold-time\":40}}")
	done
	keys_when=
}

# One whole line of the console. Status 1: end the machine.
take_line() {
	local line=$1 i
	clock
	printf "[%s] %s\n" "$now" "$line" >>"$log"
	[ "$quiet" = 1 ] || printf "[%s] %s\n" "$now" "$line"
	for i in "${!expect[@]}"; do
		[[ ! $line =~ ${expect[$i]} ]] || expect_seen[i]=1
	done
	for i in "${!reject[@]}"; do
		if [[ $line =~ ${reject[$i]} ]]; then
			rejected=$line ended_by=reject
			return 1
		fi
	done
	if [[ $line =~ 'ROOTWARD-TEST: exit '([0-9]+) ]]; then
		guest_status=${BASH_REMATCH[1]}
	fi
	if [ -n "$keys_when" ] && [[ $line =~ $keys_when ]]; then
		press_keys
	fi
	if [ -n "$until_pattern" ] && [[ $line =~ $until_pattern ]]; then
		ended_by='until'
		return 1
	fi
	return 0
}

# Plug in what is due.
plug_due() {
	local command
	while [ ${#hotplug_commands[@]} -gt 0 ]; do
		command=${hotplug_commands[0]}
		[ $((${EPOCHREALTIME/./} - start_us)) -ge $((${command%% *} * 1000000)) ] || return 0
		printf '%s\n' "${command#* }" >&"$qmp_in"
		clock
		printf "[%s] (harness: %s)\n" "$now" "${command#* }" >>"$log"
		hotplug_commands=("${hotplug_commands[@]:1}")
	done
}

# Follow the console on fd $console_out until the machine ends, a pattern ends it, or the deadline.
follow_console() {
	local piece='' pending='' status answered=''
	while :; do
		status=0
		IFS= read -r -t 0.2 -u "$console_out" piece || status=$?
		pending+=${piece//$'\r'/}
		# What was answered as a prompt is not answered again when its line is complete.
		if [ "$pending" != "$answered" ] && answer_prompt "$pending"; then
			answered=$pending
		fi
		if [ "$status" = 0 ]; then
			take_line "$pending" || return 0
			pending='' answered=''
		elif [ "$status" -le 128 ]; then
			# End of file: QEMU is gone.
			[ -z "$pending" ] || take_line "$pending" || return 0
			ended_by=guest
			return 0
		fi
		if [ $((${EPOCHREALTIME/./} - start_us)) -ge $((timeout_s * 1000000)) ]; then
			[ -z "$pending" ] || take_line "$pending" || return 0
			ended_by=timeout
			return 0
		fi
		plug_due
	done
}
