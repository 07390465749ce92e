# shellcheck shell=bash disable=SC2034
# Measures the instructions that the module adds to a fault: in the fault's own interrupt, and in
# total with the worker and a listener. `make bench-kernel`; the results are in the lines that begin
# with "#".
#
# QEMU counts instructions instead of time (-icount). Clocks and the cycle counter then tell how
# many instructions were executed, and idle time is skipped. A repeated string instruction counts
# once for each repetition.
#
# With BENCH_SHORT=1 it measures little and in time, and shows only that it works.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4"
VM_ARGS="-icount shift=0,sleep=off"
VM_TIMEOUT=400
VM_FILES="curl jq chrt"

device=0000:00:04.0
faults=10000
dma=5000
settle=2
# How many of the faults the module may publish in spite of its limit.
admitted=10
# In the guest, the kernel's command line tells.
if [ "${BENCH_SHORT-}" ] || grep -qw bench_short /proc/cmdline; then
	VM_APPEND=bench_short
	VM_ARGS=""
	faults=200
	dma=50
	settle=0.2
	admitted=350
fi

# Keeps the worker from running, so that only interrupts are measured.
alone="chrt -f 50"

# reported WORD...: instructions of one report_iommu_fault(), of $faults in a tight loop.
reported() {
	raise_iommu_fault device=$device count=$faults "$@" >/dev/null &&
		echo $(($(cat /sys/kernel/debug/iommu_raise/cycles) / faults))
}

# in_all COUNT COMMAND...: all instructions of the CPU for each of COUNT faults.
in_all() {
	count=$1
	shift
	before=$(cpu_ns)
	"$@" >/dev/null
	sleep "$settle"
	after=$(cpu_ns)
	echo $(((${after% *} - ${before% *}) / count))
}

# dma_interrupt: instructions of a DMA fault in interrupts, including the device's register write.
# The first faults are not counted, because the handler prints them.
dma_interrupt() {
	rogue read $device count=20 >/dev/null
	$alone rogue read $device count=$dma | sed 's/.*seconds=\([0-9.]*\).*/\1/' |
		awk -v n=$dma '{printf "%.0f\n", $1 * 1e9 / n}'
}

# watch_registers ADDRESS: a hundred faults from ADDRESS on, while QEMU logs reads of VT-d
# registers.
watch_registers() {
	trace_reads true && rogue read $device count=100 base="$1" && trace_reads false
}

trace_reads() {
	qmp '{"execute":"trace-event-set-state","arguments":{"name":"vtd_reg_read","enable":'"$1"'}}'
}

# measure ROW WORD...: measures one row of the table.
measure() {
	row=$1
	shift
	echo "$row|$(reported "$@")|$(in_all $faults raise_iommu_fault device=$device count=$faults "$@")|$(
		in_all $faults raise_iommu_fault device=$device count=$faults burst=1 "$@")|$(
		dma_interrupt)|$(in_all $dma rogue read $device count=$dma)" >>/tmp/rows
}

# ftrace's own function tracer, which costs the least of all that can attach to dmar_fault().
trace_handler() {
	echo dmar_fault >/sys/kernel/tracing/set_ftrace_filter &&
		echo function >/sys/kernel/tracing/current_tracer
}

untrace_handler() {
	echo nop >/sys/kernel/tracing/current_tracer
	echo >/sys/kernel/tracing/set_ftrace_filter
}

# For all columns but the first, the difference to a fault without the module.
table() {
	awk -F '|' '
		NR == 1 { for (i = 2; i <= NF; i++) base[i] = $i
			printf "%-36s %9s %9s %9s %9s %9s\n", "", "probe", "256/irq", "1/irq", "irq", "all in" }
		{ printf "%-36s", $1
			for (i = 2; i <= NF; i++) printf NR == 1 ? " %9d" : " %+9d", $i - (NR > 1) * base[i]
			print "" }' /tmp/rows
}

# added ROW COLUMN: the difference in one place of the table.
added() {
	awk -F '|' -v row="$1" -v column="$2" 'NR == 1 { base = $column } $1 == row { print $column - base }' \
		/tmp/rows
}

# target WHAT ROW COLUMN LIMIT: prints whether the target is met.
target() {
	got=$(added "$2" "$3")
	verdict=met
	[ "$got" -le "$4" ] || verdict="missed by $((got - $4))"
	diag "target: $1 at most $4 instructions: $got, $verdict"
}

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1 // 0"
}

# Whether all faults have been raised: three rounds of one kind and two of the other.
all_raised() {
	[ "$(number raised)" -ge $((3 * faults + 2 * dma)) ]
}

all_delivered() {
	[ "$(metric faultcast_delivery_seconds_count)" -ge $((3 * faults + 2 * dma)) ]
}

guest() {
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	ok "a first fault" raise_iommu_fault device=$device
	measure "unobserved"
	ok "register reads of the handler" watch_registers 0x20000000
	ok "ftrace traces the handler" trace_handler
	measure "trivial probe (VT-d: function tracer)" trivial
	untrace_handler

	ok "the module loads" load_faultcast rate=0 queue=65536
	measure "published, nobody listens"
	ok "and with us" watch_registers 0x30000000
	ok "it saw the faults" all_raised
	is "and published them" "$(number published)" "$(number raised)"
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	measure "published, the exporter listens"
	ok "it saw as many" wait_for 60 all_delivered
	ok "the exporter ends cleanly" stop_exporter
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
	ok "and loads with a limit" load_faultcast rate=1 burst=1
	measure "suppressed"
	ok "it saw the faults" all_raised
	ok "and suppressed nearly all" test "$(number suppressed)" -gt $((3 * faults + 2 * dma - admitted))
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast

	diag "instructions a fault; under the first row, what is added to it"
	diag "probe, 256/irq, 1/irq: report_iommu_fault(): the call itself; all in, with 256 or 1 an interrupt"
	diag "irq, all in: VT-d, by real DMA: its interrupts, the worker's wake-up included; all in"
	table | while IFS= read -r line; do diag "$line"; done
	is "the table is complete" "$(grep -cE '^[^|]+(\|[0-9]+){5}$' /tmp/rows)" 5
	target "the probe on the tracepoint path" "published, nobody listens" 2 500
	target "the probe on the VT-d path" "published, nobody listens" 5 1500
}

# reads ADDRESS-PREFIX: the registers read from such a fault's record up to the next record.
reads() {
	awk -v low="low $1" '/vtd_frr_new/ { mine = index($0, low); faults += mine > 0 }
		/vtd_reg_read/ && mine { n++ }
		END { if (faults) printf "%.2f\n", n / faults }' qemu-trace.log
}

host() {
	local handler both
	handler=$(reads 0x20) both=$(reads 0x30)
	diag "VT-d register reads a fault: the handler $handler, with the module $both"
	ok "registers were read" test -n "$handler" -a -n "$both"
}
