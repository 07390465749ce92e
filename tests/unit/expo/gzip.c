// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: compressed text decompresses to the same text, as one stream, whichever parts
 * were reused from an earlier text. Reused parts are not compressed again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expo/gzip.h"

static char back[4000000];

/* Writes text in parts of @part bytes. The part at offset @changed has other content. */
static void write_text(struct gzip_text *text, size_t len, size_t part, size_t changed)
{
	uint32_t noise = 1;

	*text = (struct gzip_text){ 0 };
	for (size_t i = 0; i < len; i++) {
		noise = noise * 1664525 + 1013904223;
		strbuf_addc(&text->plain, i == changed ? '!' : i % 3 ? 'x' : (char)(noise >> 24));
		if (i % part == part - 1)
			assert_int_equal(gzip_mark(text, text->plain.len, false), 0);
	}
	assert_int_equal(gzip_mark(text, text->plain.len, true), 0);
}

/* Returns how many bytes had to be compressed. */
static size_t zip(struct gzip_text *text, const struct gzip_text *old)
{
	struct gzip gz;
	size_t compressed;

	assert_int_equal(gzip_begin(&gz, text, old), 0);
	while (gzip_step(&gz))
		;
	compressed = gz.stream.total_in;
	gzip_end(&gz);
	gzip_end(&gz);
	assert_false(text->packed.failed);
	return compressed;
}

static void assert_comes_back(const struct gzip_text *text)
{
	z_stream z = { .next_out = (Bytef *)back, .avail_out = sizeof(back) };

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)text->packed.s;
	z.avail_in = (uInt)text->packed.len;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, text->plain.len);
	if (text->plain.len)
		assert_memory_equal(back, text->plain.s, text->plain.len);
	inflateEnd(&z);
}

static void comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 8191, 8192, 8193, 100000, 3000000 };
	static const size_t parts[] = { 1000, 8192, 50000, 10000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
			struct gzip_text text;

			write_text(&text, sizes[i], parts[j], SIZE_MAX);
			assert_int_equal(zip(&text, NULL), sizes[i]);
			assert_comes_back(&text);
			gzip_text_free(&text);
		}
	}
}

static const struct {
	size_t len, part, changed;
	size_t compressed; /* bytes that must be compressed again */
} followers[] = {
	{ 300000, 10000, SIZE_MAX, 0 },	    { 300000, 10000, 0, 10000 },
	{ 300000, 10000, 155555, 10000 },   { 300000, 10000, 299999, 10000 },
	{ 290000, 10000, SIZE_MAX, 0 },	    /* the last part is missing */
	{ 310000, 10000, SIZE_MAX, 10000 }, /* one part more */
	{ 305000, 10000, SIZE_MAX, 5000 },  { 300000, 20000, SIZE_MAX, 300000 },
};

static void takes_what_is_the_same(void **state)
{
	struct gzip_text first;

	(void)state;
	write_text(&first, 300000, 10000, SIZE_MAX);
	zip(&first, NULL);
	for (size_t i = 0; i < sizeof(followers) / sizeof(followers[0]); i++) {
		struct gzip_text second, third;

		write_text(&second, followers[i].len, followers[i].part, followers[i].changed);
		assert_int_equal(zip(&second, &first), followers[i].compressed);
		assert_comes_back(&second);
		/* Reuse parts of a text that itself reused parts. */
		write_text(&third, 300000, 10000, 20000);
		zip(&third, &second);
		assert_comes_back(&third);
		gzip_text_free(&second);
		gzip_text_free(&third);
	}
	gzip_text_free(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(takes_what_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
