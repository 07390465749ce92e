// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcast_exporter: from the kernel module's events to metrics and streams. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bus.h"
#include "clock.h"
#include "devices.h"
#include "http/server.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "output/metrics.h"
#include "output/scrape.h"
#include "output/store.h"
#include "snapshot.h"
#include "source/genl.h"
#include "source/netlink.h"

#define FD_LIMIT 4096

static struct {
	struct http_options http;
	struct metrics_options metrics;
	struct store_config store;
	struct devices_config devices;
	int log_level;
	int log_format;
	uint64_t rcvbuf;
	uint64_t standin;
	bool version;
	bool help;
} opt = {
	.http = { .listen_address = "127.0.0.1:10186",
		  .unix_path = "",
		  .metrics_path = "/metrics",
		  .max_requests = 40 },
	.store = { .path = "",
		   .retention_ns = 15ULL * 86400 * NSEC_PER_SEC,
		   .retention_bytes = 1ULL << 30 },
	.metrics = { .max_devices = 4096 },
	.devices = { .sysfs = "/sys", .keep_removed_ns = 3600 * NSEC_PER_SEC },
	.log_level = LOG_INFO,
	.rcvbuf = 4 << 20,
};

static const struct option_row rows[] = {
	{ .name = "web.listen-address",
	  .type = OPTION_STRING,
	  .value = &opt.http.listen_address,
	  .arg = "HOST:PORT",
	  .help = "where to serve HTTP" },
	{ .name = "web.unix-socket",
	  .type = OPTION_STRING,
	  .value = &opt.http.unix_path,
	  .arg = "PATH",
	  .hide_default = true,
	  .help = "where to serve HTTP to members of group faultcast" },
	{ .name = "web.telemetry-path",
	  .type = OPTION_STRING,
	  .value = &opt.http.metrics_path,
	  .arg = "PATH",
	  .help = "where the metrics are" },
	{ .name = "web.max-requests",
	  .type = OPTION_NUMBER,
	  .value = &opt.http.max_requests,
	  .max = UINT32_MAX,
	  .arg = "NUMBER",
	  .help = "requests for metrics answered at the same time, 0: any number" },
	{ .name = "web.disable-exporter-metrics",
	  .type = OPTION_FLAG,
	  .value = &opt.metrics.without_itself,
	  .help = "leave out process_* and what is only about this exporter" },
	{ .name = "web.openmetrics-created",
	  .type = OPTION_FLAG,
	  .value = &opt.metrics.with_created,
	  .help = "in OpenMetrics, say since when counters count" },
	{ .name = "metrics.max-devices",
	  .type = OPTION_NUMBER,
	  .value = &opt.metrics.max_devices,
	  .min = 1,
	  .max = 1 << 20,
	  .arg = "COUNT",
	  .help = "how many devices have series, those with faults first" },
	{ .name = "metrics.removed-devices",
	  .type = OPTION_DURATION,
	  .value = &opt.devices.keep_removed_ns,
	  .min = 0,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long a device that was removed keeps its series" },
	{ .name = "path.sysfs",
	  .type = OPTION_STRING,
	  .value = &opt.devices.sysfs,
	  .arg = "PATH",
	  .help = "where sysfs is mounted" },
	{ .name = "netlink.rcvbuf",
	  .type = OPTION_NUMBER,
	  .value = &opt.rcvbuf,
	  .min = 0,
	  .max = 1 << 30,
	  .arg = "BYTES",
	  .help = "receive buffer for events, 0: the system's default" },
	{ .name = "netlink.standin",
	  .type = OPTION_NUMBER,
	  .value = &opt.standin,
	  .min = 1,
	  .max = UINT32_MAX,
	  .hide_default = true,
	  .arg = "PORT",
	  .help = "for tests: events from a program, NETLINK_USERSOCK" },
	{ .name = "storage.path",
	  .type = OPTION_STRING,
	  .value = &opt.store.path,
	  .arg = "FILE",
	  .hide_default = true,
	  .help = "where to keep events, an SQLite database" },
	{ .name = "storage.retention.time",
	  .type = OPTION_DURATION,
	  .value = &opt.store.retention_ns,
	  .min = NSEC_PER_SEC,
	  .max = 100ULL * 365 * 86400 * NSEC_PER_SEC,
	  .arg = "DURATION",
	  .help = "how long to keep them" },
	{ .name = "storage.retention.size",
	  .type = OPTION_SIZE,
	  .value = &opt.store.retention_bytes,
	  .min = 32 << 20,
	  .max = 1ULL << 60,
	  .arg = "SIZE",
	  .help = "how large it may become" },
	{ .name = "log.level",
	  .type = OPTION_CHOICE,
	  .value = &opt.log_level,
	  .choices = log_level_names,
	  .arg = "LEVEL",
	  .help = "debug, info, warn or error" },
	{ .name = "log.format",
	  .type = OPTION_CHOICE,
	  .value = &opt.log_format,
	  .choices = log_format_names,
	  .arg = "FORMAT",
	  .help = "logfmt or json" },
	{ .name = "version",
	  .type = OPTION_FLAG,
	  .value = &opt.version,
	  .help = "print the version" },
	{ .name = "help", .type = OPTION_FLAG, .value = &opt.help, .help = "print this" },
	{ .name = NULL },
};

static struct loop loop;
static struct source_netlink source;

static void on_signal(struct loop_fd *watch, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		log_info("stopping on signal %u", info.ssi_signo);
	loop_stop(&loop);
}

/* Every stream holds a descriptor, and the usual soft limit is 1024. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FD_LIMIT)
		return;
	limit.rlim_cur = limit.rlim_max < FD_LIMIT ? limit.rlim_max : FD_LIMIT;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* 0: go on; 1: done; -EINVAL. */
static int parse_flags(int argc, char **argv)
{
	struct strbuf help = STRBUF_INIT, error = STRBUF_INIT;
	int ret = 0, parsed;

	options_help(rows, &help);
	parsed = options_parse(rows, argc - 1, argv + 1, &error);
	if (parsed < 0) {
		fprintf(stderr, "faultcast_exporter: %s\n", strbuf_str(&error));
		ret = -EINVAL;
	} else if (opt.help) {
		printf("Serves PCIe fault events as metrics and streams.\n\nFlags:\n%s",
		       strbuf_str(&help));
		ret = 1;
	} else if (opt.version) {
		printf("faultcast_exporter, version %s (revision %s)\n", VERSION, REVISION);
		ret = 1;
	} else if (parsed < argc - 1) {
		fprintf(stderr, "faultcast_exporter: unexpected argument \"%s\", see --help\n",
			argv[parsed + 1]);
		ret = -EINVAL;
	} else if (opt.http.metrics_path[0] != '/' || !opt.http.metrics_path[1]) {
		fprintf(stderr,
			"faultcast_exporter: --web.telemetry-path: expected a path such as "
			"/metrics,"
			" got \"%s\"\n",
			opt.http.metrics_path);
		ret = -EINVAL;
	}
	strbuf_free(&help);
	strbuf_free(&error);
	return ret;
}

static int serve(void)
{
	struct strbuf error = STRBUF_INIT;
	int err;

	/* First of all: a port that is taken is said before anything is done. */
	err = http_server_start(&loop, &opt.http, &error);
	if (err) {
		log_error("%s", strbuf_str(&error));
		strbuf_free(&error);
		return err;
	}
	if (http_server_is_wide())
		log_warn("serving on %s, which other hosts can reach, without authentication",
			 opt.http.listen_address);
	err = devices_watch(&loop, &opt.devices);
	if (err)
		log_warn("PCI devices are not listed: %s", strerror(-err));
	if (opt.standin) {
		genl_use_userspace((uint32_t)opt.standin);
		log_warn("events come from a program on port %" PRIu64 ", not from the kernel",
			 opt.standin);
	}
	err = source_netlink_start(&source, &loop, &bus_sink, (int)opt.rcvbuf);
	if (err) {
		log_error("generic netlink: %s", strerror(-err));
		return err;
	}
	log_info("faultcast_exporter %s (%s) on http://%s", VERSION, REVISION,
		 opt.http.listen_address);
	return loop_run(&loop);
}

int main(int argc, char **argv)
{
	struct loop_fd signals = { .fd = -1, .ready = on_signal };
	int err = parse_flags(argc, argv);

	if (err)
		return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	log_setup((enum log_level)opt.log_level, (enum log_format)opt.log_format);
	raise_fd_limit();
	signal(SIGPIPE, SIG_IGN);
	err = loop_init(&loop);
	if (!err)
		err = loop_add_signals(&loop, &signals);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	snapshot_init(&loop);
	metrics_configure(&opt.metrics);
	scrape_init(&loop);
	if (*opt.store.path)
		store_configure(&opt.store);
	bus_set_source(&source.status);
	err = bus_init(&loop);
	if (!err)
		err = serve();

	scrape_fini();
	snapshot_fini();
	http_server_stop();
	source_netlink_stop(&source);
	devices_fini();
	bus_fini();
	close(signals.fd);
	loop_fini(&loop);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
