// SPDX-License-Identifier: GPL-2.0-or-later
#include "module.h"

#include <errno.h>
#include <netlink/attr.h>
#include <string.h>

#include "ctl.h"

static int (*decode_message)(struct nlmsghdr *nlh);
static bool eperm_is_quiet;
static int decode_error;

static void on_message(struct genl_query *query, struct nlmsghdr *nlh)
{
	int err;

	(void)query;
	/* An acknowledgement has no messages to decode. */
	err = decode_message ? decode_message(nlh) : 0;
	if (err)
		decode_error = err;
}

static void on_done(struct genl_query *query, int err)
{
	(void)query;
	(void)err; /* genl_query_run() returns it */
}

static void print_error(const struct genl_query *query, int err)
{
	if (err == -EPERM && eperm_is_quiet)
		return;
	if (err == -ENOENT)
		ctl_error("the kernel module faultcast is not loaded");
	else if (err == -EPERM)
		ctl_error("no permission: this needs CAP_NET_ADMIN");
	else if (err == -EOPNOTSUPP)
		ctl_error("the kernel module that is loaded is too old for this");
	else if (*query->error)
		ctl_error("the kernel module refused the request: %s (%s)", query->error,
			  strerror(-err));
	else
		ctl_error("cannot get an answer from the kernel module: %s", strerror(-err));
}

/* Sends the command; @fill is optional. */
static int run(uint8_t cmd, int flags, int (*fill)(struct nl_msg *msg))
{
	struct genl_query query = { .message = on_message, .done = on_done };
	struct nl_msg *msg = NULL;
	int err = genl_query_open(&query);

	if (!err)
		msg = genl_query_new(&query, cmd, flags);
	if (msg && fill && fill(msg)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (!err)
		err = genl_query_run(&query, msg);
	if (err)
		print_error(&query, err);
	if (query.sk)
		genl_query_close(&query);
	return err;
}

int module_ask(uint8_t cmd, int flags, int (*decode)(struct nlmsghdr *nlh))
{
	int err;

	decode_message = decode;
	decode_error = 0;
	err = run(cmd, flags, NULL);
	if (!err && decode_error) {
		ctl_error("the kernel module's answer is malformed");
		err = decode_error;
	}
	return err;
}

int module_ask_if_permitted(uint8_t cmd, int flags, int (*decode)(struct nlmsghdr *nlh))
{
	int err;

	eperm_is_quiet = true;
	err = module_ask(cmd, flags, decode);
	eperm_is_quiet = false;
	return err;
}

int module_tell(uint8_t cmd, int (*fill)(struct nl_msg *msg))
{
	decode_message = NULL;
	return run(cmd, NLM_F_ACK, fill);
}

int module_parse_device(const char *text, struct address *address)
{
	int err = address_parse(text, address);

	if (err)
		ctl_error("--device: expected a PCI address such as 0000:03:00.0, bus/name or "
			  "unknown, got \"%s\"",
			  text);
	return err;
}

int module_put_device(struct nl_msg *msg, const struct address *address, int segment_attr,
		      int bdf_attr, int name_attr)
{
	char name[ADDRESS_LEN];

	if (address->type == ADDRESS_PCI)
		return nla_put_u32(msg, segment_attr, address->segment)
			       ?: nla_put_u32(msg, bdf_attr, address->bdf);
	address_format(address, name);
	return nla_put_string(msg, name_attr, name);
}
