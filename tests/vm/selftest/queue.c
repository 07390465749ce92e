// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves: a queue (kmod/core/queue.c) returns the records it took, whole and in order. It
 * holds exactly as many as it was made for and refuses more. Meanwhile interrupts on all
 * CPUs put records and the worker takes them. Each put wakes the worker.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "check.h"

/* Number and CPU determine the whole record, so that a torn record is found. */
static void fill(struct faultcast_event *ev, unsigned int cpu, u64 number)
{
	unsigned int i;

	memset(ev, 0, sizeof(*ev));
	ev->seq = number;
	ev->mono_ns = ~number;
	ev->iova = number << 12;
	ev->slot = cpu;
	ev->pasid = number;
	for (i = 0; i < ARRAY_SIZE(ev->tlp); i++)
		ev->tlp[i] = number + i;
	ev->link_width = number;
	ev->kind = FAULTCAST_KIND_AER;
	ev->has = number;
}

/* Compares up to the last member, because padding behind it may not be copied. */
static bool is_whole(const struct faultcast_event *ev, unsigned int cpu)
{
	struct faultcast_event want;

	fill(&want, cpu, ev->seq);
	return !memcmp(ev, &want, offsetofend(struct faultcast_event, has));
}

static int put(u64 number)
{
	struct faultcast_event ev;

	fill(&ev, raw_smp_processor_id(), number);
	return faultcast_queue_put(&ev);
}

/* The next record must be @number, whole. */
static bool take(u64 number)
{
	struct faultcast_event ev = { };

	return expect(check_pop(&ev)) && expect_eq(ev.seq, number) &&
	       expect(is_whole(&ev, raw_smp_processor_id()));
}

static void in_order(void)
{
	struct faultcast_event first = { }, again = { };
	u64 number;

	if (!check_begin(3, 8))
		return;
	expect(!faultcast_queue_peek(raw_smp_processor_id(), &first));
	for (number = 1; number <= 5; number++)
		expect_eq(put(number), 0);
	expect_eq(faultcast_queue_len(), 5);
	expect(faultcast_queue_peek(raw_smp_processor_id(), &first));
	expect(faultcast_queue_peek(raw_smp_processor_id(), &again));
	expect_eq(first.seq, 1);
	expect_eq(again.seq, 1);
	expect_eq(faultcast_queue_len(), 5);
	for (number = 1; number <= 5; number++)
		take(number);
	expect_eq(faultcast_queue_len(), 0);
	expect(!faultcast_queue_peek(raw_smp_processor_id(), &first));
	check_end();
}

/* Exactly @records fit. A refused record leaves no trace. Each freed place takes one record. */
static void holds(unsigned int records)
{
	u64 number;

	if (!check_begin(3, records))
		return;
	for (number = 0; number < records; number++)
		expect_eq(put(number), 0);
	expect_eq(put(number), -ENOSPC);
	expect_eq(put(number), -ENOSPC);
	expect_eq(faultcast_queue_len(), records);
	take(0);
	expect_eq(put(number), 0);
	expect_eq(put(number + 1), -ENOSPC);
	for (number = 1; number <= records; number++)
		take(number);
	expect_eq(faultcast_queue_len(), 0);
	check_end();
}

static void holds_two(void)
{
	holds(2);
}

static void holds_1024(void)
{
	holds(1024);
}

static void holds_65536(void)
{
	holds(65536);
}

/*
 * 1 to 7 records at a time through 8 places, so that both ends have every distance at
 * every place.
 */
static void wraps_around(void)
{
	u64 in = 0, out = 0;
	unsigned int round, i;

	if (!check_begin(3, 8))
		return;
	for (round = 0; round < 1000; round++) {
		for (i = 0; i < 1 + round % 7; i++)
			if (!expect_eq(put(in++), 0))
				break;
		while (out < in)
			if (!take(out++))
				break;
	}
	expect_eq(faultcast_queue_len(), 0);
	check_end();
}

static void put_one(unsigned int nth, void *refused)
{
	if (put(raw_smp_processor_id()))
		atomic_inc(refused);
}

static void a_queue_per_cpu(void)
{
	atomic_t refused = ATOMIC_INIT(0);
	struct faultcast_event ev;
	unsigned int cpus, i;
	int cpu;

	if (!check_several_cpus() || !check_begin(3, 2))
		return;
	/* A full queue of this CPU must not affect the other CPUs. */
	put(1000);
	put(1001);
	cpus = check_on_all_cpus(put_one, &refused);
	expect_eq(atomic_read(&refused), 1);
	expect_eq(faultcast_queue_len(), 2 + cpus - 1);
	take(1000);
	take(1001);
	for_each_online_cpu(cpu) {
		for (i = 0; faultcast_queue_peek(cpu, &ev); i++) {
			expect_eq(ev.seq, cpu);
			faultcast_queue_skip(cpu);
		}
		expect_eq(i, cpu != raw_smp_processor_id());
	}
	expect_eq(faultcast_queue_len(), 0);
	check_end();
}

/* Nothing else may have woken the worker meanwhile. */
static void expect_woken(int times)
{
	faultcast_queue_sync();
	expect_eq(atomic_read(&check_woken), times);
	expect_eq(atomic_read(&check_woken_elsewhere), 0);
	atomic_set(&check_woken, 0);
}

/* The worker does this before it looks at the queues. */
static void look(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		faultcast_queue_rearm(cpu);
}

static void wakes_the_worker(void)
{
	if (!check_begin(3, 2))
		return;
	expect_woken(0);
	put(1);
	expect_woken(1);
	/* The worker was woken and has not looked yet, so it is not woken again. */
	put(2);
	expect_woken(0);
	look();
	expect_woken(0);
	/* A refused record wakes the worker, because the queue is full. */
	expect_eq(put(3), -ENOSPC);
	expect_woken(1);
	faultcast_queue_kick();
	expect_woken(1);
	take(1);
	take(2);
	expect_woken(0);
	check_end();
}

static void put_three(unsigned int nth, void *unused)
{
	put(1);
	put(2);
	put(3);
}

static void wakes_once_for_a_batch(void)
{
	unsigned int cpus;

	if (!check_begin(3, 4))
		return;
	/* The first put wakes the worker. The later ones do not, because it has not looked yet. */
	cpus = check_on_all_cpus(put_three, NULL);
	expect_woken(cpus);
	check_end();
}

#define QUEUE_LEN	64
#define BATCH		48	/* puts in one interrupt: sometimes more than fit */
#define ROUNDS		2000

/* A CPU's queue has two producers: interrupts, and a task that they interrupt. */
enum { BY_INTERRUPT, BY_TASK, PRODUCERS };

struct stream {
	u64 number;	/* number of the last offered record, from 1 */
	u64 refused;
	u64 taken;
	u64 last;	/* number of the last taken record */
};

struct flood {
	struct stream (*cpus)[PRODUCERS];
	atomic_t done;
};

static void offer(struct flood *flood, unsigned int producer)
{
	unsigned int cpu = raw_smp_processor_id();
	struct stream *stream = &flood->cpus[cpu][producer];
	struct faultcast_event ev;

	fill(&ev, cpu * PRODUCERS + producer, ++stream->number);
	stream->refused += !!faultcast_queue_put(&ev);
}

static void offer_batch(unsigned int nth, void *flood)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		offer(flood, BY_INTERRUPT);
}

/* Runs on another CPU than the test, so that it interrupts the test's task anywhere. */
static int flood_all(void *arg)
{
	struct flood *flood = arg;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		check_on_all_cpus(offer_batch, flood);
		cond_resched();
	}
	atomic_set_release(&flood->done, 1);
	/* The thread must exist until it is stopped. */
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

static bool drain(struct flood *flood, int cpu)
{
	struct faultcast_event ev;
	unsigned int i;

	for (i = 0; faultcast_queue_peek(cpu, &ev); i++) {
		struct stream *stream = &flood->cpus[cpu][ev.slot % PRODUCERS];

		expect_eq(ev.slot / PRODUCERS, cpu);
		expect(is_whole(&ev, ev.slot));
		expect(ev.seq > stream->last);
		stream->last = ev.seq;
		stream->taken++;
		faultcast_queue_skip(cpu);
	}
	return i;
}

static void run_flood(struct flood *flood)
{
	struct task_struct *task = kthread_create_on_cpu(flood_all, flood,
							 cpumask_last(cpu_online_mask),
							 "faultcast_flood/%u");
	bool done, more;
	int cpu;

	if (!expect(!IS_ERR(task)))
		return;
	wake_up_process(task);
	do {
		done = atomic_read_acquire(&flood->done);
		if (!done)
			offer(flood, BY_TASK);
		more = false;
		for_each_online_cpu(cpu)
			more |= drain(flood, cpu);
		cond_resched();
	} while (!done || more);
	kthread_stop(task);
}

/* Every offered record was taken or refused. Returns how many were taken. */
static u64 expect_conserved(const struct stream *stream, u64 *refused)
{
	expect_eq(stream->taken + stream->refused, stream->number);
	*refused += stream->refused;
	return stream->taken;
}

static void drained_while_interrupts_put(void)
{
	u64 refused = 0, by_interrupt = 0, by_task = 0;
	struct flood flood = { };
	int cpu;

	if (!check_several_cpus() || !check_begin(3, QUEUE_LEN))
		return;
	flood.cpus = kcalloc(nr_cpu_ids, sizeof(*flood.cpus), GFP_KERNEL);
	if (expect(flood.cpus)) {
		run_flood(&flood);
		for_each_online_cpu(cpu) {
			expect_eq(flood.cpus[cpu][BY_INTERRUPT].number, (u64)ROUNDS * BATCH);
			by_interrupt += expect_conserved(&flood.cpus[cpu][BY_INTERRUPT], &refused);
			by_task += expect_conserved(&flood.cpus[cpu][BY_TASK], &refused);
		}
		check_note("taken: %llu put by interrupts, %llu by a task; refused: %llu",
			   by_interrupt, by_task, refused);
		/*
		 * Otherwise the producers and the consumer did not run at the same time,
		 * or no queue was ever full.
		 */
		expect(by_interrupt > (u64)QUEUE_LEN * num_online_cpus());
		expect(by_task > 0 && refused > 0);
	}
	expect_eq(faultcast_queue_len(), 0);
	kfree(flood.cpus);
	check_end();
}

static const struct check_case cases[] = {
	{ "records come out whole and in order", in_order },
	{ "2 records fit", holds_two },
	{ "1024 records fit", holds_1024 },
	{ "65536 records fit", holds_65536 },
	{ "it wraps around", wraps_around },
	{ "each CPU has its own queue", a_queue_per_cpu },
	{ "a put wakes the worker, in hard irq", wakes_the_worker },
	{ "many puts wake the worker once", wakes_once_for_a_batch },
	{ "drained while interrupts on all CPUs put", drained_while_interrupts_put },
};

const struct check_group check_queue =
	CHECK_GROUP("queue", cases, struct check_case, check_run_case);
