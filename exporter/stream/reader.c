// SPDX-License-Identifier: GPL-2.0-or-later
#include "reader.h"
#include "base/fault.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/window.h"
#include "encoded.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "wire/encode.h"

/* A client is told after this time that its request is still being worked on. */
#define SEARCH_NS (2 * NSEC_PER_SEC)

/* The buffer that one read fills. */
struct block {
	char *s;
	size_t len;
	size_t max;
};

static uint64_t sent;
static uint64_t missed;

uint64_t reader_sent(void)
{
	return sent;
}

uint64_t reader_missed(void)
{
	return missed;
}

/* Bytes that do not fit are kept for the next read. */
static void put(struct reader *reader, struct block *block, const char *s, size_t len)
{
	size_t fits = block->max - block->len;

	if (fits > len)
		fits = len;
	memcpy(block->s + block->len, s, fits);
	block->len += fits;
	if (fits < len)
		strbuf_add(&reader->rest, s + fits, len - fits);
}

static void put_rest(struct reader *reader, struct block *block)
{
	size_t n = reader->rest.len - reader->rest_sent;

	if (n > block->max)
		n = block->max;
	if (n)
		memcpy(block->s, reader->rest.s + reader->rest_sent, n);
	block->len = n;
	reader->rest_sent += n;
	if (reader->rest_sent == reader->rest.len) {
		strbuf_free(&reader->rest);
		reader->rest_sent = 0;
	}
}

/* Adds the event and the gaps before it if the filter passes them, or the gaps alone. */
static void put_event(struct reader *reader, struct block *block, const struct encoded *encoded,
		      const struct fault_event *ev)
{
	const struct event_filter *filter = &reader->request.filter;
	const struct strbuf *bytes = &encoded->bytes;

	reader->rest.failed |= bytes->failed;
	if (bytes->failed)
		return;
	if (filter_matches(filter, ev)) {
		put(reader, block, bytes->s, bytes->len);
		reader->events++;
		sent++;
	} else if (encoded->told && filter_concerns(filter, ev)) {
		put(reader, block, bytes->s, encoded->told);
	}
}

/* Adds an entry that is not an event; it is encoded as one message. */
static void put_whole(struct reader *reader, struct block *block, const struct encoded *encoded)
{
	reader->rest.failed |= encoded->bytes.failed;
	if (!encoded->bytes.failed)
		put(reader, block, encoded->bytes.s, encoded->bytes.len);
}

static void put_entry(struct reader *reader, struct block *block, const struct encoded *encoded,
		      const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_EVENT:
		put_event(reader, block, encoded, &entry->event);
		break;
	case ENTRY_HEALTH:
		if (filter_wants_health(&reader->request.filter, &entry->health))
			put_whole(reader, block, encoded);
		break;
	case ENTRY_GAP:
		put_whole(reader, block, encoded);
		break;
	}
}

static void send_entry(struct reader *reader, struct block *block, const struct entry *entry)
{
	static struct encoded encoded;

	reader->last = entry->at;
	encoded_entry(&encoded, &reader->request, entry);
	put_entry(reader, block, &encoded, entry);
}

static void send_heartbeat(struct reader *reader, struct block *block)
{
	struct strbuf bytes = STRBUF_INIT;

	reader->heartbeat_due = false;
	encoded_add_heartbeat(&bytes, reader->request.encoding, &reader->last);
	put(reader, block, bytes.s, bytes.len);
	reader->rest.failed |= bytes.failed;
	strbuf_free(&bytes);
}

/* Returns the cursor of the newest entry, whether the window still has that entry or not. */
static struct cursor newest(void)
{
	return window_end() ? window_newest() : bus_feed()->cursor;
}

/* Returns the cursor of a reader that begins with the oldest entry of the window. */
static struct cursor oldest(void)
{
	return window_end() > window_first() ? entry_before(window_at(window_first())) : newest();
}

/* Adds a gap that says that the reader's cursor is unknown. The reader continues after @at. */
static void state_unknown(struct reader *reader, struct block *block, const struct cursor *at)
{
	const struct entry gap = { .at = *at,
				   .kind = ENTRY_GAP,
				   .gap = { .reason = GAP_UNKNOWN_CURSOR } };

	reader->unknown = false;
	send_entry(reader, block, &gap);
}

/*
 * Continues with the oldest entry, because the window has none of the instance of reader->last.
 * @known: the store knows that instance.
 */
static void enter_oldest(struct reader *reader, struct block *block, bool known)
{
	const struct cursor now = newest(), start = oldest();

	reader->next = window_first();
	if (!reader->last.instance)
		reader->last = start;
	/* The current instance is known even if it has no entry yet. */
	else if (now.instance == reader->last.instance ? reader->last.seq > now.seq : !known)
		reader->unknown = true;
	if (reader->unknown)
		state_unknown(reader, block, &start);
}

/* Continues in the window after reader->last.  @known: as above. */
static void enter_window(struct reader *reader, struct block *block, bool known)
{
	enum window_place place = window_find(&reader->last, &reader->next);

	if (place == WINDOW_UNKNOWN)
		enter_oldest(reader, block, known);
	/* A reader that does not follow is told of a gap before it ends. */
	if (place != WINDOW_HAS && reader->stop <= reader->next)
		reader->stop = reader->next + 1;
}

static void on_stored(void *ctx)
{
	struct reader *reader = ctx;

	reader->ready(reader);
}

static void read_store(struct reader *reader, const struct cursor *after)
{
	if (backlog_begin(&reader->backlog, after, &reader->request.filter, on_stored, reader))
		reader->rest.failed = true;
}

static void locate_after(struct reader *reader, struct block *block)
{
	reader->last = reader->request.after;
	if (store_is_readable() && window_find(&reader->last, &reader->next) != WINDOW_HAS)
		read_store(reader, &reader->last);
	else
		enter_window(reader, block, false);
}

static void locate_oldest(struct reader *reader, struct block *block)
{
	reader->last = (struct cursor){ 0 };
	if (store_is_readable())
		read_store(reader, &reader->last);
	else
		enter_window(reader, block, true);
}

static void locate(struct reader *reader, struct block *block)
{
	switch (reader->request.start) {
	case STREAM_OLDEST:
		locate_oldest(reader, block);
		break;
	case STREAM_LATEST:
		reader->next = window_end();
		reader->last = newest();
		break;
	case STREAM_AFTER:
		locate_after(reader, block);
		break;
	}
	reader->stop = window_end();
	reader->located = true;
}

/*
 * Adds a gap without the part that the client has already received.  If the reader was too slow for
 * the window, it misses what no store has kept for it.
 */
static void send_gap(struct reader *reader, struct block *block, const struct entry *entry)
{
	struct entry rest = *entry;

	if (rest.gap.from && rest.at.instance == reader->last.instance &&
	    rest.gap.from <= reader->last.seq)
		rest.gap.from = reader->last.seq + 1;
	if (rest.gap.found && rest.gap.from && reader->slow) {
		rest.gap.reason = GAP_TOO_SLOW;
		missed += rest.gap.to - rest.gap.from + 1;
	}
	send_entry(reader, block, &rest);
}

static void send_missing(struct reader *reader, struct block *block, const struct entry *next)
{
	struct entry gaps[ENTRY_MISSING_MAX];
	size_t n = entry_missing(&reader->last, next, gaps);

	for (size_t i = 0; i < n; i++)
		send_gap(reader, block, &gaps[i]);
}

static void send_next(struct reader *reader, struct block *block)
{
	const struct entry *entry = window_at(reader->next);

	if (fault_at("reader-claim", reader->next)) {
		reader->last = entry->at;
		entry = window_at(++reader->next);
	}
	send_missing(reader, block, entry);
	reader->slow = false;
	if (entry->kind == ENTRY_GAP)
		send_gap(reader, block, entry);
	else if (entry->kind == ENTRY_HEALTH ||
		 filter_concerns(&reader->request.filter, &entry->event))
		put_entry(reader, block, encoded_window(reader->next, &reader->request), entry);
	reader->last = entry->at;
	reader->next += fault_at("reader-skip", reader->next + 1) ? 2 : 1;
}

static uint64_t end_of(const struct reader *reader)
{
	return reader->request.follow || reader->stop > window_end() ? window_end() : reader->stop;
}

static bool is_done(const struct reader *reader)
{
	return reader->request.limit && reader->events == reader->request.limit;
}

/* Leaves the store, whatever it still has, and continues in the window. */
static void leave_store(struct reader *reader, struct block *block, bool known)
{
	backlog_end(&reader->backlog);
	enter_window(reader, block, known);
}

/*
 * True if the store lacks entries before @entry that the window may have: its file was removed,
 * damaged or begun anew, or it keeps entries for a shorter time than the window.  If the window
 * begins with @entry, it has none; the health changes of earlier processes are only in the store.
 */
static bool window_has_older(const struct reader *reader, const struct entry *entry)
{
	if (entry->kind != ENTRY_GAP && entry->at.instance == reader->last.instance)
		return false;
	if (!window_reaches(&entry->at))
		return false;
	return entry->kind == ENTRY_GAP ||
	       !cursor_equal(&window_at(window_first())->at, &entry->at);
}

static void send_stored(struct reader *reader, struct block *block, const struct entry *entry)
{
	if (window_has_older(reader, entry)) {
		/* The store has nothing for this reader between its last entry and the gap. */
		if (entry->kind == ENTRY_GAP)
			reader->last = entry_before(entry);
		leave_store(reader, block, true);
	} else if (entry->kind == ENTRY_GAP) {
		send_gap(reader, block, entry);
	} else {
		send_entry(reader, block, entry);
	}
}

/*
 * Compares the oldest row of the store with the window.  Returns true if the reader has left the
 * store, because the window reaches further back.  If both begin with the same entry, the reader
 * stays: only the store has the health changes of earlier processes.
 */
static bool begin_stored(struct reader *reader, struct block *block)
{
	const struct cursor *oldest_row = backlog_oldest(&reader->backlog);
	uint64_t number;

	if (!oldest_row)
		return false;
	if (window_find(oldest_row, &number) == WINDOW_HAS && number > window_first()) {
		leave_store(reader, block, true);
		return true;
	}
	if (reader->unknown)
		state_unknown(reader, block, oldest_row);
	return false;
}

/* The store does not know the instance of reader->last. */
static void begin_anew(struct reader *reader, struct block *block)
{
	const struct cursor from_oldest = { 0 };

	if (window_find(&reader->last, &reader->next) != WINDOW_UNKNOWN) {
		leave_store(reader, block, true);
		return;
	}
	backlog_end(&reader->backlog);
	reader->unknown = true;
	read_store(reader, &from_oldest);
}

/* Returns false if the store has not answered yet. */
static bool send_backlog(struct reader *reader, struct block *block)
{
	const struct entry *entry;
	enum backlog_state state;

	if (begin_stored(reader, block))
		return true;
	state = backlog_take(&reader->backlog, &entry, &reader->last);
	switch (state) {
	case BACKLOG_ENTRY:
		if (!fault_at("reader-stored", entry->at.seq))
			send_stored(reader, block, entry);
		break;
	case BACKLOG_WAIT:
		return false;
	case BACKLOG_UNKNOWN:
		begin_anew(reader, block);
		break;
	case BACKLOG_END:
		/* The window has moved on while the store was read. */
		if (window_find(&reader->last, &reader->next) == WINDOW_LATER &&
		    backlog_again(&reader->backlog))
			return false;
		/* fall through */
	case BACKLOG_ERROR:
		leave_store(reader, block, state == BACKLOG_END);
		break;
	}
	return true;
}

/* The window no longer has the next entry: reads the store, or skips and states a gap. */
static void catch_up(struct reader *reader, struct block *block)
{
	reader->slow = true;
	if (store_is_readable()) {
		read_store(reader, &reader->last);
		return;
	}
	reader->next = window_first();
	send_missing(reader, block, window_at(reader->next));
}

/* The store has been read for long, and nothing in it concerns the reader. */
static bool is_searching(const struct reader *reader)
{
	return backlog_is_open(&reader->backlog) && clock_mono_ns() - reader->told_ns > SEARCH_NS;
}

static void fill(struct reader *reader, struct block *block)
{
	const char *preface;

	if (!reader->located) {
		reader->told_ns = clock_mono_ns();
		preface = encoded_preface(reader->request.encoding);
		put(reader, block, preface, strlen(preface));
		locate(reader, block);
	}
	if (reader->heartbeat_due || is_searching(reader))
		send_heartbeat(reader, block);
	while (block->len < block->max && !is_done(reader) && !reader->rest.failed) {
		if (backlog_is_open(&reader->backlog)) {
			if (!send_backlog(reader, block))
				break;
		} else if (reader->next < window_first()) {
			catch_up(reader, block);
		} else if (reader->next < end_of(reader)) {
			send_next(reader, block);
		} else {
			break;
		}
	}
}

ssize_t reader_read(struct reader *reader, char *out, size_t max)
{
	struct block block = { .s = out, .max = max };

	put_rest(reader, &block);
	if (block.len < max)
		fill(reader, &block);
	if (reader->rest.failed)
		return -ENOMEM;
	if (block.len) {
		reader->told_ns = clock_mono_ns();
		return (ssize_t)block.len;
	}
	if (!is_done(reader) && (reader->request.follow || backlog_is_open(&reader->backlog)))
		return 0;
	return -ENODATA;
}

void reader_finish(struct reader *reader)
{
	if (!reader->request.follow)
		return;
	reader->request.follow = false;
	reader->stop = window_end();
}

void reader_close(struct reader *reader)
{
	backlog_end(&reader->backlog);
	strbuf_free(&reader->rest);
}

uint64_t reader_lag(const struct reader *reader)
{
	return reader->located ? window_end() - reader->next : 0;
}
