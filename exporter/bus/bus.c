// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus.h"

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "feature.h"
#include "window.h"

/* The outputs that are not off. */
static const struct output *outputs[OUTPUTS_MAX];
static size_t running;
static uint64_t received;
static bool ready;
static const struct feed_status *source;

static int start(struct loop *loop, const struct output *output)
{
	int err = running < OUTPUTS_MAX ? 0 : -E2BIG;

	if (!err && output->init)
		err = output->init(loop);
	if (!err)
		outputs[running++] = output;
	else if (err != OUTPUT_OFF)
		log_error("output %s does not start: error %d", output->name, -err);
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

static void on_event(void *ctx, const struct fault_event *ev, bool live)
{
	(void)ctx;
	received++;
	window_add_event(ev);
	for (size_t i = 0; i < running; i++)
		outputs[i]->on_event(ev, live);
}

static void on_gap(void *ctx, const struct cursor *at, const struct fault_gap *gap)
{
	(void)ctx;
	window_add_gap(at, gap);
	for (size_t i = 0; i < running; i++)
		outputs[i]->on_gap(at, gap);
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
 * The sub of a cursor must not come again after a restart at the same event, so it is the
 * time since boot, longer than which no instance lives.  Several at once take what follows.
 */
static struct cursor place_behind_newest(void)
{
	struct cursor at = window_newest();
	uint64_t sub = clock_ns(CLOCK_BOOTTIME);

	if (at.instance != source->cursor.instance)
		at = source->cursor;
	if (sub <= at.sub)
		sub = at.sub + 1;
	at.sub = sub < CURSOR_SUB_SUPPRESSED ? sub : CURSOR_SUB_SUPPRESSED - 1;
	return at;
}

void bus_health(const struct health_change *change)
{
	const struct cursor at = place_behind_newest();

	window_add_health(&at, change);
	for (size_t i = 0; i < running; i++)
		if (outputs[i]->on_health)
			outputs[i]->on_health(change);
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
	source = status;
}

const struct feed_status *bus_feed(void)
{
	return source;
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
