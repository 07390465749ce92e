// SPDX-License-Identifier: GPL-2.0-or-later
#include "encode.h"

#include <string.h>

#include "encode_detail.h"
#include "faultcast.h"
#include "model/address.h"
#include "model/counts.h"
#include "model/coverage.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/health.h"
#include "model/identity.h"
#include "model/module.h"
#include "model/names.h"

/* protobuf-c declares strings that it only reads as char *. */
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

/* Returns NULL if nothing is known of the device. */
static Faultcast__V1__DeviceIdentity *fill_identity(struct identity_message *m,
						    const struct device_identity *id)
{
	if (!id->generation)
		return NULL;
	faultcast__v1__device_identity__init(&m->msg);
	m->msg.vendor_id = id->vendor_id;
	m->msg.device_id = id->device_id;
	m->msg.subsystem_vendor_id = id->subsystem_vendor_id;
	m->msg.subsystem_device_id = id->subsystem_device_id;
	m->msg.class_code = id->class_code;
	m->msg.revision = id->revision;
	m->msg.driver = UNCONST(id->driver);
	m->msg.physical_slot = UNCONST(id->physical_slot);
	m->msg.generation = id->generation;
	if (id->serial) {
		faultcast__v1__serial_number__init(&m->serial);
		m->serial.value = id->serial;
		m->msg.serial = &m->serial;
	}
	return &m->msg;
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
	m->event.lost_before = ev->lost_before;
	m->event.slot = ev->slot;
	m->event.identity_late = ev->identity_late;
	m->event.generation = ev->generation;
	m->event.identity = fill_identity(&m->identity, &ev->identity);
	if (ev->has_related) {
		const struct address related = { .type = ADDRESS_PCI,
						 .segment = ev->related_segment,
						 .bdf = ev->related_bdf };

		m->event.related = fill_address(&m->related, &related);
	}
	message_detail(m, ev);
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

static bool unpublished(struct stream_message *m, const struct fault_event *ev, uint64_t sub,
			Faultcast__V1__GapReason reason, uint64_t count)
{
	const struct cursor at = { .instance = ev->instance, .seq = ev->seq - 1, .sub = sub };

	if (!count)
		return false;
	begin(m, &at);
	faultcast__v1__gap__init(&m->gap);
	m->gap.reason = reason;
	m->gap.size_case = FAULTCAST__V1__GAP__SIZE_UNPUBLISHED;
	m->gap.unpublished = count;
	m->gap.device = fill_address(&m->device, &ev->device);
	m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_GAP;
	m->msg.gap = &m->gap;
	return true;
}

bool message_suppressed_before(struct stream_message *m, const struct fault_event *ev)
{
	return unpublished(m, ev, CURSOR_SUB_SUPPRESSED,
			   FAULTCAST__V1__GAP_REASON__GAP_REASON_SUPPRESSED, ev->suppressed_before);
}

bool message_lost_before(struct stream_message *m, const struct fault_event *ev)
{
	return unpublished(m, ev, CURSOR_SUB_LOST, FAULTCAST__V1__GAP_REASON__GAP_REASON_LOST,
			   ev->lost_before);
}

static Faultcast__V1__Health proto_health(enum health_state state)
{
	static const Faultcast__V1__Health healths[HEALTH_STATES] = {
		[HEALTH_UNKNOWN] = FAULTCAST__V1__HEALTH__HEALTH_UNSPECIFIED,
		[HEALTH_OK] = FAULTCAST__V1__HEALTH__HEALTH_OK,
		[HEALTH_SUSPECT] = FAULTCAST__V1__HEALTH__HEALTH_SUSPECT,
		[HEALTH_FAULTY] = FAULTCAST__V1__HEALTH__HEALTH_FAULTY,
	};

	return healths[state];
}

void message_health(struct stream_message *m, const struct cursor *at,
		    const struct health_change *change)
{
	begin(m, at);
	faultcast__v1__health_change__init(&m->health);
	m->health.device = fill_address(&m->device, &change->device);
	m->health.from = proto_health(change->from);
	m->health.to = proto_health(change->to);
	m->health.rule = UNCONST(change->rule);
	m->health.realtime_ns = change->real_ns;
	m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_HEALTH;
	m->msg.health = &m->health;
}

void message_heartbeat(struct stream_message *m, const struct cursor *at, uint64_t real_ns)
{
	begin(m, at);
	faultcast__v1__heartbeat__init(&m->heartbeat);
	m->heartbeat.realtime_ns = real_ns;
	m->msg.body_case = FAULTCAST__V1__STREAM_MESSAGE__BODY_HEARTBEAT;
	m->msg.heartbeat = &m->heartbeat;
}

static void fill_aer_counts(struct device_message *m, const struct device_counts *device)
{
	faultcast__v1__aer_counts__init(&m->aer);
	m->aer.nonfatal = device->aer[FAULTCAST_SEVERITY_NONFATAL];
	m->aer.fatal = device->aer[FAULTCAST_SEVERITY_FATAL];
	m->aer.corrected = device->aer[FAULTCAST_SEVERITY_CORRECTED];
	m->msg.aer = &m->aer;
	m->msg.aer_errors = m->aer_error_list;
	for (uint32_t severity = 0; severity <= FAULTCAST_SEVERITY_MAX; severity++) {
		for (uint32_t bit = 0; bit <= FAULTCAST_AER_BIT_NONE; bit++) {
			Faultcast__V1__AerErrorCount *error = &m->aer_errors[m->msg.n_aer_errors];

			if (!device->aer_errors[severity][bit])
				continue;
			faultcast__v1__aer_error_count__init(error);
			error->severity = message_severity(severity);
			error->bit = bit;
			error->name = UNCONST(aer_error_name(severity, bit));
			error->count = device->aer_errors[severity][bit];
			m->aer_error_list[m->msg.n_aer_errors++] = error;
		}
	}
}

static void fill_dpc_counts(struct device_message *m, const struct device_counts *device)
{
	if (!raised_of_kind(device, FAULTCAST_KIND_DPC))
		return;
	faultcast__v1__containment_counts__init(&m->dpc);
	m->dpc.uncorrectable = device->dpc[FAULTCAST_DPC_UNCORRECTABLE];
	m->dpc.nonfatal = device->dpc[FAULTCAST_DPC_NONFATAL];
	m->dpc.fatal = device->dpc[FAULTCAST_DPC_FATAL];
	m->dpc.rp_pio = device->dpc[FAULTCAST_DPC_RP_PIO];
	m->dpc.software = device->dpc[FAULTCAST_DPC_SOFTWARE];
	m->dpc.other = device->dpc[FAULTCAST_DPC_OTHER];
	m->msg.dpc = &m->dpc;
}

static void fill_recovery_counts(struct device_message *m, const struct device_counts *device)
{
	if (!raised_of_kind(device, FAULTCAST_KIND_RECOVERY))
		return;
	faultcast__v1__recovery_counts__init(&m->recovery);
	m->recovery.begun = device->recovery[FAULTCAST_RECOVERY_BEGUN];
	m->recovery.recovered = device->recovery[FAULTCAST_RECOVERY_RECOVERED];
	m->recovery.failed = device->recovery[FAULTCAST_RECOVERY_FAILED];
	m->recovery.other = device->recovery[FAULTCAST_RECOVERY_OTHER];
	m->msg.recovery = &m->recovery;
}

static void fill_hotplug_counts(struct device_message *m, const struct device_counts *device)
{
	faultcast__v1__hotplug_counts__init(&m->hotplug);
	m->hotplug.link_up = device->hotplug[FAULTCAST_HOTPLUG_LINK_UP];
	m->hotplug.link_down = device->hotplug[FAULTCAST_HOTPLUG_LINK_DOWN];
	m->hotplug.card_present = device->hotplug[FAULTCAST_HOTPLUG_CARD_PRESENT];
	m->hotplug.card_not_present = device->hotplug[FAULTCAST_HOTPLUG_CARD_NOT_PRESENT];
	m->hotplug.other = device->hotplug[FAULTCAST_HOTPLUG_OTHER];
	m->msg.hotplug = &m->hotplug;
}

void message_device(struct device_message *m, const struct device_counts *device,
		    enum health_state health)
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
	m->msg.link_changes = device->link;
	m->msg.iommu_errors = device->iommu_errors;
	m->msg.synthetic = device->synthetic;
	m->msg.other = device->other;
	m->msg.raised = device->raised;
	m->msg.published = device->published;
	m->msg.suppressed = device->suppressed;
	m->msg.lost = device->lost;
	m->msg.first_realtime_ns = device->first_real_ns;
	m->msg.last_realtime_ns = device->last_real_ns;
	m->msg.present = device->present;
	m->msg.health = proto_health(health);
	m->msg.identity = fill_identity(&m->identity, &device->identity);
	fill_aer_counts(m, device);
	fill_hotplug_counts(m, device);
	fill_dpc_counts(m, device);
	fill_recovery_counts(m, device);
	if (device->has_limit) {
		faultcast__v1__limit__init(&m->limit);
		m->limit.rate = device->rate;
		m->limit.burst = device->burst;
		m->msg.limit = &m->limit;
	}
}

void message_device_cards(struct device_message *m, const struct requesters *requesters,
			  const struct device_counts *devices, const struct device_counts *device)
{
	size_t num;
	const struct requester_link *links = requesters_of(requesters, &device->address, &num);

	m->msg.cards = m->card_list;
	for (size_t i = 0; i < num && i < CARDS_MAX; i++)
		m->card_list[m->msg.n_cards++] = fill_address(&m->cards[i],
							      &devices[links[i].card].address);
}

void message_device_requesters(struct device_message *m, const struct device_alias *aliases,
			       uint32_t num)
{
	m->msg.requesters = m->requester_list;
	for (uint32_t i = 0; i < num && i < CARDS_MAX; i++) {
		const struct address id = { .type = ADDRESS_PCI,
					    .segment = aliases[i].segment,
					    .bdf = aliases[i].bdf };

		m->requester_list[m->msg.n_requesters++] = fill_address(&m->requesters[i], &id);
	}
}

static Faultcast__V1__CoverageState proto_coverage(enum coverage_state state)
{
	static const Faultcast__V1__CoverageState states[COVERAGE_STATES] = {
		[COVERAGE_NONE] = FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_UNSPECIFIED,
		[COVERAGE_UNWATCHED] = FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_UNWATCHED,
		[COVERAGE_BY_REQUESTER] =
			FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_BY_REQUESTER,
		[COVERAGE_LOWER_BOUND] = FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_LOWER_BOUND,
		[COVERAGE_EXACT] = FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_EXACT,
	};

	return states[state];
}

static char *proto_reason(enum coverage_reason reason)
{
	return UNCONST(reason ? coverage_reason_name(reason) : "");
}

void message_device_coverage(struct device_message *m, const struct coverage_device *device,
			     const struct module_status *module)
{
	m->msg.coverage = m->coverage_list;
	for (size_t i = 0; i < COVERAGE_KINDS; i++) {
		struct coverage coverage = coverage_of(coverage_kinds[i], device, module);
		Faultcast__V1__Coverage *message = &m->coverage[m->msg.n_coverage];

		if (coverage.state == COVERAGE_NONE)
			continue;
		faultcast__v1__coverage__init(message);
		message->kind = (Faultcast__V1__Kind)coverage_kinds[i];
		message->state = proto_coverage(coverage.state);
		message->reason = proto_reason(coverage.reason);
		m->coverage_list[m->msg.n_coverage++] = message;
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

/* The errors of each unit are next to one another, as the module sends them. */
static void fill_errors(struct status_message *m, const struct module_status *module)
{
	for (unsigned int i = 0; i < module->num_errors; i++) {
		const struct iommu_error *error = &module->errors[i];
		Faultcast__V1__IommuUnit *unit = &m->iommus[error->unit];

		faultcast__v1__iommu_error_count__init(&m->errors[i]);
		m->errors[i].name = UNCONST(error->name);
		m->errors[i].count = error->count;
		m->error_list[i] = &m->errors[i];
		if (!unit->n_errors++)
			unit->errors = &m->error_list[i];
	}
}

static void fill_iommus(struct status_message *m, const struct module_status *module)
{
	for (unsigned int i = 0; i < module->num_units; i++) {
		const struct iommu_unit *unit = &module->units[i];
		Faultcast__V1__IommuUnit *message = &m->iommus[i];

		faultcast__v1__iommu_unit__init(message);
		message->name = UNCONST(unit->name);
		message->type = (Faultcast__V1__IommuType)unit->type;
		message->address = unit->address;
		message->segment = unit->segment;
		message->faults = unit->faults;
		message->interrupt_remapping = unit->interrupt_remapping;
		message->stalls = unit->stalls;
		m->iommu_list[i] = message;
	}
	m->module.iommus = m->iommu_list;
	m->module.n_iommus = module->num_units;
	fill_errors(m, module);
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
	m->module.rate = module->rate;
	m->module.burst = module->burst;
	m->module.host_rate = module->host_rate;
	fill_probes(m, module);
	fill_iommus(m, module);
	m->msg.module = &m->module;
}

void message_status(struct status_message *m, const char *exporter_version,
		    Faultcast__V1__Source *source, const struct module_status *module)
{
	faultcast__v1__status__init(&m->msg);
	m->msg.exporter_version = UNCONST(exporter_version);
	m->msg.source = source;
	m->msg.abi = FAULTCAST_ABI;
	if (module) {
		fill_module(m, module);
		skew_describe(module, m->skew);
		m->msg.skew = m->skew;
	}
}

void message_status_coverage(struct status_message *m, uint32_t kind, struct coverage coverage,
			     uint64_t devices, bool accepted)
{
	Faultcast__V1__CoverageCount *message = &m->coverage[m->msg.n_coverage];

	if (!devices || m->msg.n_coverage == COVERAGE_PAIRS_MAX)
		return;
	faultcast__v1__coverage_count__init(message);
	message->kind = (Faultcast__V1__Kind)kind;
	message->state = proto_coverage(coverage.state);
	message->reason = proto_reason(coverage.reason);
	message->devices = devices;
	message->accepted = accepted;
	m->coverage_list[m->msg.n_coverage++] = message;
	m->msg.coverage = m->coverage_list;
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
