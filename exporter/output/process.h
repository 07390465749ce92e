/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process_* metrics that every Prometheus client library has. */
#ifndef FAULTCAST_OUTPUT_PROCESS_H
#define FAULTCAST_OUTPUT_PROCESS_H

#include "../strbuf.h"

/* Adds them in the text format; those that cannot be read are left out. */
void process_render(struct strbuf *sb);

#endif
