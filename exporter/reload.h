/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings in use, and reading them again while running. */
#ifndef FAULTCAST_RELOAD_H
#define FAULTCAST_RELOAD_H

#include "bus/feature.h"
#include "settings.h"

/* The metrics of reloading. */
extern const struct feature feature_reload;

struct reload_status {
	bool successful;     /* the last one, or the start */
	uint64_t success_ns; /* real time of the last that was */
	uint64_t failures;
};

/*
 * Puts @settings to use, for as long as the process lives: what may change while
 * running is applied, also before bus_init().  The flags are kept for the next time.
 * 0 or -errno.
 */
int reload_begin(struct settings *settings, int argc, char **argv);
void reload_fini(void);

/*
 * Reads the file again.  All of it that may change while running is applied, or
 * nothing of it if anything is wrong; and said in the log.
 */
void reload_now(void);

const struct reload_status *reload_status(void);

#endif
