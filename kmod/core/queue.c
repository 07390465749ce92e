// SPDX-License-Identifier: GPL-2.0-only
/*
 * One bounded queue per CPU.  Code that runs on the CPU with interrupts off is the
 * only producer, and the worker is the only consumer, so the kfifo needs no lock.  A
 * probe cannot interrupt a put either: the kprobe is in dmar_fault(), which is never
 * called while an event is put.
 */
#include <linux/irq_work.h>
#include <linux/kfifo.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "event.h"
#include "queue.h"

struct cpu_queue {
	DECLARE_KFIFO_PTR(fifo, struct faultcast_event);
	void *buffer;
	struct irq_work work;
	u32 woken;		/* 1: the worker was woken and has not read the queue yet */
};

/* riscv has no xchg() of smaller types in 6.1. */
static_assert(sizeof_field(struct cpu_queue, woken) >= sizeof(u32));

static DEFINE_PER_CPU(struct cpu_queue, queues);
static void (*wake_worker)(void);

static void wake(struct irq_work *work)
{
	wake_worker();
}

int faultcast_queue_init(unsigned int records, void (*wake_fn)(void))
{
	size_t bytes = array_size(records, sizeof(struct faultcast_event));
	int cpu;

	wake_worker = wake_fn;
	for_each_possible_cpu(cpu) {
		struct cpu_queue *q = per_cpu_ptr(&queues, cpu);

		q->woken = 0;
		/* Runs in hard irq, not in a thread, on PREEMPT_RT too. */
		q->work = IRQ_WORK_INIT_HARD(wake);
		q->buffer = kvmalloc_node(bytes, GFP_KERNEL, cpu_to_node(cpu));
		if (!q->buffer || kfifo_init(&q->fifo, q->buffer, bytes)) {
			faultcast_queue_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void faultcast_queue_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu_queue *q = per_cpu_ptr(&queues, cpu);

		kvfree(q->buffer);
		q->buffer = NULL;
	}
}

int faultcast_queue_put(const struct faultcast_event *ev)
{
	struct cpu_queue *q;
	unsigned long flags;
	unsigned int taken;

	local_irq_save(flags);
	q = this_cpu_ptr(&queues);
	taken = kfifo_put(&q->fifo, *ev);
	/*
	 * Wake the worker also if the queue is full.  In a storm the worker is
	 * already woken, and a self-interrupt for every fault would cost more than
	 * the fault itself.  xchg() is a full barrier, which pairs with
	 * faultcast_queue_rearm().
	 */
	if (!xchg(&q->woken, 1))
		irq_work_queue(&q->work);
	local_irq_restore(flags);
	return taken ? 0 : -ENOSPC;
}

void faultcast_queue_kick(void)
{
	unsigned long flags;

	local_irq_save(flags);
	irq_work_queue(&this_cpu_ptr(&queues)->work);
	local_irq_restore(flags);
}

void faultcast_queue_rearm(int cpu)
{
	struct cpu_queue *q = per_cpu_ptr(&queues, cpu);

	if (!READ_ONCE(q->woken))
		return;
	WRITE_ONCE(q->woken, 0);
	smp_mb();	/* before the queue is read: pairs with xchg() in faultcast_queue_put() */
}

bool faultcast_queue_peek(int cpu, struct faultcast_event *ev)
{
	struct cpu_queue *q = per_cpu_ptr(&queues, cpu);

	if (kfifo_is_empty(&q->fifo))
		return false;
	smp_rmb();	/* the record after the index: pairs with __kfifo_in() */
	return kfifo_peek(&q->fifo, ev);
}

void faultcast_queue_skip(int cpu)
{
	smp_mb();	/* the record was read before its place is free again */
	kfifo_skip(&per_cpu_ptr(&queues, cpu)->fifo);
}

u64 faultcast_queue_len(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += kfifo_len(&per_cpu_ptr(&queues, cpu)->fifo);
	return sum;
}

void faultcast_queue_sync(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(&queues, cpu)->work);
}
