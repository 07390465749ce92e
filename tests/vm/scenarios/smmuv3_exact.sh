# shellcheck shell=bash disable=SC2034,SC2154
# Proves: every event that the SMMU records becomes exactly one event, in order, with device, address
# and type: in a burst, in a storm of two devices, and in a storm that fills the SMMU's queue. The
# access is right where it is known. Events that the SMMU drops because its queue is full are
# noticed as hw_overflow.
VM_ONLY="arm64 an SMMUv3 is Arm's"
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq chrt"

one=0000:00:04.0
two=0000:00:05.0

guest() {
	ok "the module loads" load_faultcast rate=0 history=262144 queue=65536
	show_probes
	is "SMMUv3 is exact" "$(faultcastctl --json status | jq -c '.module.probes[] |
		select(.name == "smmuv3") | [.state, .exact, .reason]')" '["PROBE_STATE_ACTIVE",true,""]'
	# One read is four events: the device reads eight bytes, and writes them.
	ok "a burst of reads" rogue read $one count=100 base=0x10000000
	ok "a storm" rogue mixed $one $two count=500 base=0x20000000 parallel=1
	# The driver's interrupt thread has a lower priority, so the queue of 32768 events gets full.
	ok "a storm that the driver cannot follow" chrt -f 60 rogue write $one cpu=0 count=1900 base=0x40000000
	ok "the law holds" law_holds
	faultcastctl --json status >/host/status
	faultcastctl tail --all --once >/tmp/events
	cp /tmp/events /host/
	ok "the module unloads" unload_faultcast
}

host() {
	local recorded
	hardware_faults >recorded
	recorded=$(wc -l <recorded)
	event_lines <events >seen
	diag "recorded $recorded, hw_overflow $(jq -r '.module.hwOverflow // 0' status)"
	ok "it was a storm" test "$recorded" -gt 36000
	is "raised are as many as the hardware recorded" "$(jq -r .module.raised status)" "$recorded"
	awk '{print $2, "-", $4, $5}' seen >expected
	same "the events are QEMU's trace, in order" expected recorded
	is "the burst has the accesses of each DMA" "$(head -n 400 seen | cut -d ' ' -f 3 | uniq -c | sort | uniq -c | tr -s ' ')" \
		"$(printf ' 100 2 read\n 100 2 write')"
	ok "the SMMU dropped events" grep -q 'smmuv3_trigger_irq irq=3' qemu-trace.log
	ok "and that was noticed" test "$(jq -r '.module.hwOverflow // 0' status)" -gt 0
	is "nothing was lost" "$(jq -r '.module.lost // 0' status)" 0
	is "no probe hit was missed" "$(jq -r '.module.probeMissed // 0' status)" 0
	is "SMMUv3 is exact to the end" "$(jq -c '.module.probes[] | select(.name == "smmuv3") | .exact' status)" true
}
