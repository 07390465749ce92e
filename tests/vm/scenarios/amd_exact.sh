# shellcheck shell=bash disable=SC2034
# Proves: on two CPUs and with two devices in a storm, every fault that AMD's IOMMU records becomes
# exactly one event, in order and with its device. The hardware's overflows are counted. For the
# contents of records see amd_records.sh.
VM_CPUS=2
VM_NEW_QEMU=1
VM_IOMMU="amd-iommu,dma-remap=on"
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_ARGS="-trace amdvi_page_fault -trace amdvi_translation_result -trace amdvi_generate_msi_interrupt"
VM_FILES="jq"
VM_LOG_ALLOW="AMD-Vi: Event logged"

devices="0000:00:04.0 0000:00:05.0"

guest() {
	mend_status
	ok "the module loads" load_faultcast rate=0 queue=16384 history=131072
	show_probes
	like "the probe is exact" "$(faultcastctl status)" "^amd +active +exact" &&
		diag "source amd active exact" # for the table of tests/matrix
	# shellcheck disable=SC2086 # a list
	{
		ok "faults one by one" rogue mixed $devices count=100 gap_us=2000
		overflows >/host/overflows.quiet
		ok "a storm" rogue mixed $devices count=600 parallel=1
	}
	overflows >/host/overflows
	ok "the law holds" law_holds
	faultcastctl --json tail --all --once | jq -r .event.device.name >/host/events
	faultcastctl --json status >/host/status
	faultcastctl --json devices >/host/devices
	like "the probe is still exact" "$(faultcastctl status)" "^amd +active +exact"
	ok "the module unloads" unload_faultcast
}

# mend_status: on 6.1 the driver does not get along with QEMU, see amd_log.c.
mend_status() {
	case $(uname -r) in 6.1.*) ok "the stand-in for QEMU's STATUS loads" insmod /lib/amd_log.ko mend_status=1 ;; esac
}

overflows() {
	faultcastctl --json status | jq -r '.module.hwOverflow // 0'
}

host() {
	local recorded
	hardware_faults >expected
	recorded=$(wc -l <expected)
	diag "recorded $recorded, hw_overflow $(cat overflows)"
	ok "it was a storm that the history holds" test "$recorded" -gt 3000 -a "$recorded" -le 131072
	is "raised are as many as the hardware recorded" "$(jq -r .module.raised status)" "$recorded"
	is "nothing was lost" "$(jq -r '.module.lost // 0' status)" 0
	is "no probe hit was missed" "$(jq -r '.module.probeMissed // 0' status)" 0
	is "there is no unknown unit" "$(jq -r '.module.unknownUnit // 0' status)" 0
	same "the events are QEMU's trace, in order" events expected
	sort expected | uniq -c | awk '{print $2, $1}' >by_device
	jq -r '.devices[] | .address.name + " " + .raised' devices | sort >by_device.seen
	same "raised and recorded faults are equal for each device" by_device.seen by_device
	is "no overflow without a full log" "$(cat overflows.quiet)" 0
	is "each overflow is counted" "$(cat overflows)" "$(overflows_in_trace)"
}

# overflows_in_trace: how often the log was full: the first of a series of faults without interrupt.
overflows_in_trace() {
	awk '/amdvi_generate_msi_interrupt/ { told = 1 }
		/amdvi_page_fault/ { if (!told && before) n++; before = told; told = 0 }
		END { print n + 0 }' qemu-trace.log
}
