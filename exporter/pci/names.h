/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vendors and models of PCI devices are called, by libpci's database on this
 * host; never by the network.  Each pair of ids is looked up once.  The database is
 * read for that and not kept: it takes 2 MiB, and 8 ms, so on a thread once the loop runs.
 */
#ifndef FAULTCAST_PCI_NAMES_H
#define FAULTCAST_PCI_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

#define PCI_NAME_LEN 128 /* with the NUL; longer ones are cut */

struct pci_names {
	uint16_t vendor_id;
	uint16_t device_id;
	char vendor_text[8]; /* "0x8086" */
	char device_text[8];
	bool known;		   /* false: still being looked up */
	char vendor[PCI_NAME_LEN]; /* "": the database does not have it */
	char model[PCI_NAME_LEN];
};

/* @database: a file like pci.ids, or NULL for the host's.  0 or -errno. */
int pci_names_init(struct loop *loop, const char *database);

/* Waits for the thread, and frees every pci_names. */
void pci_names_fini(void);

/*
 * The names of this pair, asked for if they were not before; valid until
 * pci_names_fini(), and filled in later if not known yet.  NULL: no memory.
 */
const struct pci_names *pci_names_of(uint16_t vendor_id, uint16_t device_id);

/* Looks up at once what was asked for, before the loop runs. */
void pci_names_wait(void);

#endif
