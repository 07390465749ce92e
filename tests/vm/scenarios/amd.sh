# shellcheck shell=bash disable=SC2034
# Proves: on a machine with AMD's IOMMU, neither the IOMMU nor a host bridge is unwatched. The other
# devices are watched exactly, by the probe amd, and a fault that the driver reports as well is not
# counted twice. Where that probe cannot attach, the probe iommu is a lower bound. It says what it
# does not see, and an access that AMD's flags do not tell is unknown, not a read.
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

# reported: the DMA faults of the device by access, after the driver has reported five.
reported() {
	raise_iommu_fault device=$device count=3 base=0x5000 flags=0 >/dev/null
	raise_iommu_fault device=$device count=2 base=0x6000 flags=1 >/dev/null
	for access in read write unknown; do
		metric "faultcast_io_page_faults_total{device=\"$device\",access=\"$access\"}" | grep . || echo -
	done | xargs
}

guest() {
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "nothing is unwatched" \
		"$(fetch /metrics | awk '/^faultcast_devices_unwatched/ { n += $2 } END { print n }')" 0
	watched=$(count io_page_fault exact)
	ok "$watched devices are watched exactly" test "$watched" -ge 2
	is "these are all" "$(count io_page_fault lower_bound)" 0
	is "a device has its zero" "$(metric "faultcast_io_page_faults_total{device=\"$device\",access=\"read\"}")" 0
	is "and is ok" "$(metric "faultcast_device_health{device=\"$device\"}")" 0
	faultcastctl status
	like "the probe amd is exact" "$(faultcastctl status)" "^amd +active +exact"
	like "the probe iommu leaves AMD's faults to it" "$(faultcastctl status)" \
		"^iommu +unavailable .*the probe amd sees the faults of AMD's IOMMU"
	like "the IOMMU has the name that the kernel gives it" \
		"$(faultcastctl --json status | jq -c .module)" '"ivhd0"'
	is "a fault that only the driver has is not the IOMMU's" "$(reported)" "0 0 -"
	ok "the module unloads" unload_faultcast
	without_ftrace
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads again" unload_faultcast
}

without_ftrace() {
	ok "ftrace is switched off" sysctl -w kernel.ftrace_enabled=0
	ok "the module loads without ftrace" load_faultcast
	ok "the exporter finds it" wait_for 10 is_lower_bound
	faultcastctl status
	like "the probe amd says why it is not there" "$(faultcastctl status)" \
		"^amd +failed .*kernel.ftrace_enabled is 0"
	like "the probe iommu says what it does not see" "$(faultcastctl status)" \
		"^iommu +active +lower bound +AMD's driver passes on only DMA faults of devices that have a domain"
	is "all devices are watched for a part" "$(count io_page_fault lower_bound) $(count io_page_fault exact)" \
		"$watched 0"
	is "a fault that the driver reports is counted, with an access only if it tells one" \
		"$(reported)" "0 2 3"
}

is_lower_bound() {
	[ "$(metric 'faultcast_device_coverage{kind="io_page_fault",state="lower_bound",reason="driver_partial"}')" = "$watched" ]
}
