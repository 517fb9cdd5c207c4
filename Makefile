# SPDX-License-Identifier: GPL-2.0-or-later
# Rootward. `make` builds, `make demo` shows, `make check` proves. V=1 shows commands.

VERSION := 0.1.0

O ?= build
# One name for one directory: what was compiled as O=/here/build/... is not recompiled as O=build/... when headers change.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
CC ?= cc
PREFIX ?= /usr
DESTDIR ?=
SANITIZE ?=

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wformat=2 \
	-Wno-unknown-warning-option
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DROOTWARD_VERSION='"$(VERSION)"' -DROOTWARD_PREFIX='"$(PREFIX)"' \
	-fno-strict-aliasing -ffunction-sections -fdata-sections $(WARN) -MMD -MP $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
ALL_LDFLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

BUILDER_LIBS := -larchive -lzstd -llzma -lz -llz4 -lbz2 -lblkid -lelf -linih -ljson-c -lxxhash -lcrypt -lpthread
INIT_LIBS := -lblkid -lzstd -lcrypt
# early-init is in every image: nothing unwinds its stack, and libzstd's decoders of what was before zstd 0.8 are never
# reached (modfile.c looks at the magic), so they are not linked.
INIT_CFLAGS := $(if $(SANITIZE),,-Os -fno-asynchronous-unwind-tables)
comma := ,
OLD_ZSTD := $(foreach v,5 6 7,\
	$(addprefix ZSTDv0$(v)_,createDCtx freeDCtx decompress_usingDict findFrameSizeInfoLegacy getFrameParams) \
	$(addprefix ZBUFFv0$(v)_,createDCtx freeDCtx decompressContinue decompressInitDictionary))
NO_OLD_ZSTD := $(if $(SANITIZE),,$(OLD_ZSTD:%=-Wl$(comma)--defsym=%=abort))
INIT_LDFLAGS := $(if $(SANITIZE),,-static -s -Wl,--gc-sections -Wl,-z,noseparate-code)

# --- early-init/plan: pure, shared by boot and host -------------------------------------------
PLAN_OBJS :=
PLAN_OBJS += early-init/plan/glob.o
PLAN_OBJS += early-init/plan/netroot.o
PLAN_OBJS += early-init/plan/netroot_block.o
PLAN_OBJS += early-init/plan/netroot_file.o
PLAN_OBJS += early-init/plan/netroot_describe.o
PLAN_OBJS += early-init/plan/dns.o
PLAN_OBJS += early-init/plan/index.o
PLAN_OBJS += early-init/plan/index_match.o
PLAN_OBJS += early-init/plan/modconf.o
PLAN_OBJS += early-init/plan/modconf_cmdline.o
PLAN_OBJS += early-init/plan/lookup.o
PLAN_OBJS += early-init/plan/probe_list.o
PLAN_OBJS += early-init/plan/text.o
PLAN_OBJS += early-init/plan/cmdline.o
PLAN_OBJS += early-init/plan/cmdline_split.o
PLAN_OBJS += early-init/plan/rootspec.o
PLAN_OBJS += early-init/plan/rootspec_match.o
PLAN_OBJS += early-init/plan/byid.o
PLAN_OBJS += early-init/plan/uevent.o
PLAN_OBJS += early-init/plan/hardware.o
PLAN_OBJS += early-init/plan/planner.o
PLAN_OBJS += early-init/plan/planner_want.o
PLAN_OBJS += early-init/plan/planner_ready.o
PLAN_OBJS += early-init/plan/planner_pairs.o
PLAN_OBJS += early-init/plan/planner_ahead.o
PLAN_OBJS += early-init/plan/planner_retry.o
PLAN_OBJS += early-init/plan/modinfo.o
PLAN_OBJS += early-init/plan/netaddr.o
PLAN_OBJS += early-init/plan/netspec.o
PLAN_OBJS += early-init/plan/netspec_ip.o
PLAN_OBJS += early-init/plan/netspec_describe.o
PLAN_OBJS += early-init/plan/netspec_links.o
PLAN_OBJS += early-init/plan/netlease.o
PLAN_OBJS += early-init/plan/dhcp6.o
PLAN_OBJS += early-init/plan/keymap.o
PLAN_OBJS += early-init/plan/signature.o
PLAN_OBJS += early-init/plan/index_make.o
PLAN_OBJS += early-init/plan/index_conf.o
PLAN_OBJS += early-init/plan/index_soft.o

# --- early-init --------------------------------------------------------------------------------
INIT_OBJS :=
INIT_OBJS += early-init/dispatch.o
INIT_OBJS += early-init/init.o
INIT_OBJS += early-init/keyboards.o
INIT_OBJS += early-init/setup.o
INIT_OBJS += early-init/log.o
INIT_OBJS += early-init/timeline.o
INIT_OBJS += early-init/loop.o
INIT_OBJS += early-init/uevents.o
INIT_OBJS += early-init/coldplug.o
INIT_OBJS += early-init/devices.o
INIT_OBJS += early-init/loader.o
INIT_OBJS += early-init/loader_report.o
INIT_OBJS += early-init/loader_ahead.o
INIT_OBJS += early-init/workers.o
INIT_OBJS += early-init/worker_process.o
INIT_OBJS += early-init/lanes.o
INIT_OBJS += early-init/kmsg.o
INIT_OBJS += early-init/kernel_stamps.o
INIT_OBJS += early-init/modfile.o
INIT_OBJS += early-init/explain.o
INIT_OBJS += early-init/tool.o
INIT_OBJS += early-init/tool_conf.o
INIT_OBJS += early-init/tool_file.o
INIT_OBJS += early-init/modprobe.o
INIT_OBJS += early-init/modprobe_options.o
INIT_OBJS += early-init/modprobe_insert.o
INIT_OBJS += early-init/modprobe_remove.o
INIT_OBJS += early-init/modprobe_show.o
INIT_OBJS += early-init/insmod.o
INIT_OBJS += early-init/rmmod.o
INIT_OBJS += early-init/lsmod.o
INIT_OBJS += early-init/modinfo.o
INIT_OBJS += early-init/modinfo_show.o

INIT_OBJS += early-init/block.o
INIT_OBJS += early-init/block_table.o
INIT_OBJS += early-init/block_read.o
INIT_OBJS += early-init/block_path.o
INIT_OBJS += early-init/block_sysfs.o
INIT_OBJS += early-init/probe.o
INIT_OBJS += early-init/handler.o
INIT_OBJS += early-init/handler_fs.o
INIT_OBJS += early-init/textfile.o
INIT_OBJS += early-init/mount.o
INIT_OBJS += early-init/root.o
INIT_OBJS += early-init/root_wait.o
INIT_OBJS += early-init/target.o
INIT_OBJS += early-init/usr.o
INIT_OBJS += early-init/gpt_auto.o
INIT_OBJS += early-init/mirror.o
INIT_OBJS += early-init/btrfs.o
INIT_OBJS += early-init/resume.o
INIT_OBJS += early-init/newroot.o
INIT_OBJS += early-init/switch.o
INIT_OBJS += early-init/emergency.o
INIT_OBJS += early-init/emergency_shell.o
INIT_OBJS += early-init/console.o
INIT_OBJS += early-init/password.o
INIT_OBJS += early-init/diagnose.o
INIT_OBJS += early-init/profile.o
INIT_OBJS += early-init/hooks.o
INIT_OBJS += early-init/netlink.o
INIT_OBJS += early-init/netlink_request.o
INIT_OBJS += early-init/netlink_parse.o
INIT_OBJS += early-init/net.o
INIT_OBJS += early-init/net_event.o
INIT_OBJS += early-init/net_status.o
INIT_OBJS += early-init/net_address.o
INIT_OBJS += early-init/net_iface.o
INIT_OBJS += early-init/net_links.o
INIT_OBJS += early-init/net_names.o
INIT_OBJS += early-init/net_dhcp.o
INIT_OBJS += early-init/net_dhcp6.o
INIT_OBJS += early-init/net_ibft.o
INIT_OBJS += early-init/net_handover.o
INIT_OBJS += early-init/net_diagnose.o
INIT_OBJS += early-init/udhcpc_script.o
INIT_OBJS += early-init/overlay.o
INIT_OBJS += early-init/job.o
INIT_OBJS += early-init/netroot.o
INIT_OBJS += early-init/netroot_try.o
INIT_OBJS += early-init/netroot_server.o
INIT_OBJS += early-init/netroot_local.o
INIT_OBJS += early-init/netroot_nfs.o
INIT_OBJS += early-init/netroot_nbd.o
INIT_OBJS += early-init/nbd_wire.o
INIT_OBJS += early-init/nbd_link.o
INIT_OBJS += early-init/netroot_http.o
INIT_OBJS += early-init/ssh.o
INIT_OBJS += early-init/netroot_iscsi.o
INIT_OBJS += early-init/netroot_nvme.o

# --- builder (main.o apart, so that tests can link the rest) -----------------------------------
BUILDER_OBJS :=
BUILDER_OBJS += builder/image_index.o
BUILDER_OBJS += builder/content_hash.o
BUILDER_OBJS += builder/lock.o
BUILDER_OBJS += builder/child.o
BUILDER_OBJS += builder/harness.o
BUILDER_OBJS += builder/test_boot.o
BUILDER_OBJS += builder/boot_dir.o
BUILDER_OBJS += builder/build_publish.o
BUILDER_OBJS += builder/image_state.o
BUILDER_OBJS += builder/generator.o
BUILDER_OBJS += builder/cmd_update.o
BUILDER_OBJS += builder/post_update.o
BUILDER_OBJS += builder/cmd_list.o
BUILDER_OBJS += builder/cmd_remove.o
BUILDER_OBJS += builder/inputs.o
BUILDER_OBJS += builder/inputs_changed.o
BUILDER_OBJS += builder/inputs_directory.o
BUILDER_OBJS += builder/interrupt.o
BUILDER_OBJS += builder/cmd_resolve.o
BUILDER_OBJS += builder/index_write.o
BUILDER_OBJS += builder/index_tables.o
BUILDER_OBJS += builder/kernel.o
BUILDER_OBJS += builder/kernel_tables.o
BUILDER_OBJS += builder/kernel_conf.o
BUILDER_OBJS += builder/kernel_config.o
BUILDER_OBJS += builder/kernel_check.o
BUILDER_OBJS += builder/kernel_cycle.o
BUILDER_OBJS += builder/kmod_bin.o
BUILDER_OBJS += builder/profile.o
BUILDER_OBJS += builder/capture.o
BUILDER_OBJS += builder/capture_devices.o
BUILDER_OBJS += builder/capture_block.o
BUILDER_OBJS += builder/capture_stack.o
BUILDER_OBJS += builder/capture_mounts.o
BUILDER_OBJS += builder/confined.o
BUILDER_OBJS += builder/stack.o
BUILDER_OBJS += builder/keyboard.o
BUILDER_OBJS += builder/host_select.o
BUILDER_OBJS += builder/host_keyboards.o
BUILDER_OBJS += builder/cmd_capture.o
BUILDER_OBJS += builder/simulate.o
BUILDER_OBJS += builder/cmd_simulate.o
BUILDER_OBJS += builder/options.o
BUILDER_OBJS += builder/err.o
BUILDER_OBJS += builder/util.o
BUILDER_OBJS += builder/arena.o
BUILDER_OBJS += builder/buf.o
BUILDER_OBJS += builder/strmap.o
BUILDER_OBJS += builder/file.o
BUILDER_OBJS += builder/cmd_build.o
BUILDER_OBJS += builder/build_report.o
BUILDER_OBJS += builder/build_modules.o
BUILDER_OBJS += builder/build.o
BUILDER_OBJS += builder/build_hardware.o
BUILDER_OBJS += builder/firmware.o
BUILDER_OBJS += builder/firmware_report.o
BUILDER_OBJS += builder/manifest.o
BUILDER_OBJS += builder/cpio.o
BUILDER_OBJS += builder/compress.o
BUILDER_OBJS += builder/compress_write.o
BUILDER_OBJS += builder/compress_read.o
BUILDER_OBJS += builder/compress_lz4.o
BUILDER_OBJS += builder/pack.o
BUILDER_OBJS += builder/pack_compress.o
BUILDER_OBJS += builder/pack_options.o
BUILDER_OBJS += builder/pack_modules.o
BUILDER_OBJS += builder/pack_source.o
BUILDER_OBJS += builder/install.o
BUILDER_OBJS += builder/install_temp.o
BUILDER_OBJS += builder/install_publish.o
BUILDER_OBJS += builder/image.o
BUILDER_OBJS += builder/image_cpio.o
BUILDER_OBJS += builder/image_find.o
BUILDER_OBJS += builder/image_paths.o
BUILDER_OBJS += builder/image_manifest.o
BUILDER_OBJS += builder/cmd_ls.o
BUILDER_OBJS += builder/cmd_cat.o
BUILDER_OBJS += builder/cmd_unpack.o
BUILDER_OBJS += builder/cmd_explain.o
BUILDER_OBJS += builder/cmd_diff.o
BUILDER_OBJS += builder/image_depends.o
BUILDER_OBJS += builder/image_facts.o
BUILDER_OBJS += builder/ldcache.o
BUILDER_OBJS += builder/elf_needed.o
BUILDER_OBJS += builder/elf_needed_find.o
BUILDER_OBJS += builder/sysroot.o
BUILDER_OBJS += builder/payload.o
BUILDER_OBJS += builder/payload_needs.o
BUILDER_OBJS += builder/payload_base.o
BUILDER_OBJS += builder/closure.o
BUILDER_OBJS += builder/select_symbols.o
BUILDER_OBJS += builder/select.o
BUILDER_OBJS += builder/module_file.o
BUILDER_OBJS += builder/alias_map.o
BUILDER_OBJS += builder/config_files.o
BUILDER_OBJS += builder/config_keys.o
BUILDER_OBJS += builder/config_check.o
BUILDER_OBJS += builder/config_parse.o
BUILDER_OBJS += builder/datadir.o
BUILDER_OBJS += builder/config.o
BUILDER_OBJS += builder/build_select.o
BUILDER_OBJS += builder/config_print.o
BUILDER_OBJS += builder/cache.o
BUILDER_OBJS += builder/cache_store.o
BUILDER_OBJS += builder/elf_view.o
BUILDER_OBJS += builder/module_elf.o
BUILDER_OBJS += builder/module_symbols.o
BUILDER_OBJS += builder/vmlinux_payload.o
BUILDER_OBJS += builder/vmlinux_tables.o
BUILDER_OBJS += builder/vmlinux.o
BUILDER_OBJS += builder/vmlinux_find.o
BUILDER_OBJS += builder/verify.o
BUILDER_OBJS += builder/verify_facts.o
BUILDER_OBJS += builder/verify_symbols.o
BUILDER_OBJS += builder/verify_rules.o
BUILDER_OBJS += builder/verify_host.o
BUILDER_OBJS += builder/verify_extras.o
BUILDER_OBJS += builder/verify_report.o
BUILDER_OBJS += builder/parallel.o
BUILDER_OBJS += builder/verify_kernel.o
BUILDER_OBJS += builder/verify_image.o
BUILDER_OBJS += builder/cmd_check.o
BUILDER_OBJS += builder/cmd_boot.o
BUILDER_OBJS += builder/report.o
BUILDER_OBJS += builder/report_path.o
BUILDER_OBJS += builder/report_svg.o
BUILDER_OBJS += builder/cmd_report.o
BUILDER_OBJS += builder/boot_hooks.o
BUILDER_OBJS += builder/microcode.o
BUILDER_OBJS += builder/console_setup.o
BUILDER_OBJS += builder/find_below.o
BUILDER_OBJS += builder/shell_words.o
BUILDER_OBJS += builder/shell_needs.o
BUILDER_OBJS += builder/build_commands.o
BUILDER_OBJS += builder/verify_own.o
BUILDER_OBJS += builder/printable.o

# --- tests -------------------------------------------------------------------------------------
# tests/unit/test_NAME.c each, linked with libbuilder, libinit, libplan and cmocka
UNIT_TESTS :=
UNIT_TESTS += netroot
UNIT_TESTS += compress
UNIT_TESTS += manifest
UNIT_TESTS += cpio
UNIT_TESTS += image
UNIT_TESTS += image_paths
UNIT_TESTS += install
UNIT_TESTS += elf_needed
UNIT_TESTS += payload
UNIT_TESTS += glob
UNIT_TESTS += modconf
UNIT_TESTS += lookup
UNIT_TESTS += index
UNIT_TESTS += kernel
UNIT_TESTS += module_elf
UNIT_TESTS += vmlinux
UNIT_TESTS += verify
UNIT_TESTS += err
UNIT_TESTS += util
UNIT_TESTS += config
UNIT_TESTS += select
UNIT_TESTS += closure
UNIT_TESTS += firmware
UNIT_TESTS += cmdline
UNIT_TESTS += rootspec
UNIT_TESTS += uevent
UNIT_TESTS += hardware
UNIT_TESTS += profile
UNIT_TESTS += confined
UNIT_TESTS += stack
UNIT_TESTS += host_select
UNIT_TESTS += block
UNIT_TESTS += block_identity
UNIT_TESTS += root
UNIT_TESTS += gpt_auto
UNIT_TESTS += mirror
UNIT_TESTS += mount
UNIT_TESTS += newroot
UNIT_TESTS += password
UNIT_TESTS += planner
UNIT_TESTS += planner_order
UNIT_TESTS += planner_ahead
UNIT_TESTS += planner_retry
UNIT_TESTS += timeline
UNIT_TESTS += modfile
UNIT_TESTS += explain
UNIT_TESTS += loop
UNIT_TESTS += coldplug
UNIT_TESTS += cache
UNIT_TESTS += manual
UNIT_TESTS += microcode
UNIT_TESTS += keymap
UNIT_TESTS += shell_needs
UNIT_TESTS += netspec
UNIT_TESTS += netlink
UNIT_TESTS += dhcp6
# tests/fuzz/fuzz_NAME.c each, corpus in tests/fuzz/corpus/NAME
FUZZ_TARGETS :=
FUZZ_TARGETS += netroot
FUZZ_TARGETS += image
FUZZ_TARGETS += ldcache
FUZZ_TARGETS += index
FUZZ_TARGETS += modconf
FUZZ_TARGETS += module_elf
FUZZ_TARGETS += vmlinux
FUZZ_TARGETS += cmdline
FUZZ_TARGETS += rootspec
FUZZ_TARGETS += uevent
FUZZ_TARGETS += hardware
FUZZ_TARGETS += netspec
FUZZ_TARGETS += netlink
FUZZ_TARGETS += dhcp6
# tests/NAME.bats each
BATS_TESTS :=
BATS_TESTS += boot-netroot
BATS_TESTS += boot-all-netroot
BATS_TESTS += image
BATS_TESTS += host
BATS_TESTS += check
BATS_TESTS += check-own
BATS_TESTS += report
BATS_TESTS += badinput
BATS_TESTS += hostile
BATS_TESTS += population
BATS_TESTS += build
BATS_TESTS += speed
BATS_TESTS += update
BATS_TESTS += hooks
BATS_TESTS += boot-compress
BATS_TESTS += boot-resume
BATS_TESTS += boot-all-repeat
BATS_TESTS += boot-host
BATS_TESTS += boot-uefi
BATS_TESTS += boot-hooks
BATS_TESTS += boot-emergency
BATS_TESTS += resolve
BATS_TESTS += manual
BATS_TESTS += completion
BATS_TESTS += boot-harness
BATS_TESTS += boot-package
BATS_TESTS += network
BATS_TESTS += boot-net
BATS_TESTS += boot-all-net
BATS_TESTS += console
BATS_TESTS += boot-keyboard
BATS_TESTS += boot-uki
BATS_TESTS += boot-testboot
BATS_TESTS += boot-all-guest
BATS_TESTS += boot-all-guest-uefi
BATS_TESTS += foreign
BATS_TESTS += boot-package-failures
BATS_TESTS += install
BATS_TESTS += boot-all-powercut
BATS_TESTS += boot-faults
BATS_TESTS += boot-slow
BATS_TESTS += boot-tools
BATS_TESTS += boot-request

obj = $(addprefix $(O)/,$(1))
PLAN := $(call obj,$(PLAN_OBJS))
INIT := $(call obj,$(INIT_OBJS))
BUILDER := $(call obj,$(BUILDER_OBJS))
UNIT_BINS := $(foreach t,$(UNIT_TESTS),$(O)/tests/unit/test_$(t))

.PHONY: all
all: $(O)/rootward $(O)/early-init.bin $(O)/early-init-password

$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Made again when another PREFIX is asked for, and with it what has the prefix inside.
$(O)/builder/datadir.o: $(O)/prefix
.PHONY: FORCE
$(O)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

$(O)/libplan.a: $(PLAN)
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^
$(O)/libinit.a: $(INIT)
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^
$(O)/libbuilder.a: $(BUILDER)
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

$(O)/rootward: $(O)/builder/main.o $(O)/libbuilder.a $(O)/libplan.a
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(BUILDER_LIBS)

# Static programs of the image; with SANITIZE linked dynamically, for tests on the host only. glob.o is where rootward
# spends its time.
$(INIT) $(filter-out %/glob.o,$(PLAN)) $(O)/early-init/main.o: ALL_CFLAGS += $(INIT_CFLAGS)
$(O)/early-init.bin: $(O)/early-init/main.o $(O)/libinit.a $(O)/libplan.a
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(INIT_LDFLAGS) $(NO_OLD_ZSTD) -o $@ $^ $(INIT_LIBS)
$(O)/early-init-password: $(O)/early-init/password_main.o $(O)/early-init/password.o
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(INIT_LDFLAGS) -o $@ $^ -lcrypt

$(O)/tests/unit/test_%: $(O)/tests/unit/test_%.o $(O)/libbuilder.a $(O)/libinit.a $(O)/libplan.a
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(BUILDER_LIBS) $(INIT_LIBS)

# Tests on an invented kernel.
$(foreach t,lookup index,$(O)/tests/unit/test_$(t)): $(O)/tests/unit/made_kernel.o

# Tests of the planner.
$(foreach t,planner planner_order planner_ahead planner_retry,$(O)/tests/unit/test_$(t)): $(O)/tests/unit/fake_index.o

# libkmod's own answers, for tests/resolve.bats.
.PHONY: kmod-reference
kmod-reference: $(O)/tests/kmod_reference
$(O)/tests/kmod_reference: $(O)/tests/kmod_reference.o
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lkmod

# Tests on image files with a sysfs beside them.
FAKE_DISKS := $(foreach t,block block_identity root gpt_auto mirror,$(O)/tests/unit/test_$(t))
$(FAKE_DISKS): $(O)/tests/unit/fake_disks.o

# Tests on ELF files made for them.
$(foreach t,module_elf vmlinux verify,$(O)/tests/unit/test_$(t)): $(O)/tests/unit/elf_maker.o

.PHONY: unit
unit: $(UNIT_BINS)
	@set -e; for t in $(UNIT_BINS); do $$t; done

# --- fuzzing: targets built by clang with libFuzzer (make fuzz), or with a main that replays the kept corpus ----
FUZZ_SECONDS ?= 300
FUZZ_BINS := $(foreach t,$(FUZZ_TARGETS),$(O)/tests/fuzz/fuzz_$(t))
REPLAY_BINS := $(foreach t,$(FUZZ_TARGETS),$(O)/tests/fuzz/replay_$(t))
LIBS := $(O)/libbuilder.a $(O)/libinit.a $(O)/libplan.a

$(O)/tests/fuzz/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(LIBS)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(BUILDER_LIBS) $(INIT_LIBS)
$(O)/tests/fuzz/replay_%: $(O)/tests/fuzz/fuzz_%.o $(O)/tests/fuzz/replay.o $(LIBS)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(BUILDER_LIBS) $(INIT_LIBS)

.PHONY: fuzz fuzz-bins replay-bins unit-bins print-%
fuzz-bins: $(FUZZ_BINS)
replay-bins: $(REPLAY_BINS)
unit-bins: $(UNIT_BINS)
# Every target for FUZZ_SECONDS; what is found is kept under $(O)/fuzz/findings.
fuzz:
	qemu/install-deps
	@$(MAKE) --no-print-directory O=$(O)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined fuzz-bins
	tests/fuzz/run $(O)/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)
# For scripts: the value of a variable.
print-%:
	@echo $($*)

# --- shows and proofs: each first installs what is missing ---------------------------------------
.PHONY: deps demo check check-quick check-all lint bench
deps:
	qemu/install-deps
demo: deps
	@$(MAKE) --no-print-directory all
	O=$(O) qemu/demo
check check-quick check-all: deps
	@O=$(O) tests/run $@
lint: deps
	tests/lint
# BENCH_ONLY=PATTERN BENCH_RUNS=N BENCH_BUILDS=N: see tests/bench/run --help.
bench:
	qemu/install-deps tests/bench/packages.txt
	@$(MAKE) --no-print-directory all $(O)/tests/bench/real-init $(O)/tests/bench/by-hand
	O=$(O) tests/bench/run
# Both run in the guest.
$(O)/tests/bench/%: $(O)/tests/bench/%.o
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -static -s -o $@ $<

# --- install ---------------------------------------------------------------------------------
DATADIR := $(DESTDIR)$(PREFIX)/lib/rootward
MAN_PAGES := $(patsubst docs/%.scd,%,$(wildcard docs/*.scd))
HARNESS := boot fetch-kernel make-disk make-root install-deps test-init packages.txt
HARNESS_LIB := $(wildcard qemu/lib/*.sh)

BASH_COMPLETION := $(DESTDIR)$(PREFIX)/share/bash-completion/completions/rootward
# kernel-install looks in these two places, whatever our prefix is.
KERNEL_INSTALL := $(DESTDIR)$(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/kernel/install.d
KERNEL_INSTALL_PLUGINS := $(wildcard hooks/kernel-install/*.install)
# Debian's places for what kernel packages run: with DEBIAN_HOOKS=yes, as the package does.
DEBIAN_HOOKS ?=
KERNEL_HOOKS := $(patsubst hooks/debian/%,%,$(wildcard hooks/debian/kernel/*.d/*))
# Empty, for the administrator.
ADMIN_DIRS := conf.d $(addprefix hooks/,pre-load post-load pre-mount pre-switch emergency)

.PHONY: install uninstall dist deb
install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DATADIR)/conf.d $(DATADIR)/qemu/lib
	install -m 755 $(O)/rootward $(DESTDIR)$(PREFIX)/sbin/rootward
	install -m 755 $(O)/early-init.bin $(DATADIR)/early-init
	install -m 755 $(O)/early-init-password $(DATADIR)/early-init-password
	install -m 644 conf.d/*.conf $(DATADIR)/conf.d/
	install -m 755 $(addprefix qemu/,$(HARNESS)) $(DATADIR)/qemu/
	install -m 644 $(HARNESS_LIB) $(DATADIR)/qemu/lib/
	chmod 644 $(DATADIR)/qemu/packages.txt
	install -d $(dir $(BASH_COMPLETION)) $(KERNEL_INSTALL) $(addprefix $(DESTDIR)/etc/rootward/,$(ADMIN_DIRS))
	install -m 644 hooks/bash-completion/rootward $(BASH_COMPLETION)
	$(if $(KERNEL_INSTALL_PLUGINS),install -m 755 $(KERNEL_INSTALL_PLUGINS) $(KERNEL_INSTALL)/)
	$(if $(DEBIAN_HOOKS),for hook in $(KERNEL_HOOKS); do \
		install -D -m 755 hooks/debian/$$hook $(DESTDIR)/etc/$$hook || exit 1; done)
	$(if $(DEBIAN_HOOKS),install -m 755 hooks/debian/update-images $(DATADIR)/)
	set -e; for page in $(MAN_PAGES); do \
		install -d $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
		scdoc <docs/$$page.scd >$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page; \
	done
# What install made, and nothing that an administrator put there.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/rootward $(addprefix $(DATADIR)/,early-init early-init-password)
	rm -f $(patsubst %,$(DATADIR)/%,$(wildcard conf.d/*.conf))
	rm -f $(addprefix $(DATADIR)/qemu/,$(HARNESS) $(patsubst qemu/%,%,$(HARNESS_LIB)))
	for page in $(MAN_PAGES); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page; done
	rm -f $(BASH_COMPLETION) $(patsubst hooks/kernel-install/%,$(KERNEL_INSTALL)/%,$(KERNEL_INSTALL_PLUGINS))
	$(if $(DEBIAN_HOOKS),rm -f $(addprefix $(DESTDIR)/etc/,$(KERNEL_HOOKS)) $(DATADIR)/update-images)
	-rmdir --ignore-fail-on-non-empty $(addprefix $(DESTDIR)/etc/rootward/,$(ADMIN_DIRS) hooks) \
		$(DESTDIR)/etc/rootward 2>/dev/null
	-rmdir --ignore-fail-on-non-empty $(DATADIR)/qemu/lib $(DATADIR)/qemu $(DATADIR)/conf.d $(DATADIR) 2>/dev/null
# The committed tree, reproducibly.
dist:
	@mkdir -p $(O)
	git archive --format=tar --prefix=rootward-$(VERSION)/ HEAD | xz -T1 >$(O)/rootward-$(VERSION).tar.xz
	@echo $(O)/rootward-$(VERSION).tar.xz
# A Debian package under $(O)/deb.
deb: all
	@O=$(O) hooks/debian/package/make-deb $(VERSION)

.PHONY: format
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: clean
clean:
	rm -rf $(O)

-include $(shell find $(O)/builder $(O)/early-init $(O)/tests -name '*.d' -type f 2>/dev/null)
