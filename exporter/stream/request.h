/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a client of the stream.  Pure. */
#ifndef FAULTCAST_STREAM_REQUEST_H
#define FAULTCAST_STREAM_REQUEST_H

#include "model/cursor.h"
#include "model/filter.h"

enum stream_encoding { STREAM_NDJSON, STREAM_PROTOBUF, STREAM_SSE, STREAM_ENCODINGS };

enum stream_start {
	STREAM_OLDEST, /* with the oldest retained entry */
	STREAM_LATEST, /* with the next new entry */
	STREAM_AFTER,  /* after a cursor; if entries are missing there, with a gap */
};

struct stream_request {
	enum stream_encoding encoding;
	enum stream_start start;
	struct cursor after; /* for STREAM_AFTER */
	bool follow;	     /* wait for new entries instead of ending */
	bool serials;	     /* with the serial numbers of devices */
	uint64_t limit;	     /* end after this many events; 0: no limit */
	struct event_filter filter;
};

#endif
