/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which clients see the serial numbers of devices (docs/adr/0017-serial-numbers.md). */
#ifndef FAULTCAST_HTTP_SERIAL_H
#define FAULTCAST_HTTP_SERIAL_H

#include <stdbool.h>

#include "base/options.h"
#include "request.h"

/* The setting metrics.serial. */
extern const struct setting_group serial_settings;

/* True for every client of the unix socket, and for clients of TCP as the setting says. */
bool serial_is_shown(const struct http_request *request);

#endif
