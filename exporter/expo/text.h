/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prometheus text exposition format 0.0.4.  Pure. */
#ifndef FAULTCAST_EXPO_TEXT_H
#define FAULTCAST_EXPO_TEXT_H

#include <stdint.h>

#include "../strbuf.h"

#define TEXT_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct label {
	const char *name; /* NULL ends the list */
	const char *value;
};

/* The HELP and TYPE lines that precede a family's samples. */
void text_family(struct strbuf *sb, const char *name, const char *type, const char *help);

/* One sample; @suffix ("_bucket", ...) or "" follows the name; @labels may be NULL. */
void text_count(struct strbuf *sb, const char *name, const char *suffix, const struct label *labels,
		uint64_t value);
void text_value(struct strbuf *sb, const char *name, const char *suffix, const struct label *labels,
		double value);

#endif
