// SPDX-License-Identifier: GPL-2.0-or-later
#include "genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "decode.h"
#include "faultcast.h"

/* The largest datagram of a dump, net/netlink/af_netlink.c. */
#define DATAGRAM_MAX 65536

/* The port of the other side; 0 is the kernel. */
static uint32_t peer_port;

void genl_use_userspace(uint32_t port)
{
	peer_port = port;
}

bool genl_is_userspace(void)
{
	return peer_port;
}

/* libnl has error numbers of its own.  Callers distinguish only these. */
static int from_nl_error(int err)
{
	switch (err < 0 ? -err : err) {
	case NLE_SUCCESS:
		return 0;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PROTO_MISMATCH:
	case NLE_AF_NOSUPPORT:
		return -EPROTONOSUPPORT;
	default:
		return -EIO;
	}
}

static int open_socket(struct nl_sock **sk)
{
	int err;

	*sk = nl_socket_alloc();
	if (!*sk)
		return -ENOMEM;
	nl_socket_set_peer_port(*sk, peer_port);
	err = from_nl_error(nl_connect(*sk, peer_port ? NETLINK_USERSOCK : NETLINK_GENERIC));
	if (err) {
		nl_socket_free(*sk);
		*sk = NULL;
	}
	return err;
}

/* Without CAP_NET_ADMIN, net.core.rmem_max limits the size. */
static int set_rcvbuf(int fd, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)))
		return -errno;
	return 0;
}

int genl_open_group(struct nl_sock **sk, const char *family, const char *group, int rcvbuf)
{
	int err, id;

	err = open_socket(sk);
	if (err)
		return err;
	id = genl_ctrl_resolve_grp(*sk, family, group);
	err = id < 0 ? from_nl_error(id) : 0;
	if (!err && rcvbuf)
		err = set_rcvbuf(nl_socket_get_fd(*sk), rcvbuf);
	/* libnl's function would return the same error for EACCES, EPERM and others. */
	if (!err &&
	    setsockopt(nl_socket_get_fd(*sk), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &id, sizeof(id)))
		err = errno == EACCES ? -EPERM : -errno;
	if (!err)
		err = from_nl_error(nl_socket_set_nonblocking(*sk));
	if (err) {
		nl_socket_free(*sk);
		*sk = NULL;
	}
	return err;
}

int genl_receive(struct nl_sock *sk, genl_message_fn *fn, void *ctx)
{
	static char datagram[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	struct iovec iov = { .iov_base = datagram, .iov_len = sizeof(datagram) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n = recvmsg(nl_socket_get_fd(sk), &msg, MSG_DONTWAIT);
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)datagram;
	int len = (int)n;

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (msg.msg_flags & MSG_TRUNC)
		return -EBADMSG;
	if (from.nl_pid != peer_port) /* any process may send to this socket */
		return 0;
	for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
		fn(ctx, nlh);
	return 0;
}

int genl_query_open(struct genl_query *query)
{
	const int on = 1;
	int err, fd;

	query->busy = false;
	err = open_socket(&query->sk);
	if (err)
		return err;
	query->family = genl_ctrl_resolve(query->sk, FAULTCAST_GENL_NAME);
	if (query->family < 0) {
		err = from_nl_error(query->family);
		genl_query_close(query);
		return err;
	}
	/* Failures do not matter: these options only add texts to errors, and shorten them. */
	fd = nl_socket_get_fd(query->sk);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

void genl_query_close(struct genl_query *query)
{
	nl_socket_free(query->sk);
	query->sk = NULL;
	query->busy = false;
}

int genl_query_fd(const struct genl_query *query)
{
	return nl_socket_get_fd(query->sk);
}

struct nl_msg *genl_query_new(struct genl_query *query, uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, query->family, 0, flags, cmd,
				FAULTCAST_GENL_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

int genl_query_send(struct genl_query *query, struct nl_msg *msg)
{
	int err;

	if (!msg)
		return -ENOMEM;
	nl_complete_msg(query->sk, msg);
	query->seq = nlmsg_hdr(msg)->nlmsg_seq;
	query->error[0] = '\0';
	err = nl_send(query->sk, msg);
	nlmsg_free(msg);
	if (err < 0)
		return from_nl_error(err);
	query->busy = true;
	return 0;
}

static void finish(struct genl_query *query, int err)
{
	query->busy = false;
	query->err = err;
	query->done(query, err);
}

static void on_reply(void *ctx, struct nlmsghdr *nlh)
{
	struct genl_query *query = ctx;
	int err;

	if (!query->busy || nlh->nlmsg_seq != query->seq)
		return;
	if (nlh->nlmsg_type == query->family)
		query->message(query, nlh);
	else if (decode_end(nlh, &err, query->error, sizeof(query->error)))
		finish(query, err);
}

int genl_query_receive(struct genl_query *query)
{
	int err = genl_receive(query->sk, on_reply, query);

	if (err && err != -EAGAIN && query->busy)
		finish(query, err);
	return err == -EAGAIN ? err : 0;
}

int genl_query_run(struct genl_query *query, struct nl_msg *msg)
{
	int err = genl_query_send(query, msg);

	if (err)
		return err;
	while (query->busy) {
		struct pollfd pfd = { .fd = genl_query_fd(query), .events = POLLIN };

		if (poll(&pfd, 1, -1) < 0 && errno != EINTR)
			return -errno;
		genl_query_receive(query);
	}
	return query->err;
}
