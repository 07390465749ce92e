/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers requests with pages that are made from the kernel's counters.  All requests that wait at
 * the same time share one snapshot of the counters, and all of them that want the same format share
 * one page.  A page is written in slices between the loop's other work, so that it does not delay
 * events, however long it is.  The number of requests that hold a page is limited.
 */
#ifndef FAULTCAST_HTTP_PAGE_H
#define FAULTCAST_HTTP_PAGE_H

#include "bus/snapshot.h"
#include "expo/gzip.h"
#include "limits.h"
#include "request.h"

struct loop;

/* One format of the pages of an endpoint.  Only one page is written at a time. */
struct page_format {
	const char *content_type; /* static */
	const void *own;	  /* the endpoint's own */
	/*
	 * Prepares for writing a page of @s, which does not change until end().  Returns 0 or
	 * -errno.  Optional.
	 */
	int (*begin)(const struct page_format *format, const struct snapshot *s);
	/*
	 * Adds a part of the page to @body, which takes some tens of microseconds.  Returns false
	 * with the last part.
	 */
	bool (*step)(const struct page_format *format, const struct snapshot *s,
		     struct strbuf *body);
	/* Called once after begin(), whether the page is complete or not.  Optional. */
	void (*end)(void);
};

enum page_result { PAGE_OK, PAGE_FAILED, PAGE_REJECTED };

/* When an endpoint with pages answers 503, for docs/http-api.md. */
#define PAGE_UNAVAILABLE                                                                           \
	"the kernel module's counters cannot be read, or too many requests for this path are "     \
	"being answered already"

/* The pages of one endpoint. */
struct page_kind {
	enum limits_use use;
	void (*count)(enum page_result result); /* called for each request; optional */
};

/* The setting web.max-requests. */
extern const struct setting_group page_limit_settings;

/* Must be called before the HTTP server starts, so that a page is sent in the turn it is done. */
void page_init(struct loop *loop);

/* Answers requests that still wait with 503, and frees all memory. */
void page_fini(void);

/*
 * Answers @request with a page of this format, or with 503: if web.max-requests requests of @kind
 * are being answered already, or if the kernel's counters cannot be read.  Uses the state of
 * @request.
 */
void page_answer(struct http_request *request, const struct page_kind *kind,
		 const struct page_format *format);

#endif
