# shellcheck shell=bash disable=SC2034
# Proves: a failed memory allocation does little harm. Whichever allocation fails while the module
# is loaded, the load either fails with ENOMEM and leaves nothing behind, or succeeds and reports
# what is missing. A request without memory fails alone. If the worker cannot send events, listeners
# are told to fetch them, and receive every event. Needs a kernel with fault injection: debug.
VM_CPUS=1
VM_TIMEOUT=3000
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"
# A failed page allocation logs a call trace. A real problem logs other lines too.
VM_LOG_ALLOW="Call Trace:"

debug=/sys/kernel/debug
device=0000:00:04.0
card=0000:01:00.0
# Allocates as little as possible, because every allocation must fail once.
small="devices=16 queue=2 history=1 burst=1"

# fail_all SETTING VALUE: sets this for slab and page allocations.
fail_all() {
	for kind in failslab fail_page_alloc; do
		[ ! -e $debug/$kind/"$1" ] || echo "$2" >$debug/$kind/"$1" || return
	done
}

guest() {
	if [ ! -e $debug/failslab ] || [ ! -e $debug/fail_page_alloc ]; then
		skip "allocation failures" "Linux $(uname -r) has no fault injection"
		return
	fi
	# Any allocation may fail, also one that can sleep. Number and choice are set later.
	fail_all ignore-gfp-wait N
	fail_all ignore-gfp-highmem N
	fail_all min-order 0
	fail_all verbose 0
	fail_all times -1
	ok "the module loads" load_faultcast rate=0 queue=4096
	raise_iommu_fault device=$device count=200 >/dev/null
	ok "the law holds" law_holds
	for request in status devices events "inject 1" config; do
		# shellcheck disable=SC2086 # words
		requests $request
	done
	ok "the law holds after all requests" law_holds
	ok "no request holds the module" unload_faultcast
	worker
	identity
	load
}

# Finds the last allocation before the module's own code runs. Earlier ones do not matter here.
loader_allocations() {
	echo 1 >/sys/kernel/tracing/events/module/module_load/enable
	low=0 high=256
	while [ $((high - low)) -gt 1 ]; do
		nth=$(((low + high) / 2))
		echo >/sys/kernel/tracing/trace
		failload $nth /lib/faultcast.ko "$small"
		[ ! -e /sys/module/faultcast ] || unload_faultcast
		if grep -q module_load: /sys/kernel/tracing/trace; then
			high=$nth
		else
			low=$nth
		fi
	done
	echo 0 >/sys/kernel/tracing/events/module/module_load/enable
}

# load_failing N: loads with the Nth allocation failing, and sets $loaded to the result. Fails if
# the result is not allowed.
load_failing() {
	loaded=$(failload "$1" /lib/faultcast.ko "$small")
	case $loaded in
	"ENOMEM failed")
		[ ! -e /sys/module/faultcast ]
		;;
	"0 "*)
		[ "$(dumpnl status | tail -n 1)" = "end 0" ] && [ "$(dumpnl inject 1)" = "end 0" ] &&
			unload_faultcast && dmesg | tail -n 1 | grep "unloaded: raised=1 published=1"
		;;
	*)
		return 1
		;;
	esac
}

# Fails each allocation in turn. When none makes the load fail any more, fails every seventh one.
load() {
	loader_allocations
	refused=0 degraded=0 in_a_row=0 broken=''
	nth=$low
	while :; do
		nth=$((nth + (in_a_row < 8 ? 1 : 7)))
		load_failing $nth >/tmp/load 2>&1 || {
			broken="$broken $nth"
			diag "allocation $nth: $loaded: $(cat /tmp/load)"
			rmmod faultcast
		}
		echo "$nth: $loaded: $(dmesg | tail -n 20 | grep -E "faultcast: .*(failed|lower bound)")"
		case $loaded in
		ENOMEM*) refused=$((refused + 1)) in_a_row=0 ;;
		*failed) degraded=$((degraded + 1)) in_a_row=$((in_a_row + 1)) ;;
		*) break ;;
		esac
	done
	diag "of the module's some $((nth - low)) allocations $refused refuse it, without $degraded it works"
	is "any allocation at load may fail" "$broken" ""
	ok "some failed allocations refuse the load" test $refused -gt 5
	ok "some failed allocations do not refuse it" test $degraded -gt 5
}

# requests WORD...: fails each allocation of the request in turn, then checks a normal answer.
requests() {
	dumpnl "$@" >/tmp/whole
	nth=0
	while :; do
		nth=$((nth + 1))
		timeout 20 dumpnl fail$nth "$@" >/tmp/answer 2>&1 || {
			diag "allocation $nth: $(tail -n 3 /tmp/answer)"
			break
		}
		grep -q spared /tmp/answer && break
		tail -n 1 /tmp/answer
	done
	ok "$*: all but allocation $nth may fail" grep -q spared /tmp/answer
	ok "$*: several allocations failed" test $nth -gt 2
	is "$*: without a failed allocation the request succeeds" "$(tail -n 1 /tmp/answer)" "end 0"
	[ "$1" = inject ] || [ "$1" = events ] ||
		is "$*: the answer is then complete" "$(grep -v spared /tmp/answer)" "$(cat /tmp/whole)"
}

# Fails allocations in the module's own code, in any process.
fail_module() {
	start=$(cat /sys/module/faultcast/sections/.text)
	fail_all require-start "$start"
	fail_all require-end "$(printf '0x%x' $((start + $(cat /sys/module/faultcast/coresize))))"
	fail_all probability "$1"
}

fail_no_more() {
	fail_all probability 0
	fail_all require-start 0
	fail_all require-end 0xffffffffffffffff
}

# caught_up SEQ: for use with wait_for.
caught_up() {
	fetch /v1/status
	[ "$(fetch /v1/status | jq -r .source.cursor | cut -d . -f 2)" = "$1" ]
}

worker() {
	ok "the module loads for the test of the worker" load_faultcast rate=0 queue=4096
	start_exporter
	ok "the exporter is ready" wait_for 20 exporter_ready
	raised=0
	for probability in 100 30; do
		fail_module $probability
		for burst in 1 2 3 4 5; do
			raise_iommu_fault device=$device count=200 >/dev/null
			sleep 1
		done
		fail_no_more
		raised=$((raised + 1000))
		ok "$probability % failed allocations: the exporter catches up" wait_for 30 caught_up $raised
		ok "$probability % failed allocations: the law holds" law_holds
	done
	diag "overruns $(metric 'faultcast_source_overruns_total{source="netlink"}')"
	ok "the exporter was told of events that could not be sent" \
		test "$(metric 'faultcast_source_overruns_total{source="netlink"}')" -gt 0
	fetch_events >/tmp/stream
	faultcastctl --json tail --all --once >/tmp/truth
	same "every event is there once, with no gap" /tmp/stream /tmp/truth
	is "there are $raised events" "$(wc -l </tmp/stream)" $raised
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads after that" unload_faultcast
}

# generation_of JQ: a value of the card's newest event.
of_last_event() {
	faultcastctl --json tail --all --once | jq -c -s "map(select(.event.device.name == \"$card\").event) | .[-1] | $1"
}

# A card whose identity cannot be allocated must not appear as the card before it.
identity() {
	ok "the module loads for the test of identity" load_faultcast rate=0
	raise_iommu_fault device=$card >/dev/null
	ok "the law holds for the card" law_holds
	is "the card is known" "$(of_last_event '[.generation, .identityLate]')" '[1,false]'
	fail_module 100
	echo 1 >/sys/bus/pci/devices/$card/remove
	echo 1 >/sys/bus/pci/rescan
	raise_iommu_fault device=$card >/dev/null
	sleep 1
	fail_no_more
	is "a card found again without memory has no identity" "$(of_last_event '[.generation, .identity]')" '[0,null]'
	raise_iommu_fault device=$card >/dev/null
	sleep 1
	is "with memory the card is looked up" "$(of_last_event '[.generation, .identityLate, .identity.deviceId]')" '[2,true,4307]'
	ok "the law holds for identity" law_holds
	ok "the module unloads in the end" unload_faultcast
}
