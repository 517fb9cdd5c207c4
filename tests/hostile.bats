#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What others wrote: names in images, links in a sysroot, files where none belong.

setup_file() {
	load helpers.bash
	load build_helpers.bash
	TREE=$BATS_FILE_TMPDIR/tree
	small_tree "$TREE" ext4 virtio_blk
	mkdir -p "$TREE"/etc/{modprobe.d,alternatives,rootward/conf.d}
	RELEASE=$(ls "$TREE/lib/modules")
	export TREE RELEASE
}
setup() {
	load helpers.bash
	load build_helpers.bash
	cd "$BATS_TEST_TMPDIR" || return
}

# member NAME MODE CONTENTS: one member of a newc archive; NAME and CONTENTS as printf's %b.
member() {
	local name data
	printf '%b' "$1" >name
	printf '%b' "$3" >data
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X' 1 "$2" 0 0 1 0 "$(stat -c %s data)" 0 0 0 0 \
		"$(($(stat -c %s name) + 1))" 0
	name=$(stat -c %s name) data=$(stat -c %s data)
	cat name
	head -c $((1 + (4 - (110 + name + 1) % 4) % 4)) /dev/zero
	cat data
	head -c $(((4 - data % 4) % 4)) /dev/zero
}
hostile_image() {
	member 'red\033[31m' 0100644 x
	member 'two\nlines' 0100644 x
	member 'no\377utf' 0100644 x
	member 'csi\302\2332J' 0100644 x
	member 'good\303\251' 0100644 x
	member 'link' 0120777 'to\033]0;title\007'
	member 'TRAILER!!!' 0 ''
}

@test "names of an image neither move the cursor nor forge lines" {
	hostile_image >image
	"$ROOTWARD" ls -l image >list 2>/dev/null
	[ "$(wc -l <list)" = 6 ]
	run ! grep -aqP '[\x00-\x09\x0b-\x1f\x7f]|\xc2\x9b' list
	grep -qF '/red\x1b[31m' list
	grep -qF '/two\x0alines' list
	grep -qF '/no\xffutf' list
	grep -qF '/good'$'\303\251' list
	grep -qF -- '-> to\x1b]0;title\x07' list
	run "$ROOTWARD" cat image $'/a\033[31m'
	assert_failure 1
	assert_output --partial '/a\x1b[31m: not in the image'
}

@test "what a hardware profile and modprobe.d say neither moves the cursor nor is no JSON" {
	printf 'options virtio_blk queue_depth=\033[31m\n' >"$TREE/etc/modprobe.d/red.conf"
	"$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o image 2>/dev/null
	rm "$TREE/etc/modprobe.d/red.conf"
	# A terminal's words, a program's bytes.
	run script -qec "$ROOTWARD resolve --image image -D virtio_blk" /dev/null
	assert_output --partial '/virtio_blk.ko queue_depth=\x1b[31m'
	run "$ROOTWARD" resolve --image image -D virtio_blk
	assert_output --partial '/virtio_blk.ko queue_depth='$'\033''[31m'
	printf '%b\n' 'rootward-hardware 1' 'device /devices/\033]0;title\007 virtio:d00000002v00001AF4' 'device /devices/\302\2332J pci:no\033[2J\377' \
		>profile
	run --keep-empty-lines "$ROOTWARD" simulate image --hardware profile
	assert_line 'load 3 round 3 virtio_blk: device /devices/\x1b]0;title\x07 (alias virtio:d00000002v*)'
	assert_line 'unmatched /devices/\xc2\x9b2J pci:no\x1b[2J\xff'
	"$ROOTWARD" simulate --json image --hardware profile >json
	iconv -f UTF-8 -t UTF-8 json >/dev/null
	grep -qF '"modalias":"pci:no\u001b[2J'$'\357\277\275"' json
}

@test "JSON is JSON whatever the names are" {
	hostile_image >image
	"$ROOTWARD" ls --json image >list
	iconv -f UTF-8 -t UTF-8 list >/dev/null
	grep -qF '"path":"/no'$'\357\277\275''utf"' list
	grep -qF '"path":"/good'$'\303\251''"' list
}

@test "archives that become more than a kernel can unpack are refused" {
	hostile_image >image
	head -c 1073741824 /dev/zero | zstd -q -c >bomb
	cat bomb bomb bomb >>image
	run "$ROOTWARD" ls image
	assert_failure 1
	assert_output --partial 'segment 4'
}

@test "links of a sysroot stay inside of it" {
	outside=$BATS_TEST_TMPDIR/outside
	cp -r "$TREE" sysroot
	mkdir -p "$outside" "sysroot$outside"
	mv sysroot/boot/* "sysroot$outside/"
	rmdir sysroot/boot
	ln -s "$outside" sysroot/boot
	mv sysroot/lib/modules "sysroot$outside/modules"
	ln -s "$outside/modules" sysroot/lib/modules
	echo 'options virtio_blk queue_depth=77' >sysroot/etc/alternatives/options
	ln -s /etc/alternatives/options sysroot/etc/modprobe.d/local.conf
	printf '[image]\ntimeout = 55\n' >sysroot/etc/alternatives/image
	ln -s /etc/alternatives/image sysroot/etc/rootward/conf.d/90-local.conf
	ln -s /dev/null sysroot/etc/rootward/conf.d/overlay.conf
	"$ROOTWARD" build -q --cache none --sysroot sysroot -k "$RELEASE" 2>build.log
	[ -z "$(ls -A "$outside")" ]
	image=$(echo "sysroot$outside"/initr*)
	run "$ROOTWARD" resolve --image "$image" -D virtio_blk
	assert_output --partial queue_depth=77
	"$ROOTWARD" cat "$image" /usr/lib/rootward/inputs >inputs
	grep -q '^config.*/etc/rootward/conf.d/90-local.conf$' inputs
	run ! grep overlay.conf inputs
	run "$ROOTWARD" list --sysroot sysroot
	assert_output "$RELEASE  ok  $image"
}

# twin NAME: two files under this absolute name, the host's and the one below ./sysroot, which say which one they are.
twin() {
	mkdir -p "$(dirname "$1")" "$(dirname "sysroot$1")"
	echo host >"$1"
	echo sysroot >"sysroot$1"
}

@test "fonts and files of a sysroot are those that its links lead to inside of it" {
	outside=$BATS_TEST_TMPDIR/outside
	cp -r "$TREE" sysroot
	mkdir -p sysroot/usr/share sysroot/etc/ld.so.conf.d
	twin "$outside/fonts/Some16.psf"
	twin "$outside/keys/one"
	ln -s "$outside/fonts" sysroot/usr/share/consolefonts
	ln -s "$outside/keys" sysroot/etc/keys
	echo FONT=Some16 >sysroot/etc/vconsole.conf
	printf '[feature keys]\nfiles = /etc/keys/*\n[image]\nfeatures = keys\n' >sysroot/etc/rootward/conf.d/90-local.conf
	"$ROOTWARD" build -q --cache none --sysroot sysroot -k "$RELEASE" -o image
	assert_equal "$("$ROOTWARD" cat image /usr/lib/rootward/console.psf)" sysroot
	assert_equal "$("$ROOTWARD" cat image /etc/keys/one)" sysroot
	rm sysroot/usr/share/consolefonts
	mkdir -p sysroot/usr/share/consolefonts/sub
	ln -s "$outside/fonts" sysroot/usr/share/consolefonts/sub/linked
	"$ROOTWARD" build -q --cache none --sysroot sysroot -k "$RELEASE" -o image
	assert_equal "$("$ROOTWARD" cat image /usr/lib/rootward/console.psf)" sysroot
	# Nor is it the host's where the sysroot has none.
	rm -r "sysroot$outside"
	run "$ROOTWARD" build --cache none --sysroot sysroot -k "$RELEASE" -o image
	assert_output --partial 'font Some16: no such file'
	run ! grep -qx /etc/keys/one <("$ROOTWARD" ls image)
}

@test "what is said of a machine is read inside of its sysroot" {
	outside=$BATS_TEST_TMPDIR/outside
	cp -r "$TREE" sysroot
	# Without its signature, so that there is something to say of one.
	objcopy "$(module_file sysroot virtio_blk)"
	mkdir -p sysroot/etc/default "$outside" "sysroot$outside" machine
	echo 'GRUB_CMDLINE_LINUX="lockdown=integrity"' >"$outside/grub"
	echo 'GRUB_CMDLINE_LINUX="quiet"' >"sysroot$outside/grub"
	ln -s "$outside/grub" sysroot/etc/default/grub
	echo '/dev/hostdisk / ext4 defaults 0 1' >"$outside/fstab"
	echo '/dev/rootdisk / xfs defaults 0 1' >"sysroot$outside/fstab"
	ln -s "$outside/fstab" sysroot/etc/fstab
	"$ROOTWARD" capture --machine machine --sysroot sysroot -o profile
	grep -q /dev/rootdisk profile
	run ! grep -q /dev/hostdisk profile
	run "$ROOTWARD" check -k "$RELEASE" --sysroot sysroot
	refute_output --partial lockdown
	echo 'GRUB_CMDLINE_LINUX="lockdown=integrity"' >"sysroot$outside/grub"
	echo >"$outside/grub"
	run "$ROOTWARD" check -k "$RELEASE" --sysroot sysroot
	assert_output --partial '/etc/default/grub says lockdown='
}

@test "modules that are links lead to files of the sysroot" {
	cp -r "$TREE" sysroot
	module=$(module_file sysroot virtio_blk)
	mkdir -p "sysroot$BATS_TEST_TMPDIR/weak"
	mv "$module" "sysroot$BATS_TEST_TMPDIR/weak/"
	ln -s "$BATS_TEST_TMPDIR/weak/$(basename "$module")" "$module"
	run "$ROOTWARD" check -k "$RELEASE" --sysroot sysroot
	refute_output --partial virtio_blk
	mkdir weak
	echo 'no module' >"weak/$(basename "$module")"
	run "$ROOTWARD" check -k "$RELEASE" --sysroot sysroot
	refute_output --partial virtio_blk
	run "$ROOTWARD" build -q --cache none -k "$RELEASE" --sysroot sysroot -o image
	assert_success
	run "$ROOTWARD" cat image "$("$ROOTWARD" ls image | awk '$NF ~ /virtio_blk/ { print $NF }')"
	assert_success
	refute_output 'no module'
}

@test "images that only a link out of the sysroot leads to are neither listed nor removed" {
	cp -r "$TREE" sysroot
	mkdir -p "outside/$RELEASE"
	cp sysroot/boot/vmlinuz-* "outside/$RELEASE/initrd"
	ln -s "$BATS_TEST_TMPDIR/outside" sysroot/boot/token
	run "$ROOTWARD" list --sysroot sysroot
	refute_output --partial token
	run "$ROOTWARD" remove --force -k "$RELEASE" --sysroot sysroot
	assert [ -e "outside/$RELEASE/initrd" ]
}

@test "an image with a secret is its owner's only, whoever could read the one before" {
	build() {
		"$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" -o image "$@"
	}
	build
	[ "$(stat -c %a image)" = 600 ]
	chmod 644 image
	build
	[ "$(stat -c %a image)" = 644 ]
	mkdir conf
	cp "$REPO"/conf.d/*.conf conf/
	printf '[image]\nemergency-password = %s\n' "$(openssl passwd -6 -salt rootward x)" >conf/99-local.conf
	build --config conf
	[ "$(stat -c %a image)" = 600 ]
	printf '[feature key]\nfiles = /etc/key\n[image]\nfeatures = key\n' >conf/99-local.conf
	echo secret >"$TREE/etc/key"
	chmod 644 image
	chmod 600 "$TREE/etc/key"
	build --config conf
	[ "$(stat -c %a image)" = 600 ]
}

@test "a closed standard stream never is the image" {
	"$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" -o image 2>/dev/null
	strace -f -e trace=write -o calls "$ROOTWARD" build -v --cache none --sysroot "$TREE" -k "$RELEASE" -o other \
		<&- >&- 2>&- || skip "no strace"
	cmp image other
	run ! grep -E 'write\([012], .*= [0-9]+$' calls
}

@test "neither a FIFO nor a file without end holds anybody up" {
	mkfifo fifo
	run timeout 20 "$ROOTWARD" ls fifo
	assert_failure 1
	assert_output --partial 'fifo: not a regular file'
	mkdir conf
	truncate -s 1T conf/90-large.conf
	run timeout 60 "$ROOTWARD" build --config conf --print-config
	assert_failure 1
	assert_output --partial '90-large.conf: larger than'
}

@test "configuration that would be read as something else is refused" {
	mkdir conf
	refused() { # TEXT MESSAGE
		printf '%b' "$1" >conf/90-local.conf
		run "$ROOTWARD" build --config conf --print-config
		assert_failure 2
		assert_output --partial "$2"
	}
	refused '[image]\n\0\ntimeout = 5\n' 'it has a NUL byte'
	refused '[image]\ntimeout = 5\n  6\n' 'timeout has one value on one line'
	refused '[modules x]\n  names = a\n  exclude = b\n' 'begin it without blanks to set exclude'
	refused "[modules $(printf 'a%.0s' {1..60})]\nnames = a\n" 'longer than 49 bytes'
	printf '[feature x]\nsettings = a=b\n  c=d\nmodules =\n  e f\n' >conf/90-local.conf
	run "$ROOTWARD" build --config conf --print-config
	assert_success
	assert_output --partial ' c=d'
}

@test "modules that configuration leaves out of another kernel do not end the build of this one" {
	mkdir conf
	cp "$REPO"/conf.d/*.conf conf/
	printf '[image]\nomit-modules = virtio_blq virtio_blk\n' >conf/99-local.conf
	run "$ROOTWARD" build --cache none --sysroot "$TREE" -k "$RELEASE" --config conf -o image
	assert_success
	assert_output --partial "no module 'virtio_blq'"
	run ! grep -q virtio_blk <("$ROOTWARD" ls image)
}

@test "a pattern of files may begin with two slashes" {
	mkdir conf
	cp "$REPO"/conf.d/*.conf conf/
	printf '[feature keys]\nfiles = //etc/key*\n' >conf/99-local.conf
	echo x >"$TREE/etc/key1"
	"$ROOTWARD" build -q --cache none --sysroot "$TREE" -k "$RELEASE" --config conf --feature keys -o image
	[ "$("$ROOTWARD" cat image /etc/key1)" = x ]
}

@test "update and a name that is no release: no word of images" {
	for name in . .. '' a/b; do
		run "$ROOTWARD" update --sysroot "$TREE" -k "$name"
		assert_failure 2
		refute_output --partial 'will not boot'
	done
}
