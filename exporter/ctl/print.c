// SPDX-License-Identifier: GPL-2.0-or-later
#include "print.h"

#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"
#include "model/names.h"

static void add_io_page_fault(struct strbuf *what, const struct fault_event *ev)
{
	strbuf_addf(what, "%s ", access_name(ev->access));
	if (ev->has_iova)
		strbuf_addf(what, "%#" PRIx64, ev->iova);
	else
		strbuf_adds(what, "at an unknown address");
	if (ev->has_pasid)
		strbuf_addf(what, " pasid %#x", ev->pasid);
	if (ev->has_reason)
		strbuf_addf(what, " reason 0x%02x", ev->reason);
}

static void add_aer(struct strbuf *what, const struct fault_event *ev)
{
	strbuf_addf(what, "%s", aer_severity_name(ev->aer_severity));
	for (uint32_t bit = 0; bit < FAULTCAST_AER_BIT_NONE; bit++)
		if (ev->aer_status >> bit & 1)
			strbuf_addf(what, " %s", aer_error_name(ev->aer_severity, bit));
	if (ev->has_tlp)
		strbuf_addf(what, " tlp %08x %08x %08x %08x", ev->tlp[0], ev->tlp[1], ev->tlp[2],
			    ev->tlp[3]);
}

/* "link up" */
static void add_hotplug(struct strbuf *what, const struct fault_event *ev)
{
	for (const char *c = hotplug_name(ev->hotplug); *c; c++)
		strbuf_addc(what, *c == '_' ? ' ' : *c);
}

static void add_what(struct strbuf *what, const struct fault_event *ev)
{
	switch (ev->kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		add_io_page_fault(what, ev);
		break;
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		strbuf_addf(what, "index %#x reason 0x%02x", ev->irte_index, ev->reason);
		break;
	case FAULTCAST_KIND_AER:
		add_aer(what, ev);
		break;
	case FAULTCAST_KIND_LINK:
		strbuf_addf(what, "speed %#x width %u status %#x reason %u", ev->link_speed,
			    ev->link_width, ev->link_status, ev->link_reason);
		break;
	case FAULTCAST_KIND_HOTPLUG:
		add_hotplug(what, ev);
		break;
	}
	if (ev->suppressed_before)
		strbuf_addf(what, " (%" PRIu64 " suppressed before)", ev->suppressed_before);
	if (ev->lost_before)
		strbuf_addf(what, " (%" PRIu64 " lost before)", ev->lost_before);
	if (ev->synthetic)
		strbuf_adds(what, " synthetic");
}

void print_event(const struct fault_event *ev)
{
	char when[CTL_TIME_LEN], device[ADDRESS_LEN];
	struct strbuf what = STRBUF_INIT;

	ctl_format_time(ev->real_ns, when);
	address_format(&ev->device, device);
	add_what(&what, ev);
	printf("%s %10" PRIu64 " %-14s %-19s %s\n", when, ev->seq, device, kind_name(ev->kind),
	       strbuf_str(&what));
	strbuf_free(&what);
}

void print_header(void)
{
	printf("%-26s %10s %-14s %-19s %s\n", "TIME", "SEQ", "DEVICE", "KIND", "WHAT");
}

void print_gap(const struct fault_gap *gap)
{
	static const char *const unknown[GAP_REASONS] = {
		[GAP_HISTORY] = "events are missing, nobody knows how many",
		[GAP_UNKNOWN_CURSOR] = "the exporter knows nothing of that cursor: from the oldest",
		[GAP_TOO_SLOW] = "events are missing, nobody knows how many",
		[GAP_UNLOADED] = "the module was unloaded: its last events may be missing",
	};

	if (gap->from)
		printf("-- %" PRIu64 " events missing: %" PRIu64 " to %" PRIu64 "\n",
		       gap->to - gap->from + 1, gap->from, gap->to);
	else
		printf("-- %s\n", unknown[gap->reason]);
}

void print_health(const struct cursor *at, const struct health_change *change)
{
	char when[CTL_TIME_LEN], device[ADDRESS_LEN];

	ctl_format_time(change->real_ns, when);
	address_format(&change->device, device);
	printf("%s %10" PRIu64 " %-14s %-19s %s %s\n", when, at->seq, device, "health",
	       health_state_name(change->to), change->rule);
}
