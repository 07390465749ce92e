// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * faultcast_standin, a test program: plays the kernel module over NETLINK_USERSOCK, for
 * faultcast_exporter --netlink.standin=PORT. It prints its port. Then it reads commands,
 * one on each line, and answers each with one line: "ok" with results as key=value, or
 * "error" with the reason.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/options.h"
#include "family.h"
#include "fleet.h"
#include "module.h"
#include "pace.h"

#define EVENTS_PER_TURN 1024
/* A dump retries this often, because nothing signals that its reader has room again. */
#define DUMP_RETRY_NS (NSEC_PER_MSEC / 4)
#define WORDS_MAX 4

static struct pace burst;      /* for publish, which answers when it is done */
static struct pace background; /* runs beside all other commands */
static bool answer_burst;
static bool quit;

static void answer_totals(void)
{
	const struct module_status *s = module_status();
	uint64_t suppressed, lost;

	module_unreported(&suppressed, &lost);
	printf("ok instance=%" PRIx64 " loaded=%d head=%" PRIu64 " tail=%" PRIu64 " raised=%" PRIu64
	       " published=%" PRIu64 " suppressed=%" PRIu64 " lost=%" PRIu64 " summaries=%" PRIu64
	       " unreported_suppressed=%" PRIu64 " unreported_lost=%" PRIu64 " messages=%" PRIu64
	       "\n",
	       s->instance, family_is_registered(), s->head, s->tail, s->raised, s->published,
	       s->suppressed, s->lost, s->summaries, suppressed, lost, family_sent());
}

static const char *load(char **words)
{
	uint64_t history = HISTORY_DEFAULT, instance = 0, fleet = 0, abi = FAULTCAST_ABI;
	const char *version = "stand-in";

	if (family_is_registered())
		return "loaded already";
	for (; *words; words++) {
		if (!strncmp(*words, "history=", 8) &&
		    !options_number(*words + 8, 1, HISTORY_MAX, &history))
			continue;
		if (!strncmp(*words, "instance=", 9)) {
			instance = strtoull(*words + 9, NULL, 16);
			continue;
		}
		if (!strncmp(*words, "fleet=", 6) &&
		    !options_number(*words + 6, 1, FLEET_MAX, &fleet))
			continue;
		if (!strncmp(*words, "abi=", 4) && !options_number(*words + 4, 0, UINT32_MAX, &abi))
			continue;
		if (!strncmp(*words, "version=", 8)) {
			version = *words + 8;
			continue;
		}
		return "expected history=N, instance=HEX, fleet=N, abi=N or version=TEXT";
	}
	if (module_load((uint32_t)history, instance, (uint32_t)fleet))
		return "no memory";
	module_set_version(version, (uint32_t)abi);
	family_register();
	answer_totals();
	return NULL;
}

static const char *unload(char **words)
{
	(void)words;
	if (family_unregister())
		return "busy: a dump is under way";
	module_unload();
	burst.left = background.left = 0;
	answer_totals();
	return NULL;
}

static const char *batch(char **words)
{
	uint64_t events;

	if (options_number(words[0], 0, UINT32_MAX, &events))
		return "expected a number of events";
	family_set_batch((unsigned int)events);
	answer_totals();
	return NULL;
}

static const char *publish(char **words)
{
	uint64_t events, rate = 0;

	if (options_number(words[0], 1, PACE_ENDLESS - 1, &events) ||
	    (words[1] && options_number(words[1], 1, UINT32_MAX, &rate)))
		return "expected a number of events and perhaps a rate";
	pace_start(&burst, events, rate);
	answer_burst = true;
	return NULL;
}

static const char *start_background(char **words)
{
	uint64_t rate;

	if (options_number(words[0], 1, UINT32_MAX, &rate))
		return "expected a rate";
	pace_start(&background, PACE_ENDLESS, rate);
	answer_totals();
	return NULL;
}

static const char *stop(char **words)
{
	(void)words;
	background.left = 0;
	answer_totals();
	return NULL;
}

static const char *not_published(char **words, void (*what)(uint32_t slot, uint64_t n))
{
	int slot = module_find(words[0]);
	uint64_t n;

	if (slot < 0 || !words[1] || options_number(words[1], 1, UINT32_MAX, &n))
		return "expected a device's name and a number of events";
	what((uint32_t)slot, n);
	answer_totals();
	return NULL;
}

static const char *suppress(char **words)
{
	return not_published(words, module_suppress);
}

static const char *lose(char **words)
{
	return not_published(words, module_lose);
}

static const char *faulty(char **words)
{
	uint64_t devices;

	if (options_number(words[0], 1, FLEET_MAX, &devices) ||
	    module_set_faulty((uint32_t)devices))
		return "expected a number of devices of the fleet";
	answer_totals();
	return NULL;
}

static const char *churn(char **words)
{
	uint64_t devices;

	if (options_number(words[0], 0, FLEET_MAX, &devices) || module_set_churn((uint32_t)devices))
		return "expected a number of devices of the fleet";
	answer_totals();
	return NULL;
}

static const char *summarize(char **words)
{
	(void)words;
	for (uint32_t slot = 0; module_device(slot); slot++) {
		const struct fault_event *ev = module_summarize(slot);

		if (ev)
			family_notify(ev);
	}
	family_flush();
	answer_totals();
	return NULL;
}

static const char *drop(char **words)
{
	(void)words;
	module_drop();
	answer_totals();
	return NULL;
}

static const char *step(char **words)
{
	const char *number = words[0] + (words[0][0] == '-');
	uint64_t seconds;

	if (options_number(number, 0, UINT32_MAX, &seconds))
		return "expected seconds";
	module_step_clock(words[0][0] == '-' ? -(int64_t)seconds : (int64_t)seconds);
	answer_totals();
	return NULL;
}

static const char *age(char **words)
{
	uint64_t seconds;

	if (options_number(words[0], 0, UINT32_MAX, &seconds))
		return "expected seconds";
	module_set_age(seconds);
	answer_totals();
	return NULL;
}

static const char *status(char **words)
{
	(void)words;
	answer_totals();
	return NULL;
}

static const char *devices(char **words)
{
	const struct device_counts *d;
	char name[ADDRESS_LEN];

	(void)words;
	printf("ok");
	for (uint32_t slot = 0; (d = module_device(slot)); slot++) {
		address_format(&d->address, name);
		printf(" %s=%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64, name, d->raised,
		       d->published, d->suppressed, d->lost);
	}
	printf("\n");
	return NULL;
}

static const char *set_present(char **words, bool present)
{
	int slot = module_find(words[0]);

	if (slot < 0)
		return "expected a device's name";
	module_set_present((uint32_t)slot, present);
	answer_totals();
	return NULL;
}

static const char *remove_device(char **words)
{
	return set_present(words, false);
}

static const char *add_device(char **words)
{
	return set_present(words, true);
}

static const char *set_probe(char **words)
{
	if (module_set_probe(words[0], words[1]))
		return "expected vtd, iommu or aer, and exact, active, unavailable or failed";
	answer_totals();
	return NULL;
}

static const char *set_unit(char **words)
{
	uint64_t unit, faults, remaps;

	if (options_number(words[0], 0, UINT32_MAX, &unit) ||
	    options_number(words[1], 0, 1, &faults) || options_number(words[2], 0, 1, &remaps) ||
	    module_set_unit((unsigned int)unit, faults, remaps))
		return "expected a unit, 0 or 1 for faults, and 0 or 1 for interrupt remapping";
	answer_totals();
	return NULL;
}

static const char *add_error(char **words)
{
	uint64_t unit, count;

	if (options_number(words[0], 0, UINT32_MAX, &unit) ||
	    options_number(words[2], 0, UINT64_MAX, &count) ||
	    module_add_error((unsigned int)unit, words[1], count))
		return "expected a unit, the name of an error and a number";
	answer_totals();
	return NULL;
}

static const char *forget_units(char **words)
{
	(void)words;
	module_forget_units();
	answer_totals();
	return NULL;
}

static const char *forget_device(char **words)
{
	int slot = module_find(words[0]);

	if (slot < 0)
		return "expected a device's name";
	module_forget_device((uint32_t)slot);
	answer_totals();
	return NULL;
}

static const char *add_alias(char **words)
{
	int slot = module_find(words[0]);
	struct address alias;

	if (slot < 0 || address_parse_pci(words[1], &alias) ||
	    module_add_alias((uint32_t)slot, &alias))
		return "expected a device's name and a requester id";
	answer_totals();
	return NULL;
}

static const char *leave(char **words)
{
	(void)words;
	quit = true;
	answer_totals();
	return NULL;
}

static const struct command {
	const char *name;
	const char *(*run)(char **words); /* NULL: has answered; or an error */
	int words;			  /* the least number of words */
	bool needs_module;
} commands[] = {
	{ "load", load, 0,
	  false }, /* [history=N] [instance=HEX] [fleet=N] [abi=N] [version=TEXT] */
	{ "unload", unload, 0, true },	 /* also stops publishing */
	{ "batch", batch, 1, false },	 /* N: events in a message at most, 0: as many as fit */
	{ "publish", publish, 1, true }, /* N [RATE]: answers when all are published */
	{ "background", start_background, 1, true }, /* RATE: publishes until stop */
	{ "stop", stop, 0, false },
	{ "suppress", suppress, 2, true },   /* DEVICE N */
	{ "lose", lose, 2, true },	     /* DEVICE N */
	{ "faulty", faulty, 1, true },	     /* N: only these of the fleet fault */
	{ "churn", churn, 1, true },	     /* N: devices that change before each dump */
	{ "summarize", summarize, 0, true }, /* publishes a summary of all unreported faults */
	{ "drop", drop, 0, true },	     /* breaks the law of conservation, see module_drop() */
	{ "step", step, 1, false },	     /* [-]SECONDS: moves the wall clock of later events */
	{ "age", age, 1, false }, /* SECONDS: the age of later events on the monotonic clock */
	{ "remove", remove_device, 1, true }, /* DEVICE: removes it */
	{ "add", add_device, 1, true },	      /* DEVICE: adds it again */
	{ "probe", set_probe, 2, true },      /* NAME exact|active|unavailable|failed */
	{ "unit", set_unit, 3, true },	      /* INDEX FAULTS REMAPS, each 0 or 1 */
	{ "units-forget", forget_units, 0, true },
	{ "unit-error", add_error, 3, true }, /* INDEX NAME COUNT */
	{ "forget", forget_device, 1, true }, /* DEVICE: it becomes an id without a device */
	{ "alias", add_alias, 2, true },      /* DEVICE REQUESTER: the device's other id */
	{ "status", status, 0, false },
	{ "devices", devices, 0, false }, /* NAME=raised/published/suppressed/lost */
	{ "quit", leave, 0, false },
	{ NULL, NULL, 0, false },
};

static const char *run(char *line)
{
	char *words[WORDS_MAX + 2] = { NULL };
	const struct command *command = commands;
	int n = 0;

	for (char *word = strtok(line, " "); word && n <= WORDS_MAX; word = strtok(NULL, " "))
		words[n++] = word;
	if (!n)
		return "expected a command";
	while (command->name && strcmp(command->name, words[0]) != 0)
		command++;
	if (!command->name)
		return "no such command";
	if (n - 1 < command->words)
		return "an argument is missing";
	if (command->needs_module && !family_is_registered())
		return "not loaded";
	return command->run(words + 1);
}

static struct {
	char text[4096];
	size_t len;
	bool ended;
} input;

static void run_lines(void)
{
	char *newline;

	/* Commands behind a publish wait until it is done. */
	while (!answer_burst && !quit && (newline = memchr(input.text, '\n', input.len))) {
		size_t used = (size_t)(newline + 1 - input.text);
		const char *error;

		*newline = '\0';
		error = run(input.text);
		if (error)
			printf("error %s\n", error);
		input.len -= used;
		memmove(input.text, input.text + used, input.len);
	}
	quit |= input.ended && !answer_burst;
}

static void read_input(void)
{
	ssize_t n = read(STDIN_FILENO, input.text + input.len, sizeof(input.text) - input.len);

	if (n > 0)
		input.len += (size_t)n;
	else if (!n || errno != EINTR)
		input.ended = true;
}

static void publish_due(struct pace *pace)
{
	uint64_t n = pace_take(pace, EVENTS_PER_TURN);

	for (uint64_t i = 0; i < n; i++)
		family_notify(module_publish());
	/* An event is sent at once, without waiting for a second one. */
	if (n)
		family_flush();
}

static struct timespec wait_time(bool dumps_lag)
{
	uint64_t ns = dumps_lag ? DUMP_RETRY_NS : 3600 * NSEC_PER_SEC;

	if (pace_wait_ns(&burst) < ns)
		ns = pace_wait_ns(&burst);
	if (pace_wait_ns(&background) < ns)
		ns = pace_wait_ns(&background);
	return (struct timespec){ .tv_sec = (time_t)(ns / NSEC_PER_SEC),
				  .tv_nsec = (long)(ns % NSEC_PER_SEC) };
}

static void serve(void)
{
	struct pollfd fds[] = { { .fd = family_fd(), .events = POLLIN },
				{ .fd = STDIN_FILENO, .events = POLLIN } };

	while (!quit) {
		struct timespec wait = wait_time(family_dump());

		fds[1].fd = input.ended || answer_burst ? -1 : STDIN_FILENO;
		if (ppoll(fds, 2, &wait, NULL) < 0)
			continue;
		if (fds[0].revents)
			family_serve();
		publish_due(&burst);
		publish_due(&background);
		if (answer_burst && !burst.left) {
			answer_burst = false;
			answer_totals();
		}
		if (fds[1].revents)
			read_input();
		run_lines();
	}
}

int main(void)
{
	uint32_t port;
	int err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	err = family_open(&port);
	if (err) {
		printf("error NETLINK_USERSOCK: %s\n", strerror(-err));
		return EXIT_FAILURE;
	}
	printf("ok port=%" PRIu32 "\n", port);
	serve();
	module_unload();
	family_close();
	return EXIT_SUCCESS;
}
