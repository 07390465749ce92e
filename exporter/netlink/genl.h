/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets, requests and replies of the kernel module's generic netlink family.  decode.h decodes
 * the messages.  Functions that return int return 0 or -errno.
 */
#ifndef FAULTCAST_NETLINK_GENL_H
#define FAULTCAST_NETLINK_GENL_H

#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * For tests: replaces the kernel by a program, whose address on NETLINK_USERSOCK is @port.  Called
 * before any socket is opened.
 */
void genl_use_userspace(uint32_t port);

/* True after genl_use_userspace(). */
bool genl_is_userspace(void);

/* Called for each message of a datagram. */
typedef void genl_message_fn(void *ctx, struct nlmsghdr *nlh);

/*
 * Opens a non-blocking socket that has joined @group of @family; the caller frees it with
 * nl_socket_free().  @rcvbuf is the size of the receive buffer in bytes (SO_RCVBUF, which the
 * kernel doubles); 0: the system's default.  -ENOENT: there is no such family; -EPERM: the group
 * needs a capability.
 */
int genl_open_group(struct nl_sock **sk, const char *family, const char *group, int rcvbuf);

/*
 * Reads one datagram and calls @fn for each of its messages.  -EAGAIN: there is no datagram;
 * -ENOBUFS: the kernel dropped datagrams because the receive buffer was full; -EBADMSG: the
 * datagram was truncated.
 */
int genl_receive(struct nl_sock *sk, genl_message_fn *fn, void *ctx);

/* A socket for requests; one request can be under way at a time. */
struct genl_query {
	struct nl_sock *sk;
	int family;
	bool busy;
	uint32_t seq;
	int err;
	char error[160]; /* the kernel's explanation of the last error, or "" */
	/* Called for each reply. */
	void (*message)(struct genl_query *query, struct nlmsghdr *nlh);
	/* Called once after the last reply, or when the request has failed: 0 or -errno. */
	void (*done)(struct genl_query *query, int err);
};

/* Opens the socket; the caller has set the callbacks.  -ENOENT: the module is not loaded. */
int genl_query_open(struct genl_query *query);

/* Closes the socket.  A pending request is dropped without a call of done(). */
void genl_query_close(struct genl_query *query);

/* The descriptor to watch; when it is readable, call genl_query_receive(). */
int genl_query_fd(const struct genl_query *query);

/* Makes a request, to which the caller adds attributes; NULL: out of memory. */
struct nl_msg *genl_query_new(struct genl_query *query, uint8_t cmd, int flags);

/* Sends and frees @msg; NULL: returns -ENOMEM.  The callbacks get the answer. */
int genl_query_send(struct genl_query *query, struct nl_msg *msg);

/*
 * Reads one datagram of replies.  An error ends the request with a call of done().  Returns 0, or
 * -EAGAIN if there was no datagram.
 */
int genl_query_receive(struct genl_query *query);

/* Sends @msg and blocks until the answer is complete.  Returns the error that done() got. */
int genl_query_run(struct genl_query *query, struct nl_msg *msg);

#endif
