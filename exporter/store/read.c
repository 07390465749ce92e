// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "database.h"
#include "model/cursor.h"
#include "model/event.h"
#include "wire/decode.h"

enum column { INSTANCE, SEQ, SUB, REAL_NS, KIND, DEVICE, MESSAGE };

static int row_cursor(struct database *d, sqlite3_stmt *row, struct cursor *at)
{
	at->seq = (uint64_t)sqlite3_column_int64(row, SEQ);
	at->sub = (uint64_t)sqlite3_column_int64(row, SUB);
	return database_instance_name(d, sqlite3_column_int64(row, INSTANCE), &at->instance);
}

/*
 * Sets @wanted.  Decides without decoding the message, because decoding takes most of the time.
 */
static int decide(struct database *d, const struct event_filter *filter, bool *wanted)
{
	sqlite3_stmt *row = d->statements[DATABASE_EVENTS_AFTER];
	struct fault_event ev = { .real_ns = (uint64_t)sqlite3_column_int64(row, REAL_NS) };
	const char *device;

	*wanted = true;
	if (sqlite3_column_type(row, DEVICE) == SQLITE_NULL)
		return SQLITE_OK;
	device = (const char *)sqlite3_column_text(row, DEVICE);
	if (!device && database_column_failed(d) != SQLITE_ROW)
		return SQLITE_NOMEM;
	/* A damaged address cannot be compared: read_message() will find the row damaged. */
	if (filter->num_devices && (!device || message_read_address(device, &ev.device)))
		return SQLITE_OK;
	*wanted = filter_concerns(filter, &ev);
	return SQLITE_OK;
}

/* The memory of SQLite, whose limits tests set.  @failed becomes true if there is none. */
static void *take_memory(void *failed, size_t size)
{
	void *memory = sqlite3_malloc64(size ? size : 1);

	*(bool *)failed |= !memory;
	return memory;
}

static void give_memory(void *failed, void *memory)
{
	(void)failed;
	sqlite3_free(memory);
}

/* Sets @ok to whether the message is the one of the row. */
static int read_message(struct database *d, const struct cursor *at, struct entry *entry, bool *ok)
{
	sqlite3_stmt *row = d->statements[DATABASE_EVENTS_AFTER];
	const void *blob = sqlite3_column_blob(row, MESSAGE);
	int len = sqlite3_column_bytes(row, MESSAGE);
	bool failed = false;
	ProtobufCAllocator allocator = { take_memory, give_memory, &failed };
	Faultcast__V1__StreamMessage *m;

	if (!blob && database_column_failed(d) != SQLITE_ROW)
		return SQLITE_NOMEM;
	m = faultcast__v1__stream_message__unpack(&allocator, (size_t)len, blob);
	*ok = m && !message_read(m, entry) && entry->at.instance == at->instance &&
	      entry->at.seq == at->seq && entry->at.sub == at->sub;
	if (m)
		faultcast__v1__stream_message__free_unpacked(m, &allocator);
	return failed ? database_failed(d, SQLITE_NOMEM) : SQLITE_OK;
}

/* A gap that begins before the reader's place is cut to what follows that place. */
static void cut_gap(const struct cursor *last, struct entry *entry)
{
	if (entry->gap.from && last->instance == entry->at.instance && entry->gap.from <= last->seq)
		entry->gap.from = last->seq + 1;
}

static bool follows(const struct cursor *at, const struct cursor *last)
{
	if (at->instance != last->instance)
		return at->instance;
	return at->seq != last->seq ? at->seq > last->seq : at->sub > last->sub;
}

/*
 * SQLite has no checksums, so a damaged page may look like rows.  A row that is out of order, or
 * whose message has another cursor than the row, is skipped; the next row then shows a gap.
 */
static int take_row(struct database *d, struct database_read *read)
{
	sqlite3_stmt *row = d->statements[DATABASE_EVENTS_AFTER];
	struct entry entry = { .kind = ENTRY_EVENT };
	struct cursor at;
	int code = row_cursor(d, row, &at);
	bool wanted, ok = true;

	entry.at = at;
	if (!code)
		code = decide(d, &read->filter, &wanted);
	if (!code && wanted)
		code = read_message(d, &at, &entry, &ok);
	if (code)
		return code;
	if (!ok || !follows(&at, &read->scanned)) {
		d->damaged++;
		return SQLITE_OK;
	}
	if (!read->first.instance)
		read->first = entry_before(&entry);
	if (entry.kind == ENTRY_GAP)
		cut_gap(&read->scanned, &entry);
	read->num += entry_missing(&read->scanned, &entry, &read->entries[read->num]);
	if (wanted)
		read->entries[read->num++] = entry;
	read->scanned = at;
	return SQLITE_OK;
}

/* Binds the place where the read begins, or sets @read->unknown. */
static int seek(struct database *d, struct database_read *read)
{
	sqlite3_stmt *stmt = d->statements[DATABASE_EVENTS_AFTER];
	const struct cursor *after = &read->after;
	int64_t id = 0;
	int code = after->instance ? database_instance_id(d, after->instance, &id) : SQLITE_OK;

	read->unknown = after->instance && !id;
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, after->seq > INT64_MAX ? INT64_MAX : (int64_t)after->seq);
	sqlite3_bind_int64(stmt, 3, (int64_t)after->sub);
	return code;
}

int database_read(struct database *d, struct database_read *read)
{
	uint64_t damaged = d->damaged;
	int code, rows = 0;

	read->num = 0;
	read->end = false;
	read->first = (struct cursor){ 0 };
	read->scanned = read->after;
	code = seek(d, read);
	while (!code && !read->unknown && !read->end && rows < DATABASE_READ_ROWS &&
	       read->num + ENTRY_MISSING_MAX < read->max) {
		code = database_step(d, DATABASE_EVENTS_AFTER);
		read->end = code == SQLITE_DONE;
		if (code == SQLITE_ROW)
			code = take_row(d, read);
		else if (read->end)
			code = SQLITE_OK;
		rows++;
	}
	sqlite3_reset(d->statements[DATABASE_EVENTS_AFTER]);
	/* Every row is damaged, so @scanned has not moved and reading again would not help. */
	if (!code && d->damaged - damaged == DATABASE_READ_ROWS)
		code = database_failed(d, SQLITE_CORRUPT);
	return code;
}
