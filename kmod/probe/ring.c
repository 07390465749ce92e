// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event rings of AMD and SMMUv3.  AMD's HEAD and TAIL are byte offsets without a
 * wrap bit, so that a full ring looks like an empty one (AMD IOMMU 2.5.1; the hardware
 * never fills the last entry).  SMMUv3's CONS and PROD are indices with a wrap bit above
 * the index (SMMUv3 3.5.1).
 */
#include "ring.h"

/* The mask of an index, with the wrap bit if there is one. */
static u32 mask(const struct faultcast_ring *ring)
{
	return (ring->wraps ? 2 * ring->entries : ring->entries) - 1;
}

static u32 place_of(const struct faultcast_ring *ring, u32 reg)
{
	return reg / ring->step & mask(ring);
}

/* The number of records from @from up to @to. */
static u32 distance(const struct faultcast_ring *ring, u32 from, u32 to)
{
	return (to - from) & mask(ring);
}

static u32 begin_look(struct faultcast_ring *ring, u32 found)
{
	if (found > FAULTCAST_RING_LOOK)
		found = FAULTCAST_RING_LOOK;
	ring->skip = found ? found - 1 : 0;
	return found;
}

bool faultcast_ring_due(struct faultcast_ring *ring)
{
	if (!ring->skip)
		return true;
	ring->skip--;
	return false;
}

u32 faultcast_ring_look(struct faultcast_ring *ring, u32 cons, u32 prod)
{
	u32 driver = place_of(ring, cons), hardware = place_of(ring, prod);

	if (distance(ring, driver, ring->cursor) > distance(ring, driver, hardware) ||
	    !ring->placed) {
		ring->resumed += ring->placed;
		ring->placed = true;
		ring->cursor = driver;
	}
	return begin_look(ring, distance(ring, ring->cursor, hardware));
}

u32 faultcast_ring_look_late(struct faultcast_ring *ring, u32 cons, u32 prod)
{
	u32 hardware = place_of(ring, prod), found;

	if (!ring->placed) {
		ring->placed = true;
		ring->cursor = place_of(ring, cons);
	}
	found = distance(ring, ring->cursor, hardware);
	if (found > ring->entries) {
		ring->lost += found - ring->entries;
		ring->cursor = (hardware - ring->entries) & mask(ring);
		found = ring->entries;
	}
	return begin_look(ring, found);
}

u32 faultcast_ring_take(struct faultcast_ring *ring)
{
	u32 index = ring->cursor & (ring->entries - 1);

	ring->cursor = (ring->cursor + 1) & mask(ring);
	return index;
}
