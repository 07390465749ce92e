# shellcheck shell=bash disable=SC2034
# Proves: the module can be loaded and unloaded while two devices fault as fast as they can behind
# AMD's IOMMU. The last counters obey the law of conservation each time, and no queue has events
# left. The probe is exact at the end of each of these lives.
VM_CPUS=2
VM_NEW_QEMU=1
VM_TIMEOUT=600
VM_IOMMU="amd-iommu,dma-remap=on"
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq"

cycles=10

storm() {
	while [ ! -e /tmp/end ]; do
		rogue mixed 0000:00:04.0 0000:00:05.0 count=500 parallel=1
	done >/dev/null
}

guest() {
	case $(uname -r) in 6.1.*) insmod /lib/amd_log.ko mend_status=1 ;; esac
	storm &
	i=0 exact=0
	while [ $i -lt $cycles ]; do
		i=$((i + 1))
		# Every second load has queues that are always full.
		load_faultcast rate=0 queue=$((i % 2 ? 2 : 4096)) history=1000 || break
		sleep 1
		faultcastctl status | grep -qE "^amd +active +exact" && exact=$((exact + 1))
		unload_faultcast || break
	done
	touch /tmp/end
	wait
	is "loaded and unloaded $cycles times" $i $cycles
	is "the probe was exact each time" $exact $cycles
	dmesg | sed -n 's/.*faultcast: unloaded: //p' >/host/unloaded
}

host() {
	is "each unload prints its counters" "$(wc -l <unloaded)" $cycles
	is "the law holds at each unload" "$(tr ' =' '\n ' <unloaded | awk '
		$1 == "raised" { raised = $2; n++ }
		$1 == "published" || $1 == "suppressed" || $1 == "lost" { raised -= $2 }
		$1 == "queued" && ($2 != 0 || raised != 0) { print "cycle " n ": off by " raised ", queued " $2 }')" ""
	is "there were faults each time" "$(grep -c 'raised=[1-9]' unloaded)" $cycles
	diag "$(sort -t = -k 2 -n unloaded | sed -n '1p;$p')"
}
