#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Power cuts while images are replaced: QEMU is killed at random moments of a guest that does nothing else. Each time the
# kernel and the image are taken from the disk as a boot loader reads it (ext4 without a replay of its journal), must be
# whole, and boot the guest for the next cut.

CUTS=${CUTS:-20}

setup_file() {
	load helpers
	load build_helpers
	export TREE=$BATS_FILE_TMPDIR/tree ROOT=$BATS_FILE_TMPDIR/root.img FIRST=$BATS_FILE_TMPDIR/first.img RELEASE
	# vfat and what it needs on the way to /boot are in the images, so that the root needs no module tools.
	small_tree "$TREE" virtio_blk virtio_pci virtio_scsi sd_mod ext4 vfat nls_cp437 nls_ascii
	RELEASE=$(ls "$TREE/lib/modules")
	guest_programs
	"$ROOTWARD" build -q -k "$RELEASE" --sysroot "$TREE" --cache none --add-module vfat --add-module nls_cp437 \
		--add-module nls_ascii -o "$FIRST"
	guest_script >"$BATS_FILE_TMPDIR/script"
	"$REPO/qemu/make-disk" --label rw-cut --size 160 --script "$BATS_FILE_TMPDIR/script" --add "$BATS_FILE_TMPDIR/add" "$ROOT"
}

setup() {
	load helpers
}

# rootward with its libraries and what images are made of, as installed.
guest_programs() {
	local add=$BATS_FILE_TMPDIR/add lib
	mkdir -p "$add"/{sbin,usr/lib/rootward,usr/bin,etc/rootward/conf.d,lib/modules,boot}
	cp "$ROOTWARD" "$add/sbin/rootward"
	strip "$add/sbin/rootward"
	cp "$ROOTWARD_EARLY_INIT" "$add/usr/lib/rootward/early-init"
	cp -r "$REPO/conf.d" "$add/usr/lib/rootward/conf.d"
	cp /bin/busybox "$add/usr/bin/busybox"
	while read -r lib; do
		mkdir -p "$add$(dirname "$lib")"
		cp -L "$lib" "$add$lib"
	done < <(ldd "$ROOTWARD" | grep -oE '/[^ ]+')
	cp -r "$TREE/lib/modules/$RELEASE" "$add/lib/modules/"
	echo 12.0 >"$add/etc/debian_version"
	printf '[image]\nadd-modules = vfat nls_cp437 nls_ascii\nkeep-previous = yes\n' >"$add/etc/rootward/conf.d/a.conf"
}

guest_script() {
	cat <<-END
		release=$RELEASE
	END
	cat <<-'END'
		type=$(sed 's/.*boot_fs=\([a-z0-9]*\).*/\1/' /proc/cmdline)
		# Drivers probe side by side: either may be the first disk.
		case $(grep ' / ' /proc/mounts) in /dev/vda*) boot=/dev/vdb ;; *) boot=/dev/vda ;; esac
		mount -t "$type" "$boot" /boot || exit 1
		mkdir -p /run/cache
		rounds() {
			i=0
			while :; do
				i=$((i + 1))
				printf '[image]\ntimeout = %d\n' $((10 + i)) >/etc/rootward/conf.d/b.conf
				rootward update -q --cache /run/cache -k "$release" || { echo "ROUND: failed"; return; }
				echo "ROUND: $i"
				: >/run/round
			done
		}
		rounds &
		random() { hexdump -n 2 -e '"%u"' /dev/urandom; }
		# Not in the first round, which reads the kernel's symbols and compresses modules for seconds.
		while [ ! -e /run/round ]; do usleep 10000; done
		case $(cat /proc/cmdline) in
		*cut_at=any*) usleep $(($(random) * 60)) ;;
		*)
			# While the new image is written: its temporary file has a name. On ext4 hardly ever, so not for long.
			tries=0
			while set -- /boot/.*rootward-* && [ ! -e "$1" ] && [ "$tries" -lt 2000 ]; do tries=$((tries + 1)); done
			usleep $(($(random) * 2))
			;;
		esac
		echo "ROUND: cut"
		sleep 100
	END
}

# take NAME OUT: from the boot partition, as a boot loader reads it.
take() {
	rm -f "$2"
	case $fs in
	ext4) debugfs -R "dump /$1 $2" "$disk" 2>/dev/null ;;
	vfat) mcopy -i "$disk" "::/$1" "$2" ;;
	esac
	[ -s "$2" ]
}

make_boot_disk() { # first kernel and image
	local dir=$BATS_TEST_TMPDIR/boot
	mkdir "$dir"
	cp "$TREE/boot/"* "$dir/"
	cp "$FIRST" "$dir/initrd.img-$RELEASE"
	"$REPO/qemu/make-disk" --fs "$fs" --contents "$dir" --size 200 "$disk"
}

power_cuts() {
	local n name
	fs=$1 disk=$BATS_TEST_TMPDIR/boot.img
	make_boot_disk
	for ((n = 0; n <= CUTS; n++)); do
		take "vmlinuz-$RELEASE" "$BATS_TEST_TMPDIR/vmlinuz"
		cmp "$BATS_TEST_TMPDIR/vmlinuz" "$TREE/boot/vmlinuz-$RELEASE"
		for name in "initrd.img-$RELEASE" "initrd.img-$RELEASE.old"; do
			# There is none before the first cut.
			[[ $n = 0 && $name = *.old ]] && continue
			take "$name" "$BATS_TEST_TMPDIR/$name"
			run "$ROOTWARD" check -q "$BATS_TEST_TMPDIR/$name"
			assert_success
		done
		# What a machine does at its next boot; lost clusters would fill the disk.
		[ "$fs" != vfat ] || fsck.vfat -a "$disk" >"$BATS_TEST_TMPDIR/fsck" 2>&1 || [ $? = 1 ]
		run "$REPO/qemu/boot" --timeout 300 --kernel "$BATS_TEST_TMPDIR/vmlinuz" --image "$BATS_TEST_TMPDIR/initrd.img-$RELEASE" \
			--disk "$ROOT" --disk "$disk,keep" --append "quiet root=LABEL=rw-cut rw boot_fs=$fs modules_load=vfat,nls_cp437,nls_ascii cut_at=$([ $((n % 2)) = 0 ] && echo any || echo write)" \
			--reject 'ROUND: failed' --reject 'Kernel panic' --expect 'ROUND: [0-9]+' --until 'ROUND: cut'
		assert_success
		echo "# $fs: cut $n after $(grep -c 'ROUND: [0-9]' <<<"$output") images" >&3
	done
}

@test "power cuts with /boot on ext4" {
	power_cuts ext4
}

@test "power cuts with /boot on vfat" {
	power_cuts vfat
}
