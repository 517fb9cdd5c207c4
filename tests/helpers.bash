# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Loaded by every .bats file. Environment, all optional: O (build directory), ROOTWARD and EARLY_INIT (the
# programs to test, sanitized ones perhaps), ROOTWARD_EARLY_INIT (the early-init that goes into images).
bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

REPO=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
O=$(readlink -f "${O:-$REPO/build}")
ROOTWARD=${ROOTWARD:-$O/rootward}
EARLY_INIT=${EARLY_INIT:-$O/early-init.bin}
export ROOTWARD_EARLY_INIT=${ROOTWARD_EARLY_INIT:-$O/early-init.bin}
# Shipped configuration from the tree, not from an installed copy.
export ROOTWARD_DATADIR=$REPO
export REPO O ROOTWARD EARLY_INIT

# Sysroot of a real kernel: cloud, generic or 6.12. And its release.
kernel_sysroot() {
	"$REPO/qemu/fetch-kernel" "$1"
}
kernel_release() {
	ls "$(kernel_sysroot "$1")/lib/modules"
}
