# shellcheck shell=bash disable=SC2034,SC2154
# Proves: changes of the netlink interface are additive only. The exporter, faultcastctl and the
# module of the uAPI's first version work with the present ones, in both directions. Unknown
# attributes are skipped and counted, and nothing is lost.
VM_ONLY="amd64 one DMA is one fault there"
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0 i82559er,addr=0x4"
VM_MODULES="aer_inject"
VM_FILES="curl jq"

rogue=0000:00:04.0
card=0000:01:00.0

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1"
}

# head_is N: for use with wait_for.
head_is() {
	number head
	[ "$(number head)" = "$1" ]
}

# streamed N: /v1/events has N events and gaps; for use with wait_for.
streamed() {
	fetch_events | wc -l
	[ "$(fetch_events | wc -l)" -eq "$1" ]
}

# load MODULE ABI: loads it with 512 devices, which both versions support.
load() {
	clear_log
	insmod "$1" devices=512 || return
	! dmesg | grep "faultcast: unknown parameter"
}

# faults: raises 5 reads, 3 writes and 2 synthetic faults.
faults() {
	rogue read $rogue count=5 gap_us=20000 && rogue write $rogue count=3 base=0x20000000 gap_us=20000 &&
		faultcastctl inject --device $rogue && faultcastctl inject
}

unknown() {
	metric 'faultcast_source_unknown_total{source="netlink"}'
}

# error_report NAME: an error that the programs do not know. Reading counts too, always by the same
# number.
error_report() {
	first=$(unknown)
	before=$(unknown)
	ok "$1: an error report" aer 1 0 0 0 0x40
	ok "$1: the error report reaches the stream" wait_for 5 streamed 11
	after=$(unknown)
	diag "$1: $first, $before, then $after unknown"
	ok "$1: the report is counted as unknown" test $((after - before)) -gt $((before - first))
}

# revision: the revision of the running exporter.
revision() {
	fetch /metrics | sed -n 's/^faultcast_build_info{.*revision="\([^"]*\)".*/\1/p'
}

# works NAME AER: checks the programs in PATH with the loaded module, which reports AER errors. The
# stream begins with events from before the exporter, and continues by multicast.
works() {
	ok "$1: faults before the exporter" faults
	start_exporter
	ok "$1: the exporter is ready" wait_for 10 exporter_ready
	ok "$1: earlier events are streamed" wait_for 5 streamed 10
	timeout 30 faultcastctl --json tail --count $((10 + $2)) >/tmp/tail &
	tail=$!
	sleep 1
	[ "$2" = 0 ] || error_report "$1"
	ok "$1: faults while it listens" faults
	total=$((20 + $2))
	ok "$1: the later faults are published" wait_for 5 head_is $total
	ok "$1: all events are streamed" wait_for 5 streamed $total
	fetch_events >/tmp/stream
	is "$1: each event once, in order" "$(jq -r .event.seq /tmp/stream | tr '\n' ' ')" "$(seq -s ' ' 1 $total) "
	is "$1: no gap" "$(grep -c '"gap"' /tmp/stream)" 0
	is "$1: reads, writes and synthetic events are all there" "$(for access in READ WRITE; do
		grep -v '"synthetic":true' /tmp/stream | grep -c "ACCESS_$access"
	done) $(grep -c '"synthetic":true' /tmp/stream)" "10
6 4"
	wait $tail
	is "$1: faultcastctl tail ended well" $? 0
	is "$1: faultcastctl tail has the later events" "$(jq -r .event.seq /tmp/tail | tr '\n' ' ')" "$(seq -s ' ' 11 $total) "
	faultcastctl --json tail --all --once >/tmp/tail
	same "$1: faultcastctl tail --all has the exporter's events" /tmp/tail /tmp/stream
	ok "$1: events in a table" faultcastctl tail --all --once
	ok "$1: devices in a table" faultcastctl devices
	ok "$1: status in a table" faultcastctl status
	for access in read=10 write=6; do
		is "$1: ${access%=*}s are counted" "$(metric \
			"faultcast_io_page_faults_total{device=\"$rogue\",access=\"${access%=*}\"}")" "${access#*=}"
	done
	is "$1: synthetic events are counted" "$(metric faultcast_synthetic_events_total)" 4
	is "$1: the module's total is right" "$(metric 'faultcast_events_published_total{kind="io_page_fault"}')" 16
	is "$1: nothing was fetched again" "$(metric 'faultcast_source_refetches_total{source="netlink"}')" 0
	is "$1: nothing is malformed" "$(grep -c malformed /host/exporter.log)" 0
	ok "$1: the law holds" law_holds
}

new_module_old_programs() {
	ok "our module loads" load /lib/faultcast.ko
	PATH=/previous:$PATH
	works "our module, previous programs" 1
	is "the exporter was the previous one" "$(revision)" "$(cat /previous/commit)"
	PATH=${PATH#*:}
	is "their stream names the kind it does not know" "$(grep -c '"kind":"KIND_AER"' /tmp/stream)" 1
	is "the module has counted it" "$(faultcastctl --json devices | jq -r \
		".devices[] | select(.address.name == \"$card\").raised")" 1
	ok "the previous exporter ends cleanly" stop_exporter
	ok "our module unloads" unload_faultcast
}

old_module_new_programs() {
	if ! grep -q "vermagic=$(uname -r) " /previous/faultcast.ko; then
		skip "the previous module with our programs" "it is not built for Linux $(uname -r)"
		return
	fi
	ok "the previous module loads" load /previous/faultcast.ko
	works "previous module, our programs" 0
	is "the module was the previous one" "$(number abi)" 1
	not_ok "the exporter was ours" test "$(revision)" = "$(cat /previous/commit)"
	is "nothing is unknown" "$(unknown)" 0
	like "faultcastctl status says that it is older" "$(faultcastctl status)" \
		'^skew  *module .* has ABI 1, older than '
	is "the exporter reports that it is older" "$(metric 'faultcast_module_abi_skew{module="older"}')" 1
	is "faultcastctl config gets one clear error" "$(faultcastctl config --rate 5 2>&1; echo $?)" \
		"faultcastctl: the kernel module that is loaded is too old for this
1"
	ok "our exporter ends cleanly" stop_exporter
	ok "the previous module unloads" unload_faultcast
}

guest() {
	if [ -e /previous/reason ]; then
		skip "version skew" "$(cat /previous/reason)"
		return
	fi
	ok "the previous version was built (make previous)" test -e /previous/faultcastctl || return
	ok "aer_inject is there" modprobe aer_inject
	is "ours is not the previous one" "$(cmp -s /bin/faultcastctl /previous/faultcastctl; echo $?)" 1
	new_module_old_programs
	old_module_new_programs
}
