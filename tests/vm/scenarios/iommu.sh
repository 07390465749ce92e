# shellcheck shell=bash disable=SC2034
# Proves: faults that an IOMMU driver reports by report_iommu_fault() in a hard interrupt are
# counted. They are published with device, access and address, also without a device. The part of a
# burst that exceeds the queue is counted as lost.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0
other=0000:00:05.0

# count DEVICE ACCESS: the value of the counter.
count() {
	metric "faultcast_io_page_faults_total{device=\"$1\",access=\"$2\"}"
}

guest() {
	ok "the module with faults of its own loads" insmod /lib/iommu_raise.ko
	ok "the module loads" load_faultcast rate=0
	show_probes
	is "a function of a module with the name of the handler is not traced" \
		"$(grep -c '^dmar_fault' /sys/kernel/tracing/enabled_functions)" 1
	is "the probe of this tracepoint is not active, because VT-d does not fire it" \
		"$(faultcastctl --json status | jq -c '.module.probes[1] | [.name, .state]')" \
		'["iommu","PROBE_STATE_UNAVAILABLE"]'
	is "each unit is reported" "$(dumpnl status | grep ^unit)" \
		"unit $(cat /sys/class/iommu/dmar0/intel-iommu/address) 0 3"
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "a device without a fault has its zero series" "$(count $device read)$(count $device write)" 00
	is "but not the unknown one" "$(count unknown read)" ""

	raise_iommu_fault device=$device count=3 base=0x5000 flags=0
	raise_iommu_fault device=$device count=2 base=0xfffffffffffff000 step=0xfff flags=1
	raise_iommu_fault device=$device null count=2 base=0x7000 flags=0
	raise_iommu_fault device=$device null base=0x9000 flags=1
	raise_iommu_fault device=$other base=0xa000 flags=6
	ok "the law holds" law_holds
	all_events >/tmp/events
	cat >/tmp/expected <<-END
		1 $device read 0x5000 -
		2 $device read 0x6000 -
		3 $device read 0x7000 -
		4 $device write 0xfffffffffffff000 -
		5 $device write 0xffffffffffffffff -
		6 unknown read 0x7000 -
		7 unknown read 0x8000 -
		8 unknown write 0x9000 -
		9 $other other 0xa000 -
	END
	same "each event has what was reported" /tmp/events /tmp/expected

	is "reads are counted" "$(count $device read)" 3
	is "writes too" "$(count $device write)" 2
	is "reads of no known device" "$(count unknown read)" 2
	is "writes of no known device" "$(count unknown write)" 1
	is "faults that are neither are counted" "$(count $other other)" 1
	is "the other device read nothing" "$(count $other read)" 0

	# With one CPU the worker cannot empty the queue before the interrupt ends.
	raise_iommu_fault device=$other count=3000 burst=3000 base=0x1000000
	ok "the law holds after the burst" law_holds
	is "all are counted" "$(count $other read)" 3000
	is "what the queue could not hold is lost" \
		"$(metric 'faultcast_events_lost_total{stage="queue"}')" $((3000 - 1024))
	is "they are lost for that device" "$(awk -v device=$other '$1 == device {print $5}' /tmp/law)" $((3000 - 1024))
	is "the first 1024 are published" "$(all_events | sed -n '10p;$p')" "10 $other read 0x1000000 -
$((9 + 1024)) $other read 0x13ff000 -"
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
