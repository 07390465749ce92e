// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "bus.h"
#include "faultcast.h"
#include "netlink/decode.h"
#include "netlink/device_table.h"
#include "netlink/genl.h"
#include "wire/encode.h"

/* The kernel answers at once.  This is for a module that does not answer, or not to the end. */
#define DEADLINE_NS (4 * NSEC_PER_SEC)

static struct loop *snapshot_loop;
static struct snapshot current;
static struct device_table table;
static struct snapshot_waiter *waiters;
static bool asking_devices;
static int decode_error;
static void on_deadline(struct loop_timer *timer);
static bool extended; /* the deadline was put off once */
static struct loop_timer deadline = { .expired = on_deadline };
/* The next snapshot begins only when both are false. */
static bool delivering, held;

static void on_message(struct genl_query *q, struct nlmsghdr *nlh);
static void on_done(struct genl_query *q, int err);
static void on_readable(struct loop_fd *watch, uint32_t events);

/*
 * The socket stays open while the module is loaded, because finding the family takes as long as a
 * request.  @reused: it was open before this snapshot.
 */
static bool reused;
static struct genl_query query = { .message = on_message, .done = on_done };
static struct loop_fd readable = { .fd = -1, .ready = on_readable };

void snapshot_init(struct loop *loop)
{
	snapshot_loop = loop;
}

static void ask(void);

static void deliver(void)
{
	struct snapshot_waiter *waiter = waiters;

	waiters = NULL;
	delivering = true;
	while (waiter) {
		struct snapshot_waiter *next = waiter->next;

		waiter->waiting = false;
		waiter->ready(waiter, &current);
		waiter = next;
	}
	delivering = false;
	if (waiters && !held)
		ask();
}

static void close_query(void)
{
	if (readable.fd >= 0)
		loop_del(snapshot_loop, &readable);
	readable.fd = -1;
	if (query.sk)
		genl_query_close(&query);
}

static int open_query(void)
{
	int err = genl_query_open(&query);

	if (err)
		return err;
	readable.fd = genl_query_fd(&query);
	err = loop_add(snapshot_loop, &readable, EPOLLIN);
	if (err) {
		readable.fd = -1;
		close_query();
	}
	return err;
}

static void finish(int err)
{
	if (deadline.armed)
		loop_timer_disarm(snapshot_loop, &deadline);
	if (err)
		close_query();
	current.present = !err;
	current.err = err == -ENOENT ? 0 : err;
	current.devices = table.devices;
	current.num_devices = err ? 0 : table.count;
	if (err) {
		current.module = (struct module_status){ 0 };
		if (err != -ENOENT)
			log_warn("cannot read the kernel module's counters: %s", strerror(-err));
	}
	deliver();
}

static void on_message(struct genl_query *q, struct nlmsghdr *nlh)
{
	int err;

	(void)q;
	err = asking_devices ? device_table_add(&table, nlh, &current.unknown)
			     : decode_status(nlh, &current.module, &current.unknown);
	/* One device must not hide all others. */
	if (err && err != -ENOMEM && asking_devices) {
		current.malformed++;
		log_warn("a device in the kernel module's table is left out: %s",
			 err == -EEXIST ? "its address comes twice"
					: "its message is malformed, or beyond the limit");
	} else if (err) {
		decode_error = err;
	}
}

static void on_deadline(struct loop_timer *timer)
{
	struct pollfd pfd = { .fd = readable.fd, .events = POLLIN };

	/* The exporter itself may have been stopped, or a dump has no end. */
	if (!extended && poll(&pfd, 1, 0) > 0)
		loop_timer_arm(snapshot_loop, timer, DEADLINE_NS);
	else
		finish(-ETIMEDOUT);
	extended = true;
}

static void on_readable(struct loop_fd *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	genl_query_receive(&query);
}

/*
 * The status is read before the devices, so that a device's count of raised faults is never lower
 * than what the totals say became of them.
 */
static int start(void)
{
	int err;

	asking_devices = false;
	decode_error = 0;
	device_table_begin(&table);
	/* If the family is missing, the kernel runs modprobe and the request waits for it. */
	if (bus_feed()->absent)
		return -ENOENT;
	reused = query.sk;
	err = reused ? 0 : open_query();
	if (err)
		return err;
	extended = false;
	loop_timer_arm(snapshot_loop, &deadline, DEADLINE_NS);
	return genl_query_send(&query, genl_query_new(&query, FAULTCAST_CMD_STATUS_GET, 0));
}

static void ask(void)
{
	int err = start();

	if (err)
		finish(err);
}

static void on_done(struct genl_query *q, int err)
{
	if (!err)
		err = decode_error;
	if (!err && !asking_devices) {
		asking_devices = true;
		err = genl_query_send(q, genl_query_new(q, FAULTCAST_CMD_DEVICE_GET, NLM_F_DUMP));
		if (!err)
			return;
	}
	/* A module that was loaded again has another family number. */
	if (err && reused) {
		close_query();
		err = start();
		if (!err)
			return;
	}
	finish(err);
}

void snapshot_request(struct snapshot_waiter *waiter)
{
	bool first = !waiters;

	waiter->next = waiters;
	waiter->waiting = true;
	waiters = waiter;
	if (first && !delivering && !held)
		ask();
}

void snapshot_hold(void)
{
	held = true;
}

void snapshot_release(void)
{
	held = false;
	if (waiters && !delivering)
		ask();
}

void snapshot_cancel(struct snapshot_waiter *waiter)
{
	struct snapshot_waiter **at = &waiters;

	if (!waiter->waiting)
		return;
	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	waiter->waiting = false;
	if (!waiters && !delivering && !held)
		finish(-ENOENT);
}

void snapshot_fini(void)
{
	finish(-ENOENT);
	device_table_free(&table);
	current.devices = NULL;
}
