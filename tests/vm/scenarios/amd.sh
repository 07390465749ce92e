# shellcheck shell=bash disable=SC2034
# Proves: on a machine with AMD's IOMMU, neither the IOMMU nor a host bridge is unwatched. The other
# devices are watched for a part of their faults.
VM_CPUS=1
VM_IOMMU="amd-iommu"
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0

# count KIND STATE: the devices in this state.
count() {
	fetch /metrics | awk -v begin="faultcast_device_coverage{kind=\"$1\",state=\"$2\"" \
		'index($1, begin) == 1 { n += $2 } END { print n + 0 }'
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "nothing is unwatched" \
		"$(fetch /metrics | awk '/^faultcast_devices_unwatched/ { n += $2 } END { print n }')" 0
	watched=$(metric 'faultcast_device_coverage{kind="io_page_fault",state="lower_bound",reason="driver_partial"}')
	ok "$watched devices are watched for a part" test "$watched" -ge 2
	is "these are all" "$(count io_page_fault lower_bound) $(count io_page_fault exact)" "$watched 0"
	is "a device has its zero" "$(metric "faultcast_io_page_faults_total{device=\"$device\",access=\"read\"}")" 0
	is "and is ok" "$(metric "faultcast_device_health{device=\"$device\"}")" 0
	raise_iommu_fault device=$device count=3 base=0x5000 flags=0
	is "a fault that the driver reports is counted" \
		"$(metric "faultcast_io_page_faults_total{device=\"$device\",access=\"read\"}")" 3
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
