/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic netlink over NETLINK_USERSOCK, as the kernel implements it: the controller, and
 * the module's family with its requests, dumps and notifications. Functions return 0 or
 * -errno.
 */
#ifndef FAULTCAST_STANDIN_FAMILY_H
#define FAULTCAST_STANDIN_FAMILY_H

#include <stdbool.h>

#include "model/event.h"

/* Opens the socket. @port is its netlink address. */
int family_open(uint32_t *port);
void family_close(void);

/* When this descriptor is readable, call family_serve(). */
int family_fd(void);

/* Announces the family to the controller's group "notify". */
void family_register(void);

/* Announces the family's end. Returns -EBUSY while a dump holds the module. */
int family_unregister(void);
bool family_is_registered(void);

/* Answers pending requests, a bounded number at a time. */
void family_serve(void);

/* Continues the dumps. Returns whether a dump still waits for its reader. */
bool family_dump(void);

/* Limits the number of events in a message; 0: as many as fit. */
void family_set_batch(unsigned int events);

/* Adds an event to the message under construction, and sends the message when it is full. */
void family_notify(const struct fault_event *ev);
void family_flush(void);

/* The number of messages sent to the group "events". */
uint64_t family_sent(void);

#endif
