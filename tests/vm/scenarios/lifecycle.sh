# shellcheck shell=bash disable=SC2034,SC2154
# Proves: the exporter survives loading and unloading of the module, and reports its state at each
# moment. A follower's stream continues across both. A probe that cannot attach and a module that
# cannot be loaded give the reason.
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter
	build/san/faultcastctl:bin/faultcastctl"

device=0000:00:04.0

# says STATUS TEXT: /-/ready answers this; for use with wait_for.
says() {
	ready_now=$(fetch /-/ready -w '%{http_code}')
	echo "$ready_now"
	[ "$ready_now" = "$2
$1" ]
}

# has N ERE FILE: N lines of the follower's stream match; for use with wait_for.
has() {
	cat "$3"
	[ "$(grep -cE "$2" "$3")" -eq "$1" ]
}

# refuses PARAM LINE: the module does not load, and the kernel log has exactly this line. The line
# comes twice, because busybox tries again with init_module().
refuses() {
	clear_log
	not_ok "$1 is refused" insmod /lib/faultcast.ko "$1"
	is "$1: one clear line" "$(dmesg | sed -n 's/^\[[^]]*\] //; /faultcast/p' | uniq)" "faultcast: $2"
	ok "$1: nothing stays" test ! -e /sys/module/faultcast
}

guest() {
	is "without module faultcastctl status fails with one clear line" \
		"$(faultcastctl status 2>&1; echo $?)" \
		"faultcastctl: the kernel module faultcast is not loaded
1"
	start_exporter
	ok "the exporter runs without module, and is not ready" \
		wait_for 10 says 503 "not ready: kernel module faultcast is not loaded"
	is "/-/healthy is 200 without the module" "$(fetch /-/healthy)" healthy
	is "source_up is 0 without the module" "$(metric 'faultcast_source_up{source="netlink"}')" 0
	is "/v1/status has the reason" "$(fetch /v1/status | jq -c '[.source.up // false, .source.reason, .module]')" \
		'[false,"kernel module faultcast is not loaded",null]'
	is "no counter is shown" "$(metric faultcast_synthetic_events_total)" ""
	fetch "/v1/events?follow=1" -N -m 60 >/tmp/stream &
	follower=$!

	ok "the module loads" load_faultcast
	ok "the exporter receives its events" wait_for 5 says 200 ready
	is "source_up is 1" "$(metric 'faultcast_source_up{source="netlink"}')" 1
	is "the probe that faults can fire is up, and the other one is not" "$(metric \
		"faultcast_probe_up{probe=\"$dma_probe\"}") $(metric 'faultcast_probe_up{probe="iommu"}')" "1 0"
	fault $device read 3
	ok "faults are seen by the follower" wait_for 5 has 3 '"event"' /tmp/stream
	ok "the law holds" law_holds

	ok "the module goes while the exporter uses it" unload_faultcast
	ok "/-/ready says that the module is gone" wait_for 5 says 503 "not ready: kernel module faultcast is not loaded"
	is "source_up is 0" "$(metric 'faultcast_source_up{source="netlink"}')" 0
	ok "the follower receives a gap" wait_for 5 has 1 GAP_REASON_UNLOADED /tmp/stream

	ok "the module loads again" load_faultcast
	ok "the exporter receives its events again" wait_for 5 says 200 ready
	fault $device write 2
	ok "the follower receives new events" wait_for 5 has 5 '"event"' /tmp/stream
	jq -c 'select(.event or .gap)' /tmp/stream >/tmp/messages
	jq -c 'if .gap then [.gap.reason, .gap.missing] else
		[.event.seq, .event.ioPageFault.access] end' /tmp/messages >/tmp/seen
	cat >/tmp/expected <<-END
		["1","ACCESS_READ"]
		["2","ACCESS_READ"]
		["3","ACCESS_READ"]
		["GAP_REASON_UNLOADED",null]
		["1","ACCESS_WRITE"]
		["2","ACCESS_WRITE"]
	END
	same "the follower has every event in order" /tmp/seen /tmp/expected
	is "the events are of two instances" "$(jq -r .cursor /tmp/messages | cut -d . -f 1 | uniq | sort -u | wc -l)" 2
	is "no cursor is given twice" "$(jq -r .cursor /tmp/messages | sort | uniq -d)" ""
	resumes
	ok "the law holds again" law_holds
	twice_unseen
	kill $follower

	if echo 0 >/proc/sys/kernel/ftrace_enabled; then
		without_ftrace
	else
		skip "loading without ftrace" "this kernel does not let it be switched off"
	fi
	ok "the exporter ends cleanly" stop_exporter

	refuses queue=3 "parameter queue=3: expected a power of two"
	refuses queue=1 "parameter queue=1: expected 2 to 65536"
	refuses burst=513 "parameter burst=513: expected 1 to 512"
	refuses devices=0 "parameter devices=0: expected 3 to 65536"
	refuses history=0 "parameter history=0: expected 1 to 1048576"
}

# The module is loaded twice while the exporter is paused. The exporter learns of the first instance
# when the second one is already present.
twice_unseen() {
	kill -STOP "$exporter"
	ok "the module is unloaded while the exporter is paused" unload_faultcast
	ok "it is loaded again" load_faultcast
	ok "it is unloaded again" unload_faultcast
	ok "it is loaded again" load_faultcast
	fault $device read 2
	kill -CONT "$exporter"
	ok "the follower has what the last one published" wait_for 10 has 7 '"event"' /tmp/stream
	ok "only the earlier instances have ended" has 2 GAP_REASON_UNLOADED /tmp/stream
	ok "the module is unloaded" unload_faultcast
	ok "now the last instance has ended too" wait_for 5 has 3 GAP_REASON_UNLOADED /tmp/stream
	is "no cursor was given twice" "$(jq -r 'select(.heartbeat | not).cursor' /tmp/stream | sort | uniq -d)" ""
}

without_ftrace() {
	ok "the module loads without ftrace" load_faultcast
	echo 1 >/proc/sys/kernel/ftrace_enabled
	is "the status has the failed probe and the reason" \
		"$(faultcastctl --json status | jq -c --arg dma "$dma_probe" '.module.probes[] |
			select(.name == ($dma, "iommu")) | [.name, .state, .reason]' | sort -r)" \
		"$(printf '["%s","PROBE_STATE_FAILED","kernel.ftrace_enabled is 0"]\n%s' "$dma_probe" \
			'["iommu","PROBE_STATE_UNAVAILABLE","no device has an IOMMU whose driver calls report_iommu_fault()"]')"
	ok "probe_up of that probe is 0" wait_for 5 metric_is "faultcast_probe_up{probe=\"$dma_probe\"}" 0
	is "probe_failed is 1 for the probes that need ftrace, and for no other" \
		"$(fetch /metrics | sed -n 's/^faultcast_probe_failed{probe="\(.*\)"} 1$/\1/p' | xargs)" \
		"$(faultcastctl --json status | jq -r '[.module.probes[] |
			select(.reason == "kernel.ftrace_enabled is 0").name] | join(" ")')"
	ok "the other probe is attached" raise_iommu_fault device=$device
	ok "the law holds there" law_holds
	ok "it unloads" unload_faultcast
}

# A client that resumes after any message of both instances receives exactly the messages behind it.
resumes() {
	n=0
	for cursor in $(jq -r .cursor /tmp/messages); do
		n=$((n + 1))
		fetch_events "after=$cursor" >/tmp/answer
		sed "1,${n}d" /tmp/messages >/tmp/expected
		same "resuming after message $n" /tmp/answer /tmp/expected
	done
	is "every message was tried" $n "$(wc -l </tmp/messages)"
}
