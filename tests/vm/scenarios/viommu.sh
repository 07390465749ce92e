# shellcheck shell=bash disable=SC2034
# Proves: behind an IOMMU whose driver reports no faults, no device has a zero count of DMA faults or
# health 0, and the devices are unwatched with the reason. A device that no driver has attached yet
# says so; Linux 7.3 has no such device. Debian's 6.1 has no driver for virtio-iommu.
VM_ONLY="amd64 its driver is tested with a machine without another IOMMU"
VM_CPUS=1
VM_IOMMU="virtio-iommu-pci,addr=0x3"
VM_DEVICES="i82559er,addr=0x4"
VM_MODULES="e100"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0

unwatched_is() {
	metric_is "faultcast_devices_unwatched{reason=\"$1\"}" "$2"
}

# claims DEVICE: its series with value 0 that say that it has had no faults.
claims() {
	fetch /metrics | grep -E "^faultcast_(io_page_faults_total|device_health)\{device=\"$1\".*\} 0\$"
}

# Newer kernels attach every device that the firmware puts behind the IOMMU.
attached_by_kernel() {
	is "no device waits for a driver" "$waiting" 0
	ok "$silent devices are behind an IOMMU that reports no faults" test "$silent" -ge 1
}

# Older kernels attach a device only when a driver is bound to it.
attached_by_driver() {
	ok "$waiting devices without a driver may yet be attached" test "$waiting" -ge 1
	ok "a driver attaches it" modprobe e100
	ok "it has a group" wait_for 20 test -e /sys/bus/pci/devices/$device/iommu_group
	echo $device >/sys/bus/pci/devices/$device/driver/unbind
	ok "then its IOMMU reports no faults" wait_for 20 unwatched_is no_tracepoint $((silent + 1))
	is "and it waits no longer" "$(metric 'faultcast_devices_unwatched{reason="not_attached"}')" $((waiting - 1))
}

guest() {
	ok "the module loads" load_faultcast rate=0
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	waiting=$(metric 'faultcast_devices_unwatched{reason="not_attached"}')
	silent=$(metric 'faultcast_devices_unwatched{reason="no_tracepoint"}')
	is "no zero counts of such a device, and no health" "$(claims $device)" ""
	if [ -e /sys/bus/pci/devices/$device/iommu_group ]; then
		attached_by_kernel
	else
		attached_by_driver
	fi
	is "the IOMMU's own function does not count" "$(metric 'faultcast_devices_unwatched{reason="no_iommu"}')" 0
	is "the probe for the tracepoint is not active" "$(metric 'faultcast_probe_up{probe="iommu"}')" 0
	diag "$(faultcastctl status | grep '^iommu')"

	rogue read $device count=12 base=0x10000000 gap_us=20000
	ok "the IOMMU refuses its DMA" wait_for 10 sh -c "dmesg | grep -q 'page fault from EP 32'"
	is "no zero counts, and no health" "$(claims $device)" ""
	is "all devices behind it are unwatched" "$(fetch /metrics |
		awk '/^faultcast_device_coverage.kind="io_page_fault",state="(exact|lower_bound)"/ { n += $2 } END { print n }')" 0
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
