# shellcheck shell=bash disable=SC2034,SC2154
# Proves: when a card is replaced by another model in the same slot, their faults are kept apart.
# Each event names the card that faulted, the new card is a new generation, and the metrics follow.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0,id=first,mac=52:54:00:12:34:56"
# Uses the port's own hotplug instead of the firmware's.
VM_ARGS="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
VM_MODULES="e1000e nvme"
VM_FILES="jq curl build/san/faultcast_exporter:bin/faultcast_exporter"

card=0000:01:00.0

fault() {
	raise_iommu_fault device=$card count=1 base=0x1000 >/dev/null
}

# seen_as N: the Nth event's vendor, device, driver, and whether it has a serial number.
seen_as() {
	faultcastctl --json tail --all --once | jq -r "select(.event.ioPageFault) | .event.identity |
		\"\(.vendorId) \(.deviceId) \(.driver) \(.serial != null)\"" | sed -n "$1p"
}

generation() {
	faultcastctl --json devices | jq ".devices[] | select(.address.name == \"$card\") | .identity.generation"
}

has_serial() {
	[ "$(seen_as 1)" = "32902 4307 e1000e true" ]
}

slot_is_empty() {
	[ ! -e /sys/bus/pci/devices/$card ] && [ "$(cat /sys/bus/pci/slots/7/adapter)" = 0 ]
}

bound_to() {
	[ -e "/sys/bus/pci/drivers/$1/$card" ]
}

guest() {
	modprobe e1000e
	modprobe nvme
	ok "the first card has its driver" wait_for 10 bound_to e1000e
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	fault
	ok "the serial number is read" wait_for 30 has_serial
	before=$(generation)
	ok "the card is pulled" qmp '{"execute":"device_del","arguments":{"id":"first"}}'
	ok "its slot is empty" wait_for 30 slot_is_empty
	is "its event still names it" "$(seen_as 1)" "32902 4307 e1000e true"
	is "its series stay" "$(metric "faultcast_io_page_faults_total{device=\"$card\",access=\"read\"}")" 1
	ok "another model is put there" qmp \
		'{"execute":"device_add","arguments":{"driver":"nvme","id":"second","bus":"rp0","serial":"x"}}'
	ok "and gets its driver" wait_for 30 bound_to nvme
	fault
	is "its event names it" "$(seen_as 2)" "6966 16 nvme false"
	is "the first event still names the first card" "$(seen_as 1)" "32902 4307 e1000e true"
	ok "it is a new generation" test "$(generation)" -gt "$before"
	is "the counters go on" "$(metric "faultcast_io_page_faults_total{device=\"$card\",access=\"read\"}")" 2
	is "one device, one set of series" \
		"$(fetch /metrics | grep -c "^faultcast_io_page_faults_total{device=\"$card\"")" 2
	faultcastctl devices
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
