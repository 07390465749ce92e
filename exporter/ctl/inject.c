// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl inject: one synthetic event, to see that the path works. */
#include <errno.h>
#include <netlink/attr.h>

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

static struct address address;

static int add_attributes(struct nl_msg *msg)
{
	int err = nla_put_u32(msg, FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_IO_PAGE_FAULT);

	if (!err && device)
		err = nla_put_u32(msg, FAULTCAST_A_INJECT_SEGMENT, address.segment);
	if (!err && device)
		err = nla_put_u32(msg, FAULTCAST_A_INJECT_BDF, address.bdf);
	if (!err)
		err = nla_put_u32(msg, FAULTCAST_A_INJECT_ACCESS, (uint32_t)access_index);
	if (!err)
		err = nla_put_u64(msg, FAULTCAST_A_INJECT_IOVA, iova);
	return err;
}

static int run(bool as_json)
{
	(void)as_json;
	if (device && ctl_parse_device(device, &address))
		return -EINVAL;
	return ctl_tell(FAULTCAST_CMD_INJECT, add_attributes);
}

const struct ctl_verb ctl_inject = {
	.name = "inject",
	.help = "raise one synthetic event (needs CAP_NET_ADMIN)",
	.rows = rows,
	.run = run,
};
