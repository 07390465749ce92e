/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic netlink as the kernel speaks it, over NETLINK_USERSOCK: the controller,
 * and the module's family with its requests, dumps and notifications.  Functions
 * return 0 or -errno.
 */
#ifndef FAULTCAST_STANDIN_FAMILY_H
#define FAULTCAST_STANDIN_FAMILY_H

#include <stdbool.h>

#include "model/event.h"

/* Opens the socket; @port is its address. */
int family_open(uint32_t *port);
void family_close(void);

/* Readable: call family_serve(). */
int family_fd(void);

/* Announces the family to the controller's group "notify". */
void family_register(void);

/* The same for its end; -EBUSY while a dump holds the module. */
int family_unregister(void);
bool family_is_registered(void);

/* Answers what has been asked, some requests at most. */
void family_serve(void);

/* Goes on with dumps; whether there are some whose reader lags behind. */
bool family_dump(void);

/* Events a message has at most from now on, 0: as many as fit. */
void family_set_batch(unsigned int events);

/* Adds an event to the message under construction; sends that when it is full. */
void family_notify(const struct fault_event *ev);
void family_flush(void);

/* Messages sent to the group "events". */
uint64_t family_sent(void);

#endif
