# shellcheck shell=bash disable=SC2034
# Proves: with AMD's IOMMU the probe iommu is active, and a lower bound, because AMD's driver passes
# on only some faults. An access that AMD's flags do not tell is unknown, not a read.
VM_CPUS=1
VM_IOMMU="amd-iommu"
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="jq"

device=0000:00:04.0

# probe: the state of the probe iommu.
probe() {
	faultcastctl --json status | jq -c '.module.probes[] | select(.name == "iommu") | [.state, .exact]'
}

guest() {
	ok "the module loads" load_faultcast rate=0
	ok "the device has AMD's IOMMU" test -e /sys/bus/pci/devices/$device/iommu/amd-iommu
	is "the probe is active, and a lower bound" "$(probe)" '["PROBE_STATE_ACTIVE",false]'
	like "its reason is told" "$(faultcastctl status)" \
		"^iommu +active +lower bound +the IOMMU's driver passes on only some faults"
	raise_iommu_fault device=$device base=0x5000 flags=0
	raise_iommu_fault device=$device base=0x6000 flags=1
	ok "the law holds" law_holds
	all_events >/tmp/events
	cat >/tmp/expected <<-END
		1 $device unknown 0x5000 -
		2 $device write 0x6000 -
	END
	same "a write is told, and no read is claimed" /tmp/events /tmp/expected
	ok "the module unloads" unload_faultcast
}
