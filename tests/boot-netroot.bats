#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots that no local disk holds, from real servers, and what is said when they are not to be had.

setup_file() {
	load helpers
	load netroot_helpers
	export ROOTS=$BATS_FILE_TMPDIR/roots SERVERS=$BATS_FILE_TMPDIR/servers IMAGE=$BATS_FILE_TMPDIR/net.img
	make_roots "$ROOTS"
	network_image "$IMAGE" cloud "network iscsi" iscsistart

	serve nfs ganesha.nfsd -F -f "$(two_exports)" -L "$SERVERS/ganesha.log" -p "$SERVERS/ganesha.pidfile"
	serve nbd nbd-server -d -C "$(nbd_conf 20809)"
	mkdir "$SERVERS/www"
	cp "$ROOTS/root.squashfs" "$SERVERS/www/"
	head -c 100000 "$ROOTS/root.squashfs" >"$SERVERS/www/cut.squashfs"
	serve http busybox httpd -f -p 127.0.0.1:20080 -h "$SERVERS/www"
	start_tgt
	wait_for_port 20049
	wait_for_port 20080
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

# Beside the root an export that nobody gets.
two_exports() {
	local file
	file=$(nfs4_conf 20049)
	cat >>"$file" <<CONF
EXPORT { Export_Id = 2; Path = $ROOTS/tree/etc; Pseudo = /refused; Access_Type = RO; SecType = krb5; Protocols = 4;
	FSAL { Name = VFS; } }
CONF
	echo "$file"
}

tgt() {
	TGT_IPC_SOCKET=$SERVERS/tgt.sock tgtadm --lld iscsi "$@"
}

start_tgt() {
	local tid name
	export TGT_IPC_SOCKET=$SERVERS/tgt.sock
	serve tgt tgtd -f --iscsi portal=127.0.0.1:23260
	wait_until 50 tgt --op show --mode sys
	for tid in 1 2; do
		name=$([ "$tid" = 1 ] && echo plain || echo chap)
		tgt --op new --mode target --tid "$tid" -T "iqn.2026-01.test:$name"
		tgt --op new --mode logicalunit --tid "$tid" --lun 1 -b "$ROOTS/root.ext4"
		tgt --op bind --mode target --tid "$tid" -I ALL
	done
	tgt --op new --mode account --user rootuser --password secretsecret
	tgt --op bind --mode account --tid 2 --user rootuser
}

@test "NFS 4 by DHCP" {
	run netboot cloud "$IMAGE" "root=nfs:10.0.2.2:/root:port=20049 rw" --expect 'TEST: root 10.0.2.2:/root / nfs4 rw' \
		--expect 'TEST: marker netroot squashfs$'
	assert_success
}

@test "NFS 4.0 with a static address in the kernel's form" {
	run netboot cloud "$IMAGE" \
		"root=/dev/nfs nfsroot=10.0.2.2:/root,port=20049,vers=4.0 ip=10.0.2.15:10.0.2.2:10.0.2.2:255.255.255.0::eth0:off" \
		--expect 'TEST: root 10.0.2.2:/root / nfs4 ro,.*vers=4.0' --expect 'clientaddr=10.0.2.15'
	assert_success
}

@test "NFS: a directory that is not exported" {
	run netboot cloud "$IMAGE" "root=nfs4:10.0.2.2:/nowhere:port=20049 rd.emergency=poweroff" --reject 'real init' \
		--until 'powering off .rd.emergency=poweroff' \
		--expect 'NFS export /nowhere of 10.0.2.2: the server 10.0.2.2 has no directory /nowhere, or does not export it'
	assert_success
}

@test "NFS: an export that is refused" {
	run netboot cloud "$IMAGE" "root=nfs4:10.0.2.2:/refused:port=20049 rd.emergency=poweroff" --reject 'real init' \
		--until 'powering off .rd.emergency=poweroff' --expect 'the server 10.0.2.2 refuses the export /refused to this machine'
	assert_success
}

@test "NBD by name of the export" {
	run netboot cloud "$IMAGE" "root=nbd:10.0.2.2:root:ext4::port=20809 rw" --expect 'TEST: root /dev/nbd0 / ext4 rw' \
		--expect 'TEST: marker netdisk ext4$'
	assert_success
}

@test "iSCSI" {
	run netboot cloud "$IMAGE" "root=LABEL=netdisk netroot=iscsi:10.0.2.2::23260:1:iqn.2026-01.test:plain" \
		--expect 'TEST: root /dev/sda / ext4 ro' --expect 'TEST: marker netdisk ext4$'
	assert_success
}

@test "iSCSI with CHAP, and a wrong password" {
	run netboot cloud "$IMAGE" \
		"root=iscsi:rootuser:secretsecret@10.0.2.2::23260:1:iqn.2026-01.test:chap" --expect 'TEST: root /dev/sda / ext4 ro'
	assert_success
	run netboot cloud "$IMAGE" "rd.emergency=poweroff root=iscsi:rootuser:wrongwrong1@10.0.2.2::23260:1:iqn.2026-01.test:chap" \
		--reject 'real init' --until 'powering off .rd.emergency=poweroff' --reject 'rootward: .*wrongwrong1' \
		--expect 'asked for: root=iscsi:rootuser:\*\*\*@10.0.2.2::23260:1:' \
		--expect 'iSCSI target iqn.2026-01.test:chap at 10.0.2.2: .*the target refuses the CHAP user or password'
	assert_success
}

@test "an image by HTTP: checked, and with an overlay" {
	sum=$(sha256sum <"$ROOTS/root.squashfs")
	run netboot cloud "$IMAGE" "root=http://10.0.2.2:20080/root.squashfs sha256=${sum%% *}" \
		--expect 'TEST: root overlay / overlay rw' --expect 'TEST: marker netroot squashfs$'
	assert_success
}

@test "an image by HTTP that takes longer than rd.timeout: it is waited for as long as it comes" {
	size=$(stat -c %s "$ROOTS/root.squashfs")
	serve slow "$REPO/tests/slow_line.py" 20081 20080 $((size / 10))
	wait_for_port 20081
	run netboot cloud "$IMAGE" "root=http://10.0.2.2:20081/root.squashfs rd.timeout=4" --reject 'was not found' \
		--expect 'waiting for root .*MiB of it have come' \
		--expect 'TEST: marker netroot squashfs$'
	assert_success
}

@test "an image by HTTP that is damaged" {
	run netboot cloud "$IMAGE" "root=http://10.0.2.2:20080/cut.squashfs rd.emergency=poweroff" --reject 'real init' \
		--until 'powering off .rd.emergency=poweroff' --expect 'cut.squashfs is cut off: 100000 bytes have come, the squashfs in it has'
	assert_success
}

@test "virtiofs: no network is waited for" {
	socket=$SERVERS/virtiofs.sock
	serve virtiofs "$(virtiofsd_program)" --socket-path="$socket" -o "source=$ROOTS/tree" -o sandbox=chroot
	wait_until 50 test -S "$socket"
	run netboot cloud "$IMAGE" "root=virtiofs:rootdir" --reject 'network: wanted' --qemu -object \
		--qemu memory-backend-memfd,id=mem,size=512M,share=on --qemu -numa --qemu node,memdev=mem \
		--qemu -chardev --qemu "socket,id=fs,path=$socket" --qemu -device --qemu vhost-user-fs-pci,chardev=fs,tag=rootdir \
		--expect 'TEST: root rootdir / virtiofs ro'
	assert_success
}

virtiofsd_program() {
	local program
	for program in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd; do
		[ ! -x "$program" ] || echo "$program"
	done | head -n 1
}
