/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaches probes to the kernel: to tracepoints, and to the entries of functions.
 * Reads the machine code of functions and private memory of the kernel.
 */
#ifndef FAULTCAST_PROBE_HOOK_H
#define FAULTCAST_PROBE_HOOK_H

#include <linux/atomic.h>
#include <linux/ftrace.h>
#include <linux/types.h>

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

/* The machine code of a function of the kernel. */
struct faultcast_function {
	unsigned long start;
	size_t size;
};

/*
 * Finds the function @name, also a static one.  Process context.  Returns 0; -ENOENT
 * if the kernel has no such function, because it does not exist or was inlined;
 * -EOPNOTSUPP if this kernel cannot look up functions.
 */
int faultcast_hook_find(const char *name, struct faultcast_function *function);

/*
 * A copy of the machine code of @function, which the caller frees with kfree(); NULL
 * if the function is larger than 16 KiB or there is no memory.  Process context.
 */
u8 *faultcast_hook_text(const struct faultcast_function *function);

/* A hook at the first instruction of a function. */
struct faultcast_entry {
	const char *function;
	/*
	 * Called before the function has done anything, with preemption disabled, in
	 * the context of the function: NMI-safe code only.  @args is for
	 * faultcast_hook_arg().
	 */
	void (*handler)(struct ftrace_regs *args);
	/* The rest belongs to hook.c. */
	struct ftrace_ops ops;
	bool attached;
};

/*
 * Attaches @entry.  The function is traced by its address, because its name would also
 * match the function of a livepatch.  Only a kernel without kprobes leaves no other
 * way than the name.  Process context.  Returns 0; otherwise the value for a probe's
 * attach() to return, with the probe's reason set.
 */
int faultcast_hook_entry(struct faultcast_probe *probe, struct faultcast_entry *entry);

/*
 * Detaches @entry and waits until its handler has ended; does nothing if @entry is not
 * attached.  Process context.
 */
void faultcast_hook_remove_entry(struct faultcast_entry *entry);

/* Argument number @n, from 0, of the function that is entered: an integer or pointer. */
unsigned long faultcast_hook_arg(struct ftrace_regs *args, unsigned int n);

/*
 * Copies the pointer at @base + @offset, in private memory of the kernel.  @base may be
 * any value.  Any context, NMI-like included.  Returns 0 or a negative errno.
 */
int faultcast_hook_peek(const void *base, size_t offset, const void **pointer);

/*
 * The slot of the PCI device whose address is at @base + @offset in private memory of
 * the kernel; FAULTCAST_SLOT_UNKNOWN if no device has that address, or if @base cannot
 * be read.  Any context, NMI-like included.
 */
u32 faultcast_hook_peek_device(const void *base, size_t offset);

/* Hits that a probe finds to be missing, so that it knows whether it is exact. */
struct faultcast_selfcheck {
	atomic64_t missing;
	const char *reason;	/* why the probe is not exact any more; NULL: nothing known */
};

/*
 * The probe has found out that @hits of its hooks were missed.  @reason, a literal, says
 * why the probe is not exact from now on; NULL: it stays exact.  Any context.
 */
void faultcast_selfcheck_missing(struct faultcast_selfcheck *check, u64 hits, const char *reason);

#endif /* FAULTCAST_PROBE_HOOK_H */
