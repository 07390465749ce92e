// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the end of an answer is decoded with the kernel's error text, whatever lengths
 * the message claims. Notifications that the module's family came or went are decoded
 * too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build_message.h"

#define TEXT "queue is full"

/* An error message repeats the request: here a header and two words. */
#define REQUEST_LEN (NLMSG_HDRLEN + 8)

struct end_case {
	const char *what;
	uint16_t type;
	uint16_t flags;
	int error;
	uint32_t request_len; /* the length that the error message claims */
	bool has_request;
	int expected;
	const char *text;
};

static const struct end_case ends[] = {
	{ "acknowledged", NLMSG_ERROR, NLM_F_CAPPED, 0, REQUEST_LEN, false, 0, "" },
	{ "refused", NLMSG_ERROR, NLM_F_CAPPED, -EPERM, REQUEST_LEN, false, -EPERM, "" },
	{ "with words", NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -ENOSPC, REQUEST_LEN, false,
	  -ENOSPC, TEXT },
	{ "behind the request", NLMSG_ERROR, NLM_F_ACK_TLVS, -ENOSPC, REQUEST_LEN, true, -ENOSPC,
	  TEXT },
	{ "behind one that is not there", NLMSG_ERROR, NLM_F_ACK_TLVS, -ENOSPC, 4096, true, -ENOSPC,
	  "" },
	{ "behind one without an end", NLMSG_ERROR, NLM_F_ACK_TLVS, -ENOSPC, UINT32_MAX, true,
	  -ENOSPC, "" },
	{ "behind one of 2 GiB", NLMSG_ERROR, NLM_F_ACK_TLVS, -ENOSPC, 0x7ffffff0, true, -ENOSPC,
	  "" },
	{ "words that were not announced", NLMSG_ERROR, NLM_F_CAPPED, -ENOSPC, REQUEST_LEN, false,
	  -ENOSPC, "" },
	{ "no error number", NLMSG_ERROR, NLM_F_CAPPED, 5, REQUEST_LEN, false, -EBADMSG, "" },
	{ "none either", NLMSG_ERROR, NLM_F_CAPPED, INT32_MIN, REQUEST_LEN, false, -EBADMSG, "" },
	{ "all said", NLMSG_DONE, NLM_F_MULTI, 0, 0, false, 0, "" },
	{ "a dump that failed", NLMSG_DONE, NLM_F_MULTI, -EINTR, 0, false, -EINTR, "" },
	{ "a dump with no error number", NLMSG_DONE, NLM_F_MULTI, 1, 0, false, -EBADMSG, "" },
};

static struct nl_msg *build_end(const struct end_case *c)
{
	struct nlmsgerr e = { .error = c->error, .msg.nlmsg_len = c->request_len };
	static const uint32_t request[2] = { 0x00010008, 0x12345678 };
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(nlmsg_put(msg, 0, 1, c->type, 0, c->flags));
	nlmsg_append(msg, &e, c->type == NLMSG_DONE ? sizeof(int) : sizeof(e), 4);
	if (c->has_request)
		nlmsg_append(msg, (void *)(uintptr_t)request, sizeof(request), 4);
	if (c->type == NLMSG_ERROR)
		nla_put_string(msg, NLMSGERR_ATTR_MSG, TEXT);
	return msg;
}

static void ends_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct nl_msg *msg = build_end(&ends[i]);
		char text[32] = "before";
		int err = 77;

		if (!decode_end(nlmsg_hdr(msg), &err, text, sizeof(text)) ||
		    err != ends[i].expected || strcmp(text, ends[i].text) != 0)
			fail_msg("%s: got %d \"%s\"", ends[i].what, err, text);
		nlmsg_free(msg);
	}
}

static void short_ends_are_malformed(void **state)
{
	static const uint16_t types[] = { NLMSG_ERROR, NLMSG_DONE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct end_case c = { .type = types[i] };
		struct nl_msg *msg = build_end(&c);
		char text[32] = "before";
		int err = 77;

		nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN +
					    (types[i] == NLMSG_DONE ? sizeof(int)
								    : sizeof(struct nlmsgerr)) -
					    1;
		assert_true(decode_end(nlmsg_hdr(msg), &err, text, sizeof(text)));
		assert_int_equal(err, -EBADMSG);
		assert_string_equal(text, "");
		nlmsg_free(msg);
	}
}

static void long_words_are_cut(void **state)
{
	struct nl_msg *msg = build_end(&ends[2]);
	char text[6] = "";
	int err;

	(void)state;
	assert_true(decode_end(nlmsg_hdr(msg), &err, text, sizeof(text)));
	assert_string_equal(text, "queue");
	nlmsg_free(msg);
}

static void others_are_no_end(void **state)
{
	static const uint16_t types[] = { NLMSG_NOOP, NLMSG_OVERRUN, GENL_ID_CTRL, FAMILY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct end_case c = { .type = types[i] };
		struct nl_msg *msg = build_end(&c);
		char text[32] = "before";
		int err = 77;

		assert_false(decode_end(nlmsg_hdr(msg), &err, text, sizeof(text)));
		assert_int_equal(err, 77);
		assert_string_equal(text, "before");
		nlmsg_free(msg);
	}
}

static const struct {
	int type;
	uint8_t cmd;
	const char *family; /* NULL: the notification names no family */
	enum family_change expected;
} changes[] = {
	{ GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, "faultcast", FAMILY_CAME },
	{ GENL_ID_CTRL, CTRL_CMD_DELFAMILY, "faultcast", FAMILY_WENT },
	{ GENL_ID_CTRL, CTRL_CMD_NEWMCAST_GRP, "faultcast", FAMILY_UNCHANGED },
	{ GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, "faultcast2", FAMILY_UNCHANGED },
	{ GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, "fault", FAMILY_UNCHANGED },
	{ GENL_ID_CTRL, CTRL_CMD_DELFAMILY, NULL, FAMILY_UNCHANGED },
	{ FAMILY, CTRL_CMD_DELFAMILY, "faultcast", FAMILY_UNCHANGED },
};

static void the_family_comes_and_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct nl_msg *msg = nlmsg_alloc();

		genlmsg_put(msg, 0, 0, changes[i].type, 0, 0, changes[i].cmd, 2);
		if (changes[i].family)
			nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, changes[i].family);
		nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, FAMILY);
		if (decode_family_change(nlmsg_hdr(msg)) != changes[i].expected)
			fail_msg("case %zu", i);
		nlmsg_free(msg);
	}
}

static bool harmless_end(struct nlmsghdr *nlh)
{
	char text[16];
	int err;

	return decode_end(nlh, &err, text, sizeof(text)) && err != -EBADMSG;
}

static bool harmless_change(struct nlmsghdr *nlh)
{
	return decode_family_change(nlh) != FAMILY_UNCHANGED;
}

static void mutated_are_harmless(void **state)
{
	struct nl_msg *msg = nlmsg_alloc();

	(void)state;
	mutate(build_end(&ends[3]), harmless_end);
	genlmsg_put(msg, 0, 0, GENL_ID_CTRL, 0, 0, CTRL_CMD_DELFAMILY, 2);
	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, "faultcast");
	mutate(msg, harmless_change);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_are_read),
		cmocka_unit_test(short_ends_are_malformed),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(others_are_no_end),
		cmocka_unit_test(the_family_comes_and_goes),
		cmocka_unit_test(mutated_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
