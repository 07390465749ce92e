/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where metrics are written to: families of samples, in one of the formats that
 * Prometheus reads.  Pure; running out of memory shows in expo.body.failed.
 */
#ifndef FAULTCAST_EXPO_EXPO_H
#define FAULTCAST_EXPO_EXPO_H

#include <stddef.h>

#include "base/strbuf.h"
#include "model/cursor.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_family {
	const char *name; /* of a counter with "_total" */
	enum metric_type type;
	const char *help;
};

struct label {
	const char *name; /* NULL ends the list */
	const char *value;
};

/* Every value is a whole number, or a time that is exposed in seconds. */
enum unit { UNIT_WHOLE, UNIT_NANOSECONDS };

/* The event that a sample counted last; instance 0: none. */
struct exemplar {
	struct cursor cursor;
	uint64_t value; /* in the unit of what it is an exemplar of; of a counter 1 */
	uint64_t real_ns;
};

struct histogram;
struct expo_format;

struct expo {
	const struct expo_format *format;
	struct strbuf body;
	bool with_created;   /* in OpenMetrics: _created samples too */
	uint64_t created_ns; /* real time at which the counters that follow were 0; 0: unknown */
	const struct metric_family *family; /* the one that is being written */
	size_t name_len;		    /* of its name */
	size_t base_len;  /* of that without the suffix that the format takes off */
	size_t family_at; /* where it begins in the body */
};

extern const struct expo_format expo_text;	  /* Prometheus text format 0.0.4 */
extern const struct expo_format expo_openmetrics; /* OpenMetrics 1.0.0 */
/* Delimited io.prometheus.client.MetricFamily, proto/io/prometheus/client/metrics.proto */
extern const struct expo_format expo_protobuf;

/* What a response in this format calls it. */
const char *expo_content_type(const struct expo_format *format);

/* Begins a family, which must outlive the writing, and ends the one before. */
void expo_family(struct expo *e, const struct metric_family *family);

/* One sample of a counter or gauge; @labels and @exemplar may be NULL. */
void expo_sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		 const struct exemplar *exemplar);

void expo_histogram(struct expo *e, const struct label *labels, const struct histogram *histogram);

/* Ends the last family and the exposition. */
void expo_end(struct expo *e);

#endif
