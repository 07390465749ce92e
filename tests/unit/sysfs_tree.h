/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a sysfs with PCI devices below @root, for one group of tests. */
#ifndef FAULTCAST_TESTS_SYSFS_TREE_H
#define FAULTCAST_TESTS_SYSFS_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/faultcast-sysfs-XXXXXX";

/* Writes a file and creates the directories above it. */
static inline void put(const char *path, const char *content)
{
	char full[256];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(full, 0777) || errno == EEXIST);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static inline void put_link(const char *path, const char *target)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	assert_int_equal(symlink(target, full), 0);
}

static inline int make_root(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	put("bus/pci/devices/none", "");
	put("bus/pci/slots/none", "");
	return 0;
}

static inline int remove_root(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

#endif
