// SPDX-License-Identifier: GPL-2.0-or-later
#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../expo/text.h"

struct stat_fields {
	unsigned long long utime, stime, starttime, vsize;
	long long rss;
};

/* /proc/self/stat, proc(5): fields 14, 15, 22, 23, 24 */
static bool read_stat(struct stat_fields *f)
{
	char line[1024], *after_name;
	FILE *file = fopen("/proc/self/stat", "re");
	bool ok = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	after_name = ok ? strrchr(line, ')') : NULL;
	return after_name && sscanf(after_name + 1,
				    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu"
				    " %*d %*d %*d %*d %*d %*d %llu %llu %lld",
				    &f->utime, &f->stime, &f->starttime, &f->vsize, &f->rss) == 5;
}

/* Seconds since the epoch, 0 if unknown. */
static double boot_time(void)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[512];
	double boot = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "btime %lf", &boot) == 1)
			break;
	if (file)
		fclose(file);
	return boot;
}

static uint64_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count > 3 ? count - 3 : 0; /* ".", ".." and the one just opened */
}

static void add(struct strbuf *sb, const char *name, const char *type, const char *help,
		double value)
{
	text_family(sb, name, type, help);
	text_value(sb, name, "", NULL, value);
}

void process_render(struct strbuf *sb)
{
	double hz = (double)sysconf(_SC_CLK_TCK), page = (double)sysconf(_SC_PAGESIZE);
	struct stat_fields f;
	struct rlimit limit;

	if (read_stat(&f)) {
		add(sb, "process_cpu_seconds_total", "counter",
		    "Total user and system CPU time spent in seconds.",
		    (double)(f.utime + f.stime) / hz);
		add(sb, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
		    (double)f.rss * page);
		add(sb, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
		    (double)f.vsize);
		add(sb, "process_start_time_seconds", "gauge",
		    "Start time of the process since unix epoch in seconds.",
		    boot_time() + (double)f.starttime / hz);
	}
	add(sb, "process_open_fds", "gauge", "Number of open file descriptors.",
	    (double)open_fds());
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		add(sb, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
		    (double)limit.rlim_cur);
}
