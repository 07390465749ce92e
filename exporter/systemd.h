/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the service manager, in the protocol of sd_notify(3).  They are sent only if the
 * environment has $NOTIFY_SOCKET.  libsystemd is not used, because it would add seven libraries for
 * one sendto().  Nothing here blocks: a message that cannot be sent now is sent later.
 */
#ifndef FAULTCAST_SYSTEMD_H
#define FAULTCAST_SYSTEMD_H

struct loop;

/*
 * Opens the socket.  From then on the loop sends WATCHDOG=1 twice in each period that the manager
 * has set ($WATCHDOG_USEC).
 */
void notify_start(struct loop *loop);
void notify_stop(void);

/* Sends READY=1: the start or a reload is done. */
void notify_ready(void);
/* Sends RELOADING=1 or STOPPING=1. */
void notify_reloading(void);
void notify_stopping(void);

/* Sends STATUS= with one line, which systemctl status shows.  @text is copied. */
void notify_status(const char *text);

#endif
