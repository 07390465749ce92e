// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/cursor.h"

#define BACKOFF_MIN_NS NSEC_PER_SEC
#define BACKOFF_MAX_NS (30 * NSEC_PER_SEC)
/* Limits of the time until expired rows are looked for again; the clock may be set meanwhile. */
#define RETAIN_MIN_NS NSEC_PER_SEC
#define RETAIN_MAX_NS (3600 * NSEC_PER_SEC)

enum read_state { READ_NONE, READ_ASKED, READ_DONE };

enum work { WORK_WAIT, WORK_QUIT, WORK_OPEN, WORK_WRITE, WORK_READ, WORK_RETAIN };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_there; /* the worker waits for it */
static pthread_cond_t work_done;  /* the loop's thread waits for it */
static pthread_t thread;
static int done_fd = -1;

/* Protected by the mutex. */
static struct {
	bool quit;
	bool exited;
	bool batch_full;	 /* the batch belongs to the worker, else to the loop's thread */
	enum read_state reading; /* READ_ASKED: the read belongs to the worker */
	uint64_t retry_ns;	 /* the worker does not open or write the file before this time */
	uint64_t retention_ns;
	uint64_t retention_bytes;
	bool retention_set; /* the limits have changed: apply them now */
	struct store_status status;
} shared;

static struct entry batch[STORE_BATCH];
static size_t batch_num;
static struct entry read_entries[STORE_READ_MAX];
static struct database_read reading;
static int read_code;

/* Used only by the worker. */
static struct {
	const char *path;
	struct database database;
	uint64_t backoff_ns; /* 0: the last operation succeeded */
	bool tried;	     /* writing the present batch has failed before */
	uint64_t retain_ns;  /* when to look for expired rows */
	char said[sizeof(((struct database *)0)->error)];
	struct log_site saying;
} own;

static void tell_loop(void)
{
	const uint64_t one = 1;
	ssize_t ignored = write(done_fd, &one, sizeof(one));

	(void)ignored; /* Fails only if the counter is at its maximum: then the loop wakes anyway.
			*/
}

/* Logs the error, unless it is the same as the last one.  A file of others is in the way. */
static void say(bool in_the_way)
{
	if (!strcmp(own.said, own.database.error))
		return;
	snprintf(own.said, sizeof(own.said), "%s", own.database.error);
	log_write(&own.saying, LOG_ERROR, "store %s: %s; trying again until it %s", own.path,
		  own.said, in_the_way ? "is moved away" : "works");
}

/* Returns true if a new file can be created. */
static bool move_aside(void)
{
	uint64_t seconds = clock_real_ns() / NSEC_PER_SEC;
	int err = database_move_aside(&own.database, &seconds);

	if (err < 0)
		log_error("store %s cannot be moved aside: %s", own.path, strerror(-err));
	else if (!err)
		log_error("store %s: moved to %s.corrupt-%llu, beginning a new one", own.path,
			  own.database.path, (unsigned long long)seconds);
	return err >= 0;
}

/*
 * Returns the time at which to try again.  @at_once: without delay, but only if the operation
 * before succeeded, so that the worker does not try again and again without a pause.
 */
static uint64_t back_off(bool at_once)
{
	uint64_t delay = own.backoff_ns;

	if (!delay)
		delay = at_once ? 0 : BACKOFF_MIN_NS;
	own.backoff_ns = delay ? 2 * delay : BACKOFF_MIN_NS;
	if (own.backoff_ns > BACKOFF_MAX_NS)
		own.backoff_ns = BACKOFF_MAX_NS;
	return clock_mono_ns() + delay;
}

/* Handles a failure: closes the file if it has to be opened again, and sets when to retry. */
static void trouble(int code)
{
	int primary = code & 0xff;
	bool at_once = code == SQLITE_READONLY_DBMOVED;

	say(code == DATABASE_FOREIGN);
	/* Another file may get the same inode. */
	if (code == SQLITE_READONLY_DBMOVED)
		own.database.ino = 0;
	/* With a full disk, the file can still be read. */
	if (primary != SQLITE_FULL)
		database_close(&own.database);
	if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
		at_once = move_aside();
	own.retain_ns = 0;
	pthread_mutex_lock(&mutex);
	shared.status.errors++;
	shared.status.up = false;
	shared.status.open = own.database.db;
	shared.retry_ns = back_off(at_once);
	pthread_cond_broadcast(&work_done);
	pthread_mutex_unlock(&mutex);
	tell_loop();
}

static void worked(void)
{
	if (own.said[0])
		log_info("store %s works again", own.path);
	own.said[0] = '\0';
	own.backoff_ns = 0;
	pthread_mutex_lock(&mutex);
	shared.status.up = true;
	shared.retry_ns = 0;
	pthread_mutex_unlock(&mutex);
}

static void open_file(void)
{
	int code = database_open(&own.database, own.path);
	bool waiting;

	if (code) {
		trouble(code);
		return;
	}
	own.retain_ns = 0;
	pthread_mutex_lock(&mutex);
	shared.status.open = true;
	waiting = shared.batch_full;
	pthread_mutex_unlock(&mutex);
	/* If a batch is waiting, writing it shows whether the store works. */
	if (!waiting)
		worked();
}

static uint64_t events_in_batch(void)
{
	uint64_t events = 0;

	for (size_t i = 0; i < batch_num; i++)
		events += batch[i].kind == ENTRY_EVENT;
	return events;
}

static void written(uint64_t events, uint64_t refused)
{
	own.tried = false;
	worked();
	pthread_mutex_lock(&mutex);
	shared.batch_full = false;
	shared.status.stored += events - refused;
	shared.status.refused += refused;
	pthread_cond_broadcast(&work_done);
	pthread_mutex_unlock(&mutex);
	tell_loop();
}

/* Returns how long rows are kept, in nanoseconds. */
static uint64_t retention(uint64_t *max_bytes)
{
	uint64_t ns;

	pthread_mutex_lock(&mutex);
	ns = shared.retention_ns;
	*max_bytes = shared.retention_bytes;
	pthread_mutex_unlock(&mutex);
	return ns;
}

static void write_batch(void)
{
	uint64_t events = events_in_batch(), soon = clock_mono_ns() + RETAIN_MIN_NS, max_bytes;
	size_t refused;
	bool more;
	int code;

	if (own.tried) {
		pthread_mutex_lock(&mutex);
		shared.status.retried += events;
		pthread_mutex_unlock(&mutex);
	}
	own.tried = true;
	code = database_write(&own.database, batch, batch_num, clock_real_ns(), &refused);
	if (!code) {
		written(events, refused);
		retention(&max_bytes);
		/* This deletes more rows than a batch adds, so the file does not grow. */
		code = database_retain_size(&own.database, max_bytes, &more);
		if (own.retain_ns > soon)
			own.retain_ns = soon;
	}
	if (code)
		trouble(code);
}

static void count_damaged(void)
{
	uint64_t damaged = own.database.damaged;

	if (!damaged)
		return;
	log_error("store %s: %llu rows make no sense and are skipped", own.path,
		  (unsigned long long)damaged);
	own.database.damaged = 0;
	pthread_mutex_lock(&mutex);
	shared.status.errors += damaged;
	pthread_mutex_unlock(&mutex);
}

static void read_rows(void)
{
	bool open = own.database.db;

	read_code = open ? database_read(&own.database, &reading) : SQLITE_CANTOPEN;
	count_damaged();
	if (open && read_code)
		trouble(read_code);
	pthread_mutex_lock(&mutex);
	shared.reading = READ_DONE;
	pthread_mutex_unlock(&mutex);
	tell_loop();
}

/* Returns when the oldest row expires, by CLOCK_MONOTONIC. */
static uint64_t next_retain(uint64_t oldest_ns, uint64_t since_ns)
{
	uint64_t left = oldest_ns - since_ns;

	if (!oldest_ns)
		return UINT64_MAX;
	if (left < RETAIN_MIN_NS)
		left = RETAIN_MIN_NS;
	return clock_mono_ns() + (left > RETAIN_MAX_NS ? RETAIN_MAX_NS : left);
}

static void retain(void)
{
	struct database *d = &own.database;
	uint64_t max_bytes, age_ns = retention(&max_bytes), now = clock_real_ns(), oldest_ns = 0;
	uint64_t since = now > age_ns ? now - age_ns : 0;
	bool larger, older, emptier;
	int code = database_retain_size(d, max_bytes, &larger);

	if (!code)
		code = database_retain_age(d, since, now, &older, &oldest_ns);
	if (!code)
		code = database_vacuum(d, &emptier);
	if (code) {
		trouble(code);
		return;
	}
	own.retain_ns = larger || older || emptier ? 0 : next_retain(oldest_ns, since);
	if (own.backoff_ns)
		worked();
	pthread_mutex_lock(&mutex);
	shared.status.oldest_ns = oldest_ns;
	shared.status.bytes = database_bytes(d);
	pthread_mutex_unlock(&mutex);
}

/* Writing comes before reading: a delayed read loses nothing, but a delayed batch may. */
static enum work choose(uint64_t *until_ns)
{
	uint64_t now = clock_mono_ns();
	bool may_try = now >= shared.retry_ns;

	if (shared.retention_set)
		own.retain_ns = 0;
	shared.retention_set = false;
	if (shared.quit && (!shared.batch_full || !may_try))
		return WORK_QUIT;
	if (may_try && !own.database.db)
		return WORK_OPEN;
	if (may_try && shared.batch_full)
		return WORK_WRITE;
	if (shared.reading == READ_ASKED)
		return WORK_READ;
	if (may_try && now >= own.retain_ns)
		return WORK_RETAIN;
	*until_ns = may_try ? own.retain_ns : shared.retry_ns;
	return WORK_WAIT;
}

/* Waits until @until_ns (CLOCK_MONOTONIC), or without limit if it is UINT64_MAX. */
static void wait_until(pthread_cond_t *cond, uint64_t until_ns)
{
	const struct timespec until = { .tv_sec = (time_t)(until_ns / NSEC_PER_SEC),
					.tv_nsec = (long)(until_ns % NSEC_PER_SEC) };

	if (until_ns == UINT64_MAX)
		pthread_cond_wait(cond, &mutex);
	else
		pthread_cond_timedwait(cond, &mutex, &until);
}

static enum work next_work(void)
{
	enum work work;
	uint64_t until_ns;

	pthread_mutex_lock(&mutex);
	while ((work = choose(&until_ns)) == WORK_WAIT)
		wait_until(&work_there, until_ns);
	pthread_mutex_unlock(&mutex);
	return work;
}

static void *run(void *arg)
{
	static void (*const works[])(void) = {
		[WORK_OPEN] = open_file,
		[WORK_WRITE] = write_batch,
		[WORK_READ] = read_rows,
		[WORK_RETAIN] = retain,
	};
	enum work work;

	(void)arg;
	while ((work = next_work()) != WORK_QUIT)
		works[work]();
	database_close(&own.database);
	pthread_mutex_lock(&mutex);
	shared.exited = true;
	pthread_cond_broadcast(&work_done);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void init_conds(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&work_there, &attr);
	pthread_cond_init(&work_done, &attr);
	pthread_condattr_destroy(&attr);
}

int store_worker_start(const struct store_config *config, int *fd)
{
	int err;

	memset(&shared, 0, sizeof(shared));
	shared.status.up = true;
	memset(&own, 0, sizeof(own));
	own.path = config->path;
	shared.retention_ns = config->retention_ns;
	shared.retention_bytes = config->retention_bytes;
	done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (done_fd < 0)
		return -errno;
	init_conds();
	err = pthread_create(&thread, NULL, run, NULL);
	if (err) {
		close(done_fd);
		return -err;
	}
	*fd = done_fd;
	return 0;
}

void store_worker_set_retention(uint64_t retention_ns, uint64_t retention_bytes)
{
	pthread_mutex_lock(&mutex);
	shared.retention_ns = retention_ns;
	shared.retention_bytes = retention_bytes;
	shared.retention_set = true;
	pthread_cond_broadcast(&work_there);
	pthread_mutex_unlock(&mutex);
}

uint64_t store_worker_stop(uint64_t deadline_ns)
{
	uint64_t left;
	bool exited;

	pthread_mutex_lock(&mutex);
	shared.quit = true;
	shared.retry_ns = 0;
	pthread_cond_broadcast(&work_there);
	while (!shared.exited && clock_mono_ns() < deadline_ns)
		wait_until(&work_done, deadline_ns);
	exited = shared.exited;
	left = shared.batch_full ? events_in_batch() : 0;
	pthread_mutex_unlock(&mutex);
	if (!exited) {
		pthread_detach(thread);
		return left;
	}
	pthread_join(thread, NULL);
	pthread_cond_destroy(&work_there);
	pthread_cond_destroy(&work_done);
	close(done_fd);
	return left;
}

struct entry *store_worker_batch(void)
{
	bool full;

	pthread_mutex_lock(&mutex);
	full = shared.batch_full;
	pthread_mutex_unlock(&mutex);
	return full ? NULL : batch;
}

void store_worker_write(size_t num)
{
	batch_num = num;
	pthread_mutex_lock(&mutex);
	shared.batch_full = true;
	pthread_cond_broadcast(&work_there);
	pthread_mutex_unlock(&mutex);
}

bool store_worker_settle(uint64_t deadline_ns)
{
	bool settled;

	pthread_mutex_lock(&mutex);
	while (shared.batch_full && shared.retry_ns <= clock_mono_ns() &&
	       clock_mono_ns() < deadline_ns)
		wait_until(&work_done, deadline_ns);
	settled = !shared.batch_full;
	pthread_mutex_unlock(&mutex);
	return settled;
}

void store_worker_read(const struct cursor *after, const struct event_filter *filter, size_t max)
{
	reading = (struct database_read){
		.after = *after,
		.filter = *filter,
		.max = max < STORE_READ_MAX ? max : STORE_READ_MAX,
		.entries = read_entries,
	};
	pthread_mutex_lock(&mutex);
	shared.reading = READ_ASKED;
	pthread_cond_broadcast(&work_there);
	pthread_mutex_unlock(&mutex);
}

const struct database_read *store_worker_take(int *code)
{
	bool done;

	pthread_mutex_lock(&mutex);
	done = shared.reading == READ_DONE;
	if (done)
		shared.reading = READ_NONE;
	pthread_mutex_unlock(&mutex);
	if (!done)
		return NULL;
	*code = read_code;
	return &reading;
}

struct store_status store_worker_status(void)
{
	struct store_status status;

	pthread_mutex_lock(&mutex);
	status = shared.status;
	pthread_mutex_unlock(&mutex);
	return status;
}
