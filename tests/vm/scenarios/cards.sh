# shellcheck shell=bash disable=SC2034,SC2154
# Proves: a card behind a PCIe-to-PCI bridge faults under the id of the bridge's bus. The module
# reports this id. Metrics lead from the id to card, bridge and physical slot. The card has no zero of
# its own, is never called ok, and says under which id it is watched. QEMU has no VMD, and no device with phantom functions: see selftest/cards.c for those.
VM_ONLY="amd64 an SMMU names the card behind a bridge, not the bridge's id"
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 pcie-pci-bridge,id=bridge,bus=rp0 i82559er,bus=bridge,addr=0x2"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter build/san/faultcastctl:bin/faultcastctl"

bridge=0000:01:00.0
card=0000:02:02.0
id=0000:02:00.0

# label DEVICE LABEL: the value of this label in its device_info.
label() {
	fetch /metrics | grep "^faultcast_device_info{device=\"$1\"" | sed "s/.*[{,]$2=\"\([^\"]*\)\".*/\1/"
}

# slot_of DEVICE: the name of its physical slot in sysfs.
slot_of() {
	grep -l "^${1%.*}$" /sys/bus/pci/slots/*/address | cut -d/ -f6
}

# coverage DEVICE: the state of its DMA faults, and its other requester ids.
coverage() {
	fetch "/v1/devices?coverage=1" | jq -r --arg device "$1" '.devices[] | select(.address.name == $device) |
		(.coverage[0].state | ltrimstr("COVERAGE_STATE_")) + " " + ([.requesters[]?.name] | join(" "))'
}

health_is() {
	[ "$(metric "faultcast_device_health{device=\"$1\"}")" = "$2" ]
}

guest() {
	ok "the module loads" load_faultcast rate=0
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	# The firmware may have a slot for the card itself.
	slot=$(slot_of $card)
	slot=${slot:-$(slot_of $bridge)}
	like "the card or its bridge is in a slot" "$slot" .
	is "the card has the nearest slot" "$(label $card slot)" "$slot"
	is "the card's requester id is no device" "$(ls /sys/bus/pci/devices/$id 2>/dev/null)" ""
	is "the card is watched under that id, its bridge under its own" \
		"$(coverage $card) $(coverage $bridge)" "BY_REQUESTER $id EXACT "
	is "the metric counts it" "$(metric 'faultcast_device_coverage{kind="io_page_fault",state="by_requester",reason="none"}')" 1
	ok "the bridge is ok" wait_for 10 health_is $bridge 0
	is "the card has no health, and no zero of DMA faults" \
		"$(metric "faultcast_device_health{device=\"$card\"}")$(fetch /metrics | grep "^faultcast_io_page_faults_total{device=\"$card\"")" ""
	like "faultcastctl devices --all shows the id" "$(faultcastctl devices --all | grep "^$card")" "by requester .* $id *\$"
	ok "the card does bad DMA" rogue read $card count=12 base=0x10000000 gap_us=20000
	ok "its requester id becomes faulty" wait_for 30 health_is $id 2
	ok "the card is suspect" health_is $card 1
	is "all faults are the id's" "$(metric "faultcast_io_page_faults_total{device=\"$id\",access=\"read\"}")" 12
	like "the id leads to the card, the bridge and the slot" "$(fetch /metrics | grep ^faultcast_requester_info)" \
		"device=\"$id\",card=\"$card\",bridge=\"$bridge\",slot=\"$slot\",.* 1\$"
	is "the id has the card's slot" "$(label $id slot)" "$slot"
	is "the id has the card's class" "$(label $id class)" 0x020000
	is "/v1/devices names the card" \
		"$(fetch /v1/devices | jq -c ".devices[] | select(.address.name == \"$id\") | [.cards[].name]")" "[\"$card\"]"
	like "faultcastctl devices names the card" "$(faultcastctl devices | grep "^$id")" "for $card\$"
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
