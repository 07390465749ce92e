// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the target of a request is decoded as RFC 3986 says. A target that could mean different
 * things to the server and to a proxy, or that is not text, is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/target.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *raw;
	const char *path;
	const char *arguments; /* "[key|value]" for each */
} good[] = {
	{ "/", "/", "" },
	{ "/metrics", "/metrics", "" },
	{ "/%6detrics", "/metrics", "" },
	{ "/%6Detrics%25", "/metrics%", "" },
	{ "/caf%C3%A9", "/caf\xc3\xa9", "" },
	{ "//metrics/../x", "//metrics/../x", "" },
	{ "*", "*", "" },
	{ "host:1", "host:1", "" },
	{ "http://host/metrics", "/metrics", "" },
	{ "HTTP://host:80/metrics?a=b", "/metrics", "[a|b]" },
	{ "http://host", "/", "" },
	{ "http://host?a=/b", "/", "[a|/b]" },
	{ "https://host/metrics", "https://host/metrics", "" },
	{ "/x?", "/x", "" },
	{ "/x?a", "/x", "[a|]" },
	{ "/x?a&b", "/x", "[a|][b|]" },
	{ "/x?a=", "/x", "[a|]" },
	{ "/x?=a", "/x", "[|a]" },
	{ "/x?a=b=c", "/x", "[a|b=c]" },
	{ "/x?&&a=1&&b=2&", "/x", "[a|1][b|2]" },
	{ "/x?a=1+2", "/x", "[a|1+2]" },
	{ "/x?a=%26%3d%2f?", "/x", "[a|&=/?]" },
	{ "/x?%61%5B%5d=1", "/x", "[a[]|1]" },
	{ "/x?name[]=1&a=\"{|}\"", "/x", "[name[]|1][a|\"{|}\"]" },
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct strbuf error = STRBUF_INIT, arguments = STRBUF_INIT;
		struct target target = { 0 };
		const char *at, *key, *value;

		if (target_parse(&target, good[i].raw, &error))
			fail_msg("%s: %s", good[i].raw, strbuf_str(&error));
		assert_string_equal(target.path, good[i].path);
		at = target.arguments;
		for (size_t n = 0; n < target.num_arguments; n++) {
			at = target_argument(at, &key, &value);
			strbuf_addf(&arguments, "[%s|%s]", key, value);
		}
		assert_string_equal(strbuf_str(&arguments), good[i].arguments);
		strbuf_free(&arguments);
		target_free(&target);
	}
}

#define PRINTABLE "printable ASCII characters other than #"
#define DIGITS "two hexadecimal digits behind each %"
#define CONTROL "no escape of a control character"
#define UTF8 "escapes of UTF-8"
#define SLASH "no escaped slash in the path"
#define PATH "a path, or a URL with a host"

static const struct {
	const char *raw;
	const char *expected;
} refused[] = {
	{ "/metrics%00x", CONTROL },	{ "/x?a=1%00", CONTROL },   { "/x?%00=1", CONTROL },
	{ "/%0d%0aX:%20y", CONTROL },	{ "/x?a=%7f", CONTROL },    { "/x?a=b%0ac", CONTROL },
	{ "/x?a=%", DIGITS },		{ "/x?a=%1", DIGITS },	    { "/x?a=%zz", DIGITS },
	{ "/x?a=%1&b", DIGITS },	{ "/%g0", DIGITS },	    { "/%+1", DIGITS },
	{ "/x?a=%ff", UTF8 },		{ "/%c3", UTF8 },	    { "/x?%ed%a0%80", UTF8 },
	{ "/x?a=%c3&%a9", UTF8 },	{ "/%c0%af", UTF8 },	    { "/\xc3\xa9", PRINTABLE },
	{ "/a b", PRINTABLE },		{ "/a\tb", PRINTABLE },	    { "/x#y", PRINTABLE },
	{ "/x?a#y", PRINTABLE },	{ "/x?a=\x7f", PRINTABLE }, { "/v1%2fevents", SLASH },
	{ "http://h/v1%2Fe?x", SLASH }, { "?a=b", PATH },	    { "?", PATH },
	{ "http:///x", PATH },		{ "http://", PATH },	    { "HTTP://?a=b", PATH },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct strbuf error = STRBUF_INIT, expected = STRBUF_INIT;
		struct target target = { 0 };

		if (target_parse(&target, refused[i].raw, &error) != -EINVAL)
			fail_msg("%s was not refused", refused[i].raw);
		strbuf_addf(&expected, "the path and query of the request: expected %s",
			    refused[i].expected);
		assert_string_equal(strbuf_str(&error), strbuf_str(&expected));
		strbuf_free(&expected);
		strbuf_free(&error);
		target_free(&target);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
