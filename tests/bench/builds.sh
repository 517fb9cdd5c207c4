# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # variables of run
# The parts that build: time and memory of a build, sizes, growth with the number of modules.

# build_ours CASE KERNEL CACHE: one measured build of the generic image.
build_ours() {
	local sysroot
	sysroot=$(sysroot_of "$2")
	timed build "$1" rootward "$O/rootward" build -q -k "$(release_of "$sysroot")" --sysroot "$sysroot" --cache "$3" \
		-o "$work/built.img"
}

# Shows 4. "cold" is without Rootward's cache; the files are in the page cache for everyone (the first build is not kept).
part_build() {
	local kernel sysroot i
	for kernel in generic 6.12; do
		sysroot=$(sysroot_of "$kernel")
		find "$sysroot" -type f -exec cat {} + >/dev/null
		rm -rf "$work/cache-build"
		rootward_image "$kernel" "$work/built.img"
		for ((i = 0; i < builds; i++)); do
			build_ours "$kernel-cold" "$kernel" none
			rm -rf "$work/cache-build"
			build_ours "$kernel-fill" "$kernel" "$work/cache-build"
			build_ours "$kernel-warm" "$kernel" "$work/cache-build"
			timed build "$kernel-cold" mkinitramfs "$here/peers" mkinitramfs "$sysroot" "$work/built-peer.img"
		done
	done
	# Nothing is promised about it, and it takes long: once.
	timed build generic-cold dracut "$here/peers" dracut "$(sysroot_of generic)" "$work/built-peer.img"
}

# Module names in an image, one a line: any tool's, for `rootward ls` reads them all.
modules_in() {
	"$O/rootward" ls "$1" | awk '{ print $NF }' | sed -n 's|.*/\([^/]*\)[.]ko\([.].*\)\{0,1\}$|\1|p' | tr - _ | LC_ALL=C sort -u
}

# Storage and file system modules of mkinitramfs's image that ours lacks.
missing_modules() {
	"$O/rootward" ls "$2" | awk '{ print $NF }' |
		grep -E '/kernel/(fs|drivers/(ata|block|scsi|nvme|mmc|usb/(host|storage)|md|message|ufs|nvdimm|firewire|memstick|mtd))/' |
		sed -n 's|.*/\([^/]*\)[.]ko\([.].*\)\{0,1\}$|\1|p' | tr - _ | LC_ALL=C sort -u |
		LC_ALL=C comm -23 - <(modules_in "$1")
}

file_mb() { awk "BEGIN { print $(stat -c %s "$1") / 1000000 }"; }

# Shows 5.
part_size() {
	local mk
	bench_disk
	rootward_image generic "$work/generic.img"
	if guest_profile; then
		rootward_image generic "$work/host.img" --mode host --hardware "$work/guest.hw"
		sample size image host size_mb "$(file_mb "$work/host.img")"
	fi
	mk=$(peer_image mkinitramfs generic)
	sample size image rootward size_mb "$(file_mb "$work/generic.img")"
	sample size image mkinitramfs size_mb "$(file_mb "$mk")"
	sample size image dracut size_mb "$(file_mb "$(peer_image dracut generic)")"
	sample size image early-init size_mb "$(file_mb "$O/early-init.bin")"
	missing_modules "$work/generic.img" "$mk" >"$work/missing-modules"
	sample size modules rootward missing "$(wc -l <"$work/missing-modules")"
	[ ! -s "$work/missing-modules" ] || say "in mkinitramfs's image, not in ours: $(tr '\n' ' ' <"$work/missing-modules")"
}

# modules_tree N: a sysroot with N modules of the generic kernel and all that they need, all of them wanted.
modules_tree() {
	local sysroot release tree=$work/modules-$1 dir
	sysroot=$(sysroot_of generic)
	release=$(release_of "$sysroot")
	dir=lib/modules/$release
	rm -rf "$tree"
	mkdir -p "$tree/$dir" "$tree/etc/rootward/conf.d"
	# Whole closures: a module's line names all that it needs.
	awk -v limit="$1" -F '[: ]+' '
		{ for (i = 1; i <= NF; i++) if ($i != "" && !seen[$i]++) { print $i; n++ } }
		n >= limit { exit }' "$sysroot/$dir/modules.dep" >"$work/modules-wanted"
	(cd "$sysroot/$dir" && cpio --quiet -pd "$tree/$dir" <"$work/modules-wanted")
	cp "$sysroot/$dir"/modules.{order,builtin,builtin.modinfo} "$tree/$dir"
	cp -r "$sysroot/boot" "$tree/boot"
	depmod -b "$tree" "$release"
	printf '[modules all]\nclass = other\npaths = kernel/*\n' >"$tree/etc/rootward/conf.d/all.conf"
	echo "$tree"
}

# Aliases that a machine could show: the patterns with every * replaced.
some_aliases() {
	awk '$1 == "alias" { gsub(/[*]/, "0", $2); print $2 }' "$1"/lib/modules/*/modules.alias | awk 'NR % 5 == 0' | head -n 1000
}

# Shows 7, the first two parts.
growth_modules() {
	local count tree release i aliases image start middle end
	for count in 1000 2000 4000; do
		tree=$(modules_tree "$count")
		release=$(release_of "$tree")
		image=$work/modules-$count.img
		for ((i = 0; i < builds; i++)); do
			timed growth "modules-$count" rootward "$O/rootward" build -q -k "$release" --sysroot "$tree" --cache none -o "$image"
		done
		mapfile -t aliases < <(some_aliases "$tree")
		for ((i = 0; i < builds; i++)); do
			start=${EPOCHREALTIME/./}
			"$O/rootward" resolve --image "$image" "${aliases[0]}" >/dev/null || true
			middle=${EPOCHREALTIME/./}
			"$O/rootward" resolve --image "$image" "${aliases[@]}" >/dev/null || true
			end=${EPOCHREALTIME/./}
			sample growth "modules-$count" resolve alias_us \
				"$(awk "BEGIN { print (($end - $middle) - ($middle - $start)) / (${#aliases[@]} - 1) }")"
		done
	done
}

part_growth() {
	growth_modules
	growth_disks
}
