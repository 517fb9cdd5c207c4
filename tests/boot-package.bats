#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package in a real Debian (a chroot): installed, upgraded, removed, purged; kernel packages call it.
# The tests of this file build on each other.

setup_file() {
	load helpers
	[ "$(id -u)" = 0 ] || skip "a chroot needs root"
	GUEST=$("$REPO/qemu/make-guest")
	export GUEST ROOT=$BATS_FILE_TMPDIR/root DEBS=$BATS_FILE_TMPDIR/debs
	cp -a "$GUEST/root" "$ROOT"
	mkdir -p "$DEBS"
	export SOURCE_DATE_EPOCH=1700000000
	for version in 0.1.0 0.1.1; do
		DEB_DIR=$BATS_FILE_TMPDIR/work O=$O "$REPO/hooks/debian/package/make-deb" "$version" 2>"$BATS_FILE_TMPDIR/log" ||
			{ cat "$BATS_FILE_TMPDIR/log" >&2; return 1; }
		mv "$BATS_FILE_TMPDIR"/work/*.deb "$DEBS/"
	done
	mkdir "$ROOT/debs"
	cp "$DEBS"/*.deb "$GUEST"/packages/*/*.deb "$ROOT/debs/"
	for n in 1 2; do
		name=$(dpkg-deb -f "$GUEST"/packages/$n/*.deb Package)
		export "PACKAGE_$n=$name" "RELEASE_$n=${name#linux-image-}"
	done
	all_files >"$BATS_FILE_TMPDIR/before"
}

setup() {
	load helpers
}

# Files of the root, without what dpkg and apt keep about packages and what they log.
all_files() {
	(cd "$ROOT" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/log -o -path ./debs -o \
		-path './var/cache/*' -o -path ./boot -o -path ./lib/modules -o -path ./usr/lib/modules \) -prune -o -print) | LC_ALL=C sort
	(cd "$ROOT" && find var/cache/rootward var/lib/rootward 2>/dev/null) || true
}

inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$ROOT" "$@"
}

@test "package: lintian finds no error" {
	run lintian --allow-root --fail-on error "$DEBS"/rootward_0.1.0_*.deb
	assert_success
	refute_line --regexp '^E:'
}

@test "package: the same tree gives the same package, on another file system, too" {
	elsewhere=$(mktemp -d -p /dev/shm)
	DEB_DIR=$elsewhere O=$O run --separate-stderr "$REPO/hooks/debian/package/make-deb" 0.1.0
	same=no
	! cmp "$elsewhere"/*.deb "$DEBS"/rootward_0.1.0_*.deb || same=yes
	rm -r "$elsewhere"
	assert_success
	assert_equal "$same" yes
}

@test "package: installs where no kernel is" {
	run inside sh -c 'dpkg -i /debs/rootward_0.1.0_*.deb'
	assert_success
	run inside rootward --version
	assert_success
	run inside dpkg-query -W -f '${db:Status-Status}' rootward
	assert_output installed
}

@test "package: a kernel package gets its image, and has it verified" {
	run inside sh -c "dpkg -i /debs/${PACKAGE_1}_*.deb"
	assert_success
	[ -s "$ROOT/boot/initrd.img-$RELEASE_1" ]
	run inside rootward check "/boot/initrd.img-$RELEASE_1"
	assert_success
	run inside rootward list
	assert_success
	assert_line --regexp "^$RELEASE_1 +ok +/boot/initrd.img-$RELEASE_1"
}

@test "package: a second kernel comes and goes with its image" {
	before=$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")
	run inside sh -c "dpkg -i /debs/${PACKAGE_2}_*.deb"
	assert_success
	[ -s "$ROOT/boot/initrd.img-$RELEASE_2" ]
	run inside dpkg -r "$PACKAGE_2"
	assert_success
	[ ! -e "$ROOT/boot/initrd.img-$RELEASE_2" ]
	[ "$before" = "$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")" ]
	run inside dpkg -P "$PACKAGE_2"
	assert_success
}

@test "package: the trigger makes what is stale, and only that" {
	before=$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")
	run inside dpkg-trigger --by-package=base-files update-initramfs
	run inside dpkg --triggers-only rootward
	assert_success
	[ "$before" = "$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")" ]
	echo "options loop max_loop=17" >"$ROOT/etc/modprobe.d/test.conf"
	run inside dpkg-trigger --by-package=base-files update-initramfs
	run inside dpkg --triggers-only rootward
	assert_success
	[ "$before" != "$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")" ]
	rm "$ROOT/etc/modprobe.d/test.conf"
}

@test "package: an image that cannot be made leaves the old one and fails the kernel package" {
	before=$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")
	printf '[image]\nadd-modules = no_such_module\n' >"$ROOT/etc/rootward/conf.d/bad.conf"
	run inside dpkg-reconfigure -f noninteractive "$PACKAGE_1"
	assert_failure
	assert_output --partial no_such_module
	[ "$before" = "$(sha256sum <"$ROOT/boot/initrd.img-$RELEASE_1")" ]
	rm "$ROOT/etc/rootward/conf.d/bad.conf"
	run inside dpkg --configure -a
	assert_success
}

@test "package: an upgrade keeps changed hooks and the administrator's configuration" {
	echo '# mine' >>"$ROOT/etc/kernel/postinst.d/rootward"
	printf '[image]\nkeep-previous = yes\n' >"$ROOT/etc/rootward/conf.d/local.conf"
	run inside sh -c 'dpkg -i --force-confold /debs/rootward_0.1.1_*.deb'
	assert_success
	run tail -n 1 "$ROOT/etc/kernel/postinst.d/rootward"
	assert_output '# mine'
	[ -s "$ROOT/etc/rootward/conf.d/local.conf" ]
	run inside rootward list
	assert_success
}

@test "package: removed, the hooks do nothing and the image stays" {
	run inside dpkg -r --force-depends rootward
	assert_success
	[ -s "$ROOT/boot/initrd.img-$RELEASE_1" ]
	[ ! -e "$ROOT/usr/sbin/rootward" ]
	run inside run-parts --arg="$RELEASE_1" --arg="/boot/vmlinuz-$RELEASE_1" /etc/kernel/postinst.d
	assert_success
}

@test "package: purged, no file is left behind" {
	rm "$ROOT/etc/rootward/conf.d/local.conf"
	run inside dpkg -P --force-depends rootward
	assert_success
	run inside dpkg -P "$PACKAGE_1"
	all_files >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_FILE_TMPDIR/before" "$BATS_TEST_TMPDIR/after" >"$BATS_TEST_TMPDIR/changes" || true
	run ! grep '^>.*rootward' "$BATS_TEST_TMPDIR/changes"
	run diff <(grep -v /etc/kernel "$BATS_FILE_TMPDIR/before") <(grep -vE '/etc/kernel|\./etc/initramfs' "$BATS_TEST_TMPDIR/after")
	assert_output ""
}
