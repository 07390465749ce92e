// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet.h"

#define DEVICES_PER_SEGMENT 2048

static const struct device_identity models[] = {
	{ .vendor_id = 0x144d,
	  .device_id = 0xa80a,
	  .subsystem_vendor_id = 0x144d,
	  .subsystem_device_id = 0xa801,
	  .class_code = 0x010802,
	  .driver = "nvme" },
	{ .vendor_id = 0x15b3,
	  .device_id = 0x101d,
	  .subsystem_vendor_id = 0x15b3,
	  .subsystem_device_id = 0x0016,
	  .class_code = 0x020000,
	  .driver = "mlx5_core",
	  .physical_slot = "4" },
};

#define MODELS (sizeof(models) / sizeof(models[0]))

struct device_counts fleet_device(uint32_t number)
{
	struct device_counts device = {
		.address = { .type = ADDRESS_PCI,
			     .segment = 1 + number / DEVICES_PER_SEGMENT,
			     .bdf = (uint16_t)(number % DEVICES_PER_SEGMENT / 8 << 8 |
					       number % 8) },
		.present = true,
		.identity = models[number % MODELS],
	};

	device.identity.generation = 1;
	device.identity.serial = 0x0025385b00000000 + number;
	return device;
}

struct fault_event fleet_event(uint64_t seq, uint32_t devices, uint32_t first)
{
	uint32_t number = (uint32_t)(seq % devices);

	if (seq / devices % 2 && number % 2)
		return (struct fault_event){ .slot = first + number,
					     .kind = FAULTCAST_KIND_AER,
					     .aer_severity = FAULTCAST_SEVERITY_CORRECTED,
					     .aer_status = 0x00000041 };
	return (struct fault_event){ .slot = first + number,
				     .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
				     .access = number % 4 ? FAULTCAST_ACCESS_READ
							  : FAULTCAST_ACCESS_WRITE,
				     .has_reason = true,
				     .reason = 6 };
}
