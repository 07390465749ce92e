# shellcheck shell=bash disable=SC2034,SC2154
# Proves: with two SMMUs, which ACPI describes, the faults of both are counted at the same time, each
# for its device, although both SMMUs may use the same stream ids.
VM_ONLY="arm64 an SMMUv3 is Arm's"
VM_ACPI=1
VM_IOMMU="arm-smmuv3,primary-bus=pcie.0"
VM_DEVICES="i82559er,addr=0x4,romfile= pxb-pcie,id=pxb,bus_nr=32,bus=pcie.0 arm-smmuv3,primary-bus=pxb
	pcie-root-port,id=rp,bus=pxb i82559er,bus=rp,romfile="
VM_FILES="jq"

one=0000:00:04.0

guest() {
	two=$(basename "$(ls -d /sys/bus/pci/devices/0000:2[1-9]:00.0)")
	echo "$two" >/host/two
	ok "the module loads" load_faultcast rate=0 queue=16384
	is "two SMMUs are observed" "$(dumpnl status | grep -c '^unit .* 1$')" 2
	is "SMMUv3 is exact" "$(faultcastctl --json status | jq -c '.module.probes[] |
		select(.name == "smmuv3") | [.state, .exact, .reason]')" '["PROBE_STATE_ACTIVE",true,""]'
	ok "a storm of both" rogue read $one "$two" count=1500 base=0x10000000 parallel=1
	ok "the law holds" law_holds
	cp /tmp/law /host/
	faultcastctl tail --all --once >/tmp/events
	cp /tmp/events /host/
	ok "the module unloads" unload_faultcast
}

host() {
	local device two
	two=$(cat two)
	hardware_faults >recorded
	for device in $one "$two"; do
		is "all faults of $device are counted" "$(awk -v device="$device" '$1 == device {print $2}' law)" \
			"$(grep -c "^$device " recorded)"
		event_lines <events | awk -v device="$device" '$2 == device {print $2, "-", $4, $5}' >seen
		grep "^$device " recorded >expected
		same "those of $device are QEMU's trace, in order" seen expected
	done
	ok "it was a storm: $(wc -l <recorded)" test "$(wc -l <recorded)" -gt 5000
}
