# shellcheck shell=bash disable=SC2034
# Proves: suspend to idle and to RAM, and the resume, lose no fault and no event. Everything counted
# and published before is there afterwards, and real faults are counted exactly on both sides. Times
# are those of the moment: an event's on both clocks, and a device's first and last fault.
VM_ONLY="amd64 QEMU wakes no other machine from suspend to RAM"
VM_CPUS=2
# The other CPU goes offline and online again, which patches kernel text: see README.md.
VM_TCG_THREAD=single
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

device=0000:00:04.0
other=0000:00:05.0
asleep=8
lpc=/sys/bus/pci/devices/0000:00:1f.0/config
serio=/sys/devices/platform/i8042/serio0
key='{"type":"qcode","data":"shift"}'

# The driver of the share does not support suspend, so the share is unmounted meanwhile.
leave_share() {
	umount /host || return
	virtio=$(basename /sys/bus/virtio/drivers/9pnet_virtio/virtio*)
	echo "$virtio" >/sys/bus/virtio/drivers/9pnet_virtio/unbind || return
	# On resume QEMU's firmware does not restore the chipset's PMBASE and ACPI_CNTL. Without
	# them the machine cannot be switched off.
	dd if=$lpc of=/tmp/pmbase bs=1 skip=64 count=8
}

return_to_share() {
	dd if=/tmp/pmbase of=$lpc bs=1 seek=64 conv=notrunc
	echo "$virtio" >/sys/bus/virtio/drivers/9pnet_virtio/bind
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /host
}

# sleep_in STATE: sleeps for $asleep seconds. The RTC wakes the machine from RAM. From idle its
# alarm would come from the HPET, so a key that QEMU holds for this time wakes the machine.
sleep_in() {
	if [ "$1" = freeze ]; then
		echo enabled >$serio/power/wakeup
		qmp "{\"execute\":\"send-key\",\"arguments\":{\"hold-time\":${asleep}000,\"keys\":[$key]}}" || return
	else
		echo +$asleep >/sys/class/rtc/rtc0/wakealarm || return
	fi
	echo "$1" >/sys/power/state
}

# device_times DEVICE: the times of its first and last fault in ns.
device_times() {
	faultcastctl --json devices | jq -r ".devices[] | select(.address.name == \"$1\") |
		.firstRealtimeNs + \" \" + .lastRealtimeNs"
}

# event_times DEVICE: the same from its events, and the last event's time on the monotonic clock.
event_times() {
	faultcastctl --json tail --all --once | jq -r -s "map(select(.event.device.name == \"$1\").event) |
		.[0].realtimeNs + \" \" + .[-1].realtimeNs + \" \" + .[-1].monotonicNs"
}

# near NS NS: both are the same moment. The offset between two clocks has an error of some
# nanoseconds.
near() {
	echo "$1 $2"
	[ "$1" ] && [ "$2" ] && [ $(($1 - $2)) -lt 1000000 ] && [ $(($2 - $1)) -lt 1000000 ]
}

# between SECONDS SECONDS NS: the time is within the two others.
between() {
	echo "$1 $2 $3"
	[ $(($3 / 1000000000)) -ge "$1" ] && [ $(($3 / 1000000000)) -le "$2" ]
}

# mono: seconds on the monotonic clock, which stops during a suspend. The kernel's log uses that
# clock.
mono() {
	echo "<6>now" >/dev/kmsg
	dmesg | sed -n '$s/^\[ *\([0-9]*\)\..*/\1/p'
}

guest() {
	# No open file may keep the share busy.
	exec >>/tmp/output 2>&1
	ln -s /tmp/exporter.log /host/exporter.log
	ok "the module loads" load_faultcast rate=0
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	ok "faults before" rogue mixed $device count=20 gap_us=20000
	ok "the law holds before" law_holds
	ok "the share is left" leave_share
	for state in freeze mem; do
		if grep -qw $state /sys/power/state; then
			suspended $state
		else
			skip "suspend by $state" "this kernel offers $(cat /sys/power/state)"
		fi
	done
	ok "the share is back" return_to_share
	exec >>/host/guest.log 2>&1
	cat /tmp/output
	all_events | cut -d ' ' -f 2- >/host/events
	fetch_events >/tmp/stream
	faultcastctl --json tail --all --once >/tmp/truth
	same "the exporter has every event" /tmp/stream /tmp/truth
	ok "the law holds in the end" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

# suspended STATE: checks one suspend and resume.
suspended() {
	before=$(device_times $device)
	events=$(event_times $device)
	went=$(date +%s)
	ok "$1: the machine sleeps and wakes" sleep_in "$1"
	slept=$(($(date +%s) - went))
	ok "$1: the machine has slept for $slept s" test $slept -ge $((asleep - 3))
	is "$1: the times of earlier events have not changed" "$(event_times $device)" "$events"
	now=$(device_times $device)
	ok "$1: the time of the device's first fault has not changed" near "${now% *}" "${before% *}"
	ok "$1: the time of its last fault has not changed" near "${now#* }" "${before#* }"

	began=$(date +%s) began_mono=$(mono)
	ok "$1: faults after the resume" rogue mixed $device count=20 gap_us=20000
	raise_iommu_fault device=$other count=10 >/dev/null
	ok "$1: the law holds after them" law_holds
	# shellcheck disable=SC2046 # three words
	set -- "$1" $(event_times $device)
	ok "$1: the last event is of now" between $((began - 1)) "$(date +%s)" "$3"
	ok "$1: its monotonic time is of now" between $((began_mono - 1)) "$(mono)" "$4"
	now=$(device_times $device)
	ok "$1: it is the device's last fault" near "$3" "${now#* }"
	ok "$1: the first event is still its first" near "$2" "${now% *}"
}

host() {
	hardware_faults >recorded
	# The mock's faults have no reason.
	grep -v ' -$' events >seen
	ok "there was something to count: $(wc -l <recorded) faults" test "$(wc -l <recorded)" -ge 50
	same "all that the hardware recorded was published, in order" seen recorded
}
