# shellcheck shell=bash disable=SC2034
# Proves: a card that is added or removed, and changes of its link, are events of the port on a
# kernel with the tracepoints (7.0 and later). On other kernels both probes are unavailable and give
# the reason.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7"
# Uses the port's own hotplug instead of the firmware's, because its driver has the tracepoints.
VM_ARGS="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

port=0000:00:05.0
card=0000:01:00.0

# source NAME FIELD: a field of the probe in the module's status.
source_of() {
	faultcastctl --json status | jq -r ".module.probes[] | select(.name == \"$1\") | .$2"
}

# link_events EVENT: the value of the metric.
link_events() {
	metric "faultcast_link_events_total{device=\"$port\",event=\"$1\"}"
}

# expect_source NAME TRACEPOINT: active if the kernel has it, otherwise unavailable with the reason.
expect_source() {
	if grep -q " __tracepoint_$2\$" /proc/kallsyms; then
		is "$1 is active" "$(source_of "$1" state)" PROBE_STATE_ACTIVE
		return
	fi
	is "$1 is unavailable" "$(source_of "$1" state)" PROBE_STATE_UNAVAILABLE
	is "$1 says why" "$(source_of "$1" reason)" "this kernel has no tracepoint pci:$2"
	is "$1 is down as a metric" "$(metric "faultcast_probe_up{probe=\"$1\"}")" 0
	return 1
}

# has_event JQ: for use with wait_for.
has_event() {
	faultcastctl --json tail --all --once | jq -e -s "map(.event) | any($1)"
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	show_probes
	sources=0
	expect_source hotplug pci_hp_event && sources=$((sources + 1))
	expect_source link pcie_link_event && sources=$((sources + 1))
	if [ $sources -eq 2 ]; then
		plug
	fi
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

plug() {
	ok "a card is plugged in" qmp \
		'{"execute":"device_add","arguments":{"driver":"e1000e","id":"card","bus":"rp0"}}'
	ok "it is found" wait_for 15 test -e /sys/bus/pci/devices/$card
	ok "the port has an event" wait_for 5 has_event \
		".device.name == \"$port\" and .hotplug.event == \"SLOT_EVENT_CARD_PRESENT\""
	ok "the port's link has an event" wait_for 5 has_event ".kind == \"KIND_LINK\" and .device.name == \"$port\""
	ok "the card is asked to be removed" qmp '{"execute":"device_del","arguments":{"id":"card"}}'
	ok "the card is gone" wait_for 20 test ! -e /sys/bus/pci/devices/$card
	faultcastctl tail --all --once
	fetch /metrics | grep link_events
	ok "the events are counted" test "$(link_events card_present)" -ge 1
	ok "the link's events are counted" test "$(link_events link_changed)" -ge 1
	ok "the law holds" law_holds
}
