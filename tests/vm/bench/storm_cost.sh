# shellcheck shell=bash disable=SC2034
# Measures how much CPU time a task on one CPU loses while the other CPU is in a storm of faults,
# with and without the module. `make bench-storm`; the results are in the lines that begin with "#".
# With BENCH_SHORT=1 it measures little, and shows only that it works.
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4"
VM_TIMEOUT=300
VM_FILES="jq"

rounds=5
steps=150000
# In the guest, the kernel's command line tells.
if [ "${BENCH_SHORT-}" ] || grep -qw bench_short /proc/cmdline; then
	VM_APPEND=bench_short
	rounds=1
	steps=5000
fi

# hundredths: hundredths of a second since boot.
hundredths() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

# work: does a fixed amount of work on CPU 1. Prints how many hundredths of a second it took.
work() {
	from=$(hundredths)
	taskset 2 sh -c "i=0; while [ \$i -lt $steps ]; do i=\$((i + 1)); done"
	echo $(($(hundredths) - from))
}

# in_storm COMMAND: runs it while CPU 0 does nothing but report faults.
in_storm() {
	rm -f /tmp/end
	while [ ! -e /tmp/end ]; do
		echo "device=0000:00:04.0 count=20000 burst=256" |
			taskset 1 tee /sys/kernel/debug/iommu_raise/raise
	done >/dev/null &
	sleep 0.2
	"$@"
	touch /tmp/end
	wait
}

guest() {
	ok "a first fault" raise_iommu_fault device=0000:00:04.0
	without=0
	with=0
	quiet=0
	for round in $(seq $rounds); do
		quiet=$((quiet + $(work)))
		without=$((without + $(in_storm work)))
		load_faultcast
		with=$((with + $(in_storm work)))
		raised=$(faultcastctl --json status | jq -r .module.raised)
		unload_faultcast
	done
	diag "$rounds rounds, hundredths of a second: quiet $quiet, storm without module $without, with it $with"
	diag "the task loses $(((with - without) * 100 / (without + !without))) % more with the module;" \
		"$raised faults raised in the last round"
	ok "there was a storm" test "$raised" -gt 10000
}
