// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "bus/snapshot.h"
#include "bus/window.h"
#include "expo/metric.h"
#include "model/names.h"
#include "pci/devices.h"
#include "settings.h"
#include "wire/encode.h"

/* The shortest time between two looks at the counters. */
#define LOOK_NS NSEC_PER_SEC

static struct loop *watch_loop;
static const char *slot_of(const struct address *device);
static struct health health = { .slot_of = slot_of };
static struct health_rule *configured; /* NULL: the default rules */
static uint64_t instance;	       /* instance whose counters were last read; 0: none */
static uint64_t looked_ns;
static uint64_t looked_seq; /* the counters that were last read include events up to this one */
static uint64_t must_show;  /* the counters to be read must include events up to this one */
static bool due;	    /* the timer is set for a look */
static uint64_t events;
static uint64_t transitions[HEALTH_STATES];

static void on_timer(struct loop_timer *timer);
static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *s);
static struct loop_timer timer = { .expired = on_timer };
static struct snapshot_waiter waiter = { .ready = on_snapshot };

/* The slot in sysfs, for a device that the module has no slot of. */
static const char *slot_of(const struct address *device)
{
	size_t from = 0, to;
	const struct pci_device *const *list = devices_list(&to);

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = address_compare(&list[middle]->address, device);

		if (!order)
			return list[middle]->slot;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return "";
}

static void default_rules(void)
{
	health.rules = health_default_rules;
	health.num_rules = health_num_default_rules;
}

static int init(struct loop *loop)
{
	watch_loop = loop;
	if (!configured)
		default_rules();
	return 0;
}

static void fini(void)
{
	loop_timer_disarm(watch_loop, &timer);
	snapshot_cancel(&waiter);
	health_fini(&health);
	free(configured);
	configured = NULL;
	instance = 0;
	due = false;
}

static void look_after(uint64_t ns)
{
	due = true;
	loop_timer_arm(watch_loop, &timer, ns);
}

/* Uses the timer even if the look is due now, because more events may be in the same message. */
static void look_soon(void)
{
	uint64_t since;

	if (due)
		return;
	since = clock_mono_ns() - looked_ns;
	look_after(since < LOOK_NS ? LOOK_NS - since : 0);
}

static void on_timer(struct loop_timer *expired)
{
	(void)expired;
	if (waiter.waiting) {
		look_after(LOOK_NS);
		return;
	}
	due = false;
	looked_ns = clock_mono_ns();
	must_show = bus_feed()->cursor.seq;
	snapshot_request(&waiter);
}

/* Calls @fn with the retained events of this instance whose number is from @first to @last. */
static void tell(void (*fn)(const struct fault_event *ev), uint64_t first, uint64_t last)
{
	for (uint64_t number = window_first(); number < window_end(); number++) {
		const struct entry *entry = window_at(number);

		if (entry->kind == ENTRY_EVENT && entry->at.instance == instance &&
		    entry->at.seq >= first && entry->at.seq <= last)
			fn(&entry->event);
	}
}

static void expect(const struct fault_event *ev)
{
	health_expect(&health, ev);
}

static void replay(const struct fault_event *ev)
{
	health_replay(&health, ev);
}

static void count(const struct fault_event *ev)
{
	if (!ev->synthetic && health_needs_events(&health))
		health_event(&health, ev, clock_mono_ns());
}

static void count_again(const struct fault_event *ev)
{
	if (!ev->synthetic && health_needs_events(&health))
		health_event_again(&health, ev, clock_mono_ns());
}

/* Makes rules that kept no state count the retained events up to @last. */
static void replay_up_to(uint64_t last)
{
	tell(expect, 0, last);
	tell(replay, 0, last);
	looked_seq = last;
}

static int look(const struct snapshot *s, uint64_t now_ns)
{
	int err;

	if (!instance) {
		err = health_begin(&health, s->devices, s->num_devices);
		if (err)
			return err;
		instance = s->module.instance;
		/* The replay includes the events that arrived after the counters were read. */
		replay_up_to(bus_feed()->cursor.seq);
		return 0;
	}
	if (s->module.instance != instance) {
		health_new_counters(&health, now_ns);
		instance = s->module.instance;
		tell(count, 0, UINT64_MAX);
		looked_seq = 0;
	}
	if (s->module.head > looked_seq)
		looked_seq = s->module.head;
	return health_look(&health, s->devices, s->num_devices, now_ns);
}

static void log_change(const struct health_change *change)
{
	char device[ADDRESS_LEN];
	const char *to = health_state_name(change->to);

	address_format(&change->device, device);
	if (change->from == HEALTH_UNKNOWN) {
		log_info("device %s is %s, as past events tell%s%s", device, to,
			 *change->rule ? ": " : "", change->rule);
	} else if (change->to > change->from) {
		log_warn("device %s is %s: %s", device, to, change->rule);
	} else {
		log_info("device %s is %s again: %s is over", device, to, change->rule);
	}
}

static void on_change(void *ctx, const struct health_change *change)
{
	struct health_change told = *change;

	(void)ctx;
	log_change(change);
	if (change->from != HEALTH_UNKNOWN)
		transitions[change->to]++;
	told.real_ns = clock_real_ns();
	bus_health(&told);
}

/* Sets the timer for the end of a time of quiet, unless a look is due before. */
static void await_quiet(uint64_t now_ns)
{
	uint64_t deadline = health_deadline(&health);

	if (health_awaits_events(&health))
		look_soon();
	if (!due && deadline != UINT64_MAX)
		loop_timer_arm(watch_loop, &timer, deadline - now_ns);
}

static void on_snapshot(struct snapshot_waiter *w, const struct snapshot *s)
{
	const struct feed_status *source = bus_feed();
	uint64_t now = clock_mono_ns();
	int err;

	(void)w;
	if (s->err) {
		look_soon();
		return;
	}
	/* The module is being loaded or unloaded: the feed calls on_caught_up() afterwards. */
	if (!s->present || !source->up || s->module.instance != source->cursor.instance)
		return;
	/* The snapshot was requested by another user before the event that must be included. */
	if (s->module.head < must_show) {
		look_after(0);
		return;
	}
	/*
	 * Events that are counted but not yet received would be taken for events of the past that
	 * are not retained.
	 */
	if (!instance && s->module.head > source->cursor.seq) {
		look_after(0);
		return;
	}
	err = look(s, now);
	if (err) {
		log_error("cannot judge the health of devices: %s", strerror(-err));
		look_soon();
	}
	health_settle(&health, now, on_change, NULL);
	await_quiet(now);
}

/*
 * A gap causes a look too, because the kernel's counters include the missing events.  Events before
 * the first look, and those of a new instance before its first look, are counted by this look.
 */
static void on_entry(const struct entry *entry, bool live)
{
	(void)live;
	if (entry->kind == ENTRY_HEALTH)
		return;
	events += entry->kind == ENTRY_EVENT;
	if (entry->kind == ENTRY_EVENT && entry->event.synthetic)
		return;
	if (entry->kind == ENTRY_EVENT && instance && entry->at.instance == instance)
		count(&entry->event);
	if (bus_ready())
		look_soon();
}

static void counts(struct output_counts *c)
{
	c->sent = events;
}

static const struct output output = {
	.name = "health",
	.init = init,
	.on_entry = on_entry,
	.on_caught_up = look_soon,
	.counts = counts,
	.fini = fini,
};

static void collect_transitions(struct expo *e, const struct snapshot *s)
{
	(void)s;
	for (enum health_state to = HEALTH_OK; to < HEALTH_STATES; to++)
		metric_add_for(e, "to", health_state_name(to), transitions[to]);
}

static const struct metric metrics[] = {
	{
		.family = { "faultcast_health_transitions_total", METRIC_COUNTER,
			    "Health transitions of all devices, by resulting state: ok, suspect "
			    "or faulty." },
		.details = "A state that the exporter concludes from past events when it starts is "
			   "not a transition.",
		.origin = METRIC_EXPORTER,
		.labels = "to",
		.collect = collect_transitions,
	},
	{ .family.name = NULL },
};

const struct feature feature_health = {
	.settings = (const struct setting_group *const[]){ &health_settings, NULL },
	.output = &output,
	.metrics = (const struct metric *const[]){ metrics, NULL },
};

int health_watch_set_rules(const struct health_rule *rules, size_t num)
{
	struct health_rule *copy;
	int err;

	if (!configured)
		default_rules();
	if (health_has_rules(&health, rules, num))
		return 0;
	copy = calloc(num + 1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, rules, num * sizeof(*copy));
	err = health_set_rules(&health, copy, num);
	if (err) {
		free(copy);
		return err;
	}
	free(configured);
	configured = copy;
	if (instance) {
		replay_up_to(looked_seq);
		tell(count_again, looked_seq + 1, UINT64_MAX);
	}
	if (bus_ready())
		look_soon();
	return 0;
}

bool health_watch_knows(uint64_t of_instance)
{
	return instance && of_instance == instance && health.num_rules;
}

uint32_t health_watch_kinds(void)
{
	uint32_t kinds = 0;

	for (size_t r = 0; r < health.num_rules; r++)
		if (health.rules[r].state > HEALTH_OK)
			kinds |= 1U << health.rules[r].kind;
	return kinds;
}

enum health_state health_watch_state(const struct address *device)
{
	return health_of(&health, device);
}

void health_watch_each(void (*each)(void *ctx, const struct address *device,
				    enum health_state state),
		       void *ctx)
{
	health_each(&health, each, ctx);
}
