// SPDX-License-Identifier: GPL-2.0-or-later
#include "serial.h"

#include <stddef.h>

#include "listener.h"

struct options {
	bool shown;
};

static const struct options defaults = { .shown = false };
static struct options options;

static const struct option_row rows[] = {
	{ .name = "metrics.serial",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct options, shown),
	  .help = "show serial numbers of devices to clients of TCP" },
	{ .name = NULL },
};

const struct setting_group serial_settings = { rows, sizeof(options), &defaults, &options, NULL };

bool serial_is_shown(const struct http_request *request)
{
	return options.shown || request->connection->listener->unix_path;
}
