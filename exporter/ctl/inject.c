// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl inject: one synthetic event, to see that the path works. */
#include <errno.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "ctl.h"
#include "event.h"

static const char *const access_names[] = { "unknown", "read", "write", "other", NULL };

static const char *device;
static int access_index = FAULTCAST_ACCESS_READ;
static uint64_t iova;

static const struct option_row rows[] = {
	{ .name = "device",
	  .type = OPTION_STRING,
	  .value = &device,
	  .arg = "0000:03:00.0",
	  .help = "PCI address; without it the device is unknown" },
	{ .name = "access",
	  .type = OPTION_CHOICE,
	  .value = &access_index,
	  .choices = access_names,
	  .arg = "ACCESS",
	  .help = "read, write, unknown or other" },
	{ .name = "iova",
	  .type = OPTION_NUMBER,
	  .value = &iova,
	  .max = UINT64_MAX,
	  .arg = "ADDRESS",
	  .help = "address that it pretends to have used" },
	{ .name = NULL },
};

static void on_message(struct genl_query *query, struct nlmsghdr *nlh)
{
	(void)query;
	(void)nlh; /* there is only the acknowledgement */
}

static void on_done(struct genl_query *query, int err)
{
	(void)query;
	(void)err;
}

static int add_attributes(struct nl_msg *msg, const struct address *address)
{
	int err = nla_put_u32(msg, FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_IO_PAGE_FAULT);

	if (!err && device)
		err = nla_put_u32(msg, FAULTCAST_A_INJECT_SEGMENT, address->segment);
	if (!err && device)
		err = nla_put_u32(msg, FAULTCAST_A_INJECT_BDF, address->bdf);
	if (!err)
		err = nla_put_u32(msg, FAULTCAST_A_INJECT_ACCESS, (uint32_t)access_index);
	if (!err)
		err = nla_put_u64(msg, FAULTCAST_A_INJECT_IOVA, iova);
	return err ? -ENOMEM : 0;
}

static int run(bool as_json)
{
	struct genl_query query = { .message = on_message, .done = on_done };
	struct address address = { 0 };
	struct nl_msg *msg = NULL;
	int err;

	(void)as_json;
	if (device && address_parse_pci(device, &address)) {
		ctl_error("--device: expected a PCI address such as 0000:03:00.0, got \"%s\"",
			  device);
		return -EINVAL;
	}
	err = genl_query_open(&query);
	if (!err)
		msg = genl_query_new(&query, FAULTCAST_CMD_INJECT, NLM_F_ACK);
	if (msg && add_attributes(msg, &address)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (!err)
		err = genl_query_run(&query, msg);
	if (err)
		ctl_query_error(&query, err);
	if (query.sk)
		genl_query_close(&query);
	return err;
}

const struct ctl_verb ctl_inject = {
	.name = "inject",
	.help = "raise one synthetic event (needs CAP_NET_ADMIN)",
	.rows = rows,
	.run = run,
};
