// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: a serial number is read as pci_get_dsn() reads it, never from a device that
 * sleeps or is offline, and the first answer of all ones is the last read (serial.c).
 * At most 50 devices are read in a second. Each device has the requester ids that the
 * kernel's rules for DMA aliases give it (alias.c).
 *
 * Devices and buses are made up, except for those whose serial numbers the worker reads.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "check.h"
#include "core/alias.h"
#include "core/identity.h"
#include "core/serial.h"

#define LEVELS	4

#ifndef CONFIG_X86
/* The bus itself has its segment there. */
struct pci_sysdata { };
#endif

/* A tree with one device on each bus. */
static struct {
	struct pci_sysdata segment;
	struct pci_dev dev[LEVELS + 1];
	struct pci_bus bus[LEVELS + 1];
	unsigned long phantoms[BITS_TO_LONGS(256)];
} *fake;

static u32 config[PCI_CFG_SPACE_EXP_SIZE / 4];
static int reads, dies_after;

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	*value = dies_after >= 0 && reads >= dies_after ? ~0U : config[where / 4];
	reads++;
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ops = { .read = read_config };

static bool make_fake(void)
{
	fake = kzalloc(sizeof(*fake), GFP_KERNEL);
	return expect(fake);
}

/* Each row has a list of capabilities: offset, id, next. */
static const struct serial_row {
	const char *what;
	struct {
		u16 at, id, next;
	} caps[3];
	u32 low, high;
	u64 serial;
	int dies_after;
	int reads;
	int cfg_size;
	pci_power_t state;
	pci_channel_state_t channel;
} serial_rows[] = {
	{ "the first capability", { { 0x100, 3, 0 } }, 0xff123456, 0x525400ff,
	  0x525400ffff123456, -1, 4 },
	{ "behind others", { { 0x100, 1, 0x148 }, { 0x148, 2, 0x200 }, { 0x200, 3, 0 } },
	  1, 0, 1, -1, 6 },
	{ "no serial number", { { 0x100, 1, 0 } }, 1, 1, 0, -1, 2 },
	{ "no extended capability", { }, 1, 1, 0, -1, 2 },
	{ "a list without end", { { 0x100, 1, 0x148 }, { 0x148, 1, 0x100 } }, 1, 1, 0, -1, 481 },
	{ "a pointer below the list", { { 0x100, 1, 0x40 } }, 1, 1, 0, -1, 2 },
	{ "a card that is gone", { { 0x100, 3, 0 } }, 1, 1, 0, 0, 1 },
	{ "a card that dies at the first header", { { 0x100, 3, 0 } }, 1, 1, 0, 1, 2 },
	{ "a card that dies in the list", { { 0x100, 1, 0x148 }, { 0x148, 3, 0 } }, 1, 1, 0, 2, 3 },
	{ "a card that dies in the number", { { 0x100, 3, 0 } }, 1, 1, 0, 2, 3 },
	{ "a card that dies in its second half", { { 0x100, 3, 0 } }, 1, 1, 0, 3, 4 },
	{ "a card without extended config space", { { 0x100, 3, 0 } }, 1, 1, 0, -1, 0, 256 },
	{ "a card in D3cold", { { 0x100, 3, 0 } }, 1, 1, 0, -1, 0, 0, PCI_D3cold },
	{ "a card in D3hot answers", { { 0x100, 3, 0 } }, 1, 0, 1, -1, 4, 0, PCI_D3hot },
	{ "a frozen card", { { 0x100, 3, 0 } }, 1, 1, 0, -1, 0, 0, 0, pci_channel_io_frozen },
	{ "a disconnected card", { { 0x100, 3, 0 } }, 1, 1, 0, -1, 0, 0, 0,
	  pci_channel_io_perm_failure },
};

static void read_serial(const void *data)
{
	const struct serial_row *row = data;
	unsigned int i;

	if (!make_fake())
		return;
	memset(config, 0, sizeof(config));
	config[0] = 0x10d38086;
	for (i = 0; i < ARRAY_SIZE(row->caps) && row->caps[i].at; i++) {
		u32 *cap = &config[row->caps[i].at / 4];

		*cap = row->caps[i].id | 1 << 16 | row->caps[i].next << 20;
		if (row->caps[i].id != PCI_EXT_CAP_ID_DSN)
			continue;
		cap[1] = row->low;
		cap[2] = row->high;
	}
	fake->bus[0].ops = &ops;
	fake->bus[0].sysdata = &fake->segment;
	fake->dev[0].bus = &fake->bus[0];
	fake->dev[0].cfg_size = row->cfg_size ?: PCI_CFG_SPACE_EXP_SIZE;
	fake->dev[0].current_state = row->state;
	fake->dev[0].error_state = row->channel ?: pci_channel_io_normal;
	reads = 0;
	dies_after = row->dies_after;
	expect_eq(faultcast_serial_read(&fake->dev[0]), row->serial);
	expect_eq(reads, row->reads);
	kfree(fake);
}

/*
 * @tree has a letter for each bridge from the root down: R root port, D downstream port,
 * B PCIe-to-PCI bridge, V PCI-to-PCIe bridge, C conventional bridge, Q the same with a
 * quirk, X a bridge with the IOMMU, N a bus of virtual functions without a bridge. Bridge
 * N is device N + 1 on bus N. The card is device 2 on the last bus.
 */
static const struct alias_row {
	const char *tree;
	u16 aliases[4];
	u8 phantoms[2];
	bool vmd;
} alias_rows[] = {
	{ "" },
	{ "R" },
	{ "RD" },
	{ "RN" },
	{ "RB", { 0x0200 } },
	{ "RDB", { 0x0300 } },
	{ "RBC", { 0x0218, 0x0200 } },
	{ "RBQ", { 0x0300, 0x0200 } },
	{ "C", { 0x0008 } },
	{ "Q", { 0x0100 } },
	{ "CV", { 0x0110, 0x0008 } },
	{ "XB", { 0x0200 } },
	{ "BX" },
	{ "RNB", { 0x0300 } },
	{ "R", { 0x0111 }, { 0x11 } },
	{ "R", { 0x0100, 0x0117 }, { 0x00, 0x17 } },
	{ "R", { }, { 0x10 } },		/* its own id */
	{ "RB", { 0x0211, 0x0200 }, { 0x11 } },
	{ "", { 0xe802 }, { }, true },
	{ "R", { 0xe802 }, { }, true },
	{ "RB", { 0xe802 }, { }, true },
};

static void set_type(struct pci_dev *bridge, char letter)
{
	static const struct {
		char letter;
		u8 type;
		bool pcie;
	} types[] = {
		{ 'R', PCI_EXP_TYPE_ROOT_PORT, true }, { 'D', PCI_EXP_TYPE_DOWNSTREAM, true },
		{ 'B', PCI_EXP_TYPE_PCI_BRIDGE, true }, { 'V', PCI_EXP_TYPE_PCIE_BRIDGE, true },
		{ 'X', PCI_EXP_TYPE_PCI_BRIDGE, true }, { 'C' }, { 'Q' },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].letter != letter)
			continue;
		bridge->pcie_cap = types[i].pcie ? 0x40 : 0;
		bridge->pcie_flags_reg = types[i].type << 4;
	}
	if (letter == 'Q')
		bridge->dev_flags = PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS;
	if (letter == 'X')
		bridge->dev_flags = PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT;
}

/* Returns the card. */
static struct pci_dev *make_tree(const struct alias_row *row)
{
	unsigned int n = strlen(row->tree), i;
	struct pci_dev *card;

	for (i = 0; i <= n; i++) {
		fake->bus[i].number = i;
		fake->bus[i].sysdata = &fake->segment;
		fake->dev[i].bus = &fake->bus[i];
		fake->dev[i].devfn = PCI_DEVFN(i + 1, 0);
		if (!i)
			continue;
		fake->bus[i].parent = &fake->bus[i - 1];
		if (row->tree[i - 1] != 'N')
			fake->bus[i].self = &fake->dev[i - 1];
		set_type(&fake->dev[i - 1], row->tree[i - 1]);
	}
	card = &fake->dev[n];
	card->devfn = PCI_DEVFN(2, 0);
	for (i = 0; i < ARRAY_SIZE(row->phantoms) && (i ? row->phantoms[1] : 1); i++) {
		if (!row->phantoms[0] && !row->phantoms[1])
			break;
		card->dma_alias_mask = fake->phantoms;
		__set_bit(row->phantoms[i], fake->phantoms);
	}
	return card;
}

static bool behind_vmd(struct pci_bus *root, struct pci_dev *vmd)
{
#if defined(CONFIG_X86) && IS_ENABLED(CONFIG_VMD)
	static struct pci_sysdata host;

	root->number = 0xe8;
	root->sysdata = &host;
	vmd->bus = root;
	vmd->devfn = 2;
	fake->segment.domain = 0x10000;
	fake->segment.vmd_dev = vmd;
	return true;
#else
	return false;
#endif
}

static void read_aliases(const void *data)
{
	const struct alias_row *row = data;
	struct faultcast_aliases list;
	struct pci_dev *card, *vmd = kzalloc(sizeof(*vmd), GFP_KERNEL);
	struct pci_bus *root = kzalloc(sizeof(*root), GFP_KERNEL);
	unsigned int n = 0;

	if (!expect(vmd && root) || !make_fake())
		goto out;
	card = make_tree(row);
	if (row->vmd && !behind_vmd(root, vmd)) {
		check_skip("this kernel has no VMD");
		goto out;
	}
	faultcast_alias_read(card, &list);
	while (n < ARRAY_SIZE(row->aliases) && row->aliases[n])
		n++;
	expect_eq(list.num, n);
	for (n = 0; n < list.num && n < ARRAY_SIZE(row->aliases); n++) {
		expect_eq(list.at[n].bdf, row->aliases[n]);
		expect_eq(list.at[n].segment, 0);
	}
out:
	kfree(fake);
	fake = NULL;
	kfree(root);
	kfree(vmd);
}

static void too_many_aliases(void)
{
	static const struct alias_row row = { "R" };
	struct faultcast_aliases list;
	struct pci_dev *card;

	if (!make_fake())
		return;
	card = make_tree(&row);
	card->dma_alias_mask = fake->phantoms;
	bitmap_fill(fake->phantoms, 256);
	faultcast_alias_read(card, &list);
	expect_eq(list.num, FAULTCAST_ALIASES_MAX);
	expect_eq(list.at[FAULTCAST_ALIASES_MAX - 1].bdf, 0x0100 | (FAULTCAST_ALIASES_MAX));
	kfree(fake);
}

static bool is_wanted(void)
{
	u32 i;

	for (i = 0; i < faultcast_slot_num(); i++)
		if (READ_ONCE(faultcast_slot_at(i)->serial_wanted))
			return true;
	return false;
}

/* Each device is read once, not faster than allowed. A new generation keeps the number. */
static void every_serial_in_time(void)
{
	struct faultcast_slot *slot;
	struct pci_dev *pdev = NULL;
	struct faultcast_identity id;
	u64 began = ktime_get_ns();
	int waits = 60 * 50, n = 0;

	if (!check_begin(1024, 8))
		return;
	expect_eq(faultcast_identity_init(true), 0);
	while (is_wanted() && --waits)
		msleep(20);
	expect(waits);
	for_each_pci_dev(pdev) {
		slot = faultcast_slot_at(faultcast_slot_claim_dev(&pdev->dev));
		n++;
		if (!expect(faultcast_identity_read(slot, 0, &id)))
			continue;
		expect_eq(id.generation, 1);
		expect_eq(id.serial, pci_get_dsn(pdev));
	}
	expect(n > 1);
	/* The first read comes a period after the load. */
	expect(ktime_get_ns() - began >= (u64)n * NSEC_PER_SEC / FAULTCAST_SERIALS_PER_SECOND);
	faultcast_identity_exit();
	check_end();
}

static void only_if_wanted(void)
{
	struct faultcast_slot *slot;

	if (!check_begin(16, 8))
		return;
	slot = faultcast_slot_at(faultcast_slot_claim_pci(0, 0));
	expect_eq(faultcast_serial_init(false), 0);
	faultcast_serial_want(slot);
	expect(!slot->serial_wanted);
	faultcast_serial_exit();
	check_end();
}

static const struct check_case cases[] = {
	{ "every serial number, at most 50 a second", every_serial_in_time },
	{ "no serial number with noserial", only_if_wanted },
	{ "the first of too many aliases", too_many_aliases },
};

const struct check_group check_serials =
	CHECK_GROUP("serial", serial_rows, struct serial_row, read_serial);
const struct check_group check_aliases =
	CHECK_GROUP("alias of", alias_rows, struct alias_row, read_aliases);
const struct check_group check_cards =
	CHECK_GROUP("card", cases, struct check_case, check_run_case);
