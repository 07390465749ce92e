// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Join first, then ask: STATUS_GET for the instance, EVENT_GET for what there
 * is.  A multicast event that follows the last one is delivered; one that does
 * not is only noted, and fetched once the socket has been read empty: until
 * then the kernel drops what it multicasts without saying so again.
 */
#include "netlink.h"

#include <errno.h>
#include <netlink/attr.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "faultcast.h"
#include "model/module.h"
#include "model/skew.h"
#include "netlink/decode.h"

#define RETRY_NS NSEC_PER_SEC
#define CONGESTED_NS (5 * NSEC_PER_MSEC)
#define DATAGRAMS_PER_TURN 64
#define DATAGRAMS_DRAINED 65536

#define source_of(ptr, member)                                                                     \
	((struct feed_netlink *)(void *)((char *)(ptr)-offsetof(struct feed_netlink, member)))

static void attach(struct feed_netlink *source);

static void tell_changed(struct feed_netlink *source)
{
	if (source->sink->changed)
		source->sink->changed(source->sink->ctx);
}

static void set_down(struct feed_netlink *source, const char *fmt, const char *detail)
{
	snprintf(source->reason, sizeof(source->reason), fmt, detail);
	source->status.up = false;
	source->status.cursor = source->at;
}

static void detach(struct feed_netlink *source)
{
	if (source->events) {
		loop_del(source->loop, &source->events_watch);
		nl_socket_free(source->events);
		source->events = NULL;
	}
	if (source->query.sk) {
		loop_del(source->loop, &source->query_watch);
		genl_query_close(&source->query);
	}
	loop_timer_disarm(source->loop, &source->retry);
	loop_timer_disarm(source->loop, &source->resume);
	source->state = FEED_ABSENT;
}

/* @err: why it did not work.  What may pass is tried again. */
static void give_up(struct feed_netlink *source, int err)
{
	detach(source);
	source->status.absent = err == -ENOENT;
	if (err == -ENOENT) {
		set_down(source, "%s", "kernel module faultcast is not loaded");
	} else if (err == -EPERM) {
		set_down(source, "%s", "no permission: CAP_NET_ADMIN is needed");
	} else {
		set_down(source, "netlink: %s",
			 *source->query.error ? source->query.error : strerror(-err));
		loop_timer_arm(source->loop, &source->retry, RETRY_NS);
	}
	if (!source->said_down)
		log_warn("source netlink is down: %s", source->reason);
	source->said_down = true;
	tell_changed(source);
	if (err == -ENOENT || err == -EPERM)
		source->sink->caught_up(source->sink->ctx);
}

static void send_event_get(struct feed_netlink *source)
{
	struct nl_msg *msg = genl_query_new(&source->query, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);
	int err;

	source->state = FEED_FETCHING;
	source->fetched_from = source->at.seq;
	if (msg)
		nla_put_u64(msg, FAULTCAST_A_BATCH_FROM, source->at.seq + 1);
	err = genl_query_send(&source->query, msg);
	if (err)
		give_up(source, err);
}

static bool is_behind(const struct feed_netlink *source)
{
	return source->overrun || source->seen > source->at.seq;
}

static void deliver(struct feed_netlink *source, const struct fault_event *ev, bool live)
{
	source->at.seq = ev->seq;
	source->status.cursor = source->at;
	source->sink->event(source->sink->ctx, ev, live);
}

static void deliver_gap(struct feed_netlink *source, const struct cursor *at,
			const struct fault_gap *gap)
{
	if (gap->from)
		source->status.gap_events += gap->to - gap->from + 1;
	source->status.cursor = *at;
	source->sink->gap(source->sink->ctx, at, gap);
}

/* The module went, or another one came: nobody watched its last moments.  Once. */
static void state_unload(struct feed_netlink *source)
{
	const struct fault_gap gap = { .reason = GAP_UNLOADED };

	if (!source->at.instance || source->at.sub == CURSOR_SUB_END)
		return;
	source->at.sub = CURSOR_SUB_END;
	deliver_gap(source, &source->at, &gap);
}

static void log_skew(const struct module_status *status)
{
	char skew[SKEW_LEN];

	skew_describe(status, skew);
	if (skew_of(status))
		log_warn("%s", skew);
	else if (*skew)
		log_info("%s", skew);
}

static void on_status(struct feed_netlink *source, struct nlmsghdr *nlh)
{
	struct module_status status;
	bool first = !source->at.instance;

	/* Left asking without an instance, on_query_done() gives up. */
	if (decode_status(nlh, &status, &source->status.unknown))
		return;
	source->answered = true;
	/* It is there; what is left to do is to catch up. */
	if (*source->reason) {
		source->reason[0] = '\0';
		tell_changed(source);
	}
	if (status.instance == source->at.instance)
		return;
	state_unload(source);
	source->at = (struct cursor){ .instance = status.instance };
	/* What was evicted before we first looked is nobody's gap. */
	if (first && source->only_new)
		source->at.seq = status.head;
	else if (first && status.tail)
		source->at.seq = status.tail - 1;
	log_info("source netlink: module %s, instance %llx, %llu events published", status.version,
		 (unsigned long long)status.instance, (unsigned long long)status.published);
	log_skew(&status);
}

static void on_fetched(void *ctx, const struct fault_event *ev)
{
	struct feed_netlink *source = ctx;

	if (ev->instance == source->at.instance && ev->seq == source->at.seq + 1)
		deliver(source, ev, false);
}

static void on_fetched_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	struct feed_netlink *source = ctx;

	if (instance != source->at.instance || gap->from != source->at.seq + 1)
		return;
	source->at.seq = gap->to;
	deliver_gap(source, &source->at, gap);
}

static void on_query_message(struct genl_query *query, struct nlmsghdr *nlh)
{
	static const struct batch_handler handler = { .event = on_fetched, .gap = on_fetched_gap };
	struct feed_netlink *source = source_of(query, query);

	if (source->state == FEED_ASKING)
		on_status(source, nlh);
	else if (decode_batch(nlh, &handler, source, &source->status.unknown))
		log_warn("source netlink: malformed events from the kernel");
}

static void go_live(struct feed_netlink *source)
{
	source->state = FEED_LIVE;
	/* Of an instance that has nothing to deliver yet nothing else tells. */
	source->status.cursor = source->at;
	if (source->status.up)
		return;
	source->status.up = true;
	source->status.absent = false;
	source->said_down = false;
	log_info("source netlink is up");
	tell_changed(source);
	source->sink->caught_up(source->sink->ctx);
}

static void on_fetch_done(struct feed_netlink *source)
{
	bool stuck = source->seen > source->at.seq && source->at.seq == source->fetched_from;

	/* The kernel keeps an event before it multicasts it. */
	if (stuck && !source->overrun)
		give_up(source, -EBADMSG);
	else
		go_live(source);
}

static void on_query_done(struct genl_query *query, int err)
{
	struct feed_netlink *source = source_of(query, query);

	if (!err && source->state == FEED_ASKING && !source->answered)
		err = -EBADMSG;
	/*
	 * No dump can hold a module that is going (__netlink_dump_start()).  What it has
	 * sent is read when the controller says that it went.
	 */
	if (err == -EPROTONOSUPPORT)
		return;
	if (err)
		give_up(source, err);
	else if (source->state == FEED_ASKING)
		send_event_get(source);
	else
		on_fetch_done(source);
}

static void on_multicast(void *ctx, const struct fault_event *ev)
{
	struct feed_netlink *source = ctx;

	if (ev->instance != source->at.instance || source->state < FEED_FETCHING ||
	    ev->seq <= source->at.seq)
		return;
	if (ev->seq == source->at.seq + 1)
		deliver(source, ev, true);
	else
		source->seen = ev->seq;
}

static void on_multicast_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	struct feed_netlink *source = ctx;

	(void)instance;
	(void)gap;
	source->overrun = true;
}

static void on_event_message(void *ctx, struct nlmsghdr *nlh)
{
	static const struct batch_handler handler = { .event = on_multicast,
						      .gap = on_multicast_gap };
	struct feed_netlink *source = ctx;

	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	if (decode_batch(nlh, &handler, source, &source->status.unknown)) {
		log_warn("source netlink: malformed events from the kernel");
		source->overrun = true;
	}
}

static bool is_readable(const struct feed_netlink *source)
{
	struct pollfd pfd = { .fd = nl_socket_get_fd(source->events), .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

/* Reads at most @max datagrams; false once there are no more now, so that none will wake us. */
static bool read_events(struct feed_netlink *source, int max)
{
	for (int i = 0; i < max; i++) {
		int err = genl_receive(source->events, on_event_message, source);

		if (err == -ENOBUFS) {
			source->status.enobufs++;
			source->overrun = true;
		} else if (err) {
			return false;
		}
	}
	return is_readable(source);
}

static void on_events_ready(struct loop_fd *watch, uint32_t events)
{
	struct feed_netlink *source = source_of(watch, events_watch);

	(void)events;
	if (read_events(source, DATAGRAMS_PER_TURN) || source->state != FEED_LIVE ||
	    !is_behind(source))
		return;
	/* Read empty: if the kernel drops more, it says so anew. */
	source->overrun = false;
	source->status.refetches++;
	send_event_get(source);
}

/* A dump goes on as it is read (netlink_dump()): what we leave there waits in the kernel. */
static bool is_congested(const struct feed_netlink *source)
{
	return source->state == FEED_FETCHING && source->sink->congested &&
	       source->sink->congested(source->sink->ctx);
}

static void on_resume(struct loop_timer *timer)
{
	struct feed_netlink *source = source_of(timer, resume);
	int err = loop_add(source->loop, &source->query_watch, EPOLLIN);

	if (err)
		give_up(source, err);
}

static void on_query_ready(struct loop_fd *watch, uint32_t events)
{
	struct feed_netlink *source = source_of(watch, query_watch);

	(void)events;
	if (is_congested(source)) {
		loop_del(source->loop, watch);
		loop_timer_arm(source->loop, &source->resume, CONGESTED_NS);
		return;
	}
	genl_query_receive(&source->query);
	/* What came while the answer did, and made us fall behind again. */
	if (source->state == FEED_LIVE && is_behind(source))
		on_events_ready(&source->events_watch, 0);
}

static void on_retry(struct loop_timer *timer)
{
	attach(source_of(timer, retry));
}

static int open_sockets(struct feed_netlink *source)
{
	int err = genl_open_group(&source->events, FAULTCAST_GENL_NAME, FAULTCAST_MCGRP_EVENTS,
				  source->rcvbuf);

	if (err)
		return err;
	source->events_watch.fd = nl_socket_get_fd(source->events);
	err = loop_add(source->loop, &source->events_watch, EPOLLIN);
	if (!err)
		err = genl_query_open(&source->query);
	if (err)
		return err;
	source->query_watch.fd = genl_query_fd(&source->query);
	return loop_add(source->loop, &source->query_watch, EPOLLIN);
}

static void attach(struct feed_netlink *source)
{
	int err;

	detach(source);
	source->query.error[0] = '\0';
	err = open_sockets(source);
	if (err == -ENOENT)
		state_unload(source);
	source->seen = 0;
	source->overrun = false;
	source->answered = false;
	source->state = FEED_ASKING;
	if (!err)
		err = genl_query_send(&source->query,
				      genl_query_new(&source->query, FAULTCAST_CMD_STATUS_GET, 0));
	if (err)
		give_up(source, err);
}

/*
 * The module went, or perhaps an earlier one of which we are told only now, and the
 * one that we know is there: who answers now shows it.
 */
static void look_again(struct feed_netlink *source)
{
	/* What it answered and sent before it went is still in the buffers. */
	while (source->query.sk && source->query.busy && !genl_query_receive(&source->query))
		;
	if (source->events)
		read_events(source, DATAGRAMS_DRAINED);
	attach(source);
}

/* Only notes: acting on it would read other sockets into the same buffer. */
static void on_controller_message(void *ctx, struct nlmsghdr *nlh)
{
	struct feed_netlink *source = ctx;
	enum family_change change = decode_family_change(nlh);

	source->went |= change == FAMILY_WENT;
	source->came |= change == FAMILY_CAME;
}

static void on_controller_ready(struct loop_fd *watch, uint32_t events)
{
	struct feed_netlink *source = source_of(watch, controller_watch);
	int err;

	(void)events;
	do {
		source->went = source->came = false;
		err = genl_receive(source->controller, on_controller_message, source);
		/* Of what was dropped, it may have come or gone as well. */
		if (source->went || err == -ENOBUFS)
			look_again(source);
		/* One that came before we looked is attached already. */
		else if (source->came && source->state == FEED_ABSENT)
			attach(source);
	} while (!err || err == -ENOBUFS);
}

int feed_netlink_start(struct feed_netlink *source, struct loop *loop, const struct feed_sink *sink,
		       int rcvbuf)
{
	bool only_new = source->only_new;
	int err;

	*source = (struct feed_netlink){
		.loop = loop,
		.sink = sink,
		.rcvbuf = rcvbuf,
		.only_new = only_new,
		.query = { .message = on_query_message, .done = on_query_done },
		.controller_watch.ready = on_controller_ready,
		.events_watch.ready = on_events_ready,
		.query_watch.ready = on_query_ready,
		.retry.expired = on_retry,
		.resume.expired = on_resume,
	};
	source->status.name = genl_is_userspace() ? "standin" : "netlink";
	source->status.reason = source->reason;
	/* Before looking for the module, so that it cannot come in between. */
	err = genl_open_group(&source->controller, "nlctrl", "notify", 0);
	if (err)
		return err;
	source->controller_watch.fd = nl_socket_get_fd(source->controller);
	err = loop_add(loop, &source->controller_watch, EPOLLIN);
	if (err) {
		nl_socket_free(source->controller);
		source->controller = NULL;
		return err;
	}
	attach(source);
	return 0;
}

void feed_netlink_stop(struct feed_netlink *source)
{
	if (!source->controller)
		return;
	detach(source);
	loop_del(source->loop, &source->controller_watch);
	nl_socket_free(source->controller);
	source->controller = NULL;
}
