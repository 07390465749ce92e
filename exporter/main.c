// SPDX-License-Identifier: GPL-2.0-or-later
/* faultcast_exporter: serves the events of the kernel module as metrics and streams. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/platform.h"
#include "base/stderr.h"
#include "bus/bus.h"
#include "bus/snapshot.h"
#include "feed/netlink.h"
#include "feed/settings.h"
#include "http/endpoint_probes.h"
#include "http/page.h"
#include "http/routes.h"
#include "http/server.h"
#include "metrics/metrics.h"
#include "netlink/genl.h"
#include "pci/devices.h"
#include "registry.h"
#include "reload.h"
#include "systemd.h"

static struct settings settings;
static struct loop loop;
static struct feed_netlink source;

/* Sends the service manager the line that systemctl status shows. */
static void say_status(void)
{
	const struct feed_status *status = bus_feed();
	struct strbuf text = STRBUF_INIT;

	if (status->up)
		strbuf_adds(&text, "receives events");
	else
		strbuf_addf(&text, "receives no events: %s",
			    *status->reason ? status->reason : "still catching up");
	if (!reload_status()->successful)
		strbuf_addf(&text, "; %s is broken, its old settings are in use",
			    program_options.config_file);
	notify_status(strbuf_str(&text));
	strbuf_free(&text);
}

static void on_source_changed(void *ctx)
{
	(void)ctx;
	say_status();
}

static void on_caught_up(void *ctx)
{
	bool was_ready = bus_ready();

	bus_sink.caught_up(ctx);
	if (!was_ready)
		notify_ready();
}

static void reload(void)
{
	/* Until the start is done, the service manager waits for READY=1 anyway. */
	if (bus_ready())
		notify_reloading();
	reload_now();
	say_status();
	if (bus_ready())
		notify_ready();
}

static void on_signal(struct loop_fd *watch, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		reload();
		return;
	}
	log_info("stopping on signal %u", info.ssi_signo);
	endpoint_probes_stopping();
	notify_stopping();
	loop_stop(&loop);
}

static void print_help(void)
{
	struct strbuf help = STRBUF_INIT;

	settings_help(features, &help);
	fputs(strbuf_str(&help), stdout);
	strbuf_free(&help);
}

/* 0: serve; 1: the flags asked for a text, which was printed; -EINVAL: an error was printed. */
static int read_settings(int argc, char **argv)
{
	struct strbuf error = STRBUF_INIT;
	const struct program_options *program = NULL;
	int parsed = settings_read(&settings, features, argc, argv, &error), ret = 1;

	if (parsed >= 0)
		program = settings_program(&settings);
	if (program && parsed < argc && !program->help && !program->version)
		strbuf_addf(&error, "unexpected argument \"%s\", see --help", argv[parsed]);
	if (error.len) {
		fprintf(stderr, "faultcast_exporter: %s\n", strbuf_str(&error));
		ret = -EINVAL;
	} else if (program->help) {
		print_help();
	} else if (program->version) {
		printf("faultcast_exporter, version %s (revision %s)\n", VERSION, REVISION);
	} else if (program->config_check) {
		printf("all settings are sound\n");
	} else {
		ret = 0;
	}
	strbuf_free(&error);
	return ret;
}

static void warn_if_wide(void)
{
	struct strbuf wide = STRBUF_INIT;

	http_server_add_addresses(&wide, true);
	if (wide.len)
		log_warn("other hosts can reach %s, and no authentication is required",
			 strbuf_str(&wide));
	strbuf_free(&wide);
}

static void say_where(void)
{
	struct strbuf addresses = STRBUF_INIT;

	http_server_add_addresses(&addresses, false);
	log_info("faultcast_exporter %s (%s) serves HTTP on %s", VERSION, REVISION,
		 strbuf_str(&addresses));
	strbuf_free(&addresses);
}

static int serve(void)
{
	static struct feed_sink sink;
	struct strbuf error = STRBUF_INIT;
	int err;

	sink = bus_sink;
	sink.caught_up = on_caught_up;
	sink.changed = on_source_changed;

	/*
	 * The server starts first, so that the program ends before it does anything else if the
	 * port is in use.
	 */
	err = http_server_start(&loop, http_routes, &error);
	if (err) {
		log_error("%s", strbuf_str(&error));
		strbuf_free(&error);
		return err;
	}
	warn_if_wide();
	err = devices_watch(&loop);
	if (err)
		log_warn("cannot list PCI devices: %s", strerror(-err));
	if (feed_options.standin) {
		genl_use_userspace((uint32_t)feed_options.standin);
		log_warn("events come from a program on port %" PRIu64 ", not from the kernel",
			 feed_options.standin);
	}
	err = feed_netlink_start(&source, &loop, &sink, (int)feed_options.rcvbuf);
	if (err) {
		log_error("cannot use generic netlink: %s", strerror(-err));
		return err;
	}
	say_where();
	return loop_run(&loop);
}

static int run(int argc, char **argv)
{
	int err = reload_begin(&settings, argc, argv);

	if (err)
		return err;
	snapshot_init(&loop);
	notify_start(&loop);
	page_init(&loop);
	bus_set_feed(&source.status);
	err = metrics_init(features);
	if (!err)
		err = bus_init(&loop, features);
	if (!err)
		err = serve();

	page_fini();
	snapshot_fini();
	http_server_stop();
	feed_netlink_stop(&source);
	devices_fini();
	bus_fini();
	metrics_fini();
	notify_stop();
	return err;
}

int main(int argc, char **argv)
{
	struct loop_fd signals = { .fd = -1, .ready = on_signal };
	int err;

	stderr_take_closed();
	err = read_settings(argc - 1, argv + 1);
	if (err) {
		settings_free(&settings);
		return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write then fails with EFBIG */
	err = loop_init(&loop);
	if (!err)
		err = loop_add_signals(&loop, &signals,
				       (const int[]){ SIGINT, SIGTERM, SIGHUP, 0 });
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	err = run(argc - 1, argv + 1);
	reload_fini();
	close(signals.fd);
	loop_fini(&loop);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
