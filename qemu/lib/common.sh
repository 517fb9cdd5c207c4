# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Shared by the harness's programs. Sourced after `set -eu`; sets qemu_dir and state_dir.

qemu_dir=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
qemu_dir=${qemu_dir%/lib}
# Kernels, roots and what was learned about this machine: build/ in the source tree, the user's cache when installed.
if [ -e "$qemu_dir/../Makefile" ]; then
	state_dir=$(readlink -f "$qemu_dir/..")/build
else
	state_dir=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rootward
fi
mkdir -p "$state_dir"

# A message of this program, and the end with status 1 (or 2 for wrong usage).
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}
usage_error() {
	printf '%s: %s; see --help\n' "${0##*/}" "$*" >&2
	exit 2
}

# The comment block at the head of the program is its help.
print_help() {
	sed -n '/^#:/s/^#: \?//p' "$0"
	exit 0
}

# Wait for the lock NAME of the state directory on fd 9, at most ten minutes; released when the program ends.
take_lock() {
	exec 9>"$state_dir/$1.lock"
	flock -w 600 9 || die "another process holds $state_dir/$1.lock for ten minutes: is it stuck?"
}
