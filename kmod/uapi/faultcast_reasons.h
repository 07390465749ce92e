/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * The faults that the IOMMUs report, and whose fault each is.  The kernel module and user space
 * share these tables, so that both agree.
 *
 * A row is (code, mask, flags, blame, name, words).  A fault matches the first row with its code
 * whose flags equal the fault's flags under the mask.  A fault without a row counts as an error of
 * the host named "unknown".  Blame is one of
 *
 *   DEVICE	the device sent a request that it may not send
 *   HOST	the IOMMU failed, or the host's tables are wrong
 *   STALL	the host resolves the fault and the device goes on: normal operation
 *
 * Define FAULTCAST_VTD_REASON, FAULTCAST_AMD_REASON or FAULTCAST_SMMUV3_REASON and include this
 * file for the rows of that table.  The file may be included many times.
 */
#ifndef FAULTCAST_CODE_ANY
#define FAULTCAST_CODE_ANY	0xffff
#endif

/* VT-d 4.1, 7.2.3: the code is the fault reason.  The most frequent ones are first. */
#ifdef FAULTCAST_VTD_REASON
FAULTCAST_VTD_REASON(0x05, 0x000, 0x000, DEVICE, write_denied,
		     "The page has no write permission.")
FAULTCAST_VTD_REASON(0x06, 0x000, 0x000, DEVICE, read_denied,
		     "The page has no read permission.")
FAULTCAST_VTD_REASON(0x01, 0x000, 0x000, HOST, root_entry_absent,
		     "The present bit of the root entry is clear.")
FAULTCAST_VTD_REASON(0x02, 0x000, 0x000, HOST, context_entry_absent,
		     "The present bit of the context entry is clear.")
FAULTCAST_VTD_REASON(0x03, 0x000, 0x000, HOST, context_entry_invalid,
		     "The context entry is invalid.")
FAULTCAST_VTD_REASON(0x04, 0x000, 0x000, DEVICE, address_too_large,
		     "The address is beyond the width that the IOMMU translates.")
FAULTCAST_VTD_REASON(0x07, 0x000, 0x000, HOST, page_table_access,
		     "Access to the next level of the page table failed.")
FAULTCAST_VTD_REASON(0x08, 0x000, 0x000, HOST, root_table_access,
		     "Access to the root table failed.")
FAULTCAST_VTD_REASON(0x09, 0x000, 0x000, HOST, context_table_access,
		     "Access to the context table failed.")
FAULTCAST_VTD_REASON(0x0a, 0x000, 0x000, HOST, root_entry_reserved,
		     "A reserved field of the root entry is set.")
FAULTCAST_VTD_REASON(0x0b, 0x000, 0x000, HOST, context_entry_reserved,
		     "A reserved field of the context entry is set.")
FAULTCAST_VTD_REASON(0x0c, 0x000, 0x000, HOST, page_entry_reserved,
		     "A reserved field of a page table entry is set.")
FAULTCAST_VTD_REASON(0x0d, 0x000, 0x000, DEVICE, translation_request_blocked,
		     "The context entry does not allow translation requests.")
FAULTCAST_VTD_REASON(0x20, 0x000, 0x000, DEVICE, interrupt_reserved,
		     "A reserved field of the interrupt request is set.")
FAULTCAST_VTD_REASON(0x21, 0x000, 0x000, DEVICE, interrupt_index_too_large,
		     "The interrupt index is beyond the interrupt remapping table.")
FAULTCAST_VTD_REASON(0x22, 0x000, 0x000, DEVICE, interrupt_entry_absent,
		     "The present bit of the interrupt remapping entry is clear.")
FAULTCAST_VTD_REASON(0x23, 0x000, 0x000, HOST, interrupt_table_access,
		     "Access to the interrupt remapping table failed.")
FAULTCAST_VTD_REASON(0x24, 0x000, 0x000, HOST, interrupt_entry_reserved,
		     "A reserved field of the interrupt remapping entry is set.")
FAULTCAST_VTD_REASON(0x25, 0x000, 0x000, DEVICE, interrupt_compatibility_format,
		     "An interrupt request in compatibility format is blocked.")
FAULTCAST_VTD_REASON(0x26, 0x000, 0x000, DEVICE, interrupt_source,
		     "The interrupt request comes from a requester that may not send it.")
FAULTCAST_VTD_REASON(0x30, 0x000, 0x000, HOST, root_table_invalid,
		     "The address of the root table is invalid.")
FAULTCAST_VTD_REASON(0x31, 0x000, 0x000, DEVICE, pasid_in_legacy_mode,
		     "A request with PASID while the IOMMU is in legacy mode.")
FAULTCAST_VTD_REASON(0x32, 0x000, 0x000, DEVICE, page_request_in_legacy_mode,
		     "A page request while the IOMMU is in legacy mode.")
FAULTCAST_VTD_REASON(0x38, 0x000, 0x000, HOST, sm_root_entry_access,
		     "Access to the root entry failed.")
FAULTCAST_VTD_REASON(0x39, 0x000, 0x000, HOST, sm_root_entry_absent,
		     "The present bit of the root entry is clear.")
FAULTCAST_VTD_REASON(0x3a, 0x000, 0x000, HOST, sm_root_entry_reserved,
		     "A reserved field of the root entry is set.")
FAULTCAST_VTD_REASON(0x40, 0x000, 0x000, HOST, sm_context_entry_access,
		     "Access to the context entry failed.")
FAULTCAST_VTD_REASON(0x41, 0x000, 0x000, HOST, sm_context_entry_absent,
		     "The present bit of the context entry is clear.")
FAULTCAST_VTD_REASON(0x42, 0x000, 0x000, HOST, sm_context_entry_reserved,
		     "A reserved field of the context entry is set.")
FAULTCAST_VTD_REASON(0x43, 0x000, 0x000, HOST, sm_context_entry_invalid,
		     "The context entry is invalid.")
FAULTCAST_VTD_REASON(0x44, 0x000, 0x000, DEVICE, sm_translation_request_blocked,
		     "The context entry does not allow translation requests.")
FAULTCAST_VTD_REASON(0x45, 0x000, 0x000, DEVICE, sm_pasid_blocked,
		     "The context entry does not allow requests with PASID.")
FAULTCAST_VTD_REASON(0x46, 0x000, 0x000, DEVICE, sm_pasid_too_large,
		     "The PASID is larger than the context entry allows.")
FAULTCAST_VTD_REASON(0x47, 0x000, 0x000, DEVICE, sm_page_request_blocked,
		     "The context entry does not allow page requests.")
FAULTCAST_VTD_REASON(0x48, 0x000, 0x000, HOST, sm_rid_pasid_invalid,
		     "The PASID for requests without PASID in the context entry is invalid.")
FAULTCAST_VTD_REASON(0x50, 0x000, 0x000, HOST, pasid_directory_access,
		     "Access to the PASID directory entry failed.")
FAULTCAST_VTD_REASON(0x51, 0x000, 0x000, DEVICE, pasid_directory_entry_absent,
		     "The PASID is not in use: its directory entry is not present.")
FAULTCAST_VTD_REASON(0x52, 0x000, 0x000, HOST, pasid_directory_reserved,
		     "A reserved field of the PASID directory entry is set.")
FAULTCAST_VTD_REASON(0x58, 0x000, 0x000, HOST, pasid_table_access,
		     "Access to the PASID table entry failed.")
FAULTCAST_VTD_REASON(0x59, 0x000, 0x000, DEVICE, pasid_entry_absent,
		     "The PASID is not in use: its table entry is not present.")
FAULTCAST_VTD_REASON(0x5a, 0x000, 0x000, HOST, pasid_entry_reserved,
		     "A reserved field of the PASID table entry is set.")
FAULTCAST_VTD_REASON(0x5b, 0x000, 0x000, HOST, pasid_entry_invalid,
		     "The PASID table entry is invalid.")
FAULTCAST_VTD_REASON(0x5c, 0x000, 0x000, DEVICE, execute_request_blocked,
		     "The PASID table entry does not allow execute requests.")
FAULTCAST_VTD_REASON(0x5d, 0x000, 0x000, DEVICE, supervisor_request_blocked,
		     "The PASID table entry does not allow supervisor requests.")
FAULTCAST_VTD_REASON(0x70, 0x000, 0x000, HOST, first_level_access,
		     "Access to a first-level page table entry failed.")
FAULTCAST_VTD_REASON(0x71, 0x000, 0x000, DEVICE, first_level_absent,
		     "The present bit of a first-level page table entry is clear.")
FAULTCAST_VTD_REASON(0x72, 0x000, 0x000, HOST, first_level_reserved,
		     "A reserved field of a first-level page table entry is set.")
FAULTCAST_VTD_REASON(0x73, 0x000, 0x000, HOST, first_level_root_access,
		     "Access to the top of the first-level page table failed.")
FAULTCAST_VTD_REASON(0x74, 0x000, 0x000, DEVICE, nested_address_too_large,
		     "The address of a nested translation is too large.")
FAULTCAST_VTD_REASON(0x75, 0x000, 0x000, HOST, nested_root_read,
		     "The top of the first-level page table may not be read.")
FAULTCAST_VTD_REASON(0x76, 0x000, 0x000, HOST, nested_entry_read,
		     "A first-level page table entry may not be read.")
FAULTCAST_VTD_REASON(0x77, 0x000, 0x000, HOST, nested_root_write,
		     "The top of the first-level page table may not be written.")
FAULTCAST_VTD_REASON(0x78, 0x000, 0x000, HOST, second_level_access,
		     "Access to a second-level page table entry failed.")
FAULTCAST_VTD_REASON(0x79, 0x000, 0x000, DEVICE, second_level_denied,
		     "The second-level page has no permission for the request.")
FAULTCAST_VTD_REASON(0x7a, 0x000, 0x000, HOST, second_level_reserved,
		     "A reserved field of a second-level page table entry is set.")
FAULTCAST_VTD_REASON(0x7b, 0x000, 0x000, HOST, second_level_invalid,
		     "The pointer to the second-level page table is invalid.")
FAULTCAST_VTD_REASON(0x7c, 0x000, 0x000, HOST, second_level_no_snoop,
		     "A second-level entry needs an accessed or dirty bit, and is not snooped.")
FAULTCAST_VTD_REASON(0x80, 0x000, 0x000, DEVICE, not_canonical,
		     "The address is not canonical.")
FAULTCAST_VTD_REASON(0x81, 0x000, 0x000, DEVICE, user_access_to_supervisor_page,
		     "A user request for a supervisor page.")
FAULTCAST_VTD_REASON(0x82, 0x000, 0x000, DEVICE, execute_denied,
		     "The page has no execute permission.")
FAULTCAST_VTD_REASON(0x83, 0x000, 0x000, DEVICE, first_level_address_too_large,
		     "The address is beyond the width of the host.")
FAULTCAST_VTD_REASON(0x84, 0x000, 0x000, DEVICE, second_level_address_too_large,
		     "The address is beyond the width of the second-level page table.")
FAULTCAST_VTD_REASON(0x85, 0x000, 0x000, DEVICE, first_level_write_denied,
		     "The first-level page has no write permission.")
FAULTCAST_VTD_REASON(0x86, 0x000, 0x000, DEVICE, first_level_read_denied,
		     "The first-level page has no read permission.")
FAULTCAST_VTD_REASON(0x87, 0x000, 0x000, DEVICE, interrupt_address,
		     "The address belongs to interrupts.")
FAULTCAST_VTD_REASON(0x90, 0x000, 0x000, HOST, first_level_no_snoop,
		     "A first-level entry needs an accessed or dirty bit, and is not snooped.")
#undef FAULTCAST_VTD_REASON
#endif

/* AMD IOMMU 2.5: the code is the type of the event, and the flags are bits 59:48 of it. */
#ifdef FAULTCAST_AMD_REASON
FAULTCAST_AMD_REASON(0x02, 0x180, 0x000, DEVICE, io_page_fault,
		     "The page is not present or has no permission.")
FAULTCAST_AMD_REASON(0x02, 0x100, 0x100, STALL, translation_request,
		     "A translation request of a device with ATS.")
FAULTCAST_AMD_REASON(0x02, 0x080, 0x080, HOST, page_entry_reserved,
		     "A reserved field of a page or interrupt table entry is set.")
FAULTCAST_AMD_REASON(0x01, 0x000, 0x000, HOST, device_table_entry_invalid,
		     "The device table entry is invalid.")
FAULTCAST_AMD_REASON(0x03, 0x000, 0x000, HOST, device_table_hardware,
		     "Access to the device table failed.")
FAULTCAST_AMD_REASON(0x04, 0x000, 0x000, HOST, page_table_hardware,
		     "Access to a page table failed.")
FAULTCAST_AMD_REASON(0x05, 0x000, 0x000, HOST, command_invalid,
		     "The IOMMU got an invalid command.")
FAULTCAST_AMD_REASON(0x06, 0x000, 0x000, HOST, command_hardware,
		     "Access to the command buffer failed.")
FAULTCAST_AMD_REASON(0x07, 0x000, 0x000, HOST, iotlb_invalidation_timeout,
		     "A device did not answer an invalidation request in time.")
FAULTCAST_AMD_REASON(0x08, 0x000, 0x000, DEVICE, invalid_device_request,
		     "The device sent a request that it may not send.")
FAULTCAST_AMD_REASON(0x09, 0x000, 0x000, DEVICE, invalid_page_request,
		     "The device sent a malformed page request.")
FAULTCAST_AMD_REASON(0x0a, 0x000, 0x000, HOST, event_counter_zero,
		     "A performance counter of the IOMMU ended.")
FAULTCAST_AMD_REASON(0x0b, 0x000, 0x000, HOST, guest_event,
		     "An error while the IOMMU handled a guest.")
FAULTCAST_AMD_REASON(0x0d, 0x000, 0x000, DEVICE, rmp_fault,
		     "The page belongs to a protected guest.")
FAULTCAST_AMD_REASON(0x0e, 0x000, 0x000, HOST, rmp_hardware,
		     "Access to the reverse map table failed.")
#undef FAULTCAST_AMD_REASON
#endif

/* SMMUv3 7.3: the code is the type of the event; flag 0 is the bit Stall. */
#ifdef FAULTCAST_SMMUV3_REASON
FAULTCAST_SMMUV3_REASON(FAULTCAST_CODE_ANY, 0x001, 0x001, STALL, stall,
			"The device waits for the host to resolve the fault.")
FAULTCAST_SMMUV3_REASON(0x10, 0x000, 0x000, DEVICE, translation,
			"The page is not present.")
FAULTCAST_SMMUV3_REASON(0x13, 0x000, 0x000, DEVICE, permission,
			"The page has no permission for the request.")
FAULTCAST_SMMUV3_REASON(0x11, 0x000, 0x000, DEVICE, address_size,
			"The address is too large.")
FAULTCAST_SMMUV3_REASON(0x12, 0x000, 0x000, DEVICE, access_flag,
			"The access flag of the page is clear.")
FAULTCAST_SMMUV3_REASON(0x01, 0x000, 0x000, DEVICE, unsupported_transaction,
			"The device sent a transaction that the SMMU does not support.")
FAULTCAST_SMMUV3_REASON(0x02, 0x000, 0x000, HOST, bad_stream_id,
			"The stream table has no entry for the device.")
FAULTCAST_SMMUV3_REASON(0x03, 0x000, 0x000, HOST, stream_entry_fetch,
			"Access to the stream table failed.")
FAULTCAST_SMMUV3_REASON(0x04, 0x000, 0x000, HOST, bad_stream_entry,
			"The stream table entry is invalid.")
FAULTCAST_SMMUV3_REASON(0x05, 0x000, 0x000, DEVICE, bad_translation_request,
			"The device sent a translation request that it may not send.")
FAULTCAST_SMMUV3_REASON(0x06, 0x000, 0x000, DEVICE, stream_disabled,
			"The stream is disabled for requests without substream.")
FAULTCAST_SMMUV3_REASON(0x07, 0x000, 0x000, DEVICE, translated_forbidden,
			"The device sent a translated request that it may not send.")
FAULTCAST_SMMUV3_REASON(0x08, 0x000, 0x000, DEVICE, bad_substream_id,
			"The substream is out of range.")
FAULTCAST_SMMUV3_REASON(0x09, 0x000, 0x000, HOST, context_fetch,
			"Access to the context descriptor failed.")
FAULTCAST_SMMUV3_REASON(0x0a, 0x000, 0x000, HOST, bad_context,
			"The context descriptor is invalid.")
FAULTCAST_SMMUV3_REASON(0x0b, 0x000, 0x000, HOST, walk_abort,
			"Access to a page table failed.")
FAULTCAST_SMMUV3_REASON(0x20, 0x000, 0x000, HOST, tlb_conflict,
			"The TLB has conflicting entries.")
FAULTCAST_SMMUV3_REASON(0x21, 0x000, 0x000, HOST, configuration_conflict,
			"The configuration cache has conflicting entries.")
FAULTCAST_SMMUV3_REASON(0x24, 0x000, 0x000, STALL, page_request,
			"A hint of the device that it will use a page.")
FAULTCAST_SMMUV3_REASON(0x25, 0x000, 0x000, HOST, vms_fetch,
			"Access to the virtual machine structure failed.")
#undef FAULTCAST_SMMUV3_REASON
#endif
