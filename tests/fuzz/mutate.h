/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mutator that knows netlink attributes: it resizes one attribute and every nest around
 * it. libFuzzer's own mutations rarely get beyond a length that does not fit.
 */
#ifndef FAULTCAST_TESTS_FUZZ_MUTATE_H
#define FAULTCAST_TESTS_FUZZ_MUTATE_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t max, unsigned int seed);

#define MUTATE_DEPTH 4

/* The offsets of a chosen attribute and of the nests around it, innermost last. */
struct mutate_path {
	size_t at[MUTATE_DEPTH];
	unsigned int depth;
};

static inline uint32_t mutate_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static inline struct nlattr mutate_attr(const uint8_t *bytes, size_t at)
{
	struct nlattr attr;

	memcpy(&attr, bytes + at, sizeof(attr));
	return attr;
}

/* Picks a random attribute in [from, to). Returns false if there is none. */
static inline bool mutate_pick(const uint8_t *bytes, size_t from, size_t to, uint32_t *random,
			       size_t *picked)
{
	unsigned int n = 0;

	while (from + sizeof(struct nlattr) <= to) {
		uint16_t len = mutate_attr(bytes, from).nla_len;

		if (len < sizeof(struct nlattr) || len > to - from)
			break;
		if (!(mutate_random(random) % ++n))
			*picked = from;
		from += NLA_ALIGN(len);
	}
	return n;
}

/* Picks a random attribute of the message, and more often one nested within it. */
static inline struct mutate_path mutate_choose(const uint8_t *bytes, size_t len, uint32_t *random)
{
	struct mutate_path path = { .depth = 0 };
	size_t from = NLMSG_HDRLEN + 4, to = len; /* behind the family's header */

	while (path.depth < MUTATE_DEPTH && (!path.depth || mutate_random(random) % 4) &&
	       mutate_pick(bytes, from, to, random, &path.at[path.depth])) {
		size_t at = path.at[path.depth++];

		from = at + sizeof(struct nlattr);
		to = at + mutate_attr(bytes, at).nla_len;
	}
	return path;
}

/* Resizes the innermost attribute to @size bytes. Returns the new length of the message. */
static inline size_t mutate_resize(uint8_t *bytes, size_t len, const struct mutate_path *path,
				   uint16_t size)
{
	size_t at = path->at[path->depth - 1];
	size_t old = mutate_attr(bytes, at).nla_len, room = NLA_ALIGN(old);
	struct nlattr attr;

	if (room > len - at)
		room = len - at;
	memmove(bytes + at + NLA_ALIGN(size), bytes + at + room, len - at - room);
	for (unsigned int i = 0; i < path->depth; i++) {
		attr = mutate_attr(bytes, path->at[i]);
		attr.nla_len = i + 1 == path->depth
				       ? size
				       : (uint16_t)(attr.nla_len + NLA_ALIGN(size) - room);
		memcpy(bytes + path->at[i], &attr, sizeof(attr));
	}
	return len + NLA_ALIGN(size) - room;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t max, unsigned int seed)
{
	uint32_t random = seed | 1;
	struct mutate_path path;
	uint16_t size;

	mutate_random(&random);
	if (mutate_random(&random) % 2)
		return LLVMFuzzerMutate(bytes, len, max);
	path = mutate_choose(bytes, len, &random);
	size = (uint16_t)(sizeof(struct nlattr) + mutate_random(&random) % 20);
	if (!path.depth || len + NLA_ALIGN(size) > max)
		return LLVMFuzzerMutate(bytes, len, max);
	return mutate_resize(bytes, len, &path, size);
}

#endif
