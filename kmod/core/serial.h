/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the serial numbers of PCI devices slowly, in the background. */
#ifndef FAULTCAST_CORE_SERIAL_H
#define FAULTCAST_CORE_SERIAL_H

#include <linux/types.h>

struct faultcast_slot;
struct pci_dev;

/* The largest number of devices that are read in a second. */
#define FAULTCAST_SERIALS_PER_SECOND	50

/* Makes the worker that reads; without @enabled nothing is read.  Returns 0 or -ENOMEM. */
int faultcast_serial_init(bool enabled);

/* Waits for a read that has begun, and ends the worker.  No slot may be wanted any more. */
void faultcast_serial_exit(void);

/* Lets the worker read the card in @slot once.  Process context. */
void faultcast_serial_want(struct faultcast_slot *slot);

/*
 * Reads the serial number of @pdev (PCIe 6.0 7.9.3); 0 if it has none, sleeps in D3cold,
 * or does not answer.  The first answer of all ones is taken for the absence of an
 * answer and is the last read, because each may cost a completion timeout.
 */
u64 faultcast_serial_read(struct pci_dev *pdev);

#endif /* FAULTCAST_CORE_SERIAL_H */
