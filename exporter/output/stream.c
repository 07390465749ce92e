// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "../json.h"
#include "../loop.h"
#include "../message.h"

#define WINDOW 16384
#define HEARTBEAT_NS (15 * NSEC_PER_SEC)

/* An event, or a gap. */
struct entry {
	struct cursor at;
	bool is_gap;
	union {
		struct fault_event event;
		struct fault_gap gap;
	};
};

/* Entries by a number that only grows; [first, end) are retained. */
static struct {
	struct entry *ring;
	uint64_t first;
	uint64_t end;
} window;

struct stream_client {
	struct stream_request request;
	void (*wake)(void *ctx);
	void *ctx;
	bool located;
	bool waiting; /* the last read gave nothing */
	bool heartbeat_due;
	uint64_t next;	    /* entry to send */
	uint64_t stop;	    /* where a client that does not follow ends */
	struct cursor last; /* what was sent last, or where it began */
	struct strbuf out;
	size_t out_sent;
	struct stream_client *prev_client, *next_client;
};

static struct loop *stream_loop;
static struct stream_client *clients;
static uint64_t num_clients;
static uint64_t missed;

static void on_heartbeat(struct loop_timer *timer);
static struct loop_timer heartbeat = { .expired = on_heartbeat };

static int init(struct loop *loop)
{
	stream_loop = loop;
	window.ring = calloc(WINDOW, sizeof(*window.ring));
	return window.ring ? 0 : -ENOMEM;
}

static void fini(void)
{
	loop_timer_disarm(stream_loop, &heartbeat);
	free(window.ring);
	window.ring = NULL;
	window.first = window.end = 0;
}

static struct entry *entry_at(uint64_t number)
{
	return &window.ring[number % WINDOW];
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
	for (struct stream_client *client = clients, *next; client; client = next) {
		next = client->next_client;
		wake(client);
	}
}

static struct entry *append(const struct cursor *at, bool is_gap)
{
	struct entry *entry = entry_at(window.end++);

	if (window.end - window.first > WINDOW)
		window.first++;
	entry->at = *at;
	entry->is_gap = is_gap;
	return entry;
}

static void on_event(const struct fault_event *ev, bool live)
{
	const struct cursor at = { .instance = ev->instance, .seq = ev->seq };

	(void)live;
	append(&at, false)->event = *ev;
	wake_all();
}

static void on_gap(const struct cursor *at, const struct fault_gap *gap)
{
	append(at, true)->gap = *gap;
	wake_all();
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

const struct output output_stream = {
	.name = "stream",
	.init = init,
	.on_event = on_event,
	.on_gap = on_gap,
	.on_caught_up = wake_all,
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
	if (!--num_clients)
		loop_timer_disarm(stream_loop, &heartbeat);
	strbuf_free(&client->out);
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

static void add_message(struct stream_client *client, const struct stream_message *m)
{
	struct strbuf *out = &client->out;

	if (client->request.encoding == STREAM_NDJSON) {
		json_add_message(out, &m->msg.base);
		strbuf_addc(out, '\n');
	} else {
		message_add_delimited(out, &m->msg.base);
	}
}

static void send_gap(struct stream_client *client, const struct cursor *at,
		     const struct fault_gap *gap)
{
	struct stream_message m;

	client->last = *at;
	message_gap(&m, at, gap);
	add_message(client, &m);
}

/* Where one stands that has everything before @entry. */
static struct cursor before(const struct entry *entry)
{
	struct cursor at = entry->at;

	if (at.sub)
		at.sub--;
	else if (entry->is_gap && entry->gap.from)
		at.seq = entry->gap.from - 1;
	else
		at.seq--;
	return at;
}

/* The newest place there is, whether its entry is retained or not. */
static struct cursor newest(void)
{
	if (window.end > window.first)
		return entry_at(window.end - 1)->at;
	return bus_source()->cursor;
}

static bool is_after(const struct cursor *a, const struct cursor *b)
{
	return a->seq != b->seq ? a->seq > b->seq : a->sub > b->sub;
}

/*
 * Goes to the oldest entry from @client->last on, stating what lies between.
 * An exact number is known only within one instance.
 */
static void skip_to_oldest(struct stream_client *client, enum gap_reason reason)
{
	const struct entry *oldest = entry_at(window.first);
	struct cursor at = window.end > window.first ? before(oldest) : newest();
	struct fault_gap gap = { .reason = reason };

	if (reason != GAP_UNKNOWN_CURSOR && at.instance == client->last.instance) {
		gap.from = client->last.seq + 1;
		gap.to = at.seq;
		if (reason == GAP_TOO_SLOW && gap.to >= gap.from)
			missed += gap.to - gap.from + 1;
	}
	client->next = window.first;
	if (!gap.from || gap.to >= gap.from)
		send_gap(client, &at, &gap);
}

/* First retained entry of the cursor's instance that lies after it. */
static bool find_after(const struct cursor *cursor, uint64_t *number)
{
	const struct cursor now = newest();
	bool seen = false;

	for (*number = window.first; *number < window.end; ++*number) {
		const struct entry *entry = entry_at(*number);

		if (entry->at.instance == cursor->instance) {
			seen = true;
			if (is_after(&entry->at, cursor))
				return true;
		} else if (seen) {
			return true; /* it was the last one of its instance */
		}
	}
	/* Up to date, unless the cursor lies in a future that never was. */
	return now.instance == cursor->instance && !is_after(cursor, &now);
}

static void locate_after(struct stream_client *client)
{
	const struct cursor *after = &client->request.after;
	struct cursor start;

	client->last = *after;
	if (!find_after(after, &client->next)) {
		skip_to_oldest(client, GAP_UNKNOWN_CURSOR);
		return;
	}
	if (client->next != window.first || client->next == window.end)
		return;
	start = before(entry_at(client->next));
	if (start.instance == after->instance && is_after(&start, after))
		skip_to_oldest(client, GAP_HISTORY);
}

static void locate(struct stream_client *client)
{
	switch (client->request.start) {
	case STREAM_OLDEST:
		client->next = window.first;
		client->last = window.end > window.first ? before(entry_at(window.first))
							 : newest();
		break;
	case STREAM_LATEST:
		client->next = window.end;
		client->last = newest();
		break;
	case STREAM_AFTER:
		locate_after(client);
		break;
	}
	client->stop = window.end;
	client->located = true;
}

static void send_entry(struct stream_client *client, const struct entry *entry)
{
	struct stream_message m;

	if (entry->is_gap) {
		send_gap(client, &entry->at, &entry->gap);
		return;
	}
	client->last = entry->at;
	message_event(&m, &entry->event);
	add_message(client, &m);
}

static void send_heartbeat(struct stream_client *client)
{
	struct stream_message m;

	client->heartbeat_due = false;
	message_heartbeat(&m, &client->last, clock_real_ns());
	add_message(client, &m);
}

static uint64_t limit(const struct stream_client *client)
{
	return client->request.follow || client->stop > window.end ? window.end : client->stop;
}

static void fill(struct stream_client *client, size_t max)
{
	strbuf_reset(&client->out);
	client->out_sent = 0;
	if (!client->located)
		locate(client);
	if (client->heartbeat_due)
		send_heartbeat(client);
	if (client->next < window.first)
		skip_to_oldest(client, GAP_TOO_SLOW);
	while (client->next < limit(client) && client->out.len < max)
		send_entry(client, entry_at(client->next++));
}

ssize_t stream_read(struct stream_client *client, char *out, size_t max)
{
	size_t n;

	/* Before the source has caught up, a cursor that is fine looks unknown. */
	if (!bus_ready()) {
		client->waiting = true;
		return 0;
	}
	if (client->out_sent == client->out.len)
		fill(client, max);
	if (client->out.failed)
		return -ENOMEM;
	n = client->out.len - client->out_sent;
	if (!n) {
		client->waiting = client->request.follow;
		return client->request.follow ? 0 : -ENODATA;
	}
	if (n > max)
		n = max;
	memcpy(out, client->out.s + client->out_sent, n);
	client->out_sent += n;
	return (ssize_t)n;
}
