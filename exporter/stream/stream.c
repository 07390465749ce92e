// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "encoded.h"
#include "expo/metric.h"
#include "reader.h"

#define HEARTBEAT_NS (15 * NSEC_PER_SEC)

/*
 * The time that waking one client takes, approximately.  The pause between two rounds is at least
 * as long as a round takes, so with many clients each gets several messages at once, and with few
 * clients each message is sent when it arrives.
 */
#define WAKE_COST_NS 10000
#define COALESCE_MAX_NS (10 * NSEC_PER_MSEC)

struct stream_client {
	struct reader reader;
	void (*wake)(void *ctx);
	void *ctx;
	bool waiting; /* the last read returned 0 */
	struct stream_client *prev_client, *next_client;
};

static struct loop *stream_loop;
static struct stream_client *clients;
static uint64_t num_clients;
static uint64_t woken_ns;

static void on_heartbeat(struct loop_timer *timer);
static void on_coalesced(struct loop_timer *timer);
static struct loop_timer heartbeat = { .expired = on_heartbeat };
static struct loop_timer coalesced = { .expired = on_coalesced };

static int init(struct loop *loop)
{
	stream_loop = loop;
	return 0;
}

static void fini(void)
{
	loop_timer_disarm(stream_loop, &heartbeat);
	loop_timer_disarm(stream_loop, &coalesced);
	encoded_fini();
}

static void wake(struct stream_client *client)
{
	if (!client->waiting)
		return;
	client->waiting = false;
	client->wake(client->ctx);
}

static void on_ready(struct reader *reader)
{
	wake((void *)((char *)reader - offsetof(struct stream_client, reader)));
}

static void wake_all(void)
{
	woken_ns = clock_mono_ns();
	for (struct stream_client *client = clients, *next; client; client = next) {
		next = client->next_client;
		wake(client);
	}
}

static void on_coalesced(struct loop_timer *timer)
{
	(void)timer;
	wake_all();
}

static void wake_soon(void)
{
	uint64_t since, interval = num_clients * WAKE_COST_NS;

	if (!clients || coalesced.armed)
		return;
	since = clock_mono_ns() - woken_ns;
	if (interval > COALESCE_MAX_NS)
		interval = COALESCE_MAX_NS;
	/* The loop's timers count in milliseconds. */
	if (interval < NSEC_PER_MSEC || since >= interval)
		wake_all();
	else
		loop_timer_arm(stream_loop, &coalesced, interval - since);
}

static void on_entry(const struct entry *entry, bool live)
{
	(void)entry;
	(void)live;
	wake_soon();
}

static void on_heartbeat(struct loop_timer *timer)
{
	bool any = false;

	for (struct stream_client *client = clients, *next; client; client = next) {
		next = client->next_client;
		if (!client->reader.request.follow)
			continue;
		any = true;
		client->reader.heartbeat_due = true;
		wake(client);
	}
	if (any)
		loop_timer_arm(stream_loop, timer, HEARTBEAT_NS);
}

static void counts(struct output_counts *c)
{
	c->sent = reader_sent();
	c->dropped = reader_missed();
	for (const struct stream_client *client = clients; client; client = client->next_client)
		if (reader_lag(&client->reader) > c->lag)
			c->lag = reader_lag(&client->reader);
}

static const struct output output = {
	.name = "stream",
	.loses_events = true,
	.init = init,
	.on_entry = on_entry,
	.on_caught_up = wake_all,
	.counts = counts,
	.fini = fini,
};

static void collect_clients(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, num_clients);
}

static const struct metric metrics[] = {
	{
		.family = { "faultcast_stream_clients", METRIC_GAUGE,
			    "Clients that are connected to /v1/events." },
		.origin = METRIC_EXPORTER,
		.collect = collect_clients,
	},
	{ .family.name = NULL },
};

const struct feature feature_stream = {
	.output = &output,
	.metrics = (const struct metric *const[]){ metrics, NULL },
};

struct stream_client *stream_open(const struct stream_request *request, void (*wake_fn)(void *ctx),
				  void *ctx)
{
	struct stream_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->reader.request = *request;
	client->reader.ready = on_ready;
	client->wake = wake_fn;
	client->ctx = ctx;
	/* The client gets headers and a cursor at once, before the first event. */
	client->reader.heartbeat_due = request->follow;
	client->next_client = clients;
	if (clients)
		clients->prev_client = client;
	clients = client;
	num_clients++;
	if (request->follow && !heartbeat.armed)
		loop_timer_arm(stream_loop, &heartbeat, HEARTBEAT_NS);
	return client;
}

void stream_close(struct stream_client *client)
{
	if (client->prev_client)
		client->prev_client->next_client = client->next_client;
	else
		clients = client->next_client;
	if (client->next_client)
		client->next_client->prev_client = client->prev_client;
	if (!--num_clients) {
		loop_timer_disarm(stream_loop, &heartbeat);
		loop_timer_disarm(stream_loop, &coalesced);
		encoded_fini();
	}
	reader_close(&client->reader);
	free(client);
}

void stream_finish(struct stream_client *client)
{
	reader_finish(&client->reader);
	wake(client);
}

uint64_t stream_clients(void)
{
	return num_clients;
}

uint64_t stream_missed(void)
{
	return reader_missed();
}

ssize_t stream_read(struct stream_client *client, char *out, size_t max)
{
	/* Before the feed has caught up, a valid cursor would look unknown. */
	ssize_t n = bus_ready() ? reader_read(&client->reader, out, max) : 0;

	client->waiting = !n;
	return n;
}
