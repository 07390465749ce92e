// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.h"

#include <errno.h>
#include <pci/pci.h>
#include <pthread.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/utf8.h"

#define FLAGS (PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB)

static void on_done(struct loop_fd *watch, uint32_t events);

static struct loop *names_loop;
static const char *file;
static void *tree;   /* of struct pci_names */
static size_t asked; /* of these, not known and not with the thread */
static bool in_loop; /* so that nothing may take long */
static struct loop_fd done = { .fd = -1, .ready = on_done };

/* What the thread works on; it is the loop's again when @done is readable. */
static struct batch {
	struct pci_names *names;
	size_t count;
	char failure[200]; /* "": none */
	bool running;
	pthread_t thread;
} batch;

/* libpci's error() must not return, and has no place for a context. */
static jmp_buf on_error;

__attribute__((noreturn)) static void fail(char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(batch.failure, sizeof(batch.failure), format, args);
	va_end(args);
	longjmp(on_error, 1);
}

static void ignore(char *format, ...)
{
	(void)format;
}

static void look_up(struct pci_access *access, struct pci_names *names)
{
	/* It says so by a NULL, and may have written to the buffer all the same. */
	if (!pci_lookup_name(access, names->vendor, sizeof(names->vendor),
			     FLAGS | PCI_LOOKUP_VENDOR, names->vendor_id))
		names->vendor[0] = '\0';
	if (!pci_lookup_name(access, names->model, sizeof(names->model), FLAGS | PCI_LOOKUP_DEVICE,
			     names->vendor_id, names->device_id))
		names->model[0] = '\0';
	utf8_repair(names->vendor);
	utf8_repair(names->model);
}

static void look_up_batch(struct pci_access *access)
{
	if (setjmp(on_error))
		return;
	if (!pci_load_name_list(access)) {
		snprintf(batch.failure, sizeof(batch.failure), "cannot read %s",
			 access->id_file_name);
		return;
	}
	for (size_t i = 0; i < batch.count; i++)
		look_up(access, &batch.names[i]);
}

/* No pci_init(): that looks for a bus, and ends the process when it finds none. */
static void *run_batch(void *arg)
{
	struct pci_access *access = pci_alloc();
	uint64_t one = 1;

	access->error = fail;
	access->warning = ignore;
	access->debug = ignore;
	/* Its default is a cache of DNS answers in the home directory. */
	access->id_lookup_mode = 0;
	if (file)
		pci_set_name_list_path(access, (char *)file, 0);
	look_up_batch(access);
	pci_cleanup(access);
	/* Cannot fail: nothing else writes there. */
	if (arg && write(done.fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct pci_names *x = a, *y = b;

	if (x->vendor_id != y->vendor_id)
		return x->vendor_id < y->vendor_id ? -1 : 1;
	return x->device_id - y->device_id;
}

static void collect(const void *node, VISIT visit, int depth)
{
	const struct pci_names *names = *(const struct pci_names *const *)node;

	(void)depth;
	if ((visit == preorder || visit == leaf) && !names->known && batch.count < asked)
		batch.names[batch.count++] = *names;
}

/* False when there is nothing to do, or no memory for it. */
static bool make_batch(void)
{
	if (!asked || batch.running)
		return false;
	batch.names = calloc(asked, sizeof(*batch.names));
	batch.count = 0;
	batch.failure[0] = '\0';
	if (!batch.names)
		return false;
	twalk(tree, collect);
	asked = 0;
	return true;
}

/* What could not be read stays nameless: nobody looks for it again. */
static void take_batch(void)
{
	if (*batch.failure)
		log_warn("names of devices are not known: %s", batch.failure);
	for (size_t i = 0; i < batch.count; i++) {
		struct pci_names *names = *(struct pci_names **)tfind(&batch.names[i], &tree,
								      compare);

		*names = batch.names[i];
		names->known = true;
	}
	free(batch.names);
	batch.names = NULL;
}

static void start(void)
{
	if (!make_batch())
		return;
	batch.running = !pthread_create(&batch.thread, NULL, run_batch, &batch);
	/* Late is better than never. */
	if (!batch.running) {
		run_batch(NULL);
		take_batch();
	}
}

static void on_done(struct loop_fd *watch, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) < 0)
		return;
	pthread_join(batch.thread, NULL);
	batch.running = false;
	take_batch();
	start();
}

int pci_names_init(struct loop *loop, const char *database)
{
	int err;

	file = database;
	names_loop = loop;
	done.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (done.fd < 0)
		return -errno;
	err = loop_add(loop, &done, EPOLLIN);
	if (err) {
		close(done.fd);
		done.fd = -1;
	}
	return err;
}

void pci_names_fini(void)
{
	if (batch.running)
		pthread_join(batch.thread, NULL);
	free(batch.names);
	batch = (struct batch){ 0 };
	if (done.fd >= 0) {
		loop_del(names_loop, &done);
		close(done.fd);
		done.fd = -1;
	}
	tdestroy(tree, free);
	tree = NULL;
	asked = 0;
	in_loop = false;
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
	asked++;
	return names;
}

const struct pci_names *pci_names_of(uint16_t vendor_id, uint16_t device_id)
{
	const struct pci_names key = { .vendor_id = vendor_id, .device_id = device_id };
	struct pci_names **found = tfind(&key, &tree, compare);
	struct pci_names *names = found ? *found : add(vendor_id, device_id);

	if (in_loop)
		start();
	return names;
}

void pci_names_wait(void)
{
	if (make_batch()) {
		run_batch(NULL);
		take_batch();
	}
	in_loop = true;
}
