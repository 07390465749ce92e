/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An advisory non-fatal error (PCIe 6.0 6.2.3.2.4) is an uncorrected error that a device
 * reports as a corrected one.  Since 7.2 the kernel fires ras:aer_event twice for one
 * such error: for the corrected error with bit 13, and from within that report for the
 * uncorrected one.  A device that reports many of them is not a broken one, so the
 * second report must not be counted as a non-fatal error.
 */
#ifndef FAULTCAST_PROBE_AER_PAIR_H
#define FAULTCAST_PROBE_AER_PAIR_H

#include <linux/types.h>

struct aer_report {
	const void *task;	/* the task that makes the report */
	unsigned long frame;	/* address of a frame on its stack, which grows downwards */
	u32 slot;
	u32 status;
	u8 severity;		/* enum faultcast_severity */
};

/*
 * Returns whether @report is the second one of an advisory non-fatal error, whose first
 * one was the call before by the same task.  A real error of the same device comes from
 * the same depth of the stack, not from a deeper one.  In doubt the answer is no.  Any
 * context.
 */
bool aer_pair_is_second(const struct aer_report *report);

#endif /* FAULTCAST_PROBE_AER_PAIR_H */
