/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts requests for metrics by their result, for faultcast_scrapes_total. */
#ifndef FAULTCAST_METRICS_SCRAPE_H
#define FAULTCAST_METRICS_SCRAPE_H

enum scrape_result { SCRAPE_OK, SCRAPE_FAILED, SCRAPE_REJECTED, SCRAPE_RESULTS };

void scrape_count(enum scrape_result result);

#endif
