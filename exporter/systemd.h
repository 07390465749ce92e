/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service manager is told, by the protocol of sd_notify(3); nothing if
 * nobody asks for it ($NOTIFY_SOCKET).  libsystemd would bring seven libraries along
 * for this one sendto().  Never blocks: what cannot be sent now is sent later.
 */
#ifndef FAULTCAST_SYSTEMD_H
#define FAULTCAST_SYSTEMD_H

struct loop;

/*
 * From now on also the watchdog is told, from the loop, twice in the time that
 * the manager has set ($WATCHDOG_USEC).
 */
void notify_start(struct loop *loop);
void notify_stop(void);

/* The start is done, or the reload. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* One line for people. */
void notify_status(const char *text);

#endif
