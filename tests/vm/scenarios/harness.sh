# shellcheck shell=bash disable=SC2034
# Proves: the test environment itself works. Rogue DMA makes exactly the requested faults. The
# trace parser reads them, and the guest's kernel reports them. The mock reports from hard interrupt
# context.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4"

device=0000:00:04.0

guest() {
	case $VM_ARCH in
	arm64) like "DMA remapping is on" "$(dmesg | grep smmu)" 'arm-smmu-v3 .*entries for evtq' ;;
	*) like "DMA remapping is on" "$(dmesg | grep DMAR)" 'DMAR: IOMMU enabled' ;;
	esac
	like "the rogue is behind the IOMMU" "$(readlink /sys/bus/pci/devices/$device/iommu_group)" 'iommu_groups/[0-9]+$'
	# A record is pending until the handler has run. Without a pause, QEMU merges the next fault
	# into it.
	ok "10 rogue reads" rogue read $device count=10 base=0x10000000 gap_us=20000
	ok "10 rogue writes" rogue write $device count=10 base=0x20000000 gap_us=20000
	not_ok "rogue refuses an address beyond 32 bits" rogue read $device base=0x100000000

	is "the mock reports for a device" \
		"$(raise_iommu_fault device=$device count=600 base=0x5000 flags=1)" \
		"raised=600 not_hardirq=0 result=-38"
	is "the mock reports without a device" "$(raise_iommu_fault device=$device null count=2)" \
		"raised=602 not_hardirq=0 result=-38"
	not_ok "the mock refuses an unknown device" raise_iommu_fault device=0000:7f:00.0
	not_ok "the mock refuses an unknown word" raise_iommu_fault device=$device pasid=3
	ok "the mock unloads" rmmod iommu_raise
	like "the QEMU monitor answers" "$(qmp '{"execute":"query-status"}')" '"running"'
	not_ok "the QEMU monitor refuses" qmp '{"execute":"no-such-command"}'
}

# expected_vtd: one fault for each DMA, by page.
expected_vtd() {
	local i
	for i in {0..9}; do
		printf '%s read %#x 0x6\n' "$device" $((0x10000000 + i * 0x1000))
	done
	for i in {0..9}; do
		printf '%s write %#x 0x5\n' "$device" $((0x20000000 + i * 0x1000))
	done
}

# expected_smmu: an SMMU merges nothing. A read of this card is four transactions, to the word and to
# the next one; a write is 21, of which only the number is known.
expected_smmu() {
	local i offset
	for i in {0..9}; do
		for offset in 0 4 0 4; do
			printf '%s - %#x 0x10\n' "$device" $((0x10000000 + i * 0x1000 + offset))
		done
	done
	echo "210 writes"
}

host() {
	hardware_faults >recorded
	if [ "$VM_ARCH" = arm64 ]; then
		expected_smmu >expected
		{
			head -n 40 recorded
			echo "$(tail -n +41 recorded | grep -cE '^0000:00:04.0 - 0x2000[0-9a-f]{4} 0x10$') writes"
		} >seen
		same "the hardware recorded these faults, in order" seen expected
		ok "the kernel printed an event" grep -qE 'arm-smmu-v3 .*event 0x10 received' dmesg
		return
	fi
	expected_vtd >expected
	same "the hardware recorded these faults, in order" recorded expected
	ok "the kernel printed a read fault" grep -qF "DMAR: [DMA Read" dmesg
	# Since 7.x the line has the segment.
	ok "the kernel printed a fault's device" grep -qE "Request device \[(0000:)?00:04\.0\]" dmesg
}
