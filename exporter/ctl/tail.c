// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl tail: prints events as they happen. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "ctl.h"
#include "feed/netlink.h"
#include "print.h"
#include "wire/encode.h"

static struct options {
	bool all;
	bool once;
	uint64_t count;
} opt;

static const struct option_row rows[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, all),
	  .help = "begin with the events that the kernel retains" },
	{ .name = "once",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, once),
	  .help = "do not wait for more events" },
	{ .name = "count",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, count),
	  .max = UINT64_MAX,
	  .arg = "N",
	  .help = "end after N events, 0: no limit" },
	{ .name = NULL },
};

static struct loop loop;
static struct feed_netlink feed;
static bool json_wanted;
static uint64_t printed;
static int failed;

static void print_json(const struct entry *entry)
{
	struct strbuf line = STRBUF_INIT;
	struct stream_message m;

	if (entry->kind == ENTRY_EVENT)
		message_event(&m, &entry->event);
	else
		message_gap(&m, &entry->at, &entry->gap);
	json_add_message(&line, &m.msg.base);
	if (line.failed)
		failed = -ENOMEM;
	puts(strbuf_str(&line));
	strbuf_free(&line);
}

static void print(const struct entry *entry)
{
	if (json_wanted)
		print_json(entry);
	else
		print_entry(entry);
	fflush(stdout);
}

static void on_event(void *ctx, const struct fault_event *ev, bool live)
{
	const struct entry entry = { .kind = ENTRY_EVENT, .event = *ev };

	(void)ctx;
	(void)live;
	if (opt.count && printed == opt.count)
		return;
	print(&entry);
	if (++printed == opt.count || ferror(stdout))
		loop_stop(&loop);
}

static void on_gap(void *ctx, const struct cursor *at, const struct fault_gap *gap)
{
	const struct entry entry = { .at = *at, .kind = ENTRY_GAP, .gap = *gap };

	(void)ctx;
	print(&entry);
}

/* Called when the feed is up, or when it is down for a reason that waiting does not remove. */
static void on_caught_up(void *ctx)
{
	(void)ctx;
	if (!feed.status.up) {
		ctl_error("%s", feed.reason);
		failed = -ENOENT;
	}
	if (failed || opt.once)
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
	static const struct feed_sink sink = { .event = on_event,
					       .gap = on_gap,
					       .caught_up = on_caught_up };
	struct loop_fd signals = { .fd = -1, .ready = on_signal };
	int err;

	json_wanted = as_json;
	log_setup(LOG_LEVELS, LOG_LOGFMT); /* log nothing: this file prints the errors itself */
	err = loop_init(&loop);
	if (!err)
		err = loop_add_signals(&loop, &signals, (const int[]){ SIGINT, SIGTERM, 0 });
	if (!err && !as_json)
		print_header();
	feed.only_new = !opt.all;
	if (!err)
		err = feed_netlink_start(&feed, &loop, &sink, 4 << 20);
	if (err)
		ctl_error("cannot receive events: %s", strerror(-err));
	else
		err = loop_run(&loop);
	feed_netlink_stop(&feed);
	if (signals.fd >= 0)
		close(signals.fd);
	loop_fini(&loop);
	return err ? err : failed;
}

const struct ctl_verb ctl_tail = {
	.name = "tail",
	.help = "print events as they happen (needs CAP_NET_ADMIN)",
	.rows = rows,
	.values = &opt,
	.run = run,
};
