# shellcheck shell=bash disable=SC2034
# Proves: an answer of many datagrams is complete, whatever happens while it is read. It has each
# device once and each event once. Events that were evicted before a slow reader got to them are a
# stated gap. An open dump holds the module, and an abandoned one does not. Requests are allowed
# only to the right users and namespaces.
VM_CPUS=2
VM_FILES="curl jq"

devices=1500

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1"
}

# begin_storm: injects events until end_storm. It closes the open dump's end of the pipe.
begin_storm() {
	dumpnl inject 100000000 $devices >/tmp/storm 2>&1 4>&- &
	storm=$!
}

end_storm() {
	kill "$storm"
	wait "$storm"
	true
}

# datagrams FILE: the number of datagrams.
datagrams() {
	grep -c '^datagram' "$1"
}

# covers FROM TO FILE: events and gaps cover the whole range, in order and without duplicates.
covers() {
	awk -v next_seq="$1" -v last="$2" '
		$1 == "event" { from = to = $2 }
		$1 == "gap" { from = $2; to = $3 }
		$1 == "event" || $1 == "gap" {
			if (from != next_seq || to < from) { print "after " next_seq - 1 ": " $0; broken = 1; exit }
			next_seq = to + 1
		}
		END {
			if (!broken && next_seq != last + 1) { print "ends at " next_seq - 1 ", not " last; broken = 1 }
			exit broken
		}' "$3"
}

# open_dump REQUEST: starts a dump into /tmp/dump and reads one datagram. close_dump reads the rest.
open_dump() {
	rm -f /tmp/go
	mkfifo /tmp/go
	# shellcheck disable=SC2086 # words
	dumpnl pause $1 </tmp/go >/tmp/dump &
	dump=$!
	exec 4>/tmp/go
	wait_for 5 grep -q datagram /tmp/dump
}

close_dump() {
	exec 4>&-
	wait "$dump"
	tail -n 1 /tmp/dump
	[ "$(tail -n 1 /tmp/dump)" = "end 0" ]
}

# refcnt_is N: for use with wait_for.
refcnt_is() {
	cat /sys/module/faultcast/refcnt
	[ "$(cat /sys/module/faultcast/refcnt)" = "$1" ]
}

guest() {
	ok "the module loads" load_faultcast devices=4096 history=2048 queue=16384 rate=0 host_rate=0
	is "$devices devices" "$(dumpnl inject $devices $devices)" "end 0"
	all_devices
	all_history
	slow_reader
	held
	elsewhere
	unprivileged
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
}

all_devices() {
	awk -v n=$devices 'BEGIN { for (i = 0; i < n; i++) print "device", 32768, i }' >/tmp/expected
	begin_storm
	raised=$(number raised)
	dumpnl devices >/tmp/dump
	ok "events were raised meanwhile" test "$(number raised)" -gt "$raised"
	end_storm
	is "the dump of all devices ends well" "$(tail -n 1 /tmp/dump)" "end 0"
	diag "devices: $(datagrams /tmp/dump) datagrams"
	ok "it has several datagrams" test "$(datagrams /tmp/dump)" -gt 3
	grep '^device 32768' /tmp/dump | sort -n -k 3 >/tmp/seen
	same "has every device once" /tmp/seen /tmp/expected
	open_dump devices
	is "events between two datagrams" "$(dumpnl inject $devices $devices)" "end 0"
	ok "the dump then ends well" close_dump
	grep '^device 32768' /tmp/dump | sort -n -k 3 >/tmp/seen
	same "it still has every device once" /tmp/seen /tmp/expected
}

# Too few events for any eviction.
all_history() {
	ok "the module goes" unload_faultcast
	ok "the module loads with more history" load_faultcast devices=4096 history=262144 queue=16384 rate=0 host_rate=0
	is "events to dump" "$(dumpnl inject 5000 $devices)" "end 0"
	begin_storm
	ok "the storm goes on" wait_for 5 head_beyond 5100
	before=$(number head)
	dumpnl events >/tmp/dump
	after=$(number head)
	end_storm
	last=$(awk '$1 == "event" {n = $2} END {print n}' /tmp/dump)
	diag "history: $last events in $(datagrams /tmp/dump) datagrams, head $before before it, $after after it"
	is "the dump of all events ends well" "$(tail -n 1 /tmp/dump)" "end 0"
	ok "it has several datagrams" test "$(datagrams /tmp/dump)" -gt 10
	is "without a gap" "$(grep -c gap /tmp/dump)" 0
	ok "every event, in order" covers 1 "$last" /tmp/dump
	ok "up to what was head when it began" test "$last" -ge "$before"
	ok "more events were published meanwhile" test "$after" -gt "$last"
	ok "the module goes again" unload_faultcast
}

# head_beyond N: for use with wait_for.
head_beyond() {
	[ "$(number head)" -gt "$1" ]
}

# head_is N: for use with wait_for. Injected events are published a moment later.
head_is() {
	number head
	[ "$(number head)" = "$1" ]
}

slow_reader() {
	ok "the module comes with little history" load_faultcast history=2048 devices=4096 queue=16384 rate=0 \
		host_rate=0
	dumpnl inject 3000 $devices
	ok "953 to 3000 are retained" wait_for 5 head_is 3000
	dumpnl events 1 >/tmp/dump
	ok "a dump from 1 covers all numbers" covers 1 3000 /tmp/dump
	is "it begins with a gap" "$(grep -m 1 -E 'event|gap' /tmp/dump)" "gap 1 952"

	open_dump events
	read_before=$(wc -l </tmp/dump)
	dumpnl inject 1000 $devices
	ok "1000 events evict as many" wait_for 5 head_is 4000
	ok "a slow reader comes to its end" close_dump
	diag "$((read_before - 1)) events, then $(grep gap /tmp/dump)"
	ok "it is told of every event up to the head at its start" covers 953 3000 /tmp/dump
	is "the evicted events are one gap" "$(grep -c gap /tmp/dump)" 1
	is "the gap ends before the oldest retained event" "$(sed -n 's/^gap [0-9]* //p' /tmp/dump)" 1952
	ok "the gap has no event that was read before" test "$(awk '$1 == "gap" {print $2}' /tmp/dump)" -ge \
		$((953 + read_before - 1))

	open_dump events
	dumpnl inject 5000 $devices
	ok "5000 events evict all" wait_for 5 head_is 9000
	ok "a reader that is slower still comes to its end" close_dump
	ok "it is told of every event too" covers 1953 4000 /tmp/dump
	is "the rest is one gap" "$(grep -E 'event|gap' /tmp/dump | tail -n 1 | cut -d ' ' -f 1,3)" "gap 4000"

	open_dump events
	begin_storm
	ok "a storm evicts" wait_for 10 head_beyond 12000
	ok "a reader in the middle of it comes to its end" close_dump
	end_storm
	ok "it is told of every event" covers 6953 9000 /tmp/dump
}

held() {
	open_dump events
	ok "an open dump holds the module" refcnt_is 1
	is "it cannot be unloaded" "$(rmmod faultcast 2>&1)" \
		"rmmod: can't unload module 'faultcast': Resource temporarily unavailable"
	is "the module still works" "$(dumpnl inject 1)" "end 0"
	ok "the dump ends well" close_dump
	ok "a finished dump does not hold it" wait_for 5 refcnt_is 0
	for request in events devices; do
		open_dump $request
		ok "an open dump of $request holds it" refcnt_is 1
		kill "$dump"
		exec 4>&-
		wait "$dump"
		ok "an abandoned dump does not hold it" wait_for 5 refcnt_is 0
	done
	ok "the module unloads" unload_faultcast
	ok "the module loads again" load_faultcast
	dumpnl inject 1 >/dev/null
}

elsewhere() {
	for request in status devices events config "inject 1"; do
		# shellcheck disable=SC2086 # words
		is "in another network namespace there is no family for $request" \
			"$(dumpnl netns $request | grep -v datagram)" "resolve nothing
end ENOENT"
	done
	is "faultcastctl says so" "$(unshare -n faultcastctl status 2>&1)" \
		"faultcastctl: the kernel module faultcast is not loaded"
	is "nothing was injected from there" "$(number raised)" 1
}

unprivileged() {
	is "status without privilege" "$(dumpnl user status | tail -n 1)" "end 0"
	for request in devices events config "inject 1"; do
		# shellcheck disable=SC2086 # words
		is "$request is refused" "$(dumpnl user $request | tail -n 1)" "end EPERM"
	done
	dumpnl user pause devices </tmp/go >/tmp/dump 2>&1 &
	dump=$!
	exec 4>/tmp/go
	ok "the refusal of a dump is read" wait_for 5 grep -q datagram /tmp/dump
	is "it holds the module no longer" "$(cat /sys/module/faultcast/refcnt)" 0
	exec 4>&-
	wait "$dump"
	is "nothing was injected" "$(number raised)" 1
	is "no setting was changed" "$(number rate)" 100
}
