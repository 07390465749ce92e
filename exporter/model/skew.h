/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel module and the program that reads it differ in version.  Pure. */
#ifndef FAULTCAST_MODEL_SKEW_H
#define FAULTCAST_MODEL_SKEW_H

#include "module.h"

#define SKEW_LEN 192

/* The module's ABI number minus that of this program; 0: they are the same. */
int skew_of(const struct module_status *module);

/* Writes one line that explains the difference; "" if versions and ABI are the same. */
void skew_describe(const struct module_status *module, char out[SKEW_LEN]);

#endif
