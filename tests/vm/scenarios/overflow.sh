# shellcheck shell=bash disable=SC2034
# Proves: if there are more devices than slots, devices lose their names but not their counts. A
# device that is removed and found again while it faults violates neither the law of conservation
# nor the kernel.
VM_ONLY="amd64 one DMA is one fault there"
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq"

device=0000:00:04.0

# raised ADDRESS: the device's counter.
raised() {
	faultcastctl --json devices | jq -r ".devices[] | select(.address.name == \"$1\") | .raised"
}

guest() {
	ok "the module loads with 16 slots" load_faultcast devices=16 rate=0
	for bus in 80 81 82 83; do
		for slot in 00 01 02 03 04 05 06 07 08 09; do
			faultcastctl inject --device 00$bus:$bus:$slot.0 || echo "not injected: $bus:$slot"
		done
	done
	faultcastctl devices
	ok "the law holds" law_holds
	is "every event was counted" "$(faultcastctl --json status | jq -r .module.raised)" 40
	ok "some events are in the shared slot" test "$(raised overflow)" -ge 24
	raise_iommu_fault device=$device fake=2 count=2
	is "injected devices have left room for a device that faults later" \
		"$(raised platform/fake.0) $(raised platform/fake.1)" "1 1"
	is "the other events are under their device's address" \
		"$(faultcastctl --json devices | jq -r '[.devices[] | select(.address.name != "overflow") | .raised | tonumber] | add')" \
		$((42 - $(raised overflow)))
	ok "the module unloads" unload_faultcast

	ok "the module loads" load_faultcast queue=16384 rate=0
	(rogue read $device count=200000 base=0x10000000 gap_us=50 >/host/rogue.log 2>&1) &
	storm=$!
	for cycle in 1 2 3 4 5; do
		sleep 0.3
		echo 1 >/sys/bus/pci/devices/$device/remove
		sleep 0.2
		echo 1 >/sys/bus/pci/rescan
	done
	kill $storm 2>/dev/null
	wait $storm
	diag "raised $(raised $device)"
	ok "the device faulted meanwhile" test "$(raised $device)" -gt 0
	ok "the law holds after removing and finding it" law_holds
	is "it has a generation for each time it was found" \
		"$(faultcastctl --json devices | jq -r ".devices[] | select(.address.name == \"$device\") | .identity.generation")" 6
	ok "the module unloads after it" unload_faultcast
}
