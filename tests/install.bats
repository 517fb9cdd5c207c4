#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and make uninstall: what is installed works from there, and nothing of it is left.

load helpers

setup() {
	DEST=$BATS_TEST_TMPDIR/dest
}

make_here() {
	env -u MAKEFLAGS make -s --no-print-directory -C "$REPO" O="$O" DESTDIR="$DEST" "$@" >"$BATS_TEST_TMPDIR/log" 2>&1 ||
		{ cat "$BATS_TEST_TMPDIR/log" >&2 && return 1; }
}

@test "uninstall leaves no file of install, and every file of the administrator" {
	make_here DEBIAN_HOOKS=yes install
	for file in usr/sbin/rootward usr/lib/rootward/early-init usr/lib/rootward/conf.d/storage.conf usr/share/man/man8/rootward.8 \
		usr/lib/kernel/install.d/50-rootward.install etc/kernel/postinst.d/rootward \
		usr/share/bash-completion/completions/rootward usr/lib/rootward/qemu/boot; do
		[ -s "$DEST/$file" ] || fail "$file is not installed"
	done
	echo '# mine' >"$DEST/etc/rootward/conf.d/mine.conf"
	make_here DEBIAN_HOOKS=yes uninstall
	assert_equal "$(cd "$DEST" && find . -type f)" ./etc/rootward/conf.d/mine.conf
	[ ! -e "$DEST/usr/lib/rootward" ]
}
