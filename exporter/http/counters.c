// SPDX-License-Identifier: GPL-2.0-or-later
#include "counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

/* The state of a request that waits for the counters. */
struct waiting {
	struct http_request *request;
	struct snapshot_waiter waiter;
	void (*answer)(struct http_request *request, const struct snapshot *snapshot);
};

void counters_answer_error(struct http_request *request, int err)
{
	if (err == -ENOMEM)
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	else
		http_answer_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "cannot read the kernel module's counters: %s", strerror(-err));
}

static void on_snapshot(struct snapshot_waiter *waiter, const struct snapshot *snapshot)
{
	struct waiting *waiting = (void *)((char *)waiter - offsetof(struct waiting, waiter));

	if (snapshot->err)
		counters_answer_error(waiting->request, snapshot->err);
	else
		waiting->answer(waiting->request, snapshot);
	http_resume(waiting->request);
}

static void end(struct http_request *request)
{
	struct waiting *waiting = request->state;

	snapshot_cancel(&waiting->waiter);
	free(waiting);
}

void counters_then(struct http_request *request,
		   void (*answer)(struct http_request *request, const struct snapshot *snapshot))
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting) {
		counters_answer_error(request, -ENOMEM);
		return;
	}
	waiting->request = request;
	waiting->waiter.ready = on_snapshot;
	waiting->answer = answer;
	request->state = waiting;
	request->end = end;
	snapshot_request(&waiting->waiter);
}
