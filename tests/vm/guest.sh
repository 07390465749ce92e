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
