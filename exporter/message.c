// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

/* protobuf-c wants char * where it only reads. */
#define UNCONST(s) ((char *)(uintptr_t)(s))

static Faultcast__V1__DeviceAddress *fill_address(struct address_message *m,
						  const struct address *address)
{
	faultcast__v1__device_address__init(&m->msg);
	address_format(address, m->name);
	m->msg.name = m->name;
	if (address->type == ADDRESS_PCI) {
		faultcast__v1__pci_address__init(&m->pci);
		m->pci.segment = address->segment;
		m->pci.bus = address->bdf >> 8;
		m->pci.device = address->bdf >> 3 & 0x1f;
		m->pci.function = address->bdf & 7;
		m->msg.pci = &m->pci;
	}
	return &m->msg;
}

static Faultcast__V1__FaultReason *fill_reason(struct stream_message *m,
					       const struct fault_event *ev)
{
	if (!ev->has_reason)
		return NULL;
	faultcast__v1__fault_reason__init(&m->reason);
	m->reason.code = ev->reason;
	return &m->reason;
}

static void fill_io_page_fault(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__io_page_fault__init(&m->io_page_fault);
	m->io_page_fault.iova = ev->iova;
	m->io_page_fault.iova_unknown = !ev->has_iova;
	m->io_page_fault.access = (Faultcast__V1__Access)ev->access;
	m->io_page_fault.reason = fill_reason(m, ev);
	if (ev->has_pasid) {
		faultcast__v1__pasid__init(&m->pasid);
		m->pasid.value = ev->pasid;
		m->io_page_fault.pasid = &m->pasid;
	}
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_IO_PAGE_FAULT;
	m->event.io_page_fault = &m->io_page_fault;
}

static void fill_interrupt_remapping(struct stream_message *m, const struct fault_event *ev)
{
	faultcast__v1__interrupt_remapping_fault__init(&m->interrupt_remapping);
	m->interrupt_remapping.index = ev->irte_index;
	m->interrupt_remapping.reason = fill_reason(m, ev);
	m->event.detail_case = FAULTCAST__V1__FAULT_EVENT__DETAIL_INTERRUPT_REMAPPING;
	m->event.interrupt_remapping = &m->interrupt_remapping;
}

static void begin(struct stream_message *m, const struct cursor *at)
{
	faultcast__v1__stream_message__init(&m->msg);
	cursor_format(at, m->cursor);
	m->msg.cursor = m->cursor;
}

void message_event(struct stream_message *m, const struct fault_event *ev)
{
	struct cursor at = { .instance = ev->instance, .seq = ev->seq };

	begin(m, &at);
	faultcast__v1__fault_event__init(&m->event);
	m->event.seq = ev->seq;
	m->event.instance = ev->instance;
	m->event.kind = (Faultcast__V1__Kind)ev->kind;
	m->event.device = fill_address(&m->device, &ev->device);
	m->event.synthetic = ev->synthetic;
	m->event.monotonic_ns = ev->mono_ns;
	m->event.realtime_ns = ev->real_ns;
	m->event.suppressed_before = ev->suppressed_before;
	m->event.slot = ev->slot;
	if (ev->kind == FAULTCAST_KIND_IO_PAGE_FAULT)
		fill_io_page_fault(m, ev);
	else if (ev->kind == FAULTCAST_KIND_INTERRUPT_REMAPPING)
		fill_interrupt_remapping(m, ev);
	m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_EVENT;
	m->msg.event = &m->event;
}

void message_gap(struct stream_message *m, const struct cursor *at, const struct fault_gap *gap)
{
	static const Faultcast__V1__GapReason reasons[GAP_REASONS] = {
		[GAP_HISTORY] = FAULTCAST__V1__GAP_REASON__GAP_REASON_HISTORY,
		[GAP_UNKNOWN_CURSOR] = FAULTCAST__V1__GAP_REASON__GAP_REASON_UNKNOWN_CURSOR,
		[GAP_TOO_SLOW] = FAULTCAST__V1__GAP_REASON__GAP_REASON_TOO_SLOW,
		[GAP_UNLOADED] = FAULTCAST__V1__GAP_REASON__GAP_REASON_UNLOADED,
	};

	begin(m, at);
	faultcast__v1__gap__init(&m->gap);
	m->gap.reason = reasons[gap->reason];
	if (gap->from) {
		faultcast__v1__sequence_range__init(&m->range);
		m->range.from = gap->from;
		m->range.to = gap->to;
		m->gap.size_case = FAULTCAST__V1__GAP__SIZE_MISSING;
		m->gap.missing = &m->range;
	}
	m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_GAP;
	m->msg.gap = &m->gap;
}

void message_heartbeat(struct stream_message *m, const struct cursor *at, uint64_t real_ns)
{
	begin(m, at);
	faultcast__v1__heartbeat__init(&m->heartbeat);
	m->heartbeat.realtime_ns = real_ns;
	m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_HEARTBEAT;
	m->msg.heartbeat = &m->heartbeat;
}

void message_device(struct device_message *m, const struct device_counts *device,
		    uint16_t vendor_id, uint16_t device_id)
{
	faultcast__v1__device__init(&m->msg);
	m->msg.address = fill_address(&m->address, &device->address);
	m->msg.slot = device->slot;
	faultcast__v1__io_page_fault_counts__init(&m->io_page_faults);
	m->io_page_faults.read = device->io_page_faults[FAULTCAST_ACCESS_READ];
	m->io_page_faults.write = device->io_page_faults[FAULTCAST_ACCESS_WRITE];
	m->io_page_faults.unknown = device->io_page_faults[FAULTCAST_ACCESS_UNKNOWN];
	m->io_page_faults.other = device->io_page_faults[FAULTCAST_ACCESS_OTHER];
	m->msg.io_page_faults = &m->io_page_faults;
	m->msg.interrupt_remapping_faults = device->interrupt_remapping;
	m->msg.synthetic = device->synthetic;
	m->msg.other = device->other;
	m->msg.raised = device->raised;
	m->msg.published = device->published;
	m->msg.suppressed = device->suppressed;
	m->msg.lost = device->lost;
	m->msg.first_realtime_ns = device->first_real_ns;
	m->msg.last_realtime_ns = device->last_real_ns;
	if (vendor_id) {
		faultcast__v1__device_identity__init(&m->identity);
		m->identity.vendor_id = vendor_id;
		m->identity.device_id = device_id;
		m->msg.identity = &m->identity;
	}
}

static void fill_probes(struct status_message *m, const struct module_status *module)
{
	for (unsigned int i = 0; i < module->num_probes; i++) {
		const struct probe_status *probe = &module->probes[i];

		faultcast__v1__probe__init(&m->probes[i]);
		m->probes[i].name = UNCONST(probe->name);
		m->probes[i].state = (Faultcast__V1__ProbeState)probe->state;
		m->probes[i].exact = probe->exact;
		m->probes[i].reason = UNCONST(probe->reason);
		m->probe_list[i] = &m->probes[i];
	}
	m->module.probes = m->probe_list;
	m->module.n_probes = module->num_probes;
}

static void fill_module(struct status_message *m, const struct module_status *module)
{
	faultcast__v1__module__init(&m->module);
	m->module.instance = module->instance;
	m->module.version = UNCONST(module->version);
	m->module.abi = module->abi;
	m->module.loaded_realtime_ns = module->loaded_real_ns;
	m->module.head = module->head;
	m->module.tail = module->tail;
	m->module.raised = module->raised;
	m->module.published = module->published;
	m->module.suppressed = module->suppressed;
	m->module.lost = module->lost;
	m->module.queued = module->queued;
	m->module.summaries = module->summaries;
	m->module.hw_overflow = module->hw_overflow;
	m->module.probe_missed = module->nmissed;
	m->module.unknown_unit = module->unknown_unit;
	m->module.devices_max = module->devices_max;
	m->module.history_max = module->history_max;
	m->module.queue_max = module->queue_max;
	fill_probes(m, module);
	m->msg.module = &m->module;
}

void message_status(struct status_message *m, const char *exporter_version,
		    const struct source_status *source, const struct module_status *module)
{
	faultcast__v1__status__init(&m->msg);
	m->msg.exporter_version = UNCONST(exporter_version);
	if (source) {
		faultcast__v1__source__init(&m->source);
		m->source.name = UNCONST(source->name);
		m->source.up = source->up;
		m->source.reason = UNCONST(source->reason);
		cursor_format(&source->cursor, m->cursor);
		m->source.cursor = m->cursor;
		m->source.refetches = source->refetches;
		m->source.gap_events = source->gap_events;
		m->source.unknown = source->unknown;
		m->msg.source = &m->source;
	}
	if (module)
		fill_module(m, module);
}

void message_add_delimited(struct strbuf *sb, const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg), left = len;

	for (; left >= 0x80; left >>= 7)
		strbuf_addc(sb, (char)(left | 0x80));
	strbuf_addc(sb, (char)left);
	if (!strbuf_reserve(sb, len))
		return;
	protobuf_c_message_pack(msg, (uint8_t *)sb->s + sb->len);
	sb->len += len;
	sb->s[sb->len] = '\0';
}
