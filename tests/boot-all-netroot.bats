#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots that no local disk holds, where it takes longer: late servers, bad lines, what only the generic kernel has.

setup_file() {
	load helpers
	load netroot_helpers
	export ROOTS=$BATS_FILE_TMPDIR/roots SERVERS=$BATS_FILE_TMPDIR/servers IMAGE=$BATS_FILE_TMPDIR/net.img
	make_roots "$ROOTS"
	mkdir -p "$SERVERS/www"
	network_image "$IMAGE" cloud "network http-root" curl
	cp "$ROOTS/root.squashfs" "$SERVERS/www/"
}

teardown_file() {
	load helpers
	load netroot_helpers
	stop_servers
}

setup() {
	load helpers
	load netroot_helpers
}

# In the background: SECONDS later a server that is ended with the others.
later() { # SECONDS NAME COMMAND...
	local seconds=$1 name=$2
	shift 2
	serve "$name" bash -c 'sleep "$1"; shift; exec "$@"' later "$seconds" "$@"
}

@test "NFS and HTTP servers that start 20 s late" {
	later 20 late-nfs ganesha.nfsd -F -f "$(nfs4_conf 21049)" -L "$SERVERS/ganesha.log" -p "$SERVERS/ganesha.pidfile"
	run netboot cloud "$IMAGE" "root=nfs4:10.0.2.2:/root:port=21049 rd.timeout=90" --expect 'no NFS service listens on it' \
		--expect 'TEST: root 10.0.2.2:/root / nfs4'
	assert_success
	later 20 late-http busybox httpd -f -p 127.0.0.1:21080 -h "$SERVERS/www"
	run netboot cloud "$IMAGE" "root=http://10.0.2.2:21080/root.squashfs rd.timeout=90" --expect 'TEST: root overlay / overlay'
	assert_success
}

@test "NBD over a line that drops every other connection and breaks the others" {
	# Without -d, which ends with its first client, it goes into the background by itself.
	nbd-server -C "$(nbd_conf 21809)" -p "$SERVERS/nbd.pid" >"$SERVERS/nbd.log" 2>&1 3>&-
	wait_for_port 21809
	serve relay "$REPO/tests/relay.py" 21810 21809 400000
	wait_for_port 21810
	run netboot cloud "$IMAGE" "root=nbd:10.0.2.2:root:ext4::port=21810,timeout=5 rd.timeout=90" \
		--expect 'TEST: root /dev/nbd0 / ext4' --expect 'TEST: marker netdisk ext4$'
	assert_success
	run grep -c -E 'dropped|cut' "$SERVERS/relay.log"
	assert [ "$output" -ge 3 ]
}

# A network of its own behind a tap device, with a DHCP server that tells a root-path.
dhcp_and_nfs() { # COMMAND...
	ip link set lo up
	ip tuntap add tap0 mode tap
	ip addr add 10.77.0.1/24 dev tap0
	ip link set tap0 up
	ganesha.nfsd -F -f "$SERVERS/path.conf" -L "$SERVERS/ganesha-path.log" -p "$SERVERS/ganesha-path.pidfile" &
	wait_for_port 2049
	: >"$SERVERS/leases"
	busybox udhcpd -fS "$SERVERS/udhcpd.conf" &
	status=0
	NETDEV=tap,id=net0,ifname=tap0,script=no,downscript=no "$@" || status=$?
	# shellcheck disable=SC2046 # words on purpose
	kill $(jobs -p)
	return "$status"
}

@test "NFS by DHCP's root-path" {
	unshare -n ip tuntap add tap0 mode tap 2>/dev/null || skip "no network namespaces or tap devices here (root is needed)"
	mkdir -p "$SERVERS/recovery-path"
	cat >"$SERVERS/path.conf" <<CONF
NFS_CORE_PARAM { NFS_Port = 2049; Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = $SERVERS/recovery-path; Minor_Versions = 0,1,2; }
EXPORT { Export_Id = 1; Path = $ROOTS/tree; Pseudo = /root; Access_Type = RW; Squash = No_Root_Squash;
	PrivilegedPort = false; SecType = sys; Protocols = 4; FSAL { Name = VFS; } }
CONF
	printf '%s\n' "start 10.77.0.20" "end 10.77.0.30" "interface tap0" "lease_file $SERVERS/leases" "pidfile $SERVERS/udhcpd.pid" \
		"option subnet 255.255.255.0" "option rootpath 10.77.0.1:/root:vers=4.1" >"$SERVERS/udhcpd.conf"
	export -f dhcp_and_nfs wait_for_port netboot
	export BATS_TEST_NUMBER BATS_TEST_FILENAME
	run unshare -n bash -c 'dhcp_and_nfs netboot "$@"' path cloud "$IMAGE" "root=dhcp" \
		--expect 'TEST: root 10.77.0.1:/root / nfs4 ro,.*vers=4.1'
	assert_success
	# Another network answers first, and knows nothing of a root.
	run unshare -n bash -c 'dhcp_and_nfs netboot "$@"' path cloud "$IMAGE" "root=dhcp" \
		--qemu -netdev --qemu user,id=net1 --qemu -device --qemu virtio-net-pci,netdev=net1,mac=52:54:00:00:00:77 \
		--expect 'TEST: root 10.77.0.1:/root / nfs4 ro,.*vers=4.1'
	assert_success
	# A lease without one.
	sed -i /rootpath/d "$SERVERS/udhcpd.conf"
	run unshare -n bash -c 'dhcp_and_nfs netboot "$@"' path cloud "$IMAGE" "root=dhcp rd.emergency=poweroff" \
		--reject 'real init' --until 'powering off' --expect 'asks for the root-path .option 17. of DHCP, and the lease of eth0 has none'
	assert_success
	# Left, the shell has it asked again.
	run unshare -n bash -c 'dhcp_and_nfs netboot "$@"' path cloud "$IMAGE" "root=dhcp" --reject 'Kernel panic' \
		--send 'rootward# ' 'exit' --send 'rootward# [^a-z]*6n$' 'echo again-$((40+2)); poweroff -f' --expect '^again-42'
	assert_success
}

@test "9p of the generic kernel: no network is waited for; a tag that is not there" {
	image=$("$REPO/qemu/make-image" generic)
	run netboot generic "$image" "root=rootdir rootfstype=9p rootflags=version=9p2000.L rw" --reject 'network: wanted' \
		--qemu -virtfs --qemu "local,path=$ROOTS/tree,mount_tag=rootdir,security_model=none" \
		--expect 'TEST: root rootdir / 9p rw' --expect 'TEST: marker netroot squashfs$'
	assert_success
	run netboot generic "$image" "root=9p:other rd.timeout=4 rd.emergency=poweroff" --reject 'real init' \
		--qemu -virtfs --qemu "local,path=$ROOTS/tree,mount_tag=rootdir,security_model=none" \
		--until 'powering off .rd.emergency=poweroff' --expect 'the host shares no 9p directory "other"; the host has: "rootdir"'
	assert_success
}

@test "systemd.volatile=state: /var is in memory" {
	mkdir -p "$BATS_TEST_TMPDIR/add/var"
	echo "grep ' /var ' /proc/mounts | sed 's/^/TEST-VAR: /'" >"$BATS_TEST_TMPDIR/script"
	"$REPO/qemu/make-disk" --fs ext4 --label state --add "$BATS_TEST_TMPDIR/add" --script "$BATS_TEST_TMPDIR/script" \
		"$BATS_TEST_TMPDIR/state.img"
	run netboot cloud "$IMAGE" "root=LABEL=state systemd.volatile=state" --disk "$BATS_TEST_TMPDIR/state.img" \
		--expect '^TEST-VAR: tmpfs /var tmpfs rw' --expect 'TEST: root /dev/vd. / ext4 ro'
	assert_success
}

# A cable between two guests: the end of ME.
cable() { # ME OTHER
	echo "dgram,id=net0,local.type=unix,local.path=$SERVERS/$1.end,remote.type=unix,remote.path=$SERVERS/$2.end"
}

# Boot from the guest that nvme_target has started; NVME_KERNEL names another client's kernel.
nvme_boot() { # WORDS [OPTION]...
	local kernel=${NVME_KERNEL:-generic}
	local image=$BATS_FILE_TMPDIR/nvme-$kernel.img
	[ -e "$image" ] || "$ROOTWARD" build -q -k "$(kernel_release "$kernel")" --sysroot "$(kernel_sysroot "$kernel")" \
		--cache "$O/cache" -o "$image" --feature network
	NETDEV=$(cable client target) run netboot "$kernel" "$image" \
		"ip=192.0.2.2:::255.255.255.0:client:eth0:none $1" "${@:2}"
}

# Once for both tests: the target, which runs on until teardown_file.
nvme_target() { # SECONDS: so much later
	local image=$BATS_FILE_TMPDIR/target.img
	[ ! -e "$SERVERS/target.pid" ] || return 0
	target_image "$image" generic nvme-target virtio_pci virtio_net virtio_blk nvmet nvmet_tcp crc32c_generic
	later "$1" target "$REPO/qemu/boot" --quiet --kernel generic --image "$image" --memory 256 --smp 1 --timeout 900 \
		--log "$SERVERS/target.console" --disk "$ROOTS/root.ext4" --expect 'TARGET: ready' --reject 'TARGET: failed' \
		--qemu -netdev --qemu "$(cable target client)" --qemu -device --qemu virtio-net-pci,netdev=net0,mac=52:54:00:00:00:01
}

wait_for_target() {
	for _ in {1..240}; do
		! grep -q 'TARGET: ready' "$SERVERS/target.console" 2>/dev/null || return 0
		kill -0 "$(cat "$SERVERS/target.pid")" 2>/dev/null || break
		sleep 0.5
	done
	cat "$SERVERS/target.log" "$SERVERS/target.console" >&2
	return 1
}

@test "NVMe over TCP: nvmet in a second guest, which starts 15 s late; discovery; a host's name" {
	local nqn=nqn.2026-01.org.example
	nvme_target 15
	nvme_boot "root=nvme-tcp:192.0.2.1:$nqn:root rd.timeout=90" --expect 'TEST: marker netdisk ext4$' \
		--expect "attached NVMe/TCP subsystem $nqn:root at 192.0.2.1 after [0-9]+ tries" --expect 'TEST: root /dev/nvme.n1 / ext4'
	assert_success
	wait_for_target
	# By discovery, at its own port; the root is named apart.
	nvme_boot "root=LABEL=netdisk rd.nvmf.discover=tcp,192.0.2.1" --expect 'TEST: root /dev/nvme.n1 / ext4'
	assert_success
	# Only for a host of this name.
	nvme_boot "root=LABEL=netdisk netroot=nvme-tcp:192.0.2.1:4420:$nqn:closed rd.nvmf.hostnqn=$nqn:friend" \
		--expect 'TEST: root /dev/nvme.n1 / ext4'
	assert_success
	# Since 6.5 the kernel refuses one host ID with two names: its own default and this one.
	NVME_KERNEL=6.12 nvme_boot "root=LABEL=netdisk rd.nvmf.discover=tcp,192.0.2.1 rd.nvmf.hostnqn=$nqn:friend" \
		--qemu -uuid --qemu 12345678-1234-4321-8765-123456789abc --expect 'TEST: root /dev/nvme.n1 / ext4'
	assert_success
}

@test "NVMe over TCP: a wrong NQN, a host that is not allowed, nobody there" {
	local nqn=nqn.2026-01.org.example end='powering off .rd.emergency=poweroff'
	nvme_target 0
	wait_for_target
	nvme_boot "root=nvme-tcp:192.0.2.1:$nqn:other rd.timeout=30 rd.emergency=poweroff" --reject 'real init' --until "$end" \
		--expect "NVMe/TCP subsystem $nqn:other at 192.0.2.1: 192.0.2.1 has no subsystem of this name: correct the NQN"
	assert_success
	nvme_boot "root=nvme-tcp:192.0.2.1:$nqn:closed rd.timeout=30 rd.emergency=poweroff" --reject 'real init' --until "$end" \
		--qemu -uuid --qemu 12345678-1234-4321-8765-123456789abc \
		--expect "does not allow this machine: allow host nqn.2014-08.org.nvmexpress:uuid:12345678-1234-4321-8765-123456789abc there"
	assert_success
	nvme_boot "root=nvme-tcp:192.0.2.1:4421:$nqn:root rd.timeout=8 rd.emergency=poweroff" --reject 'real init' --until "$end" \
		--expect 'was not found within 8 s: 192.0.2.1 port 4421: nobody listens there$'
	assert_success
	nvme_boot "root=nvme-tcp:192.0.2.9:$nqn:root rd.timeout=15 rd.emergency=poweroff" --reject 'real init' --until "$end" \
		--expect 'was not found within 15 s: 192.0.2.9 port 4420: (No route to host|no answer)$'
	assert_success
}

# In a network of its own: rpcbind's port 111 is then free. Sets nothing up that outlives it.
nfs3_server() { # COMMAND...
	ip link set lo up
	rpcbind -f -w &
	sleep 1
	ganesha.nfsd -F -f "$SERVERS/nfs3.conf" -L "$SERVERS/ganesha3.log" -p "$SERVERS/ganesha3.pidfile" &
	wait_for_port 2049
	wait_for_port 20048
	status=0
	"$@" || status=$?
	# shellcheck disable=SC2046 # words on purpose
	kill $(jobs -p)
	return "$status"
}

@test "NFS 3, asked for and found out: the kernel asks rpcbind and mountd itself" {
	unshare -n true 2>/dev/null || skip "no network namespaces on this machine (root is needed)"
	cat >"$SERVERS/nfs3.conf" <<CONF
NFS_CORE_PARAM { NFS_Port = 2049; MNT_Port = 20048; Protocols = 3; Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { RecoveryBackend = fs; RecoveryRoot = $SERVERS; }
EXPORT { Export_Id = 1; Path = $ROOTS/tree; Pseudo = /root3; Access_Type = RW; Squash = No_Root_Squash;
	PrivilegedPort = false; SecType = sys; Protocols = 3; FSAL { Name = VFS; } }
CONF
	export -f nfs3_server wait_for_port netboot
	export BATS_TEST_NUMBER BATS_TEST_FILENAME
	for options in ,vers=3 ''; do
		run unshare -n bash -c 'nfs3_server netboot "$@"' nfs3 cloud "$IMAGE" \
			"root=/dev/nfs nfsroot=10.0.2.2:$ROOTS/tree$options rw" --expect 'TEST: root 10.0.2.2:/.* / nfs rw,.*vers=3' \
			--expect 'TEST: marker netroot squashfs$'
		assert_success
	done
}

# $BATS_FILE_TMPDIR/ssh.img: dropbear, and who has $KEY may log in.
make_ssh_image() {
	local sysroot=$BATS_FILE_TMPDIR/sysroot-ssh.img
	[ ! -e "$BATS_FILE_TMPDIR/ssh.img" ] || return 0
	mkdir -p "$sysroot/etc/rootward/ssh"
	dropbearkey -t ed25519 -f "$KEY" >/dev/null 2>&1
	dropbearkey -y -f "$KEY" | grep ^ssh-ed25519 >"$sysroot/etc/rootward/ssh/authorized_keys"
	dropbearkey -t ed25519 -f "$sysroot/etc/rootward/ssh/dropbear_ed25519_host_key" >/dev/null 2>&1
	network_image "$BATS_FILE_TMPDIR/ssh.img" cloud "network ssh" dropbear
}

# Boot it with WORDS, and log in for COMMAND; sets machine, a process, and said.
ssh_boot() { # WORDS COMMAND
	KEY=$BATS_FILE_TMPDIR/key
	make_ssh_image
	FORWARD=tcp:127.0.0.1:21022-:22 netboot cloud "$BATS_FILE_TMPDIR/ssh.img" "$1" \
		--until 'reboot: Power down' --expect 'ssh: who has a key may log in at port 22' >"$BATS_TEST_TMPDIR/boot" 2>&1 3>&- &
	machine=$!
	said=
	for _ in {1..15}; do
		said=$(timeout 8 dbclient -y -i "$KEY" -p 21022 root@127.0.0.1 "$2" \
			2>"$BATS_TEST_TMPDIR/client" </dev/null) && break
		sleep 2
	done
}

@test "ssh: log in with a key while the emergency shell waits" {
	ssh_boot "root=LABEL=none rd.timeout=2" 'cat /run/rootward/diagnosis; echo logged-in-as $(id -u)'
	assert_equal "$(tail -n 1 <<<"$said")" "logged-in-as 0"
	assert_regex "$said" 'asked for: root=LABEL=none'
	# A wrong key, then the end.
	dropbearkey -t ed25519 -f "$BATS_TEST_TMPDIR/other" >/dev/null 2>&1
	run timeout 20 dbclient -y -i "$BATS_TEST_TMPDIR/other" -p 21022 root@127.0.0.1 true </dev/null
	assert_failure
	timeout 20 dbclient -y -i "$KEY" -p 21022 root@127.0.0.1 'poweroff -f' </dev/null || true
	wait "$machine"
}

@test "ssh: log in at rd.break=cmdline, where no card was looked at yet" {
	ssh_boot "root=LABEL=none rd.break=cmdline" 'echo disks-$(grep -c "^virtio_blk " /proc/modules)'
	assert_equal "$said" "disks-0"
	timeout 20 dbclient -y -i "$KEY" -p 21022 root@127.0.0.1 'poweroff -f' </dev/null || true
	wait "$machine"
}
