/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the settings again while the program runs. */
#ifndef FAULTCAST_RELOAD_H
#define FAULTCAST_RELOAD_H

#include "bus/feature.h"
#include "settings.h"

struct reload_status {
	bool successful;
	uint64_t success_ns; /* real time of the last success */
	uint64_t failures;
};

/*
 * Calls settings_start() for @settings, which must live until reload_fini(), and keeps the flags
 * for reload_now().  Must be called before bus_init().  Returns 0 or -errno.
 */
int reload_begin(struct settings *settings, int argc, char **argv);

/* Frees the settings of reload_begin(). */
void reload_fini(void);

/*
 * Reads the configuration file again.  Applies all changes that are possible while the program
 * runs, or none if anything is wrong.  Logs the result, and which settings need a restart.
 */
void reload_now(void);

/* The result of the last reload_now(), or of reload_begin(). */
const struct reload_status *reload_status(void);

#endif
