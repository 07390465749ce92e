// SPDX-License-Identifier: GPL-2.0-only
/*
 * amd_log: a stand-in for a part of the hardware of AMD's IOMMU, for tests only.
 *
 * QEMU records only one type of event, and a malformed one. This module puts other records
 * into the event log, where the hardware's next record would be, and advances the register
 * TAIL. QEMU allows that. The next real fault raises the interrupt, and the kernel's driver
 * handles all records.
 *
 * Write to <debugfs>/amd_log/put four 32-bit words of a record in hexadecimal, and how many
 * times to put it. The address in the record grows by one page each time:
 *   00000020 20000000 12345000 00000000 200
 * Reading the file tells EVT_BASE, HEAD, TAIL and STATUS.
 *
 * The parameter mend_status is for Linux 6.1 on QEMU 11. That driver clears STATUS with
 * ones in all bits, and QEMU stores the bits that it does not know. The driver's thread
 * would then never end. The module writes 0 to STATUS whenever the driver looks up a device.
 * A thread on the last CPU does so too, because a run of the driver's thread may find no event
 * to look up. The driver's thread starves softirqs and timers of its own CPU.
 */
#include <linux/acpi.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/mem_encrypt.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#define IVHD_FIRST 48
#define IVHD_ADDRESS 8
#define EVT_BASE 0x10
#define EVT_HEAD 0x2010
#define EVT_TAIL 0x2018
#define STATUS 0x2020
#define REGISTERS 0x4000
#define STATUS_UNKNOWN_TO_QEMU (BIT(9) | BIT(10))
#define RECORD 16

static bool mend_status;
module_param(mend_status, bool, 0444);

static void __iomem *regs;
static u8 *ring;
static u32 ring_size;
static struct dentry *dir;

static void on_lookup(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		      struct ftrace_regs *fregs)
{
	if (strstarts(current->comm, "irq/"))
		writel(0, regs + STATUS);
}

static struct ftrace_ops lookup_ops = {
	.func = on_lookup,
	.flags = FTRACE_OPS_FL_RECURSION,
};

static struct task_struct *mender;

static int mend(void *unused)
{
	while (!kthread_should_stop()) {
		if (readl(regs + STATUS) & STATUS_UNKNOWN_TO_QEMU)
			writel(0, regs + STATUS);
		usleep_range(500, 1000);
	}
	return 0;
}

static ssize_t put_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	u32 word[RECORD / 4], tail = readl(regs + EVT_TAIL);
	unsigned int count = 1;
	char text[80] = "";

	if (size >= sizeof(text) || copy_from_user(text, from, size))
		return -EINVAL;
	if (sscanf(text, "%x %x %x %x %u", &word[0], &word[1], &word[2], &word[3], &count) < 4)
		return -EINVAL;
	while (count--) {
		memcpy(ring + tail, word, RECORD);
		tail = (tail + RECORD) % ring_size;
		word[2] += PAGE_SIZE;
	}
	wmb();	/* the records are there when QEMU sees TAIL */
	writel(tail, regs + EVT_TAIL);
	return size;
}

static ssize_t put_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	char text[96];
	int n = scnprintf(text, sizeof(text), "base=%llx head=%x tail=%x status=%x\n",
			  readq(regs + EVT_BASE), readl(regs + EVT_HEAD), readl(regs + EVT_TAIL),
			  readl(regs + STATUS));

	return simple_read_from_buffer(to, size, pos, text, n);
}

static const struct file_operations put_fops = {
	.owner = THIS_MODULE,
	.write = put_write,
	.read = put_read,
};

/* QEMU has one IOMMU, which the first block of the table describes. */
static int map(void)
{
	struct acpi_table_header *table;
	u64 address, base;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IVRS, 0, &table)))
		return -ENODEV;
	memcpy(&address, (u8 *)table + IVHD_FIRST + IVHD_ADDRESS, sizeof(address));
	acpi_put_table(table);
	regs = ioremap(address, REGISTERS);
	if (!regs)
		return -ENOMEM;
	base = readq(regs + EVT_BASE);
	ring_size = RECORD << (base >> 56 & 0xf);
	ring = memremap(__sme_clr(base & GENMASK_ULL(51, 12)), ring_size, MEMREMAP_WB);
	if (ring)
		return 0;
	iounmap(regs);
	return -ENOMEM;
}

static int attach(void)
{
	char name[] = "pci_get_domain_bus_and_slot";
	int err = mend_status ? ftrace_set_filter(&lookup_ops, name, strlen(name), 1) : 0;

	if (!err && mend_status)
		err = register_ftrace_function(&lookup_ops);
	if (err || !mend_status)
		return err;
	mender = kthread_run_on_cpu(mend, NULL, num_online_cpus() - 1, "amd_log/%u");
	if (IS_ERR(mender))
		unregister_ftrace_function(&lookup_ops);
	return PTR_ERR_OR_ZERO(mender);
}

static int __init amd_log_init(void)
{
	int err = map();

	if (err)
		return err;
	err = attach();
	if (err) {
		memunmap(ring);
		iounmap(regs);
		return err;
	}
	dir = debugfs_create_dir("amd_log", NULL);
	debugfs_create_file("put", 0600, dir, NULL, &put_fops);
	return 0;
}

static void __exit amd_log_exit(void)
{
	debugfs_remove_recursive(dir);
	if (mend_status) {
		kthread_stop(mender);
		unregister_ftrace_function(&lookup_ops);
	}
	memunmap(ring);
	iounmap(regs);
}

module_init(amd_log_init);
module_exit(amd_log_exit);
MODULE_DESCRIPTION("Test stand-in: puts records into the event log of AMD's IOMMU");
MODULE_LICENSE("GPL");
