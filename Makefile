# faultcast: build, test, try.  `make help` lists what there is.
VERSION := 0.1.0
REVISION := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

B := build
CC ?= gcc
PKGS := libnl-3.0 libnl-genl-3.0 libprotobuf-c libmicrohttpd sqlite3 zlib yaml-0.1
KABI ?= $(shell dpkg-query -W -f '$${Depends}' linux-headers-amd64 2>/dev/null | \
	sed -n 's/.*linux-headers-\([^ ,]*amd64\).*/\1/p')
KDIR ?= /usr/src/linux-headers-$(KABI)
CHECK_CC ?= gcc clang
# What test-matrix runs on: series, ABIs, or newest.
KERNELS ?= 6.1 6.12 7.3 newest

# What building and installing takes, and then what the rest takes. dkms signs with openssl.
BUILD_PACKAGES := build-essential pkg-config libnl-3-dev libnl-genl-3-dev \
	libprotobuf-c-dev protobuf-c-compiler libmicrohttpd-dev libsqlite3-dev \
	libcurl4-openssl-dev zlib1g-dev libyaml-dev pci.ids linux-headers-amd64 dkms openssl
DEBIAN_PACKAGES := $(BUILD_PACKAGES) protobuf-compiler \
	libcmocka-dev qemu-system-x86 busybox-static kmod curl jq \
	python3 python3-yaml python3-protobuf clang clang-format sparse cppcheck \
	shellcheck codespell valgrind git trace-cmd linux-perf flex bison bc libelf-dev xz-utils \
	bpftrace rasdaemon prometheus nodejs $(if $(shell command -v npm),,npm) \
	libclang-rt-dev faketime systemd mmdebstrap genext2fs ovmf sbsigntool mandoc \
	wrk golang-go golang-github-prometheus-client-golang-dev libpci-dev libcyaml-dev

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla
CFLAGS ?= -O2 -g
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
# For libFuzzer, which gcc does not have.
FUZZ_CC := clang
FUZZ_SECONDS ?= 60
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_THREADS := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
CPPFLAGS += -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DREVISION='"$(REVISION)"' \
	-Iexporter -Ikmod/uapi -isystem $(B)/gen
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(PKG_CFLAGS)
LIBS = -Wl,--as-needed $(shell pkg-config --libs $(PKGS)) -lm
CTL_LIBS = $(shell pkg-config --libs libcurl)

PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)

PROTOS := $(wildcard proto/faultcast/v1/*.proto)
GEN := $(PROTOS:proto/%.proto=$(B)/gen/%.pb-c.c)
# What the exporter writes by hand, for the tests to read.
TEST_GEN := $(B)/gen/io/prometheus/client/metrics.pb-c.c

# Everything but the two main programs: an archive, of which each program takes what it needs.
LIB_SRC := $(filter-out exporter/main.c exporter/ctl/%,$(wildcard exporter/*.c exporter/*/*.c))
CTL_SRC := $(wildcard exporter/ctl/*.c)
STANDIN_SRC := $(wildcard tests/standin/*.c)
UNIT_SRC := $(wildcard tests/unit/*.c)
DOCS_SRC := $(wildcard tests/docs/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/*.c)

# The messages for tests in Python.
PYTHON_GEN := $(B)/gen/python/faultcast/v1/stream_pb2.py
PYTHON_PROTOS := $(PROTOS) proto/io/prometheus/client/metrics.proto

obj = $(patsubst %.c,$(B)/$(1)/%.o,$(2))
gen_obj = $(patsubst $(B)/gen/%.c,$(B)/$(1)/gen/%.o,$(GEN))

.PHONY: all kmod previous deps build-deps test test-unit test-stream test-prometheus chaos chaos-host chaos-vm stream-build test-vm test-install test-matrix test-lockdep fuzz fuzz-netlink record-messages debug-build bench-stream bench-scrape bench-storm bench-kernel bench-decisions docs lint demo demo-check clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/faultcast_exporter $(B)/faultcastctl kmod

help:
	@echo 'make deps        install what is missing (Debian; elsewhere prints the list)'
	@echo 'make build-deps  only what it takes to build and install'
	@echo 'make             the exporter, faultcastctl and the kernel module, in $(B)/'
	@echo 'make kmod KSERIES=6.12'
	@echo '                 the module for another Debian kernel, in $(B)/kmod-6.12/'
	@echo 'make test        unit tests, then scenarios in a virtual machine'
	@echo 'make test-stream the exporter end to end, with a program in the place of the module'
	@echo 'make test-prometheus'
	@echo '                 a real Prometheus scrapes it; rules, alerts and dashboards'
	@echo 'make chaos       the same while things are killed, stopped, unloaded, filled and damaged (SEED=N EVENTS=$(EVENTS)):'
	@echo '                 chaos-host; and chaos-vm, with the real module'
	@echo 'make test-install'
	@echo '                 installing: files, unit, dkms; the quick start in a machine with systemd'
	@echo 'make test-matrix the scenarios on several kernels (KERNELS="$(KERNELS)")'
	@echo 'make test-lockdep'
	@echo '                 under a kernel with lockdep, KASAN and kmemleak, built once (15 min and more)'
	@echo 'make fuzz        libFuzzer on what reads the kernel and clients (FUZZ_SECONDS=$(FUZZ_SECONDS) each)'
	@echo 'make fuzz-netlink'
	@echo '                 more random messages for the module under it (SEED=N COUNT=$(COUNT))'
	@echo 'make record-messages'
	@echo '                 what the kernel sends, recorded anew for it: tests/fuzz/recorded.hex'
	@echo 'make bench-stream what an event costs from netlink to clients, and how late they get it'
	@echo 'make bench-scrape what a scrape of 4096 devices costs, beside a Go exporter and static bytes'
	@echo 'make bench-storm what a storm costs a task on another CPU'
	@echo 'make bench-kernel what a fault costs in instructions, and an event against other observers'
	@echo 'make bench-decisions'
	@echo '                 the measurements that docs/adr quotes'
	@echo 'make docs        writes the pages of docs/ that are generated from tables in the source'
	@echo 'make lint        checkpatch, sparse, clang-format, cppcheck, gcc and clang, shellcheck, mandoc'
	@echo 'make demo        a machine with a rogue device, its exporter on http://127.0.0.1:10186/'
	@echo 'make demo-check  the same without looking: exits 0 when the fault arrived'
	@echo 'make install     and uninstall; PREFIX=/usr/local, DESTDIR=, and the directories of deploy/install.mk'
	@echo 'make clean'

deps:
	@tests/deps $(DEBIAN_PACKAGES)

build-deps:
	@tests/deps $(BUILD_PACKAGES)

# Compiled code

$(B)/gen/%.pb-c.c: proto/%.proto $(PROTOS)
	@mkdir -p $(B)/gen
	@echo '  PROTOC  $@'
	@protoc-c --c_out=$(B)/gen -Iproto $<

$(PYTHON_GEN): $(PYTHON_PROTOS)
	@mkdir -p $(B)/gen/python
	@echo '  PROTOC  $@'
	@protoc --python_out=$(B)/gen/python -Iproto $^

define compile
$(B)/$(1)/gen/%.o: $(B)/gen/%.c
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	@$(or $(3),$$(CC)) -std=gnu11 $(2) -MMD -MP -I$(B)/gen -c $$< -o $$@
$(B)/$(1)/%.o: %.c $(GEN) $(TEST_GEN) Makefile
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	@$(or $(3),$$(CC)) $$(CPPFLAGS) $$(ALL_CFLAGS) $(2) -MMD -MP -c $$< -o $$@
endef
$(eval $(call compile,obj,$(CFLAGS) $(HARDENING)))
$(eval $(call compile,san,$(SANITIZE)))
$(eval $(call compile,fuzz-obj,$(SANITIZE) -fsanitize=fuzzer-no-link,$(FUZZ_CC)))
$(eval $(call compile,tsan,$(SANITIZE_THREADS)))

# The module's vtd_decode.c and storm.c against stand-ins for the kernel's headers
$(B)/san/tests/unit/vtd.o: CPPFLAGS += -Itests/unit/kernel -Ikmod
$(B)/san/tests/unit/storm.o: CPPFLAGS += -Itests/unit/kernel -Ikmod

link = @echo '  LINK    $@'; $(or $(2),$(CC)) $(1) $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) $(LIBS)

define library
$(B)/$(1)/faultcast.a: $(call obj,$(1),$(LIB_SRC)) $(call gen_obj,$(1))
	@echo '  AR      $$@'
	@rm -f $$@ && $(AR) rcs $$@ $$^
endef
$(foreach variant,obj san fuzz-obj tsan,$(eval $(call library,$(variant))))

$(B)/faultcast_exporter: $(call obj,obj,exporter/main.c) $(B)/obj/faultcast.a
	$(call link,$(CFLAGS) -pie -Wl$(,)-z$(,)relro$(,)-z$(,)now) -o $@
$(B)/faultcastctl: $(call obj,obj,$(CTL_SRC)) $(B)/obj/faultcast.a
	$(call link,$(CFLAGS) -pie -Wl$(,)-z$(,)relro$(,)-z$(,)now) $(CTL_LIBS) -o $@
$(B)/standin/faultcast_standin: $(call obj,obj,$(STANDIN_SRC)) $(B)/obj/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -o $@
$(B)/san/faultcast_exporter: $(call obj,san,exporter/main.c) $(B)/san/faultcast.a
	$(call link,$(SANITIZE)) -o $@
$(B)/san/faultcastctl: $(call obj,san,$(CTL_SRC)) $(B)/san/faultcast.a
	$(call link,$(SANITIZE)) $(CTL_LIBS) -o $@
$(B)/unit/%: $(B)/san/tests/unit/%.o $(B)/san/faultcast.a \
		$(B)/san/gen/io/prometheus/client/metrics.pb-c.o
	@mkdir -p $(@D)
	$(call link,$(SANITIZE)) -lcmocka -o $@
$(B)/fuzz/%: $(B)/fuzz-obj/tests/fuzz/%.o $(B)/fuzz-obj/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(SANITIZE) -fsanitize=fuzzer,$(FUZZ_CC)) -o $@
$(B)/unit-tsan/%: $(B)/tsan/tests/unit/%.o $(B)/tsan/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(SANITIZE_THREADS)) -lcmocka -o $@
, := ,

$(B)/bench/stream_load: $(call obj,obj,tests/bench/stream_load.c)
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/codec: $(call obj,obj,tests/bench/codec.c tests/standin/wire.c) $(B)/obj/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -o $@
$(B)/docs: $(call obj,obj,$(DOCS_SRC)) $(B)/obj/faultcast.a
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/scrape_static: $(call obj,obj,tests/bench/scrape_static.c)
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/health_restart: $(call obj,obj,tests/bench/health_restart.c) $(B)/obj/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/pci_names: $(call obj,obj,tests/bench/pci_names.c) $(B)/obj/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -lpci -o $@
$(B)/bench/config_cyaml: $(call obj,obj,tests/bench/config_cyaml.c) $(B)/obj/faultcast.a
	@mkdir -p $(@D)
	$(call link,$(CFLAGS)) -lcyaml -o $@
# With Debian's packages, nothing is fetched.
$(B)/bench/go_exporter: tests/bench/go/main.go
	@mkdir -p $(@D)
	@echo '  GO      $@'
	@GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$${XDG_CACHE_HOME:-$$HOME/.cache}/faultcast/go \
		go build -o $@ $<

-include $(shell find $(B)/obj $(B)/san $(B)/tsan $(B)/fuzz-obj -name '*.d' 2>/dev/null)

# The kernel module, built outside the source tree

# With the installed headers, or with KSERIES for a kernel of Debian's, whose headers are fetched.

KMOD_SRC := $(wildcard kmod/*.[ch] kmod/*/*.[ch]) kmod/Kbuild
KMOD := $(B)/kmod$(if $(KSERIES),-$(KSERIES))
KBUILD = $(if $(KSERIES),tests/vm/kbuild $(KSERIES) $(KMOD),\
	$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(KMOD)) O=)

kmod: $(KMOD)/faultcast.ko

# A kernel of the same series, or headers installed meanwhile, must not find the old one's objects.
KMOD_ABI = $(if $(KSERIES),$(shell tests/vm/kernel --abi $(KSERIES)),$(KABI))
$(KMOD)/abi: FORCE
	@abi='$(KMOD_ABI)'; [ -e $@ ] && [ "$$(cat $@)" = "$$abi" ] || { \
		rm -rf $(KMOD) && mkdir -p $(KMOD) && echo "$$abi" >$@; }

$(KMOD)/faultcast.ko: $(KMOD_SRC) $(KMOD)/abi Makefile
	@cd kmod && cp -u --parents $(KMOD_SRC:kmod/%=%) $(abspath $(KMOD))/
	@$(KBUILD) FAULTCAST_VERSION=$(VERSION) W=1 KCFLAGS=-Werror $(KMOD_FLAGS) modules

# For the scenario that mixes versions: what PREVIOUS makes, the last commit whose uAPI had its first ABI,
# since additions must not trouble what was built then; without such a commit, the reason.

PREVIOUS ?= $(shell git log --format=%P -G'define FAULTCAST_ABI' -- kmod/uapi/faultcast.h 2>/dev/null | \
	tail -n 2 | head -n 1 | cut -d ' ' -f 1)

previous: FORCE
	@out=$(B)/previous commit=$(PREVIOUS); \
	[ "$$commit" ] && [ "$$(cat $$out/commit 2>/dev/null)" = "$$commit" ] && exit; \
	rm -rf $$out && mkdir -p $$out/src && if [ "$$commit" ]; then \
		git archive "$$commit" | tar -x -C $$out/src && \
		$(MAKE) --no-print-directory -C $$out/src B=build KSERIES= REVISION="$$commit" all && \
		echo "$$commit" >$$out/commit; \
	else echo "this history has no commit with the previous uAPI" >$$out/reason; fi

# Tests: everything through prove, so that counts are seen

# Again by make: what deps installed changes what this file finds.
test: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory test-unit
	@$(MAKE) --no-print-directory test-vm

# What has a thread of its own once more under ThreadSanitizer.  The fuzz targets are only built, so that
# a change that breaks them shows early.
UNIT_TESTS = $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%) $(patsubst %,$(B)/unit-tsan/%,store store_trouble)
FUZZ_TARGETS = $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
test-unit: $(UNIT_TESTS) $(FUZZ_TARGETS) $(B)/faultcast_exporter $(B)/faultcastctl $(B)/docs
	prove -e tests/unit/run $(sort $(UNIT_TESTS))
	prove tests/uapi.t tests/man.t tests/docs.t

# End to end without a VM: a program plays the module.
test-stream: deps
	@$(MAKE) --no-print-directory stream-build
	prove $(sort $(wildcard tests/e2e/*.t))

# Debian's Prometheus on it, and on a virtual machine with the real module; rules, alerts and dashboards.
test-prometheus: deps
	@$(MAKE) --no-print-directory all stream-build
	prove $(sort $(wildcard tests/prometheus/*.t))

# test-stream at random: with a store that has trouble, with one that has none, and with none; then with
# exporters that are broken, which has to be noticed.
EVENTS ?= 1000000
CHAOS = tests/e2e/chaos $(if $(SEED),--seed=$(SEED))
chaos: chaos-host chaos-vm

chaos-host: deps
	@$(MAKE) --no-print-directory stream-build
	$(CHAOS) --events=$(EVENTS)
	$(CHAOS) --store=yes --events=$$(($(EVENTS) / 4))
	$(CHAOS) --store=no --events=$$(($(EVENTS) / 4))
	tests/e2e/chaos-control

stream-build: $(B)/faultcast_exporter $(B)/san/faultcast_exporter $(B)/san/faultcastctl $(B)/standin/faultcast_standin \
	$(PYTHON_GEN) $(B)/node_modules

$(B)/node_modules: tests/e2e/node-modules
	@mkdir -p $(B)
	@$< $(B)

# Each target for FUZZ_SECONDS, two at a time; what they learn stays in $(B)/fuzz.
fuzz: deps
	@$(MAKE) --no-print-directory $(FUZZ_TARGETS)
	FUZZ_SECONDS=$(FUZZ_SECONDS) prove -j 2 -e tests/fuzz/run $(FUZZ_TARGETS)

# The longest one runs on a CPU of its own, beside those which time matters least to.
VM_LONG = tests/vm/scenarios/unload_storm.sh
VM_CALM = $(patsubst %,tests/vm/scenarios/%.sh,bad_netlink device_info dump fuzz_netlink harness identity \
	iommu iommu_off lockdown no_iommu secure_boot unit)
test-vm: all previous $(B)/san/faultcast_exporter $(B)/san/faultcastctl
	prove --timer -j 2 --rules=par=$(VM_LONG) '--rules=seq=**' -e tests/vm/run $(VM_LONG) \
		$(VM_CALM) $(filter-out $(VM_LONG) $(VM_CALM),$(sort $(wildcard tests/vm/scenarios/*.sh)))

# Files, unit and dkms on this machine, and what they make of another.
test-install: deps
	@$(MAKE) --no-print-directory all
	prove tests/install.t
	prove -e tests/vm/run tests/vm/install/*.sh

test-matrix: all previous $(B)/san/faultcast_exporter $(B)/san/faultcastctl
	@O=$(B) tests/matrix $(KERNELS)

# Under the debug kernel: its own scenarios, and of the others those in which the module does most.

LOCKDEP_SCENARIOS ?= $(wildcard tests/vm/lockdep/*.sh) $(patsubst %,tests/vm/scenarios/%.sh,\
	aer alloc_failure fuzz_netlink unit unload_storm vtd_storm)
COUNT ?= 1000000

debug-build: deps
	@$(MAKE) --no-print-directory all $(B)/san/faultcast_exporter $(B)/san/faultcastctl
	@$(MAKE) --no-print-directory KSERIES=debug kmod

test-lockdep: debug-build
	VM_KERNEL=debug prove --timer -e tests/vm/run $(LOCKDEP_SCENARIOS)

fuzz-netlink: debug-build
	tests/vm/run --kernel debug --timeout 0 \
		--append 'fuzz.count=$(COUNT) $(if $(SEED),fuzz.seed=$(SEED))' tests/vm/scenarios/fuzz_netlink.sh

# What the kernel sends, from a machine in which as much as can happens, as the fuzz targets' first inputs.
# Linux 7.3, since only 7.0 and later tell of hotplug and links.
record-messages: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory KSERIES=7.3 kmod
	FAULTCAST_RECORDED=$(CURDIR)/tests/fuzz/recorded.hex tests/vm/run --kernel 7.3 tests/vm/record/messages.sh

# What an event costs on its way from netlink to clients; prints numbers.
bench-stream: deps
	@$(MAKE) --no-print-directory stream-build $(B)/bench/stream_load $(B)/bench/codec
	@tests/bench/stream

# What a scrape costs; prints numbers.
bench-scrape: deps
	@$(MAKE) --no-print-directory $(B)/faultcast_exporter $(B)/standin/faultcast_standin \
		$(addprefix $(B)/bench/,stream_load scrape_static go_exporter)
	@tests/bench/scrape

# Whatever can happen to module, exporter, clock and clients, at random.
chaos-vm: deps
	@$(MAKE) --no-print-directory all $(B)/san/faultcast_exporter $(PYTHON_GEN)
	O=$(B) tests/vm/chaos/run $(if $(SEED),--seed $(SEED))

# What a task on another CPU loses in a storm; prints numbers.
bench-storm: all
	tests/vm/run tests/vm/bench/storm_cost.sh

# What a fault costs with the module and without, and an event against other observers; prints numbers.
# TCG always: it counts instructions.
bench-kernel: deps
	@$(MAKE) --no-print-directory all
	@status=0; for bench in kernel_cost peers; do \
		tests/vm/run --accel tcg tests/vm/bench/$$bench.sh || status=1; \
	done; exit $$status

# The measurements behind docs/adr, each with and without; prints numbers. The other one is
# tests/bench/scrape_compare, which takes two builds.
bench-decisions: deps
	@$(MAKE) --no-print-directory $(B)/faultcast_exporter $(B)/standin/faultcast_standin \
		$(addprefix $(B)/bench/,health_restart pci_names config_cyaml)
	$(B)/bench/health_restart
	$(B)/bench/pci_names /usr/share/misc/pci.ids
	$(B)/bench/config_cyaml
	tests/bench/notify

include deploy/install.mk

# tests/docs.t holds the committed pages to what this writes.
docs: $(B)/docs
	$< docs

lint: deps
	CHECK_CC='$(CHECK_CC)' tests/lint

demo: deps
	@$(MAKE) --no-print-directory all
	@tests/vm/demo

demo-check: deps
	@$(MAKE) --no-print-directory all
	@tests/vm/demo --check

clean:
	rm -rf $(B)
