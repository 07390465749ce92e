// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultcast: tells userspace which PCIe device does DMA it must not do.
 * This file is the order of loading and unloading, nothing else.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <linux/ktime.h>
#include <linux/tracepoint.h>

#include "core/event.h"

#ifndef CONFIG_64BIT
#error "faultcast counts in 64-bit atomics and divides 64-bit numbers: 64-bit kernels only"
#endif

struct faultcast_params faultcast_params = {
	.devices = 4096,
	.queue = 1024,
	.history = 16384,
	.rate = 100,
	.host_rate = 2000,
};

module_param_named(devices, faultcast_params.devices, uint, 0444);
MODULE_PARM_DESC(devices, "device slots, half as many again as devices, of 1.2 KB each (3..65536, default 4096)");
module_param_named(queue, faultcast_params.queue, uint, 0444);
MODULE_PARM_DESC(queue, "queued events per CPU, of 96 bytes each (2..65536, a power of two, default 1024)");
module_param_named(history, faultcast_params.history, uint, 0444);
MODULE_PARM_DESC(history, "published events kept for EVENT_GET (1..1048576, default 16384)");

module_param_named(rate, faultcast_params.rate, uint, 0444);
MODULE_PARM_DESC(rate, "events a second that one device may publish (0: no limit, default 100)");
module_param_named(burst, faultcast_params.burst, uint, 0444);
MODULE_PARM_DESC(burst, "events it may publish at once (1..queue/2, default 512 or queue/2)");
module_param_named(host_rate, faultcast_params.host_rate, uint, 0444);
MODULE_PARM_DESC(host_rate, "events a second of all devices (0: no limit, default 2000)");

u64 faultcast_loaded_real;

static int check(const char *name, unsigned int value, unsigned int min, unsigned int max)
{
	if (value >= min && value <= max)
		return 0;
	pr_err("parameter %s=%u: expected %u to %u\n", name, value, min, max);
	return -EINVAL;
}

static int check_params(void)
{
	struct faultcast_params *p = &faultcast_params;

	if (check("devices", p->devices, 3, 65536) || check("queue", p->queue, 2, 65536) ||
	    check("history", p->history, 1, 1048576))
		return -EINVAL;
	if (p->queue & (p->queue - 1)) {
		pr_err("parameter queue=%u: expected a power of two\n", p->queue);
		return -EINVAL;
	}
	/* A burst must leave room for the other devices of the same CPU. */
	if (!p->burst)
		p->burst = min(512U, p->queue / 2);
	if (check("burst", p->burst, 1, p->queue / 2) ||
	    check("rate", p->rate, 0, FAULTCAST_RATE_MAX) ||
	    check("host_rate", p->host_rate, 0, FAULTCAST_RATE_MAX))
		return -EINVAL;
	return 0;
}

static u64 new_instance(void)
{
	u64 id;

	do {
		id = get_random_u64();
	} while (!id);
	return id;
}

static int __init faultcast_init(void)
{
	int err;

	err = check_params();
	if (err)
		return err;
	faultcast_loaded_real = ktime_get_real_ns();
	err = faultcast_registry_init(faultcast_params.devices);
	if (err)
		return err;
	faultcast_storm_set(faultcast_params.rate, faultcast_params.burst);
	/* With a rate of 0 for every device, none for the host either. */
	faultcast_storm_set_host(faultcast_params.rate ? faultcast_params.host_rate : 0,
				 faultcast_params.queue);
	err = faultcast_publish_init(faultcast_params.history);
	if (err)
		goto err_registry;
	err = faultcast_queue_init(faultcast_params.queue, faultcast_publish_wake);
	if (err)
		goto err_publish;
	err = faultcast_identity_init();
	if (err)
		goto err_queue;
	err = faultcast_genl_init(new_instance());
	if (err)
		goto err_identity;
	faultcast_source_attach_all();
	return 0;

err_identity:
	faultcast_identity_exit();
err_queue:
	faultcast_queue_exit();
err_publish:
	faultcast_publish_exit();
err_registry:
	faultcast_registry_exit();
	return err;
}

static void __exit faultcast_exit(void)
{
	struct faultcast_totals t;

	/* Nobody raises an event after these three ... */
	faultcast_genl_close();
	faultcast_source_detach_all();
	tracepoint_synchronize_unregister();
	/* ... so that what is queued now is all that there will be. */
	faultcast_queue_sync();
	faultcast_publish_drain();
	faultcast_genl_exit();

	faultcast_publish_totals(&t);
	/* With head, what a reader did not see any more can be counted. */
	pr_info("unloaded: raised=%llu published=%llu suppressed=%llu lost=%llu queued=%llu head=%llu\n",
		t.raised, t.published, t.suppressed, t.lost, t.queued, t.head);
	faultcast_identity_exit();
	faultcast_queue_exit();
	faultcast_publish_exit();
	faultcast_registry_exit();
}

module_init(faultcast_init);
module_exit(faultcast_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(FAULTCAST_VERSION);
MODULE_DESCRIPTION("PCIe fault events over generic netlink");
