// SPDX-License-Identifier: GPL-2.0-or-later
#include "encode_detail.h"

#include <string.h>

#include "faultcast.h"
#include "model/event.h"
#include "model/iommu.h"
#include "model/names.h"

/* protobuf-c declares strings that it only reads as char *. */
#define UNCONST(s) ((char *)(uintptr_t)(s))

/* The kernel counts severities from 0, the message from 1. */
Faultcast__V1__Severity message_severity(uint32_t severity)
{
	return severity <= FAULTCAST_SEVERITY_MAX ? (Faultcast__V1__Severity)(severity + 1) : 0;
}

static Faultcast__V1__FaultReason *fill_reason(struct stream_message *m,
					       const struct fault_event *ev)
{
	const struct iommu_reason reason = iommu_reason_of(ev->iommu_type, ev->reason,
							   ev->iommu_flags);

	if (!ev->has_reason)
		return NULL;
	faultcast__v1__fault_reason__init(&m->reason);
	m->reason.code = ev->reason;
	m->reason.name = UNCONST(reason.name);
	m->reason.text = UNCONST(reason.words);
	m->reason.flags = ev->iommu_flags;
	return &m->reason;
}

static Faultcast__V1__Pasid *fill_pasid(struct stream_message *m, const struct fault_event *ev)
{
	if (!ev->has_pasid)
		return NULL;
	faultcast__v1__pasid__init(&m->pasid);
	m->pasid.value = ev->pasid;
	return &m->pasid;
}

/* A module before ABI 6 tells neither name nor type of the IOMMU. */
static void fill_iommu(struct stream_message *m, const struct fault_event *ev)
{
	if (ev->iommu || ev->iommu_type) {
		faultcast__v1__iommu__init(&m->iommu);
		m->iommu.name = UNCONST(ev->iommu ? ev->iommu : "");
		m->iommu.type = (Faultcast__V1__IommuType)ev->iommu_type;
		m->event.iommu = &m->iommu;
	}
	if (ev->has_stream) {
		faultcast__v1__stream_id__init(&m->stream_id);
		m->stream_id.value = ev->stream_id;
		m->event.stream_id = &m->stream_id;
	}
}

static void fill_io_page_fault(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__io_page_fault__init(&m->io_page_fault);
	m->io_page_fault.iova = ev->iova;
	m->io_page_fault.iova_unknown = !ev->has_iova;
	m->io_page_fault.access = (Faultcast__V1__Access)ev->access;
	m->io_page_fault.reason = fill_reason(m, ev);
	m->io_page_fault.pasid = fill_pasid(m, ev);
	fill_iommu(m, ev);
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_IO_PAGE_FAULT;
	m->event.io_page_fault = &m->io_page_fault;
}

static void fill_interrupt_remapping(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__interrupt_remapping_fault__init(&m->interrupt_remapping);
	m->interrupt_remapping.index = ev->irte_index;
	m->interrupt_remapping.index_unknown = ev->irte_unknown;
	m->interrupt_remapping.reason = fill_reason(m, ev);
	fill_iommu(m, ev);
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_INTERRUPT_REMAPPING;
	m->event.interrupt_remapping = &m->interrupt_remapping;
}

static void fill_aer(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__aer_error__init(&m->aer);
	m->aer.severity = message_severity(ev->aer_severity);
	m->aer.status = ev->aer_status;
	m->aer.bus = (Faultcast__V1__Bus)ev->bus;
	m->aer.errors = m->aer_errors;
	for (uint32_t bit = 0; bit < FAULTCAST_AER_BIT_NONE; bit++)
		if (ev->aer_status >> bit & 1)
			m->aer_errors[m->aer.n_errors++] = UNCONST(
				aer_error_name(ev->aer_severity, bit));
	if (ev->has_tlp) {
		faultcast__v1__tlp_header__init(&m->tlp_header);
		memcpy(m->tlp, ev->tlp, sizeof(m->tlp));
		m->tlp_header.dwords = m->tlp;
		m->tlp_header.n_dwords = sizeof(m->tlp) / sizeof(m->tlp[0]);
		m->aer.tlp_header = &m->tlp_header;
	}
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_AER;
	m->event.aer = &m->aer;
}

static void fill_hotplug(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__hotplug__init(&m->hotplug);
	m->hotplug.event = (Faultcast__V1__SlotEvent)(ev->hotplug + 1);
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_HOTPLUG;
	m->event.hotplug = &m->hotplug;
}

static void fill_link(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__link_change__init(&m->link);
	m->link.reason = ev->link_reason;
	m->link.speed = ev->link_speed;
	m->link.width = ev->link_width;
	m->link.status = ev->link_status;
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_LINK;
	m->event.link = &m->link;
}

static void fill_iommu_error(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__iommu_error__init(&m->iommu_error);
	m->iommu_error.reason = fill_reason(m, ev);
	m->iommu_error.iova = ev->iova;
	m->iommu_error.iova_unknown = !ev->has_iova;
	m->iommu_error.access = (Faultcast__V1__Access)ev->access;
	m->iommu_error.pasid = fill_pasid(m, ev);
	fill_iommu(m, ev);
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_IOMMU_ERROR;
	m->event.iommu_error = &m->iommu_error;
}

/* The kernel module counts triggers and steps from 0, the message from 1. */
static void fill_dpc(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__containment__init(&m->dpc);
	m->dpc.trigger = (Faultcast__V1__DpcTrigger)(ev->dpc + 1);
	m->dpc.status = ev->dpc_status;
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_DPC;
	m->event.dpc = &m->dpc;
}

static void fill_recovery(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__recovery__init(&m->recovery);
	m->recovery.step = (Faultcast__V1__RecoveryStep)(ev->recovery + 1);
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_RECOVERY;
	m->event.recovery = &m->recovery;
}

void message_detail(struct stream_message *m, const struct fault_event *ev)
{
	static void (*const details[])(struct stream_message *, const struct fault_event *) = {
		[FAULTCAST_KIND_IO_PAGE_FAULT] = fill_io_page_fault,
		[FAULTCAST_KIND_INTERRUPT_REMAPPING] = fill_interrupt_remapping,
		[FAULTCAST_KIND_AER] = fill_aer,
		[FAULTCAST_KIND_LINK] = fill_link,
		[FAULTCAST_KIND_HOTPLUG] = fill_hotplug,
		[FAULTCAST_KIND_IOMMU_ERROR] = fill_iommu_error,
		[FAULTCAST_KIND_DPC] = fill_dpc,
		[FAULTCAST_KIND_RECOVERY] = fill_recovery,
	};

	if (ev->kind < sizeof(details) / sizeof(details[0]) && details[ev->kind])
		details[ev->kind](m, ev);
}
