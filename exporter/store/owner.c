// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decides whether a file is one of ours, without SQLite: opening a database with SQLite may change
 * it, and deletes its write-ahead log.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"

/* https://www.sqlite.org/fileformat2.html#the_database_header */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_APPLICATION 68

static bool has_magic(const unsigned char *page, size_t len)
{
	return len >= HEADER_BYTES && !memcmp(page, HEADER_MAGIC, sizeof(HEADER_MAGIC));
}

static bool has_application(const unsigned char *page)
{
	const unsigned char *at = page + HEADER_APPLICATION;

	return ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) ==
	       DATABASE_APPLICATION;
}

/* With a damaged header, the first page still has the text of the schema. */
static bool has_schema(const unsigned char *page, size_t len)
{
	return memmem(page, len, DATABASE_KEY_COLUMNS, strlen(DATABASE_KEY_COLUMNS));
}

static bool was_open(const struct database *d, const struct stat *st)
{
	return d->ino && d->ino == st->st_ino && d->dev == st->st_dev;
}

static ssize_t read_page(const char *path, unsigned char *page)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, page, DATABASE_PAGE, 0);

	if (fd >= 0)
		close(fd);
	return n;
}

static enum database_owner not_ours(struct database *d, const char *why)
{
	snprintf(d->error, sizeof(d->error), "%s", why);
	return DATABASE_OF_OTHERS;
}

/* SQLite opens these files.  It would wait for the other end of a FIFO, and delete it later. */
static bool are_files_beside(const struct database *d)
{
	static const char *const suffixes[] = { "-journal", "-wal" };
	char path[PATH_MAX + sizeof("-journal")];
	struct stat st;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", d->path, suffixes[i]);
		if (!stat(path, &st) && !S_ISREG(st.st_mode))
			return false;
	}
	return true;
}

enum database_owner database_owner(struct database *d)
{
	unsigned char page[DATABASE_PAGE];
	struct stat st;
	ssize_t len;

	if (!are_files_beside(d))
		return not_ours(d, "a -journal or -wal beside it is not a regular file");
	if (stat(d->path, &st))
		return DATABASE_NEW;
	if (!S_ISREG(st.st_mode))
		return not_ours(d, "not a regular file");
	len = st.st_size ? read_page(d->path, page) : 0;
	/* If the file cannot be read, SQLite says why. */
	if (len <= 0)
		return DATABASE_NEW;
	if (has_magic(page, (size_t)len)) {
		if (has_application(page))
			return DATABASE_OURS;
		if (!was_open(d, &st) && !has_schema(page, (size_t)len))
			return not_ours(d, "a database, but not of faultcast");
	} else if (!was_open(d, &st) && !has_schema(page, (size_t)len)) {
		return not_ours(d, "a file, but not of faultcast");
	}
	snprintf(d->error, sizeof(d->error), "damaged header");
	return DATABASE_DAMAGED;
}

void database_remember(struct database *d)
{
	struct stat st;

	if (stat(d->path, &st))
		return;
	d->dev = st.st_dev;
	d->ino = st.st_ino;
}

void database_resolve(struct database *d, const char *path)
{
	d->path = realpath(path, d->resolved) ? d->resolved : path;
}
