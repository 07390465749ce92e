# shellcheck shell=bash disable=SC2034
# Proves: in a storm that exceeds the queue, every fault is still counted for its device. Each fault
# is either published or counted as lost, and the published events match the hardware's records.
VM_ONLY="amd64 VT-d"
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5 i82559er,addr=0x6 i82559er,addr=0x7"
VM_FILES="jq build/san/faultcastctl:bin/faultcastctl"

devices="0000:00:04.0 0000:00:05.0 0000:00:06.0 0000:00:07.0"

# storm NAME BASE PARAM...: one storm with these module parameters.
storm() {
	local name=$1 base=$2
	shift 2
	ok "$name: the module loads" load_faultcast rate=0 "$@"
	# shellcheck disable=SC2086 # a list
	ok "$name: a storm" rogue mixed $devices count=6000 base="$base" parallel=1
	ok "$name: the law holds" law_holds
	all_events | cut -d ' ' -f 2- | sort >"/host/$name.events"
	faultcastctl --json status >"/host/$name.status"
	faultcastctl --json devices >"/host/$name.devices"
	ok "$name: the module unloads" unload_faultcast
}

guest() {
	storm default 0x10000000
	storm tiny 0x80000000 queue=2
}

# judge NAME: checks the results against NAME.trace.
judge() {
	local name=$1 lost published
	lost=$(jq -r '.module.lost // 0' "$name.status")
	published=$(jq -r '.module.published // 0' "$name.status")
	diag "$name: lost $lost, hw_overflow $(jq -r '.module.hwOverflow // 0' "$name.status")"
	ok "$name: it was a storm" test "$(wc -l <"$name.trace")" -gt 1000
	is "$name: published and lost are what the hardware recorded" $((published + lost)) \
		"$(wc -l <"$name.trace")"
	is "$name: raised equals what the hardware recorded" "$(jq -r .module.raised "$name.status")" "$(wc -l <"$name.trace")"
	cut -d ' ' -f 1 "$name.trace" | sort | uniq -c | awk '{print $2, $1}' >by_device
	jq -r '.devices[] | .address.name + " " + .raised' "$name.devices" | sort >by_device.seen
	same "$name: the same holds for each device" by_device.seen by_device
	is "$name: every published event is there" "$(wc -l <"$name.events")" "$published"
	sort "$name.trace" | comm -23 "$name.events" - >invented
	is "$name: the hardware recorded each of them" "$(head -n 5 invented)" ""
}

host() {
	hardware_faults >trace
	awk '$3 ~ /^0x[1-7]/' trace >default.trace
	awk '$3 !~ /^0x[1-7]/' trace >tiny.trace
	judge default
	judge tiny
	ok "tiny: some were lost" test "$(jq -r '.module.lost // 0' tiny.status)" -gt 0
	ok "the kernel itself printed but few" test "$(grep -c 'DMAR: \[DMA' dmesg)" -le 50
}
