/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages about devices that come, go and change (lib/kobject_uevent.c). */
#ifndef FAULTCAST_PCI_UEVENT_H
#define FAULTCAST_PCI_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"

#define UEVENT_LEN 4096 /* the kernel's are 2 KiB at most */

/* Opens a socket that receives the messages; the caller closes it.  Returns -errno on failure. */
int uevent_open(void);

/*
 * True if @message, which a NUL follows, is about a PCI device or a service of a PCIe port; then
 * sets @device to the device or the port.
 */
bool uevent_pci(const char *message, size_t len, struct address *device);

#endif
