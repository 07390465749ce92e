/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of enum values and of AER errors, as metrics, JSON and the tools write them. Pure. */
#ifndef FAULTCAST_MODEL_NAMES_H
#define FAULTCAST_MODEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "health.h"

/* The name of @kind, an enum faultcast_kind, such as "io_page_fault"; "unknown" for others. */
const char *kind_name(uint32_t kind);

/* The kind whose name is the @len bytes at @text; 0: there is none. */
uint32_t kind_parse(const char *text, size_t len);

/* The name of @access, an enum faultcast_access, such as "read"; "?" for others. */
const char *access_name(uint32_t access);

/* The name of @hotplug, an enum faultcast_hotplug, such as "link_up"; "other" for others. */
const char *hotplug_name(uint32_t hotplug);

/* The names of an enum faultcast_dpc, _recovery and _bus; "other" or "unknown" for others. */
const char *dpc_name(uint32_t dpc);
const char *recovery_name(uint32_t recovery);
const char *bus_name(uint32_t bus);

/* The name of @state, an enum faultcast_probe_state, such as "active"; "?" for others. */
const char *probe_state_name(uint32_t state);

/* The name of @state, such as "ok". */
const char *health_state_name(enum health_state state);

/* "nonfatal", "fatal" or "corrected"; @severity is an enum faultcast_severity. */
const char *aer_severity_name(uint32_t severity);

/*
 * The name of @bit in the AER status register for @severity.  A bit without a name is "bit27" or
 * the like; FAULTCAST_AER_BIT_NONE is "none".  The text is static.
 */
const char *aer_error_name(uint32_t severity, uint32_t bit);

#endif
