# shellcheck shell=bash disable=SC2034
# Proves: the unit tests of kmod/ (tests/vm/selftest) pass in a running kernel, with its atomics,
# interrupts on two CPUs and its PCI core. Every test has run.
VM_CPUS=2
VM_DEVICES="i82559er,addr=0x4"
VM_TIMEOUT=300

# pass_on LINE: prints a line of the test module as a check or a comment.
pass_on() {
	unit_name=${1#*ok * - }
	case $1 in
	"ok "*" # SKIP "*) skip "${unit_name%% # SKIP *}" "${1#* # SKIP }" ;;
	"ok "* | "not ok "*) is "$unit_name" "${1%% [0-9]*}" ok ;;
	"#"*) diag "${1#\# }" ;;
	esac
}

guest() {
	ok "the tests load" insmod /lib/faultcast_test.ko
	dmesg | sed -n 's/^.*faultcast_test: //p' >/host/unit
	while read -r line; do
		pass_on "$line"
	done </host/unit
	planned=$(sed -n 's/^1\.\.//p' /host/unit)
	sed -nE 's/^(not )?ok ([0-9]+) - .*/\2/p' /host/unit >/tmp/run
	is "each of the ${planned:-0} that were planned has run" "$(cat /tmp/run)" "$(seq 1 "${planned:-1}")"
	ok "the tests unload" rmmod faultcast_test
}
