#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Host mode: a profile captured in a guest gives a small image for that guest, which says on other hardware what it lacks.

setup_file() {
	load helpers
	cat >"$BATS_FILE_TMPDIR/print-profile" <<-'SCRIPT'
		echo "PROFILE-BEGIN"
		cat /run/rootward/hardware
		echo "PROFILE-END"
	SCRIPT
	"$REPO/qemu/make-disk" --label rw-host --script "$BATS_FILE_TMPDIR/print-profile" "$BATS_FILE_TMPDIR/root.img"
	"$REPO/qemu/boot" --quiet --kernel generic --image "$("$REPO/qemu/make-image" generic)" --log "$BATS_FILE_TMPDIR/log" \
		--disk "$BATS_FILE_TMPDIR/root.img,bus=nvme" --append 'root=LABEL=rw-host' --expect PROFILE-END
	sed -e 's/^\[[^]]*\] //' "$BATS_FILE_TMPDIR/log" | sed -n '/^PROFILE-BEGIN/,/^PROFILE-END/p' | sed '1d;$d' \
		>"$BATS_FILE_TMPDIR/profile"
	"$ROOTWARD" build -q --mode host --hardware "$BATS_FILE_TMPDIR/profile" -k "$(kernel_release generic)" \
		--sysroot "$(kernel_sysroot generic)" --cache "$O/cache" -o "$BATS_FILE_TMPDIR/host.img"
}

setup() {
	load helpers
}

@test "the profile names the machine's disk and its driver" {
	run cat "$BATS_FILE_TMPDIR/profile"
	assert_line --regexp 'pci:v00001B36d00000010'
}

@test "the image holds at most 40 modules" {
	run bash -c "'$ROOTWARD' ls '$BATS_FILE_TMPDIR/host.img' | grep -cE '\.ko(\.[a-z0-9]+)?\$'"
	assert_success
	assert [ "$output" -gt 0 ]
	assert [ "$output" -le 40 ]
}

@test "it boots the machine it was made for" {
	run "$REPO/qemu/boot" --quiet --kernel generic --image "$BATS_FILE_TMPDIR/host.img" --reject 'Call Trace' \
		--disk "$BATS_FILE_TMPDIR/root.img,bus=nvme" --append 'root=LABEL=rw-host' --expect 'marker rw-host ext4'
	assert_success
}

@test "on other hardware it says which driver is missing, and that host mode left it out" {
	run "$REPO/qemu/boot" --quiet --kernel generic --image "$BATS_FILE_TMPDIR/host.img" --reject 'ROOTWARD-TEST' \
		--disk "$BATS_FILE_TMPDIR/root.img,bus=megasas" --append 'root=LABEL=rw-host rd.timeout=5 rd.emergency=poweroff' \
		--expect 'driven by module megaraid_sas, which is not in this image: .*host mode' --expect 'powering off'
	assert_success
}
