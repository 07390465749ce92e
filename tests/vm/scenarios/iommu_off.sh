# shellcheck shell=bash disable=SC2034
# Proves: if the kernel has left VT-d off, the module loads and reports what to do about it.
VM_CPUS=1
VM_APPEND="intel_iommu=off intremap=off"
VM_FILES="jq"

guest() {
	ok "the module loads" load_faultcast
	is "VT-d is unavailable, with the reason" \
		"$(faultcastctl --json status | jq -c '.module.probes[0] | [.name, .state, .reason]')" \
		'["vtd","PROBE_STATE_UNAVAILABLE","VT-d is there but off (intel_iommu=on turns it on)"]'
	ok "inject works" faultcastctl inject
	ok "the law holds" law_holds
	ok "the module unloads" unload_faultcast
}
