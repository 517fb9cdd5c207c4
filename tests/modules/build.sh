#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#: Usage: tests/modules/build.sh SYSROOT OUT
#:
#: Build the test modules for the kernel of SYSROOT (as qemu/fetch-kernel prints it) into the directory
#: OUT, one .ko a fault. Nothing is signed. OUT/rw_vermagic.ko and OUT/rw_crc.ko are spoilt afterwards.
set -eu
here=$(dirname "$(readlink -f "$0")")
if [ $# != 2 ]; then
	sed -n '/^#:/s/^#: \?//p' "$0" >&2
	exit 2
fi
sysroot=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")
headers=$("$here/../../qemu/fetch-headers" "$(basename "$sysroot")")

work=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here"/*.c "$here"/*.h "$here/Kbuild" "$work"
# One module lacks a symbol on purpose: a warning then, not an error. Kernels are built with the gcc of their
# time; what else is installed will do for these.
make -C "$headers" M="$work" CC="${CC:-gcc}" KBUILD_MODPOST_WARN=1 modules >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}

# Same length, so that nothing else moves.
LC_ALL=C sed -i 's/ SMP preempt / UNI preempt /' "$work/rw_vermagic.ko"

# The CRC is the first word of the entry; 64 bytes each, the name after 8.
objcopy --dump-section "__versions=$work/versions" "$work/rw_crc.ko"
at=$(LC_ALL=C grep -abo -P '_printk\0' "$work/versions" | head -n 1 | cut -d: -f1)
printf '\x01\x02\x03\x04' | dd of="$work/versions" bs=1 seek=$((at - 8)) conv=notrunc status=none
objcopy --update-section "__versions=$work/versions" "$work/rw_crc.ko"

mv "$work"/*.ko "$out"
