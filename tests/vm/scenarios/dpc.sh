# shellcheck shell=bash disable=SC2034
# Proves: each containment by DPC is an event of the port, with the trigger and the status that the
# port's register has. If a device below the port sent the error, it has an event too, and each event
# names the other device. A source that is not below the port is not believed. The probe reads at
# most two registers, and none in an interrupt or of a port without the capability. No QEMU emulates
# DPC: port_raise.ko is a stand-in for the port and calls the kernel's own function.
VM_CPUS=1
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

port=0000:00:05.0
card=0000:01:00.0
stand_in=/sys/kernel/debug/port_raise/dpc

# contain STATUS SOURCE CAPABILITY [irq]: a containment of the port.
contain() {
	echo "$port $*" >$stand_in
}

# reads_of STATUS SOURCE: how many registers one containment reads.
reads_of() {
	reads_before=$(cat $stand_in)
	contain "$1" "$2" 1
	echo $(($(cat $stand_in) - reads_before))
}

# containments: the events, one on each line: DEVICE TRIGGER STATUS RELATED
containments() {
	faultcastctl --json tail --all --once | jq -r '.event | select(.kind == "KIND_DPC") |
		"\(.device.name) \(.dpc.trigger | ltrimstr("DPC_TRIGGER_")) \(.dpc.status // 0) \(.related.name // "-")"'
}

# count DEVICE: the value of the counter.
count() {
	metric "faultcast_device_faults_total{device=\"$1\",kind=\"dpc\"}"
}

guest() {
	ok "the stand-in loads" insmod /lib/port_raise.ko
	if [ ! -e $stand_in ]; then
		skip "containments" "this kernel has no DPC"
		return
	fi
	own_fatal=$(reads_of 0x5 0x0100)
	own_other=$(reads_of 0x7 0x0100)
	ok "the module loads" load_faultcast
	is "without a port that has DPC the probe is not active" "$(faultcastctl --json status |
		jq -c '.module.probes[] | select(.name == "dpc") | [.state, .reason]')" \
		'["PROBE_STATE_UNAVAILABLE","no port has containment that the kernel (driver dpc) or firmware (EDR) handles"]'
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	show_probes

	is "the probe reads two registers" "$(reads_of 0x5 0x0100)" $((own_fatal + 2))
	is "if no source is valid, it reads one" "$(reads_of 0x7 0x0100)" $((own_other + 1))
	ok "an uncorrectable error of the port" contain 0x1 0x0100 1
	ok "ERR_NONFATAL of the card" contain 0x3 0x0100 1
	ok "ERR_FATAL of a function that does not exist" contain 0x5 0x0107 1
	ok "ERR_FATAL of a device that is not below the port" contain 0x5 0x4200 1
	ok "ERR_FATAL of the port itself" contain 0x5 0x0028 1
	ok "a software trigger" contain 0x27 0 1
	ok "a reserved trigger" contain 0x47 0 1
	ok "the highest first error of a root port's request" contain 0x1f07 0 1
	ok "a port that does not answer" contain 0xffff 0xffff 1
	ok "a containment in an interrupt" contain 0x5 0x0100 1 irq
	ok "a port without the capability" contain 0x5 0x0100 0
	ok "the law holds" law_holds
	containments >/tmp/events
	cat >/tmp/expected <<-END
		$port FATAL 5 $card
		$card FATAL 5 $port
		$port RP_PIO 7 -
		$port UNCORRECTABLE 1 -
		$port NONFATAL 3 $card
		$card NONFATAL 3 $port
		$port FATAL 5 0000:01:00.7
		0000:01:00.7 FATAL 5 $port
		$port FATAL 5 -
		$port FATAL 5 -
		$port SOFTWARE 39 -
		$port OTHER 71 -
		$port RP_PIO 7943 -
		$port OTHER 65535 -
		$port OTHER 0 -
		$port OTHER 0 -
	END
	same "each containment is an event of the port, and of its source" /tmp/events /tmp/expected
	is "those of the port are counted" "$(count $port)" 13
	is "those of the card too" "$(count $card)" 2
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
	is "afterwards nothing more is read" "$(reads_of 0x5 0x0100)" "$own_fatal"
	ok "the stand-in unloads" rmmod port_raise
}
