// SPDX-License-Identifier: GPL-2.0-or-later
#include "filter.h"
#include "faultcast.h"

_Static_assert(FAULTCAST_KIND_MAX < 32, "event_filter's kinds are the bits of 32");

bool filter_is_all(const struct event_filter *filter)
{
	return !filter->num_devices && !filter->kinds && !filter->since_ns && !filter->until_ns;
}

bool filter_matches_device(const struct event_filter *filter, const struct address *device)
{
	for (size_t i = 0; i < filter->num_devices; i++)
		if (address_equal(&filter->devices[i], device))
			return true;
	return !filter->num_devices;
}

/* A kind of a newer module has no bit, so only a filter without kinds passes it. */
static bool matches_kind(const struct event_filter *filter, uint32_t kind)
{
	return !filter->kinds || (kind < 32 && filter->kinds >> kind & 1);
}

bool filter_matches(const struct event_filter *filter, const struct fault_event *ev)
{
	return matches_kind(filter, ev->kind) && filter_concerns(filter, ev);
}

static bool concerns(const struct event_filter *filter, const struct address *device,
		     uint64_t real_ns)
{
	return real_ns >= filter->since_ns && (!filter->until_ns || real_ns < filter->until_ns) &&
	       filter_matches_device(filter, device);
}

bool filter_concerns(const struct event_filter *filter, const struct fault_event *ev)
{
	return concerns(filter, &ev->device, ev->real_ns);
}

bool filter_wants_health(const struct event_filter *filter, const struct health_change *change)
{
	return concerns(filter, &change->device, change->real_ns);
}
