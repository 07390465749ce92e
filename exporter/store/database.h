/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the store: one SQLite connection and its statements.  All functions block.  Unless
 * stated otherwise, a function returns SQLITE_OK, or a result code of SQLite, primary or extended;
 * then @error of the database has a message.
 */
#ifndef FAULTCAST_STORE_DATABASE_H
#define FAULTCAST_STORE_DATABASE_H

#include <limits.h>
#include <sqlite3.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "model/cursor.h"
#include "model/entry.h"
#include "model/filter.h"

/* Values of PRAGMA application_id and user_version in a file of this program. */
#define DATABASE_APPLICATION 0x66636173
#define DATABASE_SCHEMA 1

/* The file belongs to another program or to a newer exporter, and must not be changed. */
#define DATABASE_FOREIGN SQLITE_PERM

/* The beginning of the columns in the text of the schema, which SQLite keeps in the first page. */
#define DATABASE_KEY_COLUMNS                                                                       \
	" instance INTEGER NOT NULL, seq INTEGER NOT NULL, sub INTEGER NOT NULL,"

#define DATABASE_PAGE 8192 /* bytes */
/* The number of pages in the write-ahead log at which SQLite copies the log into the file. */
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
	const char *path; /* the file itself, without links */
	char resolved[PATH_MAX];
	sqlite3 *db; /* NULL: not open */
	sqlite3_stmt *statements[DATABASE_STATEMENTS];
	struct strbuf packed; /* the message of a row; kept for its memory */
	/* The instance that was looked up last.  Its id in the file never changes. */
	uint64_t instance;
	int64_t instance_id; /* 0: no instance was looked up */
	uint64_t damaged;    /* number of rows that could not be read */
	/* The file that was open last; inode 0: none was. */
	dev_t dev;
	ino_t ino;
	char error[256];
};

enum database_owner {
	DATABASE_NEW,	  /* there is no file yet, an empty one, or one that cannot be read */
	DATABASE_OURS,	  /* the header is that of our files */
	DATABASE_DAMAGED, /* one of our files, with a damaged header */
	DATABASE_OF_OTHERS,
};

/*
 * Examines the file at the path, which must not be open.  Sets @error unless the file is new or
 * ours.
 */
enum database_owner database_owner(struct database *d);

/* Sets the path of the file, which a link at @path leads to. */
void database_resolve(struct database *d, const char *path);

/* Remembers which file is open, so that it is known even if all of it gets damaged. */
void database_remember(struct database *d);

/*
 * Opens @path, which must stay valid, and creates the file if it does not exist.  Fails with
 * DATABASE_FOREIGN if the file is not ours.  @d is all 0, or was used for the same path before.
 */
int database_open(struct database *d, const char *path);

/* Closes the file, if it is open, after copying the write-ahead log into it. */
void database_close(struct database *d);

/*
 * Renames the closed file and its log to PATH.corrupt-SECONDS and PATH.corrupt-SECONDS-wal, and
 * deletes older files of exactly such names.  If a file has the name, *@seconds is increased until
 * none has.  Returns 0, 1 if another file has taken the place of the damaged one and is left alone,
 * or -errno.
 */
int database_move_aside(struct database *d, uint64_t *seconds);

/* The size of the file and its write-ahead log in bytes. */
uint64_t database_bytes(const struct database *d);

/* Sets the message for @code.  Returns @code. */
int database_failed(struct database *d, int code);

/* Runs a statement that returns no rows.  Its parameters must be bound. */
int database_run(struct database *d, enum database_statement which);

/* Steps a query.  Returns SQLITE_ROW, SQLITE_DONE or an error.  The caller resets the query. */
int database_step(struct database *d, enum database_statement which);

/*
 * After a function of SQLite has returned NULL for a column of a row: returns SQLITE_NOMEM if the
 * cause was lack of memory, else SQLITE_ROW.
 */
int database_column_failed(struct database *d);

/* Sets @id to the id of @instance in the table instance, or to 0 if the table does not have it. */
int database_instance_id(struct database *d, uint64_t instance, int64_t *id);

/* Sets @instance to the instance with this id, or to 0 if there is none or its name is damaged. */
int database_instance_name(struct database *d, int64_t id, uint64_t *instance);

/*
 * Writes all of @entries, or none of them.  A row that exists already is not changed.  @now_real_ns
 * is the time that gaps get.  Sets @refused to the number of events that were left out because
 * SQLite cannot represent their sequence numbers.
 */
int database_write(struct database *d, const struct entry *entries, size_t num,
		   uint64_t now_real_ns, size_t *refused);

/* The work of one `struct store_read` (store.h), whose members have the same meaning. */
struct database_read {
	struct cursor after;
	struct event_filter filter;
	size_t max;
	struct entry *entries;
	size_t num;
	struct cursor first;
	struct cursor scanned;
	bool end;
	bool unknown; /* the store does not know the instance of @after */
};

#define DATABASE_READ_ROWS 8192

/* Reads up to @max entries from at most DATABASE_READ_ROWS rows. */
int database_read(struct database *d, struct database_read *read);

#define DATABASE_DELETE_ROWS 4096

/*
 * Deletes up to DATABASE_DELETE_ROWS of the oldest rows if the file is larger than @max_bytes, or
 * if its growth would use up the last free space of the disk.  Sets @more if it has deleted rows,
 * so that it should be called again.
 */
int database_retain_size(struct database *d, uint64_t max_bytes, bool *more);

/*
 * Deletes up to DATABASE_DELETE_ROWS of the oldest rows, if they are from before @since_real_ns.
 * Sets @more if more may have to be deleted, and @oldest_real_ns to the time of the oldest row that
 * is left, or to 0 if no row is left.
 */
int database_retain_age(struct database *d, uint64_t since_real_ns, uint64_t now_real_ns,
			bool *more, uint64_t *oldest_real_ns);

/*
 * Returns some free pages to the file system if there are many.  Sets @more if it has done so, so
 * that it should be called again.
 */
int database_vacuum(struct database *d, bool *more);

#endif
