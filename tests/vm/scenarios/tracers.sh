# shellcheck shell=bash disable=SC2034
# Proves: tracefs, trace-cmd and perf may trace the same places as the module, before it is loaded
# and after it is unloaded. The module's counts stay exact, and the tracers continue. Actions that
# would disable its probes are refused or shown in the status, so that no inexact count is called
# exact.
VM_ONLY="amd64 it observes the handler of VT-d"
VM_CPUS=2
VM_TIMEOUT=360
# Each of them patches kernel text while it runs: see README.md.
VM_TCG_THREAD=single
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5
	pcie-root-port,id=rp0,addr=0x6,slot=7 e1000e,bus=rp0"
VM_MODULES="aer_inject"
VM_FILES="jq trace-cmd perf"

rogue="0000:00:04.0 0000:00:05.0"
mock=0000:00:05.0
tracing=/sys/kernel/tracing
kprobes_enabled=/sys/kernel/debug/kprobes/enabled
# Faults at these addresses are raised while some probes are disabled.
blind_base=0x80000000
seen_base=0x10000000
blind=' 0x[89a-f][0-9a-f]\{7\} '

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1 // 0"
}

# vtd: the probe's line in the status.
vtd() {
	faultcastctl --json status | jq -c '.module.probes[0] | [.name, .state, .exact, .reason]'
}

# storm BASE: a storm of both devices on both CPUs, and of the mock.
storm() {
	# shellcheck disable=SC2086 # a list
	rogue mixed $rogue count=300 parallel=1 base="$1" &&
		raise_iommu_fault device=$mock count=100 base=0x1000 flags=6 >/dev/null
}

# aer_error: a correctable error of the card; for struct aer_error_inj see aer.sh.
aer_error() {
	printf '\001\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >/dev/aer_inject
}

# hits EVENT: the number of hits of a kprobe event in tracefs.
hits() {
	awk -v event="$1" '$1 == event {print $2}' $tracing/kprobe_profile
}

# keep: leaves the published VT-d events for host().
keep() {
	all_events | awk '$3 != "other"' | cut -d ' ' -f 2- >>/host/events
}

guest() {
	modprobe aer_inject
	ok "the module loads" load_faultcast rate=0 queue=16384
	ftrace_off
	kprobes_off
	beside_tracefs
	beside_programs
}

ftrace_off() {
	not_ok "ftrace cannot be switched off under it" sh -c 'echo 0 >/proc/sys/kernel/ftrace_enabled'
	is "ftrace is on" "$(cat /proc/sys/kernel/ftrace_enabled)" 1
	ok "a storm" storm $seen_base
	ok "the law holds" law_holds
	is "VT-d is exact" "$(vtd)" '["vtd","PROBE_STATE_ACTIVE",true,""]'
	is "no probe was missed" "$(number probeMissed)" 0
}

kprobes_off() {
	off='["vtd","PROBE_STATE_ACTIVE",false,"kprobes are switched off (debugfs kprobes/enabled)"]'
	ok "kprobes are switched off" sh -c "echo 0 >$kprobes_enabled"
	is "VT-d is a lower bound, with the reason" "$(vtd)" "$off"
	ok "a storm" storm $blind_base
	ok "the law holds without kprobes" law_holds
	missed=$(number probeMissed)
	ok "the runs that the probe missed are counted: $missed" test "$missed" -gt 0
	ok "kprobes are switched on" sh -c "echo 1 >$kprobes_enabled"
	is "VT-d is exact again" "$(vtd)" '["vtd","PROBE_STATE_ACTIVE",true,""]'
	ok "a storm" storm $seen_base
	ok "the law holds again" law_holds
	is "nothing more was missed" "$(number probeMissed)" "$missed"
	keep

	ok "kprobes are switched off again" sh -c "echo 0 >$kprobes_enabled"
	ok "the module unloads" unload_faultcast
	ok "it loads without kprobes" load_faultcast rate=0 queue=16384
	is "VT-d is a lower bound from the start" "$(vtd)" "$off"
	like "the kernel log has the reason" "$(dmesg | grep 'faultcast: vtd' | tail -n 1)" \
		'active, lower bound: kprobes are switched off'
	ok "faults one by one" rogue read $mock count=5 gap_us=20000
	ok "kprobes come back" sh -c "echo 1 >$kprobes_enabled"
	is "VT-d is exact then" "$(vtd)" '["vtd","PROBE_STATE_ACTIVE",true,""]'
	ok "the law holds after all" law_holds
	keep
}

# trace_more: starts other tracers. There are kprobes at the handler's entry and return, on the
# instruction of the module's own kprobe, and on the test before that jump, which has two or three
# bytes. Places are addresses, because iommu_raise has a function of the handler's name too. The
# module's tracepoints are enabled, and ftrace's function tracer is on.
trace_more() {
	site=0x$1 entry=$(printf '0x%x' $((0x$1 - $2)))
	{
		echo "p:entry $entry"
		echo "p:site $site"
		echo "r:return $entry"
	} >$tracing/kprobe_events
	for bytes in 3 2; do
		printf 'p:test 0x%x\n' $((site - bytes)) >>$tracing/kprobe_events && break
	done
	for event in kprobes iommu/io_page_fault ras/aer_event; do
		echo 1 >$tracing/events/$event/enable
	done
	echo dmar_fault >$tracing/set_ftrace_filter
	echo function >$tracing/current_tracer
}

trace_no_more() {
	echo nop >$tracing/current_tracer
	echo >$tracing/set_ftrace_filter
	for event in kprobes iommu/io_page_fault ras/aer_event; do
		echo 0 >$tracing/events/$event/enable
	done
	echo >$tracing/kprobe_events
}

# near_site 0|1: the kprobes that hide the place of the module's own kprobe from it.
near_site() {
	echo "$1" >$tracing/events/kprobes/test/enable
	echo "$1" >$tracing/events/kprobes/site/enable
}

# counted: everything that the mock and aer_inject raised, a storm and an error, is counted. No
# probe hit was missed.
counted() {
	{ storm $seen_base && aer_error && wait_for 5 aer_is 1 && law_holds; } || return
	echo "other $(all_events | grep -c ' other '), missed $(number probeMissed)"
	[ "$(all_events | grep -c ' other ')" = 100 ] && [ "$(number probeMissed)" = 0 ]
}

beside_tracefs() {
	# shellcheck disable=SC2046 # address and offset of the module's own kprobe
	ok "kprobes, one beside its own, events and a function tracer begin" trace_more \
		$(sed -n 's/^\([0-9a-f]*\) .*dmar_fault+\(0x[0-9a-f]*\).*/\1 \2/p' /sys/kernel/debug/kprobes/list)
	# Loads the module again, so that its counts begin at 0.
	ok "the module goes" unload_faultcast
	near_site 0
	ok "the module loads beside the other tracers" load_faultcast rate=0 queue=16384
	near_site 1
	ok "everything is counted beside them" counted
	is "VT-d is exact beside them" "$(vtd)" '["vtd","PROBE_STATE_ACTIVE",true,""]'
	keep
	entry=$(hits entry)
	diag "hits: entry $entry, test $(hits test), site $(hits site), return $(hits return)"
	ok "the kprobes beside its own were hit" test "$(hits site)" -gt 0 -a "$(hits test)" -gt 0
	like "the function tracer has the handler" "$(cat $tracing/trace)" 'dmar_fault <-'
	like "the fault's tracepoint was traced" "$(cat $tracing/trace)" 'io_page_fault:.* iova=0x'

	ok "the module unloads, they stay" unload_faultcast
	ok "a storm without it" storm $blind_base
	ok "the other tracers still trace" test "$(hits entry)" -gt "$entry"
	for place in test site; do
		near_site 0
		echo 1 >$tracing/events/kprobes/$place/enable
		ok "the module loads with another's breakpoint on the $place" load_faultcast rate=0 queue=16384
		is "the status mentions it" "$(vtd)" \
			'["vtd","PROBE_STATE_ACTIVE",false,"the read of a record was not found in dmar_fault()"]'
		ok "the module unloads again" unload_faultcast
	done
	ok "the other tracers are removed" trace_no_more
	ok "the module loads after them" load_faultcast rate=0 queue=16384
	ok "everything is counted without them" counted
	is "VT-d is exact without them" "$(vtd)" '["vtd","PROBE_STATE_ACTIVE",true,""]'
	keep
	ok "the module goes again" unload_faultcast
}

aer_events() {
	faultcastctl --json tail --all --once | jq -s 'map(select(.event.kind == "KIND_AER")) | length'
}

# aer_is N: for use with wait_for.
aer_is() {
	[ "$(aer_events)" = "$1" ]
}

# trace-cmd and perf start before the module is loaded, and end after it is unloaded.
beside_programs() {
	rm -f /tmp/end
	trace-cmd record -o /tmp/trace.dat -p function -l dmar_fault -e iommu:io_page_fault -e ras:aer_event \
		sh -c 'until [ -e /tmp/end ]; do sleep 0.2; done' >/tmp/trace-cmd 2>&1 &
	recorder=$!
	ok "trace-cmd traces" wait_for 20 grep -q function $tracing/current_tracer
	ok "perf sets a kprobe" perf probe -q --add dmar_fault
	perf stat -a -x , -o /tmp/perf.stat -e probe:dmar_fault,iommu:io_page_fault,ras:aer_event \
		sh -c 'touch /tmp/counting; until [ -e /tmp/end ]; do sleep 0.2; done' &
	counter=$!
	ok "perf counts" wait_for 20 test -e /tmp/counting
	ok "the module loads beside both" load_faultcast rate=0 queue=16384
	ok "everything is counted beside both" counted
	is "VT-d is exact beside both" "$(vtd)" '["vtd","PROBE_STATE_ACTIVE",true,""]'
	keep
	ok "the module unloads before them" unload_faultcast
	touch /tmp/end
	ok "trace-cmd ends well" wait $recorder
	ok "perf ends well" wait $counter
	cat /tmp/perf.stat
	is "perf has the mock's faults" "$(awk -F , '$3 == "iommu:io_page_fault" {print $1}' /tmp/perf.stat)" 100
	is "trace-cmd has the mock's faults" "$(trace-cmd report /tmp/trace.dat 2>/dev/null | grep -c io_page_fault:)" 100
	ok "both saw the handler run" test \
		"$(awk -F , '$3 == "probe:dmar_fault" {print $1}' /tmp/perf.stat)" -gt 0 -a \
		"$(trace-cmd report /tmp/trace.dat 2>/dev/null | grep -c dmar_fault)" -gt 0
	perf probe -q --del dmar_fault
}

host() {
	hardware_faults >recorded
	grep -v "$blind" recorded | sort >expected
	grep -v "$blind" events | sort >seen
	ok "there was something to count: $(wc -l <expected) faults" test "$(wc -l <expected)" -gt 500
	same "all that the hardware recorded was published, once" seen expected
	diag "without kprobes $(grep -c "$blind" events) of those that the hardware recorded"
}
