// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: a pointer that was found in private memory of the kernel does no harm, whatever
 * its value is (kmod/probe/hook.c, kmod/core/known.c). It names a device only if it is the
 * address of a PCI device that exists. An entry hook sees the arguments of the function at
 * the address of that name, and only of that function.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/pci.h>
#include <linux/poison.h>
#include <linux/slab.h>

#include "check.h"
#include "core/identity.h"
#include "core/known.h"
#include "probe/hook.h"
#include "probe/probe.h"

#define AT(address)	((const void *)(unsigned long)(address))

/* Addresses that cannot be read. */
static const struct garbage {
	const char *what;
	unsigned long address;
} garbage[] = {
	{ "NULL", 0 },
	{ "a member of NULL", 0x48 },
	{ "an odd number", 1 },
	{ "ERR_PTR(-ENODEV)", (unsigned long)-ENODEV },
	{ "ERR_PTR(-MAX_ERRNO)", (unsigned long)-MAX_ERRNO },
	{ "all ones", ~0UL },
	{ "the last word, unaligned", ~0UL - 8 },
	{ "a user address", 0x00007f0012345678 },
	{ "an unaligned user address", 0x00007f0012345679 },
	{ "the first address above user space", 0x0000800000000000 },
	{ "not canonical", 0x8000000000000000 },
	{ "not canonical, odd", 0x7fffffffffffffff },
	{ "freed memory (slab poison)", 0x6b6b6b6b6b6b6b6b },
	{ "uninitialised memory (slab poison)", 0x5a5a5a5a5a5a5a5a },
	{ "memory of a red zone", 0xcccccccccccccccc },
	{ "an entry that was removed from a list", (unsigned long)LIST_POISON1 },
	{ "the same, other direction", (unsigned long)LIST_POISON2 },
	{ "a hole in kernel space", 0xffff800000000000 - PAGE_SIZE },
	{ "text instead of a pointer", 0x2e30303a30303030 },
};

static void peek_garbage(const void *row)
{
	const struct garbage *test = row;
	const void *found, *holder = AT(test->address);

	if (!check_begin(1024, 8))
		return;
	expect_eq(faultcast_identity_init(false), 0);
	expect(faultcast_hook_peek(AT(test->address), 0, &found) < 0);
	expect_eq(faultcast_hook_peek_device(AT(test->address), 0), FAULTCAST_SLOT_UNKNOWN);
	/* The memory can be read, and has garbage where an address should be. */
	expect_eq(faultcast_hook_peek(&holder, 0, &found), 0);
	expect(found == holder);
	expect_eq(faultcast_hook_peek_device(&holder, 0), FAULTCAST_SLOT_UNKNOWN);
	expect_eq(faultcast_known_slot(holder), FAULTCAST_SLOT_UNKNOWN);
	faultcast_identity_exit();
	check_end();
}

static u32 peek(const void *address)
{
	const void *memory[3] = { NULL, address, NULL };

	return faultcast_hook_peek_device(memory, sizeof(*memory));
}

/* Every device is known, and no address within or beside it is a device. */
static void known_devices(void)
{
	struct pci_dev *pdev = NULL;
	unsigned int n = 0;

	if (!check_begin(1024, 8))
		return;
	expect_eq(faultcast_identity_init(false), 0);
	for_each_pci_dev(pdev) {
		u32 slot = faultcast_slot_claim_dev(&pdev->dev);

		n++;
		expect(slot != FAULTCAST_SLOT_UNKNOWN);
		expect_eq(peek(pdev), slot);
		expect_eq(peek((char *)pdev + 1), FAULTCAST_SLOT_UNKNOWN);
		expect_eq(peek((char *)pdev - 8), FAULTCAST_SLOT_UNKNOWN);
		expect_eq(peek(&pdev->dev), FAULTCAST_SLOT_UNKNOWN);
		expect_eq(peek(pdev->bus), FAULTCAST_SLOT_UNKNOWN);
	}
	expect(n > 1);
	faultcast_identity_exit();
	/* The table is empty. */
	for_each_pci_dev(pdev)
		expect_eq(peek(pdev), FAULTCAST_SLOT_UNKNOWN);
	check_end();
}

/* An object that looks like a device in each byte, but is not one that the bus has. */
static void copied_device(void)
{
	struct pci_dev *pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, NULL);
	struct pci_dev *copy = pdev ? kmemdup(pdev, sizeof(*pdev), GFP_KERNEL) : NULL;

	if (!expect(copy) || !check_begin(1024, 8))
		goto out;
	expect_eq(faultcast_identity_init(false), 0);
	expect_eq(peek(copy), FAULTCAST_SLOT_UNKNOWN);
	faultcast_identity_exit();
	check_end();
out:
	kfree(copy);
	pci_dev_put(pdev);
}

/* The kernel's own PCI core removes a device and finds it again. */
static void removed_device(void)
{
	struct pci_dev *pdev = pci_get_device(PCI_VENDOR_ID_INTEL, 0x1209, NULL), *again;
	u32 slot;

	if (!expect(pdev) || !check_begin(1024, 8)) {
		pci_dev_put(pdev);
		return;
	}
	expect_eq(faultcast_identity_init(false), 0);
	slot = peek(pdev);
	expect(slot != FAULTCAST_SLOT_UNKNOWN);
	pci_stop_and_remove_bus_device_locked(pdev);
	expect_eq(peek(pdev), FAULTCAST_SLOT_UNKNOWN);
	pci_lock_rescan_remove();
	pci_rescan_bus(pdev->bus);
	pci_unlock_rescan_remove();
	again = pci_get_device(PCI_VENDOR_ID_INTEL, 0x1209, NULL);
	expect(again && again != pdev);
	expect_eq(peek(again), slot);
	expect_eq(peek(pdev), FAULTCAST_SLOT_UNKNOWN);
	pci_dev_put(again);
	pci_dev_put(pdev);
	faultcast_identity_exit();
	check_end();
}

/* Two entries for one address would leave a stale one behind when the device goes. */
static void the_same_address_again(void)
{
	static struct pci_dev pdev;

	if (!check_begin(16, 8))
		return;
	faultcast_known_add(&pdev, 1);
	faultcast_known_add(&pdev, 2);
	expect_eq(peek(&pdev), 2);
	faultcast_known_remove(&pdev);
	faultcast_known_remove(&pdev);
	expect_eq(peek(&pdev), FAULTCAST_SLOT_UNKNOWN);
	faultcast_known_exit();
	check_end();
}

static unsigned long seen[3];
static unsigned int calls;

static void on_entry(struct ftrace_regs *args)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seen); i++)
		seen[i] = faultcast_hook_arg(args, i);
	calls++;
}

typedef unsigned long test_fn(unsigned long a, unsigned long b, unsigned long c);

static noinline unsigned long faultcast_test_hooked(unsigned long a, unsigned long b,
						    unsigned long c)
{
	return a + b + c;
}

static noinline unsigned long faultcast_test_beside(unsigned long a, unsigned long b,
						    unsigned long c)
{
	return a ^ b ^ c;
}

/* The compiler does not see which function it calls, and so keeps all arguments. */
static unsigned long call(test_fn *fn, unsigned long a, unsigned long b, unsigned long c)
{
	OPTIMIZER_HIDE_VAR(fn);
	return fn(a, b, c);
}

static void entry_hook(void)
{
	static struct faultcast_entry entry = {
		.function = "faultcast_test_hooked",
		.handler = on_entry,
	};
	struct faultcast_probe probe = { };
	unsigned int i;

	calls = 0;
	for (i = 0; i < 2; i++) {
		if (!expect_eq(faultcast_hook_entry(&probe, &entry), 0)) {
			check_note("%s", probe.reason);
			return;
		}
		expect_eq(call(faultcast_test_hooked, 11, 22, 33), 66);
		call(faultcast_test_beside, 1, 2, 3);
		expect_eq(calls, i + 1);
		expect_eq(seen[0], 11);
		expect_eq(seen[1], 22);
		expect_eq(seen[2], 33);
		faultcast_hook_remove_entry(&entry);
		faultcast_hook_remove_entry(&entry);
		call(faultcast_test_hooked, 1, 2, 3);
		expect_eq(calls, i + 1);
	}
}

static void no_such_function(void)
{
	static struct faultcast_entry entry = {
		.function = "faultcast_test_no_such_function",
		.handler = on_entry,
	};
	struct faultcast_probe probe = { };

	expect_eq(faultcast_hook_entry(&probe, &entry), -ENOENT);
	expect(!strcmp(probe.reason, "cannot trace faultcast_test_no_such_function()"));
	faultcast_hook_remove_entry(&entry);
}

static void text_of_a_function(void)
{
	struct faultcast_function function = { };
	u8 *text;

	expect_eq(faultcast_hook_find("faultcast_test_no_such_function", &function), -ENOENT);
	/* The beginning of another function's name. */
	expect_eq(faultcast_hook_find("faultcast_test_hook", &function), -ENOENT);
	if (!expect_eq(faultcast_hook_find("pci_get_domain_bus_and_slot", &function), 0))
		return;
	expect_eq(function.start, (unsigned long)pci_get_domain_bus_and_slot);
	expect(function.size > 16 && function.size < 4096);
	text = faultcast_hook_text(&function);
	expect(text && !memcmp(text, pci_get_domain_bus_and_slot, function.size));
	kfree(text);
	function.size = 1 << 20;
	expect(!faultcast_hook_text(&function));
	function = (struct faultcast_function){ .start = 8, .size = 64 };
	expect(!faultcast_hook_text(&function));
}

static void a_check_that_failed(void)
{
	struct faultcast_selfcheck check = { };

	faultcast_selfcheck_missing(&check, 3, NULL);
	expect_eq(atomic64_read(&check.missing), 3);
	expect(!check.reason);
	faultcast_selfcheck_missing(&check, 1, "test");
	faultcast_selfcheck_missing(&check, 1, NULL);
	expect_eq(atomic64_read(&check.missing), 5);
	expect(check.reason && !strcmp(check.reason, "test"));
}

static const struct check_case cases[] = {
	{ "every device is known by its address", known_devices },
	{ "a copy of a device is unknown", copied_device },
	{ "a device that is removed is unknown", removed_device },
	{ "an address that is used again", the_same_address_again },
	{ "an entry hook sees the arguments", entry_hook },
	{ "a function that does not exist", no_such_function },
	{ "machine code is read", text_of_a_function },
	{ "a selfcheck keeps its reason", a_check_that_failed },
};

const struct check_group check_garbage =
	CHECK_GROUP("pointer", garbage, struct garbage, peek_garbage);
const struct check_group check_hook = CHECK_GROUP("hook", cases, struct check_case, check_run_case);
