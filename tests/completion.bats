# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion, driven as bash drives it: COMP_WORDS and COMP_CWORD in, COMPREPLY out.
load helpers

setup() {
	# shellcheck source=../hooks/bash-completion/rootward
	. "$REPO/hooks/bash-completion/rootward"
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/lib/modules/6.1.0-1-amd64" "$root/lib/modules/6.12.9-amd64" "$root/boot"
	echo "kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz" >"$root/lib/modules/6.1.0-1-amd64/modules.dep"
	echo "kernel/fs/exfat/exfat.ko:" >>"$root/lib/modules/6.1.0-1-amd64/modules.dep"
	: >"$root/boot/initrd.img-6.1.0-1-amd64"
	: >"$root/boot/vmlinuz-6.1.0-1-amd64"
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir some-dir
	: >some-image
}

# complete_line WORD...: the cursor is at the end of the last word. Sets COMPREPLY and its words in $reply.
complete_line() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_rootward "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	reply=" ${COMPREPLY[*]} "
}

@test "completion: every command that --help lists, and nothing else" {
	complete_line "$ROOTWARD" ""
	expected=$("$ROOTWARD" --help | grep -cE '^  [a-z]+ ')
	[ "$expected" -gt 10 ]
	assert_equal "${#COMPREPLY[@]}" $((expected + 2)) # --help, --version
	[[ $reply = *" build "* && $reply = *" simulate "* ]]
	complete_line "$ROOTWARD" re
	[[ $reply = *" resolve "* && $reply = *" report "* && $reply != *" build "* ]]
}

@test "completion: options of each command, and only of that one" {
	for command in $("$ROOTWARD" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
		complete_line "$ROOTWARD" "$command" --
		[ "${#COMPREPLY[@]}" -ge 1 ] || fail "$command: no option"
		for option in "${COMPREPLY[@]}"; do
			[ "$option" = --help ] || run bash -c '"$1" "$2" --help | grep -qe "$3"' _ "$ROOTWARD" "$command" \
				"[^a-z-]$option\\b"
			assert_success
		done
	done
	complete_line "$ROOTWARD" build --add
	assert_equal "$reply" " --add-module "
	complete_line "$ROOTWARD" simulate --h
	[[ $reply = *" --hardware "* ]]
	complete_line "$ROOTWARD" ls --hard
	assert_equal "${#COMPREPLY[@]}" 0
}

@test "completion: nothing in the names of an image is executed" {
	mkdir tree
	: >"tree/x\$(touch pwned)"
	: >"tree/y'quoted"
	(cd tree && find . -print0 | cpio --quiet -0 -o -H newc) >odd.img
	complete_line "$ROOTWARD" cat odd.img /x
	assert_equal "${COMPREPLY[0]}" '/x\$\(touch\ pwned\)'
	complete_line "$ROOTWARD" ls odd.img /y
	assert_equal "${COMPREPLY[0]}" "/y\\'quoted"
	[ ! -e pwned ]
}

@test "completion: kernels below the sysroot that stands before" {
	complete_line "$ROOTWARD" build --sysroot "$root" -k ""
	assert_equal "$reply" " 6.1.0-1-amd64 6.12.9-amd64 "
	complete_line "$ROOTWARD" build --sysroot = "$root" --kernel = 6.12
	assert_equal "$reply" " 6.12.9-amd64 "
	complete_line "$ROOTWARD" build --sysroot "$root" --kernel =
	assert_equal "$reply" " 6.1.0-1-amd64 6.12.9-amd64 "
}

@test "completion: images in /boot, and any file" {
	complete_line "$ROOTWARD" ls ""
	[[ $reply = *" some-image "* && $reply = *" some-dir "* ]]
	complete_line "$ROOTWARD" explain some-
	[[ $reply = *" some-image "* ]]
	complete_line "$ROOTWARD" resolve --sysroot "$root" --image ""
	[[ $reply = *" $root/boot/initrd.img-6.1.0-1-amd64 "* && $reply != *vmlinuz* ]]
}

@test "completion: what is in an image" {
	(cd some-dir && mkdir -p usr/bin && : >usr/bin/busybox && find . | cpio --quiet -o -H newc >../made.img)
	complete_line "$ROOTWARD" cat made.img ""
	[[ $reply = *busybox* ]]
	complete_line "$ROOTWARD" explain --json made.img /usr/bin/b
	assert_equal "$reply" " /usr/bin/busybox "
	complete_line "$ROOTWARD" diff --sysroot = some-dir some-im
	assert_equal "$reply" " some-image "
	complete_line "$ROOTWARD" boot --kernel = some-image made
	assert_equal "$reply" " made.img "
	complete_line "$ROOTWARD" ls -l --json made.img /usr/bin/b
	assert_equal "$reply" " /usr/bin/busybox "
}

@test "completion: values of options" {
	complete_line "$ROOTWARD" build --mode ""
	assert_equal "$reply" " generic host "
	complete_line "$ROOTWARD" build --compress = solid-x
	assert_equal "$reply" " solid-xz "
	complete_line "$ROOTWARD" build --compress ""
	# All that the manual names.
	assert_equal "$(printf '%s\n' "${COMPREPLY[@]}" | sort)" "$(sed -n '/^\*--compress\*/{n;p}' \
		"$REPO/docs/rootward.8.scd" | grep -o '\*[a-z0-9-]*\*' | tr -d '*' | sort)"
	complete_line "$ROOTWARD" build --feature ""
	[[ $reply = *" network "* ]]
	complete_line "$ROOTWARD" build --sysroot "$root" -k 6.1.0-1-amd64 --add-module ex
	assert_equal "$reply" " ext4 exfat "
	complete_line "$ROOTWARD" resolve --sysroot "$root" -k 6.1.0-1-amd64 exf
	assert_equal "$reply" " exfat "
	complete_line "$ROOTWARD" capture -o some-
	[[ $reply = *" some-image "* ]]
	complete_line "$ROOTWARD" build --sysroot some-
	assert_equal "$reply" " some-dir "
}
