# shellcheck shell=bash disable=SC2034
# Proves: concurrent activities of the module have no conflict in locks, contexts or memory. There
# are faults of VT-d, of report_iommu_fault() and of AER on both CPUs, injected ones, drivers that
# bind, cards that are removed and added, dumps, settings and listeners. The law of conservation
# holds afterwards.
VM_CPUS=2
VM_TIMEOUT=300
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x6 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_MODULES="aer_inject e1000e"
VM_FILES="curl jq"

rounds=2
things="vtd_faults iommu_faults aer_report card_comes_and_goes inject all_of_all configure listen scrape"
rogues="0000:00:04.0 0000:00:06.0"
card=0000:01:00.0

# again COMMAND...: repeats it until the end, with pauses for the others. The number of successes is
# left in a file with the command's name.
again() {
	done_n=0
	while [ ! -e /tmp/end ]; do
		if "$@" >/dev/null 2>&1; then
			done_n=$((done_n + 1))
		fi
		echo $done_n >"/tmp/again.$1"
		sleep 1
	done
}

# Alternates between no limits, so that all is published, and low limits, so that most is
# suppressed.
configure() {
	faultcastctl config --rate 0 --host-rate 0
	sleep 0.5
	faultcastctl config --rate 10 --burst 4 --host-rate 20 &&
		faultcastctl config --device $card --rate 1 && faultcastctl config --device $card --default
}

vtd_faults() {
	# shellcheck disable=SC2086 # a list
	rogue mixed $rogues count=200 parallel=1
}

iommu_faults() {
	for cpu in 0 1; do
		echo "device=0000:00:04.0 count=500 burst=50" |
			taskset $((1 << cpu)) tee /sys/kernel/debug/iommu_raise/raise
	done
}

aer_report() {
	aer 1 0 0 0 0x1040
}

driver_comes_and_goes() {
	echo $card >/sys/bus/pci/drivers/e1000e/unbind
	echo $card >/sys/bus/pci/drivers/e1000e/bind
}

card_comes_and_goes() {
	echo 1 >/sys/bus/pci/devices/$card/remove
	sleep 1
	echo 1 >/sys/bus/pci/rescan
	wait_for 10 test -e /sys/bus/pci/drivers/e1000e/$card
	driver_comes_and_goes
}

inject() {
	dumpnl inject 100 30
}

all_of_all() {
	dumpnl events && dumpnl devices && faultcastctl status
}

listen() {
	timeout 1 faultcastctl tail
	test $? -eq 143
}

scrape() {
	fetch "/v1/events?follow=1" -N -m 1
	fetch /metrics -f && fetch /v1/devices -f
}

# For use with wait_for.
each_took_place() {
	for thing in $things; do
		echo "$thing $(cat "/tmp/again.$thing")"
		[ "$(cat "/tmp/again.$thing")" -ge $rounds ] || return
	done
}

guest() {
	modprobe aer_inject
	modprobe e1000e
	raise_iommu_fault device=0000:00:04.0
	ok "the module loads" load_faultcast history=2048 queue=256
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	for thing in $things; do
		again "$thing" &
	done
	sleep 1
	ok "all at once, each $rounds times and more" wait_for 200 each_took_place
	ok "the module answers" faultcastctl status
	touch /tmp/end
	for thing in $things; do
		diag "$thing $(cat "/tmp/again.$thing")"
	done
	stop_exporter
	wait
	faultcastctl config --rate 0 --host-rate 0
	ok "the law holds" law_holds
	diag "$(head -n 1 /tmp/law)"
	faultcastctl --json devices >/host/devices
	ok "the module unloads" unload_faultcast
}

host() {
	ok "many were suppressed" test "$(jq '[.devices[].suppressed // 0 | tonumber] | add' devices)" -gt 100
	ok "many were published" test "$(jq '[.devices[].published // 0 | tonumber] | add' devices)" -gt 100
	ok "the card is of many generations" \
		test "$(jq ".devices[] | select(.address.name == \"$card\") | .identity.generation" devices)" -gt 2
}
