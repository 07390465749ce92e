// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl config: sets storm control, for all devices or for one. */
#include <errno.h>
#include <netlink/attr.h>

#include "ctl.h"
#include "faultcast.h"
#include "model/address.h"
#include "module.h"

/* The value of a flag that is not given; no flag accepts it. */
#define NOT_GIVEN UINT64_MAX

static struct options {
	const char *device;
	bool to_default;
	uint64_t rate;
	uint64_t burst;
	uint64_t host_rate;
} opt = { .rate = NOT_GIVEN, .burst = NOT_GIVEN, .host_rate = NOT_GIVEN };

static struct address address;

static const struct option_row rows[] = {
	{ .name = "device",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, device),
	  .arg = "0000:03:00.0",
	  .help = "set the limit of one device: PCI address, bus/name or unknown" },
	{ .name = "rate",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, rate),
	  .max = FAULTCAST_RATE_MAX,
	  .arg = "N",
	  .hide_default = true,
	  .help = "events per second of one device, 0: no limit" },
	{ .name = "burst",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, burst),
	  .min = 1,
	  .max = UINT32_MAX,
	  .arg = "N",
	  .hide_default = true,
	  .help = "number of events at once, at most half the queue" },
	{ .name = "default",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, to_default),
	  .help = "remove the device's own limit; the limit of all devices applies" },
	{ .name = "host-rate",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, host_rate),
	  .max = FAULTCAST_RATE_MAX,
	  .arg = "N",
	  .hide_default = true,
	  .help = "events per second of all devices together, 0: no limit" },
	{ .name = NULL },
};

static int put(struct nl_msg *msg, int attr, uint64_t value)
{
	return value == NOT_GIVEN ? 0 : nla_put_u32(msg, attr, (uint32_t)value);
}

static int add_attributes(struct nl_msg *msg)
{
	int err = 0;

	if (opt.device)
		err = module_put_device(msg, &address, FAULTCAST_A_CONFIG_SEGMENT,
					FAULTCAST_A_CONFIG_BDF, FAULTCAST_A_CONFIG_NAME);
	if (!err)
		err = put(msg, FAULTCAST_A_CONFIG_RATE, opt.rate);
	if (!err)
		err = put(msg, FAULTCAST_A_CONFIG_BURST, opt.burst);
	if (!err)
		err = put(msg, FAULTCAST_A_CONFIG_HOST_RATE, opt.host_rate);
	if (!err && opt.to_default)
		err = nla_put_flag(msg, FAULTCAST_A_CONFIG_DEFAULT);
	return err;
}

static int run(bool as_json)
{
	(void)as_json;
	if (opt.rate == NOT_GIVEN && opt.burst == NOT_GIVEN && opt.host_rate == NOT_GIVEN &&
	    !opt.to_default) {
		ctl_error("config: expected --rate, --burst, --host-rate or --default; "
			  "faultcastctl status shows the present values");
		return -EINVAL;
	}
	if (opt.device && module_parse_device(opt.device, &address))
		return -EINVAL;
	return module_tell(FAULTCAST_CMD_CONFIG_SET, add_attributes);
}

const struct ctl_verb ctl_config = {
	.name = "config",
	.help = "set storm control (needs CAP_NET_ADMIN)",
	.rows = rows,
	.values = &opt,
	.run = run,
};
