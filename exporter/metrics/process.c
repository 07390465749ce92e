// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process_* metrics that every Prometheus client library has.  A value that cannot be read
 * has no sample.
 */
#include "bus/feature.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "expo/metric.h"

struct stat_fields {
	unsigned long long utime, stime, starttime, vsize;
	long long rss;
};

/* Reads fields 14, 15, 22, 23 and 24 of /proc/self/stat, see proc(5). */
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

static uint64_t ticks_ns(unsigned long long ticks)
{
	return ticks * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* The Unix time of the boot in seconds, or 0 if it cannot be read. */
static uint64_t boot_time(void)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[512];
	uint64_t boot = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "btime %" SCNu64, &boot) == 1)
			break;
	if (file)
		fclose(file);
	return boot;
}

static void collect_cpu(struct expo *e, const struct snapshot *s)
{
	struct stat_fields f;

	(void)s;
	if (read_stat(&f))
		expo_sample(e, NULL, UNIT_NANOSECONDS, ticks_ns(f.utime + f.stime), NULL);
}

static void collect_resident(struct expo *e, const struct snapshot *s)
{
	struct stat_fields f;

	(void)s;
	if (read_stat(&f))
		metric_add(e, (uint64_t)f.rss * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void collect_virtual(struct expo *e, const struct snapshot *s)
{
	struct stat_fields f;

	(void)s;
	if (read_stat(&f))
		metric_add(e, f.vsize);
}

static void collect_start(struct expo *e, const struct snapshot *s)
{
	const uint64_t boot = boot_time();
	struct stat_fields f;

	(void)s;
	if (boot && read_stat(&f))
		expo_sample(e, NULL, UNIT_NANOSECONDS, boot * NSEC_PER_SEC + ticks_ns(f.starttime),
			    NULL);
}

static void collect_open_fds(struct expo *e, const struct snapshot *s)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t count = 0;

	(void)s;
	if (!dir)
		return;
	while (readdir(dir))
		count++;
	closedir(dir);
	metric_add(e, count - 3); /* ".", ".." and the descriptor of @dir */
}

static void collect_max_fds(struct expo *e, const struct snapshot *s)
{
	struct rlimit limit;

	(void)s;
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		metric_add(e, limit.rlim_cur);
}

static const struct metric process_metrics[] = {
	{
		.family = { "process_cpu_seconds_total", METRIC_COUNTER,
			    "Total user and system CPU time spent in seconds." },
		.origin = METRIC_PROCESS,
		.collect = collect_cpu,
	},
	{
		.family = { "process_resident_memory_bytes", METRIC_GAUGE,
			    "Resident memory size in bytes." },
		.origin = METRIC_PROCESS,
		.collect = collect_resident,
	},
	{
		.family = { "process_virtual_memory_bytes", METRIC_GAUGE,
			    "Virtual memory size in bytes." },
		.origin = METRIC_PROCESS,
		.collect = collect_virtual,
	},
	{
		.family = { "process_start_time_seconds", METRIC_GAUGE,
			    "Start time of the process since unix epoch in seconds." },
		.origin = METRIC_PROCESS,
		.collect = collect_start,
	},
	{
		.family = { "process_open_fds", METRIC_GAUGE, "Number of open file descriptors." },
		.origin = METRIC_PROCESS,
		.collect = collect_open_fds,
	},
	{
		.family = { "process_max_fds", METRIC_GAUGE,
			    "Maximum number of open file descriptors." },
		.origin = METRIC_PROCESS,
		.collect = collect_max_fds,
	},
	{ .family.name = NULL },
};

const struct feature feature_process = {
	.metrics = (const struct metric *const[]){ process_metrics, NULL },
};
