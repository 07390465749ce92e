# shellcheck shell=bash disable=SC2034
# Proves: each change of a slot that the kernel handles, and no other, is an event of the port, in
# the kernel's order: its log is the truth. A kernel with the tracepoint (7.0 and later) is exact.
# Before, the probe observes the driver pciehp and is a lower bound. Changes of links are events on a
# kernel with the tracepoint. On others the probe is unavailable and says why.
VM_CPUS=1
# A slot without a power controller keeps its card when the kernel turns the slot off.
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7
	pcie-root-port,id=rp1,addr=0x6,slot=8,power_controller_present=off e1000e,bus=rp1"
# Uses the port's own hotplug instead of the firmware's, because its driver is what is observed.
VM_ARGS="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

port=0000:00:05.0
card=0000:01:00.0
other_port=0000:00:06.0
other_card=0000:02:00.0
stand_in=/sys/kernel/debug/port_raise/hotplug

# probe NAME FIELD: a field of the probe in the module's status.
probe() {
	faultcastctl --json status | jq -r ".module.probes[] | select(.name == \"$1\") | .$2"
}

# link_events PORT EVENT: the value of the metric.
link_events() {
	metric "faultcast_link_events_total{device=\"$1\",event=\"$2\"}"
}

has_tracepoint() {
	grep -q " __tracepoint_$1\$" /proc/kallsyms
}

# has_event JQ: for use with wait_for.
has_event() {
	faultcastctl --json tail --all --once | jq -e -s "map(.event) | any($1)"
}

# changes: the events of all slots.
changes() {
	faultcastctl --json tail --all --once | jq -r ".event | select(.kind == \"KIND_HOTPLUG\") |
		\"\(.device.name) \(.hotplug.event)\""
}

# handled: what the kernel says that it handles, in the form of changes().
handled() {
	dmesg | sed -nE 's/.* (0000:00:0[56].0): pciehp: Slot\([78]\): (Card present|Card not present|Link Up|Link Down)$/\1 \2/p' |
		while read -r handled_port handled_change; do
			echo "$handled_port SLOT_EVENT_$(echo "$handled_change" | tr '[:lower:] ' '[:upper:]_')"
		done
}

# settled: whether there are as many events as the kernel has handled, for use with wait_for.
settled() {
	[ "$(changes | wc -l)" -ge "$(handled | wc -l)" ]
}

expect_probes() {
	show_probes
	is "hotplug is active" "$(probe hotplug state)" PROBE_STATE_ACTIVE
	if has_tracepoint pci_hp_event; then
		is "hotplug is exact" "$(probe hotplug exact)" true
	else
		is "hotplug says why it is a lower bound" "$(probe hotplug '| [.exact // false, .reason] | join(" ")')" \
			"false before Linux 7.0 the state of a slot can only be inferred"
	fi
	if has_tracepoint pcie_link_event; then
		is "link is active" "$(probe link state)" PROBE_STATE_ACTIVE
		return
	fi
	is "link is unavailable" "$(probe link state)" PROBE_STATE_UNAVAILABLE
	is "link says why" "$(probe link reason)" "this kernel has no tracepoint pci:pcie_link_event"
	is "link is down as a metric" "$(metric 'faultcast_probe_up{probe="link"}')" 0
}

guest() {
	ok "the stand-in loads" insmod /lib/port_raise.ko
	clear_log
	ok "the module loads" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	expect_probes
	plug
	swap
	pull
	ok "the law holds" law_holds
	ok "the events settle" wait_for 5 settled
	handled >/tmp/handled
	changes >/tmp/changes
	same "each change that the kernel has handled is an event, in its order" /tmp/changes /tmp/handled
	is "each is counted" "$(link_events $other_port link_down) $(link_events $other_port card_not_present) $(
		link_events $other_port card_present) $(link_events $other_port link_up)" "2 2 3 3"
	is "no hit was missed" "$(metric faultcast_probe_missed_total)" 0
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}

plug() {
	ok "a card is plugged in" qmp \
		'{"execute":"device_add","arguments":{"driver":"e1000e","id":"card","bus":"rp0"}}'
	ok "it is found" wait_for 15 test -e /sys/bus/pci/devices/$card
	ok "the port has an event" wait_for 5 has_event \
		".device.name == \"$port\" and .hotplug.event == \"SLOT_EVENT_CARD_PRESENT\""
	if has_tracepoint pcie_link_event; then
		ok "the port's link has an event" wait_for 5 has_event \
			".kind == \"KIND_LINK\" and .device.name == \"$port\""
		ok "the link's events are counted" test "$(link_events $port link_changed)" -ge 1
	fi
}

# tell PORT EVENTS: the port's driver is told that its slot has changed.
tell() {
	echo "$1 $2" >$stand_in
}

# As the card is there, the slot is turned on again.
swap() {
	ok "the link of another slot changes" tell $other_port 0x100
	ok "its card changes" tell $other_port 0x8
	ok "both change" tell $other_port 0x108
	ok "the other card is there" wait_for 15 test -e /sys/bus/pci/devices/$other_card
}

# QEMU takes the card away when the kernel switches the slot's power off.
pull() {
	ok "the card is pulled" tell $port 0x108
	ok "the card is gone" wait_for 20 test ! -e /sys/bus/pci/devices/$card
	ok "nothing changes in an empty slot" sh -c "sleep 3; echo $port 0x108 >$stand_in"
	faultcastctl tail --all --once
}
