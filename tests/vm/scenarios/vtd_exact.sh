# shellcheck shell=bash disable=SC2034,SC2154
# Proves: on one CPU every fault that the VT-d hardware records becomes exactly
# one event, with its device, access, address and reason, in order; and the
# metric says the same number.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="curl jq"

guest() {
	ok "the module loads" load_faultcast rate=0 queue=4096
	faultcast_exporter 2>/host/exporter.log &
	exporter=$!
	ok "the exporter is ready" wait_for 10 curl -sf http://127.0.0.1:10186/-/ready
	rogue mixed 0000:00:04.0 count=1000 base=0x10000000
	ok "the law holds" law_holds
	faultcastctl tail --all --once | grep -v TIME >/host/events
	curl -s http://127.0.0.1:10186/metrics >/host/metrics
	curl -s http://127.0.0.1:10186/v1/events >/host/stream
	faultcastctl --json status >/host/status
	faultcastctl status
	kill $exporter
	wait $exporter
	is "the exporter ends cleanly" $? 0
	ok "the module unloads" unload_faultcast
}

host() {
	hardware_faults >expected
	awk '{sub("0x0", "0x", $7); print $4, $5, $6, $7}' events >seen
	same "events are QEMU's trace, in order" seen expected
	is "1000 faults were recorded" "$(wc -l <expected)" 1000
}
