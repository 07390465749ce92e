/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the store: one SQLite connection and its statements.  Everything
 * here blocks.  Functions return SQLITE_OK or an (extended) result code of SQLite,
 * and then say in @error what happened.
 */
#ifndef FAULTCAST_STORE_DATABASE_H
#define FAULTCAST_STORE_DATABASE_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/cursor.h"
#include "model/entry.h"
#include "model/filter.h"

/* PRAGMA application_id, user_version: what a file must have to be ours. */
#define DATABASE_APPLICATION 0x66636173
#define DATABASE_SCHEMA 1

/* A file that is not ours, or of a newer exporter: not to be touched. */
#define DATABASE_FOREIGN SQLITE_PERM

#define DATABASE_PAGE 8192
/* The write-ahead log is put into the file when it has so many pages. */
#define DATABASE_WAL_PAGES 256

enum database_statement {
	DATABASE_BEGIN,
	DATABASE_COMMIT,
	DATABASE_ADD_INSTANCE,
	DATABASE_INSTANCE_ID,
	DATABASE_INSTANCE_NAME,
	DATABASE_ADD_EVENT,
	DATABASE_EVENTS_AFTER,
	DATABASE_OLDEST_EVENTS,
	DATABASE_DELETE_UP_TO,
	DATABASE_PAGES,
	DATABASE_STATEMENTS
};

struct database {
	const char *path;
	sqlite3 *db; /* NULL: not open */
	sqlite3_stmt *statements[DATABASE_STATEMENTS];
	struct strbuf packed;
	/* Of the instance looked up last; in the file they never change. */
	uint64_t instance;
	int64_t instance_id; /* 0: none */
	uint64_t damaged;    /* rows that could not be read */
	char error[256];
};

/* Opens @path, which must stay, and creates it where there is no file. */
int database_open(struct database *d, const char *path);
/* Writes what is in the write-ahead log into the file. */
void database_close(struct database *d);

/* Renames the closed file to PATH.corrupt-SECONDS, of which one is kept; 0 or -errno. */
int database_move_aside(struct database *d, uint64_t seconds);

/* Bytes on disk. */
uint64_t database_bytes(const struct database *d);

/* Notes what @code is about; returns @code. */
int database_failed(struct database *d, int code);

/* Runs a statement without result, bound already. */
int database_run(struct database *d, enum database_statement which);

/* Steps a query: SQLITE_ROW, SQLITE_DONE or an error; then it has to be reset. */
int database_step(struct database *d, enum database_statement which);

/*
 * The row of @instance in table instance, 0 when there is none; @name is the
 * other way round, 0 when it makes no sense.
 */
int database_instance_id(struct database *d, uint64_t instance, int64_t *id);
int database_instance_name(struct database *d, int64_t id, uint64_t *instance);

/*
 * Writes all of @entries, or none.  Those that are there already are left as they
 * are.  @now_real_ns is when gaps are said to have happened.  @refused: how many
 * of the events have numbers that the file cannot hold.
 */
int database_write(struct database *d, const struct entry *entries, size_t num,
		   uint64_t now_real_ns, size_t *refused);

/* See store_read in output/store.h. */
struct database_read {
	struct cursor after;
	struct event_filter filter;
	size_t max;
	struct entry *entries;
	size_t num;
	struct cursor scanned;
	bool end;
	bool unknown; /* never heard of that instance */
};

#define DATABASE_READ_ROWS 8192

/* Looks at no more than DATABASE_READ_ROWS rows. */
int database_read(struct database *d, struct database_read *read);

#define DATABASE_DELETE_ROWS 4096

/*
 * Deletes the oldest rows, few at a time, if the file is larger than it may be, or
 * if it could only grow into the last of the disk.
 */
int database_retain_size(struct database *d, uint64_t max_bytes, bool *more);

/*
 * Deletes the oldest rows as far as they are from before @since_real_ns; few at a time.
 * @oldest_real_ns: of what is left, 0 if nothing is.
 */
int database_retain_age(struct database *d, uint64_t since_real_ns, uint64_t now_real_ns,
			bool *more, uint64_t *oldest_real_ns);

/* Gives some free pages back to the file system, if there are many. */
int database_vacuum(struct database *d, bool *more);

#endif
