# shellcheck shell=bash disable=SC2034
# Proves: the stream reports events that found the queue full, for each device and in the right
# place. The device's next event reports them, or a summary if there is no event within a second.
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq"

first=0000:00:04.0
second=0000:00:05.0
count=2000
base=$((0x10000000))

# reports CPU DEVICE WORD...: reports on one CPU, so that one queue publishes all events in order.
reports() {
	echo "device=$2 count=$count base=$base step=1 $3" |
		taskset "$1" tee /sys/kernel/debug/iommu_raise/raise >/dev/null
}

# device_number DEVICE FIELD: a number of the device.
device_number() {
	faultcastctl --json devices | jq -r ".devices[] | select(.address.name == \"$1\") | .$2"
}

# rows DEVICE: its events that are not synthetic, one on each line: KIND ADDRESS LOST-BEFORE
# SUPPRESSED-BEFORE
rows() {
	faultcastctl --json tail --all --once | jq -r ".event |
		select(.device.name == \"$1\" and (.synthetic | not)) |
		[.kind, .ioPageFault.iova // 0, .lostBefore, .suppressedBefore] | join(\" \")"
}

# told DEVICE [KIND]: the number of lost faults that its events report, or only those of one kind.
told() {
	rows "$1" | awk -v kind="$2" 'kind == "" || $1 == kind { sum += $3 } END { print sum + 0 }'
}

# all_told DEVICE: for use with wait_for.
all_told() {
	echo "told of $(told "$1"), lost $(device_number "$1" lost)"
	[ "$(told "$1")" = "$(device_number "$1" lost)" ]
}

# in_place DEVICE: each address follows from the number of earlier events and the lost ones they
# report. Together they are all reported faults.
in_place() {
	rows "$1" | awk -v base=$base -v count=$count '
		{ at += $3 }
		$1 == "KIND_IO_PAGE_FAULT" {
			if ($2 != base + at) { print NR ": " $2 - base " is at " at; exit wrong = 1 }
			at++
		}
		END { if (at != count) { print at " of " count; wrong = 1 } exit wrong }'
}

# injects DEVICE: injects events until told to end, more than one each second.
injects() {
	while [ ! -e /tmp/end ]; do
		faultcastctl inject --device "$1"
		sleep 0.2
	done
}

guest() {
	# Loads the mock before the module.
	raise_iommu_fault device=$first

	ok "the module loads with a queue of two" load_faultcast queue=2 rate=0
	# Two of each fifty faults fit. The next interrupt comes after they have been taken.
	reports 1 $first "burst=50 gap_us=5000" &
	reports 2 $second "burst=20 gap_us=5000"
	wait
	for device in $first $second; do
		ok "$device: the last lost faults are reported" wait_for 5 all_told "$device"
		is "$device: all were counted" "$(device_number "$device" raised)" $count
		ok "$device: most were lost" test "$(device_number "$device" lost)" -gt $((count / 2))
		ok "$device: events reported lost faults" test "$(told "$device" KIND_IO_PAGE_FAULT)" -gt $((count / 2))
		ok "$device: every lost fault is reported in the right place" in_place "$device"
	done
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast

	ok "the module loads again" load_faultcast queue=2 rate=0
	reports 1 $first "burst=$count"
	injects $first &
	ok "lost faults are reported even if only synthetic events follow" wait_for 5 all_told $first
	touch /tmp/end
	wait
	missing=$((count - $(rows $first | grep -c KIND_IO_PAGE_FAULT)))
	is "one summary reports them" "$(rows $first | grep -v KIND_IO_PAGE_FAULT)" "KIND_SUPPRESSED 0 $missing 0"
	is "the summary is no fault" "$(faultcastctl --json status | jq -r .module.summaries)" 1
	like "faultcastctl shows the summary" "$(faultcastctl tail --all --once)" \
		"$first +suppressed +\($missing lost before\)"
	rows $first >/tmp/before
	sleep 2
	rows $first >/tmp/after
	same "each lost fault is reported once" /tmp/after /tmp/before
	ok "the law holds with it" law_holds
	ok "the module unloads after it" unload_faultcast
}
