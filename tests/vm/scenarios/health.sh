# shellcheck shell=bash disable=SC2034,SC2154
# Proves: real faults make a device suspect and then faulty, in /metrics, /v1/devices and the
# stream. Faults that storm control suppresses count too, and injected ones do not. The state
# survives a kill of the exporter and a reload of the module.
VM_ONLY="amd64 one DMA is one fault there"
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0
other=0000:00:05.0

# is_health DEVICE N: for use with wait_for.
is_health() {
	metric_is "faultcast_device_health{device=\"$1\"}" "$2"
}

# changes: the health changes in the stream, one on each line.
changes() {
	fetch /v1/events | jq -r 'select(.health).health |
		[.device.name, .from, .to, .rule] | join(" ")' | sed 's/HEALTH_//g'
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	ok "a device of which nothing is known is ok" wait_for 5 is_health $device 0
	series=$(fetch /metrics | grep -c "device=\"$device\"")
	ok "a quiet device has $series series, not more than 8" test "$series" -le 8

	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		faultcastctl inject --device $device --access read
		faultcastctl inject --device $device --kind aer --severity fatal
	done
	sleep 2
	is "injected faults change nothing" "$(metric "faultcast_device_health{device=\"$device\"}") $(changes)" "0 "

	rogue read $device
	ok "a fault makes it suspect" wait_for 5 is_health $device 1
	rogue mixed $device count=20 gap_us=20000
	ok "more faults make it faulty" wait_for 5 is_health $device 2
	is "another device is ok" "$(metric "faultcast_device_health{device=\"$other\"}")" 0

	ok "the other device gets a low limit" faultcastctl config --device $other --rate 1 --burst 1
	raise_iommu_fault device=$other flags=1 count=100
	ok "its suppressed faults count for its health" wait_for 5 is_health $other 2
	is "/v1/devices says the same" "$(fetch /v1/devices | jq -r '.devices[] | select(.raised != "0") |
		.address.name + " " + .health' | sort)" "$device HEALTH_FAULTY
$other HEALTH_FAULTY"
	changes >/tmp/changes
	grep $device /tmp/changes >/tmp/changes.of_device
	cat >/tmp/expected <<-END
		$device OK SUSPECT io_page_fault_seen
		$device SUSPECT FAULTY io_page_fault_repeated
	END
	same "the stream has both changes" /tmp/changes.of_device /tmp/expected
	is "the stream has the other device's changes" "$(grep $other /tmp/changes | tail -n 1 | cut -d ' ' -f 3-)" \
		"FAULTY io_page_fault_repeated"
	is "all transitions are counted" "$(metric 'faultcast_health_transitions_total{to="faulty"}')" 2
	ok "the law holds" law_holds

	kill -9 "$exporter"
	wait "$exporter"
	start_exporter
	ok "an exporter that was killed is ready again" wait_for 10 exporter_ready
	ok "it has the first device's state" wait_for 5 is_health $device 2
	is "it has the other device's state" "$(metric "faultcast_device_health{device=\"$other\"}")" 2
	changes | sort >/tmp/changes
	cat >/tmp/expected <<-END
		$device UNSPECIFIED FAULTY io_page_fault_repeated
		$other UNSPECIFIED FAULTY io_page_fault_repeated
	END
	same "the stream has their states, not new transitions" /tmp/changes /tmp/expected
	is "nothing has changed" "$(metric 'faultcast_health_transitions_total{to="faulty"}')" 0

	ok "the module goes" unload_faultcast
	ok "without the module no device is judged" wait_for 5 is_health $device ""
	ok "the module loads again" load_faultcast
	ok "the device has its state again" wait_for 5 is_health $device 2
	is "the other device has its state again" "$(metric "faultcast_device_health{device=\"$other\"}")" 2
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
