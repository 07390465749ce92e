# shellcheck shell=bash disable=SC2034
# Proves: events that find the queue full are told of in the stream, per device and in their place: by
# the next event of the device, or by a summary when none comes for a second.
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq"

first=0000:00:04.0
second=0000:00:05.0
count=2000
base=$((0x10000000))

# reports CPU DEVICE WORD...: on one CPU, so that all are in one queue and are published in order.
reports() {
	echo "device=$2 count=$count base=$base step=1 $3" |
		taskset "$1" tee /sys/kernel/debug/iommu_raise/raise >/dev/null
}

# device_number DEVICE FIELD
device_number() {
	faultcastctl --json devices | jq -r ".devices[] | select(.address.name == \"$1\") | .$2"
}

# rows DEVICE: its events that are not synthetic, a line each: KIND ADDRESS LOST-BEFORE SUPPRESSED-BEFORE
rows() {
	faultcastctl --json tail --all --once | jq -r ".event |
		select(.device.name == \"$1\" and (.synthetic | not)) |
		[.kind, .ioPageFault.iova // 0, .lostBefore, .suppressedBefore] | join(\" \")"
}

# told DEVICE [KIND]: of how many its events tell, or those of one kind.
told() {
	rows "$1" | awk -v kind="$2" 'kind == "" || $1 == kind { sum += $3 } END { print sum + 0 }'
}

# all_told DEVICE: for wait_for.
all_told() {
	echo "told of $(told "$1"), lost $(device_number "$1" lost)"
	[ "$(told "$1")" = "$(device_number "$1" lost)" ]
}

# in_place DEVICE: each address is where the events before it and what they tell of put it, and
# together they are all that was reported.
in_place() {
	rows "$1" | awk -v base=$base -v count=$count '
		{ at += $3 }
		$1 == "KIND_IO_PAGE_FAULT" {
			if ($2 != base + at) { print NR ": " $2 - base " is at " at; exit wrong = 1 }
			at++
		}
		END { if (at != count) { print at " of " count; wrong = 1 } exit wrong }'
}

# injects DEVICE: until told to end, more often than each second.
injects() {
	while [ ! -e /tmp/end ]; do
		faultcastctl inject --device "$1"
		sleep 0.2
	done
}

guest() {
	# The mock is there.
	raise_iommu_fault device=$first

	ok "the module loads with a queue of two" load_faultcast queue=2 rate=0
	# Two of each fifty fit, and the next interrupt comes when they are gone.
	reports 1 $first "burst=50 gap_us=5000" &
	reports 2 $second "burst=20 gap_us=5000"
	wait
	for device in $first $second; do
		ok "$device: the last are told too" wait_for 5 all_told "$device"
		is "$device: all were counted" "$(device_number "$device" raised)" $count
		ok "$device: most were lost" test "$(device_number "$device" lost)" -gt $((count / 2))
		ok "$device: events told of them" test "$(told "$device" KIND_IO_PAGE_FAULT)" -gt $((count / 2))
		ok "$device: in their place" in_place "$device"
	done
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast

	ok "the module comes again" load_faultcast queue=2 rate=0
	reports 1 $first "burst=$count"
	injects $first &
	ok "only synthetic events follow: all are told of" wait_for 5 all_told $first
	touch /tmp/end
	wait
	missing=$((count - $(rows $first | grep -c KIND_IO_PAGE_FAULT)))
	is "by one summary" "$(rows $first | grep -v KIND_IO_PAGE_FAULT)" "KIND_SUPPRESSED 0 $missing 0"
	is "that is no fault" "$(faultcastctl --json status | jq -r .module.summaries)" 1
	like "and is shown" "$(faultcastctl tail --all --once)" \
		"$first +suppressed +\($missing lost before\)"
	rows $first >/tmp/before
	sleep 2
	rows $first >/tmp/after
	same "it is told once" /tmp/after /tmp/before
	ok "the law holds with it" law_holds
	ok "the module unloads after it" unload_faultcast
}
