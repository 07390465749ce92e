// SPDX-License-Identifier: GPL-2.0-only
/* The machinery that the probes share. */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "core/known.h"
#include "core/slot.h"
#include "hook.h"
#include "probe.h"

struct lookup {
	const char *name;
	struct tracepoint *found;
};

static void match(struct tracepoint *tp, void *priv)
{
	struct lookup *lookup = priv;

	if (!strcmp(tp->name, lookup->name))
		lookup->found = tp;
}

int faultcast_hook_tracepoint(struct faultcast_probe *probe, const char *name, void *callback,
			      struct tracepoint **tracepoint)
{
	struct lookup lookup = { .name = strchr(name, ':') + 1 };
	int err;

	for_each_kernel_tracepoint(match, &lookup);
	*tracepoint = lookup.found;
	if (!lookup.found) {
		scnprintf(probe->reason, sizeof(probe->reason),
			  "this kernel has no tracepoint %s", name);
		return -ENOENT;
	}
	if (!callback) {
		scnprintf(probe->reason, sizeof(probe->reason),
			  "built without the prototype of %s", name);
		return -EOPNOTSUPP;
	}
	err = tracepoint_probe_register(lookup.found, callback, NULL);
	if (err) {
		scnprintf(probe->reason, sizeof(probe->reason), "the tracepoint %s refused",
			  name);
		/* These two errors would mean that the kernel does not have the tracepoint. */
		return err == -ENODEV || err == -ENOENT ? -EIO : err;
	}
	probe->exact = true;
	return 0;
}

#define MAX_TEXT	16384	/* bytes of machine code; 600 in practice */

/* kallsyms is not exported: a kprobe gives the address, sprint_symbol() the size. */
int faultcast_hook_find(const char *name, struct faultcast_function *function)
{
	/* A disabled kprobe patches no text.  Only its address is needed. */
	struct kprobe finder = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned long address, offset, length;
	char symbol[KSYM_SYMBOL_LEN];
	int err = register_kprobe(&finder);

	if (err)
		return err == -EOPNOTSUPP ? err : -ENOENT;
	address = (unsigned long)finder.addr;
	unregister_kprobe(&finder);
	sprint_symbol(symbol, address);
	if (strncmp(symbol, name, strlen(name)) ||
	    sscanf(symbol + strlen(name), "+0x%lx/0x%lx", &offset, &length) != 2)
		return -ENOENT;
	function->start = address - offset;
	function->size = length;
	return 0;
}

u8 *faultcast_hook_text(const struct faultcast_function *function)
{
	u8 *text = function->size <= MAX_TEXT ? kmalloc(function->size, GFP_KERNEL) : NULL;

	if (text && copy_from_kernel_nofault(text, (void *)function->start, function->size)) {
		kfree(text);
		return NULL;
	}
	return text;
}

static void on_entry(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		     struct ftrace_regs *fregs)
{
	container_of(ops, struct faultcast_entry, ops)->handler(fregs);
}

static int set_filter(struct faultcast_entry *entry)
{
	struct faultcast_function function;
	int err = faultcast_hook_find(entry->function, &function);

	if (!err)
		return ftrace_set_filter_ip(&entry->ops, function.start, 0, 1);
	if (err != -EOPNOTSUPP)
		return err;
	return ftrace_set_filter(&entry->ops, (unsigned char *)entry->function,
				 strlen(entry->function), 1);
}

int faultcast_hook_entry(struct faultcast_probe *probe, struct faultcast_entry *entry)
{
	int err;

	if (!FAULTCAST_ENTRY_HOOKS) {
		scnprintf(probe->reason, sizeof(probe->reason),
			  "this kernel's ftrace cannot show the arguments of %s()",
			  entry->function);
		return -EOPNOTSUPP;
	}
	entry->ops = (struct ftrace_ops) {
		.func = on_entry,
		.flags = FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_PERMANENT |
			 FAULTCAST_ENTRY_FLAGS,
	};
	err = set_filter(entry);
	/* An empty filter would trace every function, so this error must not be ignored. */
	if (err) {
		scnprintf(probe->reason, sizeof(probe->reason), "cannot trace %s()",
			  entry->function);
		return err == -EINVAL ? -ENOENT : err;
	}
	err = register_ftrace_function(&entry->ops);
	if (!err) {
		entry->attached = true;
		return 0;
	}
	ftrace_free_filter(&entry->ops);
	if (err == -EBUSY)
		strscpy(probe->reason, "kernel.ftrace_enabled is 0", sizeof(probe->reason));
	else
		scnprintf(probe->reason, sizeof(probe->reason), "ftrace refused %s()",
			  entry->function);
	return err == -ENODEV || err == -ENOENT ? -EIO : err;
}

void faultcast_hook_remove_entry(struct faultcast_entry *entry)
{
	if (!entry->attached)
		return;
	unregister_ftrace_function(&entry->ops);
	ftrace_free_filter(&entry->ops);
	entry->attached = false;
}

unsigned long faultcast_hook_arg(struct ftrace_regs *args, unsigned int n)
{
	return faultcast_entry_arg(args, n);
}

int faultcast_hook_peek(const void *base, size_t offset, const void **pointer)
{
	return copy_from_kernel_nofault(pointer, base + offset, sizeof(*pointer));
}

u32 faultcast_hook_peek_device(const void *base, size_t offset)
{
	const void *address;

	if (faultcast_hook_peek(base, offset, &address))
		return FAULTCAST_SLOT_UNKNOWN;
	return faultcast_known_slot(address);
}

void faultcast_selfcheck_missing(struct faultcast_selfcheck *check, u64 hits, const char *reason)
{
	atomic64_add(hits, &check->missing);
	if (reason)
		WRITE_ONCE(check->reason, reason);
}
