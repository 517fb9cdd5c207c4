# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages say what the programs know, and render without warnings.
load helpers

@test "manual pages: scdoc takes them and man has nothing to warn of" {
	for page in "$REPO"/docs/*.scd; do
		name=$(basename "$page" .scd)
		scdoc <"$page" >"$BATS_TEST_TMPDIR/$name"
		run --separate-stderr env MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$BATS_TEST_TMPDIR/$name"
		assert_success
		assert_equal "$stderr" ""
		[ -n "$output" ]
	done
}

# Options of a --help text's usage, and those that its lines begin with, one a line.
options_of() {
	"$ROOTWARD" "$1" --help | grep -E '^( +-|Usage:)' | grep -oE -- '[][ ,|]--?[a-zA-Z][a-z-]*' | tr -d '][ ,|' | sort -u
}

commands() {
	"$ROOTWARD" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# The part of rootward(8) about one command.
section_of() {
	awk -v heading="## $1" '$0 == heading { on = 1; next } /^#/ { on = 0 } on' "$REPO/docs/rootward.8.scd"
}

@test "rootward(8): every command and every option of its --help" {
	missing=() total=0
	for command in $(commands); do
		text=$(section_of "$command")
		[ -n "$text" ] || missing+=("$command")
		for option in $(options_of "$command"); do
			total=$((total + 1))
			[[ $text = *"*$option*"* || $text = *"*$option "* ]] || missing+=("$command $option")
		done
	done
	assert_equal "${missing[*]}" ""
	[ "$total" -gt 40 ]
}

@test "every option that a command takes is in its --help" {
	missing=() total=0
	for command in $(commands); do
		help=$("$ROOTWARD" "$command" --help)
		while read -r option; do
			total=$((total + 1))
			[[ $help = *"--$option"[!a-z-]* ]] || missing+=("$command --$option")
		done < <(grep -oE '\{"[a-z-]+", (no|required)_argument' "$REPO/builder/cmd_$command.c" | cut -d'"' -f2)
	done
	assert_equal "${missing[*]}" ""
	[ "$total" -gt 40 ]
}

@test "rootward(8): no option that its command does not have" {
	extra=() total=0
	for command in $(commands); do
		known=" $(options_of "$command" | tr '\n' ' ')"
		for option in $(section_of "$command" | grep -E '^\*-' | grep -oE -- '\*--?[a-zA-Z][a-z-]*' | tr -d '*'); do
			total=$((total + 1))
			[[ $known = *" $option "* ]] || extra+=("$command $option")
		done
	done
	assert_equal "${extra[*]}" ""
	[ "$total" -gt 40 ]
}
