# The tests, their programs, and the benchmarks. docs/testing.md says what each one proves and how long it takes.
# Everything runs through prove, which shows the number of tests.

STANDIN_SRC := $(wildcard tests/standin/*.c)
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_SECONDS ?= 60
EVENTS ?= 1000000
COUNT ?= 1000000

.PHONY: check test test-unit test-stream test-prometheus chaos chaos-host chaos-vm stream-build test-vm \
	test-install test-iommus test-matrix test-lockdep fuzz fuzz-netlink record-messages debug-build bench-stream \
	bench-scrape bench-hold-up bench-storm bench-kernel bench-decisions bench-short bench-short-build bench-short-host \
	bench-short-vm test-lockdep-short test-long test-debian13

# Unit tests: tests/unit/ROOM/NAME.c links the room and everything that the room needs. The directory kmod
# holds the tests of the module's files that also compile here, against stand-ins for the kernel's headers.

UNIT_SRC := $(wildcard tests/unit/*/*.c)
UNIT_TESTS := $(addprefix $(B)/unit/,$(basename $(notdir $(UNIT_SRC))))
# The tests of code with a thread of its own run under ThreadSanitizer too.
TSAN_TESTS := $(addprefix $(B)/unit-tsan/,log store store_trouble stream_store)

# These tests run their room on a bus with all features, which registry.c lists.
WHOLE_BUS := bus_health store store_files store_limits store_retention store_trouble stream stream_store

# unit_test ROOM,NAME
define unit_test
$(B)/unit/$(2): $(call obj,san,tests/unit/$(1)/$(2).c) $(call libraries,san,$(call unit_rooms,$(1),$(2)))
	$$(call link,$$(SANITIZE)) -lcmocka -o $$@
$(B)/unit-tsan/$(2): $(call obj,tsan,tests/unit/$(1)/$(2).c) $(call libraries,tsan,$(call unit_rooms,$(1),$(2)))
	$$(call link,$$(SANITIZE_THREADS)) -lcmocka -o $$@
endef
unit_rooms = $(filter $(ROOMS),$(1)) $(if $(filter $(WHOLE_BUS),$(2)),top)
$(foreach src,$(UNIT_SRC),$(eval $(call unit_test,$(notdir $(patsubst %/,%,$(dir $(src)))),$(basename $(notdir $(src))))))

$(call obj,san,$(wildcard tests/unit/kmod/*.c)): FILE_CPPFLAGS = -Itests/unit/kernel -Ikmod
# This test reads with protobuf-c what the exporter has written by hand.
$(B)/unit/expo_protobuf: $(B)/san/gen/io/prometheus/client/metrics.pb-c.o

# Needs no root, no network, and installs nothing.
CHECKED := $(if $(T),$(T:%=$(B)/unit/%),$(UNIT_TESTS))
ifneq ($(filter-out $(UNIT_TESTS),$(CHECKED)),)
CHECKED := no-such-test
endif
check: $(CHECKED)
	prove -j 3 -e tests/unit/run $(sort $(CHECKED))

.PHONY: no-such-test
no-such-test:
	@echo 'make check T=NAME: there is no tests/unit/*/NAME.c for $(T)' >&2; exit 1

# The fuzz targets are only built, so that a change which breaks them shows early.
test-unit: $(UNIT_TESTS) $(TSAN_TESTS) $(FUZZ_TARGETS) $(B)/faultcast_exporter $(B)/faultcastctl $(B)/docs
	prove -j 3 -e tests/unit/run $(sort $(UNIT_TESTS) $(TSAN_TESTS))
	prove -j 2 tests/uapi.t tests/generated.t tests/man.t tests/docs.t tests/build.t

# The second make sees the packages that deps has installed, on which this file's variables depend.
test: deps
	@$(MAKE) --no-print-directory WERROR=1 all
	@$(MAKE) --no-print-directory WERROR=1 test-unit
	@$(MAKE) --no-print-directory WERROR=1 test-vm

# End to end, with a program in the place of the module.

$(B)/standin/faultcast_standin: $(call obj,obj,$(STANDIN_SRC)) $(call libraries,obj,model)
	$(call link,$(CFLAGS)) -o $@

$(B)/node_modules: tests/e2e/node-modules
	@mkdir -p $(B)
	@$< $(B)

stream-build: $(B)/faultcast_exporter $(B)/san/faultcast_exporter $(B)/san/faultcastctl $(B)/standin/faultcast_standin \
	$(PYTHON_GEN) $(B)/node_modules

test-stream: deps
	@$(MAKE) --no-print-directory stream-build
	prove $(sort $(wildcard tests/e2e/*.t))

# Debian's Prometheus scrapes the exporter, also in a virtual machine with the real module.
test-prometheus: deps
	@$(MAKE) --no-print-directory all stream-build
	prove $(sort $(wildcard tests/prometheus/*.t))

# Random disturbances: with a store in trouble, with an undisturbed store, and without a store. Then with
# exporters that are broken on purpose, which the test has to notice.
CHAOS = tests/e2e/chaos $(if $(SEED),--seed=$(SEED))
chaos:
	@$(MAKE) --no-print-directory chaos-host
	@$(MAKE) --no-print-directory chaos-vm

# Files with a fault point are compiled with faults. Linked as objects, they take precedence over the
# libraries.
$(B)/faults/faultcast_exporter: $(call obj,faults,$(shell grep -l base/fault.h exporter/*/*.c)) \
		$(call obj,obj,exporter/main.c) $(call libraries,obj,top)
	$(call link,$(CFLAGS) $(LINK_HARDENED)) -o $@

chaos-host: deps
	@$(MAKE) --no-print-directory stream-build $(B)/faults/faultcast_exporter
	$(CHAOS) --events=$(EVENTS)
	$(CHAOS) --store=yes --events=$$(($(EVENTS) / 4))
	$(CHAOS) --store=short --events=$$(($(EVENTS) / 4))
	$(CHAOS) --store=no --events=$$(($(EVENTS) / 4))
	tests/e2e/chaos-control

chaos-vm: deps
	@$(MAKE) --no-print-directory all $(B)/san/faultcast_exporter $(PYTHON_GEN)
	O=$(B) tests/vm/chaos/run $(if $(SEED),--seed $(SEED))

# Fuzzing: each target for FUZZ_SECONDS, two at a time. The corpora stay in $(B)/fuzz.

$(B)/fuzz/%: $(B)/fuzz-obj/tests/fuzz/%.o $(call libraries,fuzz-obj,top)
	$(call link,$(SANITIZE) -fsanitize=fuzzer,$(FUZZ_CC)) -o $@

fuzz: deps
	@$(MAKE) --no-print-directory $(FUZZ_TARGETS)
	FUZZ_SECONDS=$(FUZZ_SECONDS) prove -j 2 -e tests/fuzz/run $(FUZZ_TARGETS)

# Virtual machines

# The programs of the last commit whose uAPI had its first ABI, for the scenario that mixes versions, since additions
# to the uAPI must not trouble programs that were built before. Without such a commit: the reason.
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

# Two at a time, the longest first. Scenarios that keep both processors of the
# machine busy run one at a time.
VM_SCENARIOS := $(wildcard tests/vm/scenarios/*.sh)
VM_LONG := tests/vm/scenarios/unload_storm.sh
VM_BUSY := $(patsubst %,tests/vm/scenarios/%.sh,enobufs fuzz_netlink lost overflow storm unit vtd_storm vtd_storm_small)
AMD_SCENARIOS := $(patsubst %,tests/vm/scenarios/%.sh,amd amd_exact amd_records)
# Scenarios of arm64 alone, and two that show that the module works there.
ARM64_SCENARIOS := $(patsubst %,tests/vm/scenarios/%.sh,smmuv3 smmuv3_exact unit aer)
VM_ELSEWHERE := $(wildcard tests/vm/scenarios/amd*.sh tests/vm/scenarios/smmuv3*.sh)
test-vm: all previous $(B)/san/faultcast_exporter $(B)/san/faultcastctl
	prove --timer -j 2 -e tests/vm/run $(VM_LONG) \
		$(filter-out $(VM_LONG) $(VM_BUSY) $(VM_ELSEWHERE),$(VM_SCENARIOS))
	prove --timer -e tests/vm/run $(VM_BUSY)

# Longer runs of tests that CI runs shortened. CYCLES is how often unload_storm loads the module.
CYCLES ?= 100
test-long: deps
	@$(MAKE) --no-print-directory all
	tests/vm/run --append unload.cycles=$(CYCLES) $(VM_LONG)
	@$(MAKE) --no-print-directory test-lockdep
	@$(MAKE) --no-print-directory chaos
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory test-matrix
	@$(MAKE) --no-print-directory test-debian13

# Unit tests, end-to-end tests and the demo in a Debian 13 of its own. Needs root.
test-debian13:
	tests/debian13

# The files, the unit and dkms on this machine, and the quick start in a Debian with systemd.
test-install: deps
	@$(MAKE) --no-print-directory all
	prove tests/install.t
	prove -e tests/vm/run tests/vm/install/*.sh

# Scenarios that need an IOMMU other than VT-d, with the kernels of Debian 12. test-matrix runs all.
test-iommus: deps
	@$(MAKE) --no-print-directory all $(B)/san/faultcast_exporter
	@$(MAKE) --no-print-directory ARCH=arm64 all build/arm64/san/faultcast_exporter
	VM_ARCH=arm64 prove --timer -j 2 -e tests/vm/run $(ARM64_SCENARIOS)
	prove --timer -j 2 -e tests/vm/run $(AMD_SCENARIOS)

test-matrix: all previous $(B)/san/faultcast_exporter $(B)/san/faultcastctl
	@O=$(B) tests/matrix $(KERNELS)

# The debug kernel's own scenarios, and those of the others in which the module does most.
LOCKDEP_SCENARIOS ?= $(wildcard tests/vm/lockdep/*.sh) $(patsubst %,tests/vm/scenarios/%.sh,\
	aer alloc_failure fuzz_netlink unit unload_storm vtd_storm)

debug-build: deps
	@$(MAKE) --no-print-directory all $(B)/san/faultcast_exporter $(B)/san/faultcastctl
	@$(MAKE) --no-print-directory KSERIES=debug kmod

# A part of that, for CI: the negative controls of the checkers, and loading and unloading in storms.
LOCKDEP_SHORT := tests/vm/scenarios/unload_storm.sh $(wildcard tests/vm/lockdep/control_*.sh)
test-lockdep-short: debug-build
	VM_KERNEL=debug prove --timer -j 2 -e tests/vm/run $(LOCKDEP_SHORT)

test-lockdep: debug-build
	VM_KERNEL=debug prove --timer -e tests/vm/run $(LOCKDEP_SCENARIOS)

fuzz-netlink: debug-build
	tests/vm/run --kernel debug --timeout 0 \
		--append 'fuzz.count=$(COUNT) $(if $(SEED),fuzz.seed=$(SEED))' tests/vm/scenarios/fuzz_netlink.sh

# Records the kernel's messages in a machine where as much as possible happens. The fuzz targets
# start with them. It needs Linux 7.3, because only 7.0 and later report hotplug and links.
record-messages: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory KSERIES=7.3 kmod
	FAULTCAST_RECORDED=$(CURDIR)/tests/fuzz/recorded.hex tests/vm/run --kernel 7.3 tests/vm/record/messages.sh

# Benchmarks print numbers.

$(B)/bench/stream_load: $(call obj,obj,tests/bench/stream_load.c)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/scrape_static: $(call obj,obj,tests/bench/scrape_static.c)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/codec: $(call obj,obj,tests/bench/codec.c tests/standin/wire.c) $(call libraries,obj,netlink wire)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/pci_names: $(call obj,obj,tests/bench/pci_names.c) $(call libraries,obj,pci)
	$(call link,$(CFLAGS)) -lpci -o $@
$(B)/bench/health_restart: $(call obj,obj,tests/bench/health_restart.c) $(call libraries,obj,top)
	$(call link,$(CFLAGS)) -o $@
$(B)/bench/config_cyaml: $(call obj,obj,tests/bench/config_cyaml.c) $(call libraries,obj,top)
	$(call link,$(CFLAGS)) -lcyaml -o $@
# With Debian's packages, nothing is fetched.
$(B)/bench/go_exporter: tests/bench/go/main.go
	@mkdir -p $(@D)
	@echo '  GO      $@'
	@GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$${XDG_CACHE_HOME:-$$HOME/.cache}/faultcast/go \
		go build -o $@ $<

# The cost of an event on its way from netlink to clients.
bench-stream: deps
	@$(MAKE) --no-print-directory stream-build $(B)/bench/stream_load $(B)/bench/codec
	@tests/bench/stream

# The cost of a scrape.
bench-scrape: deps
	@$(MAKE) --no-print-directory $(B)/faultcast_exporter $(B)/standin/faultcast_standin \
		$(addprefix $(B)/bench/,stream_load scrape_static go_exporter)
	@tests/bench/scrape

# How long clients of one address keep those of another waiting.
bench-hold-up: deps
	@$(MAKE) --no-print-directory $(B)/faultcast_exporter $(B)/standin/faultcast_standin
	@tests/bench/hold_up

# The time that a task on another CPU loses in a storm.
bench-storm: all
	tests/vm/run tests/vm/bench/storm_cost.sh

# The cost of a fault with the module and without, and of an event beside other observers. Always under TCG,
# which counts instructions.
bench-kernel: deps
	@$(MAKE) --no-print-directory all
	@status=0; for bench in kernel_cost peers; do \
		tests/vm/run --accel tcg tests/vm/bench/$$bench.sh || status=1; \
	done; exit $$status

# Benchmarks in a short form: they must start, measure something and end. No time is checked. The host's
# programs and the virtual machines use a processor each.
bench-short: deps
	@$(MAKE) --no-print-directory bench-short-build
	@$(MAKE) --no-print-directory -k bench-short-host bench-short-vm

bench-short-build: all stream-build $(addprefix $(B)/bench/,stream_load codec scrape_static go_exporter \
	health_restart pci_names config_cyaml)

bench-short-host:
	BENCH_SHORT=1 prove tests/bench/stream tests/bench/scrape tests/bench/notify
	SECONDS=1 prove tests/bench/hold_up :: replay
	BENCH_SHORT=1 prove tests/bench/scrape_compare :: $(B)/faultcast_exporter $(abspath $(B))/faultcast_exporter
	$(B)/bench/health_restart >/dev/null
	head -n 5000 /usr/share/misc/pci.ids >$(B)/bench/pci.ids && $(B)/bench/pci_names $(B)/bench/pci.ids
	$(B)/bench/config_cyaml >/dev/null

# Without peers.sh: without KVM, bpftrace alone takes minutes there.
bench-short-vm:
	BENCH_SHORT=1 prove -e tests/vm/run tests/vm/bench/storm_cost.sh tests/vm/bench/kernel_cost.sh

# The measurements behind docs/adr, each with and without the decision. One more is
# tests/bench/scrape_compare, which compares two builds.
bench-decisions: deps
	@$(MAKE) --no-print-directory $(B)/faultcast_exporter $(B)/standin/faultcast_standin \
		$(addprefix $(B)/bench/,health_restart pci_names config_cyaml)
	$(B)/bench/health_restart
	$(B)/bench/pci_names /usr/share/misc/pci.ids
	$(B)/bench/config_cyaml
	tests/bench/notify
