// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"

/* Seconds since 1970 have as many digits since 2001. */
#define SECONDS_DIGITS 10
/* How many seconds are tried if files have the name already. */
#define NAMES_TRIED 60

/* True if @name is "@base.corrupt-SECONDS", perhaps with "-wal", but not of @kept. */
static bool is_older(const char *name, const char *base, const char *kept)
{
	const size_t len = strlen(base);
	size_t digits = 0;

	if (strncmp(name, base, len) != 0 || strncmp(name, kept, strlen(kept)) == 0)
		return false;
	name += len;
	while (isdigit((unsigned char)name[digits]))
		digits++;
	return digits == SECONDS_DIGITS && (!name[digits] || !strcmp(name + digits, "-wal"));
}

/* Removes the regular files that were moved aside before @kept. */
static void remove_older(const char *prefix, const char *kept)
{
	const char *slash = strrchr(prefix, '/');
	const size_t directory = slash ? (size_t)(slash - prefix) + 1 : 0;
	char *name = sqlite3_mprintf("%.*s", directory ? (int)directory : 2,
				     directory ? prefix : "./");
	DIR *dir = name ? opendir(name) : NULL;
	struct dirent *file;
	struct stat st;

	while (dir && (file = readdir(dir)))
		if (is_older(file->d_name, prefix + directory, kept + directory) &&
		    !fstatat(dirfd(dir), file->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			unlinkat(dirfd(dir), file->d_name, 0);
	if (dir)
		closedir(dir);
	sqlite3_free(name);
}

static int rename_log(const char *from, const char *to)
{
	char *old = sqlite3_mprintf("%s-wal", from), *new = sqlite3_mprintf("%s-wal", to);
	int err = !old || !new ? -ENOMEM : rename(old, new) ? -errno : 0;

	sqlite3_free(old);
	sqlite3_free(new);
	return err == -ENOENT ? 0 : err;
}

/* The log goes first: SQLite must never find the old log beside a new file. */
static int move(const char *path, const char *to)
{
	struct stat st;
	int err = lstat(to, &st) ? rename_log(path, to) : -EEXIST;

	if (!err && rename(path, to))
		err = -errno;
	return err;
}

int database_move_aside(struct database *d, uint64_t *seconds)
{
	enum database_owner owner = database_owner(d);
	char *prefix, *to = NULL;
	int err;

	if (owner != DATABASE_OURS && owner != DATABASE_DAMAGED)
		return 1;
	prefix = sqlite3_mprintf("%s.corrupt-", d->path);
	err = prefix ? -EEXIST : -ENOMEM;

	for (int i = 0; i < NAMES_TRIED && err == -EEXIST; i++) {
		sqlite3_free(to);
		*seconds += i > 0;
		to = sqlite3_mprintf("%s%llu", prefix, (unsigned long long)*seconds);
		err = to ? move(d->path, to) : -ENOMEM;
	}
	if (!err)
		remove_older(prefix, to);
	sqlite3_free(prefix);
	sqlite3_free(to);
	return err;
}
