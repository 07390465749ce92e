// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The connection locks the file (locking_mode=EXCLUSIVE).  SQLite then keeps the index of the
 * write-ahead log in memory, not in a mapping of a shared file: if another process truncated that
 * file, an access to the mapping would raise SIGBUS.  https://www.sqlite.org/wal.html section 8
 */
#include "database.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const statements[DATABASE_STATEMENTS] = {
	[DATABASE_BEGIN] = "BEGIN IMMEDIATE",
	[DATABASE_COMMIT] = "COMMIT",
	[DATABASE_ADD_INSTANCE] = "INSERT OR IGNORE INTO instance (name) VALUES (?1)",
	[DATABASE_INSTANCE_ID] = "SELECT id FROM instance WHERE name = ?1",
	[DATABASE_INSTANCE_NAME] = "SELECT name FROM instance WHERE id = ?1",
	[DATABASE_ADD_EVENT] = "INSERT OR IGNORE INTO event "
			       "(instance, seq, sub, real_ns, kind, device, message) "
			       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[DATABASE_EVENTS_AFTER] = "SELECT instance, seq, sub, real_ns, kind, device, message "
				  "FROM event WHERE (instance, seq, sub) > (?1, ?2, ?3) "
				  "ORDER BY instance, seq, sub",
	[DATABASE_OLDEST_EVENTS] = "SELECT instance, seq, sub, real_ns FROM event "
				   "ORDER BY instance, seq, sub",
	[DATABASE_DELETE_UP_TO] = "DELETE FROM event WHERE (instance, seq, sub) <= (?1, ?2, ?3)",
	[DATABASE_PAGES] = "SELECT page_count - freelist_count, freelist_count "
			   "FROM pragma_page_count(), pragma_freelist_count()",
};

/*
 * The key of a row is its place in the stream.  New rows are thus appended, a cursor is found by
 * one descent of the tree, and the rows that follow it are read in order.  The kind of a gap is
 * NULL.
 */
static const char schema[] = "BEGIN IMMEDIATE;"
			     "CREATE TABLE IF NOT EXISTS instance ("
			     " id INTEGER PRIMARY KEY,"	    /* ascending by first appearance */
			     " name TEXT NOT NULL UNIQUE);" /* hexadecimal, as in a cursor */
			     "CREATE TABLE IF NOT EXISTS event (" DATABASE_KEY_COLUMNS
			     " real_ns INTEGER NOT NULL, kind INTEGER, device TEXT,"
			     " message BLOB NOT NULL," /* faultcast.v1.StreamMessage */
			     " PRIMARY KEY (instance, seq, sub)) WITHOUT ROWID;";

/* sqlite3_system_errno() is errno after SQLite has cleaned up, which may have changed it. */
static bool is_too_large(struct database *d)
{
	sqlite3_file *files[2] = { NULL };
	int number = 0;

	sqlite3_file_control(d->db, "main", SQLITE_FCNTL_FILE_POINTER, &files[0]);
	sqlite3_file_control(d->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &files[1]);
	for (int i = 0; i < 2 && number != EFBIG; i++)
		if (files[i] && files[i]->pMethods)
			files[i]->pMethods->xFileControl(files[i], SQLITE_FCNTL_LAST_ERRNO,
							 &number);
	return number == EFBIG;
}

int database_failed(struct database *d, int code)
{
	int primary = code & 0xff, number = d->db ? sqlite3_system_errno(d->db) : 0;

	/* A file of the size RLIMIT_FSIZE is like a full disk. */
	if (code == SQLITE_IOERR_WRITE && is_too_large(d)) {
		snprintf(d->error, sizeof(d->error), "the limit for the size of files is reached");
		return SQLITE_FULL;
	}

	snprintf(d->error, sizeof(d->error), "%s%s%s",
		 d->db && sqlite3_extended_errcode(d->db) == code ? sqlite3_errmsg(d->db)
								  : sqlite3_errstr(code),
		 number && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) ? ": " : "",
		 number && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)
			 ? strerror(number)
			 : "");
	return code;
}

static int run_sql(struct database *d, const char *sql)
{
	int code = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

	return code ? database_failed(d, code) : SQLITE_OK;
}

/* Reads the only value of a query as @number, or, if that is NULL, as @text, cut to @size. */
static int query(struct database *d, const char *sql, int64_t *number, char *text, size_t size)
{
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(d->db, sql, -1, &stmt, NULL);

	if (!code)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		const char *value = number ? NULL : (const char *)sqlite3_column_text(stmt, 0);

		if (number)
			*number = sqlite3_column_int64(stmt, 0);
		else
			snprintf(text, size, "%s", value ? value : "");
		code = number || value ? SQLITE_OK : SQLITE_NOMEM;
	}
	if (code)
		code = database_failed(d, code);
	sqlite3_finalize(stmt);
	return code;
}

/* Checks that the file is ours before anything is written.  Sets @version to 0 if it is empty. */
static int check_owner(struct database *d, int64_t *version)
{
	int64_t application, tables;
	int code = query(d, "PRAGMA application_id", &application, NULL, 0);

	if (!code)
		code = query(d, "PRAGMA user_version", version, NULL, 0);
	if (!code)
		code = query(d, "SELECT count(*) FROM sqlite_schema", &tables, NULL, 0);
	if (code || (!application && !*version && !tables))
		return code;
	if (application != DATABASE_APPLICATION)
		snprintf(d->error, sizeof(d->error), "a database, but not of faultcast");
	else if (*version > DATABASE_SCHEMA)
		snprintf(d->error, sizeof(d->error),
			 "file of a newer faultcast: schema %" PRId64 ", known is %d", *version,
			 DATABASE_SCHEMA);
	else
		return SQLITE_OK;
	return DATABASE_FOREIGN;
}

/* One transaction creates everything: if it is interrupted, the file stays empty. */
static int create(struct database *d)
{
	char sql[sizeof(schema) + 192];

	snprintf(sql, sizeof(sql),
		 "PRAGMA page_size = %d; PRAGMA auto_vacuum = INCREMENTAL; %s PRAGMA "
		 "application_id = %d; PRAGMA user_version = %d; COMMIT",
		 DATABASE_PAGE, schema, DATABASE_APPLICATION, DATABASE_SCHEMA);
	return run_sql(d, sql);
}

static int set_up(struct database *d)
{
	char mode[16] = "", sql[160];
	int64_t version;
	int code;

	if (sqlite3_db_readonly(d->db, "main"))
		return database_failed(d, SQLITE_READONLY);
	code = run_sql(d, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL;"
			  "PRAGMA cell_size_check = ON");
	if (!code)
		code = check_owner(d, &version);
	if (!code && !version)
		code = create(d);
	if (!code)
		code = query(d, "PRAGMA journal_mode = WAL", NULL, mode, sizeof(mode));
	if (!code && strcmp(mode, "wal") != 0) {
		snprintf(d->error, sizeof(d->error), "no write-ahead log on this file system");
		code = SQLITE_CANTOPEN;
	}
	snprintf(sql, sizeof(sql), "PRAGMA wal_autocheckpoint = %d; PRAGMA journal_size_limit = %d",
		 DATABASE_WAL_PAGES, DATABASE_WAL_PAGES * DATABASE_PAGE);
	return code ? code : run_sql(d, sql);
}

static int prepare(struct database *d)
{
	for (size_t i = 0; i < DATABASE_STATEMENTS; i++) {
		int code = sqlite3_prepare_v3(d->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
					      &d->statements[i], NULL);

		if (code)
			return database_failed(d, code);
	}
	return SQLITE_OK;
}

/* Returns SQLITE_OK if SQLite may open the file. */
static int may_open(struct database *d)
{
	switch (database_owner(d)) {
	case DATABASE_OF_OTHERS:
		return DATABASE_FOREIGN;
	case DATABASE_DAMAGED:
		return SQLITE_NOTADB;
	case DATABASE_NEW:
	case DATABASE_OURS:
		break;
	}
	return SQLITE_OK;
}

int database_open(struct database *d, const char *path)
{
	int code;

	*d = (struct database){ .dev = d->dev, .ino = d->ino };
	/* SQLite has its log beside the file itself, not beside a link to the file. */
	database_resolve(d, path);
	code = may_open(d);
	if (code)
		return code;
	code = sqlite3_open_v2(path, &d->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
				       SQLITE_OPEN_EXRESCODE,
			       NULL);
	if (code)
		code = database_failed(d, code);
	else
		code = set_up(d);
	if (!code)
		code = prepare(d);
	if (code) {
		database_close(d);
	} else {
		/* A link may have led to a file that did not exist. */
		database_resolve(d, path);
		database_remember(d);
	}
	return code;
}

void database_close(struct database *d)
{
	for (size_t i = 0; i < DATABASE_STATEMENTS; i++)
		sqlite3_finalize(d->statements[i]);
	memset(d->statements, 0, sizeof(d->statements));
	sqlite3_close(d->db);
	d->db = NULL;
	strbuf_free(&d->packed);
}

int database_run(struct database *d, enum database_statement which)
{
	int code = database_step(d, which);

	sqlite3_reset(d->statements[which]);
	return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int database_step(struct database *d, enum database_statement which)
{
	int code = sqlite3_step(d->statements[which]);

	return code == SQLITE_DONE || code == SQLITE_ROW ? code : database_failed(d, code);
}

static uint64_t size_of(const char *path, const char *suffix)
{
	char *name = sqlite3_mprintf("%s%s", path, suffix);
	struct stat st;
	uint64_t size = name && !stat(name, &st) ? (uint64_t)st.st_size : 0;

	sqlite3_free(name);
	return size;
}

uint64_t database_bytes(const struct database *d)
{
	return size_of(d->path, "") + size_of(d->path, "-wal");
}

int database_column_failed(struct database *d)
{
	/* Set if the NULL is not the value of the column. */
	bool no_memory = sqlite3_errcode(d->db) == SQLITE_NOMEM;

	return no_memory ? database_failed(d, SQLITE_NOMEM) : SQLITE_ROW;
}

int database_instance_id(struct database *d, uint64_t instance, int64_t *id)
{
	sqlite3_stmt *stmt = d->statements[DATABASE_INSTANCE_ID];
	char name[17];
	int code;

	*id = d->instance_id;
	if (d->instance_id && d->instance == instance)
		return SQLITE_OK;
	snprintf(name, sizeof(name), "%" PRIx64, instance);
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	code = database_step(d, DATABASE_INSTANCE_ID);
	*id = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	if (code == SQLITE_ROW) {
		d->instance = instance;
		d->instance_id = *id;
	}
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int database_instance_name(struct database *d, int64_t id, uint64_t *instance)
{
	sqlite3_stmt *stmt = d->statements[DATABASE_INSTANCE_NAME];
	const char *name;
	char *end;
	int code;

	*instance = d->instance;
	if (id && d->instance_id == id)
		return SQLITE_OK;
	sqlite3_bind_int64(stmt, 1, id);
	code = database_step(d, DATABASE_INSTANCE_NAME);
	name = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (code == SQLITE_ROW && !name)
		code = database_column_failed(d);
	*instance = name ? strtoull(name, &end, 16) : 0;
	if (*instance && !*end) {
		d->instance = *instance;
		d->instance_id = id;
	} else {
		*instance = 0;
	}
	sqlite3_reset(stmt);
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}
