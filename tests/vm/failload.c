// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failload: loads a kernel module while one memory allocation fails. No other allocation
 * of the process fails, unlike with insmod, which allocates too and then tries another
 * way.
 *
 *   failload N FILE PARAMETERS
 *
 * The Nth allocation from the call on fails, by the kernel's fault injection (fail-nth in
 * Documentation/fault-injection). 0: none fails. Prints the result of the call and
 * whether an allocation failed: "ENOMEM failed", "0 failed", "0 spared".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "failload: %s: %s\n", what, strerror(errno));
	return 2;
}

int main(int argc, char **argv)
{
	char left[16] = "";
	int file, nth, err;

	if (argc != 4) {
		fprintf(stderr, "usage: failload N FILE PARAMETERS\n");
		return 2;
	}
	file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return die(argv[2]);
	nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (nth < 0 || write(nth, argv[1], strlen(argv[1])) < 0)
		return die("fail-nth");
	err = syscall(SYS_finit_module, file, argv[3], 0) ? errno : 0;
	/*
	 * The rest of N is 0 if the Nth allocation was reached. Writing 0 ends the fault
	 * injection.
	 */
	if (pread(nth, left, sizeof(left) - 1, 0) < 0 || pwrite(nth, "0", 1, 0) < 0)
		return die("fail-nth");
	printf("%s %s\n", err ? strerrorname_np(err) : "0",
	       atoi(argv[1]) && !atoi(left) ? "failed" : "spared");
	return 0;
}
