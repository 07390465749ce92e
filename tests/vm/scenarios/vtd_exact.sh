# shellcheck shell=bash disable=SC2034,SC2154
# Proves: on one CPU every fault that the VT-d hardware records becomes exactly one event, with
# device, access, address and reason, in order. The metric has the same number, and the kernel's log
# only a few lines.
VM_ONLY="amd64 VT-d"
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq"

device=0000:00:04.0

guest() {
	ok "the module loads" load_faultcast rate=0 queue=4096
	show_probes
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	rogue mixed $device count=1000 base=0x10000000
	ok "the law holds" law_holds
	all_events | cut -d ' ' -f 2- >/host/events
	for access in read write; do
		metric "faultcast_io_page_faults_total{device=\"$device\",access=\"$access\"}"
	done >/host/metrics
	faultcastctl status
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

host() {
	hardware_faults >expected
	same "events are QEMU's trace, in order" events expected
	is "1000 faults were recorded" "$(wc -l <expected)" 1000
	is "the metric says the same" "$(awk '{sum += $1} END {print sum}' metrics)" "$(wc -l <expected)"
	printed=$(grep -c 'DMAR: \[DMA' dmesg)
	ok "the kernel printed a handful: $printed" test "$printed" -le 20
}
