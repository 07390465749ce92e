// SPDX-License-Identifier: GPL-2.0-or-later
#include "page.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/clock.h"
#include "base/loop.h"

/* How long a page is written before the loop handles what else has come, such as events. */
#define SLICE_NS (200 * NSEC_PER_MSEC / 1000)
/* The same while the loop has much other work, of which a page must get its share. */
#define SLICE_MAX_NS (4 * NSEC_PER_MSEC)
#define FORMATS_MAX 32

/* A page, shared by its users.  Only users that asked for gzip may read @text.packed. */
struct page {
	struct gzip_text text;
	unsigned int users; /* references */
};

/* A request for a page: the state of the request. */
struct waiter {
	struct http_request *request;
	const struct page_kind *kind;
	const struct page_format *format;
	bool gzip;
	bool waiting;
	struct waiter *next;
};

struct options {
	uint64_t max_requests;
};

static const struct options defaults = { .max_requests = 40 };
static struct options options;

static const struct option_row rows[] = {
	{ .name = "web.max-requests",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, max_requests),
	  .max = UINT32_MAX,
	  .arg = "NUMBER",
	  .help = "requests answered at a time by each of /metrics, /v1/devices and "
		  "/v1/status, half of them for one address; 0: no limit" },
	{ .name = NULL },
};

const struct setting_group page_limit_settings = { rows, sizeof(options), &defaults, &options,
						   NULL };

static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *s);
static int hook_timeout(struct loop_hook *hook);
static void hook_run(struct loop_hook *hook);

static struct loop *page_loop;
static struct loop_hook hook = { .timeout_ms = hook_timeout, .run = hook_run };
static struct snapshot_waiter snapshot_waiter = { .ready = on_snapshot };

/*
 * @waiters share the present snapshot.  Requests in @late came after this snapshot was taken and
 * wait for the next one.
 */
static struct waiter *waiters, *late;

/* The page that is being written: first its text, then, while @is_packing, the gzip of it. */
static const struct snapshot *snapshot; /* NULL: no page is being written */
static const struct page_format *format;
static struct page *page;
static bool has_begun; /* the format's begin() has succeeded */
static bool is_packing;
static uint64_t slice_end_ns; /* when the last slice ended; 0: the next one is the first */
static struct gzip gzip;

/* Each format's last page that was compressed: the next one reuses equal parts of it. */
static struct memory {
	const struct page_format *format;
	struct page *packed;
	size_t len; /* length of the last page, which the next one reserves at once */
} memories[FORMATS_MAX];

static void put(struct page *p)
{
	if (!p || --p->users)
		return;
	gzip_text_free(&p->text);
	free(p);
}

static struct memory *memory_of(const struct page_format *f)
{
	size_t i = 0;

	while (memories[i].format && memories[i].format != f)
		i++;
	assert(i < FORMATS_MAX - 1);
	memories[i].format = f;
	return &memories[i];
}

static bool is_writing(void)
{
	return snapshot;
}

static void count(const struct waiter *waiter, enum page_result result)
{
	if (waiter->kind->count)
		waiter->kind->count(result);
}

static void release(void *owner)
{
	put(owner);
}

static void answer_page(const struct waiter *waiter, struct page *p)
{
	struct http_request *request = waiter->request;

	p->users++;
	http_answer_buffer(request, waiter->format->content_type,
			   waiter->gzip ? &p->text.packed : &p->text.plain, release, p);
	request->vary = "Accept, Accept-Encoding";
	if (waiter->gzip)
		request->content_encoding = "gzip";
}

static void answer_error(struct http_request *request, int err)
{
	if (err == -ENOMEM)
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	else
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "cannot read the kernel module's counters: %s", strerror(-err));
}

/*
 * Answers all waiters for this format and encoding, or all waiters if @f is NULL.  Without a page
 * (@p is NULL) they get @err.
 */
static void deliver(const struct page_format *f, bool zipped, struct page *p, int err)
{
	struct waiter **at = &waiters;

	while (*at) {
		struct waiter *waiter = *at;

		if (f && (waiter->format != f || waiter->gzip != zipped)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->waiting = false;
		count(waiter, p ? PAGE_OK : PAGE_FAILED);
		if (p)
			answer_page(waiter, p);
		else
			answer_error(waiter->request, err);
		http_resume(waiter->request);
	}
}

static bool is_wanted(const struct page_format *f, bool zipped)
{
	for (const struct waiter *w = waiters; w; w = w->next)
		if (w->format == f && w->gzip == zipped)
			return true;
	return false;
}

static void next_round(void)
{
	waiters = late;
	late = NULL;
	if (waiters)
		snapshot_request(&snapshot_waiter);
}

static void end_page(void)
{
	if (has_begun && format->end)
		format->end();
	has_begun = is_packing = false;
	gzip_end(&gzip);
	put(page);
	page = NULL;
}

static void give_up(int err)
{
	end_page();
	deliver(format, false, NULL, err);
	deliver(format, true, NULL, err);
}

static int begin_page(void)
{
	int err;

	page = calloc(1, sizeof(*page));
	if (!page)
		return -ENOMEM;
	page->users = 1;
	err = format->begin ? format->begin(format, snapshot) : 0;
	has_begun = !err;
	strbuf_reserve(&page->text.plain, memory_of(format)->len);
	return err;
}

/* Continues with the next format for which a request waits. */
static void next_page(void)
{
	while (waiters) {
		int err;

		format = waiters->format;
		err = begin_page();
		if (!err)
			return;
		give_up(err);
	}
	snapshot = NULL;
	snapshot_release();
	next_round();
}

static bool mark(bool last)
{
	return !gzip_mark(&page->text, page->text.plain.len, last);
}

static void end_plain(void)
{
	const struct memory *memory = memory_of(format);

	deliver(format, false, page, 0);
	if (is_wanted(format, true)) {
		if (!gzip_begin(&gzip, &page->text,
				memory->packed ? &memory->packed->text : NULL)) {
			is_packing = true;
			return;
		}
		give_up(-ENOMEM);
	} else {
		end_page();
	}
	next_page();
}

static void end_packed(void)
{
	struct memory *memory = memory_of(format);

	if (page->text.packed.failed) {
		give_up(-ENOMEM);
	} else {
		deliver(format, true, page, 0);
		put(memory->packed);
		memory->packed = page;
		page->users++;
		end_page();
	}
	next_page();
}

static void write_part(void)
{
	struct strbuf *body = &page->text.plain;
	bool more = format->step(format, snapshot, body);

	if (body->failed || !mark(!more)) {
		give_up(-ENOMEM);
		next_page();
	} else if (!more) {
		memory_of(format)->len = body->len;
		end_plain();
	}
}

static int hook_timeout(struct loop_hook *h)
{
	(void)h;
	return is_writing() ? 0 : -1;
}

/* A quarter of the time that the loop has spent on other work since the last slice. */
static uint64_t slice_ns(uint64_t now)
{
	uint64_t ns = slice_end_ns ? (now - slice_end_ns) / 4 : 0;

	if (ns < SLICE_NS)
		return SLICE_NS;
	return ns > SLICE_MAX_NS ? SLICE_MAX_NS : ns;
}

static void hook_run(struct loop_hook *h)
{
	uint64_t now = clock_mono_ns(), end = now + slice_ns(now);

	(void)h;
	while (is_writing() && now < end) {
		if (!is_packing)
			write_part();
		else if (!gzip_step(&gzip))
			end_packed();
		now = clock_mono_ns();
	}
	slice_end_ns = is_writing() ? now : 0;
}

static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *s)
{
	(void)waiter;
	if (s->err || !waiters) {
		deliver(NULL, false, NULL, s->err);
		next_round();
		return;
	}
	snapshot_hold();
	snapshot = s;
	next_page();
}

static void wait_for_page(struct waiter *waiter)
{
	struct waiter **list = is_writing() ? &late : &waiters;
	bool first = !waiters;

	waiter->next = *list;
	waiter->waiting = true;
	*list = waiter;
	if (first && list == &waiters)
		snapshot_request(&snapshot_waiter);
}

static bool remove_from(struct waiter **at, const struct waiter *waiter)
{
	while (*at && *at != waiter)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = waiter->next;
	return true;
}

static void stop_waiting(struct waiter *waiter)
{
	if (!waiter->waiting)
		return;
	waiter->waiting = false;
	if (remove_from(&late, waiter))
		return;
	remove_from(&waiters, waiter);
	if (!waiters && !is_writing())
		snapshot_cancel(&snapshot_waiter);
}

static void end(struct http_request *request)
{
	struct waiter *waiter = request->state;

	limits_give_back(request->connection->client, waiter->kind->use);
	stop_waiting(waiter);
	free(waiter);
}

void page_answer(struct http_request *request, const struct page_kind *kind,
		 const struct page_format *f)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter) {
		answer_error(request, -ENOMEM);
		return;
	}
	*waiter = (struct waiter){ .request = request, .kind = kind, .format = f };
	waiter->gzip = http_accepts_gzip(request);
	if (!limits_take(request->connection->client, kind->use, options.max_requests)) {
		count(waiter, PAGE_REJECTED);
		free(waiter);
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many requests for %s are being answered already",
				 route_path(request->route));
		return;
	}
	request->state = waiter;
	request->end = end;
	wait_for_page(waiter);
}

void page_init(struct loop *loop)
{
	page_loop = loop;
	loop_add_hook(loop, &hook);
}

void page_fini(void)
{
	loop_del_hook(page_loop, &hook);
	snapshot_cancel(&snapshot_waiter);
	if (is_writing()) {
		end_page();
		snapshot = NULL;
		snapshot_release();
	}
	deliver(NULL, false, NULL, -ECANCELED);
	waiters = late;
	late = NULL;
	deliver(NULL, false, NULL, -ECANCELED);
	for (size_t i = 0; i < FORMATS_MAX; i++)
		put(memories[i].packed);
	memset(memories, 0, sizeof(memories));
}
