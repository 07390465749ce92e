// SPDX-License-Identifier: GPL-2.0-or-later
#include "limits.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"

/*
 * Descriptors that connections leave to the exporter's own work: about 20 are always open, and
 * sysfs, the store and a reload of the module need more for a short time.
 */
#define RESERVE 64
#define SMALL_RESERVE 32  /* if fewer than twice RESERVE descriptors are allowed */
#define CONNECTIONS_MIN 8 /* if there are even fewer */
#define CONNECTIONS_MAX 1000000

struct options {
	uint64_t max_connections;
	uint64_t max_per_client;
	struct option_texts trusted; /* networks */
};

static const struct options defaults = { .max_connections = 2048, .max_per_client = 256 };
static struct options options;

static const struct option_row rows[] = {
	{ .name = "web.max-connections",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, max_connections),
	  .max = CONNECTIONS_MAX,
	  .arg = "NUMBER",
	  .help = "largest number of connections, 0: as many as the limit of open files allows" },
	{ .name = "web.max-connections-per-address",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct options, max_per_client),
	  .max = CONNECTIONS_MAX,
	  .arg = "NUMBER",
	  .help = "largest number of connections of one IPv4 address, IPv6 network of 64 bits, or "
		  "user of the unix socket, 0: no limit" },
	{ .name = "web.trusted-addresses",
	  .type = OPTION_TEXTS,
	  .offset = offsetof(struct options, trusted),
	  .valid = limits_is_network,
	  .expected = LIMITS_NETWORK,
	  .arg = "NETWORK",
	  .hide_default = true,
	  .help = "addresses to which no limit of one address applies, such as a proxy's" },
	{ .name = NULL },
};

const struct setting_group limits_settings = { rows, sizeof(options), &defaults, &options, NULL };

/* An IPv4 address or network is written as an IPv6 one, ::ffff:0:0/96. */
struct network {
	struct in6_addr address;
	unsigned int bits;
};

static struct network trusted[OPTION_TEXTS_MAX];
static size_t num_trusted;
static uint64_t max_connections, max_per_client;
static void *clients; /* a tree, see tsearch(3) */
static uint64_t connections;
static uint64_t uses[LIMITS_USES], refused[LIMITS_USES], closings[LIMITS_CLOSINGS];

static struct in6_addr mapped(const void *in)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&address.s6_addr[12], in, sizeof(struct in_addr));
	return address;
}

static bool parse_network(const char *text, struct network *network)
{
	char address[INET6_ADDRSTRLEN];
	const size_t len = strcspn(text, "/");
	uint64_t max = 128, bits;
	struct in_addr in;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &in) == 1) {
		network->address = mapped(&in);
		max = 32;
	} else if (inet_pton(AF_INET6, address, &network->address) != 1) {
		return false;
	}
	bits = max;
	if (text[len] && options_number(text + len + 1, 0, max, &bits))
		return false;
	network->bits = (unsigned int)(bits + 128 - max);
	return true;
}

bool limits_is_network(const char *text)
{
	struct network network;

	return parse_network(text, &network);
}

static bool is_in(const struct in6_addr *address, const struct network *network)
{
	unsigned int bytes = network->bits / 8, rest = network->bits % 8;

	if (memcmp(address, &network->address, bytes) != 0)
		return false;
	return !rest ||
	       !((address->s6_addr[bytes] ^ network->address.s6_addr[bytes]) >> (8 - rest));
}

static bool is_trusted(const struct in6_addr *address)
{
	for (size_t i = 0; i < num_trusted; i++)
		if (is_in(address, &trusted[i]))
			return true;
	return false;
}

/* Descriptors for connections, after the soft limit was raised for @wanted connections. */
static uint64_t descriptors_for(uint64_t wanted)
{
	struct rlimit limit;
	rlim_t reserve;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return wanted;
	if (limit.rlim_cur < wanted + RESERVE) {
		limit.rlim_cur = limit.rlim_max < wanted + RESERVE ? limit.rlim_max
								   : wanted + RESERVE;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return wanted;
	reserve = limit.rlim_cur < (rlim_t)2 * RESERVE ? SMALL_RESERVE : RESERVE;
	return limit.rlim_cur < reserve + CONNECTIONS_MIN ? CONNECTIONS_MIN
							  : limit.rlim_cur - reserve;
}

void limits_start(void)
{
	uint64_t wanted = options.max_connections ? options.max_connections : CONNECTIONS_MAX;
	uint64_t allowed = descriptors_for(wanted);

	max_connections = allowed < wanted ? allowed : wanted;
	if (options.max_connections && allowed < wanted)
		log_warn("the limit of open files (RLIMIT_NOFILE) allows only %" PRIu64
			 " connections, web.max-connections is %" PRIu64,
			 allowed, wanted);
	/* One client leaves at least half to the others. */
	max_per_client = options.max_per_client;
	if (max_per_client > (max_connections + 1) / 2)
		max_per_client = (max_connections + 1) / 2;
	for (num_trusted = 0; num_trusted < options.trusted.count; num_trusted++)
		parse_network(options.trusted.items[num_trusted], &trusted[num_trusted]);
}

uint64_t limits_connections(void)
{
	return max_connections;
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct limits_key));
}

/* A user of IPv6 has a network of 64 bits; all link-local addresses are in the same network. */
static void set_ipv6_key(struct limits_key *key, const struct sockaddr_in6 *in6)
{
	const struct in6_addr *address = &in6->sin6_addr;

	key->trusted = is_trusted(address);
	if (IN6_IS_ADDR_V4MAPPED(address)) {
		key->family = AF_INET;
		memcpy(key->address, &address->s6_addr[12], sizeof(struct in_addr));
	} else if (IN6_IS_ADDR_LINKLOCAL(address)) {
		key->id = in6->sin6_scope_id;
		memcpy(key->address, address, sizeof(*address));
	} else {
		memcpy(key->address, address, sizeof(*address) / 2);
	}
}

static struct limits_key key_of(int fd, const struct sockaddr *address)
{
	struct limits_key key;
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	memset(&key, 0, sizeof(key)); /* the padding too, for compare_keys() */
	key.family = address->sa_family;
	if (address->sa_family == AF_INET6) {
		set_ipv6_key(&key, (const void *)address);
	} else if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;
		const struct in6_addr as_ipv6 = mapped(&in->sin_addr);

		key.trusted = is_trusted(&as_ipv6);
		memcpy(key.address, &in->sin_addr, sizeof(in->sin_addr));
	} else if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)) {
		key.id = peer.uid;
	}
	return key;
}

struct limits_client *limits_client_get(int fd, const struct sockaddr *address)
{
	const struct limits_key key = key_of(fd, address);
	struct limits_key *const *found = tfind(&key, &clients, compare_keys);
	struct limits_client *client = found ? (void *)*found : calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	if (!found) {
		/* The key is the first member, so tsearch() can compare clients by it. */
		client->key = key;
		TAILQ_INIT(&client->postponed);
		for (int i = 0; i < CONNECTION_STATES; i++)
			TAILQ_INIT(&client->queues[i]);
		if (!tsearch(client, &clients, compare_keys)) {
			free(client);
			return NULL;
		}
	}
	client->connections++;
	connections++;
	return client;
}

void limits_client_put(struct limits_client *client)
{
	connections--;
	if (--client->connections)
		return;
	tdelete(client, &clients, compare_keys);
	free(client);
}

void limits_client_name(const struct limits_client *client, struct strbuf *out)
{
	const struct limits_key *key = &client->key;
	char text[INET6_ADDRSTRLEN];

	if (key->family != AF_INET && key->family != AF_INET6)
		strbuf_addf(out, "user %" PRIu32, key->id);
	else if (inet_ntop(key->family, key->address, text, sizeof(text)))
		strbuf_addf(out, "%s%s", text, key->family == AF_INET6 && !key->id ? "/64" : "");
}

bool limits_apply(const struct limits_client *client)
{
	return max_per_client && !client->key.trusted;
}

bool limits_client_exceeded(const struct limits_client *client)
{
	return limits_apply(client) && client->connections > max_per_client;
}

bool limits_exceeded(void)
{
	return connections > max_connections;
}

bool limits_take(struct limits_client *client, enum limits_use use, uint64_t max)
{
	if (max &&
	    (uses[use] >= max || (limits_apply(client) && client->uses[use] >= (max + 1) / 2))) {
		refused[use]++;
		return false;
	}
	uses[use]++;
	client->uses[use]++;
	return true;
}

void limits_give_back(struct limits_client *client, enum limits_use use)
{
	uses[use]--;
	client->uses[use]--;
}

void limits_count(enum limits_closing closing)
{
	closings[closing]++;
}

static void collect_connections(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, connections);
}

static void collect_max(struct expo *e, const struct snapshot *s)
{
	(void)s;
	metric_add(e, max_connections);
}

static void collect_closed(struct expo *e, const struct snapshot *s)
{
	static const char *const names[LIMITS_CLOSINGS] = {
		[LIMITS_REFUSED_TOTAL] = "limit",
		[LIMITS_REFUSED_CLIENT] = "address_limit",
		[LIMITS_REFUSED_DESCRIPTORS] = "no_descriptor",
		[LIMITS_REFUSED_MEMORY] = "no_memory",
		[LIMITS_DISPLACED] = "displaced",
		[LIMITS_IDLE_TIMEOUT] = "idle_timeout",
		[LIMITS_REQUEST_TIMEOUT] = "request_timeout",
		[LIMITS_RESPONSE_TIMEOUT] = "response_timeout",
	};

	(void)s;
	for (int i = 0; i < LIMITS_CLOSINGS; i++)
		metric_add_for(e, "reason", names[i], closings[i]);
}

static void collect_refused(struct expo *e, const struct snapshot *s)
{
	static const char *const names[LIMITS_USES] = {
		[LIMITS_METRICS] = "metrics",
		[LIMITS_DEVICES] = "devices",
		[LIMITS_STATUS] = "status",
		[LIMITS_EVENTS] = "events",
	};

	(void)s;
	for (int i = 0; i < LIMITS_USES; i++)
		metric_add_for(e, "resource", names[i], refused[i]);
}

const struct metric limits_metrics[] = {
	{
		.family = { "faultcast_http_connections", METRIC_GAUGE,
			    "Connections of HTTP clients." },
		.origin = METRIC_EXPORTER,
		.collect = collect_connections,
	},
	{
		.family = { "faultcast_http_connections_max", METRIC_GAUGE,
			    "Largest number of connections of HTTP clients." },
		.details = "The smaller one of `--web.max-connections` and what the limit of open "
			   "files (`RLIMIT_NOFILE`) allows.",
		.origin = METRIC_EXPORTER,
		.collect = collect_max,
	},
	{
		.family = { "faultcast_http_connections_closed_total", METRIC_COUNTER,
			    "Connections that the exporter refused, or closed before their client "
			    "did, by reason." },
		.details = "[connections.md](connections.md#reasons) explains the reasons.",
		.origin = METRIC_EXPORTER,
		.labels = "reason",
		.collect = collect_closed,
	},
	{
		.family = { "faultcast_http_requests_refused_total", METRIC_COUNTER,
			    "Requests that were answered with 503 because too many others were "
			    "being answered, by resource." },
		.origin = METRIC_EXPORTER,
		.labels = "resource",
		.collect = collect_refused,
	},
	{ .family.name = NULL },
};
