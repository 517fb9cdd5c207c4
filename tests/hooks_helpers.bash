# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A root of its own for hooks: they act on /, /boot, /etc and /lib/modules, which must not be this machine's. The
# programs are this machine's (bound), everything else is made here; inside of it, Rootward is in /opt/rootward.

# debian_systemd: a directory with Debian's systemd package unpacked: kernel-install and its plugins, whatever is installed here.
debian_systemd() {
	local dir=$O/systemd
	(
		mkdir -p "$O"
		exec 9>"$dir.lock"
		flock -w 600 9
		[ ! -e "$dir/complete" ] || exit 0
		rm -rf "$dir"
		mkdir -p "$dir"
		cd "$dir"
		apt-get download -q systemd >apt.log 2>&1 || { cat apt.log >&2 && exit 1; }
		dpkg-deb -x ./*.deb .
		touch complete
	) && echo "$dir"
}

# fake_root DIR MODULE...: a Debian root with one kernel, release in $RELEASE, and no image.
fake_root() {
	local root=$1 dir
	shift
	small_tree "$root/kernel" "$@"
	RELEASE=$(ls "$root/kernel/lib/modules")
	export RELEASE
	mkdir -p "$root"/{etc/kernel,etc/rootward/conf.d,usr/lib/modules,usr/bin,usr/sbin,usr/lib64,proc,dev,sys,run,tmp,opt/rootward,root,var/cache}
	mv "$root/kernel/boot" "$root/boot"
	mv "$root/kernel/lib/modules/$RELEASE" "$root/usr/lib/modules/"
	rm -r "$root/kernel"
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	for dir in /usr/lib/*-linux-gnu*/; do
		mkdir -p "$root$dir"
	done
	echo 12.0 >"$root/etc/debian_version"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	printf 'ID=debian\nPRETTY_NAME="Debian"\n' >"$root/etc/os-release"
	printf 'root=/dev/vda ro\n' >"$root/etc/kernel/cmdline"
	cp "$ROOTWARD" "$root/opt/rootward/rootward"
	cp "$ROOTWARD_EARLY_INIT" "$root/opt/rootward/early-init.bin"
	cp -r "$REPO/conf.d" "$root/opt/rootward/conf.d"
}

# in_root DIR COMMAND...: run it as root of a mount namespace with DIR as /. BEFORE: shell commands run first, with $root.
# UNSHARE: options of unshare(1), -m for root of the machine itself.
in_root() {
	local root=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	root=$root before=${BEFORE-} unshare "${UNSHARE:--rm}" --propagation private bash -eu -c '
		for dir in /usr/bin /usr/sbin /usr/lib64 /usr/lib/*-linux-gnu*/ /proc /dev; do
			mount --rbind "$dir" "$root$dir"
		done
		eval "$before"
		cd /
		exec env -i PATH=/opt/rootward:/usr/sbin:/usr/bin HOME=/root ROOTWARD_DATADIR=/opt/rootward \
			ROOTWARD_EARLY_INIT=/opt/rootward/early-init.bin ASAN_OPTIONS="${ASAN_OPTIONS-}" chroot "$root" "$@"' bash "$@"
}

# The image that a hook makes for the kernel of ROOT.
image_of() {
	echo "$1/boot/initrd.img-$RELEASE"
}

# foreign_image FILE initramfs-tools|dracut: a small image with that tool's marks.
foreign_image() {
	local dir
	dir=$(mktemp -d -p "$BATS_TEST_TMPDIR")
	case $2 in
	initramfs-tools) mkdir -p "$dir/scripts/init-top" "$dir/conf" ;;
	dracut) mkdir -p "$dir/usr/lib/dracut" ;;
	esac
	echo foreign >"$dir/init"
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$1"
}
