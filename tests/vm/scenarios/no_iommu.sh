# shellcheck shell=bash disable=SC2034,SC2154
# Proves: on a machine without an IOMMU the module still loads. It reports that the probe
# for refused DMA is unavailable, with the reason. Everything else works.
VM_CPUS=1
VM_IOMMU="pci-testdev"
VM_FILES="curl jq"

guest() {
	reason="no ACPI DMAR table: this machine has no VT-d"
	[ "$VM_ARCH" = amd64 ] || reason="this machine has no SMMUv3 with the driver arm-smmu-v3"
	ok "the module loads" load_faultcast
	is "no probe of an IOMMU is active" \
		"$(faultcastctl --json status | jq -c --arg dma "$dma_probe" '.module.probes[] |
			select(.name == ($dma, "iommu")) | [.name, .state, .reason]' | sort -r)" \
		"[\"$dma_probe\",\"PROBE_STATE_UNAVAILABLE\",\"$reason\"]
[\"iommu\",\"PROBE_STATE_UNAVAILABLE\",\"no device has an IOMMU whose driver calls report_iommu_fault()\"]"
	like "faultcastctl's table has the reason" "$(faultcastctl status)" "^$dma_probe +unavailable +- +$reason"
	like "the kernel log has the reason" "$(dmesg)" "faultcast: $dma_probe: unavailable: $reason"
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	is "probe_up of the DMA probe is 0" "$(metric "faultcast_probe_up{probe=\"$dma_probe\"}")" 0
	is "probe_up of the other probe too" "$(metric 'faultcast_probe_up{probe="iommu"}')" 0
	ok "inject works" faultcastctl inject
	ok "the injected event is counted" wait_for 5 metric_is faultcast_synthetic_events_total 1
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
