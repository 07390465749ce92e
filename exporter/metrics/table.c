// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every metric.  Fault counters are the kernel's own: they are exact whatever happens to
 * this process, and absent while the module is.  Synthetic events are in none of them but
 * synthetic_events_total, unless they get lost.
 */
#include "metric.h"

const struct metric metric_table[] = {
	{
		.family = { "faultcast_io_page_faults_total", METRIC_COUNTER,
			    "DMA of the device that the IOMMU refused, as counted by the kernel." },
		.of = OF_KERNEL,
		.collect_device = collect_io_page_faults,
		.probes = io_page_fault_probes,
	},
	{
		.family = { "faultcast_aer_events_total", METRIC_COUNTER,
			    "PCIe advanced error reports of the device." },
		.of = OF_KERNEL,
		.collect_device = collect_aer_events,
		.probes = aer_probes,
	},
	{
		.family = { "faultcast_aer_errors_total", METRIC_COUNTER,
			    "Errors that these reports named; one report may name several." },
		.of = OF_KERNEL,
		.collect_device = collect_aer_errors,
		.probes = aer_probes,
	},
	{
		.family = { "faultcast_link_events_total", METRIC_COUNTER,
			    "What happened to the slot or link below the port." },
		.of = OF_KERNEL,
		.collect_device = collect_link_events,
	},
	{
		.family = { "faultcast_device_last_fault_timestamp_seconds", METRIC_GAUGE,
			    "When the device faulted last; absent before the first time." },
		.of = OF_KERNEL,
		.collect_device = collect_last_fault,
	},
	{
		.family = { "faultcast_device_health", METRIC_GAUGE,
			    "How the device is, by the rules: 0 ok, 1 suspect, 2 faulty." },
		.of = OF_KERNEL,
		.collect_device = collect_health,
		.probes = health_probes,
	},
	{
		.family = { "faultcast_device_info", METRIC_GAUGE, "Who is at this address." },
		.of = OF_EXPORTER,
		.collect_device = collect_device_info,
	},
	{
		.family = { "faultcast_device_iommu_domain", METRIC_GAUGE,
			    "What the IOMMU does with its DMA; type=\"none\": there is none for "
			    "it." },
		.of = OF_EXPORTER,
		.collect_device = collect_iommu_domain,
	},
	{
		.family = { "faultcast_devices_unwatched", METRIC_GAUGE,
			    "Devices whose bad DMA nobody refuses, so that it cannot be seen." },
		.of = OF_EXPORTER,
		.collect = collect_unwatched,
	},
	{
		.family = { "faultcast_devices_omitted", METRIC_GAUGE,
			    "Devices without series, beyond --metrics.max-devices." },
		.of = OF_EXPORTER,
		.collect = collect_omitted,
	},
	{
		.family = { "faultcast_health_transitions_total", METRIC_COUNTER,
			    "Times that a device came to be so since the exporter started." },
		.of = OF_EXPORTER,
		.collect = collect_transitions,
	},
	{
		.family = { "faultcast_events_raised_total", METRIC_COUNTER,
			    "Faults seen by the kernel's probes." },
		.of = OF_KERNEL,
		.collect = collect_raised,
	},
	{
		.family = { "faultcast_events_published_total", METRIC_COUNTER,
			    "Faults that the kernel gave a sequence number and sent." },
		.of = OF_KERNEL,
		.collect = collect_published,
	},
	{
		.family = { "faultcast_events_suppressed_total", METRIC_COUNTER,
			    "Faults of the device that storm control kept from being published." },
		.of = OF_KERNEL,
		.collect_device = collect_suppressed,
	},
	{
		.family = { "faultcast_events_lost_total", METRIC_COUNTER,
			    "Events lost: kernel queue full, kernel history gone, stream client "
			    "too slow, not stored." },
		.of = OF_EXPORTER,
		.collect = collect_lost,
	},
	{
		.family = { "faultcast_synthetic_events_total", METRIC_COUNTER,
			    "Events injected for a test; in no metric of faults." },
		.of = OF_KERNEL,
		.collect = collect_synthetic,
	},
	{
		.family = { "faultcast_hw_overflow_total", METRIC_COUNTER,
			    "Times the IOMMU said that it dropped fault records." },
		.of = OF_KERNEL,
		.collect = collect_hw_overflow,
	},
	{
		.family = { "faultcast_probe_missed_total", METRIC_COUNTER,
			    "Probe hits that could not run." },
		.of = OF_KERNEL,
		.collect = collect_probe_missed,
	},
	{
		.family = { "faultcast_unknown_unit_total", METRIC_COUNTER,
			    "Faults of an IOMMU that the firmware's table does not list." },
		.of = OF_KERNEL,
		.collect = collect_unknown_unit,
	},
	{
		.family = { "faultcast_source_up", METRIC_GAUGE,
			    "Whether the exporter's feed of events works." },
		.of = OF_EXPORTER,
		.collect = collect_source_up,
	},
	{
		.family = { "faultcast_source_refetches_total", METRIC_COUNTER,
			    "Times the exporter asked the kernel for events it had missed." },
		.of = OF_EXPORTER,
		.collect = collect_refetches,
	},
	{
		.family = { "faultcast_source_overruns_total", METRIC_COUNTER,
			    "Times the kernel could not deliver because the socket's buffer was "
			    "full." },
		.of = OF_EXPORTER,
		.collect = collect_overruns,
	},
	{
		.family = { "faultcast_source_unknown_total", METRIC_COUNTER,
			    "Attributes and kinds of a newer kernel module, passed over." },
		.of = OF_EXPORTER,
		.collect = collect_unknown,
	},
	{
		.family = { "faultcast_probe_up", METRIC_GAUGE,
			    "Whether the kernel watches this place." },
		.of = OF_KERNEL,
		.collect = collect_probe_up,
	},
	{
		.family = { "faultcast_probe_failed", METRIC_GAUGE,
			    "Whether this kernel has the place and the probe could not be "
			    "attached." },
		.of = OF_KERNEL,
		.collect = collect_probe_failed,
	},
	{
		.family = { "faultcast_probe_info", METRIC_GAUGE,
			    "How exactly it watches; exact=\"false\": counts are a lower bound." },
		.of = OF_KERNEL,
		.collect = collect_probe_info,
	},
	{
		.family = { "faultcast_delivery_seconds", METRIC_HISTOGRAM,
			    "From the fault handler to the exporter; events fetched later are not "
			    "in here." },
		.of = OF_EXPORTER,
		.collect = collect_delivery,
	},
	{
		.family = { "faultcast_output_received_total", METRIC_COUNTER,
			    "Events given to this output." },
		.of = OF_EXPORTER,
		.collect = collect_output_received,
	},
	{
		.family = { "faultcast_output_sent_total", METRIC_COUNTER,
			    "Events it has handled, stored or written to clients; each client "
			    "counts." },
		.of = OF_EXPORTER,
		.collect = collect_output_sent,
	},
	{
		.family = { "faultcast_output_retried_total", METRIC_COUNTER,
			    "Events it tried again after a failure." },
		.of = OF_EXPORTER,
		.collect = collect_output_retried,
	},
	{
		.family = { "faultcast_output_dropped_total", METRIC_COUNTER,
			    "Events that somebody behind it misses." },
		.of = OF_EXPORTER,
		.collect = collect_output_dropped,
	},
	{
		.family = { "faultcast_output_lag_events", METRIC_GAUGE,
			    "Events that wait, for the slowest reader." },
		.of = OF_EXPORTER,
		.collect = collect_output_lag,
	},
	{
		.family = { "faultcast_store_up", METRIC_GAUGE,
			    "Whether what the store tried last worked." },
		.of = OF_EXPORTER,
		.collect = collect_store_up,
	},
	{
		.family = { "faultcast_store_errors_total", METRIC_COUNTER,
			    "What failed in the store." },
		.of = OF_EXPORTER,
		.collect = collect_store_errors,
	},
	{
		.family = { "faultcast_store_bytes", METRIC_GAUGE, "Size of the store on disk." },
		.of = OF_EXPORTER,
		.collect = collect_store_bytes,
	},
	{
		.family = { "faultcast_store_oldest_timestamp_seconds", METRIC_GAUGE,
			    "When the oldest event in the store happened." },
		.of = OF_EXPORTER,
		.collect = collect_store_oldest,
	},
	{
		.family = { "faultcast_stream_clients", METRIC_GAUGE, "Clients of /v1/events." },
		.of = OF_EXPORTER,
		.collect = collect_stream_clients,
	},
	{
		.family = { "faultcast_config_last_reload_successful", METRIC_GAUGE,
			    "Whether the settings were sound when they were read last." },
		.of = OF_EXPORTER,
		.collect = collect_reload_successful,
	},
	{
		.family = { "faultcast_config_last_reload_success_timestamp_seconds", METRIC_GAUGE,
			    "When settings were last read that were." },
		.of = OF_EXPORTER,
		.collect = collect_reload_success,
	},
	{
		.family = { "faultcast_config_reload_failures_total", METRIC_COUNTER,
			    "Times the file was broken when it was to be read again." },
		.of = OF_EXPORTER,
		.collect = collect_reload_failures,
	},
	{
		.family = { "faultcast_module_info", METRIC_GAUGE, "The kernel module." },
		.of = OF_KERNEL,
		.collect = collect_module_info,
	},
	{
		.family = { "faultcast_module_abi_skew", METRIC_GAUGE,
			    "Whether the kernel module's ABI is older, or newer, than this "
			    "exporter's." },
		.of = OF_KERNEL,
		.collect = collect_abi_skew,
	},
	{
		.family = { "faultcast_build_info", METRIC_GAUGE, "This exporter." },
		.of = OF_EXPORTER,
		.collect = collect_build_info,
	},
	{
		.family = { "faultcast_scrapes_total", METRIC_COUNTER,
			    "Requests for these metrics, and what became of them." },
		.of = OF_ITSELF,
		.collect = collect_scrapes,
	},
	{
		.family = { "process_cpu_seconds_total", METRIC_COUNTER,
			    "Total user and system CPU time spent in seconds." },
		.of = OF_ITSELF,
		.collect = collect_process_cpu,
	},
	{
		.family = { "process_resident_memory_bytes", METRIC_GAUGE,
			    "Resident memory size in bytes." },
		.of = OF_ITSELF,
		.collect = collect_process_resident,
	},
	{
		.family = { "process_virtual_memory_bytes", METRIC_GAUGE,
			    "Virtual memory size in bytes." },
		.of = OF_ITSELF,
		.collect = collect_process_virtual,
	},
	{
		.family = { "process_start_time_seconds", METRIC_GAUGE,
			    "Start time of the process since unix epoch in seconds." },
		.of = OF_ITSELF,
		.collect = collect_process_start,
	},
	{
		.family = { "process_open_fds", METRIC_GAUGE, "Number of open file descriptors." },
		.of = OF_ITSELF,
		.collect = collect_process_open_fds,
	},
	{
		.family = { "process_max_fds", METRIC_GAUGE,
			    "Maximum number of open file descriptors." },
		.of = OF_ITSELF,
		.collect = collect_process_max_fds,
	},
};

const size_t metric_table_len = sizeof(metric_table) / sizeof(metric_table[0]);
