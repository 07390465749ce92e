// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "../loop.h"
#include "../message.h"
#include "../window.h"
#include "encoded.h"

#define HEARTBEAT_NS (15 * NSEC_PER_SEC)

/*
 * Waking one client takes about so long.  Clients are woken no sooner than it
 * takes to wake them all, so many of them get several messages at once, and
 * few get each as it comes.
 */
#define WAKE_COST_NS 10000
#define COALESCE_MAX_NS (10 * NSEC_PER_MSEC)

struct stream_client {
	struct stream_request request;
	void (*wake)(void *ctx);
	void *ctx;
	bool located;
	bool waiting; /* the last read gave nothing */
	bool heartbeat_due;
	uint64_t next;	    /* entry of the window to send */
	uint64_t stop;	    /* where a client that does not follow ends */
	uint64_t events;    /* sent to it */
	struct cursor last; /* where it stands */
	struct strbuf rest; /* what did not fit into the last read */
	size_t rest_sent;
	struct stream_client *prev_client, *next_client;
};

/* Where a read puts its bytes. */
struct block {
	char *s;
	size_t len;
	size_t max;
};

static struct loop *stream_loop;
static struct stream_client *clients;
static uint64_t num_clients;
static uint64_t sent;
static uint64_t missed;
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

static void on_event(const struct fault_event *ev, bool live)
{
	(void)ev;
	(void)live;
	wake_soon();
}

static void on_gap(const struct cursor *at, const struct fault_gap *gap)
{
	(void)at;
	(void)gap;
	wake_soon();
}

static void on_heartbeat(struct loop_timer *timer)
{
	bool any = false;

	for (struct stream_client *client = clients, *next; client; client = next) {
		next = client->next_client;
		if (!client->request.follow)
			continue;
		any = true;
		client->heartbeat_due = true;
		wake(client);
	}
	if (any)
		loop_timer_arm(stream_loop, timer, HEARTBEAT_NS);
}

static void counts(struct output_counts *c)
{
	c->sent = sent;
	c->dropped = missed;
	for (const struct stream_client *client = clients; client; client = client->next_client)
		if (client->located && window_end() - client->next > c->lag)
			c->lag = window_end() - client->next;
}

const struct output output_stream = {
	.name = "stream",
	.init = init,
	.on_event = on_event,
	.on_gap = on_gap,
	.on_caught_up = wake_all,
	.counts = counts,
	.fini = fini,
};

struct stream_client *stream_open(const struct stream_request *request, void (*wake_fn)(void *ctx),
				  void *ctx)
{
	struct stream_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->request = *request;
	client->wake = wake_fn;
	client->ctx = ctx;
	/* So that the client has headers and a cursor before anything happens. */
	client->heartbeat_due = request->follow;
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
	strbuf_free(&client->rest);
	free(client);
}

uint64_t stream_clients(void)
{
	return num_clients;
}

uint64_t stream_missed(void)
{
	return missed;
}

/* What does not fit waits for the next read. */
static void put(struct stream_client *client, struct block *block, const char *s, size_t len)
{
	size_t fits = block->max - block->len;

	if (fits > len)
		fits = len;
	memcpy(block->s + block->len, s, fits);
	block->len += fits;
	if (fits < len)
		strbuf_add(&client->rest, s + fits, len - fits);
}

static void put_rest(struct stream_client *client, struct block *block)
{
	size_t n = client->rest.len - client->rest_sent;

	if (n > block->max)
		n = block->max;
	if (n)
		memcpy(block->s, client->rest.s + client->rest_sent, n);
	block->len = n;
	client->rest_sent += n;
	if (client->rest_sent == client->rest.len) {
		strbuf_free(&client->rest);
		client->rest_sent = 0;
	}
}

/* The event, and what it tells of others, as far as they are wanted. */
static void put_event(struct stream_client *client, struct block *block,
		      const struct encoded *encoded, const struct fault_event *ev)
{
	const struct event_filter *filter = &client->request.filter;
	const struct strbuf *bytes = &encoded->bytes;

	client->rest.failed |= bytes->failed;
	if (bytes->failed)
		return;
	if (filter_matches(filter, ev)) {
		put(client, block, bytes->s, bytes->len);
		client->events++;
		sent++;
	} else if (encoded->told && filter_concerns(filter, ev)) {
		put(client, block, bytes->s, encoded->told);
	}
}

static void send_entry(struct stream_client *client, struct block *block, const struct entry *entry)
{
	static struct encoded encoded;

	client->last = entry->at;
	encoded_entry(&encoded, client->request.encoding, entry);
	if (!entry->is_gap)
		put_event(client, block, &encoded, &entry->event);
	else if (!encoded.bytes.failed)
		put(client, block, encoded.bytes.s, encoded.bytes.len);
	else
		client->rest.failed = true;
}

static void send_heartbeat(struct stream_client *client, struct block *block)
{
	struct strbuf bytes = STRBUF_INIT;

	client->heartbeat_due = false;
	encoded_add_heartbeat(&bytes, client->request.encoding, &client->last);
	put(client, block, bytes.s, bytes.len);
	client->rest.failed |= bytes.failed;
	strbuf_free(&bytes);
}

/* The newest place there is, whether its entry is retained or not. */
static struct cursor newest(void)
{
	return window_end() ? window_newest() : bus_source()->cursor;
}

/* Where one stands that begins with the oldest entry. */
static struct cursor oldest(void)
{
	return window_end() > window_first() ? entry_before(window_at(window_first())) : newest();
}

/* A cursor that nobody knows: then what there is. */
static void state_unknown(struct stream_client *client, struct block *block)
{
	const struct entry gap = { .at = oldest(),
				   .is_gap = true,
				   .gap = { .reason = GAP_UNKNOWN_CURSOR } };

	client->next = window_first();
	send_entry(client, block, &gap);
}

static void locate_after(struct stream_client *client, struct block *block)
{
	const struct cursor now = newest();

	client->last = client->request.after;
	switch (window_find(&client->last, &client->next)) {
	case WINDOW_HAS:
	case WINDOW_LATER:
		break;
	case WINDOW_UNKNOWN:
		client->next = window_end();
		/* Of an instance that has had nothing to say yet? */
		if (now.instance != client->last.instance || client->last.seq > now.seq)
			state_unknown(client, block);
	}
}

static void locate(struct stream_client *client, struct block *block)
{
	switch (client->request.start) {
	case STREAM_OLDEST:
		client->next = window_first();
		client->last = oldest();
		break;
	case STREAM_LATEST:
		client->next = window_end();
		client->last = newest();
		break;
	case STREAM_AFTER:
		locate_after(client, block);
		break;
	}
	client->stop = window_end();
	client->located = true;
}

static void send_missing(struct stream_client *client, struct block *block,
			 const struct entry *next, enum gap_reason reason)
{
	struct entry gaps[ENTRY_MISSING_MAX];
	size_t n = entry_missing(&client->last, next, gaps);

	for (size_t i = 0; i < n; i++) {
		if (gaps[i].gap.reason == GAP_HISTORY) {
			gaps[i].gap.reason = reason;
			if (reason == GAP_TOO_SLOW)
				missed += gaps[i].gap.to - gaps[i].gap.from + 1;
		}
		send_entry(client, block, &gaps[i]);
	}
}

/* A gap that the client has had a part of already is cut to the rest. */
static void send_gap(struct stream_client *client, struct block *block, const struct entry *entry)
{
	struct entry rest = *entry;

	if (rest.gap.from && rest.at.instance == client->last.instance &&
	    rest.gap.from <= client->last.seq)
		rest.gap.from = client->last.seq + 1;
	send_entry(client, block, &rest);
}

static void send_next(struct stream_client *client, struct block *block)
{
	const struct entry *entry = window_at(client->next);

	send_missing(client, block, entry, GAP_HISTORY);
	if (entry->is_gap)
		send_gap(client, block, entry);
	else if (filter_concerns(&client->request.filter, &entry->event))
		put_event(client, block, encoded_window(client->next, client->request.encoding),
			  &entry->event);
	client->last = entry->at;
	client->next++;
}

static uint64_t end_of(const struct stream_client *client)
{
	return client->request.follow || client->stop > window_end() ? window_end() : client->stop;
}

static bool is_done(const struct stream_client *client)
{
	return client->request.limit && client->events == client->request.limit;
}

static void fill(struct stream_client *client, struct block *block)
{
	const char *preface;

	if (!client->located) {
		preface = encoded_preface(client->request.encoding);
		put(client, block, preface, strlen(preface));
		locate(client, block);
	}
	if (client->heartbeat_due)
		send_heartbeat(client, block);
	if (client->next < window_first()) {
		client->next = window_first();
		send_missing(client, block, window_at(client->next), GAP_TOO_SLOW);
	}
	while (client->next < end_of(client) && !is_done(client) && block->len < block->max)
		send_next(client, block);
}

ssize_t stream_read(struct stream_client *client, char *out, size_t max)
{
	struct block block = { .s = out, .max = max };

	/* Before the source has caught up, a cursor that is fine looks unknown. */
	if (!bus_ready()) {
		client->waiting = true;
		return 0;
	}
	put_rest(client, &block);
	if (block.len < max)
		fill(client, &block);
	if (client->rest.failed)
		return -ENOMEM;
	if (block.len)
		return (ssize_t)block.len;
	client->waiting = client->request.follow && !is_done(client);
	return client->waiting ? 0 : -ENODATA;
}
