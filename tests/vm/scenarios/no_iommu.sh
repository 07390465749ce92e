# shellcheck shell=bash disable=SC2034
# Proves: on a machine without an IOMMU the module still loads. It reports that VT-d is unavailable,
# with the reason. Everything else works.
VM_CPUS=1
VM_IOMMU="pci-testdev"
VM_FILES="curl jq"

guest() {
	ok "the module loads" load_faultcast
	is "no probe of an IOMMU is active" \
		"$(faultcastctl --json status | jq -c '.module.probes[:2][] | [.name, .state, .reason]')" \
		'["vtd","PROBE_STATE_UNAVAILABLE","no ACPI DMAR table: this machine has no VT-d"]
["iommu","PROBE_STATE_UNAVAILABLE","no device has an IOMMU whose driver calls report_iommu_fault()"]'
	like "faultcastctl's table has the reason" "$(faultcastctl status)" '^vtd +unavailable +- +no ACPI DMAR table'
	like "the kernel log has the reason" "$(dmesg)" 'faultcast: vtd: unavailable: no ACPI DMAR table'
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "probe_up of VT-d is 0" "$(metric 'faultcast_probe_up{probe="vtd"}')" 0
	is "probe_up of the other probe too" "$(metric 'faultcast_probe_up{probe="iommu"}')" 0
	ok "inject works" faultcastctl inject
	ok "the injected event is counted" wait_for 5 metric_is faultcast_synthetic_events_total 1
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
