/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads attributes and links of sysfs.  All text is made valid UTF-8, and is cut if too long. */
#ifndef FAULTCAST_PCI_ATTRIBUTE_H
#define FAULTCAST_PCI_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>

/* Copies @text to @out, which has @size bytes. */
void attribute_copy(char *out, size_t size, const char *text);

/* Reads the file @directory/@file without its newline; "" if the file cannot be read. */
void attribute_read(const char *directory, const char *file, char *line, size_t size);

/* The number in the file, in base @base as strtoull() takes it; @none if there is no number. */
unsigned long long attribute_number(const char *directory, const char *file, int base,
				    unsigned long long none);

/* Whether there is a file or directory @directory/@file. */
bool attribute_exists(const char *directory, const char *file);

/* The last component of the target of the link @directory/@link; "" if there is no link. */
void attribute_link(const char *directory, const char *link, char *name, size_t size);

#endif
