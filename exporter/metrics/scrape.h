/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers requests for metrics with pages.  All requests that wait at the same time share one
 * snapshot of the kernel's counters, and all of them that want the same format share one page.  A
 * page is written in slices between the loop's other work, so that a scrape does not delay events.
 */
#ifndef FAULTCAST_METRICS_SCRAPE_H
#define FAULTCAST_METRICS_SCRAPE_H

#include "expo/expo.h"
#include "expo/gzip.h"

struct loop;

/* A page, shared by its users.  Only users that asked for gzip may read @text.packed. */
struct scrape_page {
	struct gzip_text text;
	unsigned int users; /* references */
};

/* A request for a page, in the caller's memory.  The caller sets @format, @gzip and @ready. */
struct scrape_waiter {
	const struct expo_format *format;
	bool gzip;
	/*
	 * Called once.  The callee must release @page with scrape_page_put().  If @page is NULL,
	 * @err says why, as -errno: -ENOMEM, or the error of reading the kernel's counters.
	 */
	void (*ready)(struct scrape_waiter *waiter, struct scrape_page *page, int err);
	struct scrape_waiter *next;
	bool waiting;
};

/* Must be called before the HTTP server starts, so that a page is sent in the turn it is done. */
void scrape_init(struct loop *loop);

/* Answers requests that still wait with -ECANCELED, and frees all memory. */
void scrape_fini(void);

/* Asks for a page.  May call ready() before it returns. */
void scrape_request(struct scrape_waiter *waiter);

/* Withdraws a request: ready() will not be called.  Does nothing if it was called already. */
void scrape_cancel(struct scrape_waiter *waiter);

/* Releases one reference to @page, which may be NULL. */
void scrape_page_put(struct scrape_page *page);

/* Counts one request for metrics by its result, for faultcast_scrapes_total. */
enum scrape_result { SCRAPE_OK, SCRAPE_FAILED, SCRAPE_REJECTED, SCRAPE_RESULTS };
void scrape_count(enum scrape_result result);

#endif
