/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device with counters and a record of its health changes, for the tests of health. */
#ifndef FAULTCAST_TESTS_HEALTH_CARD_H
#define FAULTCAST_TESTS_HEALTH_CARD_H

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "health/judge.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/health.h"
#include "model/names.h"

#define SECOND NSEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define START (7 * HOUR) /* uptime */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct address card = { .type = ADDRESS_PCI, .bdf = 0x300 };

/* Running totals of raised faults. */
struct counts {
	uint64_t read, write, interrupt, nonfatal, fatal, corrected, others;
};

static inline struct device_counts counts_of(const struct counts *c)
{
	return (struct device_counts){
		.address = card,
		.io_page_faults = { [FAULTCAST_ACCESS_READ] = c->read,
				    [FAULTCAST_ACCESS_WRITE] = c->write },
		.interrupt_remapping = c->interrupt,
		.aer = { [FAULTCAST_SEVERITY_NONFATAL] = c->nonfatal,
			 [FAULTCAST_SEVERITY_FATAL] = c->fatal,
			 [FAULTCAST_SEVERITY_CORRECTED] = c->corrected },
		.synthetic = c->others,
		.link = c->others,
		.hotplug = { c->others, c->others },
		.other = c->others,
		.suppressed = c->read,
	};
}

#define DEFAULT_RULES                                                                              \
	{                                                                                          \
		.rules = health_default_rules, .num_rules = health_num_default_rules               \
	}

/* The last reported change, and the number of changes. */
struct said {
	struct health_change change;
	unsigned int times;
};

static inline void note(void *ctx, const struct health_change *change)
{
	struct said *said = ctx;

	said->change = *change;
	said->times++;
}

static inline void expect_said(const char *what, size_t step, const struct said *said,
			       enum health_state from, enum health_state to, const char *rule)
{
	const struct health_change *change = &said->change;

	if (said->times != (to != HEALTH_UNKNOWN))
		fail_msg("%s: step %zu: %u changes, the last to %s", what, step, said->times,
			 health_state_name(change->to));
	if (!said->times)
		return;
	assert_true(address_equal(&change->device, &card));
	if (change->from != from || change->to != to || strcmp(change->rule, rule) != 0)
		fail_msg("%s: step %zu: %s to %s by \"%s\"", what, step,
			 health_state_name(change->from), health_state_name(change->to),
			 change->rule);
}

#endif
