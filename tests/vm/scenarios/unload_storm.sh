# shellcheck shell=bash disable=SC2034
# Proves: the module can be loaded and unloaded while both CPUs report faults in hard interrupts,
# and while two devices fault as fast as they can. The handler of the IOMMU is patched while it runs. The last
# counters obey the law of conservation each time, and no queue has events left.
# unload.cycles=N on the command line sets how often: tests/vm/run --append unload.cycles=100.
VM_CPUS=2
VM_TIMEOUT=900
# Attaching patches kernel text and waits for an IPI of the other CPU. With one thread for each CPU,
# QEMU 7.2 sometimes loses that IPI or crashes in patched code, also without our module: see
# README.md.
VM_TCG_THREAD=single
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq"

reported_cycles=30
real_cycles=10

# Raises faults until told to end.
raise_storm() {
	while [ ! -e /tmp/end ]; do
		echo "device=$2 count=2000 burst=50" |
			taskset $((1 << $1)) tee /sys/kernel/debug/iommu_raise/raise
	done >/dev/null
}

rogue_storm() {
	while [ ! -e /tmp/end ]; do
		rogue mixed 0000:00:04.0 0000:00:05.0 count=2000 parallel=1
	done >/dev/null
}

guest() {
	# Fewer cycles on the debug kernel, where each takes seconds.
	case $(uname -r) in *-debug-*) reported_cycles=10 real_cycles=5 ;; esac
	given=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^unload\.cycles=//p')
	reported_cycles=${given:-$reported_cycles}
	ok "a first fault" raise_iommu_fault device=0000:00:04.0
	rm -f /tmp/end
	raise_storm 0 0000:00:04.0 &
	raise_storm 1 0000:00:05.0 &
	come_and_go reported "$reported_cycles" 0.05
	rm -f /tmp/end
	rogue_storm &
	come_and_go real "$real_cycles" 0.2
}

# The start of a process that raises faults takes longer on a busy machine. For use with wait_for.
storm_reached_module() {
	[ "$(faultcastctl --json status | jq -r '.module.raised // 0')" -gt 0 ]
}

# come_and_go STORM CYCLES SECONDS: loads the module, waits for its first fault and SECONDS more, and
# unloads it, CYCLES times. The last time it stays until the storm is over.
come_and_go() {
	i=0
	while [ $i -lt "$2" ]; do
		i=$((i + 1))
		# Every second load has queues that are always full.
		load_faultcast rate=0 queue=$((i % 2 ? 2 : 4096)) history=1000 || break
		wait_for 20 storm_reached_module && sleep "$3"
		unload_faultcast || break
	done
	is "$1 faults: $2 times loaded and unloaded" $i "$2"
	ok "$1 faults: the module loads once more" load_faultcast rate=0
	ok "$1 faults: the storm reaches it" wait_for 20 storm_reached_module
	touch /tmp/end
	wait
	ok "$1 faults: the law holds" law_holds
	ok "$1 faults: the module unloads" unload_faultcast
	dmesg | sed -n 's/.*faultcast: unloaded: //p' | tail -n $(($2 + 1)) >"/host/$1"
	echo $(($2 + 1)) >"/host/$1.times"
}

host() {
	unloaded reported "$(cat reported.times)"
	unloaded real "$(cat real.times)"
}

# unloaded STORM TIMES: checks the counters of all unloads.
unloaded() {
	is "$1 faults: each unload prints its counters" "$(wc -l <"$1")" "$2"
	tr ' =' '\n ' <"$1" | awk '
		$1 == "raised" { raised = $2; n++; if (raised > 0) busy++ }
		$1 == "published" || $1 == "suppressed" || $1 == "lost" { raised -= $2 }
		$1 == "lost" && $2 > 0 { lossy++ }
		$1 == "queued" && ($2 != 0 || raised != 0) { print "cycle " n ": off by " raised ", queued " $2 }
		END { print busy + 0 >"busy"; print lossy + 0 >"lossy" }' >broken
	is "$1 faults: the law holds at each unload" "$(cat broken)" ""
	is "$1 faults: there was a storm at each unload" "$(cat busy)" "$2"
	ok "$1 faults: some queues were full: $(cat lossy)" test "$(cat lossy)" -gt 0
	diag "$(sort -t = -k 2 -n "$1" | sed -n '1p;$p')"
}
