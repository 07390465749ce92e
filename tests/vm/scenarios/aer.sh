# shellcheck shell=bash disable=SC2034
# Proves: PCIe advanced error reports of the kernel's own AER driver are counted by severity and by
# error. They are published with device, status and TLP header.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_MODULES="aer_inject"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

port=0000:00:05.0
card=0000:01:00.0

# aer_event N: the Nth AER event as "DEVICE SEVERITY STATUS ERRORS TLP".
aer_event() {
	faultcastctl --json tail --all --once | jq -r 'select(.event.kind == "KIND_AER") | .event |
		"\(.device.name) \(.aer.severity) \(.aer.status) \(.aer.errors // [] | join(",")) \(
		.aer.tlpHeader.dwords // [] | join(","))"' | sed -n "$1p"
}

# bus_of_first: the type of the bus in the first AER event.
bus_of_first() {
	faultcastctl --json tail --all --once |
		jq -r 'select(.event.kind == "KIND_AER") | .event.aer.bus' | head -n 1
}

guest() {
	ok "aer_inject is there" modprobe aer_inject
	ok "the module loads" load_faultcast
	show_probes
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "a device with AER has its zero series" \
		"$(metric "faultcast_aer_events_total{device=\"$card\",severity=\"fatal\"}")" 0
	is "a device without AER has none" \
		"$(metric 'faultcast_aer_events_total{device="0000:00:00.0",severity="fatal"}')" ""

	is "the probe is active" "$(faultcastctl --json status |
		jq -c '.module.probes[] | select(.name == "aer") | [.state, .exact]')" '["PROBE_STATE_ACTIVE",true]'

	ok "a correctable error of the card" aer 1 0 0 0 0x40
	is "the error is an event" "$(wait_for 5 aer_event_there 1 && aer_event 1)" "$card SEVERITY_CORRECTED 64 BadTLP "
	if grep -q bus_type /sys/kernel/tracing/events/ras/aer_event/format; then
		is "the event tells the bus" "$(bus_of_first)" BUS_PCIE
	else
		is "the kernel does not tell the bus, nor does the event" "$(bus_of_first)" BUS_UNSPECIFIED
	fi
	ok "two errors of the card at once" aer 1 0 0 0 0x1001
	is "they are one event" "$(wait_for 5 aer_event_there 2 && aer_event 2)" \
		"$card SEVERITY_CORRECTED 4097 RxErr,Timeout "
	ok "an error of the port itself" aer 0 5 0 0 0x80
	is "the event names the port" "$(wait_for 5 aer_event_there 3 && aer_event 3)" "$port SEVERITY_CORRECTED 128 BadDLLP "
	ok "a nonfatal one with a TLP" aer 1 0 0 0x1000 0
	is "the event has the TLP header" "$(wait_for 5 aer_event_there 4 && aer_event 4)" \
		"$card SEVERITY_NONFATAL 4096 TLP 1241513985,16909060,84281096,151653132"
	ok "two nonfatal ones at once, of the port" aer 0 5 0 0x5000 0
	is "they are one event with both errors" "$(wait_for 5 aer_event_there 5 && aer_event 5)" \
		"$port SEVERITY_NONFATAL 20480 TLP,CmpltTO 1241513985,16909060,84281096,151653132"
	# aer_inject adds this to the status that the port still has.
	ok "a fatal one of the port" aer 0 5 0 0x45000 0
	is "the event has its status" "$(wait_for 5 aer_event_there 6 && aer_event 6)" \
		"$port SEVERITY_FATAL 282624 TLP,CmpltTO,MalfTLP 1241513985,16909060,84281096,151653132"
	# The kernel does not read the registers of a card behind a broken link.
	ok "a fatal one of the card" aer 1 0 0 0x40000 0
	is "the event has no status" "$(wait_for 10 aer_event_there 7 && aer_event 7)" "$card SEVERITY_FATAL 0  "

	sleep 1
	is "fatal ones are counted" \
		"$(metric "faultcast_aer_events_total{device=\"$card\",severity=\"fatal\"}")" 1
	is "a fatal event without a status is counted too" \
		"$(metric "faultcast_aer_errors_total{device=\"$card\",severity=\"fatal\",error=\"none\"}")" 1
	is "two in one event are two errors" \
		"$(metric "faultcast_aer_errors_total{device=\"$port\",severity=\"nonfatal\",error=\"CmpltTO\"}")" 1
	is "they count as one event" \
		"$(metric "faultcast_aer_events_total{device=\"$port\",severity=\"nonfatal\"}")" 1
	is "corrected ones are counted" \
		"$(metric "faultcast_aer_events_total{device=\"$card\",severity=\"corrected\"}")" 2
	is "nonfatal ones are counted" \
		"$(metric "faultcast_aer_events_total{device=\"$card\",severity=\"nonfatal\"}")" 1
	is "the port's events are counted" \
		"$(metric "faultcast_aer_events_total{device=\"$port\",severity=\"corrected\"}")" 1
	is "each error by its name" \
		"$(metric "faultcast_aer_errors_total{device=\"$card\",severity=\"corrected\",error=\"Timeout\"}")" 1
	is "the sum of all errors is right" "$(metric 'faultcast_events_raised_total{kind="aer"}')" 7
	is "no I/O page fault was counted" "$(metric 'faultcast_events_raised_total{kind="io_page_fault"}')" 0
	faultcastctl tail --all --once
	faultcastctl devices
	fetch /metrics | grep -E 'aer|link'
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

# aer_event_there N: for use with wait_for.
aer_event_there() {
	[ -n "$(aer_event "$1")" ]
}
