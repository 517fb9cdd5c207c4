#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole Debian that boots by its own boot loader: install Rootward's package, install a second kernel, reboot into it
# with the image that the hook built, remove it again. Minutes in an emulated machine: check-all only.
# The tests of this file build on each other.

setup_file() {
	load helpers
	[ "$(id -u)" = 0 ] || skip "making the guest needs root"
	guest=$("$REPO/qemu/make-guest")
	export DISK=$BATS_FILE_TMPDIR/disk.img
	root=$BATS_FILE_TMPDIR/root
	cp -a "$guest/root" "$root"
	mkdir "$root/debs"
	DEB_DIR=$BATS_FILE_TMPDIR/work O=$O "$REPO/hooks/debian/package/make-deb" 0.1.0
	cp "$BATS_FILE_TMPDIR"/work/*.deb "$guest"/packages/*/*.deb "$root/debs/"
	for n in 1 2; do
		name=$(dpkg-deb -f "$guest"/packages/$n/*.deb Package)
		export "RELEASE_$n=${name#linux-image-}"
	done
	cat >"$root/etc/default/grub" <<-'END'
		GRUB_DEFAULT=saved
		GRUB_TIMEOUT=1
		GRUB_CMDLINE_LINUX="console=ttyS0 panic=-1"
		GRUB_TERMINAL=serial
		GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
		GRUB_DISABLE_SUBMENU=y
		GRUB_DISABLE_RECOVERY=true
	END
	cat >"$root/etc/systemd/system/guest-stage.service" <<-'END'
		[Unit]
		After=multi-user.target
		[Service]
		Type=oneshot
		Environment=HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
		StandardOutput=tty
		StandardError=tty
		TTYPath=/dev/console
		ExecStart=/usr/local/sbin/guest-stage
		[Install]
		WantedBy=multi-user.target
	END
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -s ../guest-stage.service "$root/etc/systemd/system/multi-user.target.wants/"
	# What is done in the guest is what the kernel command line or, booted by GRUB, the file /next says.
	cat >"$root/usr/local/sbin/guest-stage" <<-END
		#!/bin/bash
		new=$RELEASE_2 old=$RELEASE_1
	END
	cat >>"$root/usr/local/sbin/guest-stage" <<-'END'
		say() { echo "GUEST: $*"; }
		check() { # NAME COMMAND...
			name=$1
			shift
			if "$@"; then say "$name: yes"; else say "$name: no"; status=1; fi
		}
		status=0
		stage=$(cat /next 2>/dev/null || echo install)
		say "stage $stage kernel $(uname -r)"
		case $stage in
		install)
			check "rootward installed" dpkg -i /debs/rootward_0.1.0_amd64.deb
			check "first kernel installed" dpkg -i "/debs/linux-image-$old"_*.deb
			check "grub installed" grub-install --target=i386-pc /dev/vda
			check "second kernel installed" dpkg -i "/debs/linux-image-$new"_*.deb
			update-grub
			check "its image is there" test -s "/boot/initrd.img-$new"
			check "it is verified" rootward check -q "/boot/initrd.img-$new"
			check "grub knows it" grep -q "initrd.*initrd.img-$new" /boot/grub/grub.cfg
			echo new >/next
			;;
		new)
			check "runs the new kernel" test "$(uname -r)" = "$new"
			check "early-init booted it" test -s /run/rootward/boot.json
			rootward report | head -n 5
			check "chosen for once" grub-reboot 1
			echo remove >/next
			;;
		remove)
			check "runs the old kernel" test "$(uname -r)" = "$old"
			check "early-init booted it" test -s /run/rootward/boot.json
			check "second kernel removed" dpkg -P "linux-image-$new"
			check "its image is gone" test ! -e "/boot/initrd.img-$new"
			check "the other is there" test -s "/boot/initrd.img-$old"
			check "grub has forgotten it" sh -c "! grep -q 'initrd.img-$new' /boot/grub/grub.cfg"
			rm /next
			;;
		esac
		sync
		say "stage $stage done"
		echo "ROOTWARD-TEST: exit $status"
		systemctl --no-block poweroff
	END
	chmod +x "$root/usr/local/sbin/guest-stage"
	"$REPO/qemu/make-disk" --contents "$root" --label guest --table mbr --size 2500 "$DISK"
	rm -rf "$root"
	# The first boot is by QEMU's own loader: nothing of Rootward is installed in the guest yet.
	"$ROOTWARD" build -q -k "$(kernel_release cloud)" --sysroot "$(kernel_sysroot cloud)" --cache "$O/cache" \
		-o "$BATS_FILE_TMPDIR/first.img"
}

setup() {
	load helpers
}

# boot SECONDS OPTION...
boot() {
	run "$REPO/qemu/boot" --memory 1024 --disk "$DISK,keep" --timeout "$1" --reject 'Kernel panic' --reject 'GUEST: .*: no$' \
		"${@:2}"
}

@test "guest: install the package and a second kernel" {
	boot 1500 --kernel cloud --image "$BATS_FILE_TMPDIR/first.img" --append 'root=LABEL=guest rw' \
		--expect 'GUEST: grub knows it: yes' --expect 'GUEST: stage install done'
	assert_success
}

@test "guest: GRUB boots the new kernel with the hook's image" {
	boot 400 --kernel none --expect 'GUEST: runs the new kernel: yes' --expect 'GUEST: early-init booted it: yes' \
		--expect 'GUEST: stage new done'
	assert_success
}

@test "guest: back in the old kernel, the new one is removed with its image" {
	boot 600 --kernel none --expect 'GUEST: runs the old kernel: yes' --expect 'GUEST: its image is gone: yes' \
		--expect 'GUEST: grub has forgotten it: yes' --expect 'GUEST: stage remove done'
	assert_success
}

@test "guest: the old kernel still boots" {
	boot 400 --kernel none --expect "GUEST: stage install kernel $RELEASE_1" --until 'GUEST: stage install kernel'
	assert_success
}
