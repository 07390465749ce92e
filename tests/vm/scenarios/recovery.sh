# shellcheck shell=bash disable=SC2034
# Proves: each step of the kernel's recovery of a device from an error is an event of the device. A
# recovery that the driver takes part in begins and succeeds. One without a driver begins and fails.
# The errors come through the real AER driver, and the kernel's log is the truth. The driver is that
# of port_raise.ko.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_MODULES="aer_inject"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

card=0000:01:00.0

# steps: the events, one on each line: DEVICE STEP
steps() {
	faultcastctl --json tail --all --once | jq -r '.event | select(.kind == "KIND_RECOVERY") |
		"\(.device.name) \(.recovery.step | ltrimstr("RECOVERY_STEP_"))"'
}

# outcomes: how the recoveries have ended, by the kernel's own words.
outcomes() {
	dmesg | sed -nE 's/.*device recovery (successful|failed)$/\1/p' | xargs
}

# ended N: whether the kernel has ended N recoveries, for use with wait_for.
ended() {
	[ "$(outcomes | wc -w)" -ge "$1" ]
}

# expected_steps: what the kernel's words mean. The driver gives up in the third recovery.
expected_steps() {
	outcomes | tr ' ' '\n' | awk -v card=$card '
		{ print card, NR == 3 ? "FAILED" : "BEGUN"; print card, $1 == "failed" ? "FAILED" : "RECOVERED" }'
}

bind() {
	echo port_raise >/sys/bus/pci/devices/$card/driver_override
	echo $card >/sys/bus/pci/drivers_probe
	[ -e /sys/bus/pci/drivers/port_raise/$card ]
}

# recover WHAT VOTE ERROR: an uncorrectable error of the card, and the end of the recovery.
recover() {
	recover_n=$(($(outcomes | wc -w) + 1))
	[ ! "$2" ] || echo "$2" >/sys/module/port_raise/parameters/vote
	ok "$1: an error" aer 1 0 0 "$3" 0
	ok "$1: the recovery ends" wait_for 30 ended $recover_n
}

guest() {
	ok "aer_inject is there" modprobe aer_inject
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	show_probes
	is "the probe is active" "$(faultcastctl --json status |
		jq -c '.module.probes[] | select(.name == "recovery") | [.state, .exact]')" '["PROBE_STATE_ACTIVE",true]'

	ok "the card's driver loads" insmod /lib/port_raise.ko
	ok "a correctable error" aer 1 0 0 0 0x40
	ok "the driver is bound" bind
	recover "a driver that can recover" 2 0x1000
	recover "a driver that needs a reset" 3 0x1000
	recover "a driver that gives up" 4 0x1000
	ok "the driver is unbound" rmmod port_raise
	recover "no driver" "" 0x1000
	recover "no driver and a fatal error" "" 0x40000
	# Newer kernels reset the card in the second recovery, which QEMU's port does not survive.
	like "the kernel has ended each recovery as expected" "$(outcomes)" \
		"^successful (successful|failed) failed failed failed\$"
	ok "the law holds" law_holds
	steps >/tmp/steps
	expected_steps >/tmp/expected
	same "each step is an event" /tmp/steps /tmp/expected
	is "recoveries that failed are counted as faults" "$(metric \
		"faultcast_device_faults_total{device=\"$card\",kind=\"recovery\"}")" "$(grep -c FAILED /tmp/expected)"
	faultcastctl tail --all --once
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
