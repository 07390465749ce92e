// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcastctl inject: raises one synthetic event, to test the whole path of an event. */
#include <errno.h>
#include <netlink/attr.h>

#include "ctl.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/names_gen.h"
#include "module.h"

static const char *const access_names[] = { FAULTCAST_ACCESS_NAMES NULL };

static const char *const kind_names[] = { "fault", "aer", NULL };
static const char *const severity_names[] = { FAULTCAST_SEVERITY_NAMES NULL };

static struct options {
	const char *device;
	int kind;
	int access;
	uint64_t iova;
	int severity;
	uint64_t status;
} opt = { .access = FAULTCAST_ACCESS_READ };

static const struct option_row rows[] = {
	{ .name = "device",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct options, device),
	  .arg = "0000:03:00.0",
	  .help = "PCI address, or bus/name; without this flag the device is unknown" },
	{ .name = "kind",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct options, kind),
	  .choices = kind_names,
	  .arg = "KIND",
	  .help = "kind of the event: fault (I/O page fault) or aer" },
	{ .name = "access",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct options, access),
	  .choices = access_names,
	  .arg = "ACCESS",
	  .help = "read, write, unknown or other" },
	{ .name = "iova",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, iova),
	  .max = UINT64_MAX,
	  .arg = "ADDRESS",
	  .help = "address that the device accesses" },
	{ .name = "severity",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct options, severity),
	  .choices = severity_names,
	  .arg = "SEVERITY",
	  .help = "for aer: nonfatal, fatal or corrected" },
	{ .name = "status",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, status),
	  .max = UINT32_MAX,
	  .arg = "BITS",
	  .help = "for aer: bits of the error status register" },
	{ .name = NULL },
};

static struct address address;

static int add_fault(struct nl_msg *msg)
{
	return nla_put_u32(msg, FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_IO_PAGE_FAULT) ?:
	       nla_put_u32(msg, FAULTCAST_A_INJECT_ACCESS, (uint32_t)opt.access) ?:
	       nla_put_u64(msg, FAULTCAST_A_INJECT_IOVA, opt.iova);
}

static int add_aer(struct nl_msg *msg)
{
	return nla_put_u32(msg, FAULTCAST_A_INJECT_KIND, FAULTCAST_KIND_AER) ?:
	       nla_put_u32(msg, FAULTCAST_A_INJECT_AER_SEVERITY, (uint32_t)opt.severity) ?:
	       nla_put_u32(msg, FAULTCAST_A_INJECT_AER_STATUS, (uint32_t)opt.status);
}

static int add_attributes(struct nl_msg *msg)
{
	int err = opt.kind ? add_aer(msg) : add_fault(msg);

	if (!err && opt.device)
		err = module_put_device(msg, &address, FAULTCAST_A_INJECT_SEGMENT,
					FAULTCAST_A_INJECT_BDF, FAULTCAST_A_INJECT_NAME);
	return err;
}

static int run(bool as_json)
{
	(void)as_json;
	if (opt.device && module_parse_device(opt.device, &address))
		return -EINVAL;
	return module_tell(FAULTCAST_CMD_INJECT, add_attributes);
}

const struct ctl_verb ctl_inject = {
	.name = "inject",
	.help = "raise one synthetic event (needs CAP_NET_ADMIN)",
	.rows = rows,
	.values = &opt,
	.run = run,
};
