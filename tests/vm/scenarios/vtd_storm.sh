# shellcheck shell=bash disable=SC2034
# Proves: in a storm of four devices on two CPUs, every fault that the VT-d hardware records is
# counted once, for its device. If the queues can hold the faults, every one is published.
VM_ONLY="amd64 VT-d"
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5 i82559er,addr=0x6 i82559er,addr=0x7"
VM_FILES="jq build/san/faultcastctl:bin/faultcastctl"

devices="0000:00:04.0 0000:00:05.0 0000:00:06.0 0000:00:07.0"

guest() {
	ok "the module loads" load_faultcast rate=0 queue=16384
	# One DMA makes at most two records, and the history holds 16384.
	# shellcheck disable=SC2086 # a list
	ok "a storm" rogue mixed $devices count=8000 parallel=1
	ok "the law holds" law_holds
	all_events | cut -d ' ' -f 2- | sort >/host/events
	faultcastctl --json status >/host/status
	faultcastctl --json devices >/host/devices
	ok "the module unloads" unload_faultcast
}

host() {
	local recorded
	hardware_faults >trace
	recorded=$(wc -l <trace)
	diag "recorded $recorded, hw_overflow $(jq -r '.module.hwOverflow // 0' status)"
	ok "it was a storm that the history holds" test "$recorded" -gt 1000 -a "$recorded" -le 16384
	is "raised are as many as the hardware recorded" "$(jq -r .module.raised status)" "$recorded"
	is "nothing was lost" "$(jq -r '.module.lost // 0' status)" 0
	is "no probe hit was missed" "$(jq -r '.module.probeMissed // 0' status)" 0
	cut -d ' ' -f 1 trace | sort | uniq -c | awk '{print $2, $1}' >by_device
	ok "more than one device was heard" test "$(wc -l <by_device)" -gt 1
	jq -r '.devices[] | .address.name + " " + .raised' devices | sort >by_device.seen
	same "raised and recorded faults are equal for each device" by_device.seen by_device
	sort trace >expected
	same "the published events are those of the hardware" events expected
	ok "the kernel itself printed but few" test "$(grep -c 'DMAR: \[DMA' dmesg)" -le 50
}
