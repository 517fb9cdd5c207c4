# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests that build images: small module trees and what an image's JSON summary says.

# build_image KERNEL-SYSROOT OUTPUT [OPTION]...: summary on stdout.
build_image() {
	local sysroot=$1 output=$2
	shift 2
	"$ROOTWARD" build -q --json --cache none --sysroot "$sysroot" -k "$(ls "$sysroot/lib/modules")" -o "$output" "$@"
}

# Names of the modules in the summary FILE, sorted.
summary_modules() {
	sed -n '/^ *"modules":\[/,$ s/^ *"name":"\([^"]*\)",$/\1/p' "$1" | sort -u
}

# small_tree DIR MODULE...: sysroot with these modules of the cloud kernel (SMALL_TREE_KERNEL: another) and what they
# need, depmod done.
small_tree() {
	local dir=$1 from release file
	shift
	from=$(kernel_sysroot "${SMALL_TREE_KERNEL:-cloud}")
	release=$(ls "$from/lib/modules")
	mkdir -p "$dir/lib/modules/$release" "$dir/boot"
	cp "$from/boot/config-$release" "$from/boot/vmlinuz-$release" "$dir/boot/"
	cp "$from/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$dir/lib/modules/$release/"
	modprobe -d "$from" -S "$release" -C /dev/null -a -D "$@" | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
		while read -r file; do
			file=${file#*"/lib/modules/$release/"}
			mkdir -p "$dir/lib/modules/$release/$(dirname "$file")"
			cp "$from/lib/modules/$release/$file" "$dir/lib/modules/$release/$file"
		done
	depmod -b "$dir" "$release"
}

# The one module file NAME (with .ko and anything after it) below DIR.
module_file() {
	find "$1/lib/modules" -name "$2.ko*" -print -quit
}
