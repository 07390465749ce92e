// SPDX-License-Identifier: GPL-2.0-or-later
#include "tally.h"

/* Empties the buckets that are no longer in the window at @now_ns. */
static void move_on(const struct health_rule *rule, struct tally *tally, uint64_t now_ns)
{
	uint64_t now = now_ns / (rule->window_ns / (BUCKETS - 1) + 1);

	for (int i = 0; i < BUCKETS && tally->newest + i < now; i++)
		tally->buckets[(now - i) % BUCKETS] = 0;
	if (now > tally->newest)
		tally->newest = now;
}

static uint64_t in_window(const struct tally *tally)
{
	uint64_t sum = 0;

	for (int i = 0; i < BUCKETS; i++)
		sum += tally->buckets[i];
	return sum;
}

void tally_expire(struct tally *tally, const struct health_rule *rule, uint64_t now_ns)
{
	if (now_ns > tally->last_ns && now_ns - tally->last_ns >= rule->clear_after_ns)
		tally->holds = false;
}

void tally_count(struct tally *tally, const struct health_rule *rule, uint64_t n, uint64_t at_ns)
{
	uint32_t *bucket;

	if (!n)
		return;
	tally_expire(tally, rule, at_ns);
	move_on(rule, tally, at_ns);
	bucket = &tally->buckets[tally->newest % BUCKETS];
	*bucket = n < UINT32_MAX - *bucket ? *bucket + (uint32_t)n : UINT32_MAX;
	if (at_ns > tally->last_ns)
		tally->last_ns = at_ns;
	if (in_window(tally) >= rule->threshold)
		tally->holds = true;
}

bool tally_is_quiet(struct tally *tally, const struct health_rule *rule, uint64_t now_ns)
{
	move_on(rule, tally, now_ns);
	return !tally->holds && !in_window(tally);
}
