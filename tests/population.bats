#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every real storage, SD and FireWire controller that the kernel can drive has its driver in the generic image.
# shellcheck disable=SC2030,SC2031

load helpers
load build_helpers

@test "every drivable controller of the field has its driver in the generic image" {
	sysroot=$(kernel_sysroot generic)
	release=$(kernel_release generic)
	build_image "$sysroot" "$BATS_TEST_TMPDIR/image" >"$BATS_TEST_TMPDIR/summary"
	summary_modules "$BATS_TEST_TMPDIR/summary" >"$BATS_TEST_TMPDIR/have"

	drivable=0
	missing=()
	while IFS=$'\t' read -r section vendor device class; do
		[[ $section != \#* ]] || continue
		class=${class^^}
		alias=$(printf 'pci:v0000%sd0000%ssv00000000sd00000000bc%ssc%si%s' \
			"${vendor^^}" "${device^^}" "${class:0:2}" "${class:2:2}" "${class:4:2}")
		drivers=$(modprobe -d "$sysroot" -S "$release" -C /dev/null -R "$alias" 2>/dev/null) || continue
		drivable=$((drivable + 1))
		# Where several claim a device one of them drives it; the others are sniffers and test drivers.
		grep -qxF "$drivers" "$BATS_TEST_TMPDIR/have" ||
			missing+=("$section $vendor:$device needs ${drivers//$'\n'/ or }")
	done <"$REPO/tests/fixtures/pci-population.tsv"

	# The field has 980 of them; a kernel that drives far fewer means that this test looked at nothing.
	assert [ "$drivable" -ge 900 ]
	assert_equal "${missing[*]-}" ""
}
