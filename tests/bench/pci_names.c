// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares pci/names.c with libpci: pci_names PCI_IDS.  Prints for how long the look-up of a new
 * model blocks the event loop, how much memory libpci's list takes if it is kept, and for how many
 * models in the file both find the same names.
 */
#include <malloc.h>
#include <pci/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pci/names.h"

#define EACH 71 /* one of this many models in the file is looked up */
#define FLAGS (PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB)
#define MODELS_MAX 1024

static uint64_t libpci_ns[MODELS_MAX], names_ns[MODELS_MAX];
static size_t models, same;

static struct pci_access *load(char *path)
{
	struct pci_access *access = pci_alloc();

	access->id_lookup_mode = 0;
	pci_set_name_list_path(access, path, 0);
	if (!pci_load_name_list(access)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return access;
}

static bool is_called(struct pci_access *access, int flags, const struct pci_names *names,
		      const char *called)
{
	char name[PCI_NAME_LEN] = "";

	pci_lookup_name(access, name, sizeof(name), FLAGS | flags, names->vendor_id,
			names->device_id);
	return !strcmp(name, called);
}

static void look_up(char *path, uint16_t vendor_id, uint16_t device_id)
{
	uint64_t began = clock_ns(CLOCK_PROCESS_CPUTIME_ID), between;
	const struct pci_names *names = pci_names_of(vendor_id, device_id);
	struct pci_access *access;

	between = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	access = load(path);
	same += is_called(access, PCI_LOOKUP_VENDOR, names, names->vendor) &&
		is_called(access, PCI_LOOKUP_DEVICE, names, names->model);
	pci_cleanup(access);
	names_ns[models] = between - began;
	libpci_ns[models++] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - between;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void show(const char *who, uint64_t *ns)
{
	qsort(ns, models, sizeof(*ns), compare);
	printf("%-9s %6.2f ms of CPU for a model, at most %.2f ms\n", who,
	       (double)ns[models / 2] / NSEC_PER_MSEC, (double)ns[models - 1] / NSEC_PER_MSEC);
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	unsigned int vendor_id = 0, device_id, seen = 0;
	struct mallinfo2 before, after;
	char line[1024];

	if (!file) {
		fprintf(stderr, "usage: pci_names PCI_IDS\n");
		return EXIT_FAILURE;
	}
	pci_names_init(argv[1]);
	while (models < MODELS_MAX && fgets(line, sizeof(line), file) && line[0] != 'C') {
		if (line[0] != '\t')
			sscanf(line, "%4x ", &vendor_id);
		else if (line[1] != '\t' && sscanf(line, "\t%4x ", &device_id) == 1 &&
			 ++seen % EACH == 0)
			look_up(argv[1], (uint16_t)vendor_id, (uint16_t)device_id);
	}
	fclose(file);
	before = mallinfo2();
	load(argv[1]);
	after = mallinfo2();
	show("libpci", libpci_ns);
	show("names.c", names_ns);
	printf("%zu of %zu models have the same names\n", same, models);
	printf("libpci's list takes %zu KiB if it is kept\n",
	       (after.uordblks - before.uordblks) / 1024);
	pci_names_fini();
	return EXIT_SUCCESS;
}
