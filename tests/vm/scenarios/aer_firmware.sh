# shellcheck shell=bash disable=SC2034
# Proves: PCIe errors that firmware reports (ACPI GHES) are AER events with device, severity and
# status, and count as a lower bound where the kernel has left AER to the firmware. The kernel's own
# GHES driver reads the reports. port_raise.ko takes the place of the firmware.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_ONLY="amd64 QEMU takes no further ACPI table elsewhere"
VM_HEST=1
# The memory of the firmware, and no AER driver.
VM_APPEND="memmap=64K\$0x10000000 pci=noaer"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

port=0000:00:05.0
card=0000:01:00.0

# report DEVICE SEVERITY UNCORRECTABLE CORRECTABLE
report() {
	echo "$*" >/sys/kernel/debug/port_raise/firmware
}

# events: the AER events, one on each line: DEVICE SEVERITY STATUS ERRORS
events() {
	faultcastctl --json tail --all --once | jq -r '.event | select(.kind == "KIND_AER") |
		"\(.device.name) \(.aer.severity | ltrimstr("SEVERITY_")) \(.aer.status) \(.aer.errors // [] | join(","))"'
}

# has_events N: for use with wait_for.
has_events() {
	[ "$(events | wc -l)" -ge "$1" ]
}

guest() {
	if [ ! -e /sys/bus/platform/drivers/GHES ]; then
		skip "errors that firmware reports" "this kernel has no driver for GHES"
		return
	fi
	ok "the stand-in loads" insmod /lib/port_raise.ko
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "the probe is active, and a lower bound" "$(faultcastctl --json status | jq -c '.module.probes[] |
		select(.name == "aer") | [.state, .exact // false, .reason]')" \
		'["PROBE_STATE_ACTIVE",false,"only firmware reports errors (GHES), as it chooses"]'
	is "the card is watched, as a lower bound" \
		"$(metric 'faultcast_device_coverage{kind="aer",state="lower_bound",reason="firmware_first"}')" 2
	ok "a corrected error of the card" report $card 2 0 0x40
	ok "a corrected error of the port" report $port 2 0 0x1001
	ok "a nonfatal error of the card" report $card 0 0x4000 0
	ok "a fatal error of the card" report $card 1 0x40000 0
	ok "they are events" wait_for 10 has_events 4
	is "each as firmware has reported it" "$(events)" "$card CORRECTED 64 BadTLP
$port CORRECTED 4097 RxErr,Timeout
$card NONFATAL 16384 CmpltTO
$card FATAL 262144 MalfTLP"
	ok "the law holds" law_holds
	is "fatal errors are counted" \
		"$(metric "faultcast_aer_events_total{device=\"$card\",severity=\"fatal\"}")" 1
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
	ok "the stand-in unloads" rmmod port_raise
}
