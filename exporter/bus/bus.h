/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus hands each entry of the stream from the feed to the window and to every output.
 */
#ifndef FAULTCAST_BUS_BUS_H
#define FAULTCAST_BUS_BUS_H

#include "feed/feed.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"

struct loop;
struct feature;

/* Of events, since the start.  @received is the bus's to count, the rest the output's. */
struct output_counts {
	uint64_t received;
	uint64_t sent;	  /* handled, stored, or written to clients: each one counts */
	uint64_t retried; /* tried again, after it failed once */
	uint64_t dropped; /* that somebody behind this output will not get */
	uint64_t lag;	  /* not sent yet; of several readers the slowest one's */
};

/* What init() says of an output that is not configured: it is as if it were not there. */
#define OUTPUT_OFF 1

/* The number of outputs that can run at the same time. */
#define OUTPUTS_MAX 16

struct output {
	const char *name;
	/*
	 * Events can be lost here: the number of dropped events is also a sample of
	 * faultcast_events_lost_total, whose label stage is the output's name.
	 */
	bool loses_events;
	/* 0, OUTPUT_OFF or -errno; optional. */
	int (*init)(struct loop *loop);
	/* Every event once, in order.  @live: as it happened, not fetched later. */
	void (*on_event)(const struct fault_event *ev, bool live);
	void (*on_gap)(const struct cursor *at, const struct fault_gap *gap);
	/* Optional. */
	void (*on_health)(const struct health_change *change);
	/* The source has delivered all there is; optional, may come again. */
	void (*on_caught_up)(void);
	/* True: let the source wait with what it need not deliver now; optional. */
	bool (*congested)(void);
	/* Fills in all but @received. */
	void (*counts)(struct output_counts *counts);
	void (*fini)(void);
};

/*
 * Starts the outputs of @features, a list that ends with NULL.  Returns 0 or -errno; on error
 * no output is running.
 */
int bus_init(struct loop *loop, const struct feature *const *features);
void bus_fini(void);

/* Calls @fn for each running output. */
void bus_each_output(void (*fn)(void *ctx, const struct output *output,
				const struct output_counts *counts),
		     void *ctx);

/* What the source delivers goes to the window (window.h), then to every output. */
extern const struct feed_sink bus_sink;

/* Said behind the last event, of the instance that the source feeds from; it must be up. */
void bus_health(const struct health_change *change);

/* The state of the source that feeds the bus; owned by that source. */
void bus_set_feed(const struct feed_status *status);
const struct feed_status *bus_feed(void);

/* True once the source has caught up, or has found nothing to catch up with. */
bool bus_ready(void);

#endif
