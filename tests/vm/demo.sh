# shellcheck shell=bash disable=SC2034
# For `make demo`: a machine with a device that does forbidden DMA every few seconds.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4"
VM_NET=1
VM_TIMEOUT=0

guest() {
	load_faultcast
	faultcast_exporter --web.listen-address=0.0.0.0:10186 &
	page=0
	while :; do
		rogue mixed 0000:00:04.0 count=2 base=$((0x10000000 + page * 0x1000)) gap_us=20000
		page=$(((page + 2) % 4096))
		sleep 3
	done
}
