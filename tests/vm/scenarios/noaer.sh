# shellcheck shell=bash disable=SC2034
# Proves: where the kernel does not own AER, no device has a zero count of AER events, although sysfs
# has the files of AER. A device with AER has no health 0 then; one without AER has.
VM_CPUS=1
VM_APPEND="pci=noaer"
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0 i82559er,addr=0x4"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

card=0000:01:00.0
plain=0000:00:04.0

claims() {
	fetch /metrics | grep -E "^faultcast_(io_page_faults_total|aer_events_total|device_health)\{device=\"$1\".*\} 0\$" |
		sed 's/^faultcast_\([a-z]*_[a-z]*\).*/\1/' | sort -u | xargs
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	ok "sysfs has counts of the card" test -e /sys/bus/pci/devices/$card/aer_dev_correctable
	is "the card has no zero of AER, and no health" "$(claims $card)" "io_page"
	is "a device without AER is watched" "$(claims $plain)" "device_health io_page"
	is "the card and the port are counted with the reason" \
		"$(metric 'faultcast_device_coverage{kind="aer",state="unwatched",reason="not_native"}')" 2
	is "no device is watched for AER" "$(fetch /metrics |
		awk '/^faultcast_device_coverage.kind="aer",state="(exact|lower_bound)"/ { n += $2 } END { print n }')" 0
	is "the probe is not active" "$(metric 'faultcast_probe_up{probe="aer"}')" 0
	diag "$(faultcastctl status | grep '^aer')"
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
