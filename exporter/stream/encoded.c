// SPDX-License-Identifier: GPL-2.0-or-later
#include "encoded.h"

#include "base/clock.h"
#include "base/json.h"
#include "bus/window.h"
#include "model/cursor.h"
#include "wire/encode.h"

/* Entries kept in encoded form.  Clients that keep up read the newest entries only. */
#define KEPT 1024

static struct kept {
	uint64_t number; /* number in the window plus 1; 0: unused */
	struct encoded encoded;
} kept[2][STREAM_ENCODINGS][KEPT]; /* [1]: with serial numbers */

/* HTML 9.2.6.  One line "data:" is enough, because the JSON has no line break. */
static void add_sse(struct strbuf *out, const struct stream_message *m)
{
	strbuf_addf(out, "id: %s\ndata: ", m->cursor);
	json_add_message(out, &m->msg.base);
	strbuf_adds(out, "\n\n");
}

static void add_message(struct strbuf *out, enum stream_encoding encoding,
			const struct stream_message *m)
{
	switch (encoding) {
	case STREAM_PROTOBUF:
		message_add_delimited(out, &m->msg.base);
		break;
	case STREAM_SSE:
		add_sse(out, m);
		break;
	default:
		json_add_message(out, &m->msg.base);
		strbuf_addc(out, '\n');
	}
}

const char *encoded_preface(enum stream_encoding encoding)
{
	/* A browser reconnects by itself, after this time in milliseconds. */
	return encoding == STREAM_SSE ? "retry: 2000\n\n" : "";
}

void encoded_entry(struct encoded *out, const struct stream_request *request,
		   const struct entry *entry)
{
	const enum stream_encoding encoding = request->encoding;
	struct stream_message m;

	strbuf_reset(&out->bytes);
	out->told = 0;
	switch (entry->kind) {
	case ENTRY_GAP:
		message_gap(&m, &entry->at, &entry->gap);
		break;
	case ENTRY_HEALTH:
		message_health(&m, &entry->at, &entry->health);
		break;
	case ENTRY_EVENT:
		if (message_suppressed_before(&m, &entry->event))
			add_message(&out->bytes, encoding, &m);
		if (message_lost_before(&m, &entry->event))
			add_message(&out->bytes, encoding, &m);
		out->told = out->bytes.len;
		message_event(&m, &entry->event);
		if (!request->serials)
			m.identity.msg.serial = NULL;
	}
	add_message(&out->bytes, encoding, &m);
}

void encoded_add_heartbeat(struct strbuf *out, enum stream_encoding encoding,
			   const struct cursor *at)
{
	struct stream_message m;

	message_heartbeat(&m, at, clock_real_ns());
	add_message(out, encoding, &m);
}

const struct encoded *encoded_window(uint64_t number, const struct stream_request *request)
{
	struct kept *k = &kept[request->serials][request->encoding][number % KEPT];

	/* An entry that could not be encoded for lack of memory is encoded again. */
	if (k->number != number + 1 || k->encoded.bytes.failed) {
		encoded_entry(&k->encoded, request, window_at(number));
		k->number = number + 1;
	}
	return &k->encoded;
}

void encoded_fini(void)
{
	struct kept *k = &kept[0][0][0];

	for (size_t i = 0; i < sizeof(kept) / sizeof(*k); i++, k++) {
		strbuf_free(&k->encoded.bytes);
		k->number = 0;
	}
}
