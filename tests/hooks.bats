#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks of kernel packages and of kernel-install, in a root of their own, with the real run-parts and kernel-install.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034

load helpers
load build_helpers
load hooks_helpers

setup_file() {
	export MADE=$BATS_FILE_TMPDIR/made
	fake_root "$MADE" virtio_blk virtio_pci xfs
	mkdir -p "$MADE/etc/kernel/postinst.d" "$MADE/etc/kernel/postrm.d" "$MADE/etc/kernel/install.d"
	cp "$REPO/hooks/debian/kernel/postinst.d/rootward" "$MADE/etc/kernel/postinst.d/"
	cp "$REPO/hooks/debian/kernel/postrm.d/rootward" "$MADE/etc/kernel/postrm.d/"
	cp "$REPO/hooks/debian/update-images" "$MADE/opt/rootward/"
}

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	cp -a "$MADE" "$ROOT"
	IMAGE=$(image_of "$ROOT")
}

teardown() {
	! mountpoint -q "$ROOT" || umount "$ROOT"
}

# As linux-image's postinst does: run-parts of the real one.
postinst() {
	in_root "$ROOT" env DEB_MAINT_PARAMS="${PARAMS-"'configure' ''"}" run-parts --report --exit-on-error --arg="$RELEASE" \
		--arg="/boot/vmlinuz-$RELEASE" /etc/kernel/postinst.d
}
postrm() {
	in_root "$ROOT" env DEB_MAINT_PARAMS="'remove'" run-parts --arg="$RELEASE" --arg="/boot/vmlinuz-$RELEASE" \
		/etc/kernel/postrm.d
}
configure() { # KEY = VALUE lines below [SECTION]
	printf '%s\n' "$@" >>"$ROOT/etc/rootward/conf.d/90-local.conf"
}
# Another tool with a hook that is installed.
install_initramfs_tools() {
	printf '#!/bin/sh\nexit 0\n' >"$ROOT/etc/kernel/postinst.d/initramfs-tools"
	chmod 755 "$ROOT/etc/kernel/postinst.d/initramfs-tools"
	BEFORE='touch "$root/tmp/update-initramfs"; chmod 755 "$root/tmp/update-initramfs"
		mount -t tmpfs none "$root/mnt"; mkdir "$root/mnt/up" "$root/mnt/work"
		mount -t overlay -o "lowerdir=$root/usr/sbin,upperdir=$root/mnt/up,workdir=$root/mnt/work" none "$root/usr/sbin"
		cp "$root/tmp/update-initramfs" "$root/usr/sbin/"'
	mkdir -p "$ROOT/mnt"
}

# ---- Debian -------------------------------------------------------------------------------------

@test "postinst.d makes the image, postrm.d removes it, and words go to stderr" {
	run --separate-stderr postinst
	assert_success
	assert_output ""
	assert_regex "${stderr:?}" "initrd.img-$RELEASE"
	"$ROOTWARD" check "$IMAGE"
	run --separate-stderr postrm
	assert_success
	assert [ ! -e "$IMAGE" ]
}

@test "postinst.d acts on configure only, not with INITRD=No, and wants a version" {
	PARAMS="'abort-upgrade' '1'" run postinst
	assert_success
	run in_root "$ROOT" env INITRD=No /etc/kernel/postinst.d/rootward "$RELEASE" x
	assert_success
	assert [ ! -e "$IMAGE" ]
	run in_root "$ROOT" /etc/kernel/postinst.d/rootward
	assert_failure 2
	# By hand, as `make install` of a kernel calls it.
	run in_root "$ROOT" /etc/kernel/postinst.d/rootward "$RELEASE"
	assert_success
	assert [ -e "$IMAGE" ]
}

@test "postrm.d acts on remove only and leaves another tool's image" {
	foreign_image "$IMAGE" initramfs-tools
	run postrm
	assert_success
	assert [ -e "$IMAGE" ]
	run in_root "$ROOT" env "DEB_MAINT_PARAMS='upgrade'" /etc/kernel/postrm.d/rootward "$RELEASE"
	assert_success
}

@test "a hook whose program is gone does nothing" {
	rm "$ROOT/opt/rootward/rootward"
	run postinst
	assert_success
	run postrm
	assert_success
}

@test "post-update.d runs afterwards with version and image; its failure is told and counts" {
	mkdir -p "$ROOT/etc/initramfs/post-update.d"
	printf '#!/bin/sh\necho "$1 $2 $(test -s "$2" && echo there)" >/tmp/told\n' >"$ROOT/etc/initramfs/post-update.d/loader"
	chmod 755 "$ROOT/etc/initramfs/post-update.d/loader"
	run postinst
	assert_success
	assert_equal "$(cat "$ROOT/tmp/told")" "$RELEASE /boot/initrd.img-$RELEASE there"
	printf '#!/bin/sh\nexit 4\n' >"$ROOT/etc/initramfs/post-update.d/loader"
	run postinst
	assert_failure
	assert_output --partial "a script of /etc/initramfs/post-update.d failed"
	assert_output --partial "rootward update -k $RELEASE"
}

# A boot loader's script that fails as long as /tmp/full is there, and tells how often it ran in full.
loader_script() {
	mkdir -p "$ROOT/etc/initramfs/post-update.d"
	printf '#!/bin/sh\n[ ! -e /tmp/full ] || exit 1\necho "$2" >>/tmp/told\n' >"$ROOT/etc/initramfs/post-update.d/loader"
	chmod 755 "$ROOT/etc/initramfs/post-update.d/loader"
}

@test "post-update.d that failed runs again at the next trigger, although the image is current, and then no more" {
	loader_script
	touch "$ROOT/tmp/full"
	run in_root "$ROOT" /opt/rootward/update-images
	assert_failure 1
	before=$(stat -c %i "$IMAGE")
	run in_root "$ROOT" /opt/rootward/update-images
	assert_failure 1
	assert_output --partial "run again"
	rm "$ROOT/tmp/full"
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	assert_equal "$(cat "$ROOT/tmp/told")" "/boot/initrd.img-$RELEASE"
	assert_equal "$(stat -c %i "$IMAGE")" "$before"
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	refute_output --partial "run again"
	assert_equal "$(wc -l <"$ROOT/tmp/told")" 1
}

@test "post-update.d runs at the next trigger where the machine went down before it" {
	loader_script
	# What a power cut does: neither the update nor anybody after it goes on.
	printf '#!/bin/sh\nkill -9 "$(cut -d" " -f4 "/proc/$PPID/stat")" "$PPID"\n' >"$ROOT/etc/initramfs/post-update.d/a-cut"
	chmod 755 "$ROOT/etc/initramfs/post-update.d/a-cut"
	run in_root "$ROOT" rootward update -k "$RELEASE"
	assert_failure 137
	rm "$ROOT/etc/initramfs/post-update.d/a-cut"
	assert [ ! -e "$ROOT/tmp/told" ]
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	assert_equal "$(cat "$ROOT/tmp/told")" "/boot/initrd.img-$RELEASE"
}

@test "post-update.d: two updates at once run the scripts one after the other" {
	mkdir -p "$ROOT/etc/initramfs/post-update.d"
	printf '#!/bin/sh\nmkdir /tmp/running || exit 1\nsleep 2\nrmdir /tmp/running\necho "$2" >>/tmp/told\n' \
		>"$ROOT/etc/initramfs/post-update.d/loader"
	chmod 755 "$ROOT/etc/initramfs/post-update.d/loader"
	run in_root "$ROOT" bash -c "rootward update -k $RELEASE & first=\$!; rootward update -k $RELEASE && wait \$first"
	assert_success
	assert_equal "$(wc -l <"$ROOT/tmp/told")" 2
	assert_equal "$(ls -A "$ROOT/var/lib/rootward")" ""
	# The trigger waits for one that is under way, and then finds nothing left to do.
	run in_root "$ROOT" bash -c "rootward update -k $RELEASE & first=\$!; sleep 1; rootward update --stale -k $RELEASE && wait \$first"
	assert_success
	assert_equal "$(wc -l <"$ROOT/tmp/told")" 3
}

@test "post-update.d: a script may ask for the same kernel again; it is not waited for, nor called again" {
	loader_script
	printf '#!/bin/sh\nrootward update --stale -k "$1" && rootward update -q -k "$1" -o /tmp/copy\n' \
		>"$ROOT/etc/initramfs/post-update.d/a-nested"
	chmod 755 "$ROOT/etc/initramfs/post-update.d/a-nested"
	run in_root "$ROOT" timeout 60 rootward update -k "$RELEASE"
	assert_success
	assert_output --partial "is up to date"
	assert_equal "$(wc -l <"$ROOT/tmp/told")" 1
	"$ROOTWARD" check "$ROOT/tmp/copy"
	assert_equal "$(ls -A "$ROOT/var/lib/rootward")" ""
}

@test "post-update.d: a kernel that is removed leaves nothing to repeat" {
	loader_script
	touch "$ROOT/tmp/full"
	run postinst
	assert_failure
	assert [ -e "$ROOT/var/lib/rootward/post-update-$RELEASE" ]
	run postrm
	assert_success
	assert_equal "$(ls -A "$ROOT/var/lib/rootward")" ""
	# Nor does one that there never was.
	run in_root "$ROOT" rootward update -k 9.9.9-none
	assert_failure 1
	assert_equal "$(ls -A "$ROOT/var/lib/rootward")" ""
}

@test "post-update.d of a system below --sysroot runs at the first update inside of it" {
	loader_script
	run "$ROOTWARD" update --sysroot "$ROOT" --cache none -k "$RELEASE"
	assert_success
	run "$ROOTWARD" update --sysroot "$ROOT" --cache none -k "$RELEASE" --stale
	assert_success
	assert_output --partial "left to the first update in that system"
	assert [ ! -e "$ROOT/tmp/told" ]
	# Inside, programs of another place make the image stale.
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	assert_equal "$(cat "$ROOT/tmp/told")" "/boot/initrd.img-$RELEASE"
	assert_equal "$(ls -A "$ROOT/var/lib/rootward")" ""
}

@test "post-update.d runs also where run-parts is not in PATH; without a run-parts it is an error" {
	loader_script
	run in_root "$ROOT" env PATH=/usr/sbin /opt/rootward/rootward update -k "$RELEASE"
	assert_success
	assert_equal "$(cat "$ROOT/tmp/told")" "/boot/initrd.img-$RELEASE"
	BEFORE='mount --bind /dev/null "$root/usr/bin/run-parts"'
	run in_root "$ROOT" rootward update -k "$RELEASE"
	assert_failure 1
	assert_output --partial "run-parts is not installed"
	assert_equal "$(wc -l <"$ROOT/tmp/told")" 1
	# Nothing to run, nothing to miss.
	rm "$ROOT/etc/initramfs/post-update.d/loader"
	run in_root "$ROOT" rootward update -k "$RELEASE"
	assert_success
}

@test "auto leaves a kernel to initramfs-tools where that is installed and made the image" {
	install_initramfs_tools
	foreign_image "$IMAGE" initramfs-tools
	cp "$IMAGE" "$BATS_TEST_TMPDIR/before"
	run postinst
	assert_success
	assert_output --partial "left alone"
	assert_output --partial "made by initramfs-tools"
	assert_output --partial "generator = rootward"
	cmp "$IMAGE" "$BATS_TEST_TMPDIR/before"
	# The administrator decides.
	configure '[hooks]' 'generator = rootward'
	run postinst
	assert_success
	run "$ROOTWARD" explain "$IMAGE" xfs
	assert_success
}

@test "auto: a hook left behind by a removed tool does not count, nor does a tool without an image" {
	printf '#!/bin/sh\nexit 0\n' >"$ROOT/etc/kernel/postinst.d/initramfs-tools"
	chmod 755 "$ROOT/etc/kernel/postinst.d/initramfs-tools"
	foreign_image "$IMAGE" initramfs-tools
	run postinst
	assert_success
	"$ROOTWARD" explain "$IMAGE" xfs
	install_initramfs_tools
	rm "$IMAGE"
	run postinst
	assert_success
	"$ROOTWARD" explain "$IMAGE" xfs
}

@test "auto: dracut removed and not purged does not count, although dracut-core still has its program" {
	local info=$ROOT/var/lib/dpkg/info
	printf '#!/bin/sh\nexit 0\n' >"$ROOT/etc/kernel/postinst.d/dracut"
	printf '#!/bin/sh\n' >"$ROOT/tmp/dracut"
	chmod 755 "$ROOT/etc/kernel/postinst.d/dracut" "$ROOT/tmp/dracut"
	mkdir -p "$ROOT/mnt" "$info"
	BEFORE='mount -t tmpfs none "$root/mnt"; mkdir "$root/mnt/up" "$root/mnt/work"
		mount -t overlay -o "lowerdir=$root/usr/bin,upperdir=$root/mnt/up,workdir=$root/mnt/work" none "$root/usr/bin"
		cp "$root/tmp/dracut" "$root/usr/bin/"'
	foreign_image "$IMAGE" dracut
	# Not of a package: an administrator's own.
	run postinst
	assert_success
	assert_output --partial "left alone"
	# Installed.
	mkdir -p "$ROOT/usr/share/doc/dracut"
	touch "$ROOT/usr/share/doc/dracut/copyright"
	printf '%s\n' /. /etc /etc/kernel /etc/kernel/postinst.d /etc/kernel/postinst.d/dracut /usr /usr/share /usr/share/doc \
		/usr/share/doc/dracut /usr/share/doc/dracut/copyright >"$info/dracut.list"
	run postinst
	assert_success
	assert_output --partial "left alone"
	assert_output --partial "/etc/kernel/postinst.d/dracut"
	# Removed: of the list dpkg keeps the conffiles, and directories that are not empty.
	rm "$ROOT/usr/share/doc/dracut/copyright"
	sed -i /copyright/d "$info/dracut.list"
	run postinst
	assert_success
	refute_output --partial "left alone"
	"$ROOTWARD" explain "$IMAGE" xfs
}

@test "generator = none: hooks do nothing, by hand it works" {
	configure '[hooks]' 'generator = none'
	run postinst
	assert_success
	assert [ ! -e "$IMAGE" ]
	run in_root "$ROOT" rootward update -k "$RELEASE"
	assert_success
	assert [ -e "$IMAGE" ]
}

@test "the trigger makes what is stale or missing, and nothing else" {
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	assert [ -e "$IMAGE" ]
	before=$(stat -c %i "$IMAGE")
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	assert_output --partial "up to date"
	assert_equal "$(stat -c %i "$IMAGE")" "$before"
	configure '[image]' 'timeout = 9'
	run in_root "$ROOT" /opt/rootward/update-images
	assert_success
	assert [ "$(stat -c %i "$IMAGE")" != "$before" ]
}

# ---- what goes wrong: the old image stays, the message says what to do, the status is not 0 ---------

fails_and_keeps() { # STATUS TEXT...
	local wanted=$1 text
	shift
	run postinst
	assert_failure
	assert_output --partial "rootward exited with return code $wanted"
	for text in "$@"; do
		assert_output --partial "$text"
	done
	assert_output --partial "rootward update -k $RELEASE"
	assert_equal "$(sha256sum <"$IMAGE")" "$SUM"
	assert_equal "$(find "$ROOT/boot" -name '*.rootward-*')" ""
}
with_old_image() {
	postinst 2>/dev/null
	SUM=$(sha256sum <"$IMAGE")
	configure '[image]' 'timeout = 9'
}

@test "/boot is full" {
	with_old_image
	BEFORE='mkdir -p "$root/tmp/b"; cp -a "$root/boot/." "$root/tmp/b"; mount -t tmpfs -o size=20m none "$root/boot"
		cp -a "$root/tmp/b/." "$root/boot"; dd if=/dev/zero of="$root/boot/filler" bs=64k 2>/dev/null || true'
	run postinst
	assert_failure
	assert_output --partial "no space for the image"
	assert_output --partial "remove old kernels"
	assert_output --partial "is unchanged"
	run in_root "$ROOT" bash -c "postinst() { /etc/kernel/postinst.d/rootward $RELEASE; }; ! postinst && sha256sum </boot/initrd.img-$RELEASE && ls -A /boot"
	assert_success
	assert_output --partial "$SUM"
	refute_output --partial ".rootward-"
}

@test "/boot is read-only" {
	with_old_image
	BEFORE='mount --bind "$root/boot" "$root/boot"; mount -o remount,bind,ro "$root/boot"'
	fails_and_keeps 1 "Read-only file system"
}

# As a disk image is made for another machine: its root, mounted from a file, is / of a chroot.
@test "a chroot on a disk image: the image is built, and what is mounted there is told of" {
	[ "$(id -u)" = 0 ] || skip "a chroot on a disk image needs root"
	truncate -s 96M "$BATS_TEST_TMPDIR/disk"
	PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -d "$ROOT" "$BATS_TEST_TMPDIR/disk"
	rm -r "$ROOT"
	mkdir "$ROOT"
	mount -o loop "$BATS_TEST_TMPDIR/disk" "$ROOT" || skip "cannot mount a loop device here"
	export BEFORE='mount --rbind /sys "$root/sys"' UNSHARE=-m
	run postinst
	umount "$ROOT"
	assert_success
	assert_line --regexp '^rootward: warning: what is mounted on / is /dev/loop[0-9]+ \(ext4\) on loop loop[0-9]+: .*; this is a chroot, so '
	mount -o loop "$BATS_TEST_TMPDIR/disk" "$ROOT"
	"$ROOTWARD" check "$IMAGE"
	# For this very machine it is refused there as everywhere.
	run -3 in_root "$ROOT" rootward build -q -k "$RELEASE" -o /tmp/image --mode host
	umount "$ROOT"
	assert_output --partial "has no handler for loop devices"
}

@test "a module tree that is half installed" {
	with_old_image
	rm "$(find "$ROOT/usr/lib/modules" -name 'xfs.ko*')"
	fails_and_keeps 3 "xfs.ko" "depmod"
}

@test "depmod did not run" {
	with_old_image
	rm "$ROOT"/usr/lib/modules/*/modules.*
	fails_and_keeps 1 "depmod -a $RELEASE"
}

@test "verification finds an error" {
	with_old_image
	# virtio_blk of another kernel: its vermagic and CRCs do not fit.
	other=$(kernel_sysroot generic)
	file=$(find "$ROOT/usr/lib/modules" -name 'virtio_blk.ko*')
	cp "$(find "$other/lib/modules" -name 'virtio_blk.ko*')" "$file"
	fails_and_keeps 3 "virtio_blk" "no image written"
}

@test "a broken configuration" {
	with_old_image
	configure '[image]' 'tiemout = 9'
	fails_and_keeps 2 "did you mean 'timeout'?"
}

@test "no image yet and a failure: said in so many words" {
	rm "$ROOT"/usr/lib/modules/*/modules.dep*
	run postinst
	assert_failure
	assert_output --partial "kernel $RELEASE has no image and will not boot"
}

# ---- kernel-install -----------------------------------------------------------------------------

# Debian's kernel-install with all its plugins and ours. LAYOUT: bls or other.
with_kernel_install() {
	local systemd
	systemd=$(debian_systemd)
	cp "$systemd/usr/bin/kernel-install" "$ROOT/opt/rootward/kernel-install"
	cp "$systemd"/usr/lib/kernel/install.d/*.install "$REPO"/hooks/kernel-install/*.install "$ROOT/etc/kernel/install.d/"
	mkdir -p "$ROOT/boot/loader/entries"
	printf 'layout=%s\n%s\n' "$1" "${2-}" >"$ROOT/etc/kernel/install.conf"
	ENTRY=$ROOT/boot/0123456789abcdef0123456789abcdef/$RELEASE
	CONF=$ROOT/boot/loader/entries/0123456789abcdef0123456789abcdef-$RELEASE.conf
}
kernel_install() {
	in_root "$ROOT" kernel-install "$@"
}

@test "kernel-install add: exactly one initrd, ours, in the entry; remove takes it away" {
	with_kernel_install bls
	# 85-initrd.install stages this one, whoever made it.
	foreign_image "$IMAGE" initramfs-tools
	run kernel_install -v add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_success
	assert [ -e "$ENTRY/linux" ]
	assert_equal "$(grep -c '^initrd' "$CONF")" 1
	assert_equal "$(sed -n 's/^initrd *//p' "$CONF")" "/boot/0123456789abcdef0123456789abcdef/$RELEASE/initrd"
	assert_equal "$(ls "$ENTRY")" "initrd
linux"
	run "$ROOTWARD" explain "$ENTRY/initrd" xfs
	assert_success
	run kernel_install remove "$RELEASE"
	assert_success
	assert [ ! -e "$ENTRY" ]
	assert [ ! -e "$CONF" ]
	# Not ours.
	assert [ -e "$IMAGE" ]
}

@test "kernel-install add beside an image of our own in /boot: still one" {
	postinst 2>/dev/null
	with_kernel_install bls initrd_generator=rootward
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_success
	assert_equal "$(grep -c '^initrd' "$CONF")" 1
	cmp "$ENTRY/initrd" "$IMAGE"
}

@test "kernel-install add: another generator, a given initrd, a staged one" {
	with_kernel_install bls initrd_generator=dracut
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_success
	assert [ ! -e "$ENTRY/initrd" ]
	with_kernel_install bls
	foreign_image "$ROOT/tmp/given" dracut
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE" /tmp/given
	assert_success
	assert_equal "$(sed -n 's/^initrd *//p' "$CONF")" "/boot/0123456789abcdef0123456789abcdef/$RELEASE/given"
	printf '#!/bin/sh\n[ "$1" != add ] || echo dracut >"$KERNEL_INSTALL_STAGING_AREA/initrd"\n' \
		>"$ROOT/etc/kernel/install.d/50-dracut.install"
	chmod 755 "$ROOT/etc/kernel/install.d/50-dracut.install"
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_success
	assert_equal "$(cat "$ENTRY/initrd")" dracut
}

@test "kernel-install add: a failed build fails it, and what the loader has stays" {
	with_kernel_install bls
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	sum=$(sha256sum <"$ENTRY/initrd")
	rm "$(find "$ROOT/usr/lib/modules" -name 'xfs.ko*')"
	# depmod would mend the tables and hide it.
	rm "$ROOT/etc/kernel/install.d/50-depmod.install"
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_failure 3
	assert_output --partial "xfs"
	assert_equal "$(sha256sum <"$ENTRY/initrd")" "$sum"
	assert [ -e "$CONF" ]
}

@test "kernel-install with keep-previous: a second entry for the replaced image" {
	with_kernel_install bls
	configure '[image]' 'keep-previous = yes'
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert [ ! -e "${CONF%.conf}-previous.conf" ]
	cp "$ENTRY/initrd" "$BATS_TEST_TMPDIR/first"
	configure 'timeout = 9'
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	cmp "$ENTRY/initrd.old" "$BATS_TEST_TMPDIR/first"
	run ! cmp "$ENTRY/initrd" "$BATS_TEST_TMPDIR/first"
	grep -q '/initrd$' "$CONF"
	run cat "${CONF%.conf}-previous.conf"
	assert_output --partial "(previous initramfs)"
	assert_output --partial "/$RELEASE/initrd.old"
	# The same image again: the previous one is still the first.
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	cmp "$ENTRY/initrd.old" "$BATS_TEST_TMPDIR/first"
	kernel_install remove "$RELEASE"
	assert [ ! -e "${CONF%.conf}-previous.conf" ]
	assert [ ! -e "$ENTRY" ]
}

@test "kernel-install add with our image given, as after an update by hand: one image, and the previous one" {
	with_kernel_install bls
	configure '[image]' 'keep-previous = yes'
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	cp "$ENTRY/initrd" "$BATS_TEST_TMPDIR/first"
	configure 'timeout = 9'
	postinst 2>/dev/null
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE" "/boot/initrd.img-$RELEASE"
	assert_success
	assert_equal "$(ls "$ENTRY")" "initrd.img-$RELEASE
initrd.old
linux"
	cmp "$ENTRY/initrd.old" "$BATS_TEST_TMPDIR/first"
	assert_equal "$(sed -n 's,^initrd.*/,,p' "$CONF")" "initrd.img-$RELEASE"
	assert_equal "$(sed -n 's,^initrd.*/,,p' "${CONF%.conf}-previous.conf")" initrd.old
	# And back.
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_success
	assert_equal "$(ls "$ENTRY")" "initrd
initrd.old
linux"
}

@test "kernel-install with boot counting: no image that an entry names is removed" {
	with_kernel_install bls
	configure '[image]' 'keep-previous = yes'
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	echo 3 >"$ROOT/etc/kernel/tries"
	configure 'timeout = 9'
	postinst 2>/dev/null
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE" "/boot/initrd.img-$RELEASE"
	assert_success
	assert_equal "$(sed -n 's,^initrd.*/,,p' "$CONF")" initrd
	assert_equal "$(sed -n 's,^initrd.*/,,p' "${CONF%.conf}+3.conf")" "initrd.img-$RELEASE"
	cmp "$ENTRY/initrd.img-$RELEASE" "$IMAGE"
	assert [ -s "$ENTRY/initrd" ]
	assert [ -s "$ENTRY/initrd.old" ]
}

@test "kernel-install: nobody else may read what the loader gets" {
	with_kernel_install bls
	configure '[image]' 'keep-previous = yes'
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_equal "$(stat -c %a "$ENTRY/initrd")" 600
	configure 'timeout = 9'
	postinst 2>/dev/null
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE" "/boot/initrd.img-$RELEASE"
	assert_equal "$(stat -c %a "$ENTRY/initrd.img-$RELEASE" "$ENTRY/initrd.old")" $'600\n600'
}

@test "kernel-install: no room for the previous image" {
	with_kernel_install bls
	configure '[image]' 'keep-previous = yes'
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	sum=$(sha256sum <"$ENTRY/initrd")
	configure 'timeout = 9'
	# Stands in for a full disk.
	printf '#!/bin/sh\n[ "${2##*/}" != .initrd.old.new ] || { head -c 1000 "$1" >"$2"; exit 1; }\nexec /bin/cp "$@"\n' \
		>"$ROOT/opt/rootward/cp"
	chmod 755 "$ROOT/opt/rootward/cp"
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_failure
	assert_output --partial "the previous image cannot be kept"
	assert_equal "$(ls -A "$ENTRY")" "initrd
linux"
	assert_equal "$(sha256sum <"$ENTRY/initrd")" "$sum"
}

@test "update by hand says that the boot loader's own copy stays as it was" {
	with_kernel_install bls
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	configure '[image]' 'timeout = 9'
	run in_root "$ROOT" rootward update -k "$RELEASE"
	assert_success
	assert_output --partial "kernel-install add $RELEASE VMLINUZ renews it"
	kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	run in_root "$ROOT" rootward update -k "$RELEASE"
	assert_success
	refute_output --partial renews
}

@test "kernel-install, layout other: the usual place, and away again" {
	with_kernel_install other
	run kernel_install add "$RELEASE" "/boot/vmlinuz-$RELEASE"
	assert_success
	"$ROOTWARD" explain "$IMAGE" xfs
	run kernel_install remove "$RELEASE"
	assert_success
	assert [ ! -e "$IMAGE" ]
}

# Newer kernel-install, by its variables.
plugin() {
	in_root "$ROOT" env KERNEL_INSTALL_STAGING_AREA=/tmp/staging KERNEL_INSTALL_LAYOUT="${LAYOUT:-uki}" "$@" \
		/etc/kernel/install.d/50-rootward.install add "$RELEASE" /boot/x "/boot/vmlinuz-$RELEASE"
}

@test "newer kernel-install: layout uki stages, a kernel that is an uki does not, --root is followed" {
	with_kernel_install other
	mkdir "$ROOT/tmp/staging"
	run plugin KERNEL_INSTALL_IMAGE_TYPE=uki
	assert_success
	assert_output ""
	assert [ ! -e "$ROOT/tmp/staging/initrd" ]
	run plugin KERNEL_INSTALL_IMAGE_TYPE=pe KERNEL_INSTALL_INITRD_GENERATOR=rootward
	assert_success
	"$ROOTWARD" explain "$ROOT/tmp/staging/initrd" xfs
	rm "$ROOT/tmp/staging/initrd"
	run plugin KERNEL_INSTALL_VERBOSE=1 KERNEL_INSTALL_INITRD_GENERATOR=mkinitcpio
	assert_success
	assert_output --partial "the initrd generator is mkinitcpio"
	mkdir -p "$ROOT/srv/usr/lib/modules" "$ROOT/srv/boot"
	mv "$ROOT/usr/lib/modules/$RELEASE" "$ROOT/srv/usr/lib/modules/"
	mv "$ROOT/boot/vmlinuz-$RELEASE" "$ROOT/boot/config-$RELEASE" "$ROOT/srv/boot/"
	run plugin KERNEL_INSTALL_ROOT=/srv KERNEL_INSTALL_IMAGE_TYPE=pe
	assert_success
	"$ROOTWARD" explain "$ROOT/tmp/staging/initrd" xfs
}
