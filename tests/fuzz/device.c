// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: no counters of a device make the decoder misbehave. Accepted counters add up,
 * and all strings are terminated. They become a message that a client can read.
 */
#include "fuzz.h"
#include "model/counts.h"
#include "model/health.h"
#include "mutate.h"
#include "netlink/decode.h"

static uint64_t sum(const uint64_t *counters, size_t max)
{
	uint64_t all = 0;

	for (size_t i = 0; i <= max; i++)
		all += counters[i];
	return all;
}

static void require_sound(const struct device_counts *device)
{
	static struct device_message m;

	REQUIRE_STRING(device->address.name);
	fuzz_require_identity(&device->identity);
	REQUIRE(device->raised == sum(device->io_page_faults, FAULTCAST_ACCESS_MAX) +
					  sum(device->aer, FAULTCAST_SEVERITY_MAX) +
					  sum(device->hotplug, FAULTCAST_HOTPLUG_MAX) +
					  sum(device->dpc, FAULTCAST_DPC_MAX) +
					  sum(device->recovery, FAULTCAST_RECOVERY_MAX) +
					  device->iommu_errors + device->interrupt_remapping +
					  device->link + device->synthetic + device->other);
	message_device(&m, device, HEALTH_UNKNOWN);
	fuzz_encode(&m.msg.base);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct nlmsghdr *nlh = fuzz_message(bytes, len);
	struct device_counts device;
	uint64_t unknown = 0;
	int err;

	if (!nlh)
		return 0;
	/* Fields that the decoder does not set keep this pattern, and are found. */
	memset(&device, 0xff, sizeof(device));
	err = decode_device(nlh, &device, &unknown);
	REQUIRE(!err || err == -EBADMSG);
	if (!err)
		require_sound(&device);
	return 0;
}
