#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rootward update, list, remove: images in their usual place, what they were built from, one build at a time.
# shellcheck disable=SC2030,SC2031

load helpers
load build_helpers

setup_file() {
	export MADE=$BATS_FILE_TMPDIR/made
	small_tree "$MADE" virtio_blk virtio_pci xfs
	mkdir -p "$MADE/etc/rootward/conf.d" "$MADE/etc/modprobe.d"
	echo 12.0 >"$MADE/etc/debian_version"
	echo '# none' >"$MADE/etc/modprobe.d/a.conf"
	RELEASE=$(ls "$MADE/lib/modules")
	export RELEASE
}

setup() {
	TREE=$BATS_TEST_TMPDIR/tree
	cp -a "$MADE" "$TREE"
	IMAGE=$TREE/boot/initrd.img-$RELEASE
}

update() {
	"$ROOTWARD" update --sysroot "$TREE" --cache none -k "$RELEASE" "$@"
}
list() {
	"$ROOTWARD" list --sysroot "$TREE" "$@"
}
# A second kernel: the same one under another name. Its modules do not fit it; only its files are wanted.
second_kernel() {
	cp -a "$TREE/lib/modules/$RELEASE" "$TREE/lib/modules/$1"
	cp "$TREE/boot/config-$RELEASE" "$TREE/boot/config-$1"
	cp "$TREE/boot/vmlinuz-$RELEASE" "$TREE/boot/vmlinuz-$1"
}

@test "list: missing, ok, stale with its cause, ok again" {
	run list
	assert_success
	assert_output "$RELEASE  missing  $IMAGE"
	update
	run list
	assert_output "$RELEASE  ok  $IMAGE"
	echo '# more' >>"$TREE/etc/modprobe.d/a.conf"
	run list
	assert_line --index 0 "$RELEASE  stale  $IMAGE"
	assert_line --index 1 --regexp '^ *because /etc/modprobe.d/a.conf changed$'
	assert_equal "${#lines[@]}" 2
	update
	run list
	assert_output "$RELEASE  ok  $IMAGE"
}

@test "list names every kind of thing that changed, and only those" {
	printf '[feature t]\nprograms = /opt/tool\nfiles = /etc/hostname\n[image]\nfeatures = t\n' >"$TREE/etc/rootward/conf.d/t.conf"
	mkdir -p "$TREE/opt"
	printf '#!/bin/sh\n' >"$TREE/opt/tool"
	chmod 755 "$TREE/opt/tool"
	echo here >"$TREE/etc/hostname"
	update
	# Times are nothing.
	find "$TREE" -exec touch -d 2001-02-03 {} +
	run list
	assert_output "$RELEASE  ok  $IMAGE"
	echo x >>"$TREE/opt/tool"
	rm "$TREE/etc/hostname"
	echo '/dev/vda / ext4 defaults 0 1' >"$TREE/etc/fstab"
	touch "$TREE/etc/crypttab"
	printf '[image]\ntimeout = 9\n' >"$TREE/etc/rootward/conf.d/u.conf"
	echo '# ' >>"$TREE/lib/modules/$RELEASE/modules.softdep"
	printf 'x' >>"$(module_file "$TREE" xfs)"
	run list -v
	for cause in '/opt/tool changed' '/etc/hostname is gone' '/etc/fstab is new' '/etc/crypttab is new' \
		'/etc/rootward/conf.d/u.conf is new' 'table modules.softdep changed' 'module kernel/fs/xfs/xfs.ko changed'; do
		assert_line --regexp "^ *because $cause"
	done
	assert_equal "${#lines[@]}" 8
	run list
	assert_output --partial "and 2 more (-v)"
	run list --json
	assert_output --partial '"state":"stale"'
	assert_output --partial '"/etc/fstab is new"'
}

@test "what is installed where an image takes all that there is makes it stale" {
	rm -r "$TREE"
	SMALL_TREE_KERNEL=generic small_tree "$TREE" advansys
	cp -a "$MADE/etc" "$TREE/etc"
	RELEASE=$(ls "$TREE/lib/modules")
	IMAGE=$TREE/boot/initrd.img-$RELEASE
	update
	run "$ROOTWARD" cat "$IMAGE" usr/lib/rootward/inputs
	assert_line $'firmware\t-\tadvansys/mcode.bin'
	mkdir -p "$TREE/lib/firmware/intel-ucode" "$TREE/lib/firmware/advansys" "$TREE/etc/rootward/hooks/pre-mount"
	run list
	assert_output "$RELEASE  ok  $IMAGE"
	echo update >"$TREE/lib/firmware/intel-ucode/06-01-02"
	printf '#!/bin/sh\n' >"$TREE/etc/rootward/hooks/pre-mount/mine"
	run list
	assert_output --partial '/lib/firmware/intel-ucode is new'
	# Not a program yet.
	refute_output --partial hooks
	chmod 755 "$TREE/etc/rootward/hooks/pre-mount/mine"
	echo firmware >"$TREE/lib/firmware/advansys/mcode.bin.xz"
	run list -v
	assert_line --regexp '^ *because /etc/rootward/hooks/pre-mount is new'
	assert_line --regexp '^ *because firmware advansys/mcode.bin is new'
}

@test "firmware that takes precedence and files that a pattern or a directory brings today make it stale" {
	rm -r "$TREE"
	SMALL_TREE_KERNEL=generic small_tree "$TREE" advansys
	cp -a "$MADE/etc" "$TREE/etc"
	RELEASE=$(ls "$TREE/lib/modules")
	IMAGE=$TREE/boot/initrd.img-$RELEASE
	mkdir -p "$TREE/lib/firmware/advansys" "$TREE/etc/rootward/conf.d" "$TREE/etc/foo.d" "$TREE/etc/whole/below"
	echo firmware >"$TREE/lib/firmware/advansys/mcode.bin"
	echo a >"$TREE/etc/foo.d/a"
	echo a >"$TREE/etc/whole/a"
	printf '[feature t]\nfiles = /etc/foo.d/* /etc/whole /etc/none*\n[image]\nfeatures = t\n' \
		>"$TREE/etc/rootward/conf.d/t.conf"
	update
	run "$ROOTWARD" cat "$IMAGE" usr/lib/rootward/inputs
	assert_line $'firmware\t/lib/firmware/advansys/mcode.bin\tadvansys/mcode.bin'
	run list
	assert_output "$RELEASE  ok  $IMAGE"
	mkdir -p "$TREE/lib/firmware/updates/advansys"
	echo newer >"$TREE/lib/firmware/updates/advansys/mcode.bin"
	echo b >"$TREE/etc/foo.d/b"
	echo b >"$TREE/etc/whole/below/.b"
	echo c >"$TREE/etc/nonesuch"
	run list -v
	place=advansys/mcode.bin
	assert_line --partial "firmware $place is /lib/firmware/updates/$place now and was /lib/firmware/$place"
	assert_line --partial 'because /etc/foo.d/* has other files'
	assert_line --partial 'because /etc/whole has other files'
	assert_line --partial 'because /etc/none* is new'
	assert_equal "${#lines[@]}" 5
	update --stale
	run list
	assert_output "$RELEASE  ok  $IMAGE"
	run "$ROOTWARD" ls "$IMAGE"
	assert_line --partial /etc/foo.d/b
	# A link that leads elsewhere.
	ln -s a "$TREE/etc/whole/link"
	update --stale
	ln -sfn below "$TREE/etc/whole/link"
	run list
	assert_line --partial 'because /etc/whole has other files'
	rm -r "$TREE/etc/whole"
	run list -v
	assert_line --partial 'because /etc/whole is gone'
}

@test "another rootward or early-init makes an image stale" {
	update
	cp "$ROOTWARD_EARLY_INIT" "$BATS_TEST_TMPDIR/early-init"
	printf 'x' >>"$BATS_TEST_TMPDIR/early-init"
	ROOTWARD_EARLY_INIT=$BATS_TEST_TMPDIR/early-init run list
	assert_line --regexp 'because program early-init changed$'
}

@test "a configuration that cannot be read is a cause" {
	update
	printf '[image]\ntiemout = 9\n' >"$TREE/etc/rootward/conf.d/u.conf"
	run list
	assert_success
	assert_output --partial "because the configuration cannot be read: "
	assert_output --partial "did you mean 'timeout'?"
}

@test "diff IMAGE names what changed since; diff of two images tells causes" {
	update
	run "$ROOTWARD" diff --sysroot "$TREE" "$IMAGE"
	assert_success
	assert_output "no change since it was built"
	cp "$IMAGE" "$BATS_TEST_TMPDIR/before"
	echo '# more' >>"$TREE/etc/modprobe.d/a.conf"
	run "$ROOTWARD" diff --sysroot "$TREE" "$IMAGE"
	assert_output "/etc/modprobe.d/a.conf changed"
	run "$ROOTWARD" diff --json --sysroot "$TREE" "$IMAGE"
	assert_output --partial '"name":"/etc/modprobe.d/a.conf"'
	printf '[image]\ntimeout = 9\n' >"$TREE/etc/rootward/conf.d/u.conf"
	update
	run "$ROOTWARD" diff "$BATS_TEST_TMPDIR/before" "$IMAGE"
	assert_output --partial "timeout"
	refute_output --partial "rootward/inputs"
}

@test "--stale passes over what is up to date" {
	update
	before=$(stat -c %i "$IMAGE")
	run update --stale
	assert_success
	assert_output --partial "is up to date"
	assert_equal "$(stat -c %i "$IMAGE")" "$before"
	echo >>"$TREE/etc/modprobe.d/a.conf"
	run update --stale
	assert_success
	assert [ "$(stat -c %i "$IMAGE")" != "$before" ]
}

@test "-k all builds what can be booted, goes on after a failure and exits with it" {
	second_kernel 6.9.9
	rm "$TREE/lib/modules/6.9.9/kernel/fs/xfs/xfs.ko"
	mkdir -p "$TREE/lib/modules/5.0.0/kernel"
	run "$ROOTWARD" update --sysroot "$TREE" --cache none -k all
	assert_failure 3
	assert_output --partial "kernel 6.9.9"
	assert_output --partial "1 of 2 kernels have no new image"
	assert [ -e "$IMAGE" ]
	assert [ ! -e "$TREE/boot/initrd.img-6.9.9" ]
	run "$ROOTWARD" update --sysroot "$TREE" -k all -o "$BATS_TEST_TMPDIR/x"
	assert_failure 2
}

@test "list: images without a kernel, of other tools, damaged, beside loader entries; in the order of versions" {
	update
	mkdir -p "$TREE/boot/token/$RELEASE" "$BATS_TEST_TMPDIR/d/usr/lib/dracut" "$BATS_TEST_TMPDIR/i/scripts/init-top"
	cp "$IMAGE" "$TREE/boot/token/$RELEASE/initrd"
	(cd "$BATS_TEST_TMPDIR/d" && find . | cpio --quiet -o -H newc) >"$TREE/boot/initrd.img-6.10.1"
	(cd "$BATS_TEST_TMPDIR/i" && find . | cpio --quiet -o -H newc | gzip) >"$TREE/boot/initrd.img-6.9.1"
	head -c 100000 "$IMAGE" >"$TREE/boot/initramfs-7.0.img"
	cp "$IMAGE" "$IMAGE.old"
	run list
	assert_success
	assert_line --index 0 "$RELEASE  ok  $IMAGE"
	assert_line --index 1 "$RELEASE  ok  $TREE/boot/token/$RELEASE/initrd"
	assert_line --index 2 "6.9.1  foreign  $TREE/boot/initrd.img-6.9.1  (made by initramfs-tools)  (no such kernel is installed)"
	assert_line --index 3 "6.10.1  foreign  $TREE/boot/initrd.img-6.10.1  (made by dracut)  (no such kernel is installed)"
	assert_line --index 4 --regexp "^7.0  damaged  "
	assert_line --index 5 --regexp "^ *because "
	refute_output --partial ".old"
	run list -k 6.9.1 --json
	assert_output --partial '"made_by":"initramfs-tools"'
	assert_output --partial '"installed":false'
	run list -k 1.2.3
	assert_failure 1
}

@test "other tools' images: what can be done is done, what cannot is said" {
	foreign=$BATS_TEST_TMPDIR/foreign
	mkdir -p "$BATS_TEST_TMPDIR/i/scripts/init-top"
	echo one >"$BATS_TEST_TMPDIR/i/init"
	(cd "$BATS_TEST_TMPDIR/i" && find . | cpio --quiet -o -H newc | gzip) >"$foreign"
	update
	run "$ROOTWARD" ls "$foreign"
	assert_line /init
	run "$ROOTWARD" explain "$foreign" /init
	assert_success
	assert_output --partial "the manifest does not say why"
	run "$ROOTWARD" diff "$foreign"
	assert_failure 1
	assert_output --partial "made by initramfs-tools, does not say what it was built from"
	run "$ROOTWARD" diff "$foreign" "$IMAGE"
	assert_success
	assert_output --partial "not made by rootward"
	run "$ROOTWARD" check "$foreign"
	assert_failure
	assert [ "$status" -lt 128 ]
}

@test "remove: the image and its .old; another tool's only with --force; twice is no error" {
	update
	cp "$IMAGE" "$IMAGE.old"
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE"
	assert_success
	assert_output "removed $IMAGE
removed $IMAGE.old"
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE"
	assert_success
	mkdir -p "$BATS_TEST_TMPDIR/d/usr/lib/dracut"
	(cd "$BATS_TEST_TMPDIR/d" && find . | cpio --quiet -o -H newc) >"$IMAGE"
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE"
	assert_failure 1
	assert_output --partial "was made by dracut: not removed (--force removes it)"
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE" --hook
	assert_success
	assert_output ""
	assert [ -e "$IMAGE" ]
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE" --force
	assert_success
	assert [ ! -e "$IMAGE" ]
	# The kernel may be gone already.
	rm -r "$TREE/lib/modules/$RELEASE"
	echo damaged >"$IMAGE"
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE" --hook
	assert_success
	assert_output --partial "$IMAGE: segment 1 at byte 0: "
	assert_output --partial "; not removed"
	run "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE"
	assert_failure 1
	assert [ -e "$IMAGE" ]
	run "$ROOTWARD" remove --sysroot "$TREE" -k ../x
	assert_failure 2
}

# Root without its right to read what it may not, any other user as he is.
unprivileged() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set=-dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}

@test "an image that may not be read is unreadable, neither damaged nor missing" {
	update
	chmod 0 "$IMAGE"
	run unprivileged "$ROOTWARD" list --sysroot "$TREE"
	assert_success
	assert_line --index 0 "$RELEASE  unreadable  $IMAGE"
	assert_line --index 1 --regexp '^ *because .*(Permission denied|only root may read it)'
	run unprivileged "$ROOTWARD" list --sysroot "$TREE" --json
	assert_output --partial '"state":"unreadable"'
	run unprivileged "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE"
	assert_failure 1
	assert_output --partial "not removed: "
	refute_output --partial "--force"
	run unprivileged "$ROOTWARD" remove --sysroot "$TREE" -k "$RELEASE" --hook
	assert_success
	assert [ -e "$IMAGE" ]
	# Who can say nothing of its age makes it anew.
	run unprivileged "$ROOTWARD" update --stale --sysroot "$TREE" --cache none -k "$RELEASE"
	assert_success
	refute_output --partial "is up to date"
	run list
	assert_output "$RELEASE  ok  $IMAGE"
}

@test "keep-previous: .old is the image before, also after the same image was made again" {
	printf '[image]\nkeep-previous = yes\n' >"$TREE/etc/rootward/conf.d/u.conf"
	update
	assert [ ! -e "$IMAGE.old" ]
	cp "$IMAGE" "$BATS_TEST_TMPDIR/first"
	printf 'timeout = 9\n' >>"$TREE/etc/rootward/conf.d/u.conf"
	update
	cmp "$IMAGE.old" "$BATS_TEST_TMPDIR/first"
	run ! cmp "$IMAGE" "$BATS_TEST_TMPDIR/first"
	update
	cmp "$IMAGE.old" "$BATS_TEST_TMPDIR/first"
}

# ---- two at once ---------------------------------------------------------------------------------

@test "a build waits for another one of the same kernel, says so, and gives up at its deadline" {
	update
	sum=$(sha256sum <"$IMAGE")
	flock "$TREE/lib/modules/$RELEASE" sleep 30 3>&- &
	holder=$!
	until ! flock -n "$TREE/lib/modules/$RELEASE" true; do sleep 0.1; done
	run update --wait 1
	assert_failure 1
	assert_output --partial "another build for kernel $RELEASE is running"
	assert_output --partial "still running after 1 s"
	assert_equal "$(sha256sum <"$IMAGE")" "$sum"
	# A build into another file is nobody's rival.
	run "$ROOTWARD" build --sysroot "$TREE" -k "$RELEASE" --cache none -o "$BATS_TEST_TMPDIR/other"
	assert_success
	update --wait 20 3>&- >"$BATS_TEST_TMPDIR/log" 2>&1 &
	waiter=$!
	until grep -q 'is running' "$BATS_TEST_TMPDIR/log"; do sleep 0.1; done
	pkill -P "$holder" sleep
	wait "$waiter"
	run list
	assert_output "$RELEASE  ok  $IMAGE"
}

@test "four builds at once for one kernel: all succeed, the image is right, nothing is left behind" {
	update -o "$BATS_TEST_TMPDIR/wanted"
	pids=()
	for _ in 1 2 3 4; do
		update -q 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	cmp "$IMAGE" "$BATS_TEST_TMPDIR/wanted"
	assert_equal "$(find "$TREE/boot" -name '.*' -type f)" ""
}

@test "two kernels at once do not wait for each other" {
	second_kernel 6.9.9
	flock "$TREE/lib/modules/6.9.9" sleep 30 3>&- &
	holder=$!
	until ! flock -n "$TREE/lib/modules/6.9.9" true; do sleep 0.1; done
	run update --wait 1
	pkill -P "$holder" sleep || true
	assert_success
	refute_output --partial "is running"
}

@test "usage" {
	run "$ROOTWARD" update --wait soon
	assert_failure 2
	run "$ROOTWARD" update image
	assert_failure 2
	assert_output --partial "goes after -k"
	run "$ROOTWARD" list image
	assert_failure 2
	run "$ROOTWARD" remove
	assert_failure 2
	for command in update list remove; do
		run "$ROOTWARD" "$command" --help
		assert_success
		run "$ROOTWARD" "$command" --bad
		assert_failure 2
	done
}
