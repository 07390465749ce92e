// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/utf8.h"

/* Debian's file is 1.3 MiB long. */
#define FILE_BYTES_MAX (16 << 20)
#define ID_DIGITS 4

static const char *file;
static void *tree;	   /* its nodes are struct pci_names */
static bool failure_known; /* the log says already that the file cannot be read */

/* The path in Debian, and the one in Fedora and Arch. */
static const char *const usual_files[] = { "/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids" };

/* One line of the file, without its newline. */
struct line {
	const char *s;
	size_t len;
};

/* True if there is an id and a blank at @at. */
static bool is_entry(struct line line, size_t at)
{
	if (line.len <= at + ID_DIGITS)
		return false;
	for (size_t i = at; i < at + ID_DIGITS; i++)
		if (!isxdigit((unsigned char)line.s[i]))
			return false;
	return isblank((unsigned char)line.s[at + ID_DIGITS]);
}

static bool is_entry_of(struct line line, size_t at, const char *text)
{
	/* The ids in @text begin with "0x". */
	return is_entry(line, at) && !strncasecmp(line.s + at, text + 2, ID_DIGITS);
}

static void take_name(struct line line, size_t at, char *name)
{
	size_t end = line.len, len;

	at += ID_DIGITS;
	while (at < end && isblank((unsigned char)line.s[at]))
		at++;
	while (at < end && isspace((unsigned char)line.s[end - 1]))
		end--;
	len = end - at < PCI_NAME_LEN ? end - at : PCI_NAME_LEN - 1;
	memcpy(name, line.s + at, len);
	name[len] = '\0';
	utf8_repair(name);
}

static size_t count_tabs(struct line line)
{
	size_t n = 0;

	while (n < line.len && line.s[n] == '\t')
		n++;
	return n;
}

/*
 * A line below the vendor: a device after one tab, or after two tabs a subsystem, which has no
 * part in the names.  False: it is neither.
 */
static bool take_device(struct line line, size_t tabs, struct pci_names *names)
{
	if (tabs == 1 && is_entry_of(line, 1, names->device_text))
		take_name(line, 1, names->model);
	return is_entry(line, tabs) && tabs <= 2;
}

/* Looks for the vendor, then for the device below it.  False: the vendor's part is malformed. */
static bool find_names(const char *text, size_t len, struct pci_names *names)
{
	const char *end = text + len;
	bool is_vendor = false;

	for (struct line line = { .s = text }; line.s < end; line.s += line.len + 1) {
		const char *newline = memchr(line.s, '\n', (size_t)(end - line.s));
		size_t tabs;

		line.len = (size_t)((newline ? newline : end) - line.s);
		if (!line.len || *line.s == '#')
			continue;
		tabs = count_tabs(line);
		if (is_vendor && !tabs)
			return true;
		if (is_vendor && !take_device(line, tabs, names))
			return false;
		if (!tabs && is_entry_of(line, 0, names->vendor_text)) {
			take_name(line, 0, names->vendor);
			is_vendor = true;
		}
	}
	return true;
}

static const char *path_of_file(void)
{
	if (file)
		return file;
	return access(usual_files[0], R_OK) ? usual_files[1] : usual_files[0];
}

/* The whole file. */
struct text {
	char *s;
	size_t len;
	size_t mapped;
};

/*
 * Memory from malloc() would stay with the process: after the first file was freed, malloc() takes
 * blocks of this size from its heap, which seldom shrinks.
 */
static int map_memory(struct text *text, size_t size)
{
	text->s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	text->mapped = size;
	return text->s == MAP_FAILED ? -errno : 0;
}

static int read_into(struct text *text, int fd)
{
	struct stat stat;
	ssize_t n;
	int err;

	if (fstat(fd, &stat))
		return -errno;
	if (stat.st_size > FILE_BYTES_MAX)
		return -EFBIG;
	err = map_memory(text, (size_t)stat.st_size + 1);
	if (err)
		return err;
	n = read(fd, text->s, (size_t)stat.st_size);
	if (n < 0) {
		err = -errno;
		munmap(text->s, text->mapped);
		return err;
	}
	text->len = (size_t)n;
	return 0;
}

/* Returns 0 or -errno.  The caller unmaps the text. */
static int read_file(const char *path, struct text *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = read_into(text, fd);
	close(fd);
	return err;
}

static void look_up(struct pci_names *names)
{
	const char *path = path_of_file(), *problem = NULL;
	struct text text = { .s = NULL };
	int err = read_file(path, &text);

	if (err) {
		problem = strerror(-err);
	} else {
		if (!find_names(text.s, text.len, names)) {
			problem = "the lines of a vendor are malformed";
			names->vendor[0] = names->model[0] = '\0';
		}
		munmap(text.s, text.mapped);
	}
	if (problem && !failure_known)
		log_warn("names of vendors and models are unknown: %s: %s", path, problem);
	failure_known = problem;
}

static int compare(const void *a, const void *b)
{
	const struct pci_names *x = a, *y = b;

	if (x->vendor_id != y->vendor_id)
		return x->vendor_id < y->vendor_id ? -1 : 1;
	return x->device_id - y->device_id;
}

static struct pci_names *add(uint16_t vendor_id, uint16_t device_id)
{
	struct pci_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->vendor_id = vendor_id;
	names->device_id = device_id;
	snprintf(names->vendor_text, sizeof(names->vendor_text), "0x%04x", vendor_id);
	snprintf(names->device_text, sizeof(names->device_text), "0x%04x", device_id);
	if (!tsearch(names, &tree, compare)) {
		free(names);
		return NULL;
	}
	look_up(names);
	return names;
}

const struct pci_names *pci_names_of(uint16_t vendor_id, uint16_t device_id)
{
	const struct pci_names key = { .vendor_id = vendor_id, .device_id = device_id };
	struct pci_names **found = tfind(&key, &tree, compare);

	return found ? *found : add(vendor_id, device_id);
}

void pci_names_init(const char *path)
{
	file = path;
}

void pci_names_fini(void)
{
	tdestroy(tree, free);
	tree = NULL;
	failure_known = false;
}
