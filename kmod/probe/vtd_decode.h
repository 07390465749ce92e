/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of VT-d registers, and the machine code of dmar_fault().  No state and
 * no register access.  Spec: Intel Virtualization Technology for Directed I/O.
 */
#ifndef FAULTCAST_PROBE_VTD_DECODE_H
#define FAULTCAST_PROBE_VTD_DECODE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "core/event.h"

#define VTD_CAP			0x08
#define VTD_GSTS		0x1c
#define VTD_GSTS_TES		BIT(31)	/* translation enabled */
#define VTD_GSTS_IRES		BIT(25)	/* interrupt remapping enabled */
#define VTD_FSTS		0x34
#define VTD_FSTS_PFO		BIT(0)	/* primary fault overflow */
#define VTD_FSTS_PPF		BIT(1)	/* primary pending fault */
#define VTD_FECTL		0x38
#define VTD_FECTL_IM		BIT(31)	/* fault interrupt masked, as after a reset */
#define VTD_FRCD_LEN		16
#define VTD_FRCD_F		BIT(31)	/* in the record's last dword */

/* Offset of the first fault recording register, CAP.FRO. */
static inline u32 vtd_cap_fro(u64 cap)
{
	return (u32)(cap >> 24 & 0x3ff) * VTD_FRCD_LEN;
}

/* Number of fault recording registers, CAP.NFR. */
static inline u32 vtd_cap_nfr(u64 cap)
{
	return (u32)(cap >> 40 & 0xff) + 1;
}

/* Index of the first pending record, FSTS.FRI. */
static inline u32 vtd_fsts_fri(u32 fsts)
{
	return fsts >> 8 & 0xff;
}

/* Requester id of a record. */
static inline u16 vtd_frcd_sid(u64 hi)
{
	return hi;
}

/*
 * The enum faultcast_unit_flag of a unit with these values of GSTS and FECTL.  A unit
 * that was removed reads as all ones and has no flags.
 */
u32 vtd_unit_flags(u32 gsts, u32 fectl);

/*
 * Fills kind, access, reason, address or index, and PASID of @ev from the two
 * quadwords of a fault recording register (VT-d 11.4.14).
 */
void vtd_decode(u64 lo, u64 hi, struct faultcast_event *ev);

/* A place in the machine code of dmar_fault() that tests bit 31 of a register. */
struct vtd_site {
	size_t jump;		/* offset of the jump that follows the test */
	unsigned int reg;	/* number N of the register */
	bool apart;		/* another instruction is between test and jump */
};

/*
 * Finds in the machine code of dmar_fault() the tests of bit 31 (F) of the dword that
 * the handler has just read: test %rN,%rN (32 bit), then js or jns, with at most two
 * instructions between them that change no flags.  Returns the number of places that
 * match, of which @site is the last.  clang peels the handler's loop: a record may then
 * pass any of several places.
 */
unsigned int vtd_find_sites(const u8 *text, size_t size, struct vtd_site *site);

#endif /* FAULTCAST_PROBE_VTD_DECODE_H */
