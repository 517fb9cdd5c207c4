# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A whole Debian on a disk that boots by its own boot loader, with Rootward's package and two kernels' in /debs. What is done
# in the guest is a stage: a function of the script that make_guest_disk gets, by the name that /next has.

# make_guest_disk SCRIPT make-disk-OPTION...: ROOT is the tree that goes on the disk. Sets DISK, FIRST (an image to begin with),
# RELEASE_1 and RELEASE_2.
make_guest_disk() {
	local n name script=$1
	shift
	export DISK=$BATS_FILE_TMPDIR/disk.img FIRST=$BATS_FILE_TMPDIR/first.img
	DEB_DIR=$BATS_FILE_TMPDIR/work O=$O "$REPO/hooks/debian/package/make-deb" 0.1.0
	mkdir "$ROOT/debs"
	cp "$BATS_FILE_TMPDIR"/work/*.deb "$GUEST"/packages/*/*.deb "$ROOT/debs/"
	for n in 1 2; do
		name=$(dpkg-deb -f "$GUEST"/packages/$n/*.deb Package)
		export "RELEASE_$n=${name#linux-image-}"
	done
	cat >"$ROOT/etc/systemd/system/guest-stage.service" <<-'END'
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
	mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
	ln -s ../guest-stage.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
	{
		printf '#!/bin/bash\nold=%s new=%s\n' "$RELEASE_1" "$RELEASE_2"
		cat <<-'END'
			status=0
			say() { echo "GUEST: $*"; }
			check() { # NAME COMMAND...
				name=$1
				shift
				if "$@"; then say "$name: yes"; else say "$name: no"; status=1; fi
			}
			# Kernel packages want linux-initramfs-tool; that must be Rootward.
			apt_install() { apt-get install -q -y --no-install-recommends "$@"; }
			booted() { # RELEASE
				check "runs $1" test "$(uname -r)" = "$1"
				check "early-init booted it" test -s /run/rootward/boot.json
			}
		END
		cat "$script"
		cat <<-'END'
			stage=$(cat /next 2>/dev/null || echo install)
			say "stage $stage kernel $(uname -r)"
			"stage_$stage"
			sync
			say "stage $stage done"
			echo "ROOTWARD-TEST: exit $status"
			systemctl --no-block poweroff
		END
	} >"$ROOT/usr/local/sbin/guest-stage"
	chmod +x "$ROOT/usr/local/sbin/guest-stage"
	"$REPO/qemu/make-disk" --contents "$ROOT" --label guest --size 2500 "$@" "$DISK"
	rm -rf "$ROOT"
	# The first boot is by QEMU's own loader: nothing of Rootward is installed in the guest yet.
	"$ROOTWARD" build -q -k "$(kernel_release cloud)" --sysroot "$(kernel_sysroot cloud)" --cache "$O/cache" -o "$FIRST"
}

# boot_guest SECONDS STAGE OPTION...: one boot, which does STAGE, and all of it well.
boot_guest() {
	run "$REPO/qemu/boot" --memory 1024 --disk "$DISK,keep" --timeout "$1" --reject 'Kernel panic' --reject 'GUEST: .*: no$' \
		--expect "GUEST: stage $2 done" "${@:3}"
	assert_success
}
