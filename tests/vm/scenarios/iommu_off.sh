# shellcheck shell=bash disable=SC2034
# Proves: if the kernel has left VT-d off, the module loads and reports what to do about it. The
# same holds for AER that the kernel does not handle, although ports and cards have it.
VM_ONLY="amd64 it switches VT-d off"
VM_CPUS=1
VM_APPEND="intel_iommu=off intremap=off pci=noaer"
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0"
VM_FILES="jq"

guest() {
	ok "the module loads" load_faultcast
	is "VT-d is unavailable, with the reason" \
		"$(faultcastctl --json status | jq -c '.module.probes[0] | [.name, .state, .reason]')" \
		'["vtd","PROBE_STATE_UNAVAILABLE","VT-d is there but off (intel_iommu=on turns it on)"]'
	is "no unit is reported" "$(dumpnl status | grep -c ^unit)" 0
	is "AER is unavailable, with the reason" \
		"$(faultcastctl --json status | jq -c '.module.probes[] | select(.name == "aer") | [.state, .reason]')" \
		'["PROBE_STATE_UNAVAILABLE","neither the kernel (driver aer) nor firmware (GHES) reports errors of any port"]'
	like "the kernel's log says so" "$(dmesg)" 'faultcast: aer: unavailable: neither the kernel'
	ok "inject works" faultcastctl inject
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
}
