# shellcheck shell=bash disable=SC2034
# Measures the cost of an event, from the kernel until it is decoded in user space, and how many
# events are lost. trace-cmd, bpftrace and rasdaemon observe the same storms in the same VM. `make
# bench-kernel`; the results are in the lines that begin with "#".
#
# The cost is the CPU's busy time beyond that of the same storm without observers, divided by the
# number of events. It includes kernel and user space, interrupts, workers and context switches. It
# excludes work that an observer does even if nothing happens. QEMU counts instructions instead of
# time (-icount), so the result is a number of instructions, and the load of the host has no
# influence.
#
# With BENCH_SHORT=1 it measures little and in time, and shows only that it works.
VM_CPUS=1
VM_MEMORY=2048
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_ARGS="-icount shift=0,sleep=off"
VM_TIMEOUT=3600
VM_MODULES="aer_inject"
VM_FILES="curl jq trace-cmd bpftrace rasdaemon"

device=0000:00:04.0
storms="single burst aer"
first=200
settle=5
start=3
many=4000
few=1000
filled=5000
# In the guest, the kernel's command line tells.
if [ "${BENCH_SHORT-}" ] || grep -qw bench_short /proc/cmdline; then
	VM_APPEND=bench_short
	VM_ARGS=""
	short=1
	first=100
	settle=0.1
	start=0.5
	many=200
	few=100
	filled=100
fi

# storm_KIND COUNT: raises COUNT events.

# One fault each millisecond.
storm_single() {
	raise_iommu_fault device=$device count="$1" burst=1 gap_us=1000
}

# A hundred faults in one interrupt, 5000 faults a second.
storm_burst() {
	raise_iommu_fault device=$device count="$1" burst=100 gap_us=20000
}

# Corrected errors through the kernel's AER driver, as fast as it accepts them, a hundred in 20 ms.
storm_aer() {
	for _ in $(seq $(($1 / 100))); do
		dd if=/tmp/aer of=/dev/aer_inject bs=32 count=100 2>/dev/null
		sleep 0.02
	done
}

# A hundred times struct aer_error_inj: bus 1, device 0, function 0, correctable status 0x40.
aer_records() {
	for _ in $(seq 100); do
		printf '\001\000\000\000\000\000\000\000\100\000\000\000'
		head -c 20 /dev/zero
	done >/tmp/aer
}

# size KIND: the number of events in its storm.
size() {
	[ "$1" = burst ] && echo $many || echo $few
}

# between BEFORE AFTER: "BUSY TIME" between two results of cpu_ns.
between() {
	echo $((${2% *} - ${1% *})) $((${2#* } - ${1#* }))
}

# busy_in KIND: instructions for each event of the storm, including work that follows it.
# Instructions that are also executed while nothing happens are subtracted. A small storm before the
# measurement triggers all work that happens only once.
busy_in() {
	storm_"$1" $first >/dev/null
	sleep "$settle"
	start=$(cpu_ns)
	sleep "$settle"
	quiet=$(cpu_ns)
	storm_"$1" "$(size "$1")" >/dev/null
	sleep "$settle"
	echo "$(between "$start" "$quiet") $(between "$quiet" "$(cpu_ns)") $(size "$1")" |
		awk '{printf "%.0f\n", ($3 - $1 / $2 * $4) / $5}'
}

# undisturbed KIND: the same without observers. It runs just before each measurement, because a
# growing kernel log raises the cost.
undisturbed() {
	busy_in "$1" >/tmp/base."$1"
}

# row NAME KIND COST SEEN RAISED
row() {
	echo "$1|$2|$3|$4|$5" >>/tmp/rows
}

# more SEEN SEEN-COMMAND: whether more events are decoded than before.
more() {
	[ "$($2)" -gt "$1" ]
}

# observed NAME KIND SEEN-COMMAND: a row. SEEN-COMMAND counts the events decoded so far.
observed() {
	seen=$($3)
	cost=$(($(busy_in "$2") - $(cat /tmp/base."$2")))
	[ -z "${short-}" ] || wait_for 60 more "$seen" "$3"
	row "$1" "$2" $cost $(($($3) - seen)) $((first + $(size "$2")))
}

# trace-cmd: record, then report. record fills and saves the ring buffer, report decodes it.

record() {
	trace-cmd record -e iommu:io_page_fault -e ras:aer_event -o /tmp/trace.dat >/dev/null 2>&1 &
	observer=$!
	ok "trace-cmd records" wait_for 60 is_recording
	sleep "$start"
}

# trace-cmd turns tracing off, enables the events, and turns tracing on again.
is_recording() {
	grep -q 1 /sys/kernel/tracing/events/iommu/io_page_fault/enable &&
		grep -q 1 /sys/kernel/tracing/events/ras/aer_event/enable && grep -q 1 /sys/kernel/tracing/tracing_on
}

# report: sets $decoding, the instructions for decoding.
report() {
	kill -INT "$observer"
	wait "$observer"
	before=$(cpu_ns)
	trace-cmd report /tmp/trace.dat >/tmp/report
	after=$(cpu_ns)
	decoding=$((${after% *} - ${before% *}))
}

reported() {
	grep -cE 'io_page_fault:|aer_event:' /tmp/report
}

measure_trace_cmd() {
	undisturbed "$1"
	record
	report
	empty=$decoding
	record
	recording=$(($(busy_in "$1") - $(cat /tmp/base."$1")))
	report
	raised=$((first + $(size "$1")))
	row "trace-cmd record" "$1" $recording - $raised
	row "trace-cmd record, report" "$1" $((recording + (decoding - empty) / raised)) "$(reported)" $raised
}

# bpftrace

one_liner='tracepoint:iommu:io_page_fault { printf("%s %lx %d\n", str(args->device), args->iova, args->flags); }
	tracepoint:ras:aer_event { printf("%s %x %d\n", str(args->dev_name), args->status, args->severity); }'

traced() {
	grep -c '^0000:' /tmp/bpftrace
}

is_traced() {
	storm_single 1 && more 0 traced
}

measure_bpftrace() {
	for kind in $storms; do undisturbed "$kind"; done
	bpftrace -e "$one_liner" >/tmp/bpftrace 2>&1 &
	observer=$!
	ok "bpftrace attaches" wait_for 300 grep -q Attaching /tmp/bpftrace
	ok "bpftrace observes" wait_for 300 is_traced
	sleep "$start"
	for kind in $storms; do observed bpftrace "$kind" traced; done
	kill -INT "$observer"
	wait "$observer"
}

# rasdaemon knows only AER, and starts a shell for ipmitool at each event. By default it is woken
# when its ring buffer is half full. Here it is woken for each event.

logged() {
	grep -c aer_event: /tmp/rasdaemon
}

measure_rasdaemon() {
	undisturbed aer
	mkdir -p /var/lib/rasdaemon /sys/kernel/tracing/instances/rasdaemon
	echo 0 >/sys/kernel/tracing/instances/rasdaemon/buffer_percent
	rasdaemon -f >/tmp/rasdaemon 2>&1 &
	observer=$!
	ok "rasdaemon listens" wait_for 60 grep -q Listening /tmp/rasdaemon
	sleep 1
	observed rasdaemon aer logged
	kill "$observer"
	wait "$observer"
}

# faultcast, without a limit and with its defaults

printed() {
	grep -cE ' (io_page_fault|aer) ' /tmp/tail
}

delivered() {
	metric faultcast_delivery_seconds_count
}

published() {
	faultcastctl --json status | jq -r '.module.published // 0'
}

measure_faultcast() {
	for kind in $storms; do undisturbed "$kind"; done
	ok "the module loads" load_faultcast rate=0 queue=4096
	for kind in $storms; do observed "faultcast, nobody listens" "$kind" published; done
	faultcastctl tail >/tmp/tail &
	observer=$!
	sleep 1
	for kind in $storms; do observed "faultcast, ctl tail" "$kind" printed; done
	kill "$observer"
	wait "$observer"
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	for kind in $storms; do observed "faultcast, exporter" "$kind" delivered; done
	ok "the exporter ends cleanly" stop_exporter
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
}

measure_limited() {
	for kind in $storms; do undisturbed "$kind"; done
	ok "the module loads with its defaults" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	for kind in $storms; do
		storm_"$kind" $few >/dev/null
		observed "faultcast, storm control" "$kind" delivered
	done
	ok "the exporter ends cleanly" stop_exporter
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
}

# table KIND: the rows of all observers. The target refers to the cheapest of the other observers.
table() {
	awk -F '|' -v kind="$1" '
		$2 != kind { next }
		{ name[++n] = $1; cost[n] = $3; seen[n] = $4; raised[n] = $5 }
		/^(trace-cmd record, report|bpftrace|rasdaemon)/ && $3 > 0 && (!best || $3 < best) { best = $3; peer = $1 }
		END {
			best = best ? best : 1
			for (i = 1; i <= n; i++)
				printf "%-28s %8d %8.2f %8s\n", name[i], cost[i], cost[i] / best,
					seen[i] == "-" ? "" : raised[i] - seen[i]
			for (i = 1; i <= n; i++)
				if (name[i] == "faultcast, exporter")
					printf "target: at most 1/3 of %s: %.2f, %s\n", peer, cost[i] / best,
						cost[i] * 3 <= best ? "met" : "missed" }' /tmp/rows
}

# Whether every row has a measurement and at least one event. A time may be below the noise.
complete() {
	awk -F '|' -v short="${short-}" '(!short && $3 <= 0) || $4 == 0 { print "nothing measured: " $0; bad = 1 } END { exit bad || NR != 22 }' \
		/tmp/rows
}

guest() {
	# Otherwise khugepaged starts to work on large processes some seconds later.
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	aer_records
	ok "aer_inject is there" modprobe aer_inject
	ok "a first fault" raise_iommu_fault device=$device
	# Fills the kernel log's ring buffer, so that it stays full during the measurements.
	storm_aer $filled
	for kind in $storms; do measure_trace_cmd "$kind"; done
	measure_bpftrace
	measure_rasdaemon
	measure_faultcast
	measure_limited
	diag "instructions an event, as a multiple of the best peer's, and events lost or suppressed"
	diag "single: a fault a ms; burst: 100 faults an interrupt, 5000/s; aer: corrected errors by aer_inject"
	for kind in $storms; do
		diag "$kind"
		table "$kind" | while IFS= read -r line; do diag "  $line"; done
	done
	ok "every observer saw events" complete
}
