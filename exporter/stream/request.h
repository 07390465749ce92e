/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client may ask of the stream of events.  Pure. */
#ifndef FAULTCAST_STREAM_REQUEST_H
#define FAULTCAST_STREAM_REQUEST_H

#include "model/cursor.h"
#include "model/filter.h"

enum stream_encoding { STREAM_NDJSON, STREAM_PROTOBUF, STREAM_SSE, STREAM_ENCODINGS };

enum stream_start {
	STREAM_OLDEST, /* what is retained, then what comes */
	STREAM_LATEST, /* only what comes */
	STREAM_AFTER,  /* what follows a cursor; the gap first, if there is one */
};

struct stream_request {
	enum stream_encoding encoding;
	enum stream_start start;
	struct cursor after; /* of STREAM_AFTER */
	bool follow;	     /* wait for more instead of ending */
	uint64_t limit;	     /* end after so many events; 0: none */
	struct event_filter filter;
};

#endif
