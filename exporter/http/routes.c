// SPDX-License-Identifier: GPL-2.0-or-later
#include "routes.h"

#include <stddef.h>

#define NAME_ENDPOINT(name) name,

const struct http_route *const http_routes[] = { HTTP_ENDPOINTS(NAME_ENDPOINT) NULL };
