/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share: libFuzzer's entry, and checks that end the run. */
#ifndef FAULTCAST_TESTS_FUZZ_H
#define FAULTCAST_TESTS_FUZZ_H

#include <errno.h>
#include <linux/netlink.h>
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/json.h"
#include "model/identity.h"
#include "wire/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A promise: libFuzzer takes the abort for a finding and keeps the input. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__,         \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define REQUIRE_STRING(array) REQUIRE(memchr(array, '\0', sizeof(array)))

#define FUZZ_ROOM 65536

/* Bytes behind which memory ends, for libnl, whose reads no sanitizer sees. */
static inline unsigned char *fuzz_end_of_memory(void)
{
	static unsigned char *end;

	if (!end) {
		unsigned char *room = mmap(NULL, 2 * FUZZ_ROOM, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		REQUIRE(room != MAP_FAILED && !mprotect(room + FUZZ_ROOM, FUZZ_ROOM, PROT_NONE));
		end = room + FUZZ_ROOM;
	}
	return end;
}

/*
 * A message of these bytes, aligned as a received one is, with nothing behind it.
 * Its length is right: the receiver sees to that.  NULL when there are not enough
 * for a header.  Valid until the next call.
 */
static inline struct nlmsghdr *fuzz_message(const uint8_t *bytes, size_t len)
{
	unsigned char *end = fuzz_end_of_memory(), *at = end - NLMSG_ALIGN(len);
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)at;

	if (len < sizeof(*nlh) || len > FUZZ_ROOM)
		return NULL;
	__asan_unpoison_memory_region(end - NLMSG_ALIGNTO, NLMSG_ALIGNTO);
	memcpy(at, bytes, len);
	__asan_poison_memory_region(at + len, (size_t)(end - at) - len);
	nlh->nlmsg_len = (uint32_t)len;
	return nlh;
}

static inline void fuzz_require_identity(const struct device_identity *identity)
{
	REQUIRE_STRING(identity->driver);
	REQUIRE_STRING(identity->physical_slot);
}

/* @msg is read back as it was packed, and its JSON is one line. */
static inline void fuzz_encode(const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *packed = malloc(len + 1), *again = malloc(len + 1);
	struct strbuf json = STRBUF_INIT;
	ProtobufCMessage *back;

	REQUIRE(protobuf_c_message_pack(msg, packed) == len);
	back = protobuf_c_message_unpack(msg->descriptor, NULL, len, packed);
	REQUIRE(back && protobuf_c_message_get_packed_size(back) == len);
	protobuf_c_message_pack(back, again);
	REQUIRE(!memcmp(packed, again, len));
	protobuf_c_message_free_unpacked(back, NULL);
	json_add_message(&json, msg);
	REQUIRE(!json.failed && json.s[0] == '{' && json.s[json.len - 1] == '}');
	REQUIRE(strlen(json.s) == json.len && !strpbrk(json.s, "\r\n"));
	strbuf_free(&json);
	free(again);
	free(packed);
}

#endif
