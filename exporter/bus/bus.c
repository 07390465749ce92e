// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus.h"

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "feature.h"
#include "window.h"

/* The outputs that are running. */
static const struct output *outputs[OUTPUTS_MAX];
static size_t running;
static uint64_t received;
static bool ready;
static const struct feed_status *feed;

static int start(struct loop *loop, const struct output *output)
{
	int err = running < OUTPUTS_MAX ? 0 : -E2BIG;

	if (!err && output->init)
		err = output->init(loop);
	if (!err)
		outputs[running++] = output;
	else if (err != OUTPUT_OFF)
		log_error("cannot start output %s: error %d", output->name, -err);
	return err == OUTPUT_OFF ? 0 : err;
}

int bus_init(struct loop *loop, const struct feature *const *features)
{
	int err = window_init();

	if (err)
		return err;
	received = 0;
	for (; *features; features++) {
		if ((*features)->output)
			err = start(loop, (*features)->output);
		if (err) {
			bus_fini();
			return err;
		}
	}
	return 0;
}

void bus_fini(void)
{
	while (running) {
		const struct output *output = outputs[--running];

		if (output->fini)
			output->fini();
	}
	window_fini();
}

static void hand_out(const struct entry *entry, bool live)
{
	if (!fault_at("bus-window", entry->at.seq))
		window_add(entry);
	for (size_t i = 0; i < running; i++)
		outputs[i]->on_entry(entry, live);
}

static void on_event(void *ctx, const struct fault_event *ev, bool live)
{
	const struct entry entry = { .at = { .instance = ev->instance, .seq = ev->seq },
				     .kind = ENTRY_EVENT,
				     .event = *ev };

	(void)ctx;
	received++;
	hand_out(&entry, live);
}

static void on_gap(void *ctx, const struct cursor *at, const struct fault_gap *gap)
{
	const struct entry entry = { .at = *at, .kind = ENTRY_GAP, .gap = *gap };

	(void)ctx;
	hand_out(&entry, false);
}

static void on_caught_up(void *ctx)
{
	(void)ctx;
	ready = true;
	for (size_t i = 0; i < running; i++)
		if (outputs[i]->on_caught_up)
			outputs[i]->on_caught_up();
}

static bool congested(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < running; i++)
		if (outputs[i]->congested && outputs[i]->congested())
			return true;
	return false;
}

/*
 * Two health changes at the same event need different values of sub, also across restarts of the
 * exporter.  The sub is therefore the time since boot in nanoseconds, which never decreases during
 * an instance of the module.  If two changes have the same time, the second one takes the next
 * number.
 */
static struct cursor place_behind_newest(void)
{
	struct cursor at = window_newest();
	uint64_t sub = clock_ns(CLOCK_BOOTTIME);

	if (at.instance != feed->cursor.instance)
		at = feed->cursor;
	if (sub <= at.sub)
		sub = at.sub + 1;
	at.sub = sub < CURSOR_SUB_SUPPRESSED ? sub : CURSOR_SUB_SUPPRESSED - 1;
	return at;
}

void bus_health(const struct health_change *change)
{
	const struct entry entry = { .at = place_behind_newest(),
				     .kind = ENTRY_HEALTH,
				     .health = *change };

	hand_out(&entry, false);
}

void bus_each_output(void (*fn)(void *ctx, const struct output *output,
				const struct output_counts *counts),
		     void *ctx)
{
	for (size_t i = 0; i < running; i++) {
		struct output_counts counts = { .received = received };

		outputs[i]->counts(&counts);
		fn(ctx, outputs[i], &counts);
	}
}

void bus_set_feed(const struct feed_status *status)
{
	feed = status;
}

const struct feed_status *bus_feed(void)
{
	return feed;
}

bool bus_ready(void)
{
	return ready;
}

const struct feed_sink bus_sink = {
	.event = on_event,
	.gap = on_gap,
	.caught_up = on_caught_up,
	.congested = congested,
};
