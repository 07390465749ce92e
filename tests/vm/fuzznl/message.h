/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random messages; all of them follow from the seed. */
#ifndef FUZZNL_MESSAGE_H
#define FUZZNL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that one message has at most. */
#define FUZZ_MESSAGE_MAX 8192

/* Of a message that does not reach the family: of another type, or no request. */
#define FUZZ_NO_COMMAND 255

void fuzz_seed(uint64_t seed);

/* 0 to @limit - 1. */
uint32_t fuzz_below(uint32_t limit);

bool fuzz_one_in(uint32_t n);

/*
 * Writes a message for the generic netlink family to @to, which has room for
 * FUZZ_MESSAGE_MAX bytes and is aligned for it; returns its length. @last: none
 * follows in the same datagram. @cmd is set to its command, known or not.
 */
size_t fuzz_message(uint16_t family, uint32_t seq, bool last, uint8_t *to, uint8_t *cmd);

#endif /* FUZZNL_MESSAGE_H */
