/* SPDX-License-Identifier: GPL-2.0-only */
/* Attaches a probe to a tracepoint. */
#ifndef FAULTCAST_PROBE_HOOK_H
#define FAULTCAST_PROBE_HOOK_H

struct faultcast_probe;
struct tracepoint;

/*
 * Attaches @callback to the tracepoint @name ("system:event").  The tracepoint is
 * looked up by name, so that a kernel without the tracepoint costs one probe and not
 * the module.  The caller has checked @callback's type against the kernel's header;
 * without that header @callback is NULL.  Process context.  Returns 0 with
 * @tracepoint set and the probe exact; otherwise the value for a probe's attach() to
 * return, with the probe's reason set.
 */
int faultcast_hook_tracepoint(struct faultcast_probe *probe, const char *name, void *callback,
			      struct tracepoint **tracepoint);

#endif /* FAULTCAST_PROBE_HOOK_H */
