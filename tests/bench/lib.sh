# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # variables of run
# Shared by the parts of the bench. Sourced by run, which sets repo, here, O, work, samples, runs and builds;
# its parts are in boots.sh and builds.sh.

say() { printf '%s\n' "$*" >&2; }

# sample PART CASE WHO WHAT VALUE: one measured value; VALUE null when the measurement failed.
sample() {
	printf '{"part":"%s","case":"%s","who":"%s","what":"%s","value":%s}\n' "$@" >>"$samples"
}

sysroot_of() { "$repo/qemu/fetch-kernel" "$1"; }
release_of() { ls "$1/lib/modules"; }

# rootward_image KERNEL FILE [OPTION]...: an image of ours, not measured.
rootward_image() {
	local sysroot
	sysroot=$(sysroot_of "$1")
	"$O/rootward" build -q -k "$(release_of "$sysroot")" --sysroot "$sysroot" --cache "$work/cache" -o "$2" "${@:3}"
}

# peer_image WHAT KERNEL: the image of another tool, made once; prints its path.
peer_image() {
	local file=$work/$1-$2.img
	[ -s "$file" ] || "$here/peers" "$1" "$(sysroot_of "$2")" "$file" >&2
	echo "$file"
}

# by_hand_image BUS: the hand-written init for a root on BUS; prints its path.
by_hand_image() {
	local file=$work/by-hand-$1.img
	case $1 in
	virtio-blk) set -- "$1" /dev/vda virtio_pci virtio_blk ;;
	nvme) set -- "$1" /dev/nvme0n1 nvme ;;
	ahci) set -- "$1" /dev/sda ahci sd_mod ;;
	virtio-scsi) set -- "$1" /dev/sda virtio_pci virtio_scsi sd_mod ;;
	esac
	ROOT_CONF="$2 ext4" "$here/peers" by-hand "$(sysroot_of generic)" "$file" "${@:3}" ext4
	echo "$file"
}

# The disk that everyone boots: our real init, and what the peers want of a root before they enter it.
bench_disk() {
	local tree=$work/tree
	disk=$work/disk.img
	disk_uuid=6b7c0b5e-0000-4000-8000-0000000be9c4
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,dev,proc,sys,run,tmp,mnt,etc,sbin,usr/lib,var}
	install -m 755 "$O/tests/bench/real-init" "$tree/sbin/init"
	# systemd in dracut's image enters nothing that has no os-release; dracut looks for it as well.
	printf 'NAME=bench\nID=bench\nVERSION_ID=1\n' >"$tree/etc/os-release"
	: >"$tree/etc/fstab"
	"$repo/qemu/make-disk" --contents "$tree" --uuid "$disk_uuid" "$disk" >&2
}

# An emulated CPU's TSC counts as unstable, and every reading of the clock then goes out to an emulated HPET, one CPU at
# a time: no machine that is sold has that, so all are told to trust the TSC.
# boot_once LOG IMAGE BUS [BOOT_OPTION]...: 0 when the real init was reached; its stamps are in LOG.
boot_once() {
	local log=$1 image=$2 bus=$3
	"$repo/qemu/boot" --quiet --kernel generic --image "$image" --disk "$disk,bus=$bus" --timeout "${boot_timeout:-120}" \
		--append "quiet ro tsc=reliable root=UUID=$disk_uuid" --log "$log" "${@:4}" >/dev/null 2>"$log.err"
}

# boot_sample PART CASE WHO IMAGE BUS [BOOT_OPTION]...: one boot, its times in ms as samples.
boot_sample() {
	local part=$1 case=$2 who=$3 log=$work/console.log stamps what value
	if boot_once "$log" "${@:4}" && stamps=$(grep -ao 'BENCH unpack=.*' "$log" | tr -d '\r'); then
		awk '{
			for (i = 2; i <= 4; i++) { split($i, f, "="); v[f[1]] = f[2] / 1000 }
			printf "init_ms %.3f\nwhole_ms %.3f\nunpack_ms %.3f\n", v["real_init"] - v["run_init"], v["real_init"], v["unpack"]
		}' <<<"$stamps" | while read -r what value; do
			sample "$part" "$case" "$who" "$what" "$value"
		done
		return 0
	fi
	cp "$log" "$work/failed-$part-$case-$who.log"
	say "bench: $who did not reach the real init ($part, $case): $work/failed-$part-$case-$who.log"
	sample "$part" "$case" "$who" init_ms null
}

# timed PART CASE WHO COMMAND...: wall and CPU seconds and peak memory (MB) of COMMAND as samples.
timed() {
	local part=$1 case=$2 who=$3 start end user system rss
	shift 3
	start=${EPOCHREALTIME/./}
	if /usr/bin/time -q -o "$work/time" -f '%U %S %M' "$@" >"$work/timed.log" 2>&1; then
		end=${EPOCHREALTIME/./}
		read -r user system rss <"$work/time"
		sample "$part" "$case" "$who" wall_s "$(awk "BEGIN { print ($end - $start) / 1e6 }")"
		sample "$part" "$case" "$who" cpu_s "$(awk "BEGIN { print $user + $system }")"
		sample "$part" "$case" "$who" peak_mb "$(awk "BEGIN { print $rss * 1024 / 1e6 }")"
		return 0
	fi
	say "bench: $who failed ($part, $case): $(tail -n 3 "$work/timed.log")"
	sample "$part" "$case" "$who" wall_s null
}
