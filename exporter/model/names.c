// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.h"

#include <string.h>

#include "names_gen.h"

/* The tables hold the spec's names.  Users read "unknown" and "starting" instead of "unspec". */
static const char *const kind_names[] = { FAULTCAST_KIND_NAMES };

const char *kind_name(uint32_t kind)
{
	return kind && kind <= FAULTCAST_KIND_MAX ? kind_names[kind] : "unknown";
}

uint32_t kind_parse(const char *text, size_t len)
{
	for (uint32_t kind = FAULTCAST_KIND_MAX; kind; kind--)
		if (strlen(kind_names[kind]) == len && !memcmp(kind_names[kind], text, len))
			return kind;
	return FAULTCAST_KIND_UNSPEC;
}

#define BITS (FAULTCAST_AER_BIT_NONE + 1)

/* PCIe 6.0 7.8.4.5 */
static const char *const corrected[BITS] = {
	[0] = "RxErr",	  [6] = "BadTLP",	[7] = "BadDLLP",     [8] = "Rollover",
	[12] = "Timeout", [13] = "NonFatalErr", [14] = "CorrIntErr", [15] = "HeaderOF",
};

/* PCIe 6.0 7.8.4.2 */
static const char *const uncorrected[BITS] = {
	[0] = "Undefined",
	[4] = "DLP",
	[5] = "SDES",
	[12] = "TLP",
	[13] = "FCP",
	[14] = "CmpltTO",
	[15] = "CmpltAbrt",
	[16] = "UnxCmplt",
	[17] = "RxOF",
	[18] = "MalfTLP",
	[19] = "ECRC",
	[20] = "UnsupReq",
	[21] = "ACSViol",
	[22] = "UncorrIntErr",
	[23] = "BlockedTLP",
	[24] = "AtomicOpBlocked",
	[25] = "TLPBlockedErr",
	[26] = "PoisonTLPBlocked",
	[27] = "DMWrReqBlocked",
	[28] = "IDECheck",
	[29] = "MisIDETLP",
	[30] = "PCRC_CHECK",
	[31] = "TLPXlatBlocked",
};

static const char *const nameless[BITS] = {
	"bit0",	 "bit1",  "bit2",  "bit3",  "bit4",  "bit5",  "bit6",  "bit7",	"bit8",
	"bit9",	 "bit10", "bit11", "bit12", "bit13", "bit14", "bit15", "bit16", "bit17",
	"bit18", "bit19", "bit20", "bit21", "bit22", "bit23", "bit24", "bit25", "bit26",
	"bit27", "bit28", "bit29", "bit30", "bit31", "none",
};

const char *access_name(uint32_t access)
{
	static const char *const names[] = { FAULTCAST_ACCESS_NAMES };

	return access <= FAULTCAST_ACCESS_MAX ? names[access] : "?";
}

const char *hotplug_name(uint32_t hotplug)
{
	static const char *const names[] = { FAULTCAST_HOTPLUG_NAMES };

	return names[hotplug <= FAULTCAST_HOTPLUG_MAX ? hotplug : FAULTCAST_HOTPLUG_OTHER];
}

const char *dpc_name(uint32_t dpc)
{
	static const char *const names[] = { FAULTCAST_DPC_NAMES };

	return names[dpc <= FAULTCAST_DPC_MAX ? dpc : FAULTCAST_DPC_OTHER];
}

const char *recovery_name(uint32_t recovery)
{
	static const char *const names[] = { FAULTCAST_RECOVERY_NAMES };

	return names[recovery <= FAULTCAST_RECOVERY_MAX ? recovery : FAULTCAST_RECOVERY_OTHER];
}

const char *bus_name(uint32_t bus)
{
	static const char *const names[] = { FAULTCAST_BUS_NAMES };

	return names[bus <= FAULTCAST_BUS_MAX ? bus : FAULTCAST_BUS_UNKNOWN];
}

const char *probe_state_name(uint32_t state)
{
	static const char *const names[] = { FAULTCAST_PROBE_STATE_NAMES };

	if (state == FAULTCAST_PROBE_UNSPEC)
		return "starting";
	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

const char *health_state_name(enum health_state state)
{
	static const char *const names[HEALTH_STATES] = {
		[HEALTH_UNKNOWN] = "unknown",
		[HEALTH_OK] = "ok",
		[HEALTH_SUSPECT] = "suspect",
		[HEALTH_FAULTY] = "faulty",
	};

	return names[state];
}

const char *aer_severity_name(uint32_t severity)
{
	static const char *const names[] = { FAULTCAST_SEVERITY_NAMES };

	return severity <= FAULTCAST_SEVERITY_MAX ? names[severity] : "unknown";
}

const char *aer_error_name(uint32_t severity, uint32_t bit)
{
	const char *const *names = severity == FAULTCAST_SEVERITY_CORRECTED ? corrected
									    : uncorrected;

	if (bit >= BITS)
		return "unknown";
	return names[bit] ? names[bit] : nameless[bit];
}
