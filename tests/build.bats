#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rootward build: closure, reproducibility, options.
# shellcheck disable=SC2030,SC2031

load helpers
load build_helpers

setup_file() {
	export TREE=$BATS_FILE_TMPDIR/tree
	small_tree "$TREE" virtio_blk virtio_pci xfs vmw_pvscsi crc32c_intel dm_mod
	RELEASE=$(ls "$TREE/lib/modules")
	export RELEASE
}

# Everything that modprobe would load for a module of the image is in the image.
closed() {
	local sysroot release
	sysroot=$(kernel_sysroot "$1")
	release=$(kernel_release "$1")
	build_image "$sysroot" "$BATS_TEST_TMPDIR/image" >"$BATS_TEST_TMPDIR/summary"
	summary_modules "$BATS_TEST_TMPDIR/summary" >"$BATS_TEST_TMPDIR/have"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/have")" -gt 100 ]
	xargs modprobe -d "$sysroot" -S "$release" -C /dev/null -a --show-depends <"$BATS_TEST_TMPDIR/have" \
		>"$BATS_TEST_TMPDIR/depends"
	sed -n 's|^insmod .*/\([^/ ]*\)\.ko.*|\1|p' "$BATS_TEST_TMPDIR/depends" | tr - _ | sort -u >"$BATS_TEST_TMPDIR/want"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/want")" -gt 100 ]
	run comm -23 "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/have"
	assert_output ""
}

@test "the generic image is closed: cloud" {
	closed cloud
}

@test "the generic image is closed: generic" {
	closed generic
}

@test "the generic image is closed: 6.12" {
	closed 6.12
}

@test "the kernel's requests are in: ext4 brings every crc32c" {
	build_image "$(kernel_sysroot generic)" "$BATS_TEST_TMPDIR/image" >"$BATS_TEST_TMPDIR/summary"
	run summary_modules "$BATS_TEST_TMPDIR/summary"
	for module in ext4 crc32c_generic crc32c_intel nls_utf8 nls_cp437 xfs btrfs f2fs dm_crypt xts nvme ahci usbhid; do
		assert_line "$module"
	done
	refute_line e1000e
	refute_line virtio_net
}

@test "two builds are identical: directories, threads, times of the sources" {
	mkdir "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	cp -r "$TREE" "$BATS_TEST_TMPDIR/tree"
	find "$BATS_TEST_TMPDIR/tree" -exec touch -d '2001-02-03' {} +
	build_image "$TREE" "$BATS_TEST_TMPDIR/a/image" --threads 1 >/dev/null
	build_image "$TREE" "$BATS_TEST_TMPDIR/b/other" --threads 2 >/dev/null
	build_image "$BATS_TEST_TMPDIR/tree" "$BATS_TEST_TMPDIR/c" --threads 7 >/dev/null
	cmp "$BATS_TEST_TMPDIR/a/image" "$BATS_TEST_TMPDIR/b/other"
	cmp "$BATS_TEST_TMPDIR/a/image" "$BATS_TEST_TMPDIR/c"
}

@test "a whole kernel is reproducible too" {
	build_image "$(kernel_sysroot cloud)" "$BATS_TEST_TMPDIR/a" --threads 1 >/dev/null
	build_image "$(kernel_sysroot cloud)" "$BATS_TEST_TMPDIR/b" --threads 3 >/dev/null
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "--add-module adds what it names, by name or alias, and what that needs" {
	build_image "$(kernel_sysroot generic)" "$BATS_TEST_TMPDIR/image" --add-module e1000e --add-module net-pf-16-proto-4-type-17 \
		>"$BATS_TEST_TMPDIR/summary"
	run summary_modules "$BATS_TEST_TMPDIR/summary"
	assert_line e1000e
	assert_line af_packet_diag
	grep -q '"reason":"named by --add-module"' "$BATS_TEST_TMPDIR/summary"
}

@test "--omit-module leaves out" {
	build_image "$TREE" "$BATS_TEST_TMPDIR/image" --omit-module vmw_pvscsi >"$BATS_TEST_TMPDIR/summary"
	run summary_modules "$BATS_TEST_TMPDIR/summary"
	refute_line vmw_pvscsi
	assert_line xfs
}

@test "--omit-module of what another module needs is an error that names it" {
	run build_image "$TREE" "$BATS_TEST_TMPDIR/image" --omit-module libcrc32c
	assert_failure 1
	assert_output --partial "module libcrc32c cannot be left out: it is needed by xfs"
	assert [ ! -e "$BATS_TEST_TMPDIR/image" ]
}

@test "--feature network brings network cards; without it they are not there" {
	build_image "$(kernel_sysroot generic)" "$BATS_TEST_TMPDIR/image" --feature network >"$BATS_TEST_TMPDIR/summary"
	run summary_modules "$BATS_TEST_TMPDIR/summary"
	assert_line virtio_net
	assert_line e1000e
	assert_line nfsv4
}

@test "configuration of the sysroot replaces and adds; --print-config tells from where" {
	cp -r "$TREE" "$BATS_TEST_TMPDIR/tree"
	mkdir -p "$BATS_TEST_TMPDIR/tree/etc/rootward/conf.d"
	printf '[image]\nomit-modules = vmw_pvscsi\ntimeout = 7\n' >"$BATS_TEST_TMPDIR/tree/etc/rootward/conf.d/90-local.conf"
	run build_image "$BATS_TEST_TMPDIR/tree" "$BATS_TEST_TMPDIR/image" --print-config
	assert_success
	assert_output --partial "90-local.conf:3
timeout = 7"
	build_image "$BATS_TEST_TMPDIR/tree" "$BATS_TEST_TMPDIR/image" >"$BATS_TEST_TMPDIR/summary"
	run summary_modules "$BATS_TEST_TMPDIR/summary"
	refute_line vmw_pvscsi
}

@test "firmware is found where the kernel looks, compressed files are undone for a kernel that cannot" {
	cp -r "$TREE" "$BATS_TEST_TMPDIR/tree"
	from=$(kernel_sysroot generic)
	release=$(ls "$from/lib/modules")
	mkdir -p "$BATS_TEST_TMPDIR/tree/lib/firmware/updates" "$BATS_TEST_TMPDIR/sysroot/lib/firmware/updates" \
		"$BATS_TEST_TMPDIR/sysroot/boot" "$BATS_TEST_TMPDIR/sysroot/lib/modules"
	cp -rl "$from/lib/modules/$release" "$BATS_TEST_TMPDIR/sysroot/lib/modules/" 2>/dev/null ||
		cp -r "$from/lib/modules/$release" "$BATS_TEST_TMPDIR/sysroot/lib/modules/"
	cp "$from/boot/config-$release" "$from/boot/vmlinuz-$release" "$BATS_TEST_TMPDIR/sysroot/boot/"
	head -c 5000 /dev/urandom >"$BATS_TEST_TMPDIR/blob"
	zstd -q "$BATS_TEST_TMPDIR/blob" -o "$BATS_TEST_TMPDIR/sysroot/lib/firmware/updates/ql2200_fw.bin.zst"
	xz -k -c --check=crc32 "$BATS_TEST_TMPDIR/blob" >"$BATS_TEST_TMPDIR/sysroot/lib/firmware/ql2300_fw.bin.xz"
	cp "$BATS_TEST_TMPDIR/blob" "$BATS_TEST_TMPDIR/sysroot/lib/firmware/real.bin"
	ln -s real.bin "$BATS_TEST_TMPDIR/sysroot/lib/firmware/ql2400_fw.bin"
	build_image "$BATS_TEST_TMPDIR/sysroot" "$BATS_TEST_TMPDIR/image" >"$BATS_TEST_TMPDIR/summary"
	grep -q '"firmware_files":3' "$BATS_TEST_TMPDIR/summary"
	grep -q 'ql2500_fw.bin' "$BATS_TEST_TMPDIR/summary"
	run grep -c 'ql2200_fw.bin\|ql2300_fw.bin\|ql2400_fw.bin' "$BATS_TEST_TMPDIR/summary"
	assert_output 0
	for name in updates/ql2200_fw.bin real.bin; do
		"$ROOTWARD" cat "$BATS_TEST_TMPDIR/image" "/lib/firmware/$name" | cmp - "$BATS_TEST_TMPDIR/blob"
	done
	# This kernel reads .xz, and not .zst.
	grep -q '^CONFIG_FW_LOADER_COMPRESS_XZ=y' "$from/boot/config-$release"
	"$ROOTWARD" cat "$BATS_TEST_TMPDIR/image" /lib/firmware/ql2300_fw.bin.xz | xz -d | cmp - "$BATS_TEST_TMPDIR/blob"
}

@test "a profile of another machine decides host mode" {
	printf 'rootward-hardware 1\ndevice /devices/pci0000:00/0000:00:04.0 pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02 nvme\nstack / /dev/nvme0n1p1 ext4\nlayer / partition nvme0n1p1 /devices/pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1/nvme0n1p1\nlayer / disk nvme0n1 /devices/pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1\n' \
		>"$BATS_TEST_TMPDIR/profile"
	build_image "$(kernel_sysroot generic)" "$BATS_TEST_TMPDIR/image" --mode host \
		--hardware "$BATS_TEST_TMPDIR/profile" >"$BATS_TEST_TMPDIR/summary"
	run summary_modules "$BATS_TEST_TMPDIR/summary"
	assert_line nvme
	assert_line ext4
	refute_line ahci
	assert [ "${#lines[@]}" -le 40 ]
}

@test "a root on a stack without a handler is refused with 3 and the old image stays" {
	printf 'rootward-hardware 1\nstack / /dev/mapper/root ext4\nlayer / dm-crypt root /devices/virtual/block/dm-0\nlayer / disk sda /devices/pci0000:00/sda\n' \
		>"$BATS_TEST_TMPDIR/profile"
	echo old >"$BATS_TEST_TMPDIR/image"
	run build_image "$TREE" "$BATS_TEST_TMPDIR/image" --hardware "$BATS_TEST_TMPDIR/profile"
	assert_failure 3
	assert_equal "$(cat "$BATS_TEST_TMPDIR/image")" old
}

@test "usage faults exit with 2 and name the nearest option" {
	run "$ROOTWARD" build --sysrot /x
	assert_failure 2
	assert_output --partial "did you mean '--sysroot'?"
	run "$ROOTWARD" build --mode fast
	assert_failure 2
	run "$ROOTWARD" build --threads 0
	assert_failure 2
	run "$ROOTWARD" build image
	assert_failure 2
	assert_output --partial "goes after -o"
	run "$ROOTWARD" biuld
	assert_failure 2
	assert_output --partial "did you mean 'build'?"
}

@test "help and version" {
	run "$ROOTWARD" --help
	assert_success
	assert_output --partial "build "
	run "$ROOTWARD" build --help
	assert_success
	assert_output --partial "--add-module"
	run "$ROOTWARD" --version
	assert_success
	assert_output --regexp '^rootward [0-9]'
	run "$ROOTWARD"
	assert_failure 2
}

@test "installed anywhere, it finds its data beside itself" {
	local root=$BATS_TEST_TMPDIR/staged
	mkdir -p "$root/opt/sbin" "$root/opt/lib/rootward"
	cp "$ROOTWARD" "$root/opt/sbin/rootward"
	cp "$ROOTWARD_EARLY_INIT" "$root/opt/lib/rootward/early-init"
	cp -r "$REPO/conf.d" "$root/opt/lib/rootward/"
	unset ROOTWARD_DATADIR ROOTWARD_EARLY_INIT
	ROOTWARD=$root/opt/sbin/rootward build_image "$TREE" "$BATS_TEST_TMPDIR/image" >/dev/null
	rm "$root/opt/lib/rootward/early-init"
	ROOTWARD=$root/opt/sbin/rootward run build_image "$TREE" "$BATS_TEST_TMPDIR/image"
	assert_failure 1
	assert_output --partial "early-init not found"
	assert_output --partial "$root/opt/lib/rootward"
}
