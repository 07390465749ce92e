/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faultcastctl: one row and one file a verb.  A verb returns 0 or -errno and
 * has said what went wrong by ctl_error().
 */
#ifndef FAULTCAST_CTL_CTL_H
#define FAULTCAST_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "model/address.h"
#include "netlink/genl.h"

struct ctl_verb {
	const char *name;
	const char *help;
	const struct option_row *rows; /* its flags, or NULL */
	void *values;		       /* the struct that the rows' offsets refer to */
	int (*run)(bool as_json);
};

extern const struct ctl_verb ctl_status;
extern const struct ctl_verb ctl_devices;
extern const struct ctl_verb ctl_tail;
extern const struct ctl_verb ctl_events;
extern const struct ctl_verb ctl_inject;
extern const struct ctl_verb ctl_config;

/* One line on standard error, behind the program's name. */
void ctl_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says why asking the kernel module failed; returns @err. */
int ctl_query_error(const struct genl_query *query, int err);

/*
 * Sends one command without attributes and waits for the whole answer, which
 * goes to @message.  0, or -errno after saying why.
 */
int ctl_ask(uint8_t cmd, int flags,
	    void (*message)(struct genl_query *query, struct nlmsghdr *nlh));

/* What --device says; -EINVAL after saying what was expected. */
int ctl_parse_device(const char *text, struct address *address);

/* Adds that device, by address or by name; nonzero when the message is full. */
int ctl_put_device(struct nl_msg *msg, const struct address *address, int segment_attr,
		   int bdf_attr, int name_attr);

/*
 * Sends a request that only acknowledges.  @fill adds its attributes and returns
 * 0, or nonzero when the message is full.  0, or -errno after saying why.
 */
int ctl_tell(uint8_t cmd, int (*fill)(struct nl_msg *msg));

/* "2026-01-31 12:00:00.123456", in local time; "-" for 0. */
#define CTL_TIME_LEN 40
void ctl_format_time(uint64_t real_ns, char out[CTL_TIME_LEN]);

#endif
