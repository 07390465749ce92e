/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the fuzz targets: libFuzzer's entry point, and checks that end the run. */
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

/* A broken promise aborts. libFuzzer reports the abort as a finding and keeps the input. */
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

/*
 * Returns the end of a mapping. libnl is built without sanitizers, so that only a fault
 * shows that it reads beyond a message.
 */
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
 * Returns a message with these bytes, aligned as a received message is, at the end of a
 * mapping. Its length is corrected, because the receiver has checked it. Returns NULL if
 * there are not enough bytes for a header. The message is valid until the next call.
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

/* Packs @msg, reads it back, and checks that its JSON is one line. */
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
