/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that tests/e2e/chaos-control switches on, one in a run, to show that tests/e2e/chaos
 * notices them. They exist only in build/faults/, which is compiled with -DFAULTCAST_FAULTS.
 */
#ifndef FAULTCAST_BASE_FAULT_H
#define FAULTCAST_BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Returns whether the fault @name is switched on for @number: whether the environment variable
 * FAULT_POINT is "NAME@NUMBER".  Always false, at no cost, in the usual build.
 */
static inline bool fault_at(const char *name, uint64_t number)
{
#ifdef FAULTCAST_FAULTS
	const char *point = getenv("FAULT_POINT");
	size_t len = strlen(name);

	return point && strncmp(point, name, len) == 0 && point[len] == '@' &&
	       strtoull(point + len + 1, NULL, 10) == number;
#else
	(void)name;
	(void)number;
	return false;
#endif
}

#endif
