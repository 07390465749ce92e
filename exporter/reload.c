// SPDX-License-Identifier: GPL-2.0-or-later
#include "reload.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "health/watch.h"
#include "store/store.h"

static struct settings *running;
static int flags_argc;
static char **flags;
static struct reload_status status;

/* The only step that can fail is the first. */
static int apply(const struct settings *settings)
{
	size_t num;
	const struct health_rule *rules = settings_rules(settings, &num);
	int err = health_watch_set_rules(rules, num);

	if (err)
		return err;
	log_setup((enum log_level)settings->log_level, (enum log_format)settings->log_format);
	store_set_retention(settings->store.retention_ns, settings->store.retention_bytes);
	return 0;
}

static void succeeded(void)
{
	status.successful = true;
	status.success_ns = clock_real_ns();
}

int reload_begin(struct settings *settings, int argc, char **argv)
{
	int err = apply(settings);

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
	struct settings fresh = { .config = NULL };
	int err = 0;

	if (!*running->config_file) {
		log_info("nothing to read again: no --config.file");
		return;
	}
	if (settings_read(&fresh, flags_argc, flags, &error) < 0)
		err = -EINVAL;
	if (!err)
		err = apply(&fresh);
	if (err) {
		status.successful = false;
		status.failures++;
		log_error("settings stay as they are: %s",
			  error.len ? strbuf_str(&error) : strerror(-err));
	} else {
		settings_take_live(running, &fresh, &others);
		succeeded();
		log_info("%s was read again", running->config_file);
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
