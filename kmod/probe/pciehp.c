// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe hotplug before Linux 7.0.  The driver pciehp handles a change of a slot in
 * pciehp_handle_presence_or_link_change(), in the interrupt thread of the port.  The
 * function does what the tracepoint pci:pci_hp_event of 7.0 reports:
 *
 * - If the slot is on, the function turns it off.  Its argument says whether card,
 *   link or both have changed.
 * - Then it asks for the card and for the link, and turns the slot on if it has either.
 *
 * The state of the slot is private to the driver, and its place differs between
 * kernels.  As the driver does at its start, the probe takes a slot for on if there
 * are devices behind the port.  Both answers are seen where the functions return.
 */
#include <linux/kprobes.h>
#include <linux/pci.h>
#include <linux/sched.h>

#include "core/event.h"
#include "core/known.h"
#include "core/raise.h"
#include "core/slot.h"
#include "hook.h"
#include "pcie_decode.h"
#include "pciehp.h"
#include "probe.h"

/* The first members of struct controller and struct pcie_device: unchanged from 5.0 to 7.3. */
#define CONTROLLER_SERVICE	0
#define SERVICE_PORT		8	/* behind an int */

/* The number of slots that may change at once. */
#define PLACES	64

/* A run of the function. */
struct run {
	const void *task;	/* NULL: free */
	u32 slot;
	bool asked_for_card;
	bool present;
};

static struct run runs[PLACES];
static struct faultcast_selfcheck selfcheck;

/* Only the task itself changes its run. */
static struct run *find_run(void)
{
	unsigned int i;

	for (i = 0; i < PLACES; i++)
		if (READ_ONCE(runs[i].task) == current)
			return &runs[i];
	return NULL;
}

static struct run *new_run(void)
{
	unsigned int i;

	for (i = 0; i < PLACES; i++)
		if (!READ_ONCE(runs[i].task) && !cmpxchg(&runs[i].task, NULL, current))
			return &runs[i];
	return NULL;
}

static void raise(u32 slot, const u8 *changes, unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		struct faultcast_event ev = {
			.slot = slot,
			.kind = FAULTCAST_KIND_HOTPLUG,
			.hotplug = changes[i],
		};

		faultcast_raise(&ev);
	}
}

static bool has_devices(const void *port)
{
	const void *bus, *first;

	return !faultcast_hook_peek(port, offsetof(struct pci_dev, subordinate), &bus) &&
	       !faultcast_hook_peek(bus, offsetof(struct pci_bus, devices.next), &first) &&
	       first != bus + offsetof(struct pci_bus, devices);
}

void pciehp_begin(const void *controller, u32 events)
{
	static const u8 other[] = { FAULTCAST_HOTPLUG_OTHER };
	const void *service, *port = NULL;
	u32 slot = FAULTCAST_SLOT_UNKNOWN;
	struct run *run = find_run();
	u8 changes[2];

	if (!faultcast_hook_peek(controller, CONTROLLER_SERVICE, &service) &&
	    !faultcast_hook_peek(service, SERVICE_PORT, &port))
		slot = faultcast_known_slot(port);
	/* The last run of this task did not ask: the hooks on the answers do not work. */
	if (run)
		faultcast_selfcheck_missing(&selfcheck, 1, NULL);
	/* An address that is no device of this machine is not followed. */
	if (slot == FAULTCAST_SLOT_UNKNOWN) {
		raise(slot, other, 1);
		if (run)
			WRITE_ONCE(run->task, NULL);
		return;
	}
	if (has_devices(port))
		raise(slot, changes, pcie_decode_off(events, changes));
	run = run ?: new_run();
	if (!run) {
		faultcast_selfcheck_missing(&selfcheck, 1, NULL);
		return;
	}
	run->slot = slot;
	run->asked_for_card = false;
}

void pciehp_card(bool present)
{
	struct run *run = find_run();

	if (!run)
		return;
	run->asked_for_card = true;
	run->present = present;
}

void pciehp_link(bool active)
{
	struct run *run = find_run();
	u8 changes[2];

	if (!run || !run->asked_for_card)
		return;
	raise(run->slot, changes, pcie_decode_on(run->present, active, changes));
	WRITE_ONCE(run->task, NULL);
}

/* void pciehp_handle_presence_or_link_change(struct controller *ctrl, u32 events) */
static void on_change(struct ftrace_regs *args)
{
	pciehp_begin((void *)faultcast_hook_arg(args, 0), faultcast_hook_arg(args, 1));
}

static struct faultcast_entry entry = {
	.function = "pciehp_handle_presence_or_link_change",
	.handler = on_change,
};

#ifdef CONFIG_KRETPROBES

/* int pciehp_card_present(), bool pcie_link_is_active(): the lowest byte suits both. */
static bool answer(struct pt_regs *regs)
{
	return (s8)regs_return_value(regs) > 0;
}

static int on_card(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	pciehp_card(answer(regs));
	return 0;
}

static int on_link(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	pciehp_link(answer(regs));
	return 0;
}

static struct kretprobe card_probe, link_probe;

static int attach_return(struct kretprobe *probe, const char *function,
			 kretprobe_handler_t handler)
{
	*probe = (struct kretprobe) {
		.kp.symbol_name = function,
		.handler = handler,
		.maxactive = PLACES,
	};
	return register_kretprobe(probe);
}

/* Later kernels call the second function instead of the first one. */
static int attach_link(void)
{
	return attach_return(&link_probe, "pciehp_check_link_active", on_link) ?
	       attach_return(&link_probe, "pcie_link_is_active", on_link) : 0;
}

static int attach_answers(struct faultcast_probe *probe)
{
	int err = attach_return(&card_probe, "pciehp_card_present", on_card);

	if (!err) {
		err = attach_link();
		if (err)
			unregister_kretprobe(&card_probe);
	}
	if (err)
		strscpy(probe->reason, "no kprobes on what the driver pciehp asks the port",
			sizeof(probe->reason));
	return err ? -ENOENT : 0;
}

static void detach_answers(void)
{
	unregister_kretprobe(&link_probe);
	unregister_kretprobe(&card_probe);
}

static u64 missed_answers(void)
{
	return card_probe.nmissed + card_probe.kp.nmissed + link_probe.nmissed +
	       link_probe.kp.nmissed;
}

#else

static int attach_answers(struct faultcast_probe *probe)
{
	strscpy(probe->reason, "not in this kernel: needs KRETPROBES", sizeof(probe->reason));
	return -EOPNOTSUPP;
}

static void detach_answers(void)
{
}

static u64 missed_answers(void)
{
	return 0;
}

#endif

int pciehp_attach(struct faultcast_probe *probe)
{
	int err = attach_answers(probe);

	if (err)
		return err;
	err = faultcast_hook_entry(probe, &entry);
	if (err) {
		detach_answers();
		return err;
	}
	strscpy(probe->reason, "before Linux 7.0 the state of a slot can only be inferred",
		sizeof(probe->reason));
	return 0;
}

void pciehp_detach(void)
{
	faultcast_hook_remove_entry(&entry);
	detach_answers();
}

u64 pciehp_nmissed(void)
{
	return missed_answers() + atomic64_read(&selfcheck.missing);
}
