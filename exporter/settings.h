/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All settings of the exporter, and where they come from: flags over the
 * environment over the file over the defaults.
 */
#ifndef FAULTCAST_SETTINGS_H
#define FAULTCAST_SETTINGS_H

#include <stddef.h>

#include "config/config.h"
#include "http/endpoint_metrics.h"
#include "http/server.h"
#include "metrics/metrics.h"
#include "pci/devices.h"
#include "store/worker.h"

struct settings {
	struct http_options http;
	struct endpoint_metrics_options telemetry;
	struct metrics_options metrics;
	struct store_config store;
	struct devices_config devices;
	const char *config_file;
	int log_level;
	int log_format;
	uint64_t rcvbuf;
	uint64_t standin;
	bool config_check;
	bool version;
	bool help;
	struct config *config; /* the file's; NULL: there is none */
};

/* The table; its offsets refer to struct settings. */
extern const struct option_row settings_rows[];

/*
 * Reads all of them anew.  Returns the index of the first argument that is no
 * flag, or -EINVAL or -ENOMEM with one line in @error, and nothing to free in @settings.  With
 * --help and --version neither the environment nor the file is looked at.
 */
int settings_read(struct settings *settings, int argc, char **argv, struct strbuf *error);
void settings_free(struct settings *settings);

/* The rules of health that they have; *num of them. */
const struct health_rule *settings_rules(const struct settings *settings, size_t *num);

/*
 * Puts into @running what of @fresh may change while running, and adds the
 * names of the other settings that differ to @others.
 */
void settings_take_live(struct settings *running, const struct settings *fresh,
			struct strbuf *others);

/* What --help prints. */
void settings_help(struct strbuf *out);

#endif
