# shellcheck shell=bash disable=SC2034
# Proves: the module is loaded only once, even if several processes try at the same time. It may be
# loaded before the devices exist. A card that is added later, by hotplug or by a rescan, is known
# from its first fault on.
VM_ONLY="amd64 one DMA is one fault there"
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x5,slot=7"
# Uses the port's own hotplug instead of the firmware's.
VM_ARGS="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
VM_FILES="jq"

early=0000:00:04.0
card=0000:01:00.0

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1 // 0"
}

# event_of DEVICE N JQ: a value of the device's Nth event.
event_of() {
	faultcastctl --json tail --all --once | jq -c -s "map(select(.event.device.name == \"$1\").event)[$2 - 1] | $3"
}

guest() {
	twice
	at_once
	hotplugged
	rescanned
	ok "the module unloads" unload_faultcast
}

twice() {
	ok "the module loads" load_faultcast rate=0
	instance=$(number instance)
	ok "a fault" rogue read $early gap_us=20000
	like "a second load fails because the module exists" "$(insmod /lib/faultcast.ko rate=1 2>&1)" 'File exists'
	is "the first is still there" "$(number instance) $(number rate)" "$instance 0"
	ok "it still sees faults" rogue read $early gap_us=20000
	ok "the law holds" law_holds
	is "two events were published" "$(number published)" 2
	ok "the module goes" unload_faultcast
}

# loads: how often the module has attached its probes.
loads() {
	dmesg | grep -c 'faultcast: vtd: active'
}

# Repeats the race several times. Later loads fail. Since Linux 6.5, which treats concurrent loads
# of one file as one, they succeed together with the first.
at_once() {
	rounds=0 successes=0 before=$(loads)
	while [ $rounds -lt 5 ]; do
		rounds=$((rounds + 1))
		for n in 1 2 3; do
			insmod /lib/faultcast.ko 2>/tmp/insmod.$n &
			eval "insmod$n=\$!"
		done
		for n in 1 2 3; do
			eval "wait \$insmod$n" && successes=$((successes + 1))
		done
		{ dumpnl inject 1 && law_holds && unload_faultcast; } || break
	done
	cat /tmp/insmod.*
	diag "$successes of 15 loads succeeded"
	is "of three loads at once one is the module, each time" "$rounds $(($(loads) - before))" "5 5"
	ok "each round had one successful load" test $successes -ge 5
}

hotplugged() {
	ok "the module is there first" load_faultcast rate=0
	ok "a card is plugged in" qmp \
		'{"execute":"device_add","arguments":{"driver":"i82559er","id":"card","bus":"rp0"}}'
	ok "it is found" wait_for 20 test -e /sys/bus/pci/devices/$card
	ok "a fault of it" rogue read "$card" gap_us=20000
	ok "the law holds for it" law_holds
	is "is known by its identity, not late" \
		"$(event_of $card 1 '[.generation, .identityLate, .identity.vendorId, .identity.deviceId]')" \
		'[1,false,32902,4617]'
	like "its identity is the one of its slot" "$(event_of $card 1 .identity.physicalSlot)" '"7'
}

# Removes both devices, and the card behind the port, and lets the kernel find them again.
rescanned() {
	for device in $early 0000:00:05.0; do
		echo 1 >/sys/bus/pci/devices/"$device"/remove
	done
	ok "they are gone" test ! -e /sys/bus/pci/devices/$early -a ! -e /sys/bus/pci/devices/$card
	ok "the module goes" unload_faultcast
	ok "the module loads before the devices" load_faultcast rate=0
	echo 1 >/sys/bus/pci/rescan
	ok "they are found" wait_for 20 test -e /sys/bus/pci/devices/$early -a -e /sys/bus/pci/devices/$card
	for device in $early $card; do
		ok "a fault of $device" rogue read "$device" gap_us=20000
		ok "the law holds with $device" law_holds
		is "$device is known, not late" "$(event_of "$device" 1 '[.generation, .identityLate, .identity.deviceId]')" \
			'[1,false,4617]'
	done
}

host() {
	is "the hardware recorded them all" "$(hardware_faults | wc -l)" 5
}
