/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talking to the kernel module's generic netlink family: sockets, requests,
 * replies.  Decoding is event.h's.  All functions return 0 or -errno.
 */
#ifndef FAULTCAST_NETLINK_GENL_H
#define FAULTCAST_NETLINK_GENL_H

#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * For tests, before any socket is opened: a program with address @port plays the
 * kernel over NETLINK_USERSOCK.  The real one is not talked to then.
 */
void genl_use_userspace(uint32_t port);
bool genl_is_userspace(void);

/* Called for each message of a datagram. */
typedef void genl_message_fn(void *ctx, struct nlmsghdr *nlh);

/*
 * Opens a non-blocking socket that has joined @group of @family; the caller
 * frees it with nl_socket_free().  @rcvbuf bytes of receive buffer (SO_RCVBUF,
 * which the kernel doubles), 0 for the system's default.  -ENOENT when there is
 * no such family, -EPERM when the group needs a capability.
 */
int genl_open_group(struct nl_sock **sk, const char *family, const char *group, int rcvbuf);

/*
 * Reads one datagram.  -EAGAIN: there is none; -ENOBUFS: the kernel dropped
 * some because nobody read; -EBADMSG: truncated.
 */
int genl_receive(struct nl_sock *sk, genl_message_fn *fn, void *ctx);

/* One request at a time on a socket of its own. */
struct genl_query {
	struct nl_sock *sk;
	int family;
	bool busy;
	uint32_t seq;
	int err;
	char error[160]; /* what the kernel said of the last failure, or "" */
	/* A reply, possibly one of many. */
	void (*message)(struct genl_query *query, struct nlmsghdr *nlh);
	/* The end of the replies, or of waiting for them: 0 or -errno. */
	void (*done)(struct genl_query *query, int err);
};

/* Sets up @query, whose callbacks the caller has set.  -ENOENT: no module. */
int genl_query_open(struct genl_query *query);
void genl_query_close(struct genl_query *query);

/* For watching; readable: call genl_query_receive(). */
int genl_query_fd(const struct genl_query *query);

/* A request to be given attributes and sent; NULL when out of memory. */
struct nl_msg *genl_query_new(struct genl_query *query, uint8_t cmd, int flags);

/* Sends and frees @msg (NULL is -ENOMEM).  The answer comes by the callbacks. */
int genl_query_send(struct genl_query *query, struct nl_msg *msg);

/*
 * Reads one datagram of replies; errors end the query by done().  0, or -EAGAIN
 * when there was none to read.
 */
int genl_query_receive(struct genl_query *query);

/* Sends, and blocks until the answer is complete; what done() was told. */
int genl_query_run(struct genl_query *query, struct nl_msg *msg);

#endif
