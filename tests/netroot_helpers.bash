# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests of roots over the network: a root as a tree, servers of the test's own, and machines that reach them at
# 10.0.2.2 (QEMU's user networking).

# The test root as a directory, as squashfs and as ext4 below DIR.
make_roots() { # DIR
	mkdir -p "$1"
	"$REPO/qemu/make-disk" --fs squashfs --label netroot "$1/root.squashfs"
	"$REPO/qemu/make-disk" --fs ext4 --label netdisk "$1/root.ext4"
	unsquashfs -q -n -d "$1/tree" "$1/root.squashfs" >/dev/null
	mkdir "$1/tree/var"
	truncate -s 1M "$1/empty.img"
}

# Copy programs of this machine, with the libraries they load, to the same places below DIR.
host_programs() { # DIR PROGRAM...
	local dir=$1 program file
	shift
	mkdir -p "$dir/etc"
	cp /etc/ld.so.cache "$dir/etc/"
	for program; do
		program=$(command -v "$program")
		mkdir -p "$dir$(dirname "$program")"
		cp -L "$program" "$dir$program"
		ldd "$program" | grep -o '/[^ ]*' | while read -r file; do
			mkdir -p "$dir$(dirname "$file")"
			cp -L "$file" "$dir$file"
		done
	done
}

# An image with FEATURES for KERNEL, from a sysroot that has the PROGRAMS of this machine.
network_image() { # FILE KERNEL "FEATURE..." "PROGRAM..."
	local sysroot="$BATS_FILE_TMPDIR/sysroot-${1##*/}" feature arguments=()
	for feature in $3; do
		arguments+=(--feature "$feature")
	done
	mkdir -p "$sysroot"
	cp -al "$(kernel_sysroot "$2")/." "$sysroot" 2>/dev/null || cp -a "$(kernel_sysroot "$2")/." "$sysroot"
	# shellcheck disable=SC2086 # words on purpose
	host_programs "$sysroot" $4
	mkdir -p "$sysroot/etc/ssl/certs"
	cp -L /etc/ssl/certs/ca-certificates.crt "$sysroot/etc/ssl/certs/" 2>/dev/null || true
	"$ROOTWARD" build -q -k "$(kernel_release "$2")" --sysroot "$sysroot" --cache "$O/cache" -o "$1" "${arguments[@]}"
}

# Start a server of the test, ended by stop_servers; what it says is in $SERVERS/NAME.log.
serve() { # NAME COMMAND...
	local name=$1
	shift
	mkdir -p "$SERVERS"
	"$@" >"$SERVERS/$name.log" 2>&1 3>&- </dev/null &
	echo $! >"$SERVERS/$name.pid"
}

stop_servers() {
	local file
	for file in "$SERVERS"/*.pid; do
		[ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
	done
	# tgtd does not end by SIGTERM while it has targets.
	sleep 0.5
	for file in "$SERVERS"/*.pid; do
		[ ! -e "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null || true
	done
}

# The configuration of an NFS 4 server on PORT of 127.0.0.1 that exports the test root as /root; prints its path.
nfs4_conf() { # PORT
	mkdir -p "$SERVERS/recovery"
	cat >"$SERVERS/nfs4-$1.conf" <<CONF
NFS_CORE_PARAM { NFS_Port = $1; Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; Bind_addr = 127.0.0.1; }
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = $SERVERS/recovery; Minor_Versions = 0,1,2; }
EXPORT { Export_Id = 1; Path = $ROOTS/tree; Pseudo = /root; Access_Type = RW; Squash = No_Root_Squash;
	PrivilegedPort = false; SecType = sys; Protocols = 4; FSAL { Name = VFS; } }
CONF
	echo "$SERVERS/nfs4-$1.conf"
}

# The same of an NBD server with the export "root".
nbd_conf() { # PORT
	printf '[generic]\nlistenaddr = 127.0.0.1\nport = %s\nallowlist = true\n[root]\nexportname = %s\ncopyonwrite = true\n' \
		"$1" "$ROOTS/root.ext4" >"$SERVERS/nbd-$1.conf"
	echo "$SERVERS/nbd-$1.conf"
}

# Until COMMAND succeeds, which is tried every 0.2 s.
wait_until() { # TRIES COMMAND...
	local try
	for ((try = 0; try < $1; try++)); do
		! "${@:2}" >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	echo "after $1 tries still not: ${*:2}" >&2
	return 1
}

listens() { # PORT
	(: >"/dev/tcp/127.0.0.1/$1")
}

# Until something listens on PORT of 127.0.0.1.
wait_for_port() { # PORT
	wait_until 100 listens "$1"
}

# An initramfs for KERNEL that is a server: fixtures/SCRIPT as init with busybox, and MODULE... in the order of their
# dependencies as /modules/order.
target_image() { # FILE KERNEL SCRIPT MODULE...
	local dir=$BATS_FILE_TMPDIR/target sysroot release file
	sysroot=$(kernel_sysroot "$2")
	release=$(kernel_release "$2")
	mkdir -p "$dir/bin" "$dir/modules" "$dir/dev"
	cp -L "$(command -v busybox)" "$dir/bin/busybox"
	cp "$REPO/tests/fixtures/$3" "$dir/init"
	PATH=$PATH:/sbin:/usr/sbin modprobe -d "$sysroot" -S "$release" -C /dev/null --show-depends -a "${@:4}" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
		cp "$file" "$dir/modules/"
		echo "${file##*/}"
	done >"$dir/modules/order"
	[ -s "$dir/modules/order" ]
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$1"
}

# Boot IMAGE of KERNEL with APPEND and a virtio card; further arguments are qemu/boot's. The console is in $CONSOLE.
# LIMIT: seconds; FORWARD: a port of this machine to one of the guest, as QEMU's hostfwd= wants it; NETDEV: another
# network than QEMU's own, with id=net0.
netboot() { # KERNEL IMAGE APPEND [OPTION]...
	local kernel=$1 image=$2 append=$3
	shift 3
	CONSOLE=$O/tests/console/netroot-$BATS_TEST_NUMBER-${BATS_TEST_FILENAME##*/}.log
	mkdir -p "${CONSOLE%/*}"
	"$REPO/qemu/boot" --quiet --kernel "$kernel" --image "$image" --log "$CONSOLE" --timeout "${LIMIT:-120}" \
		--reject 'Call Trace:' --disk "$ROOTS/empty.img" --append "$append" \
		--qemu -netdev --qemu "${NETDEV:-user,id=net0${FORWARD:+,hostfwd=$FORWARD}}" --qemu -device --qemu virtio-net-pci,netdev=net0 "$@"
}
