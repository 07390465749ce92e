/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing buffer of bytes.  When memory runs out, @failed is set, and every later addition does
 * nothing.  A writer therefore checks @failed only once, at the end.
 */
#ifndef FAULTCAST_BASE_STRBUF_H
#define FAULTCAST_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *s;    /* always NUL-terminated once something was added */
	size_t len; /* without the NUL */
	size_t size;
	bool failed;
};

#define STRBUF_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

/* Frees the memory; the buffer is empty and usable afterwards. */
void strbuf_free(struct strbuf *sb);

/* Empties the buffer and keeps its memory. */
void strbuf_reset(struct strbuf *sb);

/* Makes room for @extra bytes behind the content; false when out of memory. */
bool strbuf_reserve(struct strbuf *sb, size_t extra);

/* The content as a string, never NULL; owned by the buffer. */
const char *strbuf_str(const struct strbuf *sb);

/* Gives the memory (malloc) to the caller and empties the buffer. */
char *strbuf_detach(struct strbuf *sb);

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_add_u64(struct strbuf *sb, uint64_t value);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

static inline void strbuf_addc(struct strbuf *sb, char c)
{
	if (!strbuf_reserve(sb, 1))
		return;
	sb->s[sb->len++] = c;
	sb->s[sb->len] = '\0';
}

/* Adds @s quoted and escaped as a JSON string (RFC 8259 section 7). */
void strbuf_add_json_string(struct strbuf *sb, const char *s);

#endif
