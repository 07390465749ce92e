# shellcheck shell=bash disable=SC2034
# Proves: each type of record of AMD's event log, handled by the kernel's own driver, is counted
# once and becomes the event that the specification describes: the device's fault with access,
# address and PASID, or an error of the IOMMU that names the requester. Records that come while the
# driver runs are not missed. The faults that the driver also reports through the tracepoint are
# not counted twice.
VM_CPUS=2
VM_NEW_QEMU=1
VM_IOMMU="amd-iommu,dma-remap=on"
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq curl"
VM_LOG_ALLOW="AMD-Vi: (Event logged|  (DTE|CMD)|Completion-Wait|DTE\[|CMD\[)"

device=0000:00:04.0
trigger=0000:00:05.0

# put WORDS [COUNT]: puts records into the log. They stay unnoticed until the next real fault.
put() {
	echo "$*" >/sys/kernel/debug/amd_log/put
}

# pull: a real fault of the other device, whose interrupt makes the driver read the log. It is
# four records.
pull() {
	rogue read $trigger count=1
	ok "the law holds after $1" law_holds
}

guest() {
	insmod /lib/amd_log.ko mend_status="$(uname -r | grep -c '^6\.1\.')"
	ok "the module loads" load_faultcast rate=0 queue=4096
	cat /sys/kernel/debug/amd_log/put
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	contents
	many
	errors
	faultcastctl --json tail --all --once >/host/tail.json
	faultcastctl status
	like "the probe is still exact" "$(faultcastctl status)" "^amd +active +exact"
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

# The device with the bdf 0x20 is 0000:00:04.0.
contents() {
	put 00000020 20000000 12345678 00000000
	put 00000020 20200000 abcd5000 0000fedc
	put 00000020 20500000 00001000 00000000
	put 00000020 20700000 00002000 00000000
	put 000a0020 2051bcde 00003000 00000000
	put 00000020 20080000 fdf80000 000000fd
	pull "page faults"
	is "page faults of the device" "$(count read) $(count write) $(count unknown)" "2 2 1"
	is "the driver has reported DMA faults too, which are not counted again" \
		"$(faultcastctl --json devices | jq -r --arg device $device '
		.devices[] | select(.address.name == $device).raised')" 6
}

# count ACCESS: the device's counter.
count() {
	metric "faultcast_io_page_faults_total{device=\"$device\",access=\"$1\"}"
}

# More than a look may raise at once, and as many as the ring nearly holds.
many() {
	before=$(count write)
	put 00000020 20200000 00100000 00000001 200
	pull "200 records"
	is "200 records are counted" "$(count write)" $((before + 200))
	put 00000020 20200000 00100000 00000002 500
	pull "500 records"
	is "500 records are counted" "$(count write)" $((before + 700))
	put 00000020 80000000 00100000 00000003 100
	pull "100 records that the driver erases"
	is "100 invalid requests are counted, with an unknown access" "$(count unknown)" 101
}

errors() {
	# The types 9 and d are faults of the device.
	for type in 1 3 4 5 6 7 9 a b d e; do
		put "00000020 ${type}0000000 00007000 00000000"
	done
	pull "errors"
	like "errors of the IOMMU are in its slot" "$(faultcastctl --json devices | jq -r '
		.devices[] | [.address.name, .raised] | join(" ")')" "^iommu/ivhd0 9"
	for error in device_table_entry_invalid device_table_hardware page_table_hardware \
		command_invalid command_hardware iotlb_invalidation_timeout \
		event_counter_zero guest_event rmp_hardware; do
		is "$error is counted" "$(metric "faultcast_iommu_errors_total{iommu=\"ivhd0\",error=\"$error\"}")" 1
	done
}

# events KIND...: all that the events of these kinds say, without those of the trigger.
events() {
	jq -r --arg trigger $trigger --args '.event | select(.device.name != $trigger) |
		select(.kind | ltrimstr("KIND_") | IN($ARGS.positional[])) |
		(.ioPageFault // .iommuError // .interruptRemapping) as $detail |
		[.device.name, .iommu.name, $detail.reason.name, $detail.reason.flags,
		 if $detail.iova == null or $detail.iovaUnknown then "-" else $detail.iova end,
		 ($detail.access // "-" | ltrimstr("ACCESS_")), $detail.pasid.value // "-", .related.name // "-"] |
		map(tostring) | join(" ")' "$@" <tail.json
}

host() {
	events IO_PAGE_FAULT INTERRUPT_REMAPPING | head -n 6 >contents
	cat >contents.expected <<-END
		$device ivhd0 io_page_fault 0 $((0x12345678)) UNKNOWN - -
		$device ivhd0 io_page_fault 32 $((0xfedcabcd5000)) WRITE - -
		$device ivhd0 io_page_fault 80 $((0x1000)) READ - -
		$device ivhd0 io_page_fault 112 $((0x2000)) WRITE - -
		$device ivhd0 io_page_fault 81 $((0x3000)) READ $((0xabcde)) -
		$device ivhd0 io_page_fault 8 - - - -
	END
	same "the device's faults say what the records say" contents contents.expected
	events IO_PAGE_FAULT | sed -n '6,705p' | cut -d ' ' -f 5 >addresses
	same "700 addresses are those of the records, in order" addresses <(
		seq $((0x100100000)) 4096 $((0x100100000 + 199 * 4096))
		seq $((0x200100000)) 4096 $((0x200100000 + 499 * 4096)))
	events IOMMU_ERROR >errors
	cat >errors.expected <<-END
		iommu/ivhd0 ivhd0 device_table_entry_invalid 0 $((0x7000)) READ - $device
		iommu/ivhd0 ivhd0 device_table_hardware 0 - READ - $device
		iommu/ivhd0 ivhd0 page_table_hardware 0 - READ - $device
		iommu/ivhd0 ivhd0 command_invalid 0 - UNKNOWN - -
		iommu/ivhd0 ivhd0 command_hardware 0 - UNKNOWN - -
		iommu/ivhd0 ivhd0 iotlb_invalidation_timeout 0 - UNKNOWN - $device
		iommu/ivhd0 ivhd0 event_counter_zero 0 - UNKNOWN - -
		iommu/ivhd0 ivhd0 guest_event 0 - UNKNOWN - -
		iommu/ivhd0 ivhd0 rmp_hardware 0 - UNKNOWN - $device
	END
	same "errors of the IOMMU name the requester, if the record does" errors errors.expected
}
