#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `rootward resolve` against kmod: every alias and every name of three kernels, byte for byte.

# shellcheck disable=SC2154 # $stderr is set by run --separate-stderr
load helpers

setup_file() {
	load helpers
	make -s -C "$REPO" O="$O" kmod-reference >&2
}

setup() {
	load helpers
	reference=$O/tests/kmod_reference
	fixtures=$REPO/tests/fixtures
	empty=$BATS_TEST_TMPDIR/empty
	mkdir -p "$empty"
}

# All names to ask KERNEL for: from its aliases and symbols, its modules and built-in ones, and those of the fixtures.
names_of() { # SYSROOT RELEASE
	local dir=$1/lib/modules/$2
	awk -f "$REPO/tests/alias_names.awk" "$dir/modules.alias" "$dir/modules.symbols"
	cut -d: -f1 "$dir/modules.dep" | sed 's|.*/||; s|\.ko.*||'
	sed 's|.*/||; s|\.ko.*||' "$dir/modules.builtin"
	cat "$fixtures/modprobe.names"
}

# Same answers of both to the names of KERNEL; further arguments: -D, -b and modprobe.d directories after --.
assert_same() { # KERNEL [OPTION]... -- DIRECTORY...
	local sysroot release options=() dirs=() d
	sysroot=$(kernel_sysroot "$1")
	release=$(kernel_release "$1")
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	for d; do
		dirs+=(-C "$d")
	done
	names_of "$sysroot" "$release" >"$BATS_TEST_TMPDIR/names"
	"$reference" "${options[@]}" "$sysroot/lib/modules/$release" "$@" \
		<"$BATS_TEST_TMPDIR/names" >"$BATS_TEST_TMPDIR/kmod" 2>/dev/null
	"$ROOTWARD" resolve "${options[@]}" -k "$release" --sysroot "$sysroot" "${dirs[@]}" --batch - \
		<"$BATS_TEST_TMPDIR/names" >"$BATS_TEST_TMPDIR/rootward" 2>/dev/null
	# Something was asked and most of it has an answer.
	[ "$(wc -l <"$BATS_TEST_TMPDIR/names")" -gt 5000 ]
	[ "$(grep -vc $'\t$' "$BATS_TEST_TMPDIR/kmod")" -gt 5000 ]
	run diff "$BATS_TEST_TMPDIR/kmod" "$BATS_TEST_TMPDIR/rootward"
	assert_success
}

@test "resolve: every alias and name of the cloud kernel as modprobe -R" {
	assert_same cloud -- "$empty"
}

@test "resolve: every alias and name of the cloud kernel as modprobe -D" {
	assert_same cloud -D -- "$empty"
}

@test "resolve: every alias and name of the generic kernel as modprobe -R" {
	assert_same generic -- "$empty"
}

@test "resolve: every alias and name of the generic kernel as modprobe -D" {
	assert_same generic -D -- "$empty"
}

@test "resolve: every alias and name of the 6.12 kernel as modprobe -R" {
	assert_same 6.12 -- "$empty"
}

@test "resolve: every alias and name of the 6.12 kernel as modprobe -D" {
	assert_same 6.12 -D -- "$empty"
}

@test "resolve: with every directive of modprobe.d as modprobe -R" {
	assert_same generic -- "$fixtures/modprobe.d/first" "$fixtures/modprobe.d/second"
}

@test "resolve: with every directive of modprobe.d as modprobe -D" {
	assert_same generic -D -- "$fixtures/modprobe.d/first" "$fixtures/modprobe.d/second"
}

@test "resolve: with the directories the other way round and -b as modprobe -D -b" {
	assert_same cloud -D -b -- "$fixtures/modprobe.d/second" "$fixtures/modprobe.d/first"
}

# What modprobe itself prints, in the form of --batch.
ask_modprobe() { # SYSROOT RELEASE OPTION <names
	local name
	while IFS= read -r name; do
		if [ "$3" = -D ]; then
			printf '%s\t\n' "$name"
			modprobe -S "$2" -d "$1" -C "$fixtures/modprobe.d/first" -D -- "$name" 2>/dev/null || :
		else
			printf '%s\t%s\n' "$name" \
				"$(modprobe -S "$2" -d "$1" -C "$fixtures/modprobe.d/first" -R -- "$name" 2>/dev/null | paste -sd ' ')"
		fi
	done
}

@test "resolve: the reference program says what modprobe says" {
	local sysroot release
	sysroot=$(kernel_sysroot cloud)
	release=$(kernel_release cloud)
	# Every 100th name and all of the fixtures.
	names_of "$sysroot" "$release" | awk 'NR % 100 == 0' >"$BATS_TEST_TMPDIR/names"
	grep . "$fixtures/modprobe.names" >>"$BATS_TEST_TMPDIR/names"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/names")" -gt 200 ]
	for option in -R -D; do
		ask_modprobe "$sysroot" "$release" $option <"$BATS_TEST_TMPDIR/names" >"$BATS_TEST_TMPDIR/modprobe"
		KMOD_REFERENCE_CMDLINE=1 "$reference" ${option#-R} "$sysroot/lib/modules/$release" \
			"$fixtures/modprobe.d/first" <"$BATS_TEST_TMPDIR/names" >"$BATS_TEST_TMPDIR/kmod" 2>/dev/null
		run diff "$BATS_TEST_TMPDIR/modprobe" "$BATS_TEST_TMPDIR/kmod"
		assert_success
	done
}

@test "resolve: prints as modprobe does without --batch" {
	local sysroot release
	sysroot=$(kernel_sysroot cloud)
	release=$(kernel_release cloud)
	run --separate-stderr "$ROOTWARD" resolve -k "$release" --sysroot "$sysroot" -D ext4
	assert_success
	assert_output "$(modprobe -S "$release" -d "$sysroot" -C "$empty" -D ext4)"
	run --separate-stderr "$ROOTWARD" resolve -k "$release" --sysroot "$sysroot" -C "$empty" ext4 crypto-crc32c
	assert_success
	assert_output "$(printf 'ext4\n' && modprobe -S "$release" -d "$sysroot" -C "$empty" -R crypto-crc32c)"
}

@test "resolve: a name that nothing answers to is an error that names it" {
	run --separate-stderr "$ROOTWARD" resolve -k "$(kernel_release cloud)" --sysroot "$(kernel_sysroot cloud)" loop nonesuch
	assert_failure 1
	assert_output loop
	[[ $stderr == *nonesuch* ]]
}

@test "resolve: no such kernel names those that are there" {
	run --separate-stderr "$ROOTWARD" resolve -k 0.0.1 --sysroot "$(kernel_sysroot cloud)" loop
	assert_failure 1
	[[ $stderr == *"no such kernel: 0.0.1"*"$(kernel_release cloud)"* ]]
}

@test "resolve: missing and damaged tables of depmod say to run it" {
	local release dir=$BATS_TEST_TMPDIR/root/lib/modules
	release=$(kernel_release cloud)
	mkdir -p "$dir/$release"
	run --separate-stderr "$ROOTWARD" resolve -k "$release" --sysroot "$BATS_TEST_TMPDIR/root" loop
	assert_failure 1
	[[ $stderr == *modules.dep*"depmod -a $release"* ]]
	cp "$(kernel_sysroot cloud)/lib/modules/$release"/modules.{dep,alias}{,.bin} "$dir/$release"
	truncate -s -20000 "$dir/$release/modules.alias.bin"
	run --separate-stderr "$ROOTWARD" resolve -k "$release" --sysroot "$BATS_TEST_TMPDIR/root" loop
	assert_failure 1
	[[ $stderr == *modules.alias.bin*"depmod -a $release"* ]]
}

# Milliseconds of CPU for one resolve with LINES lines of modprobe.d.
cpu_ms() { # LINES
	mkdir -p "$BATS_TEST_TMPDIR/$1"
	awk -v n="$1" 'BEGIN { for (i = 0; i < n / 5; i++)
		printf "options m%d a=1\nalias al%d* loop\nsoftdep m%d* pre: loop al%d\ninstall c%d* true\nblacklist m%d\n",
			i, i, i, i, i, i }' >"$BATS_TEST_TMPDIR/$1/many.conf"
	local TIMEFORMAT='%U %S'
	{ time "$ROOTWARD" resolve -k "$(kernel_release cloud)" --sysroot "$(kernel_sysroot cloud)" \
		-C "$BATS_TEST_TMPDIR/$1" -D ext4 >/dev/null; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000 }'
}

@test "resolve: a modprobe.d of 100000 lines takes time linear in its size" {
	local small large
	small=$(cpu_ms 25000)
	large=$(cpu_ms 100000)
	echo "25000 lines: $small ms, 100000 lines: $large ms"
	# Four times the lines; twice that again, and 50 ms, are for the noise of the machine.
	[ "$large" -lt $((small * 8 + 50)) ]
}

# The lines of -D without directory and compression, which the image has its own way.
modules_of() {
	sed 's|^insmod [^ ]*/||; s|\.ko[^ ]*||; s| *$||'
}

@test "resolve: an empty name is one that nothing answers to" {
	run ! modprobe -R ''
	for option in -R -D; do
		run -1 "$ROOTWARD" resolve -k "$(kernel_release cloud)" --sysroot "$(kernel_sysroot cloud)" $option ''
		assert_output --partial "answers to: ''"
	done
}

@test "resolve: from an image as from the kernel that it was built from" {
	local sysroot release
	sysroot=$(kernel_sysroot generic)
	release=$(kernel_release generic)
	"$ROOTWARD" build -q -k "$release" --sysroot "$sysroot" --cache none -o "$BATS_TEST_TMPDIR/image"
	for name in ext4 nvme virtio_blk crypto-crc32c pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00; do
		run --separate-stderr "$ROOTWARD" resolve --image "$BATS_TEST_TMPDIR/image" -D "$name"
		assert_success
		assert_equal "$(modules_of <<<"$output")" \
			"$(modprobe -S "$release" -d "$sysroot" -C "$empty" -D "$name" | modules_of)"
	done
	run --separate-stderr "$ROOTWARD" resolve --image "$BATS_TEST_TMPDIR/image" nonesuch
	assert_failure 1
}

# The tools of an image answer so before they look for one.
tool() { # NAME OPTION...
	(exec -a "$1" "$EARLY_INIT" "${@:2}")
}

@test "the image's modprobe -d and modinfo -b take / only, and say so" {
	run -1 tool modprobe -d "$BATS_TEST_TMPDIR" loop
	assert_output "modprobe: ERROR: -d $BATS_TEST_TMPDIR: this image has one index, its own: nothing is looked up elsewhere"
	run -1 tool modinfo --basedir "$BATS_TEST_TMPDIR" loop
	assert_output "modinfo: ERROR: -b $BATS_TEST_TMPDIR: this image has one index, its own: nothing is looked up elsewhere"
	ROOTWARD_INDEX=$BATS_TEST_TMPDIR/none run -1 tool modprobe -d / loop
	assert_output --partial 'FATAL: Module index for directory /lib/modules/'
}

@test "the image's modinfo prints where a file lies from the root on" {
	cp "$(find "$(kernel_sysroot generic)/lib/modules" -name 'loop.ko*' | head -n 1)" "$BATS_TEST_TMPDIR/loop.ko"
	cd "$BATS_TEST_TMPDIR"
	run -0 tool modinfo -n ./loop.ko
	assert_output "$BATS_TEST_TMPDIR/./loop.ko"
	run -0 tool modinfo -F filename loop.ko
	assert_output "$BATS_TEST_TMPDIR/loop.ko"
	run -0 tool modinfo -n "$BATS_TEST_TMPDIR//loop.ko"
	assert_output "$BATS_TEST_TMPDIR//loop.ko"
	run -0 tool modinfo loop.ko
	assert_line --index 0 "filename:       $BATS_TEST_TMPDIR/loop.ko"
}
