# SPDX-License-Identifier: GPL-2.0-or-later
# Samples (slurped) into medians with spread, and the ratios that the project promises.

def quantile($q): sort | .[((length - 1) * $q | round)];
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def key: "\(.part)/\(.case)/\(.who)/\(.what)";

# 95 % confidence interval of the median of $d, free of any assumption about its distribution (sign test).
def interval($d): ($d | length) as $n | ([(($n - 1.96 * ($n | sqrt)) / 2 | floor), 1] | max) as $k
	| ($d | sort) | if $n < 6 then null else [.[$k - 1], .[$n - $k]] end;

. as $samples
| (group_by(key) | map({key: (.[0] | key), value: (map(.value | select(. != null)) as $v | {
	n: ($v | length), failed: (length - ($v | length)), median: ($v | median), min: ($v | min), max: ($v | max),
	quartiles: [($v | quantile(0.25)), ($v | quantile(0.75))]})}) | from_entries) as $stats
| def m($k): $stats[$k].median;
  def over($a; $b): if m($a) == null or m($b) == null or m($b) == 0 then null else m($a) / m($b) end;
  def values($k): [$samples[] | select(key == $k) | .value];
  def show($name; $value; $limit): {name: $name, value: $value, limit: $limit,
	met: (if $value == null then null else $value <= $limit end)};
  def boot($bus; $who): "boot/\($bus)/\($who)/init_ms";
  def disks($n): (m("growth/disks-\($n)/rootward/init_ms")) as $a | (m("growth/disks-\($n)/by-hand/init_ms")) as $b
	| if $a == null or $b == null then null else $a - $b end;
{
	stats: $stats,
	host: ([values("host/virtio-blk/generic/init_ms"), values("host/virtio-blk/host/init_ms")] | transpose
		| map(select(.[0] != null and .[1] != null) | .[0] - .[1]) | {difference_ms: median, interval_95_ms: interval(.)}),
	shows: [
		show("1 /init to real init, virtio-blk: of by-hand"; over(boot("virtio-blk"; "rootward"); boot("virtio-blk"; "by-hand")); 0.75),
		show("1 ... of mkinitramfs"; over(boot("virtio-blk"; "rootward"); boot("virtio-blk"; "mkinitramfs")); 0.12),
		show("1 ... of dracut"; over(boot("virtio-blk"; "rootward"); boot("virtio-blk"; "dracut")); 0.05),
		show("1 ... nvme: of by-hand"; over(boot("nvme"; "rootward"); boot("nvme"; "by-hand")); 0.70),
		show("1 ... ahci: of by-hand"; over(boot("ahci"; "rootward"); boot("ahci"; "by-hand")); 0.70),
		show("2 unpacking: singly of solid zstd"; over("unpack/virtio-blk/singly/unpack_ms"; "unpack/virtio-blk/solid/unpack_ms"); 0.2),
		show("3 generic beside host, /init to real init: apart by"; (over("host/virtio-blk/generic/init_ms"; "host/virtio-blk/host/init_ms") | if . then . - 1 | fabs else . end); 0.10),
		show("3 generic beside host, whole boot, s"; ((m("host/virtio-blk/generic/whole_ms") // null) as $a | (m("host/virtio-blk/host/whole_ms") // null) as $b | if $a and $b then ($a - $b) / 1000 | fabs else null end); 0.2),
		show("4 cold build: of mkinitramfs"; over("build/generic-cold/rootward/wall_s"; "build/generic-cold/mkinitramfs/wall_s"); 0.02),
		show("4 warm build: of cold"; over("build/generic-warm/rootward/wall_s"; "build/generic-cold/rootward/wall_s"); 0.3),
		show("4 cold build, 6.12 (.ko.xz): of mkinitramfs"; over("build/6.12-cold/rootward/wall_s"; "build/6.12-cold/mkinitramfs/wall_s"); 0.1),
		show("4 peak memory, MB"; ([m("build/generic-cold/rootward/peak_mb"), m("build/6.12-cold/rootward/peak_mb")] | max); 120),
		show("5 size: of mkinitramfs"; over("size/image/rootward/size_mb"; "size/image/mkinitramfs/size_mb"); 1),
		show("5 its storage and file system modules that we lack"; m("size/modules/rootward/missing"); 0),
		show("5 host image, MB"; m("size/image/host/size_mb"); 2.5),
		show("5 early-init, MB"; m("size/image/early-init/size_mb"); 1.5),
		show("6 least memory: of mkinitramfs"; over("memory/virtio-blk/rootward/least_mb"; "memory/virtio-blk/mkinitramfs/least_mb"); 0.70),
		show("7 CPU time of a build, 4000 modules: of 4 x 1000"; (over("growth/modules-4000/rootward/cpu_s"; "growth/modules-1000/rootward/cpu_s") | if . then . / 4 else . end); 1.1),
		show("7 resolving an alias, 4000 modules: of 1000"; over("growth/modules-4000/resolve/alias_us"; "growth/modules-1000/resolve/alias_us"); 1.5),
		show("7 ms a disk above by-hand, 1 to 64 disks"; (disks(64) as $a | disks(1) as $b | if $a == null or $b == null then null else ($a - $b) / 63 end); 1)
	]
}
