// SPDX-License-Identifier: GPL-2.0-or-later
#include "entry.h"

struct cursor entry_before(const struct entry *entry)
{
	struct cursor at = entry->at;

	if (at.sub)
		at.sub = 0;
	else if (entry->kind == ENTRY_GAP && entry->gap.from)
		at.seq = entry->gap.from - 1;
	else
		at.seq--;
	return at;
}

static struct entry missing(uint64_t instance, uint64_t from, uint64_t to)
{
	return (struct entry){
		.at = { .instance = instance, .seq = to },
		.kind = ENTRY_GAP,
		.gap = { .reason = GAP_HISTORY, .from = from, .to = to, .found = true },
	};
}

size_t entry_missing(const struct cursor *last, const struct entry *next, struct entry *gaps)
{
	uint64_t has = last->seq, to = entry_before(next).seq;
	size_t n = 0;

	if (!last->instance)
		return 0;
	if (last->instance != next->at.instance) {
		has = 0;
		if (last->sub != CURSOR_SUB_END)
			gaps[n++] = (struct entry){
				.at = { last->instance, last->seq, CURSOR_SUB_END },
				.kind = ENTRY_GAP,
				.gap = { .reason = GAP_UNLOADED, .found = true },
			};
	}
	if (to > has)
		gaps[n++] = missing(next->at.instance, has + 1, to);
	return n;
}
