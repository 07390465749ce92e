// SPDX-License-Identifier: GPL-2.0-or-later
#include "backlog.h"
#include "model/cursor.h"

#include <errno.h>
#include <stdlib.h>

#define ENTRIES 128

static void on_read(struct store_read *read)
{
	struct backlog *backlog = (void *)((char *)read - offsetof(struct backlog, read));

	backlog->asked = false;
	backlog->next = 0;
	backlog->ready(backlog->ctx);
}

static void ask(struct backlog *backlog)
{
	backlog->asked = true;
	store_read(&backlog->read);
}

int backlog_begin(struct backlog *backlog, const struct cursor *after,
		  const struct event_filter *filter, void (*ready)(void *ctx), void *ctx)
{
	*backlog = (struct backlog){
		.entries = malloc(ENTRIES * sizeof(*backlog->entries)),
		.ready = ready,
		.ctx = ctx,
	};
	if (!backlog->entries)
		return -ENOMEM;
	backlog->read = (struct store_read){
		.after = *after,
		.filter = filter,
		.entries = backlog->entries,
		.max = ENTRIES,
		.done = on_read,
	};
	ask(backlog);
	return 0;
}

void backlog_end(struct backlog *backlog)
{
	if (backlog->asked)
		store_cancel(&backlog->read);
	free(backlog->entries);
	backlog->entries = NULL;
	backlog->asked = false;
}

bool backlog_is_open(const struct backlog *backlog)
{
	return backlog->entries;
}

const struct cursor *backlog_oldest(const struct backlog *backlog)
{
	const struct store_read *read = &backlog->read;

	if (backlog->asked || backlog->next || read->err || read->after.instance)
		return NULL;
	return read->first.instance ? &read->first : NULL;
}

bool backlog_again(struct backlog *backlog)
{
	if (cursor_equal(&backlog->read.after, &backlog->read.scanned))
		return false;
	backlog->read.after = backlog->read.scanned;
	ask(backlog);
	return true;
}

enum backlog_state backlog_take(struct backlog *backlog, const struct entry **entry,
				struct cursor *at)
{
	struct store_read *read = &backlog->read;

	if (backlog->asked)
		return BACKLOG_WAIT;
	if (read->err)
		return read->err == -ENOENT ? BACKLOG_UNKNOWN : BACKLOG_ERROR;
	if (backlog->next < read->num) {
		*entry = &backlog->entries[backlog->next++];
		return BACKLOG_ENTRY;
	}
	*at = read->scanned;
	if (read->end)
		return BACKLOG_END;
	read->after = read->scanned;
	ask(backlog);
	return BACKLOG_WAIT;
}
