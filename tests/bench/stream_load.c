// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measures what N clients of /v1/events receive, and how late: stream_load PORT CLIENTS
 * SECONDS [SEQ]. One thread reads the delimited protobuf of all clients. It prints one
 * JSON object when the time is over, or when every client has received event SEQ.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER 65536
#define SAMPLES 4000000

/* The parts of a response with a chunked body, RFC 9112 7.1. */
enum where { IN_HEADERS, IN_SIZE, IN_CHUNK, BEHIND_CHUNK };

struct client {
	int fd;
	enum where where;
	size_t chunk_left;
	int newlines;	    /* successive newlines in the headers */
	uint8_t rest[4096]; /* the beginning of an incomplete message */
	size_t rest_len;
	uint64_t events, gaps, last_seq;
};

static struct {
	uint64_t events, gaps, bytes, heartbeats;
	uint32_t *late_ns;
	size_t samples;
	unsigned int open, finished;
	uint64_t first_ns, last_ns;
} total;

static uint64_t expected_seq;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const uint8_t *varint(const uint8_t *s, const uint8_t *end, uint64_t *value)
{
	*value = 0;
	for (int shift = 0; s < end && shift < 64; shift += 7) {
		*value |= (uint64_t)(*s & 0x7f) << shift;
		if (!(*s++ & 0x80))
			return s;
	}
	return NULL;
}

/* Reads the next field: its number, and its value or bytes. Returns NULL if it is malformed. */
static const uint8_t *field(const uint8_t *s, const uint8_t *end, unsigned int *number,
			    uint64_t *value, const uint8_t **bytes)
{
	uint64_t tag;

	s = varint(s, end, &tag);
	if (!s)
		return NULL;
	*number = (unsigned int)(tag >> 3);
	*bytes = NULL;
	switch (tag & 7) {
	case 0:
		return varint(s, end, value);
	case 1:
		if (end - s < 8)
			return NULL;
		memcpy(value, s, 8);
		return s + 8;
	case 2:
		s = varint(s, end, value);
		if (!s || (uint64_t)(end - s) < *value)
			return NULL;
		*bytes = s;
		return s + *value;
	case 5:
		return end - s < 4 ? NULL : s + 4;
	}
	return NULL;
}

/* FaultEvent has 1 seq and 5 monotonic_ns. */
static void on_event(struct client *client, const uint8_t *s, const uint8_t *end, uint64_t now)
{
	unsigned int number;
	const uint8_t *bytes;
	uint64_t value;

	client->events++;
	total.events++;
	while (s && s < end) {
		s = field(s, end, &number, &value, &bytes);
		if (!s)
			break;
		if (number == 1)
			client->last_seq = value;
		if (number == 5) {
			if (total.samples < SAMPLES && now > value)
				total.late_ns[total.samples++] = now - value > UINT32_MAX
									 ? UINT32_MAX
									 : (uint32_t)(now - value);
			break;
		}
	}
	if (!total.first_ns)
		total.first_ns = now;
	total.last_ns = now;
	if (expected_seq && client->last_seq == expected_seq)
		total.finished++;
}

/* StreamMessage has 2 event, 3 gap and 4 heartbeat. */
static void on_message(struct client *client, const uint8_t *s, const uint8_t *end, uint64_t now)
{
	unsigned int number;
	const uint8_t *bytes;
	uint64_t value;

	while (s && s < end) {
		s = field(s, end, &number, &value, &bytes);
		if (!s)
			break;
		if (number == 2)
			on_event(client, bytes, bytes + value, now);
		else if (number == 3)
			client->gaps++, total.gaps++;
		else if (number == 4)
			total.heartbeats++;
	}
}

/* Handles all complete messages and returns their length in bytes. */
static size_t take_messages(struct client *client, const uint8_t *s, size_t len, uint64_t now)
{
	const uint8_t *at = s, *end = s + len, *body;
	uint64_t size;

	while ((body = varint(at, end, &size)) && (uint64_t)(end - body) >= size) {
		on_message(client, body, body + size, now);
		at = body + size;
	}
	return (size_t)(at - s);
}

static void on_body(struct client *client, const uint8_t *s, size_t len, uint64_t now)
{
	size_t done;

	while (client->rest_len && len) {
		size_t n = sizeof(client->rest) - client->rest_len;
		size_t had = client->rest_len;

		n = n < len ? n : len;
		memcpy(client->rest + had, s, n);
		done = take_messages(client, client->rest, had + n, now);
		if (done > had) {
			s += done - had;
			len -= done - had;
			client->rest_len = 0;
			break;
		}
		client->rest_len += n;
		s += n;
		len -= n;
		if (client->rest_len == sizeof(client->rest)) {
			fprintf(stderr, "stream_load: a message of more than %zu bytes\n",
				sizeof(client->rest));
			exit(EXIT_FAILURE);
		}
	}
	done = take_messages(client, s, len, now);
	memcpy(client->rest + client->rest_len, s + done, len - done);
	client->rest_len += len - done;
}

static void on_bytes(struct client *client, const uint8_t *s, size_t len, uint64_t now)
{
	while (len) {
		size_t n = 1;

		switch (client->where) {
		case IN_HEADERS:
			client->newlines = *s == '\n'	? client->newlines + 1
					   : *s == '\r' ? client->newlines
							: 0;
			if (client->newlines == 2)
				client->where = IN_SIZE;
			break;
		case IN_SIZE:
			if (*s == '\n')
				client->where = IN_CHUNK;
			else if (*s != '\r')
				client->chunk_left = client->chunk_left * 16 +
						     (size_t)(*s <= '9' ? *s - '0'
									: (*s | 32) - 'a' + 10);
			break;
		case IN_CHUNK:
			n = client->chunk_left < len ? client->chunk_left : len;
			on_body(client, s, n, now);
			client->chunk_left -= n;
			if (!client->chunk_left)
				client->where = BEHIND_CHUNK;
			break;
		case BEHIND_CHUNK:
			if (*s == '\n')
				client->where = IN_SIZE;
			break;
		}
		s += n;
		len -= n;
	}
}

static int open_client(uint16_t port, struct client *client)
{
	static const char request[] = "GET /v1/events?after=latest&follow=1 HTTP/1.1\r\nHost: x\r\n"
				      "Accept: application/x-protobuf\r\n\r\n";
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(port),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (const void *)&address, sizeof(address)) ||
	    write(client->fd, request, sizeof(request) - 1) < 0)
		return -errno;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double percentile_us(double p)
{
	return total.samples ? total.late_ns[(size_t)((double)(total.samples - 1) * p)] / 1e3 : 0;
}

static void report(const struct client *clients, unsigned int n)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (unsigned int i = 0; i < n; i++) {
		least = clients[i].events < least ? clients[i].events : least;
		most = clients[i].events > most ? clients[i].events : most;
	}
	qsort(total.late_ns, total.samples, sizeof(*total.late_ns), compare);
	printf("{\"clients\":%u,\"open\":%u,\"events\":%llu,\"least\":%llu,\"most\":%llu,"
	       "\"gaps\":%llu,\"bytes\":%llu,\"seconds\":%.3f,\"p50_us\":%.0f,\"p99_us\":%.0f,"
	       "\"p999_us\":%.0f,\"max_us\":%.0f}\n",
	       n, total.open, (unsigned long long)total.events, (unsigned long long)least,
	       (unsigned long long)most, (unsigned long long)total.gaps,
	       (unsigned long long)total.bytes, (double)(total.last_ns - total.first_ns) / 1e9,
	       percentile_us(0.5), percentile_us(0.99), percentile_us(0.999), percentile_us(1));
}

static void read_client(struct client *client)
{
	static uint8_t buffer[BUFFER];
	ssize_t n = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n > 0) {
		total.bytes += (size_t)n;
		on_bytes(client, buffer, (size_t)n, now_ns());
	} else if (!n || (errno != EAGAIN && errno != EINTR)) {
		close(client->fd);
		total.open--;
	}
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 3 ? (unsigned int)atoi(argv[2]) : 0;
	struct rlimit files = { n + 64, n + 64 };
	struct epoll_event events[256];
	struct client *clients;
	uint64_t until;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (!n) {
		fprintf(stderr, "usage: stream_load PORT CLIENTS SECONDS [SEQ]\n");
		return EXIT_FAILURE;
	}
	expected_seq = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	setrlimit(RLIMIT_NOFILE, &files);
	clients = calloc(n, sizeof(*clients));
	total.late_ns = malloc(SAMPLES * sizeof(*total.late_ns));
	for (unsigned int i = 0; i < n; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &clients[i] };

		if (open_client((uint16_t)atoi(argv[1]), &clients[i]) ||
		    epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &ev)) {
			perror("stream_load: client");
			return EXIT_FAILURE;
		}
		total.open++;
	}
	until = now_ns() + (uint64_t)(atof(argv[3]) * 1e9);
	while (now_ns() < until && total.open && total.finished < n) {
		int ready = epoll_wait(epoll, events, 256, 100);
		static bool told;

		for (int i = 0; i < ready; i++)
			read_client(events[i].data.ptr);
		if (!told && total.heartbeats >= n) {
			told = true; /* every client has received its headers and follows */
			puts("ready");
			fflush(stdout);
		}
	}
	report(clients, n);
	return EXIT_SUCCESS;
}
