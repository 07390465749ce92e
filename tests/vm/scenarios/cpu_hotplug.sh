# shellcheck shell=bash disable=SC2034
# Proves: no fault is lost when a CPU goes offline. The events in its queue are published, even if
# nothing else wakes the worker, and if the module is unloaded meanwhile. While a CPU goes offline
# and online again in a storm, real and reported faults are counted exactly.
VM_CPUS=2
# Going offline stops the machine and patches kernel text: see README.md.
VM_TCG_THREAD=single
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5"
VM_FILES="jq chrt"

rogue=0000:00:04.0
mock=0000:00:05.0
cycles=12
burst=4000

# cpu1 0|1: takes CPU 1 offline or online.
cpu1() {
	echo "$1" >/sys/devices/system/cpu/cpu1/online
}

# raise_on CPU WORD...: raise_iommu_fault in an interrupt of that CPU. Fails while it is offline.
raise_on() {
	raise_cpu=$((1 << $1))
	shift
	echo "$*" | taskset $raise_cpu tee /sys/kernel/debug/iommu_raise/raise >/dev/null
}

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1 // 0"
}

# Restricts the worker to CPU 0, at a lower priority than realtime tasks. The kernel's other threads
# get realtime priority in prefer_threads, otherwise CPU 1 would not go offline.
restrain_worker() {
	echo 1 >/sys/devices/virtual/workqueue/cpumask
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	# Since 6.12 ordinary tasks get a share of the time even so.
	for runtime in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do
		[ ! -e "$runtime" ] || echo 0 >"$runtime"
	done
}

# Gives realtime priority to the kernel's threads, including new ones.
prefer_threads() {
	awk '$2 !~ "kworker/u" && $4 == 2 {print $1}' /proc/[0-9]*/stat | xargs -n 1 chrt -f -p 20
}

# leave_behind: takes CPU 1 offline while the worker cannot empty its queue. Sets $left to the
# number of queued events.
leave_behind() {
	rm -f /tmp/gone
	left=
	prefer_threads
	# The task that blocks the worker ends after a while, in case the offlining needs CPU 0. The
	# task that ends it has a higher priority.
	taskset 1 chrt -f 11 timeout 20 chrt -f 10 sh -c 'until [ -e /tmp/gone ]; do :; done' &
	hog=$!
	chrt -f -p 30 $$ >/dev/null
	sleep 0.2
	raise_on 1 device=$mock count=$burst burst=$burst && cpu1 0 && left=$(number queued)
	touch /tmp/gone
	chrt -o -p 0 $$ >/dev/null
	wait $hog
}

guest() {
	ok "a first fault" raise_iommu_fault device=$mock
	restrain_worker
	left_behind
	unloaded_without_it
	storm
}

left_behind() {
	ok "the module loads" load_faultcast rate=0 queue=4096
	leave_behind
	is "CPU 1 is gone, and all its faults are in its queue" "$left" $burst
	ok "the law holds" law_holds
	is "all are published" "$(number published)" $burst
	ok "CPU 1 is online again" cpu1 1
	ok "it raises faults again" raise_on 1 device=$mock count=100
	ok "the law holds again" law_holds
	is "all are published again" "$(number published)" $((burst + 100))
	ok "the module unloads" unload_faultcast
}

unloaded_without_it() {
	ok "the module comes again" load_faultcast rate=0 queue=4096
	leave_behind
	is "CPU 1 is gone with its queue full" "$left" $burst
	ok "the module unloads while the CPU is offline" unload_faultcast
	is "all queued events were published" "$(dmesg | sed -n 's/.*faultcast: unloaded: //p' | tail -n 1)" \
		"raised=$burst published=$burst suppressed=0 lost=0 queued=0 head=$burst"
	ok "it loads while the CPU is offline" load_faultcast rate=0
	ok "CPU 1 is online then" cpu1 1
	ok "CPU 1 raises faults" raise_on 1 device=$mock count=100
	ok "the law holds for it" law_holds
	is "they are published" "$(number published)" 100
	ok "the module goes" unload_faultcast
}

# Routes the IOMMU's interrupt to CPU 1 whenever that CPU is online. The kernel moves it away again.
iommu_to_cpu1() {
	sed -n 's/^ *\([0-9]*\):.*\(dmar[0-9]*\|arm-smmu-v3-evtq\)$/\1/p' /proc/interrupts | while read -r irq; do
		echo 2 >"/proc/irq/$irq/smp_affinity"
	done
}

# iommu_count: the number of IOMMU interrupts on each CPU.
iommu_count() {
	awk '/(dmar[0-9]+|arm-smmu-v3-evtq)$/ {print $2, $3}' /proc/interrupts
}

storm() {
	ok "the module loads for a storm" load_faultcast rate=0 queue=16384
	before=$(sed 's/raised=\([0-9]*\).*/\1/' /sys/kernel/debug/iommu_raise/raise)
	while [ ! -e /tmp/end ]; do
		rogue mixed $rogue count=500
	done >/dev/null &
	for cpu in 0 1; do
		while [ ! -e /tmp/end ]; do
			raise_on $cpu device=$mock count=500 burst=50 || sleep 0.1
		done 2>/dev/null &
	done
	i=0
	while [ $i -lt $cycles ]; do
		i=$((i + 1))
		iommu_to_cpu1
		sleep 0.3
		cpu1 0 || break
		sleep 0.1
		cpu1 1 || break
	done
	is "CPU 1 went offline and online $cycles times" $i $cycles
	touch /tmp/end
	wait
	ok "the law holds after the storm" law_holds
	cat /tmp/law
	diag "interrupts of the IOMMU on each CPU: $(iommu_count)"
	ok "both CPUs took interrupts of the IOMMU" test "$(iommu_count | tr ' ' '\n' | grep -c '^0$')" -eq 0
	raised=$(sed 's/raised=\([0-9]*\).*/\1/' /sys/kernel/debug/iommu_raise/raise)
	is "every reported fault is counted" "$(awk -v device=$mock '$1 == device {print $2}' /tmp/law)" \
		$((raised - before))
	awk -v device=$rogue '$1 == device {print $2}' /tmp/law >/host/raised
	is "no probe hit was missed" "$(number probeMissed)" 0
	ok "the module unloads after it" unload_faultcast
}

host() {
	ok "it was a storm: $(cat raised) real faults" test "$(cat raised)" -gt 1000
	is "every real fault is counted once" "$(cat raised)" "$(hardware_faults | wc -l)"
}
