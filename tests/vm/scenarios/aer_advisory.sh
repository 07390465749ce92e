# shellcheck shell=bash disable=SC2034
# Proves: an advisory non-fatal error, for which newer kernels make two reports, is one corrected
# event and no non-fatal one. A real non-fatal error beside it is not hidden.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_MODULES="aer_inject"
VM_FILES="jq"

card=0000:01:00.0

# events: the AER events, as "SEVERITY STATUS" in lines.
events() {
	faultcastctl --json tail --all --once |
		jq -r 'select(.event.kind == "KIND_AER") | .event.aer | "\(.severity) \(.status)"'
}

# has_events N: for use with wait_for.
has_events() {
	[ "$(events | wc -l)" -ge "$1" ]
}

# reports: the number of reports that the kernel has made of the card, by its own statistics.
reports() {
	cat /sys/bus/pci/devices/$card/aer_dev_correctable /sys/bus/pci/devices/$card/aer_dev_nonfatal |
		awk '/^TOTAL_/ {sum += $2} END {print sum + 0}'
}

# reports_are N: for use with wait_for.
reports_are() {
	reports
	[ "$(reports)" = "$1" ]
}

guest() {
	# The bit Advisory Non-Fatal Error is masked after a reset (PCIe 6.0 7.8.4.6).
	ok "aer_inject is there" modprobe aer_inject aer_mask_override=1
	ok "the module loads" load_faultcast
	before=$(reports)
	# Unsupported Request, and Advisory Non-Fatal Error as a corrected one.
	ok "an advisory error of the card" aer 1 0 0 0x100000 0x2000
	if ! wait_for 10 reports_are $((before + 2)) || ! events | grep -q CORRECTED; then
		skip "one advisory error is one event" "this kernel makes no second report"
		ok "the module unloads" unload_faultcast
		return
	fi
	ok "the law holds" law_holds
	is "one advisory error is one event" "$(events)" "SEVERITY_CORRECTED 8192"

	# MC Blocked TLP is never an advisory error.
	ok "an advisory error and a real one" aer 1 0 0 0x800000 0x2000
	ok "both are reported" wait_for 10 has_events 3
	is "both are events" "$(events | tail -n 2)" "SEVERITY_CORRECTED 8192
SEVERITY_NONFATAL 8388608"
	ok "the law still holds" law_holds
	ok "the module unloads" unload_faultcast
}
