/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row of the metric table, and the functions of other files that fill one. */
#ifndef FAULTCAST_METRICS_METRIC_H
#define FAULTCAST_METRICS_METRIC_H

#include <stddef.h>

#include "bus/snapshot.h"
#include "devices.h"
#include "expo/expo.h"
#include "model/module.h"

/* Whose numbers they are. */
enum metric_of {
	OF_KERNEL,   /* absent while the module is, counted since it was loaded */
	OF_EXPORTER, /* counted since we started */
	OF_ITSELF,   /* likewise, of no use but to who watches us: may be left out */
};

typedef void metric_collect_fn(struct expo *e, const struct snapshot *s);
typedef void metric_collect_device_fn(struct expo *e, const struct metric_device *device);

struct metric {
	struct metric_family family;
	enum metric_of of;
	/* One of these adds the samples; the second is called for each device that has raised
	 * something and, while one of @probes watches (NULL: always), for those that have not,
	 * so that increase() sees a first fault. */
	metric_collect_fn *collect;
	metric_collect_device_fn *collect_device;
	const char *const *probes;
};

extern const struct metric metric_table[];
extern const size_t metric_table_len;

/* One sample without labels. */
void metric_add(struct expo *e, uint64_t value);

/* One sample with one label. */
void metric_add_for(struct expo *e, const char *label, const char *label_value, uint64_t value);

/* Those of a probe that is there: whether one is active, and none of them has failed. */
bool metric_is_watched(const struct module_status *module, const char *const *probes);

extern const char *const io_page_fault_probes[];
extern const char *const aer_probes[];
extern const char *const health_probes[];

metric_collect_device_fn collect_io_page_faults;
metric_collect_device_fn collect_aer_events;
metric_collect_device_fn collect_aer_errors;
metric_collect_device_fn collect_link_events;
metric_collect_device_fn collect_suppressed;
metric_collect_device_fn collect_last_fault;
metric_collect_device_fn collect_health;
metric_collect_device_fn collect_device_info;
metric_collect_device_fn collect_iommu_domain;

metric_collect_fn collect_unwatched;
metric_collect_fn collect_omitted;
metric_collect_fn collect_raised;
metric_collect_fn collect_published;
metric_collect_fn collect_lost;
metric_collect_fn collect_synthetic;
metric_collect_fn collect_hw_overflow;
metric_collect_fn collect_probe_missed;
metric_collect_fn collect_unknown_unit;
metric_collect_fn collect_probe_up;
metric_collect_fn collect_probe_failed;
metric_collect_fn collect_probe_info;
metric_collect_fn collect_module_info;
metric_collect_fn collect_transitions;
metric_collect_fn collect_source_up;
metric_collect_fn collect_refetches;
metric_collect_fn collect_overruns;
metric_collect_fn collect_unknown;
metric_collect_fn collect_stream_clients;
metric_collect_fn collect_build_info;
metric_collect_fn collect_delivery;

metric_collect_fn collect_output_received;
metric_collect_fn collect_output_sent;
metric_collect_fn collect_output_retried;
metric_collect_fn collect_output_dropped;
metric_collect_fn collect_output_lag;

/* Nothing without a store. */
metric_collect_fn collect_store_up;
metric_collect_fn collect_store_errors;
metric_collect_fn collect_store_bytes;
metric_collect_fn collect_store_oldest;

metric_collect_fn collect_scrapes;

/* Of what cannot be read there is no sample. */
metric_collect_fn collect_process_cpu;
metric_collect_fn collect_process_resident;
metric_collect_fn collect_process_virtual;
metric_collect_fn collect_process_start;
metric_collect_fn collect_process_open_fds;
metric_collect_fn collect_process_max_fds;

metric_collect_fn collect_reload_successful;
metric_collect_fn collect_reload_success;
metric_collect_fn collect_reload_failures;
metric_collect_fn collect_abi_skew;

#endif
