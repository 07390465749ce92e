// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_raise: a mock of an IOMMU driver's fault interrupt, for tests only.
 *
 * QEMU cannot make an AMD or SMMU fault that Linux reports. QEMU 7.2 logs no I/O page
 * fault event for amd-iommu, and newer versions log events that Linux drops. On a fault
 * those drivers call report_iommu_fault() from hard interrupt context. This module does
 * just that, with the real domain of a real PCI device. Tests that use it do not cover
 * anything before that call.
 *
 * Write to <debugfs>/iommu_raise/raise one line of key=value words:
 *   device=0000:00:04.0   the PCI device whose domain is used (mandatory)
 *   null                  report with dev == NULL, as arm-smmu does
 *   fake=N                report for N devices of no machine in turn, platform/fake.0 and so on
 *   first=                the number of the first of them (0)
 *   count= base= step=    how many faults (1), first address (0x10000000), distance (0x1000)
 *   flags=                IOMMU_FAULT_READ 0 (default), IOMMU_FAULT_WRITE 1, or anything else
 *   burst=                faults reported in one hard interrupt (256)
 *   gap_us=               pause after each of those interrupts (0)
 *   trivial               attach a tracepoint probe that only counts, the cheapest possible one
 * The write returns when all faults are reported. Interrupts are taken on the writer's
 * CPU, so writers pinned to different CPUs raise faults concurrently. Reading the file
 * returns the totals and the result of the last report_iommu_fault(), normally -ENOSYS,
 * because the domain has no handler of its own. <debugfs>/iommu_raise/cycles has the CPU
 * cycles of the last request in its interrupts. In a machine that counts instructions
 * instead of time, that is their number.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/parser.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>
#include <trace/events/iommu.h>

#define MAX_REQUEST 256
#define MAX_FAKE 96

struct raise_request {
	struct irq_work work;
	struct completion done;
	struct iommu_domain *domain;
	struct device *dev;
	char name[32];
	bool null_dev;
	bool trivial;
	u64 count;
	u64 base;
	u64 step;
	u64 flags;
	u64 burst;
	u64 gap_us;
	u64 fake;
	u64 first;
	u64 raised;
	u64 cycles;
	int result;
};

static struct dentry *raise_dir;
static atomic64_t raised_total;
static atomic64_t not_hardirq;
static atomic_t last_result;
static u64 last_cycles;

/* Never registered: a tracepoint's probe sees only their bus and name. */
static struct device fake_devices[MAX_FAKE];
static char fake_names[MAX_FAKE][16];

enum {
	OPT_DEVICE,
	OPT_NULL,
	OPT_COUNT,
	OPT_BASE,
	OPT_STEP,
	OPT_FLAGS,
	OPT_BURST,
	OPT_GAP,
	OPT_FAKE,
	OPT_FIRST,
	OPT_TRIVIAL,
	OPT_ERROR,
};

static const match_table_t raise_options = {
	{ OPT_DEVICE, "device=%s" },
	{ OPT_NULL, "null" },
	{ OPT_COUNT, "count=%s" },
	{ OPT_BASE, "base=%s" },
	{ OPT_STEP, "step=%s" },
	{ OPT_FLAGS, "flags=%s" },
	{ OPT_BURST, "burst=%s" },
	{ OPT_GAP, "gap_us=%s" },
	{ OPT_FAKE, "fake=%s" },
	{ OPT_FIRST, "first=%s" },
	{ OPT_TRIVIAL, "trivial" },
	{ OPT_ERROR, NULL },
};

static u64 *number_field(struct raise_request *req, int token)
{
	switch (token) {
	case OPT_COUNT:
		return &req->count;
	case OPT_BASE:
		return &req->base;
	case OPT_STEP:
		return &req->step;
	case OPT_FLAGS:
		return &req->flags;
	case OPT_BURST:
		return &req->burst;
	case OPT_GAP:
		return &req->gap_us;
	case OPT_FAKE:
		return &req->fake;
	case OPT_FIRST:
		return &req->first;
	default:
		return NULL;
	}
}

static int parse_word(struct raise_request *req, char *word)
{
	substring_t args[MAX_OPT_ARGS];
	int token = match_token(word, raise_options, args);
	u64 *field = number_field(req, token);

	if (field)
		return match_u64(&args[0], field);
	if (token == OPT_NULL) {
		req->null_dev = true;
		return 0;
	}
	if (token == OPT_TRIVIAL) {
		req->trivial = true;
		return 0;
	}
	if (token == OPT_DEVICE && strscpy(req->name, args[0].from, sizeof(req->name)) > 0)
		return 0;
	return -EINVAL;
}

static int parse_request(struct raise_request *req, char *text)
{
	char *word;
	int ret;

	while ((word = strsep(&text, "\n "))) {
		if (!*word)
			continue;
		ret = parse_word(req, word);
		if (ret)
			return ret;
	}
	return req->name[0] && req->burst && req->fake <= MAX_FAKE &&
	       req->first <= MAX_FAKE - req->fake ? 0 : -EINVAL;
}

static struct device *next_device(const struct raise_request *req)
{
	if (req->null_dev)
		return NULL;
	return req->fake ? &fake_devices[req->first + req->raised % req->fake] : req->dev;
}

/* Runs in hard interrupt context, the context of the drivers that this module replaces. */
static void raise_burst(struct irq_work *work)
{
	struct raise_request *req = container_of(work, struct raise_request, work);
	u64 end = min(req->count, req->raised + req->burst);
	cycles_t start;

	if (!in_hardirq())
		atomic64_inc(&not_hardirq);
	start = get_cycles();
	for (; req->raised < end; req->raised++)
		req->result = report_iommu_fault(req->domain, next_device(req),
						 req->base + req->raised * req->step, req->flags);
	req->cycles += get_cycles() - start;
	complete(&req->done);
}

static void trivial_probe(void *count, struct device *dev, unsigned long iova, int flags)
{
	++*(u64 *)count;
}

static int raise_all(struct raise_request *req)
{
	while (req->raised < req->count) {
		/* After another signal the writer would only start again. */
		if (fatal_signal_pending(current))
			return -EINTR;
		reinit_completion(&req->done);
		irq_work_queue(&req->work);
		wait_for_completion(&req->done);
		/* The request may be freed only when the work is no longer busy with it. */
		irq_work_sync(&req->work);
		if (req->gap_us)
			usleep_range(req->gap_us, req->gap_us + 1);
		cond_resched();
	}
	return 0;
}

static int raise_with_trivial_probe(struct raise_request *req)
{
	u64 seen = 0;
	int ret = register_trace_io_page_fault(trivial_probe, &seen);

	if (ret)
		return ret;
	ret = raise_all(req);
	unregister_trace_io_page_fault(trivial_probe, &seen);
	tracepoint_synchronize_unregister();
	return ret ?: seen == req->count ? 0 : -EIO;
}

static int run_request(struct raise_request *req)
{
	int ret = -ENODEV;

	req->dev = bus_find_device_by_name(&pci_bus_type, NULL, req->name);
	if (!req->dev)
		return ret;
	req->domain = iommu_get_domain_for_dev(req->dev);
	if (req->domain)
		ret = req->trivial ? raise_with_trivial_probe(req) : raise_all(req);
	put_device(req->dev);
	atomic64_add(req->raised, &raised_total);
	atomic_set(&last_result, req->result);
	last_cycles = req->cycles;
	return ret;
}

static ssize_t raise_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct raise_request *req;
	char *text;
	int ret;

	if (size > MAX_REQUEST)
		return -E2BIG;
	text = memdup_user_nul(from, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	req = kzalloc(sizeof(*req), GFP_KERNEL);
	if (!req) {
		kfree(text);
		return -ENOMEM;
	}
	*req = (struct raise_request){
		.work = IRQ_WORK_INIT_HARD(raise_burst),
		.count = 1,
		.base = 0x10000000,
		.step = 0x1000,
		.burst = 256,
	};
	init_completion(&req->done);
	ret = parse_request(req, text);
	if (!ret)
		ret = run_request(req);
	kfree(req);
	kfree(text);
	return ret ? ret : size;
}

static ssize_t raise_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	char text[96];
	int n = scnprintf(text, sizeof(text), "raised=%lld not_hardirq=%lld result=%d\n",
			  atomic64_read(&raised_total), atomic64_read(&not_hardirq),
			  atomic_read(&last_result));

	return simple_read_from_buffer(to, size, pos, text, n);
}

static const struct file_operations raise_fops = {
	.owner = THIS_MODULE,
	.write = raise_write,
	.read = raise_read,
};

/* A livepatch of dmar_fault() has a function of this name too. */
static noinline void dmar_fault(void)
{
	barrier();
}

static int __init iommu_raise_init(void)
{
	unsigned int i;

	dmar_fault();
	for (i = 0; i < MAX_FAKE; i++) {
		snprintf(fake_names[i], sizeof(fake_names[i]), "fake.%u", i);
		fake_devices[i].init_name = fake_names[i];
		fake_devices[i].bus = &platform_bus_type;
	}
	raise_dir = debugfs_create_dir("iommu_raise", NULL);
	if (IS_ERR(raise_dir))
		return PTR_ERR(raise_dir);
	debugfs_create_file("raise", 0600, raise_dir, NULL, &raise_fops);
	debugfs_create_u64("cycles", 0400, raise_dir, &last_cycles);
	return 0;
}

static void __exit iommu_raise_exit(void)
{
	debugfs_remove_recursive(raise_dir);
}

module_init(iommu_raise_init);
module_exit(iommu_raise_exit);
MODULE_DESCRIPTION("Test mock: reports IOMMU faults as an IOMMU driver's interrupt would");
MODULE_LICENSE("GPL");
