# SPDX-License-Identifier: GPL-2.0-or-later
# Names to ask for, from a modules.alias or modules.symbols: for every pattern
# one or two that match it (each '*' as nothing and as text, '?' and brackets as one of
# theirs) and one that must not (a bracket's outsider, a '?' as nothing, or a
# literal changed), and for every module its name with '-' and '_' exchanged.

# Text for the bracket expression S ("0-9", "!a"): one of its characters, or one outside.
function from_brackets(s, inside) {
	if (substr(s, 1, 1) == "!" || substr(s, 1, 1) == "^")
		return inside ? "~" : substr(s, 2, 1)
	return inside ? substr(s, length(s), 1) : "~"
}

# P made concrete: STAR for each '*'; the wildcard number MISS (0: none) so that it cannot match.
function concrete(p, star, miss,    out, i, c, wild, end) {
	out = ""; wild = 0
	for (i = 1; i <= length(p); i++) {
		c = substr(p, i, 1)
		if (c == "*") {
			out = out star
		} else if (c == "?") {
			if (++wild != miss)
				out = out "q"
		} else if (c == "[") {
			end = index(substr(p, i + 1), "]")
			out = out from_brackets(substr(p, i + 1, end - 1), ++wild != miss)
			i += end
		} else {
			out = out c
		}
	}
	wilds = wild
	return out
}

# P with its last literal character changed, or one put at its end.
function spoiled(p,    n) {
	n = length(p)
	while (n > 0 && substr(p, n, 1) == "*")
		n--
	if (n == 0 || substr(p, n, 1) ~ /[]?]/)
		return concrete(p, "", 1)
	return concrete(substr(p, 1, n - 1) "~" substr(p, n + 1), "", 0)
}

$1 == "alias" {
	pattern = $2
	for (i = 3; i < NF; i++)
		pattern = pattern " " $i
	print concrete(pattern, "", 0)
	if (index(pattern, "*"))
		print concrete(pattern, "x0", 0)
	print wilds ? concrete(pattern, "", 1) : spoiled(pattern)
	if (!($NF in seen)) {
		seen[$NF] = 1
		print $NF
		name = $NF
		print (gsub(/_/, "-", name) || gsub(/-/, "_", name)) ? name : name "-"
	}
}
