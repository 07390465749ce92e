/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus hands each entry of the stream to the window and to every output.  Events and gaps come
 * from the feed, health changes from the feature health.  All functions run on the loop's thread.
 */
#ifndef FAULTCAST_BUS_BUS_H
#define FAULTCAST_BUS_BUS_H

#include "feed/feed.h"
#include "model/entry.h"

struct loop;
struct feature;

/* Counts of events since the start.  The bus fills in @received, the output fills in the rest. */
struct output_counts {
	uint64_t received;
	uint64_t sent;	  /* handled, stored, or written (once for each client) */
	uint64_t retried; /* tried again after a failure */
	uint64_t dropped; /* dropped, so that a reader of this output does not get them */
	uint64_t lag;	  /* not processed yet; with several readers: of the slowest one */
};

/* Returned by init() when the output is not configured.  The bus then ignores the output. */
#define OUTPUT_OFF 1

/* The number of outputs that can run at the same time. */
#define OUTPUTS_MAX 16

struct output {
	const char *name; /* value of the label "output" in metrics */
	/*
	 * Events can be lost here: the number of dropped events is also a sample of
	 * faultcast_events_lost_total, whose label stage is the output's name.
	 */
	bool loses_events;
	/* Starts the output.  Returns 0, OUTPUT_OFF or -errno.  Optional. */
	int (*init)(struct loop *loop);
	/*
	 * Called once for every entry, in order, after the entry was added to the window.  @live:
	 * the entry is an event that was received by multicast when it was published.  @entry is
	 * valid during the call.
	 */
	void (*on_entry)(const struct entry *entry, bool live);
	/*
	 * Called when the feed has delivered all retained events.  May be called again.  Optional.
	 */
	void (*on_caught_up)(void);
	/*
	 * Returns true if the feed should delay fetching because this output is behind.  Optional.
	 */
	bool (*congested)(void);
	/* Fills in every member of @counts except @received, which is set already. */
	void (*counts)(struct output_counts *counts);
	/* Stops the output; called only after init() returned 0.  Optional. */
	void (*fini)(void);
};

/*
 * Starts the outputs of @features, a list that ends with NULL.  Returns 0 or -errno; on error
 * no output is running.
 */
int bus_init(struct loop *loop, const struct feature *const *features);

/* Stops the running outputs in reverse order, and frees the window. */
void bus_fini(void);

/* Calls @fn for each running output, in the order of the features. */
void bus_each_output(void (*fn)(void *ctx, const struct output *output,
				const struct output_counts *counts),
		     void *ctx);

/* The sink for the feed.  It hands each entry to the window (window.h), then to every output. */
extern const struct feed_sink bus_sink;

/*
 * Adds a health change to the stream.  Its cursor follows the last event of the present instance.
 * The feed must be up.
 */
void bus_health(const struct health_change *change);

/* Sets the status of the feed.  The feed owns @status; it must outlive the bus. */
void bus_set_feed(const struct feed_status *status);

/* Returns the status of the feed, as bus_set_feed() was given it. */
const struct feed_status *bus_feed(void);

/* True once the feed has delivered all retained events, or has found that it cannot get any. */
bool bus_ready(void);

#endif
