// SPDX-License-Identifier: GPL-2.0-or-later
#include "store.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "bus/window.h"
#include "expo/metric.h"

/*
 * The time for which events are collected, because a transaction writes whole pages, even for one
 * event.
 */
#define BATCH_NS (10 * NSEC_PER_MSEC)

/* The feed should fetch later while more entries than this wait to be stored. */
#define CONGESTED_ENTRIES (WINDOW_ENTRIES / 2)

/* The longest time that fini() waits for the worker. */
#define EXIT_NS (5 * NSEC_PER_SEC)

static void on_done(struct loop_fd *watch, uint32_t events);
static void on_batch_due(struct loop_timer *timer);

static const struct store_config defaults = { .path = "",
					      .retention_ns = 15ULL * 86400 * NSEC_PER_SEC,
					      .retention_bytes = 1ULL << 30 };
static struct store_config config = { .path = "" };
static struct loop *store_loop;
static struct loop_fd done_watch = { .fd = -1, .ready = on_done };
static struct loop_timer batch_due = { .expired = on_batch_due };
static uint64_t next; /* number of the next entry of the window to store */
static uint64_t handed_ns;
static bool handed; /* the worker has a batch that is not written yet */
static uint64_t dropped;

/* In the order in which they were begun.  The worker has the first one that does not wait. */
static struct store_read *reads;
static bool reading;
static struct store_read *current; /* NULL while @reading is true: the read was cancelled */

static int apply_retention(const void *values)
{
	const struct store_config *wanted = values;

	if (done_watch.fd >= 0)
		store_worker_set_retention(wanted->retention_ns, wanted->retention_bytes);
	return 0;
}

static const struct option_row rows[] = {
	{ .name = "storage.path",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct store_config, path),
	  .arg = "FILE",
	  .hide_default = true,
	  .help = "path of the SQLite database in which events are kept, empty: no store" },
	{ .name = "storage.retention.time",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct store_config, retention_ns),
	  .apply = apply_retention,
	  .min = NSEC_PER_SEC,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long events are kept in the database" },
	{ .name = "storage.retention.size",
	  .type = OPTION_SIZE,
	  .offset = offsetof(struct store_config, retention_bytes),
	  .apply = apply_retention,
	  .min = 32 << 20,
	  .max = 1ULL << 60,
	  .arg = "SIZE",
	  .help = "largest size of the database with its write-ahead log" },
	{ .name = NULL },
};

const struct setting_group store_settings = { rows, sizeof(config), &defaults, &config, NULL };

static int init(struct loop *loop)
{
	int err;

	if (!*config.path)
		return OUTPUT_OFF;
	store_loop = loop;
	next = window_end();
	handed_ns = dropped = 0;
	handed = false;
	err = store_worker_start(&config, &done_watch.fd);
	if (err)
		return err;
	err = loop_add(loop, &done_watch, EPOLLIN);
	if (err)
		store_worker_stop(clock_mono_ns() + EXIT_NS);
	return err;
}

/* Gives the worker a batch of the entries that are waiting. */
static void hand_over(void)
{
	struct entry *batch = store_worker_batch();
	size_t num = 0;

	while (num < STORE_BATCH && next < window_end())
		batch[num++] = *window_at(next++);
	handed = true;
	handed_ns = clock_mono_ns();
	loop_timer_disarm(store_loop, &batch_due);
	store_worker_write(num);
}

/* Gives the worker a batch if the batch is full, or if the last one was given BATCH_NS ago. */
static void hand_over_soon(void)
{
	uint64_t since;

	if (handed || next == window_end())
		return;
	since = clock_mono_ns() - handed_ns;
	if (since >= BATCH_NS || window_end() - next >= STORE_BATCH)
		hand_over();
	else if (!batch_due.armed)
		loop_timer_arm(store_loop, &batch_due, BATCH_NS - since);
}

static void on_batch_due(struct loop_timer *timer)
{
	(void)timer;
	hand_over();
}

/* Counts an event as dropped when the next addition to the window will evict it. */
static void drop_oldest(void)
{
	if (window_end() - next < WINDOW_ENTRIES)
		return;
	dropped += window_at(next)->kind == ENTRY_EVENT;
	next++;
}

static void on_entry(const struct entry *entry, bool live)
{
	(void)entry;
	(void)live;
	hand_over_soon();
	drop_oldest();
}

static bool congested(void)
{
	/* If the store fails, waiting might never end. */
	return window_end() - next > CONGESTED_ENTRIES && store_worker_status().up;
}

static void counts(struct output_counts *c)
{
	const struct store_status status = store_worker_status();

	c->sent = status.stored;
	c->retried = status.retried;
	c->dropped = dropped + status.refused;
	c->lag = c->received - c->sent - c->dropped;
}

/* The worker makes one read at a time, in the order in which they were begun. */
static void start_read(void)
{
	struct store_read *read = reads;

	while (read && read->waits)
		read = read->next;
	if (reading || !read)
		return;
	reading = true;
	current = read;
	store_worker_read(&read->after, read->filter, read->max);
}

static void remove_read(struct store_read *read)
{
	struct store_read **at = &reads;

	while (*at != read)
		at = &(*at)->next;
	*at = read->next;
}

static void add_read(struct store_read *read)
{
	struct store_read **at = &reads;

	while (*at)
		at = &(*at)->next;
	read->next = NULL;
	*at = read;
}

/* Whether the entry after @at, which the file does not have yet, is about to be written. */
static bool comes_soon(const struct cursor *at)
{
	uint64_t number;

	return handed && store_worker_status().up && window_find(at, &number) != WINDOW_HAS;
}

static void finish_read(struct store_read *read, const struct database_read *got, int code)
{
	read->num = code ? 0 : got->num;
	read->first = got->first;
	if (code)
		read->first.instance = 0;
	read->scanned = code ? read->after : got->scanned;
	read->end = !code && got->end && !comes_soon(&got->scanned);
	read->err = code ? -EIO : got->unknown ? -ENOENT : 0;
	if (!read->err && got->end && !read->end && !read->num) {
		read->after = read->scanned;
		read->waits = true;
		return;
	}
	memcpy(read->entries, got->entries, read->num * sizeof(*read->entries));
	remove_read(read);
	read->done(read);
}

static void take_read(void)
{
	int code;
	const struct database_read *got = store_worker_take(&code);
	struct store_read *read = current;

	if (!got)
		return;
	reading = false;
	current = NULL;
	if (read)
		finish_read(read, got, code);
}

static void on_done(struct loop_fd *watch, uint32_t events)
{
	uint64_t count;
	ssize_t ignored = read(watch->fd, &count, sizeof(count));

	(void)ignored;
	(void)events;
	take_read();
	handed = handed && !store_worker_batch();
	if (!handed || !store_worker_status().up)
		for (struct store_read *waiting = reads; waiting; waiting = waiting->next)
			waiting->waits = false;
	hand_over_soon();
	start_read();
}

/* Writes the waiting entries, as far as that can be done within EXIT_NS. */
static void fini(void)
{
	uint64_t deadline = clock_mono_ns() + EXIT_NS, left = 0;

	loop_timer_disarm(store_loop, &batch_due);
	loop_del(store_loop, &done_watch);
	while (next < window_end() && store_worker_settle(deadline))
		hand_over();
	for (; next < window_end(); next++)
		left += window_at(next)->kind == ENTRY_EVENT;
	left += store_worker_stop(deadline);
	done_watch.fd = -1;
	if (left)
		log_warn("store %s: %llu events are not stored", config.path,
			 (unsigned long long)left);
	reads = NULL;
	reading = false;
	current = NULL;
}

static const struct output output = {
	.name = "store",
	.loses_events = true,
	.init = init,
	.on_entry = on_entry,
	.congested = congested,
	.counts = counts,
	.fini = fini,
};

bool store_get_status(struct store_status *status)
{
	if (done_watch.fd < 0)
		return false;
	*status = store_worker_status();
	return true;
}

bool store_is_readable(void)
{
	struct store_status status;

	return store_get_status(&status) && (status.open || status.up);
}

void store_read(struct store_read *read)
{
	read->waits = false;
	add_read(read);
	start_read();
}

void store_cancel(struct store_read *read)
{
	remove_read(read);
	if (current == read)
		current = NULL;
}

static void collect_up(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status))
		metric_add(e, status.up);
}

static void collect_errors(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status))
		metric_add(e, status.errors);
}

static void collect_bytes(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status) && status.open)
		metric_add(e, status.bytes);
}

static void collect_oldest(struct expo *e, const struct snapshot *s)
{
	struct store_status status;

	(void)s;
	if (store_get_status(&status) && status.open && status.oldest_ns)
		expo_sample(e, NULL, UNIT_NANOSECONDS, status.oldest_ns, NULL);
}

static const struct metric metrics[] = {
	{
		.family = { "faultcast_store_up", METRIC_GAUGE,
			    "1 if the last operation of the event store succeeded, else 0." },
		.details = "The log says why an operation failed. The metrics of the store are "
			   "absent without `--storage.path`.",
		.origin = METRIC_EXPORTER,
		.collect = collect_up,
	},
	{
		.family = { "faultcast_store_errors_total", METRIC_COUNTER,
			    "Failed operations of the event store, and damaged rows found in its "
			    "file." },
		.origin = METRIC_EXPORTER,
		.collect = collect_errors,
	},
	{
		.family = { "faultcast_store_bytes", METRIC_GAUGE,
			    "Size of the event store on disk in bytes." },
		.details = "Absent while the file is not open.",
		.origin = METRIC_EXPORTER,
		.collect = collect_bytes,
	},
	{
		.family = { "faultcast_store_oldest_timestamp_seconds", METRIC_GAUGE,
			    "Unix time of the oldest event in the event store." },
		.details = "Absent while the file is not open or has no event.",
		.origin = METRIC_EXPORTER,
		.collect = collect_oldest,
	},
	{ .family.name = NULL },
};

const struct feature feature_store = {
	.settings = (const struct setting_group *const[]){ &store_settings, NULL },
	.output = &output,
	.metrics = (const struct metric *const[]){ metrics, NULL },
};
