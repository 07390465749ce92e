// SPDX-License-Identifier: GPL-2.0-or-later
#include "reload.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "expo/metric.h"

static struct settings *running;
static int flags_argc;
static char **flags;
static struct reload_status status;

static void succeeded(void)
{
	status.successful = true;
	status.success_ns = clock_real_ns();
}

int reload_begin(struct settings *settings, int argc, char **argv)
{
	int err = settings_start(settings);

	running = settings;
	flags_argc = argc;
	flags = argv;
	if (!err)
		succeeded();
	return err;
}

void reload_fini(void)
{
	settings_free(running);
}

void reload_now(void)
{
	struct strbuf error = STRBUF_INIT, others = STRBUF_INIT;
	struct settings fresh = { .features = NULL };
	int err;

	if (!*program_options.config_file) {
		log_info("nothing to read again: no --config.file");
		return;
	}
	err = settings_read(&fresh, running->features, flags_argc, flags, &error);
	if (err >= 0)
		err = settings_change(&fresh, &others);
	if (err) {
		status.successful = false;
		status.failures++;
		log_error("settings stay as they are: %s",
			  error.len ? strbuf_str(&error) : strerror(-err));
	} else {
		succeeded();
		log_info("%s was read again", program_options.config_file);
		if (others.len)
			log_warn("only a restart changes %s", strbuf_str(&others));
	}
	settings_free(&fresh);
	strbuf_free(&error);
	strbuf_free(&others);
}

const struct reload_status *reload_status(void)
{
	return &status;
}

static void collect_successful(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, status.successful);
}

static void collect_success_time(struct expo *e, const struct snapshot *s)
{
	(void)s;
	expo_sample(e, NULL, UNIT_NANOSECONDS, status.success_ns, NULL);
}

static void collect_failures(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, status.failures);
}

static const struct metric metrics[] = {
	{
		.family = { "faultcast_config_last_reload_successful", METRIC_GAUGE,
			    "1 if the last configuration reload succeeded, else 0." },
		.details = "The start of the exporter counts as a reload.",
		.origin = METRIC_EXPORTER,
		.collect = collect_successful,
	},
	{
		.family = { "faultcast_config_last_reload_success_timestamp_seconds", METRIC_GAUGE,
			    "Unix time of the last successful configuration reload." },
		.details = "The start of the exporter counts as a reload.",
		.origin = METRIC_EXPORTER,
		.collect = collect_success_time,
	},
	{
		.family = { "faultcast_config_reload_failures_total", METRIC_COUNTER,
			    "Configuration reloads that failed." },
		.details = "The exporter then continues with the settings that it has.",
		.origin = METRIC_EXPORTER,
		.collect = collect_failures,
	},
	{ .family.name = NULL },
};

const struct feature feature_reload = {
	.metrics = (const struct metric *const[]){ metrics, NULL },
};
