# shellcheck shell=sh
# What a scenario's guest() may use beside lib.sh. Runs in the guest, in busybox sh.
# /host is the run's directory on the host: what is left there, host() finds in its cwd.

# load_faultcast PARAM=VALUE...: inserts the module under test. The kernel only logs a parameter that
# does not exist; a scenario that set one would prove something else than it says, so that fails.
load_faultcast() {
	insmod /lib/faultcast.ko "$@" || return
	! dmesg | grep "faultcast: unknown parameter"
}

unload_faultcast() {
	rmmod faultcast
}

# raise_iommu_fault WORD...: reports faults through the mock module (words: see iommu_raise.c) and
# prints its totals.
raise_iommu_fault() {
	[ -d /sys/module/iommu_raise ] || insmod /lib/iommu_raise.ko || return
	echo "$*" >/sys/kernel/debug/iommu_raise/raise || return
	cat /sys/kernel/debug/iommu_raise/raise
}

# aer BUS DEVICE FUNCTION UNCORRECTABLE CORRECTABLE: an error report by the kernel's aer_inject, as its
# struct aer_error_inj; with a TLP header. Wants aer_inject (VM_MODULES) and a modprobe of it.
aer() {
	# shellcheck disable=SC2059 # the words are the format
	printf "$(printf '\\%03o' "$1" "$2" "$3" 0)$(dword "$4")$(dword "$5")$(dword 0x4a000001)$(
		dword 0x01020304)$(dword 0x05060708)$(dword 0x090a0b0c)$(dword 0)" >/dev/aer_inject
}

# dword N: little-endian, as escapes for printf.
dword() {
	printf '\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# cpu_ns: "BUSY NOW": nanoseconds in which CPU 0 was not idle so far, and the time; exact, unlike
# /proc/stat. In a machine with -icount shift=0 the first are instructions.
cpu_ns() {
	awk '/^now at/ {now = $3} /idle_sleeptime|iowait_sleeptime/ {idle += $3}
		END {printf "%.0f %.0f\n", now - idle, now}' /proc/timer_list
}

# qmp JSON: has QEMU execute a QMP command, such as device_add; prints the answer, fails on an error.
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

# The law's counters, a line for all and a line for each slot: NAME raised published suppressed
# lost queued; and of the total also head and summaries. Needs jq (VM_FILES).
law_counters() {
	faultcastctl --json status | jq -r '.module | ["total", .raised, .published, .suppressed,
		.lost, .queued, .head, .summaries] | map(. // 0) | join(" ")' || return
	faultcastctl --json devices | jq -r '.devices[] | [.address.name, .raised, .published,
		.suppressed, .lost, 0] | map(. // 0) | join(" ")'
}

# Nothing is queued, and nothing has changed since the last look.
law_quiet() {
	mv /tmp/law /tmp/law.before 2>/dev/null
	law_counters >/tmp/law && cmp -s /tmp/law /tmp/law.before && grep -q '^total [0-9 ]*$' /tmp/law &&
		[ "$(awk '$1 == "total" {print $6}' /tmp/law)" = 0 ]
}

# The law of conservation, once all is quiet: raised = published + suppressed + lost + queued, in
# total and for every slot; head = published + summaries; and the slots add up to the total.
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

# start_exporter FLAG...: the exporter in the background as $exporter, its log in /host/exporter.log.
start_exporter() {
	faultcast_exporter "$@" 2>>/host/exporter.log &
	exporter=$!
}

# stop_exporter: ends it; fails if it does not exit with 0, or if a sanitizer complained, as the
# sanitized one does of a leak at its end.
stop_exporter() {
	kill "$exporter"
	exporter_status=0
	wait "$exporter" || exporter_status=$?
	echo "exit status $exporter_status"
	! grep -E 'Sanitizer|runtime error:' /host/exporter.log && [ $exporter_status -eq 0 ]
}

# fetch PATH [CURL-FLAG...]: what the exporter answers.
fetch() {
	fetch_path=$1
	shift
	curl -sS -m 20 "$@" "http://127.0.0.1:10186$fetch_path"
}

# fetch_events [PARAMETERS]: the events and gaps that /v1/events?PARAMETERS answers, as JSON; what it says
# of health left out.
fetch_events() {
	fetch "/v1/events?$1" | grep -v '^{"cursor":"[^"]*","health":'
}

# exporter_ready: for wait_for.
exporter_ready() {
	fetch /-/ready -f
}

# metric SERIES: its value, nothing when it is absent.
metric() {
	fetch /metrics | awk -v series="$1" '$1 == series {print $2}'
}

# metric_is SERIES VALUE: for wait_for.
metric_is() {
	metric_now=$(metric "$1")
	echo "$1 is $metric_now"
	[ "$metric_now" = "$2" ]
}

# all_events: the DMA and interrupt-remapping faults that the kernel retains, a line each: SEQ DEVICE
# ACCESS ADDRESS REASON [synthetic], from the device on as hardware_faults prints it.
all_events() {
	faultcastctl tail --all --once | awk '
		$5 == "io_page_fault" {
			reason = $8 == "reason" ? $9 : "-"
			sub(/^0x0/, "0x", reason)
			print $3, $4, $6, $7, reason ($NF == "synthetic" ? " synthetic" : "")
		}
		$5 == "interrupt_remapping" { print $3, $4, "interrupt", $7, $9 }'
}
