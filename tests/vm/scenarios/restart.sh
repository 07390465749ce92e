# shellcheck shell=bash disable=SC2034,SC2154
# Proves: a client that resumes at its cursor has every event exactly once, although the exporter
# was killed. Fault counters continue. A cursor that the exporter cannot know is answered with a gap
# of unknown size and all retained events.
VM_ONLY="amd64 one DMA is one fault there"
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0
reads="faultcast_io_page_faults_total{device=\"$device\",access=\"read\"}"

# follow CURSOR FILE: follows the stream in the background, as $follower.
follow() {
	fetch "/v1/events?follow=1&after=$1" -N -m 60 >"$2" &
	follower=$!
}

# complete FILE: its complete lines. A killed exporter may leave the last line incomplete.
complete() {
	jq -cR 'fromjson? | select(.)' "$1"
}

cursors() {
	jq -r 'select(.event).cursor' "$@"
}

# has_seq FILE SEQ: for use with wait_for.
has_seq() {
	tail -n 5 "$1"
	grep -q "\"seq\":\"$2\"" "$1"
}

head_seq() {
	faultcastctl --json status | jq -r .module.head
}

# at_least N: the number of faults; for use with wait_for.
at_least() {
	[ "$(metric "$reads")" -ge "$1" ]
}

guest() {
	ok "the module loads" load_faultcast rate=0 queue=4096
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	rogue read $device count=1400 gap_us=4000 &
	rogue=$!

	fetch "/v1/events?follow=1" -N -m 60 >/tmp/part1 &
	follower=$!
	ok "300 events arrive" wait_for 20 has_seq /tmp/part1 300
	counted=$(metric "$reads")
	kill -9 "$exporter"
	wait "$exporter"
	not_ok "the client's connection breaks" wait $follower
	complete /tmp/part1 >/tmp/part1.whole
	last=$(cursors /tmp/part1.whole | tail -n 1)
	# Faults without an exporter are in the kernel's history.
	sleep 0.5

	start_exporter
	ok "the exporter answers again" wait_for 10 fetch /-/healthy -f
	# The exporter may not have caught up yet.
	follow "$last" /tmp/part2
	follower_part2=$follower
	ok "it is ready again" wait_for 10 exporter_ready
	after=$(metric "$reads")
	diag "counted $counted, then $after; resumed after $last"
	ok "its counters go on" test "$after" -ge "$counted"
	follow latest /tmp/latest
	latest=$follower
	ok "the storm ends" wait $rogue
	ok "the law holds" law_holds
	ok "the follower comes to the head" wait_for 10 has_seq /tmp/part2 "$(head_seq)"
	# The counter is the number of raised faults, whether an exporter ran or not.
	is "the counter is all that was raised" "$(metric "$reads")" "$(awk '$1 == "total" {print $2}' /tmp/law)"

	faultcastctl --json tail --all --once >/tmp/truth
	cursors /tmp/truth >/tmp/truth.cursors
	cursors /tmp/part1.whole /tmp/part2 >/tmp/union
	same "both parts together have every event once, in order" /tmp/union /tmp/truth.cursors
	is "the parts have no gap" "$(grep -c '"gap"' /tmp/part1.whole /tmp/part2)" "/tmp/part1.whole:0
/tmp/part2:0"
	jq -c .event /tmp/truth | md5sum >/tmp/truth.events
	jq -c 'select(.event).event' /tmp/part1.whole /tmp/part2 | md5sum >/tmp/union.events
	same "each event is whole" /tmp/union.events /tmp/truth.events

	first_latest=$(cursors /tmp/latest | head -n 1)
	ok "the stream with after=latest began later" test "$first_latest" != "$(head -n 1 /tmp/truth.cursors)"
	sed -n "/^$first_latest\$/,\$p" /tmp/truth.cursors >/tmp/expected
	cursors /tmp/latest >/tmp/latest.cursors
	same "it has every event from there on" /tmp/latest.cursors /tmp/expected

	fetch_events "after=$(sed -n 5p /tmp/truth.cursors)" >/tmp/old
	sed 1,5d /tmp/truth >/tmp/expected
	same "an old cursor continues with the next event" /tmp/old /tmp/expected
	fetch_events "after=$(tail -n 1 /tmp/truth.cursors)" >/tmp/none
	is "the last cursor has nothing behind it" "$(cat /tmp/none)" ""

	instance=${last%%.*}
	head=$(head_seq)
	unknown "a cursor from the future" "$instance.$((head + 1)).0"
	unknown "a cursor from far in the future" "$instance.18446744073709551615.0"
	unknown "a cursor of a foreign instance" "1.5.0"
	is "no cursor at all is refused" \
		"$(fetch "/v1/events?after=5" -o /dev/null -w '%{http_code}')" 400

	kill $follower_part2 $latest
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

# unknown NAME CURSOR: checks the answer to an unknown cursor.
unknown() {
	fetch_events "after=$2" >/tmp/answer
	is "$1: a gap of unknown size" "$(head -n 1 /tmp/answer | jq -c '[.gap.reason, .gap.missing]')" \
		'["GAP_REASON_UNKNOWN_CURSOR",null]'
	sed 1d /tmp/answer >/tmp/rest
	same "$1: then all that is retained" /tmp/rest /tmp/truth
	fetch_events "after=$(head -n 1 /tmp/answer | jq -r .cursor)" >/tmp/rest
	same "$1: the gap's own cursor leads to the same" /tmp/rest /tmp/truth
}
