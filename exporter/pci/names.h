/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the vendors and models of PCI devices, from the file pci.ids of this host; never from
 * the network.  Each pair of ids is looked up once.  Each look-up reads the file and keeps only the
 * two names.  This takes less than a millisecond, see docs/adr/0002-scan-pci-ids.md.
 */
#ifndef FAULTCAST_PCI_NAMES_H
#define FAULTCAST_PCI_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_NAME_LEN 128 /* with the NUL; longer ones are cut */

struct pci_names {
	uint16_t vendor_id;
	uint16_t device_id;
	char vendor_text[8]; /* "0x8086" */
	char device_text[8];
	char vendor[PCI_NAME_LEN]; /* "": not in the file */
	char model[PCI_NAME_LEN];
};

/* @path: a file like pci.ids, which the caller keeps, or NULL for the host's. */
void pci_names_init(const char *path);

/* Frees every pci_names. */
void pci_names_fini(void);

/* The names of this pair of ids, valid until pci_names_fini().  NULL: no memory. */
const struct pci_names *pci_names_of(uint16_t vendor_id, uint16_t device_id);

#endif
