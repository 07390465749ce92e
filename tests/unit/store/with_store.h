/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store in a temporary directory, for the tests of the store. The test delivers entries
 * through the bus, as the feed does, and reads them back.
 */
#ifndef FAULTCAST_TEST_WITH_STORE_H
#define FAULTCAST_TEST_WITH_STORE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../with_bus.h"
#include "base/clock.h"
#include "bus/window.h"
#include "model/address.h"
#include "model/cursor.h"
#include "model/event.h"
#include "model/gap.h"
#include "store/store.h"

#define WAIT_NS (60 * NSEC_PER_SEC)
#define DAY_NS (86400 * NSEC_PER_SEC)

static char test_dir[] = "/tmp/faultcast-store-XXXXXX";
static char test_path[sizeof(test_dir) + 16];
static struct store_config test_config = { .path = test_path };
static uint64_t test_published;
static bool test_running;

static inline int remove_files(void **state)
{
	DIR *dir = opendir(test_dir);
	struct dirent *file;

	(void)state;
	while (dir && (file = readdir(dir)))
		if (file->d_name[0] != '.')
			unlinkat(dirfd(dir), file->d_name, 0);
	if (dir)
		closedir(dir);
	return 0;
}

static inline int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(test_dir))
		return -1;
	snprintf(test_path, sizeof(test_path), "%s/events", test_dir);
	return 0;
}

static inline int remove_dir(void **state)
{
	remove_files(state);
	return rmdir(test_dir);
}

static inline void start(void)
{
	test_published = 0;
	*(struct store_config *)store_settings.running = test_config;
	assert_int_equal(start_bus(), 0);
	test_running = true;
}

static inline void stop(void)
{
	if (!test_running)
		return;
	test_running = false;
	stop_bus();
}

static inline int set_up(void **state)
{
	test_config.retention_ns = 15 * DAY_NS;
	test_config.retention_bytes = 1ULL << 30;
	remove_files(state);
	start();
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	stop();
	return 0;
}

/* Kind, device and time depend on the sequence number, so that filters have something to select. */
static inline struct fault_event make_event(uint64_t instance, uint64_t seq)
{
	return (struct fault_event){
		.instance = instance,
		.seq = seq,
		.kind = seq % 10 ? FAULTCAST_KIND_IO_PAGE_FAULT : FAULTCAST_KIND_LINK,
		.device = { .type = ADDRESS_PCI, .bdf = (uint16_t)(seq % 7) },
		.real_ns = clock_real_ns(),
		.mono_ns = seq << 12,
	};
}

static inline void publish(uint64_t instance, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++) {
		const struct fault_event ev = make_event(instance, seq);

		bus_sink.event(NULL, &ev, true);
		test_published++;
	}
}

static inline void publish_gap(uint64_t instance, uint64_t from, uint64_t to)
{
	const struct cursor at = { .instance = instance, .seq = to };
	const struct fault_gap gap = { .reason = GAP_HISTORY, .from = from, .to = to };

	bus_sink.gap(NULL, &at, &gap);
}

static inline struct store_status get_status(void)
{
	struct store_status status;

	assert_true(store_get_status(&status));
	return status;
}

static inline struct output_counts get_counts(void)
{
	struct output_counts counts = { .received = test_published };

	feature_store.output->counts(&counts);
	return counts;
}

/* Runs the loop until @wanted() is true. A hook calls it after each turn of the loop. */
static bool (*test_wanted)(void);
static uint64_t test_deadline_ns;

static inline int ask_soon(struct loop_hook *hook)
{
	(void)hook;
	return 5;
}

static inline void ask(struct loop_hook *hook)
{
	(void)hook;
	if (test_wanted())
		loop_stop(&test_loop);
	else if (clock_mono_ns() > test_deadline_ns)
		fail_msg("waited too long");
}

static inline void run_until(bool (*wanted)(void))
{
	static struct loop_hook hook = { .timeout_ms = ask_soon, .run = ask };

	test_wanted = wanted;
	test_deadline_ns = clock_mono_ns() + WAIT_NS;
	test_loop.stopping = false;
	loop_add_hook(&test_loop, &hook);
	assert_int_equal(loop_run(&test_loop), 0);
	loop_del_hook(&test_loop, &hook);
}

static inline bool all_stored(void)
{
	return !get_counts().lag;
}

static inline bool is_down(void)
{
	return !get_status().up;
}

static inline bool is_up(void)
{
	return get_status().up && get_status().open;
}

/* The text of everything that a reader received: a run of events is "abc:1-9", a gap "gap1:3-9". */
static struct {
	struct strbuf text;
	struct cursor from, last; /* the run of events */
	uint64_t events;
	uint64_t missing; /* events stated as missing */
	unsigned int reads;
	int err;
	bool end;
} test_got;

static struct entry test_entries[64];

static inline void end_run(void)
{
	if (test_got.from.instance)
		strbuf_addf(&test_got.text, "%llx:%llu-%llu ",
			    (unsigned long long)test_got.from.instance,
			    (unsigned long long)test_got.from.seq,
			    (unsigned long long)test_got.last.seq);
	test_got.from.instance = 0;
}

static inline void note_event(const struct entry *entry)
{
	const struct cursor *at = &entry->at;

	assert_int_equal(entry->event.mono_ns, at->seq << 12);
	assert_int_equal(entry->event.instance, at->instance);
	if (test_got.from.instance != at->instance || test_got.last.seq + 1 != at->seq) {
		end_run();
		test_got.from = *at;
	}
	test_got.last = *at;
	test_got.events++;
}

static inline void note_gap(const struct entry *entry)
{
	const struct fault_gap *gap = &entry->gap;

	end_run();
	if (gap->from)
		strbuf_addf(&test_got.text, "gap%d:%llu-%llu ", gap->reason,
			    (unsigned long long)gap->from, (unsigned long long)gap->to);
	else
		strbuf_addf(&test_got.text, "gap%d@%llx.%llu ", gap->reason,
			    (unsigned long long)entry->at.instance,
			    (unsigned long long)entry->at.seq);
	if (gap->from)
		test_got.missing += gap->to - gap->from + 1;
}

static inline void note_health(const struct entry *entry)
{
	end_run();
	strbuf_addf(&test_got.text, "%s@%llx.%llu ", entry->health.rule,
		    (unsigned long long)entry->at.instance, (unsigned long long)entry->at.seq);
}

static inline void on_read(struct store_read *read)
{
	test_got.reads++;
	test_got.err = read->err;
	test_got.end = read->end;
	for (size_t i = 0; i < read->num; i++) {
		switch (read->entries[i].kind) {
		case ENTRY_EVENT:
			note_event(&read->entries[i]);
			break;
		case ENTRY_GAP:
			note_gap(&read->entries[i]);
			break;
		case ENTRY_HEALTH:
			note_health(&read->entries[i]);
			break;
		}
	}
	read->after = read->scanned;
	if (!read->end && !read->err)
		store_read(read);
}

static inline bool is_read(void)
{
	return test_got.end || test_got.err;
}

/* Reads everything that follows @after; "" reads from the beginning. */
static inline const char *read_store(const char *after, const struct event_filter *filter)
{
	static const struct event_filter all;
	struct store_read read = { .filter = filter ? filter : &all,
				   .entries = test_entries,
				   .max = sizeof(test_entries) / sizeof(test_entries[0]),
				   .done = on_read };

	if (*after)
		assert_int_equal(cursor_parse(after, &read.after), 0);
	strbuf_free(&test_got.text);
	memset(&test_got, 0, sizeof(test_got));
	store_read(&read);
	run_until(is_read);
	end_run();
	if (test_got.err)
		strbuf_addf(&test_got.text, "err %d", -test_got.err);
	else
		strbuf_adds(&test_got.text, "end");
	return strbuf_str(&test_got.text);
}

#endif
