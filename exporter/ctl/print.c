// SPDX-License-Identifier: GPL-2.0-or-later
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/iommu.h"
#include "model/names.h"
#include "printable.h"

/* "reason 0x05: The page has no write permission." */
static void add_reason(struct strbuf *out, const struct fault_event *ev)
{
	if (ev->has_stream)
		strbuf_addf(out, " stream %#x", ev->stream_id);
	if (ev->has_reason)
		strbuf_addf(out, " reason 0x%02x: %s", ev->reason,
			    iommu_reason_of(ev->iommu_type, ev->reason, ev->iommu_flags).words);
}

static void add_io_page_fault(struct strbuf *out, const struct fault_event *ev)
{
	strbuf_addf(out, "%s ", access_name(ev->access));
	if (ev->has_iova)
		strbuf_addf(out, "%#" PRIx64, ev->iova);
	else
		strbuf_adds(out, "at an unknown address");
	if (ev->has_pasid)
		strbuf_addf(out, " pasid %#x", ev->pasid);
	add_reason(out, ev);
}

static void add_aer(struct strbuf *out, const struct fault_event *ev)
{
	strbuf_addf(out, "%s", aer_severity_name(ev->aer_severity));
	for (uint32_t bit = 0; bit < FAULTCAST_AER_BIT_NONE; bit++)
		if (ev->aer_status >> bit & 1)
			strbuf_addf(out, " %s", aer_error_name(ev->aer_severity, bit));
	if (ev->has_tlp)
		strbuf_addf(out, " tlp %08x %08x %08x %08x", ev->tlp[0], ev->tlp[1], ev->tlp[2],
			    ev->tlp[3]);
}

/* "link up" */
static void add_hotplug(struct strbuf *out, const struct fault_event *ev)
{
	for (const char *c = hotplug_name(ev->hotplug); *c; c++)
		strbuf_addc(out, *c == '_' ? ' ' : *c);
}

static void add_related(struct strbuf *out, const struct fault_event *ev)
{
	const struct address related = { .type = ADDRESS_PCI,
					 .segment = ev->related_segment,
					 .bdf = ev->related_bdf };
	char text[ADDRESS_LEN];

	if (!ev->has_related)
		return;
	address_format(&related, text);
	strbuf_addf(out, " related %s", text);
}

static void add_details(struct strbuf *out, const struct fault_event *ev)
{
	switch (ev->kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		add_io_page_fault(out, ev);
		break;
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		if (ev->irte_unknown)
			strbuf_addf(out, "index unknown");
		else
			strbuf_addf(out, "index %#x", ev->irte_index);
		add_reason(out, ev);
		break;
	case FAULTCAST_KIND_IOMMU_ERROR:
		strbuf_adds(out, iommu_reason_of(ev->iommu_type, ev->reason, ev->iommu_flags).name);
		add_reason(out, ev);
		break;
	case FAULTCAST_KIND_DPC:
		strbuf_addf(out, "%s status %#x", dpc_name(ev->dpc), ev->dpc_status);
		break;
	case FAULTCAST_KIND_RECOVERY:
		strbuf_adds(out, recovery_name(ev->recovery));
		break;
	case FAULTCAST_KIND_AER:
		add_aer(out, ev);
		break;
	case FAULTCAST_KIND_LINK:
		strbuf_addf(out, "speed %#x width %u status %#x reason %u", ev->link_speed,
			    ev->link_width, ev->link_status, ev->link_reason);
		break;
	case FAULTCAST_KIND_HOTPLUG:
		add_hotplug(out, ev);
		break;
	}
	add_related(out, ev);
	if (ev->suppressed_before)
		strbuf_addf(out, " (%" PRIu64 " suppressed before)", ev->suppressed_before);
	if (ev->lost_before)
		strbuf_addf(out, " (%" PRIu64 " lost before)", ev->lost_before);
	if (ev->synthetic)
		strbuf_adds(out, " synthetic");
}

void print_format_time(uint64_t real_ns, char out[PRINT_TIME_LEN])
{
	time_t seconds = (time_t)(real_ns / NSEC_PER_SEC);
	struct tm tm;
	size_t len;

	if (!real_ns) {
		snprintf(out, PRINT_TIME_LEN, "-");
		return;
	}
	localtime_r(&seconds, &tm);
	len = strftime(out, PRINT_TIME_LEN, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + len, PRINT_TIME_LEN - len, ".%06u",
		 (unsigned int)(real_ns % NSEC_PER_SEC / 1000));
}

void print_header(void)
{
	printf("%-26s %10s %-14s %-19s %s\n", "TIME", "SEQ", "DEVICE", "KIND", "WHAT");
}

static void print_event(const struct fault_event *ev)
{
	char when[PRINT_TIME_LEN], device[ADDRESS_LEN];
	struct strbuf details = STRBUF_INIT;

	print_format_time(ev->real_ns, when);
	address_format(&ev->device, device);
	add_details(&details, ev);
	printable_line("%s %10" PRIu64 " %-14s %-19s %s", when, ev->seq, device,
		       kind_name(ev->kind), strbuf_str(&details));
	strbuf_free(&details);
}

static void print_gap(const struct fault_gap *gap)
{
	static const char *const unknown[GAP_REASONS] = {
		[GAP_HISTORY] = "events are missing; their number is unknown",
		[GAP_UNKNOWN_CURSOR] =
			"the exporter does not know this cursor; the oldest retained events follow",
		[GAP_TOO_SLOW] = "events are missing; their number is unknown",
		[GAP_UNLOADED] = "the module was unloaded; its last events may be missing",
	};

	if (gap->from)
		printable_line("-- %" PRIu64 " events missing: %" PRIu64 " to %" PRIu64,
			       gap->to - gap->from + 1, gap->from, gap->to);
	else
		printable_line("-- %s", unknown[gap->reason]);
}

static void print_health(const struct cursor *at, const struct health_change *change)
{
	char when[PRINT_TIME_LEN], device[ADDRESS_LEN];

	print_format_time(change->real_ns, when);
	address_format(&change->device, device);
	printable_line("%s %10" PRIu64 " %-14s %-19s %s %s", when, at->seq, device, "health",
		       health_state_name(change->to), change->rule);
}

void print_entry(const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_EVENT:
		print_event(&entry->event);
		break;
	case ENTRY_GAP:
		print_gap(&entry->gap);
		break;
	case ENTRY_HEALTH:
		print_health(&entry->at, &entry->health);
		break;
	}
}
