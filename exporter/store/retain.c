// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "database.h"

/* The number of free pages that are kept for new rows. */
#define FREE_PAGES_KEPT 512
#define VACUUM_PAGES 128

/*
 * On a full disk nothing could be deleted any more: a deletion is written to the write-ahead log,
 * and the log cannot be copied into a file that cannot grow.  The file therefore stops growing
 * while there is still room for log and file.  New rows then use pages that deleted rows have
 * freed; FREE_PAGES_NEEDED is more than a batch takes.
 */
#define RESERVE_BYTES (3 * DATABASE_WAL_PAGES * DATABASE_PAGE)
#define FREE_PAGES_NEEDED 64
/* The number of pages that the file may always have, even if other files have filled the disk. */
#define PAGES_GRANTED 256

/* The key of a row: instance, seq, sub. */
struct key {
	int64_t part[3];
};

static struct key key_of(sqlite3_stmt *row)
{
	struct key key;

	for (int i = 0; i < 3; i++)
		key.part[i] = sqlite3_column_int64(row, i);
	return key;
}

static int delete_up_to(struct database *d, const struct key *key)
{
	for (int i = 0; i < 3; i++)
		sqlite3_bind_int64(d->statements[DATABASE_DELETE_UP_TO], i + 1, key->part[i]);
	return database_run(d, DATABASE_DELETE_UP_TO);
}

static int delete_oldest(struct database *d, bool *any)
{
	sqlite3_stmt *row = d->statements[DATABASE_OLDEST_EVENTS];
	struct key key;
	int code = SQLITE_ROW, rows;

	for (rows = 0; rows < DATABASE_DELETE_ROWS; rows++) {
		code = database_step(d, DATABASE_OLDEST_EVENTS);
		if (code != SQLITE_ROW)
			break;
		key = key_of(row);
	}
	sqlite3_reset(row);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return code;
	*any = rows;
	return rows ? delete_up_to(d, &key) : SQLITE_OK;
}

static int count_pages(struct database *d, uint64_t *used, uint64_t *unused)
{
	sqlite3_stmt *row = d->statements[DATABASE_PAGES];
	int code = database_step(d, DATABASE_PAGES);

	*used = (uint64_t)sqlite3_column_int64(row, 0);
	*unused = (uint64_t)sqlite3_column_int64(row, 1);
	sqlite3_reset(row);
	return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* The room on the disk, or below the limit for the size of files. */
static uint64_t room(const struct database *d, uint64_t pages)
{
	uint64_t bytes = UINT64_MAX, has = pages * DATABASE_PAGE, left;
	struct statvfs fs;
	struct rlimit limit;

	if (!statvfs(d->path, &fs))
		bytes = fs.f_bavail * fs.f_frsize;
	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return bytes;
	left = limit.rlim_cur > has ? limit.rlim_cur - has : 0;
	return left < bytes ? left : bytes;
}

static bool may_not_grow(const struct database *d, uint64_t used, uint64_t unused)
{
	return used > PAGES_GRANTED && unused < FREE_PAGES_NEEDED &&
	       room(d, used + unused) < RESERVE_BYTES;
}

int database_retain_size(struct database *d, uint64_t max_bytes, bool *more)
{
	uint64_t used, unused;
	int code = count_pages(d, &used, &unused);

	/* The write-ahead log and the free pages that are kept count too. */
	*more = !code &&
		((used + FREE_PAGES_KEPT + DATABASE_WAL_PAGES) * DATABASE_PAGE > max_bytes ||
		 may_not_grow(d, used, unused));
	return *more ? delete_oldest(d, more) : code;
}

/*
 * Rows are in the order of the stream, which is the order of time unless the clock was set.  A row
 * from the future is treated like the rows around it, because otherwise it would keep all rows that
 * follow it until its time comes.
 */
int database_retain_age(struct database *d, uint64_t since_real_ns, uint64_t now_real_ns,
			bool *more, uint64_t *oldest_real_ns)
{
	sqlite3_stmt *row = d->statements[DATABASE_OLDEST_EVENTS];
	bool any_old = false;
	struct key key;
	int code, rows;

	*oldest_real_ns = 0;
	for (rows = 0; rows < DATABASE_DELETE_ROWS; rows++) {
		uint64_t real_ns;

		code = database_step(d, DATABASE_OLDEST_EVENTS);
		if (code != SQLITE_ROW)
			break;
		real_ns = (uint64_t)sqlite3_column_int64(row, 3);
		if (real_ns < since_real_ns) {
			any_old = true;
			key = key_of(row);
			*oldest_real_ns = 0;
			continue;
		}
		if (!*oldest_real_ns)
			*oldest_real_ns = real_ns;
		if (real_ns <= now_real_ns)
			break;
	}
	sqlite3_reset(row);
	*more = any_old && rows == DATABASE_DELETE_ROWS;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return code;
	return any_old ? delete_up_to(d, &key) : SQLITE_OK;
}

int database_vacuum(struct database *d, bool *more)
{
	uint64_t used, unused;
	char sql[64];
	int code = count_pages(d, &used, &unused);

	*more = !code && unused > FREE_PAGES_KEPT;
	if (!*more)
		return code;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA incremental_vacuum(%d)", VACUUM_PAGES);
	code = sqlite3_exec(d->db, sql, NULL, NULL, NULL);
	return code ? database_failed(d, code) : SQLITE_OK;
}
