# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Guests with network cards, for boot-net.bats and boot-all-net.bats.
load helpers

# Once a file: the image with the network, and a local root that says what it was left.
net_setup() {
	IMAGE=$("$REPO/qemu/make-image" generic network --feature network)
	DISK=$O/disks/net-guest.img
	mkdir -p "$O/disks"
	exec 9>"$DISK.lock"
	flock -w 300 9
	if [ ! -e "$DISK" ] || [ "$REPO/tests/fixtures/net-guest.sh" -nt "$DISK" ]; then
		"$REPO/qemu/make-disk" --label rw-net --script "$REPO/tests/fixtures/net-guest.sh" "$DISK"
	fi
	exec 9>&-
	export IMAGE DISK
}

# Options of QEMU, one a word, as options of qemu/boot.
qemu_words() {
	local word
	for word in "$@"; do
		machine+=(--qemu "$word")
	done
}

# A card of MODEL in QEMU's user network; more of -device may follow.
card() {
	qemu_words -netdev "user,id=n${#machine[@]}" -device "$1,netdev=n${#machine[@]}"
}

# A card of MODEL with fixtures/net-server OPTION... at the other end.
served_card() {
	local model=$1 dir=$BATS_TEST_TMPDIR
	shift
	"$REPO/tests/fixtures/net-server" --listen "$dir/server" --peer "$dir/guest" "$@" >"$dir/server.log" 2>&1 &
	server=$!
	qemu_words -netdev "dgram,id=served,local.type=unix,local.path=$dir/guest,remote.type=unix,remote.path=$dir/server" \
		-device "$model,netdev=served"
}

# Boot with WORDS on the command line; the rest are options of qemu/boot. The console is in $console then.
net_boot() {
	local words=$1
	shift
	console=$BATS_TEST_TMPDIR/console
	timeout 240 "$REPO/qemu/boot" --quiet --kernel generic --image "${image:-$IMAGE}" --disk "$DISK" --log "$console" \
		--timeout "${limit:-120}" --reject 'Call Trace:' --append "root=LABEL=rw-net $words" "${machine[@]}" "$@" || return
	console=$(cat "$console")
}

net_setup_test() {
	machine=() server=
}

net_teardown() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
	fi
}

# Seconds between the lines that match two patterns, by the guest's own clock.
seconds_between() {
	awk -v from="$1" -v to="$2" 'function stamp() { match($0, /\[ *[0-9]+\.[0-9]+\] rootward/); return substr($0, RSTART + 1, RLENGTH - 11) + 0 }
		$0 ~ from && !a { a = stamp() } $0 ~ to { b = stamp() } END { printf "%d", b - a }' <<<"$console"
}
