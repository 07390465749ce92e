// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: messages recorded from a real kernel (tests/fuzz/recorded.hex) decode without
 * errors and without unknown attributes. They contain every kind of event, so that the
 * fuzz targets start with all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/address.h"
#include "model/counts.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/module.h"
#include "netlink/decode.h"

#define RECORDED "tests/fuzz/recorded.hex"

static struct {
	unsigned int lines;
	unsigned int kinds; /* one bit for each kind */
	unsigned int gaps;
	unsigned int summaries; /* summaries that have a count */
	uint64_t lost;
	unsigned int devices;
	unsigned int limits;
	unsigned int overflows; /* the slot "overflow" */
	unsigned int texts;
	unsigned int changes; /* one bit for each enum family_change */
	uint64_t unknown;
} seen;

static void on_event(void *ctx, const struct fault_event *ev)
{
	(void)ctx;
	seen.kinds |= 1U << ev->kind;
	seen.lost += ev->lost_before;
	seen.summaries += ev->kind == FAULTCAST_KIND_SUPPRESSED && ev->suppressed_before;
}

static void on_gap(void *ctx, uint64_t instance, const struct fault_gap *gap)
{
	(void)ctx;
	assert_true(instance && gap->from == 1);
	seen.gaps++;
}

static int batch(struct nlmsghdr *nlh)
{
	static const struct batch_handler handler = { .event = on_event, .gap = on_gap };

	return decode_batch(nlh, &handler, NULL, &seen.unknown);
}

static int device(struct nlmsghdr *nlh)
{
	struct device_counts counts;
	int err = decode_device(nlh, &counts, &seen.unknown);

	seen.devices += !err;
	seen.limits += !err && counts.has_limit;
	seen.overflows += !err && counts.address.type == ADDRESS_OVERFLOW;
	return err;
}

static int status(struct nlmsghdr *nlh)
{
	struct module_status module;
	int err = decode_status(nlh, &module, &seen.unknown);

	if (!err)
		assert_int_equal(module.num_probes, 5);
	return err;
}

/* Counts the end of an answer or a message of netlink's controller. */
static int control(struct nlmsghdr *nlh)
{
	char text[160];
	int end;

	if (!decode_end(nlh, &end, text, sizeof(text))) {
		seen.changes |= 1U << decode_family_change(nlh);
		return nlh->nlmsg_type == GENL_ID_CTRL ? 0 : -EBADMSG;
	}
	seen.texts += *text != '\0';
	return end == -EBADMSG ? end : 0;
}

static const struct {
	const char *name;
	int (*decode)(struct nlmsghdr *nlh);
} decoders[] = {
	{ ".batch ", batch },
	{ ".device ", device },
	{ ".status ", status },
	{ ".control ", control },
};

/* The result is an allocation of the exact size. */
static struct nlmsghdr *parse_hex(const char *hex)
{
	size_t len = strspn(hex, "0123456789abcdef") / 2;
	struct nlmsghdr *nlh = malloc(len);

	assert_true(len >= sizeof(*nlh));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", (unsigned char *)nlh + i), 1);
	assert_int_equal(nlh->nlmsg_len, len);
	return nlh;
}

static void decode_line(const char *line)
{
	for (size_t i = 0; i < sizeof(decoders) / sizeof(decoders[0]); i++) {
		const char *name = strstr(line, decoders[i].name);
		struct nlmsghdr *nlh;

		if (!name)
			continue;
		nlh = parse_hex(name + strlen(decoders[i].name));
		if (decoders[i].decode(nlh))
			fail_msg("not decoded: %s", line);
		free(nlh);
		return;
	}
	fail_msg("no decoder: %s", line);
}

static int decode_all(void **state)
{
	FILE *file = fopen(RECORDED, "re");
	char *line = NULL;
	size_t size = 0;

	(void)state;
	if (!file)
		return -1;
	while (getline(&line, &size, file) > 0) {
		if (*line == '#')
			continue;
		decode_line(line);
		seen.lines++;
	}
	free(line);
	fclose(file);
	return 0;
}

static void all_are_decoded(void **state)
{
	(void)state;
	assert_true(seen.lines >= 50);
	assert_int_equal(seen.unknown, 0);
}

static void all_there_is_happens(void **state)
{
	(void)state;
	/* tests/vm/record has no machine that raises the kinds of ABI 6. */
	assert_int_equal(seen.kinds, (2U << FAULTCAST_KIND_SUPPRESSED) - 2);
	assert_true(seen.gaps && seen.summaries && seen.lost);
	assert_true(seen.devices && seen.limits && seen.overflows && seen.texts);
	assert_int_equal(seen.changes,
			 1U << FAMILY_UNCHANGED | 1U << FAMILY_CAME | 1U << FAMILY_WENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_decoded),
		cmocka_unit_test(all_there_is_happens),
	};

	return cmocka_run_group_tests(tests, decode_all, NULL);
}
