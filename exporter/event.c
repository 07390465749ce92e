// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cursor_format(const struct cursor *c, char out[CURSOR_LEN])
{
	if (!c->instance)
		out[0] = '\0';
	else
		snprintf(out, CURSOR_LEN, "%" PRIx64 ".%" PRIu64 ".%" PRIu32, c->instance, c->seq,
			 c->sub);
}

/* Digits only, no sign or space, no overflow; returns what follows, or NULL. */
static const char *parse_number(const char *text, int base, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isxdigit((unsigned char)*text) || (text[0] == '0' && (text[1] | 32) == 'x'))
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return end == text || errno || *value > max ? NULL : end;
}

int cursor_parse(const char *text, struct cursor *cursor)
{
	const char *whole = text;
	struct cursor c = { 0 };
	char canonical[CURSOR_LEN];
	uint64_t sub;

	text = parse_number(text, 16, UINT64_MAX, &c.instance);
	if (!text || *text++ != '.' || !c.instance)
		return -EINVAL;
	text = parse_number(text, 10, UINT64_MAX, &c.seq);
	if (!text || *text++ != '.')
		return -EINVAL;
	text = parse_number(text, 10, UINT32_MAX, &sub);
	if (!text || *text)
		return -EINVAL;
	c.sub = (uint32_t)sub;
	/* One spelling each: a cursor identifies, so it must compare as text. */
	cursor_format(&c, canonical);
	if (strcmp(canonical, whole) != 0)
		return -EINVAL;
	*cursor = c;
	return 0;
}

void address_format(const struct address *a, char out[ADDRESS_LEN])
{
	switch (a->type) {
	case ADDRESS_PCI:
		snprintf(out, ADDRESS_LEN, "%04x:%02x:%02x.%x", a->segment, a->bdf >> 8,
			 a->bdf >> 3 & 0x1f, a->bdf & 7);
		return;
	case ADDRESS_NAME:
		snprintf(out, ADDRESS_LEN, "%s", a->name);
		return;
	case ADDRESS_OVERFLOW:
		snprintf(out, ADDRESS_LEN, "overflow");
		return;
	case ADDRESS_UNKNOWN:
		break;
	}
	snprintf(out, ADDRESS_LEN, "unknown");
}

int address_parse_pci(const char *text, struct address *address)
{
	uint64_t part[4] = { 0 };
	const char *at = text;
	const char *colon = strchr(text, ':');
	bool has_segment = colon && strchr(colon + 1, ':');
	struct address a = { .type = ADDRESS_PCI };
	char canonical[ADDRESS_LEN];

	if (has_segment) {
		at = parse_number(at, 16, UINT32_MAX, &part[0]);
		if (!at || *at++ != ':')
			return -EINVAL;
	}
	at = parse_number(at, 16, 0xff, &part[1]);
	if (!at || *at++ != ':')
		return -EINVAL;
	at = parse_number(at, 16, 0x1f, &part[2]);
	if (!at || *at++ != '.')
		return -EINVAL;
	at = parse_number(at, 16, 7, &part[3]);
	if (!at || *at)
		return -EINVAL;
	a.segment = (uint32_t)part[0];
	a.bdf = (uint16_t)(part[1] << 8 | part[2] << 3 | part[3]);
	/* lspci's spelling, so that "1:2.3" is not taken for something it is not. */
	address_format(&a, canonical);
	if (strcmp(canonical + (has_segment ? 0 : strlen("0000:")), text) != 0)
		return -EINVAL;
	*address = a;
	return 0;
}

/* libnl's policy of a number has the least length only. */
#define NUMBER_64                                                                                  \
	{                                                                                          \
		.type = NLA_U64, .maxlen = 8                                                       \
	}
#define NUMBER_32                                                                                  \
	{                                                                                          \
		.type = NLA_U32, .maxlen = 4                                                       \
	}
#define NUMBER_8                                                                                   \
	{                                                                                          \
		.type = NLA_U8, .maxlen = 1                                                        \
	}

/*
 * Sorts the attributes of a nest, or of a message, by type.  @policy has the
 * lengths; a type beyond @max is unknown.  Repeated ones are the caller's to walk.
 */
static int parse_attrs(struct nlattr **tb, int max, struct nlattr *head, int len,
		       const struct nla_policy *policy, uint64_t *unknown)
{
	struct nlattr *attr;
	int rem;

	if (nla_parse(tb, max, head, len, policy) < 0)
		return -EBADMSG;
	nla_for_each_attr(attr, head, len, rem)
		if (nla_type(attr) > max)
			++*unknown;
	/* What is left over is an attribute that claims more than there is. */
	return rem ? -EBADMSG : 0;
}

#define PARSE_NEST(tb, attr, policy, unknown)                                                      \
	parse_attrs(tb, (int)(sizeof(tb) / sizeof((tb)[0])) - 1, nla_data(attr), nla_len(attr),    \
		    policy, unknown)

static uint64_t get_u64(struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static uint32_t get_u32(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static void get_string(struct nlattr *attr, char *out, size_t size)
{
	snprintf(out, size, "%s", attr ? nla_get_string(attr) : "");
}

static void get_address(struct address *address, struct nlattr *segment, struct nlattr *bdf,
			struct nlattr *name)
{
	*address = (struct address){ .type = ADDRESS_UNKNOWN };
	if (bdf) {
		address->type = ADDRESS_PCI;
		address->segment = get_u32(segment);
		address->bdf = (uint16_t)get_u32(bdf);
	} else if (name) {
		address->type = ADDRESS_NAME;
		get_string(name, address->name, sizeof(address->name));
	}
}

static struct nla_policy event_policy[FAULTCAST_A_EVENT_MAX + 1] = {
	[FAULTCAST_A_EVENT_SEQ] = NUMBER_64,
	[FAULTCAST_A_EVENT_KIND] = NUMBER_32,
	[FAULTCAST_A_EVENT_FLAGS] = NUMBER_32,
	[FAULTCAST_A_EVENT_SLOT] = NUMBER_32,
	[FAULTCAST_A_EVENT_SEGMENT] = NUMBER_32,
	[FAULTCAST_A_EVENT_BDF] = NUMBER_32,
	[FAULTCAST_A_EVENT_NAME] = { .type = NLA_STRING, .maxlen = FAULTCAST_NAME_LEN },
	[FAULTCAST_A_EVENT_MONO] = NUMBER_64,
	[FAULTCAST_A_EVENT_REAL] = NUMBER_64,
	[FAULTCAST_A_EVENT_IOVA] = NUMBER_64,
	[FAULTCAST_A_EVENT_ACCESS] = NUMBER_32,
	[FAULTCAST_A_EVENT_REASON] = NUMBER_32,
	[FAULTCAST_A_EVENT_PASID] = NUMBER_32,
	[FAULTCAST_A_EVENT_IRTE_INDEX] = NUMBER_32,
	[FAULTCAST_A_EVENT_SUPPRESSED_BEFORE] = NUMBER_64,
};

static int decode_event(struct nlattr *nest, struct fault_event *ev, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_EVENT_MAX + 1];
	uint64_t instance = ev->instance;

	if (PARSE_NEST(tb, nest, event_policy, unknown) || !tb[FAULTCAST_A_EVENT_SEQ] ||
	    !tb[FAULTCAST_A_EVENT_KIND])
		return -EBADMSG;
	*ev = (struct fault_event){
		.instance = instance,
		.seq = get_u64(tb[FAULTCAST_A_EVENT_SEQ]),
		.kind = get_u32(tb[FAULTCAST_A_EVENT_KIND]),
		.slot = get_u32(tb[FAULTCAST_A_EVENT_SLOT]),
		.mono_ns = get_u64(tb[FAULTCAST_A_EVENT_MONO]),
		.real_ns = get_u64(tb[FAULTCAST_A_EVENT_REAL]),
		.iova = get_u64(tb[FAULTCAST_A_EVENT_IOVA]),
		.has_iova = tb[FAULTCAST_A_EVENT_IOVA],
		.access = get_u32(tb[FAULTCAST_A_EVENT_ACCESS]),
		.reason = get_u32(tb[FAULTCAST_A_EVENT_REASON]),
		.has_reason = tb[FAULTCAST_A_EVENT_REASON],
		.pasid = get_u32(tb[FAULTCAST_A_EVENT_PASID]),
		.has_pasid = tb[FAULTCAST_A_EVENT_PASID],
		.irte_index = get_u32(tb[FAULTCAST_A_EVENT_IRTE_INDEX]),
		.suppressed_before = get_u64(tb[FAULTCAST_A_EVENT_SUPPRESSED_BEFORE]),
		.synthetic = get_u32(tb[FAULTCAST_A_EVENT_FLAGS]) & FAULTCAST_EVENT_F_SYNTHETIC,
	};
	get_address(&ev->device, tb[FAULTCAST_A_EVENT_SEGMENT], tb[FAULTCAST_A_EVENT_BDF],
		    tb[FAULTCAST_A_EVENT_NAME]);
	if (!ev->kind || ev->kind > FAULTCAST_KIND_MAX)
		++*unknown;
	return 0;
}

static struct nla_policy gap_policy[FAULTCAST_A_GAP_MAX + 1] = {
	[FAULTCAST_A_GAP_FROM] = NUMBER_64,
	[FAULTCAST_A_GAP_TO] = NUMBER_64,
	[FAULTCAST_A_GAP_WHY] = NUMBER_32,
};

static int decode_gap(struct nlattr *nest, struct fault_gap *gap, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_GAP_MAX + 1];

	if (PARSE_NEST(tb, nest, gap_policy, unknown))
		return -EBADMSG;
	*gap = (struct fault_gap){
		.reason = GAP_HISTORY,
		.from = get_u64(tb[FAULTCAST_A_GAP_FROM]),
		.to = get_u64(tb[FAULTCAST_A_GAP_TO]),
	};
	return gap->from && gap->to >= gap->from ? 0 : -EBADMSG;
}

static struct nla_policy batch_policy[FAULTCAST_A_BATCH_MAX + 1] = {
	[FAULTCAST_A_BATCH_INSTANCE] = NUMBER_64,
	[FAULTCAST_A_BATCH_EVENT] = { .type = NLA_NESTED },
	[FAULTCAST_A_BATCH_GAP] = { .type = NLA_NESTED },
};

static bool is_family_message(struct nlmsghdr *nlh)
{
	return nlmsg_valid_hdr(nlh, GENL_HDRLEN);
}

/* First with @handler NULL to check it all, then to hand it on. */
static int walk_batch(struct nlmsghdr *nlh, uint64_t instance, const struct batch_handler *handler,
		      void *ctx, uint64_t *unknown)
{
	struct fault_event ev = { .instance = instance };
	struct fault_gap gap;
	struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		switch (nla_type(attr)) {
		case FAULTCAST_A_BATCH_EVENT:
			if (decode_event(attr, &ev, unknown))
				return -EBADMSG;
			if (handler)
				handler->event(ctx, &ev);
			break;
		case FAULTCAST_A_BATCH_GAP:
			if (decode_gap(attr, &gap, unknown))
				return -EBADMSG;
			if (handler)
				handler->gap(ctx, instance, &gap);
			break;
		}
	}
	return 0;
}

int decode_batch(struct nlmsghdr *nlh, const struct batch_handler *handler, void *ctx,
		 uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_BATCH_MAX + 1];
	uint64_t counted_later = 0, instance;

	if (!is_family_message(nlh) ||
	    parse_attrs(tb, FAULTCAST_A_BATCH_MAX, nlmsg_attrdata(nlh, GENL_HDRLEN),
			nlmsg_attrlen(nlh, GENL_HDRLEN), batch_policy, unknown))
		return -EBADMSG;
	instance = get_u64(tb[FAULTCAST_A_BATCH_INSTANCE]);
	if (!instance || walk_batch(nlh, instance, NULL, NULL, &counted_later))
		return -EBADMSG;
	return walk_batch(nlh, instance, handler, ctx, unknown);
}

static struct nla_policy counter_policy[FAULTCAST_A_COUNTER_MAX + 1] = {
	[FAULTCAST_A_COUNTER_COUNT] = NUMBER_32,
	[FAULTCAST_A_COUNTER_DETAIL] = NUMBER_32,
	[FAULTCAST_A_COUNTER_VALUE] = NUMBER_64,
};

/* Where a counter belongs; NULL: one we do not know. */
static uint64_t *counter_of(struct device_counts *device, uint32_t count, uint32_t detail)
{
	switch (count) {
	case FAULTCAST_COUNT_IO_PAGE_FAULT:
		return detail <= FAULTCAST_ACCESS_MAX ? &device->io_page_faults[detail] : NULL;
	case FAULTCAST_COUNT_INTERRUPT_REMAPPING:
		return &device->interrupt_remapping;
	case FAULTCAST_COUNT_SYNTHETIC:
		return &device->synthetic;
	default:
		return NULL;
	}
}

static int decode_counter(struct nlattr *nest, struct device_counts *device, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_COUNTER_MAX + 1];
	uint64_t *counter, value;

	if (PARSE_NEST(tb, nest, counter_policy, unknown))
		return -EBADMSG;
	value = get_u64(tb[FAULTCAST_A_COUNTER_VALUE]);
	counter = counter_of(device, get_u32(tb[FAULTCAST_A_COUNTER_COUNT]),
			     get_u32(tb[FAULTCAST_A_COUNTER_DETAIL]));
	if (!counter) {
		++*unknown;
		counter = &device->other;
	}
	*counter += value;
	device->raised += value;
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
};

int decode_device(struct nlmsghdr *nlh, struct device_counts *device, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_DEVICE_MAX + 1], *attr;
	int rem;

	if (!is_family_message(nlh) ||
	    parse_attrs(tb, FAULTCAST_A_DEVICE_MAX, nlmsg_attrdata(nlh, GENL_HDRLEN),
			nlmsg_attrlen(nlh, GENL_HDRLEN), device_policy, unknown) ||
	    !tb[FAULTCAST_A_DEVICE_SLOT])
		return -EBADMSG;
	*device = (struct device_counts){
		.slot = get_u32(tb[FAULTCAST_A_DEVICE_SLOT]),
		.published = get_u64(tb[FAULTCAST_A_DEVICE_PUBLISHED]),
		.suppressed = get_u64(tb[FAULTCAST_A_DEVICE_SUPPRESSED]),
		.lost = get_u64(tb[FAULTCAST_A_DEVICE_LOST]),
		.first_real_ns = get_u64(tb[FAULTCAST_A_DEVICE_FIRST_REAL]),
		.last_real_ns = get_u64(tb[FAULTCAST_A_DEVICE_LAST_REAL]),
	};
	get_address(&device->address, tb[FAULTCAST_A_DEVICE_SEGMENT], tb[FAULTCAST_A_DEVICE_BDF],
		    tb[FAULTCAST_A_DEVICE_NAME]);
	if (tb[FAULTCAST_A_DEVICE_OVERFLOW])
		device->address.type = ADDRESS_OVERFLOW;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
		if (nla_type(attr) == FAULTCAST_A_DEVICE_COUNTER &&
		    decode_counter(attr, device, unknown))
			return -EBADMSG;
	return 0;
}

static struct nla_policy probe_policy[FAULTCAST_A_PROBE_MAX + 1] = {
	[FAULTCAST_A_PROBE_NAME] = { .type = NLA_STRING },
	[FAULTCAST_A_PROBE_STATE] = NUMBER_32,
	[FAULTCAST_A_PROBE_REASON] = { .type = NLA_STRING },
	[FAULTCAST_A_PROBE_EXACT] = NUMBER_8,
};

static int decode_probe(struct nlattr *nest, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_PROBE_MAX + 1];
	struct probe_status *probe;

	if (PARSE_NEST(tb, nest, probe_policy, unknown) || !tb[FAULTCAST_A_PROBE_NAME])
		return -EBADMSG;
	if (status->num_probes == PROBES_MAX) {
		++*unknown;
		return 0;
	}
	probe = &status->probes[status->num_probes++];
	get_string(tb[FAULTCAST_A_PROBE_NAME], probe->name, sizeof(probe->name));
	get_string(tb[FAULTCAST_A_PROBE_REASON], probe->reason, sizeof(probe->reason));
	probe->state = get_u32(tb[FAULTCAST_A_PROBE_STATE]);
	probe->exact = tb[FAULTCAST_A_PROBE_EXACT] && nla_get_u8(tb[FAULTCAST_A_PROBE_EXACT]);
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

	if (PARSE_NEST(tb, nest, kindcount_policy, unknown))
		return -EBADMSG;
	kind = get_u32(tb[FAULTCAST_A_KINDCOUNT_KIND]);
	if (!kind || kind > FAULTCAST_KIND_MAX)
		++*unknown;
	else
		status->published_kind[kind] = get_u64(tb[FAULTCAST_A_KINDCOUNT_VALUE]);
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
};

static void fill_status(struct module_status *status, struct nlattr **tb)
{
	*status = (struct module_status){
		.instance = get_u64(tb[FAULTCAST_A_STATUS_INSTANCE]),
		.loaded_real_ns = get_u64(tb[FAULTCAST_A_STATUS_LOADED_REAL]),
		.head = get_u64(tb[FAULTCAST_A_STATUS_HEAD]),
		.tail = get_u64(tb[FAULTCAST_A_STATUS_TAIL]),
		.raised = get_u64(tb[FAULTCAST_A_STATUS_RAISED]),
		.published = get_u64(tb[FAULTCAST_A_STATUS_PUBLISHED]),
		.suppressed = get_u64(tb[FAULTCAST_A_STATUS_SUPPRESSED]),
		.lost = get_u64(tb[FAULTCAST_A_STATUS_LOST]),
		.queued = get_u64(tb[FAULTCAST_A_STATUS_QUEUED]),
		.summaries = get_u64(tb[FAULTCAST_A_STATUS_SUMMARIES]),
		.hw_overflow = get_u64(tb[FAULTCAST_A_STATUS_HW_OVERFLOW]),
		.nmissed = get_u64(tb[FAULTCAST_A_STATUS_NMISSED]),
		.unknown_unit = get_u64(tb[FAULTCAST_A_STATUS_UNKNOWN_UNIT]),
		.abi = get_u32(tb[FAULTCAST_A_STATUS_ABI]),
		.devices_max = get_u32(tb[FAULTCAST_A_STATUS_DEVICES]),
		.history_max = get_u32(tb[FAULTCAST_A_STATUS_HISTORY]),
		.queue_max = get_u32(tb[FAULTCAST_A_STATUS_QUEUE]),
	};
	get_string(tb[FAULTCAST_A_STATUS_VERSION], status->version, sizeof(status->version));
}

int decode_status(struct nlmsghdr *nlh, struct module_status *status, uint64_t *unknown)
{
	struct nlattr *tb[FAULTCAST_A_STATUS_MAX + 1], *attr;
	int rem, err = 0;

	if (!is_family_message(nlh) ||
	    parse_attrs(tb, FAULTCAST_A_STATUS_MAX, nlmsg_attrdata(nlh, GENL_HDRLEN),
			nlmsg_attrlen(nlh, GENL_HDRLEN), status_policy, unknown) ||
	    !get_u64(tb[FAULTCAST_A_STATUS_INSTANCE]))
		return -EBADMSG;
	fill_status(status, tb);
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) == FAULTCAST_A_STATUS_PROBE)
			err = decode_probe(attr, status, unknown);
		else if (nla_type(attr) == FAULTCAST_A_STATUS_PUBLISHED_KIND)
			err = decode_kindcount(attr, status, unknown);
		if (err)
			return err;
	}
	return 0;
}
