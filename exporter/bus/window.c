// SPDX-License-Identifier: GPL-2.0-or-later
#include "window.h"

#include <errno.h>
#include <stdlib.h>

static struct {
	struct entry *ring;
	uint64_t first;
	uint64_t end;
} window;

int window_init(void)
{
	window.ring = calloc(WINDOW_ENTRIES, sizeof(*window.ring));
	return window.ring ? 0 : -ENOMEM;
}

void window_fini(void)
{
	free(window.ring);
	window.ring = NULL;
	window.first = window.end = 0;
}

uint64_t window_first(void)
{
	return window.first;
}

uint64_t window_end(void)
{
	return window.end;
}

const struct entry *window_at(uint64_t number)
{
	return &window.ring[number % WINDOW_ENTRIES];
}

void window_add(const struct entry *entry)
{
	window.ring[window.end++ % WINDOW_ENTRIES] = *entry;
	if (window.end - window.first > WINDOW_ENTRIES)
		window.first++;
}

struct cursor window_newest(void)
{
	return window.end ? window_at(window.end - 1)->at : (struct cursor){ 0 };
}

static bool is_after(const struct cursor *a, const struct cursor *b)
{
	return a->seq != b->seq ? a->seq > b->seq : a->sub > b->sub;
}

/* The number of the first retained entry of @instance; window.end if there is none. */
static uint64_t first_of(uint64_t instance)
{
	uint64_t number = window.first;

	while (number < window.end && window_at(number)->at.instance != instance)
		number++;
	return number;
}

bool window_reaches(const struct cursor *cursor)
{
	uint64_t number = first_of(cursor->instance);

	if (number == window.end)
		return false;
	return number > window.first || cursor->sub == CURSOR_SUB_END ||
	       !is_after(&window_at(number)->at, cursor);
}

enum window_place window_find(const struct cursor *cursor, uint64_t *number)
{
	*number = first_of(cursor->instance);
	if (*number == window.end)
		return WINDOW_UNKNOWN;
	if (entry_before(window_at(*number)).seq > cursor->seq)
		return WINDOW_LATER;
	for (; *number < window.end; ++*number) {
		const struct cursor *at = &window_at(*number)->at;

		if (at->instance != cursor->instance)
			break;
		if (is_after(at, cursor))
			return WINDOW_HAS;
	}
	return cursor->seq <= window_at(*number - 1)->at.seq ? WINDOW_HAS : WINDOW_UNKNOWN;
}
