/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random messages, all determined by the seed. */
#ifndef FUZZNL_MESSAGE_H
#define FUZZNL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The maximum length of a message in bytes. */
#define FUZZ_MESSAGE_MAX 8192

/* The command of a message that does not reach the family, because of its type or flags. */
#define FUZZ_NO_COMMAND 255

void fuzz_seed(uint64_t seed);

/* A random number from 0 to @limit - 1. */
uint32_t fuzz_below(uint32_t limit);

bool fuzz_one_in(uint32_t n);

/*
 * Writes a message for the generic netlink family to @to, which has FUZZ_MESSAGE_MAX
 * bytes and is aligned. Returns its length. @last: no other message follows in the same
 * datagram. Sets @cmd to the command, which may be unknown.
 */
size_t fuzz_message(uint16_t family, uint32_t seq, bool last, uint8_t *to, uint8_t *cmd);

#endif /* FUZZNL_MESSAGE_H */
