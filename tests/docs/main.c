// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the generated pages of docs/ into the directory that is its argument. */
#include <stdio.h>
#include <stdlib.h>

#include "page.h"

static const struct {
	const char *name;
	page_fn *write;
} pages[] = {
	{ "metrics.md", page_metrics },
	{ "http-api.md", page_http_api },
	{ "settings.md", page_settings },
};

static int write_page(const char *dir, const char *name, page_fn *write)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	bool written = false;
	FILE *file;

	strbuf_addf(&path, "%s/%s", dir, name);
	write(&text);
	file = path.failed || text.failed ? NULL : fopen(path.s, "we");
	if (file) {
		written = fwrite(text.s, 1, text.len, file) == text.len;
		written &= !fclose(file);
	}
	if (!written)
		fprintf(stderr, "%s: cannot be written\n", strbuf_str(&path));
	strbuf_free(&path);
	strbuf_free(&text);
	return written ? 0 : -1;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (write_page(argv[1], pages[i].name, pages[i].write))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
