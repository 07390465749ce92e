// SPDX-License-Identifier: GPL-2.0-or-later
#include "scrape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "bus/snapshot.h"
#include "metrics.h"
#include "tables.h"

/* How long a page is written before the loop handles what else has come, such as events. */
#define SLICE_NS (200 * NSEC_PER_MSEC / 1000)

static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *s);
static int hook_timeout(struct loop_hook *hook);
static void hook_run(struct loop_hook *hook);

static struct loop *scrape_loop;
static struct loop_hook hook = { .timeout_ms = hook_timeout, .run = hook_run };
static struct snapshot_waiter snapshot_waiter = { .ready = on_snapshot };

/*
 * @waiters share the present snapshot.  Requests in @late came after this snapshot was taken and
 * wait for the next one.
 */
static struct scrape_waiter *waiters, *late;

/* The page that is being written: first its text, then, while @is_packing, the gzip of it. */
static struct metrics_scrape scrape;
static struct metrics_walk walk;
static struct expo expo;
static struct gzip gzip;
static struct scrape_page *page;
static bool is_packing;
static size_t last_len; /* length of the last page, which the next one reserves at once */

/* The last page of each format that was compressed: the next one reuses equal parts of it. */
static struct {
	const struct expo_format *format;
	struct scrape_page *page;
} packed[3];

static uint64_t results[SCRAPE_RESULTS];

void scrape_page_put(struct scrape_page *p)
{
	if (!p || --p->users)
		return;
	gzip_text_free(&p->text);
	free(p);
}

/* The place of the last compressed page of this format. */
static struct scrape_page **packed_before(const struct expo_format *format)
{
	size_t i = 0;

	while (packed[i].format && packed[i].format != format)
		i++;
	packed[i].format = format;
	return &packed[i].page;
}

static bool is_writing(void)
{
	return scrape.snapshot;
}

/*
 * Calls ready() of all waiters for this format and encoding, or of all waiters if @format is NULL.
 * Without a page (@p is NULL) they get @err.
 */
static void deliver(const struct expo_format *format, bool zipped, struct scrape_page *p, int err)
{
	struct scrape_waiter **at = &waiters;

	while (*at) {
		struct scrape_waiter *waiter = *at;

		if (format && (waiter->format != format || waiter->gzip != zipped)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->waiting = false;
		if (p)
			p->users++;
		waiter->ready(waiter, p, err);
	}
}

static bool is_wanted(const struct expo_format *format, bool zipped)
{
	for (const struct scrape_waiter *w = waiters; w; w = w->next)
		if (w->format == format && w->gzip == zipped)
			return true;
	return false;
}

static void begin_format(const struct expo_format *format)
{
	walk = (struct metrics_walk){ 0 };
	metrics_begin(&expo, format);
	strbuf_reserve(&expo.body, last_len);
	page = calloc(1, sizeof(*page));
	if (page)
		page->users = 1;
	else
		expo.body.failed = true;
}

static void next_round(void)
{
	waiters = late;
	late = NULL;
	if (waiters)
		snapshot_request(&snapshot_waiter);
}

static void end_writing(void)
{
	metric_devices_release(&scrape.devices);
	scrape.snapshot = NULL;
	snapshot_release();
	next_round();
}

/* Continues with the next format for which a request waits. */
static void end_format(void)
{
	is_packing = false;
	gzip_end(&gzip);
	scrape_page_put(page);
	page = NULL;
	if (waiters)
		begin_format(waiters->format);
	else
		end_writing();
}

static void give_up(void)
{
	strbuf_free(&expo.body);
	deliver(expo.format, false, NULL, -ENOMEM);
	deliver(expo.format, true, NULL, -ENOMEM);
	end_format();
}

static void mark(bool last)
{
	if (page && gzip_mark(&page->text, expo.body.len, last))
		expo.body.failed = true;
}

static void end_plain(void)
{
	const struct scrape_page *old = *packed_before(expo.format);

	mark(true);
	if (expo.body.failed) {
		give_up();
		return;
	}
	last_len = expo.body.len;
	page->text.plain = expo.body;
	expo.body = (struct strbuf)STRBUF_INIT;
	deliver(expo.format, false, page, 0);
	if (!is_wanted(expo.format, true))
		end_format();
	else if (gzip_begin(&gzip, &page->text, old ? &old->text : NULL))
		give_up();
	else
		is_packing = true;
}

static void end_packed(void)
{
	struct scrape_page **last = packed_before(expo.format);

	if (page->text.packed.failed) {
		give_up();
		return;
	}
	deliver(expo.format, true, page, 0);
	scrape_page_put(*last);
	*last = page;
	page->users++;
	end_format();
}

static void step(void)
{
	if (is_packing) {
		if (!gzip_step(&gzip))
			end_packed();
	} else if (metrics_step(&scrape, &walk, &expo)) {
		mark(false);
	} else {
		end_plain();
	}
}

static int hook_timeout(struct loop_hook *h)
{
	(void)h;
	return is_writing() ? 0 : -1;
}

static void hook_run(struct loop_hook *h)
{
	uint64_t end;

	(void)h;
	if (!is_writing())
		return;
	end = clock_mono_ns() + SLICE_NS;
	do
		step();
	while (is_writing() && clock_mono_ns() < end);
}

static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *s)
{
	int err = s->err ? s->err : metrics_list_devices(&scrape.devices, s);

	(void)waiter;
	if (err || !waiters) {
		deliver(NULL, false, NULL, err);
		metric_devices_release(&scrape.devices);
		next_round();
		return;
	}
	snapshot_hold();
	scrape.snapshot = s;
	begin_format(waiters->format);
}

void scrape_request(struct scrape_waiter *waiter)
{
	struct scrape_waiter **list = is_writing() ? &late : &waiters;
	bool first = !waiters;

	waiter->next = *list;
	waiter->waiting = true;
	*list = waiter;
	if (first && list == &waiters)
		snapshot_request(&snapshot_waiter);
}

static bool remove_from(struct scrape_waiter **at, const struct scrape_waiter *waiter)
{
	while (*at && *at != waiter)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = waiter->next;
	return true;
}

void scrape_cancel(struct scrape_waiter *waiter)
{
	if (!waiter->waiting)
		return;
	waiter->waiting = false;
	if (remove_from(&late, waiter))
		return;
	remove_from(&waiters, waiter);
	if (!waiters && !is_writing())
		snapshot_cancel(&snapshot_waiter);
}

void scrape_count(enum scrape_result result)
{
	results[result]++;
}

static void collect_scrapes(struct expo *e, const struct snapshot *s)
{
	static const char *const names[SCRAPE_RESULTS] = {
		[SCRAPE_OK] = "ok",
		[SCRAPE_FAILED] = "failed",
		[SCRAPE_REJECTED] = "rejected",
	};

	(void)s;
	for (int i = 0; i < SCRAPE_RESULTS; i++)
		metric_add_for(e, "result", names[i], results[i]);
}

const struct metric scrape_metrics[] = {
	{
		.family = { "faultcast_scrapes_total", METRIC_COUNTER,
			    "Requests for /metrics, by result: ok, failed or rejected." },
		.details = "A request is rejected while as many requests as `--web.max-requests` "
			   "allows are being answered.",
		.origin = METRIC_PROCESS,
		.labels = "result",
		.collect = collect_scrapes,
	},
	{ .family.name = NULL },
};

void scrape_init(struct loop *loop)
{
	scrape_loop = loop;
	loop_add_hook(loop, &hook);
}

void scrape_fini(void)
{
	loop_del_hook(scrape_loop, &hook);
	snapshot_cancel(&snapshot_waiter);
	deliver(NULL, false, NULL, -ECANCELED);
	waiters = late;
	late = NULL;
	deliver(NULL, false, NULL, -ECANCELED);
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		scrape_page_put(packed[i].page);
	memset(packed, 0, sizeof(packed));
	metric_devices_free(&scrape.devices);
	if (!is_writing())
		return;
	strbuf_free(&expo.body);
	gzip_end(&gzip);
	scrape_page_put(page);
	page = NULL;
	scrape.snapshot = NULL;
	snapshot_release();
}
