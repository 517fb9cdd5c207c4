#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The module tools in a guest: the same command lines with kmod's in a real root and with ours in an unpacked image
# leave the same modules, parameters, statuses and output, but for the names of files.
bats_require_minimum_version 1.5.0

# The cloud kernel with the modules of the command lines, the test modules that load, and modprobe.d.
make_sysroot() { # DIR
	local name tree=$1/lib/modules/$release
	small_tree "$1" virtio_blk virtio_pci virtio_console dm_mirror loop brd dummy zram isofs
	mkdir -p "$tree/extra" "$1/etc/modprobe.d"
	for name in $good; do
		cp "$built/$name.ko" "$tree/extra"
	done
	cp "$tools"/modprobe.d/* "$1/etc/modprobe.d"
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$1" "$release"
}

# The host's kmod and what it needs, the same kernel's modules, and the image's files below /image.
make_root() { # DIR SYSROOT IMAGE
	local name file
	mkdir -p "$1"/{bin,sbin,etc,lib,files,spoilt,image,other.d}
	cp "$(command -v kmod)" "$1/bin/kmod"
	for name in modprobe insmod rmmod lsmod modinfo; do
		ln -s ../bin/kmod "$1/sbin/$name"
	done
	ldd "$1/bin/kmod" | grep -o '/[^ ]*' | while read -r file; do
		install -D "$file" "$1$file"
	done
	for name in basename cut chroot env; do
		ln -sf busybox "$1/bin/$name"
	done
	cp -a "$2/lib/modules" "$1/lib/modules"
	cp -a "$2/etc/modprobe.d" "$1/etc"
	cp "$tools"/other.d/* "$1/other.d"
	cp "$tools/commands" "$1/commands"
	for name in $good; do
		cp "$built/$name.ko" "$1/files"
	done
	cp "$(module_file "$2" dm-mirror)" "$1/files"
	for name in rw_vermagic rw_crc rw_missing; do
		cp "$built/$name.ko" "$1/spoilt"
	done
	xz -c "$built/rw_good.ko" >"$1/files/rw_packed.ko.xz"
	head -c 3000 "$1/files/rw_packed.ko.xz" >"$1/spoilt/short.ko.xz"
	head -c 3000 "$built/rw_good.ko" >"$1/spoilt/short.ko"
	echo "no module at all" >"$1/spoilt/text.ko"
	: >"$1/spoilt/empty.ko"
	"$ROOTWARD" unpack -C "$1/image" "$3"
	cp -a "$1/files" "$1/spoilt" "$1/other.d" "$1/image"
}

setup_file() {
	load helpers
	load build_helpers
	tools=$REPO/tests/fixtures/module-tools
	release=$(kernel_release cloud)
	built=$BATS_FILE_TMPDIR/built
	good='rw_good rw_ebusy rw_eperm rw_enomem rw_enodev rw_firmware'
	TRANSCRIPT=$BATS_FILE_TMPDIR/transcript
	export TRANSCRIPT

	"$REPO/tests/modules/build.sh" "$(kernel_sysroot cloud)" "$built"
	make_sysroot "$BATS_FILE_TMPDIR/sysroot"
	# shellcheck disable=SC2046,SC2086 # one option a word
	build_image "$BATS_FILE_TMPDIR/sysroot" "$BATS_FILE_TMPDIR/img" $(printf -- '--add-module %s ' $good dm_mirror loop \
		brd dummy zram isofs) >"$BATS_FILE_TMPDIR/summary"
	make_root "$BATS_FILE_TMPDIR/root" "$BATS_FILE_TMPDIR/sysroot" "$BATS_FILE_TMPDIR/img"
	"$REPO/qemu/make-disk" --label rw-tools --script "$tools/guest.sh" --add "$BATS_FILE_TMPDIR/root" \
		"$BATS_FILE_TMPDIR/disk"
	"$REPO/qemu/boot" --quiet --kernel cloud --image "$BATS_FILE_TMPDIR/img" --disk "$BATS_FILE_TMPDIR/disk" \
		--append 'root=LABEL=rw-tools rw' --log "$BATS_FILE_TMPDIR/log" --timeout 400 --expect '^CASE end' \
		--qemu -device --qemu virtio-serial-pci --qemu -device --qemu virtconsole,chardev=transcript \
		--qemu -chardev --qemu "file,id=transcript,path=$TRANSCRIPT"
}

setup() {
	load helpers
}

# Numbers of the cases below the heading SECTION of the list, one a line.
case_numbers() { # SECTION
	awk -v section="# --- $1" '/^# ---/ { inside = $0 == section } /^(#|$)/ { next } { n++; if (inside) print n }' \
		"$REPO/tests/fixtures/module-tools/commands"
}

# What TOOLS did in the cases of SECTION. What differs by nature is made the same: how a module's file is packed, and
# the place in libkmod's source that kmod puts before a message.
cases() { # TOOLS SECTION
	awk -v tools="$1" 'NR == FNR { wanted[$1]; next }
		/^CASE / { shown = $3 == tools && $2 in wanted; sub(/^CASE [^ ]+ [^ ]+ /, "CASE ") }
		shown' <(case_numbers "$2") "$TRANSCRIPT" |
		sed -E -e 's#\.\./libkmod/[^ ]+ [a-z_]+\(\) ##' -e 's#(\.ko)\.zst#\1#'
}

same() { # SECTION
	run case_numbers "$1"
	[ "${#lines[@]}" -ge 4 ]
	assert_equal "$(cases kmod "$1" | grep -c '^CASE')" "${#lines[@]}"
	diff -u --label kmod --label ours <(cases kmod "$1") <(cases ours "$1")
}

@test "modprobe inserts as kmod's" {
	same 'modprobe: inserting'
}

@test "modprobe answers as kmod's" {
	same 'modprobe: asking'
}

@test "modprobe reads another configuration as kmod's" {
	same 'modprobe: another configuration'
}

@test "modprobe removes as kmod's" {
	same 'modprobe: removing'
}

@test "insmod" {
	same insmod
}

@test "rmmod" {
	same rmmod
}

@test "lsmod" {
	same lsmod
}

@test "modinfo" {
	same modinfo
}
