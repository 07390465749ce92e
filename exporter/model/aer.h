/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of AER errors, as drivers/pci/pcie/aer.c prints them.  Pure. */
#ifndef FAULTCAST_MODEL_AER_H
#define FAULTCAST_MODEL_AER_H

#include <stdint.h>

/* "nonfatal", "fatal", "corrected"; @severity is enum faultcast_severity. */
const char *aer_severity_name(uint32_t severity);

/*
 * The name of @bit of the status register that @severity belongs to, "none" for
 * FAULTCAST_AER_BIT_NONE, "bit27" and the like for bits without a name; static.
 */
const char *aer_error_name(uint32_t severity, uint32_t bit);

#endif
