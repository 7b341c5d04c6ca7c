/* SPDX-License-Identifier: MIT */
/*
 * U, a unicast key message: kind and version ‖ ctr ‖ AES-128-SIV of its body under the chain's key
 * of that counter, 18 bytes and the body (nos-schemes(7), "Common base"). Pure; thread-safe.
 */
#ifndef NOS_KEY_MESSAGE_H
#define NOS_KEY_MESSAGE_H

#include "base/buf.h"
#include "key/chain.h"

#define NOS_MESSAGE_BODY_MAX 400

enum nos_message_kind {
	NOS_MESSAGE_STATE = 0x0,
	NOS_MESSAGE_INSTALL = 0x1,
	NOS_MESSAGE_GLOBAL = 0x2,
	NOS_MESSAGE_EVICT = 0x5,
	NOS_MESSAGE_HEAL = 0x6,
	NOS_MESSAGE_JOIN = 0x7,
	NOS_MESSAGE_LINK = 0x8,
	NOS_MESSAGE_PAIR = 0x9,
	NOS_MESSAGE_ACK = 0xa,
	NOS_MESSAGE_PATH = 0xb,
};

/* What stands in front of a U, in clear. */
struct nos_message_head {
	enum nos_message_kind kind;
	uint64_t ctr;
	size_t len; /* bytes of the head itself */
};

/* NOS_DATA: too short, another version, a kind that is no U, a counter of over three bytes. */
enum nos_code nos_message_head_read(
    struct nos_span message, struct nos_message_head *ret, struct nos_err *err) NOS_CHECK;

/*
 * Append the U of number chain->ctr to *ret. The chain stays: who sends commits the next step and
 * these bytes together, first. body is never empty.
 */
enum nos_code nos_message_seal(enum nos_message_kind kind, const struct nos_chain *chain,
    uint64_t node, struct nos_str source, struct nos_span body, struct nos_buf *ret,
    struct nos_err *err) NOS_CHECK;

/*
 * Open a U whose head was read, under a chain that stands at head->ctr. The body is appended to
 * *ret, a secret buffer. NOS_TAG: does not verify.
 */
enum nos_code nos_message_open(struct nos_span message, const struct nos_message_head *head,
    const struct nos_chain *chain, uint64_t node, struct nos_str source, struct nos_buf *ret,
    struct nos_err *err) NOS_CHECK;

#endif
