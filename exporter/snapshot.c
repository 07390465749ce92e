// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "bus.h"
#include "decode.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "source/genl.h"

static struct loop *snapshot_loop;
static struct snapshot current;
static size_t allocated;
static struct snapshot_waiter *waiters;
static bool asking_devices;
static int decode_error;
static bool delivering, held; /* until neither the next one waits */

static void on_message(struct genl_query *q, struct nlmsghdr *nlh);
static void on_done(struct genl_query *q, int err);
static void on_readable(struct loop_fd *watch, uint32_t events);

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

static void finish(int err)
{
	if (query.sk) {
		if (readable.fd >= 0)
			loop_del(snapshot_loop, &readable);
		genl_query_close(&query);
	}
	readable.fd = -1;
	current.present = !err;
	current.err = err == -ENOENT ? 0 : err;
	if (err) {
		current.num_devices = 0;
		current.module = (struct module_status){ 0 };
		if (err != -ENOENT)
			log_warn("cannot read the kernel module's counters: %s", strerror(-err));
	}
	deliver();
}

static int add_device(struct nlmsghdr *nlh)
{
	if (current.num_devices == allocated) {
		size_t more = allocated ? allocated * 2 : 64;
		void *grown = reallocarray(current.devices, more, sizeof(*current.devices));

		if (!grown)
			return -ENOMEM;
		current.devices = grown;
		allocated = more;
	}
	return decode_device(nlh, &current.devices[current.num_devices++], &current.unknown);
}

static void on_message(struct genl_query *q, struct nlmsghdr *nlh)
{
	int err;

	(void)q;
	err = asking_devices ? add_device(nlh)
			     : decode_status(nlh, &current.module, &current.unknown);
	if (err)
		decode_error = err;
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
	finish(err);
}

static void on_readable(struct loop_fd *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	genl_query_receive(&query);
}

/* Status before devices: what was raised is read after what became of it. */
static int start(void)
{
	int err;

	asking_devices = false;
	decode_error = 0;
	current.num_devices = 0;
	/* Asking for an unknown family makes the kernel run modprobe, and wait. */
	if (bus_source()->absent)
		return -ENOENT;
	err = genl_query_open(&query);
	if (err)
		return err;
	readable.fd = genl_query_fd(&query);
	err = loop_add(snapshot_loop, &readable, EPOLLIN);
	if (err) {
		readable.fd = -1;
		return err;
	}
	return genl_query_send(&query, genl_query_new(&query, FAULTCAST_CMD_STATUS_GET, 0));
}

static void ask(void)
{
	int err = start();

	if (err)
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
	free(current.devices);
	current.devices = NULL;
	allocated = 0;
}
