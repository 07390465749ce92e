# shellcheck shell=bash disable=SC2034
# Runs in the VM that vm.t scrapes. vm.t says what both prove. Real devices raise faults for each
# probe that this kernel has. Then the guest leaves the module's own counters in /host and waits
# until the host has compared them.
VM_CPUS=1
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x6 pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_MODULES="aer_inject"
VM_FILES="curl jq"
VM_NET=1

rogue=0000:00:04.0
stormy=0000:00:06.0

guest() {
	ok "aer_inject is there" modprobe aer_inject
	ok "the module loads" load_faultcast
	start_exporter --web.listen-address=0.0.0.0:10186
	ok "the exporter is ready" wait_for 10 exporter_ready
	ok "it is scraped" wait_for 60 test -e /host/scraped
	ok "a device reads and writes what it must not" rogue mixed $rogue count=20 gap_us=20000
	ok "little is published of another one" faultcastctl config --device $stormy --rate 1 --burst 1
	ok "which faults more" raise_iommu_fault device=$stormy flags=1 count=100
	ok "a card has a correctable error" aer 1 0 0 0 0x40
	ok "its port a nonfatal one" aer 0 5 0 0x5000 0
	sleep 2
	ok "the law holds" law_holds
	for what in status devices; do
		faultcastctl --json $what >/host/$what.part && mv /host/$what.part /host/$what.json
	done
	ok "the host has looked" wait_for 60 test -e /host/done
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
