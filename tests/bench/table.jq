# SPDX-License-Identifier: GPL-2.0-or-later
# O/bench.json as text.

def left($n): . + (" " * ([$n - length, 1] | max));
def right($n): (" " * ([$n - length, 0] | max)) + .;
def number: if . == null then "-" elif . >= 100 then (. * 10 | round / 10 | tostring) else (. * 1000 | round / 1000 | tostring) end;

("MEASURED" | left(52)) + ("MEDIAN" | right(10)) + ("QUARTILES" | right(22)) + ("N" | right(5)),
(.stats | to_entries[] | (.key | left(52)) + (.value.median | number | right(10))
	+ ("\(.value.quartiles[0] | number)..\(.value.quartiles[1] | number)" | right(22)) + (.value.n | tostring | right(5))
	+ (if .value.failed > 0 then "  \(.value.failed) failed" else "" end)),
"",
("PROMISED" | left(60)) + ("IS" | right(8)) + ("LIMIT" | right(8)),
(.shows[] | (.name | left(60)) + (.value | number | right(8)) + (.limit | number | right(8))
	+ (if .met == null then "  not measured" elif .met then "  met" else "  MISSED" end)),
(if .host.difference_ms then "generic - host: \(.host.difference_ms | number) ms, 95 % interval \(.host.interval_95_ms)" else empty end)
