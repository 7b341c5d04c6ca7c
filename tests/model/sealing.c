/* SPDX-License-Identifier: MIT */
#include "sealing.h"

#include <string.h>

#include "crypto/aead.h"
#include "key/message.h"
#include "world.h"

#define SEALED_MAX   1024
#define BYTES_MAX    (4 + NOS_AEAD_TAG_LEN + NOS_MESSAGE_BODY_MAX)
#define CHANCE_LEAST 4 /* bytes of a body that do not agree by chance */

struct sealed {
	struct nos_chain chain; /* as it stood: C_ctr */
	bool source;		/* by the source: it waits on disk, so it is said later or never */
	bool fresh;		/* by the node: what it is part of is not committed yet */
	bool said;		/* it was, and may not be forgotten */
	size_t len, body_len;
	uint8_t bytes[BYTES_MAX];
	uint8_t body[NOS_MESSAGE_BODY_MAX];
};

static struct {
	struct sealed all[SEALED_MAX];
	size_t count;
} sealing;

void sealing_begin(void)
{
	sealing.count = 0;
}

void sealing_said(struct nos_span ack)
{
	for (size_t i = 0; i < sealing.count; i++)
		if (sealing.all[i].len == ack.len &&
		    memcmp(sealing.all[i].bytes, ack.p, ack.len) == 0)
			sealing.all[i].said = true;
}

void sealing_excuse(bool source)
{
	for (size_t i = 0; i < sealing.count; i++)
		if (sealing.all[i].source == source)
			sealing.all[i].said = false;
}

void sealing_settled(bool committed)
{
	for (size_t i = 0; i < sealing.count; i++) {
		sealing.all[i].said |= sealing.all[i].fresh && committed;
		sealing.all[i].fresh = false;
	}
}

/* Is what lies between two ciphertexts what lies between their texts? Then the seal is a mere
 * stream, and who listens has it. */
static bool shows(const struct sealed *a, const struct sealed *b)
{
	const size_t head = a->len - a->body_len;

	if (a->len != b->len || a->body_len != b->body_len || a->body_len < CHANCE_LEAST ||
	    memcmp(a->body, b->body, a->body_len) == 0)
		return false;
	for (size_t i = 0; i < a->body_len; i++)
		if ((a->bytes[head + i] ^ b->bytes[head + i]) != (a->body[i] ^ b->body[i]))
			return false;
	return true;
}

static void note(const struct sealed *now)
{
	for (size_t i = 0; i < sealing.count; i++) {
		const struct sealed *before = &sealing.all[i];

		if (before->chain.ctr != now->chain.ctr ||
		    !nos_secret_eq(&before->chain.key, &now->chain.key))
			continue;
		if (shows(before, now))
			world_wrong("two key messages of one counter show their XOR", i);
		if (before->said)
			world_wrong("a counter serves a second message", now->chain.ctr);
	}
	if (sealing.count == SEALED_MAX)
		world_wrong("too many key messages", SEALED_MAX);
	sealing.all[sealing.count++] = *now;
}

enum nos_code __real_nos_message_seal(enum nos_message_kind kind, const struct nos_chain *chain,
    uint64_t node, struct nos_str source, struct nos_span body, struct nos_buf *ret,
    struct nos_err *err);
enum nos_code __wrap_nos_message_seal(enum nos_message_kind kind, const struct nos_chain *chain,
    uint64_t node, struct nos_str source, struct nos_span body, struct nos_buf *ret,
    struct nos_err *err);

enum nos_code __wrap_nos_message_seal(enum nos_message_kind kind, const struct nos_chain *chain,
    uint64_t node, struct nos_str source, struct nos_span body, struct nos_buf *ret,
    struct nos_err *err)
{
	const size_t start = ret->len;
	struct sealed s = { .chain = *chain, .source = kind == NOS_MESSAGE_ACK };

	if (__real_nos_message_seal(kind, chain, node, source, body, ret, err))
		return err->code;
	s.fresh = !s.source;
	s.len = ret->len - start;
	s.body_len = body.len;
	memcpy(s.bytes, ret->p + start, s.len);
	memcpy(s.body, body.p, body.len);
	note(&s);
	return NOS_OK;
}
