// SPDX-License-Identifier: GPL-2.0-or-later
#include "metric.h"

void metric_add(struct expo *e, uint64_t value)
{
	expo_sample(e, NULL, UNIT_WHOLE, value, NULL);
}

void metric_add_for(struct expo *e, const char *label, const char *label_value, uint64_t value)
{
	const struct label labels[] = { { label, label_value }, { NULL, NULL } };

	expo_sample(e, labels, UNIT_WHOLE, value, NULL);
}
