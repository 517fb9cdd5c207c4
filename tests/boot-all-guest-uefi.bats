#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole Debian booted by systemd-boot under OVMF: Debian's own hooks call kernel-install, which calls ours. As in
# boot-all-guest.bats. The tests of this file build on each other.

setup_file() {
	load helpers
	load guest_helpers
	[ "$(id -u)" = 0 ] || skip "making the guest needs root"
	GUEST=$("$REPO/qemu/make-guest")
	ROOT=$BATS_FILE_TMPDIR/root
	cp -a "$GUEST/root" "$ROOT"
	chroot "$ROOT" dpkg --purge grub2-common grub-pc-bin grub-common >/dev/null
	echo 'LABEL=ESP /boot/efi vfat umask=0077,noauto 0 0' >>"$ROOT/etc/fstab"
	mkdir -p "$ROOT/boot/efi" "$ROOT/etc/kernel" "$BATS_FILE_TMPDIR/esp"
	echo 'root=LABEL=guest rw console=ttyS0 panic=-1 no_timer_check' >"$ROOT/etc/kernel/cmdline"
	printf 'layout=bls\ninitrd_generator=rootward\n' >"$ROOT/etc/kernel/install.conf"
	cat >"$BATS_FILE_TMPDIR/stages" <<-'END'
		entry() { echo "/boot/efi/loader/entries/$(cat /etc/machine-id)-$1.conf"; }
		has_entry() { # RELEASE: with its kernel and exactly one initrd, ours
			local conf dir
			conf=$(entry "$1")
			dir=/boot/efi/$(cat /etc/machine-id)/$1
			cat "$conf"
			[ "$(grep -c ^initrd "$conf")" = 1 ] && [ -s "$dir/linux" ] && rootward check -q "$dir/initrd"
		}
		has_no_entry() { [ ! -e "$(entry "$1")" ] && [ ! -e "/boot/efi/$(cat /etc/machine-id)/$1" ]; }
		choose() { printf 'timeout 0\ndefault %s-%s.conf\n' "$(cat /etc/machine-id)" "$1" >/boot/efi/loader/loader.conf; }
		stage_install() {
			check "rootward installed" apt_install /debs/rootward_0.1.0_amd64.deb
			check "first kernel installed" apt_install "/debs/linux-image-$old"_*.deb
			check "the ESP is mounted" mount /boot/efi
			# Its module came with the kernel.
			mount -t efivarfs efivarfs /sys/firmware/efi/efivars
			check "systemd-boot installed" apt_install /debs/systemd-boot*.deb
			check "it has an entry for the kernel that was there" has_entry "$old"
			check "second kernel installed" apt_install "/debs/linux-image-$new"_*.deb
			check "it has an entry, too" has_entry "$new"
			check "as the hook's image" cmp "/boot/initrd.img-$new" "/boot/efi/$(cat /etc/machine-id)/$new/initrd"
			check "chosen" choose "$new"
			echo new >/next
		}
		stage_new() {
			booted "$new"
			mount /boot/efi
			# The same by hand.
			check "kernel-install remove" kernel-install remove "$old"
			check "its entry went" has_no_entry "$old"
			check "kernel-install add" kernel-install add "$old" "/boot/vmlinuz-$old"
			check "its entry came" has_entry "$old"
			check "chosen" choose "$old"
			echo remove >/next
		}
		stage_remove() {
			booted "$old"
			mount /boot/efi
			check "second kernel removed" apt-get purge -q -y "linux-image-$new"
			check "its image is gone" test ! -e "/boot/initrd.img-$new"
			check "its entry is gone" has_no_entry "$new"
			check "the other is there" has_entry "$old"
		}
	END
	make_guest_disk "$BATS_FILE_TMPDIR/stages" --table gpt --esp "$BATS_FILE_TMPDIR/esp" --esp-size 200
}

setup() {
	load helpers
	load guest_helpers
}

@test "guest, UEFI: install the package, systemd-boot and a second kernel" {
	boot_guest 1500 install --uefi --kernel cloud --image "$FIRST" --append 'root=LABEL=guest rw'
}

@test "guest, UEFI: systemd-boot boots the new kernel with our image" {
	boot_guest 900 new --uefi
}

@test "guest, UEFI: back in the old kernel, with the entry of kernel-install, the new one is removed with its entry" {
	boot_guest 900 remove --uefi
}
