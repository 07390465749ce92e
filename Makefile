# Builds, tests and demonstrates faultcast. `make help` lists the targets.
VERSION := 0.2.0
REVISION := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

# The architecture of the machine, and that of a build. Only arm64 can differ: then everything goes below
# build/arm64, and the compiler, the libraries and the headers come from the cache of tests/vm/cross.
MACHINE := $(shell dpkg --print-architecture 2>/dev/null || echo amd64)
CROSS := $(filter-out $(MACHINE),$(if $(filter arm64 aarch64,$(ARCH)),arm64))

B := build$(CROSS:%=/%)
ifdef CROSS
CROSS_COMPILE ?= $(shell tests/vm/cross)
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
PKGS := libnl-3.0 libnl-genl-3.0 libprotobuf-c libmicrohttpd sqlite3 zlib yaml-0.1
KABI ?= $(shell dpkg-query -W -f '$${Depends}' linux-headers-$(MACHINE) 2>/dev/null | \
	sed -n 's/.*linux-headers-\([^ ,]*$(MACHINE)\).*/\1/p')
ifeq ($(CROSS)$(KDIR),arm64)
# The kernel's name for tests/vm/kernel.
KERNEL := $(patsubst %-arm64,%,$(or $(KSERIES),6.1))-arm64
else
KERNEL := $(KSERIES)
endif
KDIR ?= /usr/src/linux-headers-$(KABI)
CHECK_CC ?= gcc clang
# The kernels of test-matrix: series, ABIs, or newest.
KERNELS ?= 6.1 6.1-rt 6.12 7.3 newest 6.1-arm64 6.12-arm64 7.3-arm64

# Packages for building and installing, then those for everything else. dkms signs with openssl.
BUILD_PACKAGES := build-essential pkg-config libnl-3-dev libnl-genl-3-dev \
	libprotobuf-c-dev protobuf-c-compiler libmicrohttpd-dev libsqlite3-dev \
	libcurl4-openssl-dev zlib1g-dev libyaml-dev pci.ids linux-headers-$(MACHINE) dkms openssl
DEBIAN_PACKAGES := $(BUILD_PACKAGES) protobuf-compiler \
	libcmocka-dev qemu-system-x86 busybox-static kmod curl jq \
	python3 python3-yaml python3-jsonschema python3-protobuf clang clang-format clang-tidy sparse cppcheck \
	shellcheck codespell valgrind git trace-cmd linux-perf flex bison bc libelf-dev xz-utils \
	bpftrace rasdaemon prometheus nodejs $(if $(shell command -v npm),,npm) \
	libclang-rt-dev faketime systemd mmdebstrap genext2fs ovmf sbsigntool mandoc \
	wrk nginx haproxy golang-go golang-github-prometheus-client-golang-dev libpci-dev libcyaml-dev

# CFLAGS, CPPFLAGS and LDFLAGS belong to the caller. Flags that the code needs are added to them.
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
# WERROR=1, which CI, lint and the tests set, turns warnings into errors.
WERROR_FLAG := $(if $(filter-out 0,$(WERROR)),-Werror)
HARDENING := -fstack-protector-strong -fPIE \
	$(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-D_FORTIFY_SOURCE=2)
LINK_HARDENED := -pie -Wl,-z,relro,-z,now
# gcc has no libFuzzer.
FUZZ_CC := clang
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_THREADS := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
# Debug information names files relative to the source and build directories, so that two builds are identical.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(B))=build
OUR_CPPFLAGS := -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Iexporter -Ikmod/uapi -isystem $(B)/gen
OUR_CFLAGS := -std=gnu11 $(WARNINGS) $(PREFIX_MAP) $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS = -Wl,--as-needed $(shell $(PKG_CONFIG) --libs $(PKGS)) -lm
CTL_LIBS = $(shell $(PKG_CONFIG) --libs libcurl)

PROTOS := $(wildcard proto/faultcast/v1/*.proto)
GEN := $(PROTOS:proto/%.proto=$(B)/gen/%.pb-c.c)
# Tests read these messages, which the exporter writes without a generator.
TEST_GEN := $(B)/gen/io/prometheus/client/metrics.pb-c.c


# The rooms are the directories of exporter/. Each becomes a static library. A room needs the rooms
# that tests/directions.txt lets it include. The room "top" consists of the files directly in
# exporter/, except main.c.
ROOMS := top $(filter-out ctl,$(patsubst exporter/%/,%,$(wildcard exporter/*/)))
$(foreach need,$(shell awk -f tests/rooms.awk tests/directions.txt),$(eval $(need)))
# with_needs ROOMS: these rooms and everything that they need, directly or not.
with_needs = $(if $(filter-out $(1),$(needed)),$(call with_needs,$(sort $(1) $(needed))),$(1))
needed = $(foreach room,$(1),$(NEEDS_$(room)))

CTL_SRC := $(wildcard exporter/ctl/*.c)
# Only these files are compiled again when the revision changes.
REVISION_SRC := $(shell grep -lw REVISION exporter/*.c exporter/*/*.c)

# The messages as Python classes, for tests.
PYTHON_GEN := $(B)/gen/python/faultcast/v1/stream_pb2.py
PYTHON_PROTOS := $(PROTOS) proto/io/prometheus/client/metrics.proto

obj = $(patsubst %.c,$(B)/$(1)/%.o,$(2))
room_src = $(if $(filter top,$(1)),$(filter-out exporter/main.c,$(wildcard exporter/*.c)),$(wildcard exporter/$(1)/*.c))
# libraries VARIANT,ROOMS: the libraries of the rooms and of everything that they need.
libraries = $(foreach room,$(call with_needs,$(2)),$(B)/$(1)/lib$(room).a)

.PHONY: all kmod generate previous deps build-deps docs alerts lint demo demo-check clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/faultcast_exporter $(B)/faultcastctl kmod

help:
	@echo 'make deps        installs the missing Debian packages; elsewhere prints their names'
	@echo 'make build-deps  installs only the packages for building and installing'
	@echo 'make             builds the exporter, faultcastctl and the kernel module, in $(B)/'
	@echo 'make kmod KSERIES=6.12'
	@echo '                 builds the module for another Debian kernel, in $(B)/kmod-6.12/'
	@echo 'make ARCH=arm64  builds all three for arm64, in build/arm64/; KSERIES=6.12 is for another Debian kernel'
	@echo 'make install     and uninstall: PREFIX=/usr/local, DESTDIR=, and the directories of deploy/install.mk'
	@echo 'make clean       removes $(B)/'
	@echo 'Variables of a build: CFLAGS, CPPFLAGS, LDFLAGS, CC, CROSS_COMPILE, PKG_CONFIG, KDIR;'
	@echo '                 WERROR=1 turns warnings into errors'
	@echo
	@echo 'make check       runs the unit tests, without root or network; T=NAME runs one of them'
	@echo 'make test        runs the unit tests, then the scenarios in virtual machines'
	@echo 'make test-stream tests the exporter end to end, with a program in the place of the module'
	@echo 'make test-prometheus'
	@echo '                 tests metrics, rules, alerts and dashboards with a real Prometheus'
	@echo 'make test-install'
	@echo '                 tests the installed files, the unit, dkms and the quick start'
	@echo 'make test-iommus runs the scenarios of AMD and arm64 IOMMUs, with the kernels of Debian 12'
	@echo 'make test-matrix runs the scenarios on several kernels (KERNELS="$(KERNELS)")'
	@echo 'make test-lockdep'
	@echo '                 runs scenarios under a kernel with lockdep, KASAN and kmemleak, which it builds once'
	@echo 'make chaos       kills, stops, unloads, fills and damages things at random (SEED=N EVENTS=$(EVENTS)):'
	@echo '                 chaos-host, and chaos-vm with the real module'
	@echo 'make test-long   runs longer what CI runs shortened, and the tests that CI leaves out'
	@echo 'make test-debian13'
	@echo '                 runs the unit tests, the end-to-end tests and the demo in a Debian 13 (needs root)'
	@echo 'make fuzz        runs libFuzzer on everything that reads netlink and clients (FUZZ_SECONDS=$(FUZZ_SECONDS) each)'
	@echo 'make fuzz-netlink'
	@echo '                 sends the module random messages, under the debug kernel (SEED=N COUNT=$(COUNT))'
	@echo 'make record-messages'
	@echo '                 records the kernel messages that the fuzz targets begin with: tests/fuzz/recorded.hex'
	@echo 'make generate    writes the uAPI header and all else that is generated from kmod/faultcast.yaml'
	@echo 'make docs        writes the pages of docs/ that are generated from tables in the source'
	@echo 'make alerts      writes deploy/prometheus/alerts-compat.yml from alerts.yml'
	@echo 'make lint        runs checkpatch, sparse, clang-format, cppcheck, gcc, clang, shellcheck and mandoc'
	@echo
	@echo 'make bench-stream'
	@echo '                 measures the cost and the delay of an event, from netlink to clients'
	@echo 'make bench-scrape'
	@echo '                 measures a scrape of 4096 devices, beside a Go exporter and static bytes'
	@echo 'make bench-hold-up'
	@echo '                 measures how long clients of one address keep those of another waiting'
	@echo 'make bench-storm measures what a storm costs a task on another CPU'
	@echo 'make bench-kernel'
	@echo '                 counts the instructions of a fault, and compares an event with other observers'
	@echo 'make bench-decisions'
	@echo '                 takes the measurements that docs/adr quotes'
	@echo 'make bench-short runs the benchmarks in a short form, which shows only that they work'
	@echo 'make demo        boots a machine with a rogue device, and its exporter on http://127.0.0.1:10186/'
	@echo 'make demo-check  does the same unattended: exits 0 when the fault arrived'

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

# In the recipe of a file that depends on FORCE: writes the text only if the file has another one.
# Targets that depend on the file are rebuilt when the text changes, but not when this Makefile
# changes.
note = mkdir -p $(@D) && printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(1))' >$@

# compile VARIANT,FLAGS,COMPILER: the objects of a variant. WERROR does not count as a change of the flags.
define compile
$(B)/$(1)/gen/%.o: $(B)/gen/%.c $(B)/$(1)/flags
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	@$(or $(3),$$(CC)) $$(CPPFLAGS) -std=gnu11 $$(PREFIX_MAP) $(2) -MMD -MP -I$(B)/gen -c $$< -o $$@
$(B)/$(1)/%.o: %.c $(B)/$(1)/flags $(GEN) $(TEST_GEN)
	@mkdir -p $$(@D)
	@echo '  CC      $$@'
	@$(or $(3),$$(CC)) $$(OUR_CPPFLAGS) $$(FILE_CPPFLAGS) $$(CPPFLAGS) $$(OUR_CFLAGS) $$(WERROR_FLAG) $(2) \
		-MMD -MP -c $$< -o $$@
$(B)/$(1)/flags: FORCE
	@$$(call note,$(or $(3),$$(CC)) $$(OUR_CPPFLAGS) $$(CPPFLAGS) $$(OUR_CFLAGS) $(2))
$(call obj,$(1),$(REVISION_SRC)): FILE_CPPFLAGS = -DREVISION='"$(REVISION)"'
$(call obj,$(1),$(REVISION_SRC)): $(B)/revision
$(foreach room,$(ROOMS),$(call library,$(1),$(room)))
endef

# The directory is a prerequisite, so that a removed file is removed from the library too.
define library
$(B)/$(1)/lib$(2).a: $(call obj,$(1),$(call room_src,$(2))) $(if $(filter top,$(2)),exporter,exporter/$(2)) \
		$(if $(filter wire,$(2)),$(GEN:$(B)/gen/%.c=$(B)/$(1)/gen/%.o))
	@echo '  AR      $$@'
	@rm -f $$@ && $$(AR) rcs $$@ $$(filter %.o,$$^)

endef

$(B)/revision: FORCE
	@$(call note,$(REVISION))

$(eval $(call compile,obj,$$(HARDENING) $$(CFLAGS)))
$(eval $(call compile,faults,$$(HARDENING) $$(CFLAGS) -DFAULTCAST_FAULTS))
$(eval $(call compile,san,$$(SANITIZE)))
$(eval $(call compile,fuzz-obj,$$(SANITIZE) -fsanitize=fuzzer-no-link,$$(FUZZ_CC)))
$(eval $(call compile,tsan,$$(SANITIZE_THREADS)))

# link FLAGS,COMPILER
link = @mkdir -p $(@D); echo '  LINK    $@'; $(or $(2),$(CC)) $(1) $(LDFLAGS) $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

$(B)/faultcast_exporter: $(call obj,obj,exporter/main.c) $(call libraries,obj,top)
	$(call link,$(CFLAGS) $(LINK_HARDENED)) -o $@
$(B)/faultcastctl: $(call obj,obj,$(CTL_SRC)) $(call libraries,obj,$(NEEDS_ctl))
	$(call link,$(CFLAGS) $(LINK_HARDENED)) $(CTL_LIBS) -o $@
$(B)/san/faultcast_exporter: $(call obj,san,exporter/main.c) $(call libraries,san,top)
	$(call link,$(SANITIZE)) -o $@
$(B)/san/faultcastctl: $(call obj,san,$(CTL_SRC)) $(call libraries,san,$(NEEDS_ctl))
	$(call link,$(SANITIZE)) $(CTL_LIBS) -o $@

# Writes the pages of docs/ that are generated from tables in the source.
$(B)/docs: $(call obj,obj,$(wildcard tests/docs/*.c)) $(call libraries,obj,top)
	$(call link,$(CFLAGS)) -o $@

-include $(shell find $(B)/obj $(B)/faults $(B)/san $(B)/tsan $(B)/fuzz-obj -name '*.d' 2>/dev/null)

# The kernel module, built outside the source tree

# Uses the installed headers, or with KSERIES fetches the headers of that Debian kernel.

KMOD_SRC := $(wildcard kmod/*.[ch] kmod/*/*.[ch]) kmod/Kbuild
KMOD := $(B)/kmod$(if $(KSERIES),-$(KSERIES:%-arm64=%))
# The kernel's configuration says which compiler built the kernel; the module needs the same one. Debian's headers
# name a compiler in .kernelvariables, which only a CC on the command line overrides.
KERNEL_LLVM := $(if $(shell grep -lsx CONFIG_CC_IS_CLANG=y $(KDIR)/.config $(KDIR)/include/config/auto.conf),\
	LLVM=1 $(if $(filter command,$(firstword $(origin CC))),,CC=clang))
KBUILD = $(if $(KERNEL),tests/vm/kbuild $(KERNEL) $(KMOD),\
	$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(KMOD)) O= $(KERNEL_LLVM) \
	$(if $(CROSS),ARCH=arm64 CROSS_COMPILE=$(CROSS_COMPILE)))

kmod: $(KMOD)/faultcast.ko

# The directory is emptied when the kernel, its compiler or the flags have changed.
KMOD_ABI = $(if $(KERNEL),$(shell tests/vm/kernel --abi $(KERNEL)),$(KABI) $(KDIR) $(KERNEL_LLVM))
KMOD_MADE_FOR = $(strip $(KMOD_ABI) $(VERSION) $(KMOD_FLAGS))
$(KMOD)/made-for: FORCE
	@made_for='$(KMOD_MADE_FOR)'; [ -e $@ ] && [ "$$(cat $@)" = "$$made_for" ] || { \
		rm -rf $(KMOD) && mkdir -p $(KMOD) && echo "$$made_for" >$@; }

$(KMOD)/faultcast.ko: $(KMOD_SRC) $(KMOD)/made-for
	@cd kmod && cp -u --parents $(KMOD_SRC:kmod/%=%) $(abspath $(KMOD))/
	@$(KBUILD) FAULTCAST_VERSION=$(VERSION) W=1 \
		KCFLAGS='$(strip $(WERROR_FLAG) -ffile-prefix-map=$(abspath $(KMOD))=faultcast)' $(KMOD_FLAGS) modules

# Writes the committed files that are generated from kmod/faultcast.yaml. This needs
# python3-jsonschema, and the network once. tests/generated.t compares.
generate:
	kmod/generate/run .

include deploy/install.mk tests/tests.mk

# tests/docs.t compares the committed pages with this output.
docs: $(B)/docs
	$< docs

# Writes the alerts for older versions of Prometheus. tests/prometheus/rules.t compares.
alerts:
	deploy/prometheus/compat >deploy/prometheus/alerts-compat.yml

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
