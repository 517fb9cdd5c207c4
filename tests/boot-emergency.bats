#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The emergency shell behind its lock.

setup_file() {
	load helpers
	export O ROOTWARD
	DISK=$("$REPO/qemu/scenario" --disk ext4)
	export DISK
	# Two images with one line of configuration more than the shipped ones.
	for variant in locked none; do
		mkdir -p "$BATS_FILE_TMPDIR/$variant"
		cp "$REPO"/conf.d/*.conf "$BATS_FILE_TMPDIR/$variant/"
	done
	# "open sesame", by crypt(3) with SHA-512.
	printf '[image]\nemergency-password = %s\n' "$(openssl passwd -6 -salt rootward 'open sesame')" \
		>"$BATS_FILE_TMPDIR/locked/99-test.conf"
	printf '[image]\nemergency-shell = no\n' >"$BATS_FILE_TMPDIR/none/99-test.conf"
	for variant in locked none; do
		"$ROOTWARD" build -q -k "$(kernel_release cloud)" --sysroot "$(kernel_sysroot cloud)" \
			--config "$BATS_FILE_TMPDIR/$variant" --cache "$O/cache" -o "$BATS_FILE_TMPDIR/$variant.img"
	done
}

setup() {
	load helpers
}

# boot VARIANT WORDS OPTION...
boot() {
	run "$REPO/qemu/boot" --quiet --kernel cloud --image "$BATS_FILE_TMPDIR/$1.img" --disk "$DISK" --append "$2" "${@:3}"
}

@test "the right password opens the shell" {
	boot locked 'root=LABEL=none rd.timeout=2' --reject 'Call Trace' --send '[Pp]assword' 'open sesame' \
		--send 'rootward# ' 'echo shell-$((40+2)); poweroff -f' --expect '^shell-42'
	assert_success
}

@test "wrong passwords open nothing" {
	boot locked 'root=LABEL=none rd.timeout=2' --send '[Pp]assword' 'wrong' --send '[Pp]assword' 'open' \
		--send '[Pp]assword' 'sesame' --reject 'rootward# ' --expect 'no right password was given'
	assert_success
}

@test "Ctrl-C is a wrong password" {
	boot locked 'root=LABEL=none rd.timeout=2' --send '[Pp]assword' $'\003' --send '[Pp]assword' $'\003' \
		--send '[Pp]assword' $'\003' --reject 'rootward# ' --expect 'no right password was given'
	assert_success
}

@test "rd.break asks for the password too" {
	boot locked 'root=LABEL=rw-ext4 rd.break' --send '[Pp]assword' 'open sesame' --send 'rootward# ' 'exit' \
		--expect 'ROOTWARD-TEST: real init'
	assert_success
}

@test "what a shell did to a disk is seen: it is read anew" {
	boot locked 'root=LABEL=rw-ext4 rd.break=pre-mount rd.timeout=2 rd.emergency=poweroff' --send '[Pp]assword' 'open sesame' \
		--send 'rootward# ' 'dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync; exit' --reject 'mounting root' \
		--expect 'was not found within 2 s' --expect 'powering off'
	assert_success
}

@test "emergency-shell = no: no shell, and panic= is obeyed" {
	boot none 'root=LABEL=none rd.timeout=2 panic=1' --reject 'rootward# ' --expect 'restarting in 1 second'
	assert_success
}

@test "nothing can be mounted: panic= and the password count all the same" {
	printf 'run\n' >"$BATS_TEST_TMPDIR/run"
	(cd "$BATS_TEST_TMPDIR" && echo run | cpio -o -H newc --quiet) >"$BATS_TEST_TMPDIR/more"
	cat "$BATS_FILE_TMPDIR/locked.img" "$BATS_TEST_TMPDIR/more" >"$BATS_FILE_TMPDIR/no-run.img"
	boot no-run 'root=LABEL=rw-ext4 rd.shell=0 panic=1' --expect 'cannot mount tmpfs on /run' --expect 'restarting in 1 second'
	assert_success
	boot no-run 'root=LABEL=rw-ext4' --send '[Pp]assword' 'open sesame' \
		--send 'rootward# ' 'echo shell-$((40+2)); poweroff -f' --expect '^shell-42'
	assert_success
}

@test "emergency-shell = no: rd.break goes on" {
	boot none 'root=LABEL=rw-ext4 rd.break' --reject 'rootward# ' --expect 'rd.break is not obeyed' \
		--expect 'ROOTWARD-TEST: real init'
	assert_success
}
