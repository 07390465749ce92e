# shellcheck shell=bash disable=SC2034
# Measures: what an event costs from the kernel to decoded in user space, against trace-cmd, bpftrace and
# rasdaemon in the same storms in one VM, and how many events each of them lost. `make bench-kernel`; the
# numbers are in the lines that begin with "#".
#
# A cost is what the CPU was busy longer than in the same storm with nobody observing, for each event: of
# kernel and user space, interrupts, workers and context switches; but not what an observer does all the
# time, even if nothing happens. QEMU counts instructions instead of time
# (-icount), so that is how many were executed, and nothing else on the host has a part in it.
VM_CPUS=1
VM_MEMORY=2048
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_ARGS="-icount shift=0,sleep=off"
VM_TIMEOUT=1500
VM_MODULES="aer_inject"
VM_FILES="curl jq trace-cmd bpftrace rasdaemon"

device=0000:00:04.0
storms="single burst aer"
first=200
settle=5

# storm_KIND COUNT

# One fault a millisecond.
storm_single() {
	raise_iommu_fault device=$device count="$1" burst=1 gap_us=1000
}

# A hundred faults in one interrupt, 5000 a second.
storm_burst() {
	raise_iommu_fault device=$device count="$1" burst=100 gap_us=20000
}

# Corrected errors through the kernel's AER driver, as fast as it takes them, a hundred in 20 ms.
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

# size KIND: events in its storm.
size() {
	[ "$1" = burst ] && echo 4000 || echo 1000
}

# between BEFORE AFTER: "BUSY TIME" from one cpu_ns to the other.
between() {
	echo $((${2% *} - ${1% *})) $((${2#* } - ${1#* }))
}

# busy_in KIND: instructions an event, in its storm and what it leaves to be done, beyond those that
# such a time takes when nothing happens. What is done only once is done in a small storm before.
busy_in() {
	storm_"$1" $first >/dev/null
	sleep $settle
	start=$(cpu_ns)
	sleep $settle
	quiet=$(cpu_ns)
	storm_"$1" "$(size "$1")" >/dev/null
	sleep $settle
	echo "$(between "$start" "$quiet") $(between "$quiet" "$(cpu_ns)") $(size "$1")" |
		awk '{printf "%.0f\n", ($3 - $1 / $2 * $4) / $5}'
}

# undisturbed KIND: the same with nobody observing; just before, since a growing kernel log costs more.
undisturbed() {
	busy_in "$1" >/tmp/base."$1"
}

# row NAME KIND COST SEEN RAISED
row() {
	echo "$1|$2|$3|$4|$5" >>/tmp/rows
}

# observed NAME KIND SEEN-COMMAND: a row; SEEN-COMMAND counts what the observer has decoded so far.
observed() {
	seen=$($3)
	cost=$(($(busy_in "$2") - $(cat /tmp/base."$2")))
	row "$1" "$2" $cost $(($($3) - seen)) $((first + $(size "$2")))
}

# trace-cmd: record, then report. The first only fills and saves the ring buffer, the second decodes.

record() {
	trace-cmd record -e iommu:io_page_fault -e ras:aer_event -o /tmp/trace.dat >/dev/null 2>&1 &
	observer=$!
	sleep 3
}

# report: $decoding, how many instructions that takes.
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

measure_bpftrace() {
	for kind in $storms; do undisturbed "$kind"; done
	bpftrace -e "$one_liner" >/tmp/bpftrace 2>&1 &
	observer=$!
	ok "bpftrace attaches" wait_for 300 grep -q Attaching /tmp/bpftrace
	sleep 3
	for kind in $storms; do observed bpftrace "$kind" traced; done
	kill -INT "$observer"
	wait "$observer"
}

# rasdaemon: knows AER only, and starts a shell for each event, for ipmitool. As it comes it is not woken
# before its ring buffer is half full; here it is.

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
	grep -cE ' (fault|aer) ' /tmp/tail
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
		storm_"$kind" 1000 >/dev/null
		observed "faultcast, storm control" "$kind" delivered
	done
	ok "the exporter ends cleanly" stop_exporter
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
}

# table KIND: each observer's row. Which peer is the better one is seen, not chosen.
table() {
	awk -F '|' -v kind="$1" '
		$2 != kind { next }
		{ name[++n] = $1; cost[n] = $3; seen[n] = $4; raised[n] = $5 }
		/^(trace-cmd record, report|bpftrace|rasdaemon)/ && (!best || $3 < best) { best = $3; peer = $1 }
		END {
			for (i = 1; i <= n; i++)
				printf "%-28s %8d %8.2f %8s\n", name[i], cost[i], cost[i] / best,
					seen[i] == "-" ? "" : raised[i] - seen[i]
			for (i = 1; i <= n; i++)
				if (name[i] == "faultcast, exporter")
					printf "target: at most 1/3 of %s: %.2f, %s\n", peer, cost[i] / best,
						cost[i] * 3 <= best ? "met" : "missed" }' /tmp/rows
}

# each ROW has been measured, and seen something.
complete() {
	awk -F '|' '$3 <= 0 || $4 == 0 { print "nothing measured: " $0; bad = 1 } END { exit bad || NR != 22 }' \
		/tmp/rows
}

guest() {
	# Or khugepaged works on whoever has much memory, some seconds later.
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	aer_records
	ok "aer_inject is there" modprobe aer_inject
	ok "a first fault" raise_iommu_fault device=$device
	# The log's ring is full from then on.
	storm_aer 5000
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
