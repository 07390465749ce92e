# shellcheck shell=bash disable=SC2034
# Proves: on a machine with AMD's IOMMU, neither the IOMMU nor a host bridge is unwatched. The other
# devices are watched for a part of their faults: the probe iommu is active, and a lower bound. An
# access that AMD's flags do not tell is unknown, not a read.
VM_ONLY="amd64 AMD's IOMMU"
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
	like "the probe says that it is a lower bound" "$(faultcastctl status)" \
		"^iommu +active +lower bound +the IOMMU's driver passes on only some faults"
	raise_iommu_fault device=$device count=3 base=0x5000 flags=0
	raise_iommu_fault device=$device count=2 base=0x6000 flags=1
	is "a fault that the driver reports is counted, with an access only if it tells one" \
		"$(for access in read write unknown; do
			metric "faultcast_io_page_faults_total{device=\"$device\",access=\"$access\"}"
		done | xargs)" "0 2 3"
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
