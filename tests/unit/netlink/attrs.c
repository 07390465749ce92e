// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: attrs_parse() takes and refuses the same attributes as libnl's nla_parse(), whatever
 * bytes a message holds. Beyond that it refuses bytes that are left over, and counts unknown types.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build_message.h"
#include "netlink/attrs.h"

enum { NONE, BYTE, SHORT, NUMBER, LARGE, TEXT, SHORT_TEXT, BYTES, NEST, MAX = NEST };

static struct nla_policy policy[MAX + 1] = {
	[BYTE] = NUMBER_8,
	[SHORT] = { .type = NLA_U16 },
	[NUMBER] = NUMBER_32,
	[LARGE] = NUMBER_64,
	[TEXT] = { .type = NLA_STRING },
	[SHORT_TEXT] = { .type = NLA_STRING, .maxlen = 4 },
	[BYTES] = { .type = NLA_UNSPEC, .minlen = 3, .maxlen = 5 },
	[NEST] = { .type = NLA_NESTED },
};

/* The end of the attributes that nla_parse() looks at, and the number of unknown types. */
static int left_over(struct nlattr *head, int len, uint64_t *unknown)
{
	struct nlattr *attr;
	int rest;

	nla_for_each_attr(attr, head, len, rest)
		*unknown += nla_type(attr) > MAX;
	return rest;
}

static int compare(struct nlattr *head, int len)
{
	struct nlattr *ours[MAX + 1], *theirs[MAX + 1];
	uint64_t our_unknown = 0, unknown = 0;
	int err = attrs_parse(ours, MAX, head, len, policy, &our_unknown);
	bool good = nla_parse(theirs, MAX, head, len, policy) >= 0 &&
		    !left_over(head, len, &unknown);

	assert_int_equal(err, good ? 0 : -EBADMSG);
	if (good) {
		assert_memory_equal(ours, theirs, sizeof(ours));
		assert_int_equal(our_unknown, unknown);
	}
	return err;
}

/* Attributes of every type and of every length from 0 to 9, alone and before a valid one. */
static void each_length(void **state)
{
	static const char zeros[9], ones[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	unsigned int accepted = 0, refused = 0;

	(void)state;
	for (int type = 0; type <= MAX + 1; type++)
		for (int len = 0; len <= 9; len++)
			for (int variant = 0; variant < 4; variant++) {
				struct nl_msg *msg = nlmsg_alloc();
				struct nlmsghdr *nlh = nlmsg_put(msg, 0, 0, FAMILY, 0, 0);

				nla_put(msg, type, len, variant & 1 ? ones : zeros);
				if (variant & 2)
					nla_put_u32(msg, NUMBER, 7);
				if (compare(nlmsg_attrdata(nlh, 0), nlmsg_attrlen(nlh, 0)))
					refused++;
				else
					accepted++;
				nlmsg_free(msg);
			}
	assert_true(accepted > 100 && refused > 100);
}

static bool mutation_is_the_same(struct nlmsghdr *nlh)
{
	return !compare(nlmsg_attrdata(nlh, 0), nlmsg_attrlen(nlh, 0));
}

static void mutations(void **state)
{
	struct nl_msg *msg = nlmsg_alloc();

	(void)state;
	nlmsg_put(msg, 0, 0, FAMILY, 0, 0);
	nla_put_u8(msg, BYTE, 1);
	nla_put_u16(msg, SHORT, 2);
	nla_put_u32(msg, NUMBER, 3);
	nla_put_u64(msg, LARGE, 4);
	nla_put_string(msg, TEXT, "text");
	nla_put_string(msg, SHORT_TEXT, "abc");
	nla_put(msg, BYTES, 5, "12345");
	nla_nest_end(msg, nla_nest_start(msg, NEST));
	nla_put_u32(msg, MAX + 1, 0);
	nla_put_u32(msg, NUMBER, 5);
	mutate(msg, mutation_is_the_same);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_length),
					    cmocka_unit_test(mutations) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
