// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "attrs.h"
#include "decode.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/module.h"

static struct nla_policy counter_policy[FAULTCAST_A_COUNTER_MAX + 1] = {
	[FAULTCAST_A_COUNTER_COUNT] = NUMBER_32,
	[FAULTCAST_A_COUNTER_DETAIL] = NUMBER_32,
	[FAULTCAST_A_COUNTER_VALUE] = NUMBER_64,
};

/* The member of @device for a counter; NULL: the counter is unknown. */
static uint64_t *counter_of(struct device_counts *device, uint32_t count, uint32_t detail)
{
	switch (count) {
	case FAULTCAST_COUNT_IO_PAGE_FAULT:
		return detail <= FAULTCAST_ACCESS_MAX ? &device->io_page_faults[detail] : NULL;
	case FAULTCAST_COUNT_INTERRUPT_REMAPPING:
		return &device->interrupt_remapping;
	case FAULTCAST_COUNT_SYNTHETIC:
		return &device->synthetic;
	case FAULTCAST_COUNT_AER:
		return detail <= FAULTCAST_SEVERITY_MAX ? &device->aer[detail] : NULL;
	case FAULTCAST_COUNT_LINK:
		return &device->link;
	case FAULTCAST_COUNT_HOTPLUG:
		return detail <= FAULTCAST_HOTPLUG_MAX ? &device->hotplug[detail] : NULL;
	case FAULTCAST_COUNT_IOMMU_ERROR:
		return &device->iommu_errors;
	case FAULTCAST_COUNT_DPC:
		return detail <= FAULTCAST_DPC_MAX ? &device->dpc[detail] : NULL;
	case FAULTCAST_COUNT_RECOVERY:
		return detail <= FAULTCAST_RECOVERY_MAX ? &device->recovery[detail] : NULL;
	default:
		return NULL;
	}
}

static int decode_counter(struct nlattr *nest, struct device_counts *device, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_COUNTER_MAX + 1];
	uint64_t *counter, value;

	if (ATTRS_PARSE_NEST(tb, nest, counter_policy, unknown))
		return -EBADMSG;
	value = attrs_get_u64(tb[FAULTCAST_A_COUNTER_VALUE]);
	counter = counter_of(device, attrs_get_u32(tb[FAULTCAST_A_COUNTER_COUNT]),
			     attrs_get_u32(tb[FAULTCAST_A_COUNTER_DETAIL]));
	if (!counter) {
		++*unknown;
		counter = &device->other;
	}
	*counter += value;
	device->raised += value;
	return 0;
}

static struct nla_policy aer_error_policy[FAULTCAST_A_AER_ERROR_MAX + 1] = {
	[FAULTCAST_A_AER_ERROR_SEVERITY] = NUMBER_32,
	[FAULTCAST_A_AER_ERROR_BIT] = NUMBER_32,
	[FAULTCAST_A_AER_ERROR_VALUE] = NUMBER_64,
};

static int decode_aer_error(struct nlattr *nest, struct device_counts *device, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_AER_ERROR_MAX + 1];
	uint32_t severity, bit;

	if (ATTRS_PARSE_NEST(tb, nest, aer_error_policy, unknown))
		return -EBADMSG;
	severity = attrs_get_u32(tb[FAULTCAST_A_AER_ERROR_SEVERITY]);
	bit = attrs_get_u32(tb[FAULTCAST_A_AER_ERROR_BIT]);
	if (severity > FAULTCAST_SEVERITY_MAX || bit > FAULTCAST_AER_BIT_NONE)
		++*unknown;
	else
		device->aer_errors[severity][bit] = attrs_get_u64(tb[FAULTCAST_A_AER_ERROR_VALUE]);
	return 0;
}

static struct nla_policy alias_policy[FAULTCAST_A_ALIAS_MAX + 1] = {
	[FAULTCAST_A_ALIAS_SEGMENT] = NUMBER_32,
	[FAULTCAST_A_ALIAS_BDF] = NUMBER_32,
};

/* Whether @alias is the device itself, or one of its aliases. */
static bool has_alias(const struct device_counts *device, const struct device_alias *alias)
{
	const struct address *own = &device->address;

	if (own->type == ADDRESS_PCI && own->segment == alias->segment && own->bdf == alias->bdf)
		return true;
	for (size_t i = 0; i < device->num_aliases; i++)
		if (device->aliases[i].segment == alias->segment &&
		    device->aliases[i].bdf == alias->bdf)
			return true;
	return false;
}

static int decode_alias(struct nlattr *nest, struct device_counts *device, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_ALIAS_MAX + 1];
	struct device_alias alias;

	if (ATTRS_PARSE_NEST(tb, nest, alias_policy, unknown) || !tb[FAULTCAST_A_ALIAS_BDF])
		return -EBADMSG;
	alias.segment = attrs_get_u32(tb[FAULTCAST_A_ALIAS_SEGMENT]);
	alias.bdf = (uint16_t)attrs_get_u32(tb[FAULTCAST_A_ALIAS_BDF]);
	if (device->num_aliases == DEVICE_ALIASES_MAX || has_alias(device, &alias))
		++*unknown;
	else
		device->aliases[device->num_aliases++] = alias;
	return 0;
}

static struct nla_policy device_policy[FAULTCAST_A_DEVICE_MAX + 1] = {
	[FAULTCAST_A_DEVICE_SLOT] = NUMBER_32,
	[FAULTCAST_A_DEVICE_SEGMENT] = NUMBER_32,
	[FAULTCAST_A_DEVICE_BDF] = NUMBER_32,
	[FAULTCAST_A_DEVICE_NAME] = { .type = NLA_STRING, .maxlen = FAULTCAST_NAME_LEN },
	[FAULTCAST_A_DEVICE_OVERFLOW] = NUMBER_8,
	[FAULTCAST_A_DEVICE_COUNTER] = { .type = NLA_NESTED },
	[FAULTCAST_A_DEVICE_PUBLISHED] = NUMBER_64,
	[FAULTCAST_A_DEVICE_SUPPRESSED] = NUMBER_64,
	[FAULTCAST_A_DEVICE_LOST] = NUMBER_64,
	[FAULTCAST_A_DEVICE_FIRST_REAL] = NUMBER_64,
	[FAULTCAST_A_DEVICE_LAST_REAL] = NUMBER_64,
	[FAULTCAST_A_DEVICE_GENERATION] = NUMBER_32,
	[FAULTCAST_A_DEVICE_IDENTITY] = { .type = NLA_NESTED },
	[FAULTCAST_A_DEVICE_PRESENT] = NUMBER_8,
	[FAULTCAST_A_DEVICE_AER_ERROR] = { .type = NLA_NESTED },
	[FAULTCAST_A_DEVICE_RATE] = NUMBER_32,
	[FAULTCAST_A_DEVICE_BURST] = NUMBER_32,
	[FAULTCAST_A_DEVICE_ALIAS] = { .type = NLA_NESTED },
};

int decode_device(struct nlmsghdr *nlh, struct device_counts *device, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_DEVICE_MAX + 1], *attr;
	int rem;

	if (!attrs_are_family(nlh) ||
	    attrs_parse(tb, FAULTCAST_A_DEVICE_MAX, nlmsg_attrdata(nlh, GENL_HDRLEN),
			nlmsg_attrlen(nlh, GENL_HDRLEN), device_policy, unknown) ||
	    !tb[FAULTCAST_A_DEVICE_SLOT])
		return -EBADMSG;
	*device = (struct device_counts){
		.slot = attrs_get_u32(tb[FAULTCAST_A_DEVICE_SLOT]),
		.published = attrs_get_u64(tb[FAULTCAST_A_DEVICE_PUBLISHED]),
		.suppressed = attrs_get_u64(tb[FAULTCAST_A_DEVICE_SUPPRESSED]),
		.lost = attrs_get_u64(tb[FAULTCAST_A_DEVICE_LOST]),
		.first_real_ns = attrs_get_u64(tb[FAULTCAST_A_DEVICE_FIRST_REAL]),
		.last_real_ns = attrs_get_u64(tb[FAULTCAST_A_DEVICE_LAST_REAL]),
		.present = tb[FAULTCAST_A_DEVICE_PRESENT] &&
			   nla_get_u8(tb[FAULTCAST_A_DEVICE_PRESENT]),
		.has_limit = tb[FAULTCAST_A_DEVICE_RATE],
		.rate = attrs_get_u32(tb[FAULTCAST_A_DEVICE_RATE]),
		.burst = attrs_get_u32(tb[FAULTCAST_A_DEVICE_BURST]),
	};
	attrs_get_address(&device->address, tb[FAULTCAST_A_DEVICE_SEGMENT],
			  tb[FAULTCAST_A_DEVICE_BDF], tb[FAULTCAST_A_DEVICE_NAME]);
	/* The device without an address has neither, and must not be taken for this one. */
	if (device->address.type == ADDRESS_UNKNOWN &&
	    (tb[FAULTCAST_A_DEVICE_BDF] || tb[FAULTCAST_A_DEVICE_NAME]))
		return -EBADMSG;
	if (tb[FAULTCAST_A_DEVICE_OVERFLOW])
		device->address = (struct address){ .type = ADDRESS_OVERFLOW };
	if (attrs_get_identity(&device->identity, tb[FAULTCAST_A_DEVICE_IDENTITY], unknown))
		return -EBADMSG;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		int err = 0;

		if (nla_type(attr) == FAULTCAST_A_DEVICE_COUNTER)
			err = decode_counter(attr, device, unknown);
		else if (nla_type(attr) == FAULTCAST_A_DEVICE_AER_ERROR)
			err = decode_aer_error(attr, device, unknown);
		else if (nla_type(attr) == FAULTCAST_A_DEVICE_ALIAS)
			err = decode_alias(attr, device, unknown);
		if (err)
			return err;
	}
	return 0;
}

static struct nla_policy probe_policy[FAULTCAST_A_PROBE_MAX + 1] = {
	[FAULTCAST_A_PROBE_NAME] = { .type = NLA_STRING },
	[FAULTCAST_A_PROBE_STATE] = NUMBER_32,
	[FAULTCAST_A_PROBE_REASON] = { .type = NLA_STRING },
	[FAULTCAST_A_PROBE_EXACT] = NUMBER_8,
};

static bool has_probe(const struct module_status *status, const char *name)
{
	for (unsigned int i = 0; i < status->num_probes; i++)
		if (!strcmp(status->probes[i].name, name))
			return true;
	return false;
}

static int decode_probe(struct nlattr *nest, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_PROBE_MAX + 1];
	char name[PROBE_NAME_LEN];
	struct probe_status *probe;

	if (ATTRS_PARSE_NEST(tb, nest, probe_policy, unknown) || !tb[FAULTCAST_A_PROBE_NAME])
		return -EBADMSG;
	attrs_get_string(tb[FAULTCAST_A_PROBE_NAME], name, sizeof(name));
	if (status->num_probes == PROBES_MAX || has_probe(status, name)) {
		++*unknown;
		return 0;
	}
	probe = &status->probes[status->num_probes++];
	strcpy(probe->name, name);
	attrs_get_string(tb[FAULTCAST_A_PROBE_REASON], probe->reason, sizeof(probe->reason));
	probe->state = attrs_get_u32(tb[FAULTCAST_A_PROBE_STATE]);
	probe->exact = tb[FAULTCAST_A_PROBE_EXACT] && nla_get_u8(tb[FAULTCAST_A_PROBE_EXACT]);
	return 0;
}

static struct nla_policy unit_policy[FAULTCAST_A_UNIT_MAX + 1] = {
	[FAULTCAST_A_UNIT_ADDRESS] = NUMBER_64,
	[FAULTCAST_A_UNIT_SEGMENT] = NUMBER_32,
	[FAULTCAST_A_UNIT_FLAGS] = NUMBER_32,
	[FAULTCAST_A_UNIT_NAME] = { .type = NLA_STRING, .maxlen = FAULTCAST_NAME_LEN },
	[FAULTCAST_A_UNIT_TYPE] = NUMBER_32,
	[FAULTCAST_A_UNIT_STALLS] = NUMBER_64,
	[FAULTCAST_A_UNIT_ERROR] = { .type = NLA_NESTED },
};

static struct nla_policy unit_error_policy[FAULTCAST_A_UNIT_ERROR_MAX + 1] = {
	[FAULTCAST_A_UNIT_ERROR_NAME] = { .type = NLA_STRING, .maxlen = FAULTCAST_NAME_LEN },
	[FAULTCAST_A_UNIT_ERROR_VALUE] = NUMBER_64,
};

/* A name that comes twice would make two equal series. */
static bool has_error(const struct module_status *status, const struct iommu_error *error)
{
	for (unsigned int i = 0; i < status->num_errors; i++)
		if (status->errors[i].unit == error->unit &&
		    !strcmp(status->errors[i].name, error->name))
			return true;
	return false;
}

/* Errors of a unit without a name of its own have no series. */
static bool has_name(const struct module_status *status, const char *name)
{
	for (unsigned int i = 0; i + 1 < status->num_units; i++)
		if (!strcmp(status->units[i].name, name))
			return true;
	return false;
}

static int decode_unit_error(struct nlattr *nest, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_UNIT_ERROR_MAX + 1];
	struct iommu_error *error;

	if (ATTRS_PARSE_NEST(tb, nest, unit_error_policy, unknown) ||
	    !tb[FAULTCAST_A_UNIT_ERROR_NAME])
		return -EBADMSG;
	if (status->num_errors == IOMMU_ERRORS_MAX) {
		++*unknown;
		return 0;
	}
	error = &status->errors[status->num_errors];
	error->unit = status->num_units - 1;
	error->count = attrs_get_u64(tb[FAULTCAST_A_UNIT_ERROR_VALUE]);
	attrs_get_string(tb[FAULTCAST_A_UNIT_ERROR_NAME], error->name, sizeof(error->name));
	if (has_error(status, error))
		++*unknown;
	else
		status->num_errors++;
	return 0;
}

static int decode_unit(struct nlattr *nest, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_UNIT_MAX + 1], *attr;
	struct iommu_unit *unit;
	int rem, err = 0;
	uint32_t flags;

	if (ATTRS_PARSE_NEST(tb, nest, unit_policy, unknown) || !tb[FAULTCAST_A_UNIT_ADDRESS])
		return -EBADMSG;
	if (status->num_units == UNITS_MAX) {
		++*unknown;
		return 0;
	}
	flags = attrs_get_u32(tb[FAULTCAST_A_UNIT_FLAGS]);
	unit = &status->units[status->num_units++];
	*unit = (struct iommu_unit){
		.address = attrs_get_u64(tb[FAULTCAST_A_UNIT_ADDRESS]),
		.segment = attrs_get_u32(tb[FAULTCAST_A_UNIT_SEGMENT]),
		.faults = flags & FAULTCAST_UNIT_F_FAULTS,
		.interrupt_remapping = flags & FAULTCAST_UNIT_F_INTERRUPT_REMAPPING,
		.type = attrs_get_u32(tb[FAULTCAST_A_UNIT_TYPE]),
		.stalls = attrs_get_u64(tb[FAULTCAST_A_UNIT_STALLS]),
	};
	attrs_get_string(tb[FAULTCAST_A_UNIT_NAME], unit->name, sizeof(unit->name));
	if (*unit->name && has_name(status, unit->name)) {
		++*unknown;
		*unit->name = '\0';
	}
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) == FAULTCAST_A_UNIT_ERROR)
			err = decode_unit_error(attr, status, unknown);
		if (err)
			return err;
	}
	return 0;
}

static struct nla_policy kindcount_policy[FAULTCAST_A_KINDCOUNT_MAX + 1] = {
	[FAULTCAST_A_KINDCOUNT_KIND] = NUMBER_32,
	[FAULTCAST_A_KINDCOUNT_VALUE] = NUMBER_64,
};

static int decode_kindcount(struct nlattr *nest, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_KINDCOUNT_MAX + 1];
	uint32_t kind;

	if (ATTRS_PARSE_NEST(tb, nest, kindcount_policy, unknown))
		return -EBADMSG;
	kind = attrs_get_u32(tb[FAULTCAST_A_KINDCOUNT_KIND]);
	if (!kind || kind > FAULTCAST_KIND_MAX)
		++*unknown;
	else
		status->published_kind[kind] = attrs_get_u64(tb[FAULTCAST_A_KINDCOUNT_VALUE]);
	return 0;
}

static struct nla_policy status_policy[FAULTCAST_A_STATUS_MAX + 1] = {
	[FAULTCAST_A_STATUS_INSTANCE] = NUMBER_64,
	[FAULTCAST_A_STATUS_VERSION] = { .type = NLA_STRING },
	[FAULTCAST_A_STATUS_ABI] = NUMBER_32,
	[FAULTCAST_A_STATUS_LOADED_REAL] = NUMBER_64,
	[FAULTCAST_A_STATUS_HEAD] = NUMBER_64,
	[FAULTCAST_A_STATUS_TAIL] = NUMBER_64,
	[FAULTCAST_A_STATUS_RAISED] = NUMBER_64,
	[FAULTCAST_A_STATUS_PUBLISHED] = NUMBER_64,
	[FAULTCAST_A_STATUS_SUPPRESSED] = NUMBER_64,
	[FAULTCAST_A_STATUS_LOST] = NUMBER_64,
	[FAULTCAST_A_STATUS_QUEUED] = NUMBER_64,
	[FAULTCAST_A_STATUS_SUMMARIES] = NUMBER_64,
	[FAULTCAST_A_STATUS_HW_OVERFLOW] = NUMBER_64,
	[FAULTCAST_A_STATUS_NMISSED] = NUMBER_64,
	[FAULTCAST_A_STATUS_UNKNOWN_UNIT] = NUMBER_64,
	[FAULTCAST_A_STATUS_PROBE] = { .type = NLA_NESTED },
	[FAULTCAST_A_STATUS_PUBLISHED_KIND] = { .type = NLA_NESTED },
	[FAULTCAST_A_STATUS_DEVICES] = NUMBER_32,
	[FAULTCAST_A_STATUS_HISTORY] = NUMBER_32,
	[FAULTCAST_A_STATUS_QUEUE] = NUMBER_32,
	[FAULTCAST_A_STATUS_RATE] = NUMBER_32,
	[FAULTCAST_A_STATUS_BURST] = NUMBER_32,
	[FAULTCAST_A_STATUS_HOST_RATE] = NUMBER_32,
	[FAULTCAST_A_STATUS_UNIT] = { .type = NLA_NESTED },
};

static void fill_status(struct module_status *status, struct nlattr **tb)
{
	*status = (struct module_status){
		.instance = attrs_get_u64(tb[FAULTCAST_A_STATUS_INSTANCE]),
		.loaded_real_ns = attrs_get_u64(tb[FAULTCAST_A_STATUS_LOADED_REAL]),
		.head = attrs_get_u64(tb[FAULTCAST_A_STATUS_HEAD]),
		.tail = attrs_get_u64(tb[FAULTCAST_A_STATUS_TAIL]),
		.raised = attrs_get_u64(tb[FAULTCAST_A_STATUS_RAISED]),
		.published = attrs_get_u64(tb[FAULTCAST_A_STATUS_PUBLISHED]),
		.suppressed = attrs_get_u64(tb[FAULTCAST_A_STATUS_SUPPRESSED]),
		.lost = attrs_get_u64(tb[FAULTCAST_A_STATUS_LOST]),
		.queued = attrs_get_u64(tb[FAULTCAST_A_STATUS_QUEUED]),
		.summaries = attrs_get_u64(tb[FAULTCAST_A_STATUS_SUMMARIES]),
		.hw_overflow = attrs_get_u64(tb[FAULTCAST_A_STATUS_HW_OVERFLOW]),
		.nmissed = attrs_get_u64(tb[FAULTCAST_A_STATUS_NMISSED]),
		.unknown_unit = attrs_get_u64(tb[FAULTCAST_A_STATUS_UNKNOWN_UNIT]),
		.abi = attrs_get_u32(tb[FAULTCAST_A_STATUS_ABI]),
		.devices_max = attrs_get_u32(tb[FAULTCAST_A_STATUS_DEVICES]),
		.history_max = attrs_get_u32(tb[FAULTCAST_A_STATUS_HISTORY]),
		.queue_max = attrs_get_u32(tb[FAULTCAST_A_STATUS_QUEUE]),
		.rate = attrs_get_u32(tb[FAULTCAST_A_STATUS_RATE]),
		.burst = attrs_get_u32(tb[FAULTCAST_A_STATUS_BURST]),
		.host_rate = attrs_get_u32(tb[FAULTCAST_A_STATUS_HOST_RATE]),
	};
	attrs_get_string(tb[FAULTCAST_A_STATUS_VERSION], status->version, sizeof(status->version));
}

int decode_status(struct nlmsghdr *nlh, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_STATUS_MAX + 1], *attr;
	int rem, err = 0;

	if (!attrs_are_family(nlh) ||
	    attrs_parse(tb, FAULTCAST_A_STATUS_MAX, nlmsg_attrdata(nlh, GENL_HDRLEN),
			nlmsg_attrlen(nlh, GENL_HDRLEN), status_policy, unknown) ||
	    !attrs_get_u64(tb[FAULTCAST_A_STATUS_INSTANCE]))
		return -EBADMSG;
	fill_status(status, tb);
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) == FAULTCAST_A_STATUS_PROBE)
			err = decode_probe(attr, status, unknown);
		else if (nla_type(attr) == FAULTCAST_A_STATUS_PUBLISHED_KIND)
			err = decode_kindcount(attr, status, unknown);
		else if (nla_type(attr) == FAULTCAST_A_STATUS_UNIT)
			err = decode_unit(attr, status, unknown);
		if (err)
			return err;
	}
	return 0;
}
