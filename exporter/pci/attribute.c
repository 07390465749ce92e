// SPDX-License-Identifier: GPL-2.0-or-later
#include "attribute.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

void attribute_copy(char *out, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(out, text, len);
	out[len] = '\0';
	utf8_repair(out);
}

void attribute_read(const char *directory, const char *file, char *line, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	line[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, line, size - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	utf8_repair(line);
}

unsigned long long attribute_number(const char *directory, const char *file, int base,
				    unsigned long long none)
{
	char line[32], *end;
	unsigned long long number;

	attribute_read(directory, file, line, sizeof(line));
	number = strtoull(line, &end, base);
	return *line && !*end ? number : none;
}

bool attribute_exists(const char *directory, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return !access(path, F_OK);
}

void attribute_link(const char *directory, const char *link, char *name, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, link);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	attribute_copy(name, size, slash ? slash + 1 : target);
}
