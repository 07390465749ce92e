/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics as pages: one snapshot of the kernel's counters, written once in each format
 * for all who asked for it in the meantime, a little in every turn of the loop, so that no
 * event waits for a scrape.
 */
#ifndef FAULTCAST_METRICS_SCRAPE_H
#define FAULTCAST_METRICS_SCRAPE_H

#include "expo/expo.h"
#include "expo/gzip.h"

struct loop;

/* Whoever is given one releases it with scrape_page_put().  @text.packed is for who asked for it.
 */
struct scrape_page {
	struct gzip_text text;
	unsigned int users;
};

/* Embedded by whoever waits. */
struct scrape_waiter {
	const struct expo_format *format;
	bool gzip;
	/*
	 * Called once.  @page is the callee's; NULL: there is none for reason @err, -errno,
	 * which unless it is -ENOMEM is why the kernel's counters cannot be read.
	 */
	void (*ready)(struct scrape_waiter *waiter, struct scrape_page *page, int err);
	struct scrape_waiter *next;
	bool waiting;
};

/* Before the server that serves the pages, which sends a page in the turn in which it is done. */
void scrape_init(struct loop *loop);

/* Whoever still waits gets -ECANCELED. */
void scrape_fini(void);

/* May call ready() before it returns. */
void scrape_request(struct scrape_waiter *waiter);
void scrape_cancel(struct scrape_waiter *waiter);

void scrape_page_put(struct scrape_page *page);

/* For /metrics itself: what became of requests. */
enum scrape_result { SCRAPE_OK, SCRAPE_FAILED, SCRAPE_REJECTED, SCRAPE_RESULTS };
void scrape_count(enum scrape_result result);

#endif
