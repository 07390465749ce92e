// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the settings in use, by the names under which Prometheus has its own; and of versions. */
#include "metric.h"
#include "model/skew.h"
#include "reload.h"

void collect_reload_successful(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, reload_status()->successful);
}

void collect_reload_success(struct expo *e, const struct snapshot *s)
{
	(void)s;
	expo_sample(e, NULL, UNIT_NANOSECONDS, reload_status()->success_ns, NULL);
}

void collect_reload_failures(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, reload_status()->failures);
}

void collect_abi_skew(struct expo *e, const struct snapshot *s)
{
	metric_add_for(e, "module", "older", skew_of(&s->module) < 0);
	metric_add_for(e, "module", "newer", skew_of(&s->module) > 0);
}
