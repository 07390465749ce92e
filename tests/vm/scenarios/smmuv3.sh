# shellcheck shell=bash disable=SC2034,SC2154
# Proves: devices behind an SMMUv3 are watched, and each event of theirs is counted for the device,
# with the access and the name of the SMMU. An event that the device did not cause counts for the
# SMMU, and has the stream id if no device has that id.
VM_ONLY="arm64 an SMMUv3 is Arm's"
VM_CPUS=1
VM_APPEND="vm.unattached=0000:01:00.0"
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x6,slot=7 i82559er,bus=rp0"
VM_FILES="curl jq"

device=0000:00:04.0
unattached=0000:01:00.0
smmu=smmu3.0x0000000009050000

faults() {
	metric "faultcast_io_page_faults_total{device=\"$device\",access=\"$1\"}"
}

# The last event of the SMMU itself: its error, address and stream, and whether a device is named.
smmu_error() {
	fetch_events "" | jq -c 'select(.event.iommuError).event |
		[.device.name, .iommuError.reason.name, .iommuError.iovaUnknown, .streamId.value, .related]' | tail -n 1
}

without_translation() {
	case $(uname -r) in
	[7-9].*) skip "an event without a device" "this kernel attaches each device when it is found" && return ;;
	esac
	ok "a device without a translation reads" rogue read $unattached count=1
	is "the events are the SMMU's, with the stream id" "$(smmu_error)" \
		"[\"iommu/$smmu\",\"bad_stream_id\",true,256,null]"
	is "they are counted" "$(metric "faultcast_iommu_errors_total{iommu=\"$smmu\",error=\"bad_stream_id\"}")" 4
	is "the device has none of them" "$(fetch /metrics | grep -c "^faultcast_io_page_faults_total{device=\"$unattached\".*} [1-9]")" 0
}

guest() {
	ok "the module loads" load_faultcast rate=0
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	watched=$(metric 'faultcast_device_coverage{kind="io_page_fault",state="exact",reason="none"}')
	ok "$watched devices are watched exactly" test "$watched" -ge 2
	is "a device has its zero" "$(faults read)" 0
	is "the module lists the SMMU, whose faults come" "$(dumpnl status | grep '^unit')" "unit 9050000 0 1"
	is "and has its name" "$(fetch /v1/status | jq -r '.module.iommus[] | .name + " " + .type')" "$smmu IOMMU_TYPE_SMMUV3"

	ok "a device reads" rogue read $device count=5 base=0x10000000
	is "each transaction is counted" "$(faults read) $(faults write)" "10 10"
	is "an event has the SMMU and the access" "$(fetch_events "" | jq -c 'select(.event).event |
		[.iommu.name, .device.name, .ioPageFault.iova, .ioPageFault.access, .streamId]' | head -n 1)" \
		"[\"$smmu\",\"$device\",\"268435456\",\"ACCESS_READ\",null]"
	without_translation
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
