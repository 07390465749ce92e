// SPDX-License-Identifier: GPL-2.0-or-later
#include "health.h"

const char *health_state_name(enum health_state state)
{
	static const char *const names[HEALTH_STATES] = {
		[HEALTH_UNKNOWN] = "unknown",
		[HEALTH_OK] = "ok",
		[HEALTH_SUSPECT] = "suspect",
		[HEALTH_FAULTY] = "faulty",
	};

	return names[state];
}
