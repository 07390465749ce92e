// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire.h"

#include <netlink/attr.h>
#include <string.h>

/* Like nla_put(), which would make publishing an event take twice as long. */
static inline int put(struct nl_msg *msg, int type, size_t len, const void *value)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	char *tail = (char *)nlh + nlh->nlmsg_len;
	const struct nlattr head = { .nla_type = (uint16_t)type,
				     .nla_len = (uint16_t)(NLA_HDRLEN + len) };
	size_t padded = NLA_ALIGN(NLA_HDRLEN + len);

	if (nlh->nlmsg_len + padded > nlmsg_get_max_size(msg))
		return -1;
	memset(tail + padded - NLA_ALIGNTO, 0, NLA_ALIGNTO);
	memcpy(tail, &head, sizeof(head));
	memcpy(tail + NLA_HDRLEN, value, len);
	nlh->nlmsg_len += (uint32_t)padded;
	return 0;
}

static inline int put_u8(struct nl_msg *msg, int type, uint8_t value)
{
	return put(msg, type, sizeof(value), &value);
}

static inline int put_u32(struct nl_msg *msg, int type, uint32_t value)
{
	return put(msg, type, sizeof(value), &value);
}

static inline int put_u64(struct nl_msg *msg, int type, uint64_t value)
{
	return put(msg, type, sizeof(value), &value);
}

static int put_string(struct nl_msg *msg, int type, const char *value)
{
	return put(msg, type, strlen(value) + 1, value);
}

/* Puts segment and bdf, or the name, or nothing, under the attribute numbers of this set. */
static int put_address(struct nl_msg *msg, const struct address *address, int segment_attr,
		       int bdf_attr, int name_attr)
{
	if (address->type == ADDRESS_PCI)
		return put_u32(msg, segment_attr, address->segment) ||
		       put_u32(msg, bdf_attr, address->bdf);
	if (address->type == ADDRESS_NAME)
		return put_string(msg, name_attr, address->name);
	return 0;
}

/* Absent properties are omitted. */
static int put_identity(struct nl_msg *msg, int attr, const struct device_identity *id)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest || put_u32(msg, FAULTCAST_A_IDENTITY_GENERATION, id->generation) ||
	    put_u32(msg, FAULTCAST_A_IDENTITY_VENDOR, id->vendor_id) ||
	    put_u32(msg, FAULTCAST_A_IDENTITY_DEVICE, id->device_id) ||
	    put_u32(msg, FAULTCAST_A_IDENTITY_SUBSYSTEM_VENDOR, id->subsystem_vendor_id) ||
	    put_u32(msg, FAULTCAST_A_IDENTITY_SUBSYSTEM_DEVICE, id->subsystem_device_id) ||
	    put_u32(msg, FAULTCAST_A_IDENTITY_CLASS, id->class_code) ||
	    put_u32(msg, FAULTCAST_A_IDENTITY_REVISION, id->revision) ||
	    (*id->driver && put_string(msg, FAULTCAST_A_IDENTITY_DRIVER, id->driver)) ||
	    (*id->physical_slot &&
	     put_string(msg, FAULTCAST_A_IDENTITY_PHYS_SLOT, id->physical_slot)) ||
	    (id->serial && put_u64(msg, FAULTCAST_A_IDENTITY_SERIAL, id->serial)))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_io_page_fault(struct nl_msg *msg, const struct fault_event *ev)
{
	return put_u32(msg, FAULTCAST_A_EVENT_ACCESS, ev->access) ||
	       (ev->has_iova && put_u64(msg, FAULTCAST_A_EVENT_IOVA, ev->iova)) ||
	       (ev->has_pasid && put_u32(msg, FAULTCAST_A_EVENT_PASID, ev->pasid));
}

static int put_aer(struct nl_msg *msg, const struct fault_event *ev)
{
	return put_u32(msg, FAULTCAST_A_EVENT_AER_SEVERITY, ev->aer_severity) ||
	       put_u32(msg, FAULTCAST_A_EVENT_AER_STATUS, ev->aer_status) ||
	       (ev->has_tlp && put(msg, FAULTCAST_A_EVENT_AER_TLP, sizeof(ev->tlp), ev->tlp));
}

static int put_link(struct nl_msg *msg, const struct fault_event *ev)
{
	return put_u32(msg, FAULTCAST_A_EVENT_LINK_REASON, ev->link_reason) ||
	       put_u32(msg, FAULTCAST_A_EVENT_LINK_SPEED, ev->link_speed) ||
	       put_u32(msg, FAULTCAST_A_EVENT_LINK_WIDTH, ev->link_width) ||
	       put_u32(msg, FAULTCAST_A_EVENT_LINK_STATUS, ev->link_status);
}

/* Puts the attributes of this kind of event. */
static int put_kind(struct nl_msg *msg, const struct fault_event *ev)
{
	switch (ev->kind) {
	case FAULTCAST_KIND_IO_PAGE_FAULT:
		return put_io_page_fault(msg, ev);
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		return put_u32(msg, FAULTCAST_A_EVENT_IRTE_INDEX, ev->irte_index);
	case FAULTCAST_KIND_AER:
		return put_aer(msg, ev);
	case FAULTCAST_KIND_LINK:
		return put_link(msg, ev);
	case FAULTCAST_KIND_HOTPLUG:
		return put_u32(msg, FAULTCAST_A_EVENT_HOTPLUG, ev->hotplug);
	default:
		return 0;
	}
}

static int put_event(struct nl_msg *msg, const struct fault_event *ev)
{
	uint32_t flags = (ev->synthetic ? FAULTCAST_EVENT_F_SYNTHETIC : 0) |
			 (ev->identity_late ? FAULTCAST_EVENT_F_IDENTITY_LATE : 0);

	return put_u64(msg, FAULTCAST_A_EVENT_SEQ, ev->seq) ||
	       put_u32(msg, FAULTCAST_A_EVENT_KIND, ev->kind) ||
	       put_u32(msg, FAULTCAST_A_EVENT_FLAGS, flags) ||
	       put_u32(msg, FAULTCAST_A_EVENT_SLOT, ev->slot) ||
	       put_address(msg, &ev->device, FAULTCAST_A_EVENT_SEGMENT, FAULTCAST_A_EVENT_BDF,
			   FAULTCAST_A_EVENT_NAME) ||
	       put_u64(msg, FAULTCAST_A_EVENT_MONO, ev->mono_ns) ||
	       put_u64(msg, FAULTCAST_A_EVENT_REAL, ev->real_ns) ||
	       (ev->suppressed_before &&
		put_u64(msg, FAULTCAST_A_EVENT_SUPPRESSED_BEFORE, ev->suppressed_before)) ||
	       (ev->lost_before && put_u64(msg, FAULTCAST_A_EVENT_LOST_BEFORE, ev->lost_before)) ||
	       (ev->has_reason && put_u32(msg, FAULTCAST_A_EVENT_REASON, ev->reason)) ||
	       put_kind(msg, ev) || put_u32(msg, FAULTCAST_A_EVENT_GENERATION, ev->generation) ||
	       (ev->identity.generation &&
		put_identity(msg, FAULTCAST_A_EVENT_IDENTITY, &ev->identity));
}

int wire_event(struct nl_msg *msg, const struct fault_event *ev)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_BATCH_EVENT);

	if (!nest)
		return -1;
	if (put_event(msg, ev)) {
		nla_nest_cancel(msg, nest);
		return -1;
	}
	return nla_nest_end(msg, nest);
}

int wire_gap(struct nl_msg *msg, uint64_t from, uint64_t to)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_BATCH_GAP);

	if (!nest)
		return -1;
	if (put_u64(msg, FAULTCAST_A_GAP_FROM, from) || put_u64(msg, FAULTCAST_A_GAP_TO, to) ||
	    put_u32(msg, FAULTCAST_A_GAP_WHY, FAULTCAST_GAP_HISTORY)) {
		nla_nest_cancel(msg, nest);
		return -1;
	}
	return nla_nest_end(msg, nest);
}

static int put_kindcount(struct nl_msg *msg, uint32_t kind, uint64_t value)
{
	struct nlattr *nest;

	if (!value)
		return 0;
	nest = nla_nest_start(msg, FAULTCAST_A_STATUS_PUBLISHED_KIND);
	if (!nest || put_u32(msg, FAULTCAST_A_KINDCOUNT_KIND, kind) ||
	    put_u64(msg, FAULTCAST_A_KINDCOUNT_VALUE, value))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_probe(struct nl_msg *msg, const struct probe_status *probe)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_STATUS_PROBE);

	if (!nest || put_string(msg, FAULTCAST_A_PROBE_NAME, probe->name) ||
	    put_u32(msg, FAULTCAST_A_PROBE_STATE, probe->state) ||
	    put_string(msg, FAULTCAST_A_PROBE_REASON, probe->reason) ||
	    put_u8(msg, FAULTCAST_A_PROBE_EXACT, probe->exact))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_error(struct nl_msg *msg, const struct iommu_error *error)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_UNIT_ERROR);

	if (!nest || put_string(msg, FAULTCAST_A_UNIT_ERROR_NAME, error->name) ||
	    put_u64(msg, FAULTCAST_A_UNIT_ERROR_VALUE, error->count))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_errors(struct nl_msg *msg, const struct module_status *s, unsigned int unit)
{
	for (unsigned int i = 0; i < s->num_errors; i++)
		if (s->errors[i].unit == unit && put_error(msg, &s->errors[i]))
			return -1;
	return 0;
}

static int put_unit(struct nl_msg *msg, const struct module_status *s, unsigned int index)
{
	const struct iommu_unit *unit = &s->units[index];
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_STATUS_UNIT);
	uint32_t flags = (unit->faults ? FAULTCAST_UNIT_F_FAULTS : 0U) |
			 (unit->interrupt_remapping ? FAULTCAST_UNIT_F_INTERRUPT_REMAPPING : 0U);

	if (!nest || put_u64(msg, FAULTCAST_A_UNIT_ADDRESS, unit->address) ||
	    put_u32(msg, FAULTCAST_A_UNIT_SEGMENT, unit->segment) ||
	    put_u32(msg, FAULTCAST_A_UNIT_FLAGS, flags) ||
	    put_string(msg, FAULTCAST_A_UNIT_NAME, unit->name) ||
	    put_u32(msg, FAULTCAST_A_UNIT_TYPE, unit->type) ||
	    put_u64(msg, FAULTCAST_A_UNIT_STALLS, unit->stalls) || put_errors(msg, s, index))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_totals(struct nl_msg *msg, const struct module_status *s)
{
	if (put_u64(msg, FAULTCAST_A_STATUS_HEAD, s->head) ||
	    put_u64(msg, FAULTCAST_A_STATUS_TAIL, s->tail) ||
	    put_u64(msg, FAULTCAST_A_STATUS_RAISED, s->raised) ||
	    put_u64(msg, FAULTCAST_A_STATUS_PUBLISHED, s->published) ||
	    put_u64(msg, FAULTCAST_A_STATUS_SUPPRESSED, s->suppressed) ||
	    put_u64(msg, FAULTCAST_A_STATUS_LOST, s->lost) ||
	    put_u64(msg, FAULTCAST_A_STATUS_QUEUED, s->queued) ||
	    put_u64(msg, FAULTCAST_A_STATUS_SUMMARIES, s->summaries))
		return -1;
	for (uint32_t kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		if (put_kindcount(msg, kind, s->published_kind[kind]))
			return -1;
	return 0;
}

int wire_status(struct nl_msg *msg, const struct module_status *s)
{
	if (put_u64(msg, FAULTCAST_A_STATUS_INSTANCE, s->instance) ||
	    put_string(msg, FAULTCAST_A_STATUS_VERSION, s->version) ||
	    put_u32(msg, FAULTCAST_A_STATUS_ABI, s->abi) ||
	    put_u64(msg, FAULTCAST_A_STATUS_LOADED_REAL, s->loaded_real_ns) ||
	    put_u64(msg, FAULTCAST_A_STATUS_HW_OVERFLOW, s->hw_overflow) ||
	    put_u64(msg, FAULTCAST_A_STATUS_NMISSED, s->nmissed) ||
	    put_u64(msg, FAULTCAST_A_STATUS_UNKNOWN_UNIT, s->unknown_unit) ||
	    put_u32(msg, FAULTCAST_A_STATUS_DEVICES, s->devices_max) ||
	    put_u32(msg, FAULTCAST_A_STATUS_HISTORY, s->history_max) ||
	    put_u32(msg, FAULTCAST_A_STATUS_QUEUE, s->queue_max) ||
	    put_u32(msg, FAULTCAST_A_STATUS_RATE, s->rate) ||
	    put_u32(msg, FAULTCAST_A_STATUS_BURST, s->burst) ||
	    put_u32(msg, FAULTCAST_A_STATUS_HOST_RATE, s->host_rate) || put_totals(msg, s))
		return -1;
	for (unsigned int i = 0; i < s->num_probes; i++)
		if (put_probe(msg, &s->probes[i]))
			return -1;
	for (unsigned int i = 0; i < s->num_units; i++)
		if (put_unit(msg, s, i))
			return -1;
	return 0;
}

/* A counter of 0 is omitted. */
static int put_counter(struct nl_msg *msg, uint32_t count, uint32_t detail, uint64_t value)
{
	struct nlattr *nest;

	if (!value)
		return 0;
	nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_COUNTER);
	if (!nest || put_u32(msg, FAULTCAST_A_COUNTER_COUNT, count) ||
	    put_u32(msg, FAULTCAST_A_COUNTER_DETAIL, detail) ||
	    put_u64(msg, FAULTCAST_A_COUNTER_VALUE, value))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_counter_row(struct nl_msg *msg, uint32_t count, const uint64_t *values,
			   uint32_t detail_max)
{
	for (uint32_t detail = 0; detail <= detail_max; detail++)
		if (put_counter(msg, count, detail, values[detail]))
			return -1;
	return 0;
}

static int put_counters(struct nl_msg *msg, const struct device_counts *d)
{
	return put_counter_row(msg, FAULTCAST_COUNT_IO_PAGE_FAULT, d->io_page_faults,
			       FAULTCAST_ACCESS_MAX) ||
	       put_counter(msg, FAULTCAST_COUNT_INTERRUPT_REMAPPING, 0, d->interrupt_remapping) ||
	       put_counter_row(msg, FAULTCAST_COUNT_AER, d->aer, FAULTCAST_SEVERITY_MAX) ||
	       put_counter(msg, FAULTCAST_COUNT_LINK, 0, d->link) ||
	       put_counter_row(msg, FAULTCAST_COUNT_HOTPLUG, d->hotplug, FAULTCAST_HOTPLUG_MAX) ||
	       put_counter(msg, FAULTCAST_COUNT_SYNTHETIC, 0, d->synthetic);
}

static int put_aer_error(struct nl_msg *msg, uint32_t severity, uint32_t bit, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_AER_ERROR);

	if (!nest || put_u32(msg, FAULTCAST_A_AER_ERROR_SEVERITY, severity) ||
	    put_u32(msg, FAULTCAST_A_AER_ERROR_BIT, bit) ||
	    put_u64(msg, FAULTCAST_A_AER_ERROR_VALUE, value))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_aer_errors(struct nl_msg *msg, const struct device_counts *d)
{
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++)
		for (uint32_t bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++)
			if (d->aer_errors[severity][bit] &&
			    put_aer_error(msg, severity, bit, d->aer_errors[severity][bit]))
				return -1;
	return 0;
}

static int put_aliases(struct nl_msg *msg, const struct device_counts *d)
{
	for (uint32_t i = 0; i < d->num_aliases; i++) {
		struct nlattr *nest = nla_nest_start(msg, FAULTCAST_A_DEVICE_ALIAS);

		if (!nest || put_u32(msg, FAULTCAST_A_ALIAS_SEGMENT, d->aliases[i].segment) ||
		    put_u32(msg, FAULTCAST_A_ALIAS_BDF, d->aliases[i].bdf) ||
		    nla_nest_end(msg, nest))
			return -1;
	}
	return 0;
}

/* Puts attributes that not every device has: identity, limits, aliases and AER errors. */
static int put_particulars(struct nl_msg *msg, const struct device_counts *d)
{
	if (put_u32(msg, FAULTCAST_A_DEVICE_GENERATION, d->identity.generation) ||
	    (d->identity.generation &&
	     put_identity(msg, FAULTCAST_A_DEVICE_IDENTITY, &d->identity)) ||
	    (d->present && put_u8(msg, FAULTCAST_A_DEVICE_PRESENT, 1)))
		return -1;
	if (d->has_limit && (put_u32(msg, FAULTCAST_A_DEVICE_RATE, d->rate) ||
			     put_u32(msg, FAULTCAST_A_DEVICE_BURST, d->burst)))
		return -1;
	return put_aliases(msg, d) || put_aer_errors(msg, d) ? -1 : 0;
}

static int put_times(struct nl_msg *msg, const struct device_counts *d)
{
	if (!d->first_real_ns)
		return 0;
	return put_u64(msg, FAULTCAST_A_DEVICE_FIRST_REAL, d->first_real_ns) ||
	       put_u64(msg, FAULTCAST_A_DEVICE_LAST_REAL, d->last_real_ns);
}

int wire_device(struct nl_msg *msg, const struct device_counts *d)
{
	if (put_u32(msg, FAULTCAST_A_DEVICE_SLOT, d->slot) ||
	    put_address(msg, &d->address, FAULTCAST_A_DEVICE_SEGMENT, FAULTCAST_A_DEVICE_BDF,
			FAULTCAST_A_DEVICE_NAME) ||
	    (d->address.type == ADDRESS_OVERFLOW && put_u8(msg, FAULTCAST_A_DEVICE_OVERFLOW, 1)) ||
	    put_u64(msg, FAULTCAST_A_DEVICE_LOST, d->lost) ||
	    put_u64(msg, FAULTCAST_A_DEVICE_SUPPRESSED, d->suppressed) ||
	    put_u64(msg, FAULTCAST_A_DEVICE_PUBLISHED, d->published) || put_times(msg, d) ||
	    put_counters(msg, d) || put_particulars(msg, d))
		return -1;
	return 0;
}
