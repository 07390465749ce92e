// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "database.h"

/* Removes all files whose paths begin with @prefix. */
static void remove_all(const char *prefix)
{
	const char *slash = strrchr(prefix, '/'), *base = slash ? slash + 1 : prefix;
	char *name = sqlite3_mprintf("%.*s", slash ? (int)(slash - prefix) + 1 : 2,
				     slash ? prefix : "./");
	DIR *dir = name ? opendir(name) : NULL;
	struct dirent *file;

	while (dir && (file = readdir(dir)))
		if (!strncmp(file->d_name, base, strlen(base)))
			unlinkat(dirfd(dir), file->d_name, 0);
	if (dir)
		closedir(dir);
	sqlite3_free(name);
}

static int rename_to(const char *from, const char *to, const char *suffix)
{
	char *old = sqlite3_mprintf("%s%s", from, suffix);
	char *new = sqlite3_mprintf("%s%s", to, suffix);
	int err = !old || !new ? -ENOMEM : rename(old, new) ? -errno : 0;

	sqlite3_free(old);
	sqlite3_free(new);
	return err;
}

int database_move_aside(struct database *d, uint64_t seconds)
{
	char *prefix = sqlite3_mprintf("%s.corrupt-", d->path);
	char *to = sqlite3_mprintf("%s.corrupt-%llu", d->path, (unsigned long long)seconds);
	int err = -ENOMEM;

	if (prefix && to) {
		remove_all(prefix);
		/*
		 * The log goes first: SQLite must never find the old log beside a new file.
		 */
		err = rename_to(d->path, to, "-wal");
		if (!err || err == -ENOENT)
			err = rename_to(d->path, to, "");
	}
	sqlite3_free(prefix);
	sqlite3_free(to);
	return err;
}
