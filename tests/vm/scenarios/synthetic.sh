# shellcheck shell=bash disable=SC2034
# Proves: an injected event takes the same path as a real one, is marked in every output, and moves
# no metric except its own counter. A caller who may not inject gets an error that says so.
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq setpriv build/san/faultcast_exporter:bin/faultcast_exporter
	build/san/faultcastctl:bin/faultcastctl"

device=0000:00:04.0
# A segment number of VMD, beyond 16 bits.
absent=10000:af:1e.5
# A device that is not on PCI.
named=platform/rogue.0

# The metrics that an injected event must not change. The exporter's own metrics and those of its
# outputs are left out, because outputs also carry injected events.
fault_metrics() {
	fetch /metrics | grep '^faultcast_' |
		grep -vE '^faultcast_(synthetic_events_total|delivery_seconds|stream_|output_|scrapes_)'
}

# injects FLAG...: injects twelve events at once. Prints how many were refused.
injects() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		{ faultcastctl inject "$@" 2>&1 || echo refused; } &
	done | grep -c refused
}

unprivileged() {
	# With its path, because busybox prefers its own applet.
	/bin/setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	raise_iommu_fault device=$device flags=1
	ok "one real fault" wait_for 5 metric_is 'faultcast_events_published_total{kind="io_page_fault"}' 1
	ok "the real fault makes the device suspect" wait_for 5 metric_is "faultcast_device_health{device=\"$device\"}" 1
	fault_metrics >/tmp/before

	ok "inject" faultcastctl inject --device $device --access read --iova 0x1234
	ok "inject for a device that is not there" faultcastctl inject --device $absent --access write
	ok "inject without a device" faultcastctl inject --access other
	ok "inject for a device with a name" faultcastctl inject --device $named --access write --iova 0x5000
	ok "inject an advanced error report" faultcastctl inject --device $device --kind aer \
		--severity corrected --status 0x41
	not_ok "no address" faultcastctl inject --device 0000:00:04
	not_ok "no name" faultcastctl inject --device platform/
	not_ok "no access" faultcastctl inject --access execute
	ok "the law holds" law_holds

	is "its own counter moved" "$(metric faultcast_synthetic_events_total)" 5
	fault_metrics >/tmp/after
	same "no other metric did" /tmp/after /tmp/before
	is "the device that only injected has no time of a fault" \
		"$(metric "faultcast_device_last_fault_timestamp_seconds{device=\"$absent\"}")" ""

	all_events >/tmp/table
	cat >/tmp/expected <<-END
		1 $device write 0x10000000 -
		2 $device read 0x1234 - synthetic
		3 $absent write 0 - synthetic
		4 unknown other 0 - synthetic
		5 $named write 0x5000 - synthetic
	END
	same "marked in the table" /tmp/table /tmp/expected
	fetch_events >/host/events.ndjson
	fetch /v1/events -H 'Accept: application/x-protobuf' >/host/events.pb
	faultcastctl --json tail --all --once >/host/tail.ndjson
	fetch /v1/devices >/host/devices

	ok "without privilege: status" unprivileged faultcastctl status
	ok "without privilege: devices" unprivileged faultcastctl devices
	is "without privilege inject is refused, and says why" \
		"$(unprivileged faultcastctl inject 2>&1; echo $?)" \
		"faultcastctl: no permission: this needs CAP_NET_ADMIN
1"
	is "the same with tail" "$(unprivileged faultcastctl tail --once 2>&1 >/dev/null)" \
		"faultcastctl: no permission: CAP_NET_ADMIN is needed"
	ok "the law still holds" law_holds
	is "nothing was injected by that" "$(metric faultcast_synthetic_events_total)" 5

	ok "a limit for a device with a name" faultcastctl config --device $named --rate 1 --burst 1
	is "the device has the limit, other devices have none" "$(faultcastctl --json devices |
		jq -c '[.devices[] | select(.limit) | [.address.name, .limit.rate, .limit.burst]]')" \
		"[[\"$named\",1,1]]"
	ok "the limit applies to injected events" test "$(injects --device $named)" -gt 0
	ok "no limit again" faultcastctl config --device $named --default
	is "without the limit all are published" "$(injects --device $named)" 0
	ok "the unknown device can have a limit" faultcastctl config --device unknown --rate 1 --burst 1
	ok "the limit applies to the unknown device" test "$(injects)" -gt 0
	ok "a limit for a device that faults" faultcastctl config --device $device --rate 1 --burst 1
	ok "the limit suppresses injected events" test "$(injects --device $device)" -gt 0
	raise_iommu_fault device=$device flags=1 base=0x20000000
	ok "the law holds to the end" law_holds
	is "a real fault is not suppressed by that, and does not report it" \
		"$(faultcastctl --json tail --all --once | jq -c "select(.event.ioPageFault.iova == \"$((0x20000000))\") |
		.event.suppressedBefore")" '"0"'
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

host() {
	jq -c '[.event.seq, .event.device.name, .event.synthetic // false]' events.ndjson >marks
	cat >expected <<-END
		["1","$device",false]
		["2","$device",true]
		["3","$absent",true]
		["4","unknown",true]
		["5","$named",true]
		["6","$device",true]
	END
	same "marked in the NDJSON stream" marks expected
	same "faultcastctl --json says the same" tail.ndjson events.ndjson
	decode_stream events.pb >decoded
	awk '$1 == "seq:" {n = $2} $1 == "synthetic:" {print n, $2}' decoded >marks
	printf '%s true\n' 2 3 4 5 6 >expected
	same "marked in the protobuf stream" marks expected
	is "which has all of them" "$(grep -c '^ *seq:' decoded)" 6
	is "the report with its severity and errors" \
		"$(jq -c 'select(.event.aer) | .event.aer | [.severity, .status, .errors]' events.ndjson)" \
		'["SEVERITY_CORRECTED",65,["RxErr","BadTLP"]]'
	jq -r '.devices[] | [.address.name, .raised, .synthetic // 0, .lastRealtimeNs != "0"] |
		join(" ")' devices | sort >counted
	cat >expected <<-END
		$device 3 2 true
		$absent 1 1 false
		$named 1 1 false
		unknown 1 1 false
	END
	same "devices count them apart" counted expected
}
