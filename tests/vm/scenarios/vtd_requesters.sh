# shellcheck shell=bash disable=SC2034,SC2154
# Proves: a VT-d fault counts under the requester id that the hardware recorded, also if no device
# has that id, as with a bridge's alias for devices behind it. Interrupt-remapping faults are a
# separate kind.
VM_ONLY="amd64 VT-d"
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4 pcie-pci-bridge,id=bridge,addr=0x6 i82559er,bus=bridge,addr=0x3"
VM_NEW_QEMU=1
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0
behind=0000:01:03.0
alias=0000:01:00.0

# A DMA write to 0xfeexxxxx is an interrupt message. Nobody has set up the handle in this one (VT-d
# spec, section 5.1.5.2). QEMU records its requester as ff:1f.7.
bad_interrupts() {
	rogue write $device count=3 base=0xfee80010 step=0x1000 gap_us=20000
}

guest() {
	ok "the module loads" load_faultcast rate=0
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	ok "there is no device at the alias" test ! -e /sys/bus/pci/devices/$alias
	ok "a device behind a bridge faults" rogue read $behind count=5 base=0x10000000 gap_us=20000
	ok "a device without a bridge faults" rogue write $device count=5 base=0x10000000 gap_us=20000
	ok "interrupts nobody asked for" bad_interrupts
	ok "the law holds" law_holds
	all_events | cut -d ' ' -f 2- >/host/events
	is "a fault behind the bridge is its alias's" \
		"$(metric "faultcast_io_page_faults_total{device=\"$alias\",access=\"read\"}")" 5
	is "the device itself has no series, since its faults count under the alias" \
		"$(metric "faultcast_io_page_faults_total{device=\"$behind\",access=\"read\"}")" ""
	is "the alias has no identity" "$(faultcastctl --json tail --all --once | jq -c -s \
		"map(.event | select(.device.name == \"$alias\") | [.generation, .identity]) | unique")" '[[0,null]]'
	is "the device without a bridge has its identity" "$(faultcastctl --json tail --all --once | jq -s \
		"map(.event | select(.device.name == \"$device\") | .identity.deviceId) | unique[]")" 4617
	metric 'faultcast_events_raised_total{kind="io_page_fault"}' >/host/io_page_faults
	metric 'faultcast_events_raised_total{kind="interrupt_remapping"}' >/host/interrupts
	faultcastctl tail --all --once
	faultcastctl devices
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

host() {
	hardware_faults >expected
	same "events are QEMU's trace, in order" events expected
	is "DMA faults are DMA faults" "$(cat io_page_faults)" "$(grep -cv interrupt expected)"
	if grep -q interrupt expected; then
		is "interrupt faults are no DMA faults" "$(cat interrupts)" "$(grep -c interrupt expected)"
	else
		skip "interrupt-remapping faults" "this QEMU records none"
	fi
}
