/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages about devices that come, go and change (lib/kobject_uevent.c). */
#ifndef FAULTCAST_PCI_UEVENT_H
#define FAULTCAST_PCI_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"

#define UEVENT_LEN 4096 /* the kernel's are 2 KiB at most */

/* A socket that gets them, or -errno. */
int uevent_open(void);

/* Whether @message, followed by a NUL, is of a PCI device, and then of which.  Pure. */
bool uevent_pci(const char *message, size_t len, struct address *device);

#endif
