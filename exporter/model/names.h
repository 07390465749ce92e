/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of enum values and of AER errors, as metrics, JSON and the tools write them. Pure. */
#ifndef FAULTCAST_MODEL_NAMES_H
#define FAULTCAST_MODEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* "io_page_fault": an enum faultcast_kind as metrics and users call it; "unknown" beyond. */
const char *kind_name(uint32_t kind);

/* The kind of which @text, @len bytes of it, is the name; 0: of none. */
uint32_t kind_parse(const char *text, size_t len);

/* "read", "write"; @access is enum faultcast_access, "?" beyond. */
const char *access_name(uint32_t access);

/* "link_up", "card_present"; @hotplug is enum faultcast_hotplug, "other" beyond. */
const char *hotplug_name(uint32_t hotplug);

/* "active", "failed"; @state is enum faultcast_probe_state, "?" beyond. */
const char *probe_state_name(uint32_t state);

/* "nonfatal", "fatal", "corrected"; @severity is enum faultcast_severity. */
const char *aer_severity_name(uint32_t severity);

/*
 * The name of @bit of the status register that @severity belongs to, "none" for
 * FAULTCAST_AER_BIT_NONE, "bit27" and the like for bits without a name; static.
 */
const char *aer_error_name(uint32_t severity, uint32_t bit);

#endif
