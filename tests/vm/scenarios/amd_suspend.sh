# shellcheck shell=bash disable=SC2034,SC2154
# Proves: on resume AMD's driver begins the event log anew, and no record of before is counted
# again. Every fault before and after is counted, also if the log has as many records after the
# resume as before.
VM_CPUS=2
VM_NEW_QEMU=1
# The other CPU goes offline and online again, which patches kernel text: see README.md.
VM_TCG_THREAD=single
VM_IOMMU="amd-iommu,dma-remap=on"
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_ARGS="-trace amdvi_page_fault -trace amdvi_translation_result -trace amdvi_generate_msi_interrupt"
VM_FILES="jq"

# The driver of the share does not support suspend.
leave_share() {
	umount /host || return
	virtio=$(basename /sys/bus/virtio/drivers/9pnet_virtio/virtio*)
	echo "$virtio" >/sys/bus/virtio/drivers/9pnet_virtio/unbind
}

return_to_share() {
	echo "$virtio" >/sys/bus/virtio/drivers/9pnet_virtio/bind
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /host
}

# The whole suspend to RAM, except that the firmware is not asked to switch off.
suspend() {
	echo core >/sys/power/pm_test && echo mem >/sys/power/state
}

guest() {
	exec >>/tmp/output 2>&1
	case $(uname -r) in 6.1.*) insmod /lib/amd_log.ko mend_status=1 ;; esac
	ok "the module loads" load_faultcast rate=0 queue=4096
	ok "faults before" rogue read 0000:00:04.0 count=20 gap_us=1000
	ok "the law holds before" law_holds
	ok "the share is left" leave_share
	for after in 5 30 20; do
		ok "suspend and resume" suspend
		ok "$after DMAs after the resume" rogue read 0000:00:05.0 count=$after gap_us=1000
		ok "the law holds" law_holds
	done
	ok "the share is back" return_to_share
	exec >>/host/guest.log 2>&1
	cat /tmp/output
	faultcastctl --json tail --all --once | jq -r .event.device.name >/host/events
	like "the probe is still exact" "$(faultcastctl status)" "^amd +active +exact"
	ok "the module unloads" unload_faultcast
}

host() {
	hardware_faults >expected
	is "faults were recorded" "$(wc -l <expected)" $(((20 + 5 + 30 + 20) * 4))
	same "the events are QEMU's trace, in order" events expected
}
