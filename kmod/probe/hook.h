/* SPDX-License-Identifier: GPL-2.0-only */
/* How several probes attach themselves to the kernel. */
#ifndef FAULTCAST_PROBE_HOOK_H
#define FAULTCAST_PROBE_HOOK_H

struct faultcast_probe;
struct tracepoint;

/*
 * Attaches @callback to the tracepoint @name ("system:event").  By name, so that a
 * kernel without the tracepoint costs one probe and not the module.  The caller has
 * checked @callback's type against the kernel's header; without that header
 * @callback is NULL.
 * Process context.  0 with @tracepoint set and the probe exact; otherwise what a
 * probe's attach() returns, with the probe's reason set.
 */
int faultcast_hook_tracepoint(struct faultcast_probe *probe, const char *name, void *callback,
			      struct tracepoint **tracepoint);

#endif /* FAULTCAST_PROBE_HOOK_H */
