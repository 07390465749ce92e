// SPDX-License-Identifier: GPL-2.0-only
/*
 * port_raise: a stand-in for hardware and firmware, for tests only.
 *
 * No QEMU emulates Downstream Port Containment or takes a card away by surprise, and none
 * for x86 has firmware that reports PCIe errors. This module calls the functions of the
 * kernel that would handle them, or writes what firmware would write. Tests that use it do
 * not cover anything before that.
 *
 * Files in <debugfs>/port_raise; a write returns when the call has returned. The first
 * exists if the kernel has DPC:
 *   dpc    PORT STATUS SOURCE 0|1 [irq]    calls dpc_process_error() for a port that has,
 *          for a 1, a DPC capability with these registers; irq: in hard interrupt context.
 *          Reading the file returns how often the registers were read since the module
 *          was loaded.
 *   hotplug PORT EVENTS    calls pciehp_handle_presence_or_link_change() for the port's own
 *          controller, with these bits of the register Slot Status.
 *   firmware DEVICE SEVERITY UNCORRECTABLE CORRECTABLE    reports an AER error as firmware
 *          does, in memory that the table HEST of tests/vm/hest.py names. SEVERITY is that
 *          of the AER driver. Needs VM_HEST. Returns when the kernel has read the report.
 *
 * The module is also a driver for any PCI device (driver_override), which answers an
 * error with the parameter vote, an enum pci_ers_result. It agrees to every reset.
 */
#include <linux/acpi.h>
#include <linux/aer.h>
#include <linux/completion.h>
#include <linux/cper.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#define CAPABILITY	0xf00	/* where the port has no other one */

static struct dentry *dir;
static DEFINE_MUTEX(lock);

static void (*change_slot)(void *controller, u32 events);

static uint vote = 2;
module_param(vote, uint, 0644);

static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	return (__force pci_ers_result_t)vote;
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return 0;
}

static const struct pci_error_handlers handlers = {
	.error_detected = error_detected,
	.slot_reset = slot_reset,
};

static struct pci_driver driver = {
	.name = "port_raise",
	.probe = probe,
	.err_handler = &handlers,
};

/* The address of a function that the kernel does not export. */
static void *find(const char *name)
{
	struct kprobe kprobe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	void *address;

	if (register_kprobe(&kprobe))
		return NULL;
	address = kprobe.addr;
	unregister_kprobe(&kprobe);
	return address;
}

static struct pci_dev *find_device(const char *name)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, name);

	return dev ? to_pci_dev(dev) : NULL;
}

/* The words of a request; the last ones may be missing. */
struct words {
	char device[32];
	unsigned int number[3];
	char how[8];
	int num;
};

static int read_words(const char __user *from, size_t size, struct words *words)
{
	char *text = size < 256 ? memdup_user_nul(from, size) : ERR_PTR(-E2BIG);

	if (IS_ERR(text))
		return PTR_ERR(text);
	memset(words, 0, sizeof(*words));
	words->num = sscanf(text, "%31s %i %i %i %7s", words->device, &words->number[0],
			    &words->number[1], &words->number[2], words->how);
	kfree(text);
	return 0;
}

#ifdef CONFIG_PCIE_DPC

/* The port whose config space the module answers for, while a call lasts. */
static struct pci_dev *port;
static struct pci_ops *real_ops;
static u16 registers[PCI_EXP_DPC_RP_PIO_STATUS / 2];
static atomic_t reads;

static void (*process_error)(struct pci_dev *pdev);

static int fake_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	int offset = where - CAPABILITY;

	if (devfn != port->devfn || offset < 0 || offset >= sizeof(registers) || size != 2)
		return real_ops->read(bus, devfn, where, size, value);
	atomic_inc(&reads);
	*value = registers[offset / 2];
	return 0;
}

static int fake_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	return real_ops->write(bus, devfn, where, size, value);
}

static struct pci_ops fake_ops = { .read = fake_read, .write = fake_write };

struct call {
	struct irq_work work;
	struct completion done;
};

static void __nocfi contain_in_irq(struct irq_work *work)
{
	struct call *call = container_of(work, struct call, work);

	process_error(port);
	complete(&call->done);
}

static void __nocfi contain(bool in_irq)
{
	struct call call = { .work = IRQ_WORK_INIT_HARD(contain_in_irq) };

	if (!in_irq) {
		process_error(port);
		return;
	}
	init_completion(&call.done);
	irq_work_queue(&call.work);
	wait_for_completion(&call.done);
	irq_work_sync(&call.work);
}

static ssize_t dpc_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct words words;
	int err = read_words(from, size, &words);

	if (err)
		return err;
	if (words.num < 4 || !process_error)
		return -EINVAL;
	mutex_lock(&lock);
	port = find_device(words.device);
	if (!port || port->dpc_cap) {
		err = -ENODEV;
		goto out;
	}
	registers[PCI_EXP_DPC_STATUS / 2] = words.number[0];
	registers[PCI_EXP_DPC_SOURCE_ID / 2] = words.number[1];
	real_ops = port->bus->ops;
	pci_bus_set_ops(port->bus, &fake_ops);
	port->dpc_cap = words.number[2] ? CAPABILITY : 0;
	contain(!strcmp(words.how, "irq"));
	port->dpc_cap = 0;
	pci_bus_set_ops(port->bus, real_ops);
out:
	pci_dev_put(port);
	mutex_unlock(&lock);
	return err ?: size;
}

static ssize_t dpc_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	char text[32];
	int n = scnprintf(text, sizeof(text), "%d\n", atomic_read(&reads));

	return simple_read_from_buffer(to, size, pos, text, n);
}

static const struct file_operations dpc_fops = {
	.owner = THIS_MODULE,
	.write = dpc_write,
	.read = dpc_read,
};

static void create_dpc(void)
{
	process_error = find("dpc_process_error");
	debugfs_create_file("dpc", 0600, dir, NULL, &dpc_fops);
}

#else

static void create_dpc(void)
{
}

#endif

/* The kernel's struct pcie_device: a service of a port. */
struct service {
	int irq;
	struct pci_dev *port;
	u32 number;
	void *controller;
	struct device device;
};

static int take_controller(struct device *dev, void *controller)
{
	if (!dev->driver || strcmp(dev->driver->name, "pciehp"))
		return 0;
	*(void **)controller = container_of(dev, struct service, device)->controller;
	return 1;
}

static int __nocfi change(struct pci_dev *pdev, u32 events)
{
	void *controller = NULL;

	device_for_each_child(&pdev->dev, &controller, take_controller);
	if (!controller || !change_slot)
		return -ENODEV;
	change_slot(controller, events);
	return 0;
}

static ssize_t hotplug_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct pci_dev *pdev;
	struct words words;
	int err = read_words(from, size, &words);

	if (err)
		return err;
	pdev = words.num == 2 ? find_device(words.device) : NULL;
	if (!pdev)
		return -EINVAL;
	err = change(pdev, words.number[0]);
	pci_dev_put(pdev);
	return err ?: size;
}

static const struct file_operations hotplug_fops = {
	.owner = THIS_MODULE,
	.write = hotplug_write,
};

/* The memory of firmware: the address of the block, and the block (ACPI 6.4 18.3.2.7). */
#define FIRMWARE	0x10000000UL
#define BLOCK		0x100

struct block {
	struct acpi_hest_generic_status status;
	struct acpi_hest_generic_data_v300 data;
	struct cper_sec_pcie pcie;
} __packed;

static void fill_block(struct block *block, struct pci_dev *pdev, const struct words *words)
{
	struct aer_capability_regs *regs = (void *)block->pcie.aer_info;
	bool corrected = words->number[0] == AER_CORRECTABLE;

	block->status.data_length = sizeof(*block) - sizeof(block->status);
	block->data.error_severity = corrected ? CPER_SEV_CORRECTED : CPER_SEV_RECOVERABLE;
	block->status.error_severity = block->data.error_severity;
	guid_copy((guid_t *)block->data.section_type, &CPER_SEC_PCIE);
	block->data.revision = 0x300;
	/* The kernel takes a recoverable error with this flag for a fatal one. */
	block->data.flags = words->number[0] == AER_FATAL ? CPER_SEC_RESET : 0;
	block->data.error_data_length = sizeof(block->pcie);
	block->pcie.validation_bits = CPER_PCIE_VALID_DEVICE_ID | CPER_PCIE_VALID_AER_INFO;
	block->pcie.device_id.segment = pci_domain_nr(pdev->bus);
	block->pcie.device_id.bus = pdev->bus->number;
	block->pcie.device_id.device = PCI_SLOT(pdev->devfn);
	block->pcie.device_id.function = PCI_FUNC(pdev->devfn);
	regs->uncor_status = words->number[1];
	regs->cor_status = words->number[2];
	/* Bit 4 is the beginning of the number of entries. */
	wmb();
	block->status.block_status = (corrected ? ACPI_HEST_CORRECTABLE : ACPI_HEST_UNCORRECTABLE) |
				     1 << 4;
}

/* The kernel clears the status of the block when it has read the block. */
static int wait_until_read(const struct block *block)
{
	int i;

	for (i = 0; i < 100; i++) {
		if (!READ_ONCE(block->status.block_status))
			return 0;
		msleep(50);
	}
	return -ETIMEDOUT;
}

static int report(struct pci_dev *pdev, const struct words *words)
{
	void *memory = memremap(FIRMWARE, PAGE_SIZE, MEMREMAP_WB);
	struct block *block = memory + BLOCK;
	int err;

	if (!memory)
		return -ENOMEM;
	memset(block, 0, sizeof(*block));
	*(u64 *)memory = FIRMWARE + BLOCK;
	fill_block(block, pdev, words);
	err = wait_until_read(block);
	memunmap(memory);
	return err;
}

static ssize_t firmware_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct pci_dev *pdev;
	struct words words;
	int err = read_words(from, size, &words);

	if (err)
		return err;
	/* Other memory than that of firmware would be overwritten. */
	if (words.num < 4 || page_is_ram(PHYS_PFN(FIRMWARE)))
		return -EINVAL;
	pdev = find_device(words.device);
	if (!pdev)
		return -ENODEV;
	mutex_lock(&lock);
	err = report(pdev, &words);
	mutex_unlock(&lock);
	pci_dev_put(pdev);
	return err ?: size;
}

static const struct file_operations firmware_fops = {
	.owner = THIS_MODULE,
	.write = firmware_write,
};

static int __init port_raise_init(void)
{
	int err;

	change_slot = find("pciehp_handle_presence_or_link_change");
	dir = debugfs_create_dir("port_raise", NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	create_dpc();
	debugfs_create_file("hotplug", 0200, dir, NULL, &hotplug_fops);
	debugfs_create_file("firmware", 0200, dir, NULL, &firmware_fops);
	err = pci_register_driver(&driver);
	if (err)
		debugfs_remove_recursive(dir);
	return err;
}

static void __exit port_raise_exit(void)
{
	pci_unregister_driver(&driver);
	debugfs_remove_recursive(dir);
}

module_init(port_raise_init);
module_exit(port_raise_exit);
MODULE_DESCRIPTION("Test stand-in for PCIe hardware, firmware and drivers");
MODULE_LICENSE("GPL");
