# shellcheck shell=sh
# Functions for a scenario's guest(), beside lib.sh. They run in the guest, in busybox sh. /host is
# the run's directory on the host. Files left there are in the working directory of host().

# The guest's architecture, as on the host. Scenarios read it.
# shellcheck disable=SC2034
VM_ARCH=amd64
[ "$(uname -m)" != aarch64 ] || VM_ARCH=arm64

# load_faultcast PARAM=VALUE...: inserts the module under test. It fails if a parameter does not
# exist, because the kernel only logs that, and the scenario would then prove something else.
load_faultcast() {
	insmod /lib/faultcast.ko "$@" || return
	! dmesg | grep "faultcast: unknown parameter"
}

unload_faultcast() {
	rmmod faultcast
}

# raise_iommu_fault WORD...: reports faults through the mock module and prints its totals. For the
# words see iommu_raise.c.
raise_iommu_fault() {
	[ -d /sys/module/iommu_raise ] || insmod /lib/iommu_raise.ko || return
	echo "$*" >/sys/kernel/debug/iommu_raise/raise || return
	cat /sys/kernel/debug/iommu_raise/raise
}

# The probe that sees refused DMA on this machine.
# shellcheck disable=SC2034
dma_probe=vtd
[ $VM_ARCH = amd64 ] || dma_probe=smmuv3

# fault DEVICE read|write COUNT: so many faults, one at a time. One DMA of i82559er makes several events
# of an SMMU, so the mock reports the faults there.
fault() {
	if [ $VM_ARCH = arm64 ]; then
		raise_iommu_fault device="$1" flags="$([ "$2" = read ]; echo $?)" count="$3"
	else
		rogue "$2" "$1" count="$3" gap_us=20000
	fi
}

# aer BUS DEVICE FUNCTION UNCORRECTABLE CORRECTABLE: injects an error report with a TLP header, as
# struct aer_error_inj of the kernel's aer_inject. Needs aer_inject in VM_MODULES and its modprobe.
aer() {
	# shellcheck disable=SC2059 # the words are the format
	printf "$(printf '\\%03o' "$1" "$2" "$3" 0)$(dword "$4")$(dword "$5")$(dword 0x4a000001)$(
		dword 0x01020304)$(dword 0x05060708)$(dword 0x090a0b0c)$(dword 0)" >/dev/aer_inject
}

# dword N: N in little-endian, as escapes for printf.
dword() {
	printf '\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# cpu_ns: prints "BUSY NOW", the nanoseconds in which CPU 0 was not idle so far, and the time. Both
# are exact, unlike /proc/stat. In a machine with -icount shift=0, BUSY counts instructions.
cpu_ns() {
	awk '/^now at/ {now = $3} /idle_sleeptime|iowait_sleeptime/ {idle += $3}
		END {printf "%.0f %.0f\n", now - idle, now}' /proc/timer_list
}

# qmp JSON: lets QEMU execute a QMP command such as device_add. Prints the answer, fails on an
# error.
qmp() {
	printf 'qmp %s\n' "$1" >&3
	# shellcheck disable=SC3045 # busybox has -t
	read -r -t 20 qmp_answer <&3 || return 1
	printf '%s\n' "$qmp_answer"
	case $qmp_answer in
	'{"return"'*) return 0 ;;
	esac
	return 1
}

# The counters of the law of conservation, one line for the total and one for each slot: NAME raised
# published suppressed lost queued. The total also has head and summaries. Needs jq in VM_FILES.
law_counters() {
	faultcastctl --json status | jq -r '.module | ["total", .raised, .published, .suppressed,
		.lost, .queued, .head, .summaries] | map(. // 0) | join(" ")' || return
	faultcastctl --json devices | jq -r '.devices[] | [.address.name, .raised, .published,
		.suppressed, .lost, 0] | map(. // 0) | join(" ")'
}

# Whether nothing is queued, and nothing has changed since the last call.
law_quiet() {
	mv /tmp/law /tmp/law.before 2>/dev/null
	law_counters >/tmp/law && cmp -s /tmp/law /tmp/law.before && grep -q '^total [0-9 ]*$' /tmp/law &&
		[ "$(awk '$1 == "total" {print $6}' /tmp/law)" = 0 ]
}

# Waits until all is quiet, then checks the law of conservation: raised = published + suppressed +
# lost + queued, in total and for each slot; head = published + summaries; the slots add up to the
# total.
law_holds() {
	rm -f /tmp/law
	wait_for 10 law_quiet || {
		echo "the counters do not come to rest:"
		cat /tmp/law
		return 1
	}
	cat /tmp/law
	awk '
		$2 != $3 + $4 + $5 + $6 { print $1 ": raised is not the sum"; broken = 1 }
		$1 == "total" { split($0, total); if ($7 != $3 + $8) { print "head"; broken = 1 } }
		$1 != "total" { for (i = 2; i <= 5; i++) sum[i] += $i }
		END {
			for (i = 2; i <= 5; i++)
				if (sum[i] != total[i]) { print "slots: column " i; broken = 1 }
			exit broken
		}' /tmp/law
}

# start_exporter FLAG...: starts the exporter as $exporter in the background, with its log in
# /host/exporter.log.
start_exporter() {
	FAULTCAST_METRICS_SERIAL=true faultcast_exporter "$@" 2>>/host/exporter.log &
	exporter=$!
}

# stop_exporter: ends it. Fails if its exit status is not 0 or a sanitizer has reported something.
# The sanitized exporter reports leaks at its end.
stop_exporter() {
	kill "$exporter"
	exporter_status=0
	wait "$exporter" || exporter_status=$?
	echo "exit status $exporter_status"
	! grep -E 'Sanitizer|runtime error:' /host/exporter.log && [ $exporter_status -eq 0 ]
}

# fetch PATH [CURL-FLAG...]: the exporter's answer.
fetch() {
	fetch_path=$1
	shift
	curl -sS -m 20 "$@" "http://127.0.0.1:10186$fetch_path"
}

# fetch_events [PARAMETERS]: the events and gaps of /v1/events?PARAMETERS as JSON, without health
# changes.
fetch_events() {
	fetch "/v1/events?$1" | grep -v '^{"cursor":"[^"]*","health":'
}

# exporter_ready: for use with wait_for.
exporter_ready() {
	fetch /-/ready -f
}

# show_probes: prints the state of each probe, for the table of tests/matrix.
show_probes() {
	faultcastctl --json status | jq -r '.module.probes[] | "probe \(.name) \(
		.state | ltrimstr("PROBE_STATE_") | ascii_downcase)\(
		if .state != "PROBE_STATE_ACTIVE" then ": " + .reason
		elif .exact then ", exact" else ", lower bound: " + .reason end)"' |
		while read -r line; do diag "$line"; done
}

# metric SERIES: its value, or nothing if it is absent.
metric() {
	fetch /metrics | awk -v series="$1" '$1 == series {print $2}'
}

# metric_is SERIES VALUE: for use with wait_for.
metric_is() {
	metric_now=$(metric "$1")
	echo "$1 is $metric_now"
	[ "$metric_now" = "$2" ]
}

# all_events: the retained DMA and interrupt-remapping faults, one on each line: SEQ DEVICE ACCESS
# ADDRESS REASON [synthetic]. From DEVICE on, the format is that of hardware_faults.
all_events() {
	faultcastctl tail --all --once | event_lines
}
