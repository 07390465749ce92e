// SPDX-License-Identifier: GPL-2.0-only
/*
 * misdeed: a module that does the things that faultcast must never do. It shows that
 * the checks at the end of each scenario would find it on the debug kernel.
 * Parameter deed=:
 *
 *   walk   walks the PCI bus in a fault probe, which runs in a hard interrupt
 *   sleep  takes a mutex in a fault probe
 *   lock   takes a spinlock in a kprobe at dmar_fault()+offset, which counts as NMI,
 *          and also elsewhere, with interrupts off
 *   leak   leaks memory
 *   stray  writes beyond an allocation
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <trace/events/iommu.h>

/* Registers or the stack may hold pointers to the last of them for a while. */
#define LEAKS 10

static char *deed = "";
module_param(deed, charp, 0444);
static uint offset;
module_param(offset, uint, 0444);

static DEFINE_MUTEX(mutex);
static DEFINE_SPINLOCK(spinlock);

static void walk(void *unused, struct device *dev, unsigned long iova, int flags)
{
	pci_dev_put(pci_get_domain_bus_and_slot(0, 0, 0));
}

static void sleep(void *unused, struct device *dev, unsigned long iova, int flags)
{
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

static void lock(void)
{
	unsigned long flags;

	spin_lock_irqsave(&spinlock, flags);
	spin_unlock_irqrestore(&spinlock, flags);
}

static int on_record(struct kprobe *kprobe, struct pt_regs *regs)
{
	lock();
	return 0;
}

static struct kprobe record_probe = {
	.symbol_name = "dmar_fault",
	.pre_handler = on_record,
};

static int leak(void)
{
	int i;

	for (i = 0; i < LEAKS; i++)
		if (!kmalloc(64, GFP_KERNEL))
			return -ENOMEM;
	return 0;
}

static int stray(void)
{
	char *text = kmalloc(64, GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	/* The compiler would notice the invalid write and remove it. */
	OPTIMIZER_HIDE_VAR(text);
	text[64] = 0;
	kfree(text);
	return 0;
}

static int __init misdeed_init(void)
{
	if (!strcmp(deed, "walk"))
		return register_trace_io_page_fault(walk, NULL);
	if (!strcmp(deed, "sleep"))
		return register_trace_io_page_fault(sleep, NULL);
	if (!strcmp(deed, "leak"))
		return leak();
	if (!strcmp(deed, "stray"))
		return stray();
	if (strcmp(deed, "lock"))
		return -EINVAL;
	lock();
	record_probe.offset = offset;
	return register_kprobe(&record_probe);
}

static void __exit misdeed_exit(void)
{
	if (!strcmp(deed, "walk"))
		unregister_trace_io_page_fault(walk, NULL);
	if (!strcmp(deed, "sleep"))
		unregister_trace_io_page_fault(sleep, NULL);
	if (!strcmp(deed, "lock"))
		unregister_kprobe(&record_probe);
	tracepoint_synchronize_unregister();
}

module_init(misdeed_init);
module_exit(misdeed_exit);
MODULE_DESCRIPTION("Negative controls for faultcast's tests");
MODULE_LICENSE("GPL");
