/* SPDX-License-Identifier: GPL-2.0-only */
/* Gathers published events into multicast messages. */
#ifndef FAULTCAST_NL_NOTIFY_H
#define FAULTCAST_NL_NOTIFY_H

struct faultcast_event;

/*
 * Adds @ev to the message under construction, and sends the message when it is
 * full.  Never blocks: without memory, listeners get ENOBUFS.  Process context,
 * only the worker.
 */
void faultcast_notify_event(const struct faultcast_event *ev);

/* Sends the message under construction, if there is one.  Only the worker. */
void faultcast_notify_flush(void);

#endif /* FAULTCAST_NL_NOTIFY_H */
