// SPDX-License-Identifier: GPL-2.0-or-later
#include "coverage.h"

#include <stdio.h>

#include "printable.h"

#define CELL_LEN 48
#define REQUESTERS_LEN 512

static const Faultcast__V1__Kind kinds[] = {
	FAULTCAST__V1__KIND__KIND_IO_PAGE_FAULT,
	FAULTCAST__V1__KIND__KIND_INTERRUPT_REMAPPING,
	FAULTCAST__V1__KIND__KIND_AER,
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *state_text(Faultcast__V1__CoverageState state)
{
	switch (state) {
	case FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_EXACT:
		return "exact";
	case FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_LOWER_BOUND:
		return "lower bound";
	case FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_UNWATCHED:
		return "unwatched";
	case FAULTCAST__V1__COVERAGE_STATE__COVERAGE_STATE_BY_REQUESTER:
		return "by requester";
	default:
		return "?";
	}
}

static const char *health_text(Faultcast__V1__Health health)
{
	switch (health) {
	case FAULTCAST__V1__HEALTH__HEALTH_OK:
		return "ok";
	case FAULTCAST__V1__HEALTH__HEALTH_SUSPECT:
		return "suspect";
	case FAULTCAST__V1__HEALTH__HEALTH_FAULTY:
		return "faulty";
	default:
		return "-";
	}
}

/* "unwatched: no_iommu"; "-" if the device cannot cause faults of this kind. */
static void format_cell(const Faultcast__V1__Device *device, Faultcast__V1__Kind kind,
			char cell[CELL_LEN])
{
	snprintf(cell, CELL_LEN, "-");
	for (size_t i = 0; i < device->n_coverage; i++) {
		const Faultcast__V1__Coverage *coverage = device->coverage[i];

		if (coverage->kind == kind)
			snprintf(cell, CELL_LEN, "%s%s%s", state_text(coverage->state),
				 *coverage->reason ? ": " : "", coverage->reason);
	}
}

/* "0000:02:00.0, 0000:01:00.0"; "-" if the device has no other requester ids. */
static void format_requesters(const Faultcast__V1__Device *device, char *out, size_t size)
{
	size_t len = (size_t)snprintf(out, size, "%s", device->n_requesters ? "" : "-");

	for (size_t i = 0; i < device->n_requesters && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "",
					device->requesters[i]->name);
}

#define ROW "%-14s %-8s %-28s %-28s %-28s %s"

void coverage_print(const Faultcast__V1__DeviceList *list)
{
	printable_line(ROW, "DEVICE", "HEALTH", "DMA", "INTERRUPTS", "AER", "REQUESTERS");
	for (size_t i = 0; i < list->n_devices; i++) {
		const Faultcast__V1__Device *device = list->devices[i];
		char cells[KINDS][CELL_LEN], requesters[REQUESTERS_LEN];

		for (size_t k = 0; k < KINDS; k++)
			format_cell(device, kinds[k], cells[k]);
		format_requesters(device, requesters, sizeof(requesters));
		printable_line(ROW, device->address ? device->address->name : "?",
			       health_text(device->health), cells[0], cells[1], cells[2],
			       requesters);
	}
}
