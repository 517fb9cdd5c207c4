#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole Debian booted by GRUB from a BIOS: install Rootward's package, install a second kernel, reboot into it
# with the image that the hook built, do the same by kernel-install, remove it again. Minutes: check-all only.
# The tests of this file build on each other.

setup_file() {
	load helpers
	load guest_helpers
	[ "$(id -u)" = 0 ] || skip "making the guest needs root"
	GUEST=$("$REPO/qemu/make-guest")
	ROOT=$BATS_FILE_TMPDIR/root
	cp -a "$GUEST/root" "$ROOT"
	cat >"$ROOT/etc/default/grub" <<-'END'
		GRUB_DEFAULT=saved
		GRUB_TIMEOUT=1
		GRUB_CMDLINE_LINUX="console=ttyS0 panic=-1 no_timer_check"
		GRUB_TERMINAL=serial
		GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
		GRUB_DISABLE_SUBMENU=y
		GRUB_DISABLE_RECOVERY=true
	END
	cat >"$BATS_FILE_TMPDIR/stages" <<-'END'
		grub_knows() { grep -q "initrd.*initrd.img-$1" /boot/grub/grub.cfg; }
		grub_forgot() { ! grub_knows "$1"; }
		stage_install() {
			check "rootward installed" apt_install /debs/rootward_0.1.0_amd64.deb
			check "first kernel installed" apt_install "/debs/linux-image-$old"_*.deb
			check "grub installed" grub-install --target=i386-pc /dev/vda
			update-grub
			check "second kernel installed" apt_install "/debs/linux-image-$new"_*.deb
			check "its image is there" test -s "/boot/initrd.img-$new"
			check "it is verified" rootward check -q "/boot/initrd.img-$new"
			check "the kernel package told grub" grub_knows "$new"
			echo new >/next
		}
		stage_new() {
			booted "$new"
			rootward report | head -n 5
			# The same by hand.
			check "kernel-install remove" kernel-install remove "$old"
			check "the image went" test ! -e "/boot/initrd.img-$old"
			check "kernel-install add" kernel-install add "$old" "/boot/vmlinuz-$old"
			check "the image came" rootward check -q "/boot/initrd.img-$old"
			check "chosen for once" grub-reboot 1
			echo remove >/next
		}
		stage_remove() {
			booted "$old"
			check "second kernel removed" apt-get purge -q -y "linux-image-$new"
			check "its image is gone" test ! -e "/boot/initrd.img-$new"
			check "the other is there" test -s "/boot/initrd.img-$old"
			check "grub has forgotten it" grub_forgot "$new"
			echo last >/next
		}
		stage_last() {
			booted "$old"
		}
	END
	make_guest_disk "$BATS_FILE_TMPDIR/stages" --table mbr
}

setup() {
	load helpers
	load guest_helpers
}

@test "guest: install the package and a second kernel" {
	boot_guest 1500 install --kernel cloud --image "$FIRST" --append 'root=LABEL=guest rw'
}

@test "guest: GRUB boots the new kernel with the hook's image" {
	boot_guest 600 new --kernel none
}

@test "guest: back in the old kernel, with the image of kernel-install, the new one is removed with its image" {
	boot_guest 600 remove --kernel none
}

@test "guest: the old kernel still boots" {
	boot_guest 400 last --kernel none
}
