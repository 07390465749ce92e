/* SPDX-License-Identifier: GPL-2.0-only */
/* The card that is, or was, at a PCI address. */
#ifndef FAULTCAST_CORE_IDENTITY_H
#define FAULTCAST_CORE_IDENTITY_H

#include <linux/types.h>

struct faultcast_aliases;
struct faultcast_slot;

/* Two identities differ if any member from @vendor on differs. */
struct faultcast_identity {
	struct faultcast_identity *older;	/* only for identity.c */
	u32 generation;
	bool new_card;		/* older generations are of other cards */
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem_device;
	u32 class;
	u8 revision;
	char driver[32];
	char phys_slot[32];	/* the nearest one up the tree */
	u64 serial;		/* 0: none, or not read yet */
};

/*
 * Reads the identity of every PCI device, and reads it again at each change from
 * then on.  Serial numbers follow later, if @serials.  The table of slots must exist.
 * Process context.  Returns 0 or a negative errno.
 */
int faultcast_identity_init(bool serials);

/* Stops following changes and frees all identities. */
void faultcast_identity_exit(void);

/*
 * Looks for the device of @slot, which a probe has claimed, and reads its identity.
 * Process context, only the worker.  Returns the generation.  Returns 0 if there is
 * no such device, if the device was looked up before, or if a driver is just binding
 * to the device.  In the last case a call one second later tries again.
 */
u32 faultcast_identity_resolve(struct faultcast_slot *slot);

/*
 * Copies identity @generation (0: the newest) of @slot to @id.  Process context.
 * Returns false if that generation is not known, or is no longer kept.
 */
bool faultcast_identity_read(const struct faultcast_slot *slot, u32 generation,
			     struct faultcast_identity *id);

/*
 * Sets the serial number of the card in @slot, in all its generations.  Does nothing if
 * @generation is no longer the newest one.  Process context.
 */
void faultcast_identity_set_serial(struct faultcast_slot *slot, u32 generation, u64 serial);

/*
 * Copies the aliases of the card that is, or was last, in @slot.  Process context.
 * Returns false if there are none.
 */
bool faultcast_identity_aliases(const struct faultcast_slot *slot, struct faultcast_aliases *list);

#endif /* FAULTCAST_CORE_IDENTITY_H */
