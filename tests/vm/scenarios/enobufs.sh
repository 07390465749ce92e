# shellcheck shell=bash disable=SC2034,SC2154
# Proves: events that the kernel could not deliver to an exporter that did not read are fetched, and
# every event is there once. Events that the kernel no longer retains are a stated and counted gap.
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0
history='faultcast_events_lost_total{stage="history"}'

# stalled_burst COUNT: raises faults while the exporter is paused.
stalled_burst() {
	kill -STOP "$exporter"
	raise_iommu_fault device=$device count="$1"
	law_holds || return
	kill -CONT "$exporter"
}

# caught_up SEQ: for use with wait_for.
caught_up() {
	fetch /v1/status
	[ "$(fetch /v1/status | jq -r .source.cursor | cut -d . -f 2)" = "$1" ]
}

# begin PARAM...: starts the module, and an exporter with the smallest buffer that the kernel
# allows.
begin() {
	ok "the module loads with $*" load_faultcast rate=0 "$@"
	start_exporter --netlink.rcvbuf=1
	ok "the exporter is ready" wait_for 10 exporter_ready
	raise_iommu_fault device=$device count=100
	ok "the first events arrive" wait_for 10 caught_up 100
	# The small buffer can hold these events, so they came by multicast alone.
	is "without a gap so far" "$(metric "$history")" 0
}

end() {
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

guest() {
	begin queue=8192
	ok "a burst that the exporter does not read" stalled_burst 5000
	ok "it catches up" wait_for 20 caught_up 5100
	overruns=$(metric 'faultcast_source_overruns_total{source="netlink"}')
	refetches=$(metric 'faultcast_source_refetches_total{source="netlink"}')
	diag "overruns $overruns, refetches $refetches"
	ok "the exporter was told of an overrun" test "$overruns" -gt 0
	ok "the exporter has fetched events" test "$refetches" -gt 0
	fetch_events >/tmp/stream
	faultcastctl --json tail --all --once >/tmp/truth
	same "every event is there once, with no gap" /tmp/stream /tmp/truth
	is "there are 5100 events" "$(wc -l </tmp/stream)" 5100
	is "none is counted as lost" "$(metric "$history")" 0
	end

	begin queue=8192 history=256
	ok "a burst that the history does not hold" stalled_burst 3000
	ok "it catches up with that" wait_for 20 caught_up 3100
	fetch_events >/tmp/stream
	is "one gap is stated" "$(grep -c '"gap"' /tmp/stream)" 1
	jq -c 'select(.gap).gap' /tmp/stream >/tmp/gap
	from=$(jq -r .missing.from /tmp/gap)
	to=$(jq -r .missing.to /tmp/gap)
	diag "gap from $from to $to"
	is "the gap's reason is the history" "$(jq -r .reason /tmp/gap)" GAP_REASON_HISTORY
	{
		seq 1 $((from - 1))
		echo "gap $from $to"
		seq $((to + 1)) 3100
	} >/tmp/expected
	jq -r 'if .gap then "gap " + .gap.missing.from + " " + .gap.missing.to else .event.seq end' \
		/tmp/stream >/tmp/seen
	same "events and gap are all that was published, in order" /tmp/seen /tmp/expected
	ok "the gap is no larger than it must be" test $((3100 - to)) -ge 256
	is "it is counted" "$(metric "$history")" $((to - from + 1))
	is "a cursor before the gap leads to the gap" \
		"$(fetch_events "after=$(jq -r 'select(.event.seq == "50").cursor' /tmp/stream)" | wc -l)" \
		$(($(wc -l </tmp/stream) - 50))
	end
}
