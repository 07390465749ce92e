// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultcast: tells userspace which PCIe device does DMA it must not do.  This file
 * has the parameters and the order of loading and unloading.  It also connects core/,
 * which does not depend on netlink, with nl/.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <linux/ktime.h>
#include <linux/tracepoint.h>

#include "core/identity.h"
#include "core/iommu.h"
#include "core/log.h"
#include "core/queue.h"
#include "core/slot.h"
#include "core/storm.h"
#include "core/worker.h"
#include "nl/attrs.h"
#include "nl/genl.h"
#include "nl/notify.h"
#include "platform.h"
#include "probe/probe.h"

static struct {
	unsigned int devices;
	unsigned int queue;
	unsigned int history;
	unsigned int rate;
	unsigned int burst;
	unsigned int host_rate;
	bool noserial;
} params = {
	.devices = 4096,
	.queue = 1024,
	.history = 16384,
	.rate = 100,
	.host_rate = 2000,
};

module_param_named(devices, params.devices, uint, 0444);
MODULE_PARM_DESC(devices, "device slots of 1.2 KB; choose 1.5 times the number of devices (3..65536, default 4096)");
module_param_named(queue, params.queue, uint, 0444);
MODULE_PARM_DESC(queue, "queued events per CPU, of 96 bytes each (2..65536, a power of two, default 1024)");
module_param_named(history, params.history, uint, 0444);
MODULE_PARM_DESC(history, "published events kept for EVENT_GET (1..1048576, default 16384)");

module_param_named(rate, params.rate, uint, 0444);
MODULE_PARM_DESC(rate, "events a second that one device may publish (0: no limit, default 100)");
module_param_named(burst, params.burst, uint, 0444);
MODULE_PARM_DESC(burst, "events that one device may publish at once (1..queue/2, default 512 or queue/2)");
module_param_named(host_rate, params.host_rate, uint, 0444);
MODULE_PARM_DESC(host_rate, "events a second of all devices together (0: no limit, default 2000)");

module_param_named(noserial, params.noserial, bool, 0444);
MODULE_PARM_DESC(noserial, "do not read serial numbers, which takes config reads (default N)");

static struct faultcast_load load;

static const struct faultcast_sink netlink_sink = {
	.notify = faultcast_notify_event,
	.flush = faultcast_notify_flush,
};

static int check(const char *name, unsigned int value, unsigned int min, unsigned int max)
{
	if (value >= min && value <= max)
		return 0;
	pr_err("parameter %s=%u: expected %u to %u\n", name, value, min, max);
	return -EINVAL;
}

static int check_params(void)
{
	if (check("devices", params.devices, 3, 65536) || check("queue", params.queue, 2, 65536) ||
	    check("history", params.history, 1, 1048576))
		return -EINVAL;
	if (params.queue & (params.queue - 1)) {
		pr_err("parameter queue=%u: expected a power of two\n", params.queue);
		return -EINVAL;
	}
	/* A burst must leave room for the other devices of the same CPU. */
	if (!params.burst)
		params.burst = min(512U, params.queue / 2);
	if (check("burst", params.burst, 1, params.queue / 2) ||
	    check("rate", params.rate, 0, FAULTCAST_RATE_MAX) ||
	    check("host_rate", params.host_rate, 0, FAULTCAST_RATE_MAX))
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

static void set_load(void)
{
	load = (struct faultcast_load) {
		.instance = new_instance(),
		.loaded_real = ktime_get_real_ns(),
		.devices = params.devices,
		.queue = params.queue,
		.history = params.history,
	};
}

static int __init faultcast_init(void)
{
	int err;

	err = check_params();
	if (err)
		return err;
	set_load();
	err = faultcast_slot_init(params.devices);
	if (err)
		return err;
	faultcast_storm_set(params.rate, params.burst);
	/* A rate of 0 switches storm control off, also for the host. */
	faultcast_storm_set_host(params.rate ? params.host_rate : 0, params.queue);
	err = faultcast_log_init(params.history);
	if (err)
		goto err_slot;
	err = faultcast_worker_init(&netlink_sink);
	if (err)
		goto err_log;
	err = faultcast_queue_init(params.queue, faultcast_worker_wake);
	if (err)
		goto err_worker;
	err = faultcast_identity_init(!params.noserial);
	if (err)
		goto err_queue;
	err = faultcast_genl_init(&load);
	if (err)
		goto err_identity;
	faultcast_probe_attach_all();
	return 0;

err_identity:
	faultcast_identity_exit();
err_queue:
	faultcast_queue_exit();
err_worker:
	faultcast_worker_exit();
err_log:
	faultcast_log_exit();
err_slot:
	faultcast_slot_exit();
	return err;
}

static void __exit faultcast_exit(void)
{
	struct faultcast_totals t;

	/* After these three calls no event is raised ... */
	faultcast_genl_close();
	faultcast_probe_detach_all();
	tracepoint_synchronize_unregister();
	/* ... so the queues get no more events and can be drained. */
	faultcast_queue_sync();
	faultcast_worker_drain();
	faultcast_genl_exit();
	faultcast_iommu_exit();

	faultcast_log_totals(&t);
	/* A reader can tell from head how many events it has not seen. */
	pr_info("unloaded: raised=%llu published=%llu suppressed=%llu lost=%llu queued=%llu head=%llu\n",
		t.raised, t.published, t.suppressed, t.lost, t.queued, t.head);
	faultcast_identity_exit();
	faultcast_queue_exit();
	faultcast_worker_exit();
	faultcast_log_exit();
	faultcast_slot_exit();
}

module_init(faultcast_init);
module_exit(faultcast_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(FAULTCAST_VERSION);
MODULE_DESCRIPTION("PCIe fault events over generic netlink");
