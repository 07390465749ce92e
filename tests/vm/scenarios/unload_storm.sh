# shellcheck shell=bash disable=SC2034
# Proves: the module comes and goes while hard irqs of both CPUs at once report faults, and its last
# counters obey the law each time, with nothing left in a queue. unload_storm_vtd.sh: real faults.
VM_CPUS=2
VM_TIMEOUT=500
# Attaching to a tracepoint patches kernel text and waits for the other CPU's IPI, which QEMU 7.2 loses
# now and then with a thread per CPU: rmmod hangs in text_poke_bp(), on any tracepoint.
VM_TCG_THREAD=single
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq"

cycles=100

# storm CPU DEVICE: until told to end
raise_storm() {
	while [ ! -e /tmp/end ]; do
		echo "device=$2 count=2000 burst=50" |
			taskset $((1 << $1)) tee /sys/kernel/debug/iommu_raise/raise
	done >/dev/null
}

guest() {
	ok "a first fault" raise_iommu_fault device=0000:00:04.0
	raise_storm 0 0000:00:04.0 &
	raise_storm 1 0000:00:05.0 &
	i=0
	while [ $i -lt $cycles ]; do
		i=$((i + 1))
		# In turn with queues that are always full.
		load_faultcast rate=0 queue=$((i % 2 ? 2 : 4096)) history=1000 || break
		sleep 0.05
		unload_faultcast || break
	done
	is "$cycles times loaded and unloaded" $i $cycles
	ok "the module loads once more" load_faultcast rate=0
	touch /tmp/end
	wait
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
	dmesg | sed -n 's/.*faultcast: unloaded: //p' >/host/unloaded
}

host() {
	is "each unload prints its counters" "$(wc -l <unloaded)" $((cycles + 1))
	tr ' =' '\n ' <unloaded | awk '
		$1 == "raised" { raised = $2; n++; if (raised > 0) busy++ }
		$1 == "published" || $1 == "suppressed" || $1 == "lost" { raised -= $2 }
		$1 == "lost" && $2 > 0 { lossy++ }
		$1 == "queued" && ($2 != 0 || raised != 0) { print "cycle " n ": off by " raised ", queued " $2 }
		END { print busy + 0 >"busy"; print lossy + 0 >"lossy" }' >broken
	is "the law holds in each" "$(cat broken)" ""
	is "there was a storm in each" "$(cat busy)" $((cycles + 1))
	ok "some queues were full: $(cat lossy)" test "$(cat lossy)" -gt 0
	diag "$(sort -t = -k 2 -n unloaded | sed -n '1p;$p')"
}
