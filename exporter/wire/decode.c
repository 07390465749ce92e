// SPDX-License-Identifier: GPL-2.0-or-later
#include "decode.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"
#include "model/identity.h"
#include "model/iommu.h"

#include <errno.h>
#include <string.h>

/* Returns false if @text does not fit into @out, of @size bytes. */
static bool copy_text(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static int read_name(const char *text, struct address *address)
{
	*address = (struct address){ 0 };
	if (!strcmp(text, "unknown"))
		return 0;
	if (!strcmp(text, "overflow")) {
		address->type = ADDRESS_OVERFLOW;
		return 0;
	}
	address->type = ADDRESS_NAME;
	return *text && copy_text(address->name, sizeof(address->name), text) ? 0 : -EBADMSG;
}

int message_read_address(const char *text, struct address *address)
{
	return address_parse_pci(text, address) ? read_name(text, address) : 0;
}

static int read_device(const Faultcast__V1__DeviceAddress *m, struct address *address)
{
	char name[ADDRESS_LEN];

	if (!m)
		return -EBADMSG;
	if (!m->pci)
		return read_name(m->name, address);
	if (m->pci->bus > 0xff || m->pci->device > 0x1f || m->pci->function > 7)
		return -EBADMSG;
	*address = (struct address){
		.type = ADDRESS_PCI,
		.segment = m->pci->segment,
		.bdf = (uint16_t)(m->pci->bus << 8 | m->pci->device << 3 | m->pci->function),
	};
	address_format(address, name);
	return strcmp(name, m->name) ? -EBADMSG : 0;
}

static int read_identity(const Faultcast__V1__DeviceIdentity *m, struct device_identity *id)
{
	if (!m)
		return 0;
	id->generation = m->generation;
	id->vendor_id = m->vendor_id;
	id->device_id = m->device_id;
	id->subsystem_vendor_id = m->subsystem_vendor_id;
	id->subsystem_device_id = m->subsystem_device_id;
	id->class_code = m->class_code;
	id->revision = m->revision;
	if (m->serial)
		id->serial = m->serial->value;
	if (!m->generation || !copy_text(id->driver, sizeof(id->driver), m->driver) ||
	    !copy_text(id->physical_slot, sizeof(id->physical_slot), m->physical_slot))
		return -EBADMSG;
	return 0;
}

static void read_counters(const Faultcast__V1__Device *m, struct device_counts *counts)
{
	if (m->io_page_faults) {
		counts->io_page_faults[FAULTCAST_ACCESS_READ] = m->io_page_faults->read;
		counts->io_page_faults[FAULTCAST_ACCESS_WRITE] = m->io_page_faults->write;
		counts->io_page_faults[FAULTCAST_ACCESS_UNKNOWN] = m->io_page_faults->unknown;
		counts->io_page_faults[FAULTCAST_ACCESS_OTHER] = m->io_page_faults->other;
	}
	if (m->aer) {
		counts->aer[FAULTCAST_SEVERITY_NONFATAL] = m->aer->nonfatal;
		counts->aer[FAULTCAST_SEVERITY_FATAL] = m->aer->fatal;
		counts->aer[FAULTCAST_SEVERITY_CORRECTED] = m->aer->corrected;
	}
	if (m->hotplug) {
		counts->hotplug[FAULTCAST_HOTPLUG_LINK_UP] = m->hotplug->link_up;
		counts->hotplug[FAULTCAST_HOTPLUG_LINK_DOWN] = m->hotplug->link_down;
		counts->hotplug[FAULTCAST_HOTPLUG_CARD_PRESENT] = m->hotplug->card_present;
		counts->hotplug[FAULTCAST_HOTPLUG_CARD_NOT_PRESENT] = m->hotplug->card_not_present;
		counts->hotplug[FAULTCAST_HOTPLUG_OTHER] = m->hotplug->other;
	}
	if (m->dpc) {
		counts->dpc[FAULTCAST_DPC_UNCORRECTABLE] = m->dpc->uncorrectable;
		counts->dpc[FAULTCAST_DPC_NONFATAL] = m->dpc->nonfatal;
		counts->dpc[FAULTCAST_DPC_FATAL] = m->dpc->fatal;
		counts->dpc[FAULTCAST_DPC_RP_PIO] = m->dpc->rp_pio;
		counts->dpc[FAULTCAST_DPC_SOFTWARE] = m->dpc->software;
		counts->dpc[FAULTCAST_DPC_OTHER] = m->dpc->other;
	}
	if (m->recovery) {
		counts->recovery[FAULTCAST_RECOVERY_BEGUN] = m->recovery->begun;
		counts->recovery[FAULTCAST_RECOVERY_RECOVERED] = m->recovery->recovered;
		counts->recovery[FAULTCAST_RECOVERY_FAILED] = m->recovery->failed;
		counts->recovery[FAULTCAST_RECOVERY_OTHER] = m->recovery->other;
	}
	counts->iommu_errors = m->iommu_errors;
	counts->interrupt_remapping = m->interrupt_remapping_faults;
	counts->link = m->link_changes;
	counts->synthetic = m->synthetic;
	counts->other = m->other;
}

int message_read_device(const Faultcast__V1__Device *m, struct device_counts *counts)
{
	*counts = (struct device_counts){
		.slot = m->slot,
		.raised = m->raised,
		.published = m->published,
		.suppressed = m->suppressed,
		.lost = m->lost,
		.first_real_ns = m->first_realtime_ns,
		.last_real_ns = m->last_realtime_ns,
		.present = m->present,
		.has_limit = m->limit,
		.rate = m->limit ? m->limit->rate : 0,
		.burst = m->limit ? m->limit->burst : 0,
	};
	read_counters(m, counts);
	return read_device(m->address, &counts->address)
		       ?: read_identity(m->identity, &counts->identity);
}

static void read_reason(const Faultcast__V1__FaultReason *m, struct fault_event *ev)
{
	ev->has_reason = m;
	if (!m)
		return;
	/* Name and text follow from the code, the flags and the type of the IOMMU. */
	ev->reason = m->code;
	ev->iommu_flags = m->flags;
}

static void read_pasid(const Faultcast__V1__Pasid *m, struct fault_event *ev)
{
	ev->has_pasid = m;
	if (m)
		ev->pasid = m->value;
}

static void read_iommu(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	if (m->iommu) {
		ev->iommu = iommu_name(m->iommu->name);
		ev->iommu_type = m->iommu->type;
	}
	ev->has_stream = m->stream_id;
	if (m->stream_id)
		ev->stream_id = m->stream_id->value;
}

static int read_io_page_fault(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->iova = m->io_page_fault->iova;
	ev->has_iova = !m->io_page_fault->iova_unknown;
	ev->access = m->io_page_fault->access;
	read_pasid(m->io_page_fault->pasid, ev);
	read_iommu(m, ev);
	read_reason(m->io_page_fault->reason, ev);
	return 0;
}

static int read_interrupt_remapping(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->irte_index = m->interrupt_remapping->index;
	ev->irte_unknown = m->interrupt_remapping->index_unknown;
	read_iommu(m, ev);
	read_reason(m->interrupt_remapping->reason, ev);
	return 0;
}

/* The names of the errors are not read, because they follow from severity and status. */
static int read_aer(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	const Faultcast__V1__TlpHeader *tlp = m->aer->tlp_header;

	/* The message counts severities from 1, the kernel from 0.  0 is an unknown one. */
	ev->aer_severity = m->aer->severity - 1U;
	ev->aer_status = m->aer->status;
	ev->bus = m->aer->bus;
	ev->has_tlp = tlp;
	if (!tlp)
		return 0;
	if (tlp->n_dwords != sizeof(ev->tlp) / sizeof(ev->tlp[0]))
		return -EBADMSG;
	memcpy(ev->tlp, tlp->dwords, sizeof(ev->tlp));
	return 0;
}

static int read_hotplug(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->hotplug = m->hotplug->event - 1U;
	return 0;
}

static int read_link(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->link_reason = m->link->reason;
	ev->link_speed = m->link->speed;
	ev->link_width = m->link->width;
	ev->link_status = m->link->status;
	return 0;
}

static int read_iommu_error(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->iova = m->iommu_error->iova;
	ev->has_iova = !m->iommu_error->iova_unknown;
	ev->access = m->iommu_error->access;
	read_pasid(m->iommu_error->pasid, ev);
	read_iommu(m, ev);
	read_reason(m->iommu_error->reason, ev);
	return 0;
}

static int read_dpc(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->dpc = m->dpc->trigger - 1U;
	ev->dpc_status = m->dpc->status;
	return 0;
}

static int read_recovery(const Faultcast__V1__FaultEvent *m, struct fault_event *ev)
{
	ev->recovery = m->recovery->step - 1U;
	return 0;
}

static const struct detail {
	Faultcast__V1__FaultEvent__DetailCase body;
	int (*read)(const Faultcast__V1__FaultEvent *m, struct fault_event *ev);
} details[FAULTCAST_KIND_MAX + 1] = {
	[FAULTCAST_KIND_IO_PAGE_FAULT] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_IO_PAGE_FAULT,
					   read_io_page_fault },
	[FAULTCAST_KIND_INTERRUPT_REMAPPING] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_INTERRUPT_REMAPPING,
						 read_interrupt_remapping },
	[FAULTCAST_KIND_AER] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_AER, read_aer },
	[FAULTCAST_KIND_LINK] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_LINK, read_link },
	[FAULTCAST_KIND_HOTPLUG] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_HOTPLUG, read_hotplug },
	[FAULTCAST_KIND_IOMMU_ERROR] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_IOMMU_ERROR,
					 read_iommu_error },
	[FAULTCAST_KIND_DPC] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_DPC, read_dpc },
	[FAULTCAST_KIND_RECOVERY] = { FAULTCAST__V1__FAULT_EVENT__DETAIL_RECOVERY, read_recovery },
};

static int read_related(const Faultcast__V1__DeviceAddress *m, struct fault_event *ev)
{
	struct address related;

	ev->has_related = m;
	if (!m)
		return 0;
	if (read_device(m, &related) || related.type != ADDRESS_PCI)
		return -EBADMSG;
	ev->related_segment = related.segment;
	ev->related_bdf = related.bdf;
	return 0;
}

static int read_event(const Faultcast__V1__FaultEvent *m, struct entry *entry)
{
	static const struct detail none = { .body = FAULTCAST__V1__FAULT_EVENT__DETAIL__NOT_SET };
	struct fault_event *ev = &entry->event;
	const struct detail *detail = &none;
	int err;

	if (m->instance != entry->at.instance || m->seq != entry->at.seq || entry->at.sub)
		return -EBADMSG;
	*ev = (struct fault_event){
		.instance = m->instance,
		.seq = m->seq,
		.kind = m->kind,
		.synthetic = m->synthetic,
		.mono_ns = m->monotonic_ns,
		.real_ns = m->realtime_ns,
		.suppressed_before = m->suppressed_before,
		.lost_before = m->lost_before,
		.slot = m->slot,
		.identity_late = m->identity_late,
		.generation = m->generation,
	};
	if (ev->kind <= FAULTCAST_KIND_MAX)
		detail = &details[ev->kind];
	if (m->detail_case != detail->body)
		return -EBADMSG;
	err = read_device(m->device, &ev->device);
	if (!err)
		err = read_identity(m->identity, &ev->identity);
	if (!err)
		err = read_related(m->related, ev);
	if (!err && detail->read)
		err = detail->read(m, ev);
	return err;
}

static int read_gap(const Faultcast__V1__Gap *m, const struct cursor *at, struct fault_gap *gap)
{
	static const enum gap_reason reasons[] = {
		[FAULTCAST__V1__GAP_REASON__GAP_REASON_HISTORY] = GAP_HISTORY,
		[FAULTCAST__V1__GAP_REASON__GAP_REASON_UNKNOWN_CURSOR] = GAP_UNKNOWN_CURSOR,
		[FAULTCAST__V1__GAP_REASON__GAP_REASON_TOO_SLOW] = GAP_TOO_SLOW,
		[FAULTCAST__V1__GAP_REASON__GAP_REASON_UNLOADED] = GAP_UNLOADED,
	};
	const size_t num = sizeof(reasons) / sizeof(reasons[0]);

	if (m->reason == FAULTCAST__V1__GAP_REASON__GAP_REASON_UNSPECIFIED ||
	    (size_t)m->reason >= num)
		return -EBADMSG;
	*gap = (struct fault_gap){ .reason = reasons[m->reason] };
	if (m->size_case == FAULTCAST__V1__GAP__SIZE__NOT_SET)
		return 0;
	/* Unreported faults are no entry: the event that follows has the same counts. */
	if (m->size_case != FAULTCAST__V1__GAP__SIZE_MISSING)
		return -EBADMSG;
	gap->from = m->missing->from;
	gap->to = m->missing->to;
	return gap->from && gap->from <= gap->to && gap->to == at->seq && !at->sub ? 0 : -EBADMSG;
}

static int read_state(Faultcast__V1__Health m, enum health_state *state)
{
	static const enum health_state states[] = {
		[FAULTCAST__V1__HEALTH__HEALTH_UNSPECIFIED] = HEALTH_UNKNOWN,
		[FAULTCAST__V1__HEALTH__HEALTH_OK] = HEALTH_OK,
		[FAULTCAST__V1__HEALTH__HEALTH_SUSPECT] = HEALTH_SUSPECT,
		[FAULTCAST__V1__HEALTH__HEALTH_FAULTY] = HEALTH_FAULTY,
	};

	if ((size_t)m >= sizeof(states) / sizeof(states[0]))
		return -EBADMSG;
	*state = states[m];
	return 0;
}

static int read_health(const Faultcast__V1__HealthChange *m, const struct cursor *at,
		       struct health_change *change)
{
	*change = (struct health_change){ .real_ns = m->realtime_ns };
	if (!at->sub || at->sub >= CURSOR_SUB_SUPPRESSED || read_state(m->from, &change->from) ||
	    read_state(m->to, &change->to) || change->to == HEALTH_UNKNOWN ||
	    !copy_text(change->rule, sizeof(change->rule), m->rule))
		return -EBADMSG;
	return read_device(m->device, &change->device);
}

int message_read(const Faultcast__V1__StreamMessage *m, struct entry *entry)
{
	*entry = (struct entry){ .kind = ENTRY_EVENT };
	if (cursor_parse(m->cursor, &entry->at))
		return -EBADMSG;
	switch (m->body_case) {
	case FAULTCAST__V1__STREAM_MESSAGE__BODY_EVENT:
		return read_event(m->event, entry);
	case FAULTCAST__V1__STREAM_MESSAGE__BODY_GAP:
		entry->kind = ENTRY_GAP;
		return read_gap(m->gap, &entry->at, &entry->gap);
	case FAULTCAST__V1__STREAM_MESSAGE__BODY_HEALTH:
		entry->kind = ENTRY_HEALTH;
		return read_health(m->health, &entry->at, &entry->health);
	default:
		return -EBADMSG;
	}
}

ssize_t message_read_delimited(const uint8_t *bytes, size_t len, size_t *start)
{
	size_t size = 0, at = 0;

	/* The prefix is a varint of up to four bytes. */
	do {
		if (at == 4)
			return -EBADMSG;
		if (at == len)
			return 0;
		size |= (size_t)(bytes[at] & 0x7f) << 7 * at;
	} while (bytes[at++] & 0x80);
	if (size > MESSAGE_READ_MAX)
		return -EBADMSG;
	*start = at;
	return size > len - at ? 0 : (ssize_t)(at + size);
}
