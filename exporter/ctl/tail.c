// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl tail: events as they happen. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aer.h"
#include "ctl.h"
#include "json.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "source/netlink.h"

static bool from_oldest, once;
static uint64_t count;

static const struct option_row rows[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  .value = &from_oldest,
	  .help = "first what the kernel still has" },
	{ .name = "once", .type = OPTION_FLAG, .value = &once, .help = "then end: do not wait" },
	{ .name = "count",
	  .type = OPTION_NUMBER,
	  .value = &count,
	  .max = UINT64_MAX,
	  .arg = "N",
	  .help = "end after N events, 0: never" },
	{ .name = NULL },
};

static struct loop loop;
static struct source_netlink source;
static bool json_wanted;
static uint64_t printed;
static int failed;

static const char *access_name(uint32_t access)
{
	static const char *const names[] = {
		[FAULTCAST_ACCESS_UNKNOWN] = "unknown",
		[FAULTCAST_ACCESS_READ] = "read",
		[FAULTCAST_ACCESS_WRITE] = "write",
		[FAULTCAST_ACCESS_OTHER] = "other",
	};

	return access <= FAULTCAST_ACCESS_MAX ? names[access] : "?";
}

static void print_json(const struct stream_message *m)
{
	struct strbuf line = STRBUF_INIT;

	json_add_message(&line, &m->msg.base);
	if (line.failed)
		failed = -ENOMEM;
	puts(strbuf_str(&line));
	strbuf_free(&line);
}

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

static void add_hotplug(struct strbuf *what, const struct fault_event *ev)
{
	static const char *const names[] = {
		[FAULTCAST_HOTPLUG_LINK_UP] = "link up",
		[FAULTCAST_HOTPLUG_LINK_DOWN] = "link down",
		[FAULTCAST_HOTPLUG_CARD_PRESENT] = "card present",
		[FAULTCAST_HOTPLUG_CARD_NOT_PRESENT] = "card not present",
	};

	strbuf_adds(what, ev->hotplug < FAULTCAST_HOTPLUG_OTHER ? names[ev->hotplug] : "other");
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

static void print_row(const struct fault_event *ev)
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

static void on_event(void *ctx, const struct fault_event *ev, bool live)
{
	(void)ctx;
	(void)live;
	if (count && printed == count)
		return;
	if (json_wanted) {
		struct stream_message m;

		message_event(&m, ev);
		print_json(&m);
	} else {
		print_row(ev);
	}
	fflush(stdout);
	if (++printed == count || ferror(stdout))
		loop_stop(&loop);
}

static void on_gap(void *ctx, const struct cursor *at, const struct fault_gap *gap)
{
	(void)ctx;
	if (json_wanted) {
		struct stream_message m;

		message_gap(&m, at, gap);
		print_json(&m);
	} else if (gap->from) {
		printf("-- %" PRIu64 " events missing: %" PRIu64 " to %" PRIu64 "\n",
		       gap->to - gap->from + 1, gap->from, gap->to);
	} else {
		printf("-- the module was unloaded: its last events may be missing\n");
	}
	fflush(stdout);
}

/* Up, or down for a reason that waiting does not change. */
static void on_caught_up(void *ctx)
{
	(void)ctx;
	if (!source.status.up) {
		ctl_error("%s", source.reason);
		failed = -ENOENT;
	}
	if (failed || once)
		loop_stop(&loop);
}

static void on_signal(struct loop_fd *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	loop_stop(&loop);
}

static int run(bool as_json)
{
	static const struct source_sink sink = { .event = on_event,
						 .gap = on_gap,
						 .caught_up = on_caught_up };
	struct loop_fd signals = { .fd = -1, .ready = on_signal };
	int err;

	json_wanted = as_json;
	log_setup(LOG_LEVELS, LOG_LOGFMT); /* we say it ourselves */
	err = loop_init(&loop);
	if (!err)
		err = loop_add_signals(&loop, &signals);
	if (!err && !as_json)
		printf("%-26s %10s %-14s %-19s %s\n", "TIME", "SEQ", "DEVICE", "KIND", "WHAT");
	source.only_new = !from_oldest;
	if (!err)
		err = source_netlink_start(&source, &loop, &sink, 4 << 20);
	if (err)
		ctl_error("cannot listen: %s", strerror(-err));
	else
		err = loop_run(&loop);
	source_netlink_stop(&source);
	if (signals.fd >= 0)
		close(signals.fd);
	loop_fini(&loop);
	return err ? err : failed;
}

const struct ctl_verb ctl_tail = {
	.name = "tail",
	.help = "events as they happen (needs CAP_NET_ADMIN)",
	.rows = rows,
	.run = run,
};
