// SPDX-License-Identifier: GPL-2.0-only
/* Attaches a probe to a tracepoint. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

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
