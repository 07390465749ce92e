# shellcheck shell=bash disable=SC2034
# Proves: an event names the device as it was when it faulted: ids, driver, slot and serial number.
# A removed device keeps its identity, and a device that takes its place is a new generation.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0,id=card,mac=52:54:00:12:34:56"
VM_MODULES="e1000e"
VM_FILES="jq build/san/faultcastctl:bin/faultcastctl"

plain=0000:00:04.0
card=0000:01:00.0

# fault DEVICE: raises one fault. Prints the number of its event.
fault() {
	raise_iommu_fault device="$1" count=1 base=0x1000 >/dev/null
}

# event_of DEVICE N JQ: a value of the device's Nth event.
event_of() {
	faultcastctl --json tail --all --once | jq -c "select(.event.device.name == \"$1\") | .event | $3" |
		sed -n "$2p"
}

# device_of DEVICE JQ: a value of the device.
device_of() {
	faultcastctl --json devices | jq -c ".devices[] | select(.address.name == \"$1\") | $2"
}

# slot_of DEVICE: the name of its physical slot in sysfs.
slot_of() {
	grep -l "^${1%.*}$" /sys/bus/pci/slots/*/address | cut -d/ -f6
}

serial_is_known() {
	[ "$(event_of $card 1 '.identity.serial.value')" = "\"$(printf '%u' 0x525400ffff123456)\"" ]
}

guest() {
	ok "the module loads" load_faultcast
	fault $plain
	fault $card
	ok "the law holds" law_holds
	is "ids of a device" "$(event_of $plain 1 '[.identity.vendorId, .identity.deviceId, .generation, .identityLate]')" \
		"[32902,4617,1,false]"
	is "without a driver and a serial number" "$(event_of $plain 1 '[.identity.driver, .identity.serial]')" '["",null]'
	is "ids of the card" \
		"$(event_of $card 1 '[.identity.vendorId, .identity.deviceId, .identity.classCode]')" "[32902,4307,131072]"
	is "its slot" "$(event_of $card 1 '.identity.physicalSlot')" "\"$(slot_of $card)\""
	ok "its serial number, which is read in the background" wait_for 30 serial_is_known
	is "devices has the same" "$(device_of $card '.identity')" "$(event_of $card 1 '.identity')"

	ok "a driver binds" modprobe e1000e
	wait_for 10 test -e /sys/bus/pci/drivers/e1000e/$card
	fault $card
	is "the device is a new generation" "$(event_of $card 2 '[.generation, .identity.driver]')" '[2,"e1000e"]'
	is "the event before keeps its generation" "$(event_of $card 1 '[.generation, .identity.driver]')" '[1,""]'

	ok "the card is removed" sh -c "echo 1 >/sys/bus/pci/devices/$card/remove"
	is "faultcastctl devices shows that" "$(device_of $card '[.present, .identity.deviceId]')" '[false,4307]'
	is "its events still name it" "$(event_of $card 2 '.identity.deviceId')" 4307
	ok "and is found again" sh -c "echo 1 >/sys/bus/pci/rescan"
	wait_for 10 test -e /sys/bus/pci/drivers/e1000e/$card
	fault $card
	is "the card is a later generation" "$(event_of $card 3 '[.generation > 2, .identity.driver]')" '[true,"e1000e"]'
	is "the card is present" "$(device_of $card '.present')" true
	faultcastctl devices
	ok "the law holds in the end" law_holds

	ok "a fault of a requester that is no device" faultcastctl inject --device 0000:7f:00.0
	sleep 0.5
	is "its event has no identity" "$(event_of 0000:7f:00.0 1 '[.generation, .identity]')" '[0,null]'
	ok "the module unloads" unload_faultcast
	ok "the module loads without serial numbers" load_faultcast noserial=1
	fault $plain
	sleep 1
	is "then no device has one" "$(faultcastctl --json devices | jq -c '[.devices[].identity.serial] | unique')" "[null]"
	ok "the module unloads again" unload_faultcast
}
