// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The feed joins the multicast group first.  Then it asks for the instance (STATUS_GET) and for the
 * events that the module retains (EVENT_GET).  In this order, no event is missed between the fetch
 * and the multicast.
 *
 * A multicast event that follows the last one is delivered.  Otherwise events are missing, and the
 * feed fetches them with EVENT_GET.  Before that it reads the socket until it is empty, because
 * until then the kernel drops further messages without another ENOBUFS.
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
#include "batches.h"
#include "faultcast.h"
#include "model/module.h"
#include "model/skew.h"
#include "netlink/decode.h"
#include "position.h"

/* The time until the feed attaches again doubles while it has to do so again and again. */
#define RETRY_MIN_NS NSEC_PER_SEC
#define RETRY_MAX_NS (8 * NSEC_PER_SEC)
/* The kernel answers at once.  This is for a module that does not. */
#define ANSWER_NS (5 * NSEC_PER_SEC)
#define CONGESTED_NS (5 * NSEC_PER_MSEC)
#define DATAGRAMS_PER_TURN 64
#define DATAGRAMS_DRAINED 65536

#define feed_of(ptr, member)                                                                       \
	((struct feed_netlink *)(void *)((char *)(ptr)-offsetof(struct feed_netlink, member)))

static void attach(struct feed_netlink *feed);

static void tell_changed(struct feed_netlink *feed)
{
	if (feed->sink->changed)
		feed->sink->changed(feed->sink->ctx);
}

static void set_down(struct feed_netlink *feed, const char *fmt, const char *detail)
{
	snprintf(feed->reason, sizeof(feed->reason), fmt, detail);
	feed->status.up = false;
	feed->status.cursor = feed->at;
}

static void detach(struct feed_netlink *feed)
{
	if (feed->events) {
		loop_del(feed->loop, &feed->events_watch);
		nl_socket_free(feed->events);
		feed->events = NULL;
	}
	if (feed->query.sk) {
		loop_del(feed->loop, &feed->query_watch);
		genl_query_close(&feed->query);
	}
	loop_timer_disarm(feed->loop, &feed->retry);
	loop_timer_disarm(feed->loop, &feed->resume);
	loop_timer_disarm(feed->loop, &feed->answer);
	feed->state = FEED_ABSENT;
}

void feed_attach_later(struct feed_netlink *feed)
{
	uint64_t now = clock_mono_ns();

	if (feed->retry.armed)
		return;
	if (!feed->retry_ns || now - feed->retried_ns > 2 * RETRY_MAX_NS)
		feed->retry_ns = RETRY_MIN_NS;
	loop_timer_arm(feed->loop, &feed->retry, feed->retry_ns);
	feed->retried_ns = now;
	feed->retry_ns = feed->retry_ns < RETRY_MAX_NS / 2 ? 2 * feed->retry_ns : RETRY_MAX_NS;
}

/* Closes the sockets because of @err, and tries again later if the error may be temporary. */
static void give_up(struct feed_netlink *feed, int err)
{
	detach(feed);
	feed->status.absent = err == -ENOENT;
	if (err == -ENOENT) {
		set_down(feed, "%s", "kernel module faultcast is not loaded");
	} else if (err == -EPERM) {
		set_down(feed, "%s", "no permission: CAP_NET_ADMIN is needed");
	} else {
		set_down(feed, "netlink: %s",
			 *feed->query.error ? feed->query.error : strerror(-err));
		feed_attach_later(feed);
	}
	if (!feed->said_down)
		log_warn("feed netlink is down: %s", feed->reason);
	feed->said_down = true;
	tell_changed(feed);
	if (err == -ENOENT || err == -EPERM)
		feed->sink->caught_up(feed->sink->ctx);
}

static void send_query(struct feed_netlink *feed, struct nl_msg *msg)
{
	int err = genl_query_send(&feed->query, msg);

	if (err)
		give_up(feed, err);
	else
		loop_timer_arm(feed->loop, &feed->answer, ANSWER_NS);
}

static void send_event_get(struct feed_netlink *feed)
{
	struct nl_msg *msg = genl_query_new(&feed->query, FAULTCAST_CMD_EVENT_GET, NLM_F_DUMP);

	feed->state = FEED_FETCHING;
	feed->fetched_from = feed->at.seq;
	if (msg)
		nla_put_u64(msg, FAULTCAST_A_BATCH_FROM, feed->at.seq + 1);
	send_query(feed, msg);
}

static bool is_behind(const struct feed_netlink *feed)
{
	return feed->overrun || feed->seen > feed->at.seq;
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

static void on_status(struct feed_netlink *feed, struct nlmsghdr *nlh)
{
	struct module_status status;

	/* If the status is malformed, @answered stays false, and on_query_done() gives up. */
	if (decode_status(nlh, &status, &feed->status.unknown))
		return;
	feed->answered = true;
	/* The module is loaded, so the feed is no longer down for the reason in @reason. */
	if (*feed->reason) {
		feed->reason[0] = '\0';
		tell_changed(feed);
	}
	feed->head = status.head < UINT64_MAX ? status.head : UINT64_MAX - 1;
	if (status.instance == feed->instance && status.head >= feed->at.seq &&
	    feed->at.sub != CURSOR_SUB_END)
		return;
	position_begin(feed, &status);
	log_info("feed netlink: module %s, instance %llx, %llu events published", status.version,
		 (unsigned long long)status.instance, (unsigned long long)status.published);
	log_skew(&status);
}

static void on_query_message(struct genl_query *query, struct nlmsghdr *nlh)
{
	struct feed_netlink *feed = feed_of(query, query);

	if (feed->state == FEED_ASKING)
		on_status(feed, nlh);
	else
		batches_fetched(feed, nlh);
}

static void go_live(struct feed_netlink *feed)
{
	feed->state = FEED_LIVE;
	feed->quiet_ns = 0;
	/* If the instance has no event yet, no delivery has set the cursor. */
	feed->status.cursor = feed->at;
	if (feed->status.up)
		return;
	feed->status.up = true;
	feed->status.absent = false;
	feed->said_down = false;
	log_info("feed netlink is up");
	tell_changed(feed);
	feed->sink->caught_up(feed->sink->ctx);
}

static void on_fetch_done(struct feed_netlink *feed)
{
	bool stuck = feed->seen > feed->at.seq && feed->at.seq == feed->fetched_from;

	if (feed->at.seq < feed->head)
		position_withheld(feed);
	/*
	 * The module retains an event before it sends it by multicast, so a fetch must return
	 * @seen.
	 */
	if (stuck && !feed->overrun)
		give_up(feed, -EBADMSG);
	else
		go_live(feed);
}

static void on_query_done(struct genl_query *query, int err)
{
	struct feed_netlink *feed = feed_of(query, query);

	loop_timer_disarm(feed->loop, &feed->answer);
	if (!err && feed->state == FEED_ASKING && !feed->answered)
		err = -EBADMSG;
	/*
	 * The module is being unloaded, so the kernel refuses the dump (__netlink_dump_start()).
	 * Events that the module has already sent are read when the controller reports the removal.
	 */
	if (err == -EPROTONOSUPPORT)
		return;
	if (err)
		give_up(feed, err);
	else if (feed->state == FEED_ASKING)
		send_event_get(feed);
	else
		on_fetch_done(feed);
}

static bool is_readable(const struct feed_netlink *feed)
{
	struct pollfd pfd = { .fd = nl_socket_get_fd(feed->events), .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

/* Reads at most @max datagrams.  Returns true if there are more. */
static bool read_events(struct feed_netlink *feed, int max)
{
	for (int i = 0; i < max; i++) {
		int err = genl_receive(feed->events, batches_multicast, feed);

		if (err == -ENOBUFS) {
			feed->status.enobufs++;
			feed->overrun = true;
		} else if (err) {
			return false;
		}
	}
	return is_readable(feed);
}

static void on_events_ready(struct loop_fd *watch, uint32_t events)
{
	struct feed_netlink *feed = feed_of(watch, events_watch);

	(void)events;
	if (read_events(feed, DATAGRAMS_PER_TURN) || feed->state != FEED_LIVE)
		return;
	if (!feed->quiet_ns)
		feed->quiet_ns = clock_mono_ns();
	if (!is_behind(feed))
		return;
	/* The socket is empty, so the kernel reports the next drop with a new ENOBUFS. */
	feed->overrun = false;
	feed->status.refetches++;
	send_event_get(feed);
}

/*
 * The kernel continues a dump only when the socket is read (netlink_dump()), so events that are not
 * read yet wait in the kernel.
 */
static bool is_congested(const struct feed_netlink *feed)
{
	return feed->state == FEED_FETCHING && feed->sink->congested &&
	       feed->sink->congested(feed->sink->ctx);
}

static void on_resume(struct loop_timer *timer)
{
	struct feed_netlink *feed = feed_of(timer, resume);
	int err = loop_add(feed->loop, &feed->query_watch, EPOLLIN);

	if (err)
		give_up(feed, err);
}

static void on_query_ready(struct loop_fd *watch, uint32_t events)
{
	struct feed_netlink *feed = feed_of(watch, query_watch);

	(void)events;
	if (is_congested(feed)) {
		loop_del(feed->loop, watch);
		loop_timer_disarm(feed->loop, &feed->answer);
		loop_timer_arm(feed->loop, &feed->resume, CONGESTED_NS);
		return;
	}
	if (feed->query.busy)
		loop_timer_arm(feed->loop, &feed->answer, ANSWER_NS);
	genl_query_receive(&feed->query);
	/* Events that arrived during the fetch may have shown further gaps. */
	if (feed->state == FEED_LIVE && is_behind(feed))
		on_events_ready(&feed->events_watch, 0);
}

static void on_no_answer(struct loop_timer *timer)
{
	struct feed_netlink *feed = feed_of(timer, answer);
	struct pollfd pfd = { .fd = genl_query_fd(&feed->query), .events = POLLIN };

	/* The exporter itself may have been stopped. */
	if (poll(&pfd, 1, 0) > 0)
		loop_timer_arm(feed->loop, timer, ANSWER_NS);
	else
		give_up(feed, -ETIMEDOUT);
}

static void on_retry(struct loop_timer *timer)
{
	attach(feed_of(timer, retry));
}

static int open_sockets(struct feed_netlink *feed)
{
	int err = genl_open_group(&feed->events, FAULTCAST_GENL_NAME, FAULTCAST_MCGRP_EVENTS,
				  feed->rcvbuf);

	if (err)
		return err;
	feed->events_watch.fd = nl_socket_get_fd(feed->events);
	err = loop_add(feed->loop, &feed->events_watch, EPOLLIN);
	if (!err)
		err = genl_query_open(&feed->query);
	if (err)
		return err;
	feed->query_watch.fd = genl_query_fd(&feed->query);
	return loop_add(feed->loop, &feed->query_watch, EPOLLIN);
}

static void attach(struct feed_netlink *feed)
{
	int err;

	detach(feed);
	feed->query.error[0] = '\0';
	err = open_sockets(feed);
	if (err == -ENOENT)
		position_unloaded(feed);
	feed->seen = 0;
	feed->overrun = false;
	feed->answered = false;
	feed->state = FEED_ASKING;
	feed->quiet_ns = 0;
	if (err)
		give_up(feed, err);
	else
		send_query(feed, genl_query_new(&feed->query, FAULTCAST_CMD_STATUS_GET, 0));
}

/*
 * Handles the message that the module's family was removed.  The message may be late and belong to
 * an earlier instance, while the current one is still loaded.  Attaching again shows which case it
 * is.
 */
static void look_again(struct feed_netlink *feed)
{
	/* The sockets still have the messages that the module sent before its removal. */
	while (feed->query.sk && feed->query.busy && !genl_query_receive(&feed->query))
		;
	if (feed->events)
		read_events(feed, DATAGRAMS_DRAINED);
	attach(feed);
}

/*
 * Only records the change.  Handling it here would read another socket into the buffer that holds
 * this message.
 */
static void on_controller_message(void *ctx, struct nlmsghdr *nlh)
{
	struct feed_netlink *feed = ctx;
	enum family_change change = decode_family_change(nlh);

	feed->went |= change == FAMILY_WENT;
	feed->came |= change == FAMILY_CAME;
}

static void on_controller_ready(struct loop_fd *watch, uint32_t events)
{
	struct feed_netlink *feed = feed_of(watch, controller_watch);
	int err;

	(void)events;
	do {
		feed->went = feed->came = false;
		err = genl_receive(feed->controller, on_controller_message, feed);
		/* After ENOBUFS, the message about a removal may be among the dropped messages. */
		if (feed->went || err == -ENOBUFS)
			look_again(feed);
		/* If the feed is not absent, it has attached to this instance already. */
		else if (feed->came && feed->state == FEED_ABSENT)
			attach(feed);
	} while (!err || err == -ENOBUFS);
}

int feed_netlink_start(struct feed_netlink *feed, struct loop *loop, const struct feed_sink *sink,
		       int rcvbuf)
{
	bool only_new = feed->only_new;
	int err;

	*feed = (struct feed_netlink){
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
		.answer.expired = on_no_answer,
	};
	feed->status.name = genl_is_userspace() ? "standin" : "netlink";
	feed->status.reason = feed->reason;
	/* Watch the controller first, so that a module that is loaded meanwhile is noticed. */
	err = genl_open_group(&feed->controller, "nlctrl", "notify", 0);
	if (err)
		return err;
	feed->controller_watch.fd = nl_socket_get_fd(feed->controller);
	err = loop_add(loop, &feed->controller_watch, EPOLLIN);
	if (err) {
		nl_socket_free(feed->controller);
		feed->controller = NULL;
		return err;
	}
	attach(feed);
	return 0;
}

void feed_netlink_stop(struct feed_netlink *feed)
{
	if (!feed->controller)
		return;
	detach(feed);
	loop_del(feed->loop, &feed->controller_watch);
	nl_socket_free(feed->controller);
	feed->controller = NULL;
}
