/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes families of samples to a buffer, in one of the formats that Prometheus reads.  Pure: no
 * function has an effect beyond the buffer.  No function returns an error; when memory is short,
 * expo.body.failed is set.
 */
#ifndef FAULTCAST_EXPO_EXPO_H
#define FAULTCAST_EXPO_EXPO_H

#include <stddef.h>

#include "base/strbuf.h"
#include "model/cursor.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_family {
	const char *name; /* ends in "_total" if the family is a counter */
	enum metric_type type;
	const char *help; /* one or two sentences */
};

struct label {
	const char *name; /* NULL ends the list */
	const char *value;
};

/* Every value is a whole number.  A time in nanoseconds is written as seconds. */
enum unit { UNIT_WHOLE, UNIT_NANOSECONDS };

/* The event that a sample counted last.  If the instance is 0, there is none. */
struct exemplar {
	struct cursor cursor;
	uint64_t value; /* 1 for a counter; the observed nanoseconds for a histogram */
	uint64_t real_ns;
};

struct histogram;
struct expo_format;

struct expo {
	const struct expo_format *format;
	struct strbuf body;
	bool with_created;   /* write _created samples if the format is OpenMetrics */
	uint64_t created_ns; /* real time at which the next counters were 0; 0: not known */
	/* For the formats: */
	const struct metric_family *family; /* the family that is being written */
	size_t name_len;		    /* length of its name */
	size_t base_len;  /* length of its name without the suffix that the format removes */
	size_t family_at; /* offset of its beginning in the body */
};

extern const struct expo_format expo_text;	  /* Prometheus text format 0.0.4 */
extern const struct expo_format expo_openmetrics; /* OpenMetrics 1.0.0 */
/* Delimited io.prometheus.client.MetricFamily, proto/io/prometheus/client/metrics.proto */
extern const struct expo_format expo_protobuf;

/* The content types of the formats. */
#define EXPO_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define EXPO_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define EXPO_PROTOBUF_TYPE                                                                         \
	"application/vnd.google.protobuf; "                                                        \
	"proto=io.prometheus.client.MetricFamily; encoding=delimited"

/* The value of the header Content-Type for this format; a constant. */
const char *expo_content_type(const struct expo_format *format);

/* Ends the present family and begins @family, which must stay valid until the next one begins. */
void expo_family(struct expo *e, const struct metric_family *family);

/* Adds one sample of a counter or gauge.  @labels and @exemplar may be NULL; both are copied. */
void expo_sample(struct expo *e, const struct label *labels, enum unit unit, uint64_t value,
		 const struct exemplar *exemplar);

/* Adds all samples of a histogram.  @labels may be NULL. */
void expo_histogram(struct expo *e, const struct label *labels, const struct histogram *histogram);

/* Ends the last family and the page. */
void expo_end(struct expo *e);

#endif
