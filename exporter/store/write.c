// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <unistd.h>

#include "base/fault.h"
#include "database.h"
#include "wire/encode.h"

/* SQLite has only signed numbers. */
static int64_t number(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static int add_instance(struct database *d, uint64_t instance, int64_t *id)
{
	sqlite3_stmt *stmt = d->statements[DATABASE_ADD_INSTANCE];
	int code = database_instance_id(d, instance, id);
	char name[17];

	if (code || *id)
		return code;
	sqlite3_snprintf(sizeof(name), name, "%llx", (unsigned long long)instance);
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	code = database_run(d, DATABASE_ADD_INSTANCE);
	sqlite3_clear_bindings(stmt);
	return code ? code : database_instance_id(d, instance, id);
}

/* Binds kind and device, or NULL where the entry has none. */
static void bind_what(sqlite3_stmt *stmt, const struct entry *entry, const struct stream_message *m)
{
	if (entry->kind == ENTRY_EVENT)
		sqlite3_bind_int64(stmt, 5, entry->event.kind);
	else
		sqlite3_bind_null(stmt, 5);
	if (entry->kind == ENTRY_GAP)
		sqlite3_bind_null(stmt, 6);
	else
		sqlite3_bind_text(stmt, 6, m->device.name, -1, SQLITE_STATIC);
}

static int add_row(struct database *d, const struct entry *entry, const struct stream_message *m,
		   uint64_t real_ns)
{
	sqlite3_stmt *stmt = d->statements[DATABASE_ADD_EVENT];
	size_t len = protobuf_c_message_get_packed_size(&m->msg.base);
	int64_t id;
	int code = add_instance(d, entry->at.instance, &id);

	if (code)
		return code;
	strbuf_reset(&d->packed);
	if (!strbuf_reserve(&d->packed, len))
		return database_failed(d, SQLITE_NOMEM);
	protobuf_c_message_pack(&m->msg.base, (uint8_t *)d->packed.s);
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, (int64_t)entry->at.seq);
	sqlite3_bind_int64(stmt, 3, (int64_t)entry->at.sub);
	sqlite3_bind_int64(stmt, 4, number(real_ns));
	bind_what(stmt, entry, m);
	sqlite3_bind_blob(stmt, 7, d->packed.s, (int)len, SQLITE_STATIC);
	return database_run(d, DATABASE_ADD_EVENT);
}

static int add_entry(struct database *d, const struct entry *entry, uint64_t now_real_ns)
{
	struct stream_message m;

	switch (entry->kind) {
	case ENTRY_GAP:
		message_gap(&m, &entry->at, &entry->gap);
		return add_row(d, entry, &m, now_real_ns);
	case ENTRY_HEALTH:
		message_health(&m, &entry->at, &entry->health);
		return add_row(d, entry, &m, entry->health.real_ns);
	case ENTRY_EVENT:
		break;
	}
	message_event(&m, &entry->event);
	return add_row(d, entry, &m, entry->event.real_ns);
}

/*
 * Fails if the file or its log was renamed or deleted: the rows that were written could not be
 * found again.  SQLite does not look at the log; closing the file copies the log into the file.
 */
static int check_in_place(struct database *d)
{
	int moved = 0;

	sqlite3_file_control(d->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (!moved)
		moved = access(sqlite3_filename_wal(sqlite3_db_filename(d->db, "main")), F_OK) &&
			errno == ENOENT;
	return moved ? database_failed(d, SQLITE_READONLY_DBMOVED) : SQLITE_OK;
}

int database_write(struct database *d, const struct entry *entries, size_t num,
		   uint64_t now_real_ns, size_t *refused)
{
	int code = database_run(d, DATABASE_BEGIN);

	*refused = 0;
	for (size_t i = 0; i < num && !code; i++) {
		if (fault_at("store-write", entries[i].at.seq))
			continue;
		if (entries[i].at.seq <= INT64_MAX)
			code = add_entry(d, &entries[i], now_real_ns);
		else
			*refused += entries[i].kind == ENTRY_EVENT;
	}
	if (!code)
		code = database_run(d, DATABASE_COMMIT);
	if (!code)
		return check_in_place(d);
	/* The rollback removes an instance that was added. */
	d->instance_id = 0;
	if (!sqlite3_get_autocommit(d->db))
		sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
	return code;
}
