// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of device slots: fixed size, open addressing, claimed with cmpxchg.  The
 * functions that claim a slot or count in one are called by probes, possibly in
 * NMI-like context.  They take no lock, allocate nothing and walk no bus.
 */
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/pci.h>
#include <linux/vmalloc.h>

#include "event.h"
#include "slot.h"

/*
 * The key of a used slot is never 0.  The key of a PCI device has bit 62, the
 * segment and the bdf; the segment has 32 bits, because VMD's segments do not fit in
 * 16.  The key of any other device has bit 63 and a hash of "bus/name".  Slot 0 is
 * for unknown devices.  The last slot is shared by all devices that find no free
 * slot.
 */
#define KEY_NAMED	BIT_ULL(63)
#define KEY_PCI		BIT_ULL(62)
#define KEY_FIXED	BIT_ULL(61)

/*
 * The number of slots that a claim examines at most, so that a full table costs a
 * bounded time.
 */
#define CLAIM_STEPS	64

static struct faultcast_slot *slots;
static unsigned int num_slots;
static atomic_t num_claimed;

static const struct {
	u32 count;
	u32 detail;
} counter_names[FAULTCAST_CTR_NUM] = {
	[FAULTCAST_CTR_IOPF_UNKNOWN] = { FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_UNKNOWN },
	[FAULTCAST_CTR_IOPF_READ] = { FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_READ },
	[FAULTCAST_CTR_IOPF_WRITE] = { FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_WRITE },
	[FAULTCAST_CTR_IOPF_OTHER] = { FAULTCAST_COUNT_IO_PAGE_FAULT, FAULTCAST_ACCESS_OTHER },
	[FAULTCAST_CTR_INTERRUPT_REMAPPING] = { FAULTCAST_COUNT_INTERRUPT_REMAPPING, 0 },
	[FAULTCAST_CTR_AER + FAULTCAST_SEVERITY_NONFATAL] = {
		FAULTCAST_COUNT_AER, FAULTCAST_SEVERITY_NONFATAL },
	[FAULTCAST_CTR_AER + FAULTCAST_SEVERITY_FATAL] = {
		FAULTCAST_COUNT_AER, FAULTCAST_SEVERITY_FATAL },
	[FAULTCAST_CTR_AER + FAULTCAST_SEVERITY_CORRECTED] = {
		FAULTCAST_COUNT_AER, FAULTCAST_SEVERITY_CORRECTED },
	[FAULTCAST_CTR_LINK] = { FAULTCAST_COUNT_LINK, 0 },
	[FAULTCAST_CTR_HOTPLUG + FAULTCAST_HOTPLUG_LINK_UP] = {
		FAULTCAST_COUNT_HOTPLUG, FAULTCAST_HOTPLUG_LINK_UP },
	[FAULTCAST_CTR_HOTPLUG + FAULTCAST_HOTPLUG_LINK_DOWN] = {
		FAULTCAST_COUNT_HOTPLUG, FAULTCAST_HOTPLUG_LINK_DOWN },
	[FAULTCAST_CTR_HOTPLUG + FAULTCAST_HOTPLUG_CARD_PRESENT] = {
		FAULTCAST_COUNT_HOTPLUG, FAULTCAST_HOTPLUG_CARD_PRESENT },
	[FAULTCAST_CTR_HOTPLUG + FAULTCAST_HOTPLUG_CARD_NOT_PRESENT] = {
		FAULTCAST_COUNT_HOTPLUG, FAULTCAST_HOTPLUG_CARD_NOT_PRESENT },
	[FAULTCAST_CTR_HOTPLUG + FAULTCAST_HOTPLUG_OTHER] = {
		FAULTCAST_COUNT_HOTPLUG, FAULTCAST_HOTPLUG_OTHER },
	[FAULTCAST_CTR_IOMMU_ERROR] = { FAULTCAST_COUNT_IOMMU_ERROR, 0 },
	[FAULTCAST_CTR_DPC + FAULTCAST_DPC_UNCORRECTABLE] = {
		FAULTCAST_COUNT_DPC, FAULTCAST_DPC_UNCORRECTABLE },
	[FAULTCAST_CTR_DPC + FAULTCAST_DPC_NONFATAL] = {
		FAULTCAST_COUNT_DPC, FAULTCAST_DPC_NONFATAL },
	[FAULTCAST_CTR_DPC + FAULTCAST_DPC_FATAL] = {
		FAULTCAST_COUNT_DPC, FAULTCAST_DPC_FATAL },
	[FAULTCAST_CTR_DPC + FAULTCAST_DPC_RP_PIO] = {
		FAULTCAST_COUNT_DPC, FAULTCAST_DPC_RP_PIO },
	[FAULTCAST_CTR_DPC + FAULTCAST_DPC_SOFTWARE] = {
		FAULTCAST_COUNT_DPC, FAULTCAST_DPC_SOFTWARE },
	[FAULTCAST_CTR_DPC + FAULTCAST_DPC_OTHER] = {
		FAULTCAST_COUNT_DPC, FAULTCAST_DPC_OTHER },
	[FAULTCAST_CTR_RECOVERY + FAULTCAST_RECOVERY_BEGUN] = {
		FAULTCAST_COUNT_RECOVERY, FAULTCAST_RECOVERY_BEGUN },
	[FAULTCAST_CTR_RECOVERY + FAULTCAST_RECOVERY_RECOVERED] = {
		FAULTCAST_COUNT_RECOVERY, FAULTCAST_RECOVERY_RECOVERED },
	[FAULTCAST_CTR_RECOVERY + FAULTCAST_RECOVERY_FAILED] = {
		FAULTCAST_COUNT_RECOVERY, FAULTCAST_RECOVERY_FAILED },
	[FAULTCAST_CTR_RECOVERY + FAULTCAST_RECOVERY_OTHER] = {
		FAULTCAST_COUNT_RECOVERY, FAULTCAST_RECOVERY_OTHER },
	[FAULTCAST_CTR_SYNTHETIC] = { FAULTCAST_COUNT_SYNTHETIC, 0 },
};

int faultcast_slot_init(unsigned int devices)
{
	slots = vzalloc(array_size(devices, sizeof(*slots)));
	if (!slots)
		return -ENOMEM;
	num_slots = devices;
	atomic_set(&num_claimed, 0);
	atomic64_set(&slots[FAULTCAST_SLOT_UNKNOWN].key, KEY_FIXED);
	atomic_set(&slots[FAULTCAST_SLOT_UNKNOWN].ready, 1);
	atomic64_set(&slots[devices - 1].key, KEY_FIXED | 1);
	atomic_set(&slots[devices - 1].ready, 1);
	return 0;
}

void faultcast_slot_exit(void)
{
	vfree(slots);
}

unsigned int faultcast_slot_num(void)
{
	return num_slots;
}

struct faultcast_slot *faultcast_slot_at(u32 index)
{
	return &slots[index];
}

bool faultcast_slot_is_overflow(u32 index)
{
	return index == num_slots - 1;
}

bool faultcast_slot_pci(const struct faultcast_slot *slot, u32 *segment, u16 *bdf)
{
	u64 key = atomic64_read(&slot->key);

	if (!(key & KEY_PCI) || key & KEY_NAMED)
		return false;
	*segment = (key & ~KEY_PCI) >> 16;
	*bdf = key;
	return true;
}

static void name_slot(struct faultcast_slot *slot, const char *prefix, const char *name)
{
	if (name)
		scnprintf(slot->name, sizeof(slot->name), "%s/%s", prefix, name);
	atomic_set_release(&slot->ready, 1);
}

/*
 * The number of slots that devices claim.  The others are the first and the last one.
 */
static u32 num_hashed(void)
{
	return num_slots - 2;
}

/*
 * Returns the slot with @key.  If there is none and @may_claim is set, claims one.
 * Otherwise returns the overflow slot.  @prefix and @name are NULL for a PCI device,
 * because its key contains the whole address.
 */
static u32 find_or_claim(u64 key, const char *prefix, const char *name, bool may_claim)
{
	u32 hashed = num_hashed(), at, step;

	at = reciprocal_scale(hash_64(key, 32), hashed);
	for (step = 0; step < min_t(u32, hashed, CLAIM_STEPS); step++) {
		struct faultcast_slot *slot = &slots[1 + at];
		u64 old = atomic64_read(&slot->key);

		if (!old && !may_claim)
			break;
		if (!old) {
			/* The worker waits for @ready: the claimer must not be preempted. */
			preempt_disable();
			old = atomic64_cmpxchg(&slot->key, 0, key);
			if (!old)
				name_slot(slot, prefix, name);
			preempt_enable();
			if (!old) {
				atomic_inc(&num_claimed);
				return 1 + at;
			}
		}
		if (old == key)
			return 1 + at;
		at = (at + 1) % hashed;
	}
	return num_slots - 1;
}

static u32 claim(u64 key, const char *prefix, const char *name)
{
	return find_or_claim(key, prefix, name, true);
}

static u64 pci_key(u32 segment, u16 bdf)
{
	return KEY_PCI | (u64)segment << 16 | bdf;
}

u32 faultcast_slot_claim_pci(u32 segment, u16 bdf)
{
	return claim(pci_key(segment, bdf), NULL, NULL);
}

static u64 name_key(const char *prefix, const char *name)
{
	u32 prefix_len = strlen(prefix), name_len = strlen(name);
	u32 low = jhash(name, name_len, jhash(prefix, prefix_len, 0));
	u32 high = jhash(name, name_len, jhash(prefix, prefix_len, 1));

	return KEY_NAMED | (u64)high << 32 | low;
}

/* Reads only those parts of @dev that cannot change while the device faults. */
u32 faultcast_slot_claim_dev(const struct device *dev)
{
	const char *prefix, *name;

	if (!dev)
		return FAULTCAST_SLOT_UNKNOWN;
	if (dev_is_pci(dev)) {
		const struct pci_dev *pdev = to_pci_dev(dev);

		return faultcast_slot_claim_pci(pci_domain_nr(pdev->bus),
						    PCI_DEVID(pdev->bus->number, pdev->devfn));
	}
	prefix = dev->bus ? dev->bus->name : "none";
	name = dev_name(dev) ?: "unnamed";
	return claim(name_key(prefix, name), prefix, name);
}

/* hex_to_bin() is declared in different headers in different kernel versions. */
static int hex_digit(char c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* "0000:03:00.0", as in pci_setup_device().  sscanf() costs too much in a probe. */
static bool parse_pci_name(const char *name, u32 *segment, u16 *bdf)
{
	u32 part[4] = { 0 };
	int n = 0;

	for (; *name; name++) {
		int digit = hex_digit(*name);

		if (digit >= 0)
			part[n] = part[n] << 4 | digit;
		else if (n < 3 && *name == (n < 2 ? ':' : '.'))
			n++;
		else
			return false;
	}
	if (n != 3 || part[1] > 0xff || part[2] > 0x1f || part[3] > 7)
		return false;
	*segment = part[0];
	*bdf = part[1] << 8 | part[2] << 3 | part[3];
	return true;
}

u32 faultcast_slot_claim_name(const char *prefix, const char *name)
{
	u32 segment;
	u16 bdf;

	if (!name)
		return FAULTCAST_SLOT_UNKNOWN;
	if (parse_pci_name(name, &segment, &bdf))
		return faultcast_slot_claim_pci(segment, bdf);
	return claim(name_key(prefix, name), prefix, name);
}

/* A quarter of the slots is kept for devices that fault or are plugged in. */
static int request(u64 key, const char *prefix, const char *name, bool may_claim, u32 *index)
{
	u32 hashed = num_hashed(), used = atomic_read(&num_claimed);

	may_claim &= used + hashed / 4 < hashed;
	*index = find_or_claim(key, prefix, name, may_claim);
	return faultcast_slot_is_overflow(*index) ? -ENODEV : 0;
}

int faultcast_slot_request_pci(u32 segment, u16 bdf, bool may_claim, u32 *index)
{
	return request(pci_key(segment, bdf), NULL, NULL, may_claim, index);
}

int faultcast_slot_request_label(const char *label, bool may_claim, u32 *index)
{
	char prefix[FAULTCAST_NAME_LEN];
	const char *slash = strchr(label, '/');	/* no bus has a slash in its name */

	if (!strcmp(label, "unknown")) {
		*index = FAULTCAST_SLOT_UNKNOWN;
		return 0;
	}
	if (!slash || slash == label || !slash[1] || slash - label >= sizeof(prefix))
		return -EINVAL;
	memcpy(prefix, label, slash - label);
	prefix[slash - label] = '\0';
	return request(name_key(prefix, slash + 1), prefix, slash + 1, may_claim, index);
}

static enum faultcast_counter counter_of(const struct faultcast_event *ev)
{
	if (ev->flags & FAULTCAST_EVENT_F_SYNTHETIC)
		return FAULTCAST_CTR_SYNTHETIC;
	switch (ev->kind) {
	case FAULTCAST_KIND_INTERRUPT_REMAPPING:
		return FAULTCAST_CTR_INTERRUPT_REMAPPING;
	case FAULTCAST_KIND_AER:
		return FAULTCAST_CTR_AER + ev->severity;
	case FAULTCAST_KIND_LINK:
		return FAULTCAST_CTR_LINK;
	case FAULTCAST_KIND_HOTPLUG:
		return FAULTCAST_CTR_HOTPLUG + ev->hotplug;
	case FAULTCAST_KIND_IOMMU_ERROR:
		return FAULTCAST_CTR_IOMMU_ERROR;
	case FAULTCAST_KIND_DPC:
		return FAULTCAST_CTR_DPC + ev->dpc;
	case FAULTCAST_KIND_RECOVERY:
		return FAULTCAST_CTR_RECOVERY + ev->recovery;
	default:
		return FAULTCAST_CTR_IOPF_UNKNOWN + ev->access;
	}
}

static void count_aer_bits(struct faultcast_slot *slot, const struct faultcast_event *ev)
{
	unsigned long status = ev->aer_status;
	unsigned int bit;

	if (!status)
		atomic64_inc(&slot->aer_bits[ev->severity][FAULTCAST_AER_BIT_NONE]);
	for_each_set_bit(bit, &status, 32)
		atomic64_inc(&slot->aer_bits[ev->severity][bit]);
}

void faultcast_slot_count(const struct faultcast_event *ev)
{
	struct faultcast_slot *slot = &slots[ev->slot];

	atomic64_inc(&slot->raised[counter_of(ev)]);
	if (ev->flags & FAULTCAST_EVENT_F_SYNTHETIC)
		return;
	if (ev->kind == FAULTCAST_KIND_AER)
		count_aer_bits(slot, ev);
	if (!atomic64_read(&slot->first_boot))
		atomic64_cmpxchg(&slot->first_boot, 0, ev->boot_ns);
	atomic64_set(&slot->last_boot, ev->boot_ns);
}

void faultcast_slot_wait(u32 index)
{
	while (!atomic_read_acquire(&slots[index].ready))
		usleep_range(50, 100);
}

u64 faultcast_slot_raised(const struct faultcast_slot *slot)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < FAULTCAST_CTR_NUM; i++)
		sum += atomic64_read(&slot->raised[i]);
	return sum;
}

void faultcast_slot_counter_name(enum faultcast_counter ctr, u32 *count, u32 *detail)
{
	*count = counter_names[ctr].count;
	*detail = counter_names[ctr].detail;
}
