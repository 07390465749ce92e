# shellcheck shell=bash disable=SC2034,SC2154
# Records the messages that the module and netlink send to user space, for the fuzz targets and
# tests/unit/netlink/recorded.c. `make record-messages` writes tests/fuzz/recorded.hex.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0
	pcie-root-port,id=rp1,addr=0x6,slot=8,chassis=2"
# Uses the port's own hotplug instead of the firmware's.
VM_ARGS="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
VM_MODULES="aer_inject nlmon"
VM_FILES="curl jq"

rogue_card=0000:00:04.0
# The address of the card in rp1, behind rp0's.
plugged=0000:02:00.0

recorder_ready() {
	grep -q '# ready' /tmp/recorded
}

# record STAGE COMMAND...: records the messages while the command runs, and for a moment after.
record() {
	nlrecord "$1" >/tmp/recorded &
	recorder=$!
	wait_for 10 recorder_ready
	shift
	"$@"
	status=$?
	sleep 1
	kill $recorder
	wait $recorder
	cat /tmp/recorded >>/host/messages
	return $status
}

# A write to 0xfeexxxxx is an interrupt message. Nobody has set up this one (VT-d spec, 5.1.5.2).
vtd_faults() {
	rogue mixed $rogue_card count=8 gap_us=20000 &&
		rogue write $rogue_card count=2 base=0xfee80010 gap_us=20000
}

# More events than a device may publish at once, in full messages, and events of an unknown device.
storm() {
	raise_iommu_fault device=$rogue_card count=40 burst=40 flags=1 &&
		raise_iommu_fault device=$rogue_card null count=2 &&
		raise_iommu_fault device=$rogue_card count=2000 burst=256 && sleep 3
}

errors() {
	aer 1 0 0 0 0x1041 && sleep 1 && aer 1 0 0 0x1000 0 && sleep 1 && aer 0 5 0 0x5000 0 && sleep 1
}

plug() {
	qmp '{"execute":"device_add","arguments":{"driver":"e1000e","id":"card","bus":"rp1"}}' &&
		wait_for 15 test -e /sys/bus/pci/devices/$plugged && sleep 6 &&
		qmp '{"execute":"device_del","arguments":{"id":"card"}}' &&
		wait_for 30 test ! -e /sys/bus/pci/devices/$plugged
}

injected() {
	faultcastctl inject --device 10000:af:1e.5 --access write --iova 0x1234 &&
		faultcastctl inject --device platform/rogue.0 --access other &&
		faultcastctl inject --device $rogue_card --kind aer --severity fatal --status 0x40000
}

asked() {
	faultcastctl config --device platform/rogue.0 --rate 7 --burst 9 &&
		faultcastctl status && faultcastctl devices && dumpnl events 1
}

# More events than the queue and the history hold, of more devices than there are slots.
overrun() {
	raise_iommu_fault device=$rogue_card count=200 burst=200 && sleep 1 &&
		raise_iommu_fault device=$rogue_card count=20 && sleep 1 && dumpnl events 1 &&
		faultcastctl devices && faultcastctl inject --device 8000:00:00.0
}

refused() {
	badnl "$(($(faultcastctl --json status | jq -r .module.head) + 1))" && badnl unprivileged
}

guest() {
	ok "nlmon is there" modprobe nlmon
	ok "it makes a device" ip link add nlmon0 type nlmon
	ok "it is up" ip link set nlmon0 up
	ok "aer_inject is there" modprobe aer_inject
	start_exporter
	ok "the module's coming" record load load_faultcast
	ok "the exporter is ready" wait_for 10 exporter_ready
	ok "faults of VT-d" record vtd vtd_faults
	ok "faults of another IOMMU, and a storm" record iommu storm
	ok "errors" record aer errors
	ok "a card that comes and goes" record hotplug plug
	ok "injected events" record inject injected
	ok "answers" record answer asked
	ok "refusals" record refused refused
	ok "the module's going" record unload unload_faultcast
	ok "a module with no room" load_faultcast history=8 queue=32 burst=16 rate=0 devices=4
	ok "a gap, lost ones, devices without a slot" record overrun overrun
	ok "the exporter ends" stop_exporter
	ok "the module unloads" unload_faultcast
}

# Keeps two messages of each name and length, without the largest. Different lengths mean different
# content.
host() {
	grep -v '^#' messages | awk 'length($2) < 5000 && seen[$1, length($2)]++ < 2' >chosen
	is "all have a name" "$(grep '\.unknown ' chosen)" ""
	cut -d ' ' -f 1 chosen | sort | uniq -c | while read -r line; do diag "$line"; done
	for name in vtd.batch iommu.batch aer.batch hotplug.batch inject.batch overrun.batch answer.status \
		answer.device refused.control load.control unload.control; do
		ok "there is $name" grep -q "^$name " chosen
	done
	{
		cat <<-END
			# Messages that the kernel sent to user space, as nlmon saw them: where, "." and which
			# decoder reads them, and the message with its header. Made by make record-messages.
		END
		cat chosen
	} >recorded.hex
	ok "the file is small" test "$(stat -c %s recorded.hex)" -lt 60000 &&
		ok "it is kept" cp recorded.hex "$FAULTCAST_RECORDED"
}
