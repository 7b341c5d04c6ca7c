/* SPDX-License-Identifier: MIT */
/* What is kept of keys, and what brings them: a keyring, a source's record at the node, a key
 * message. What decodes is written and read again to the same bytes. */
#include "fuzz.h"

#include "key/keyring.h"
#include "key/message.h"
#include "stream/track.h"

#define KEYRING_MAX (8 * NOS_KEYRING_TEXT_MAX)

static void decode_keyring(struct nos_str text)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(keyring) again = { 0 };
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) second = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&first, KEYRING_MAX);
	nos_buf_init_secret(&second, KEYRING_MAX);
	if (nos_keyring_decode(text, &k, &err)) {
		must(err.code == NOS_DATA || err.code == NOS_CONFIG || err.code == NOS_LARGE);
		return;
	}
	nos_keyring_encode(&first, &k);
	must(!nos_keyring_decode(nos_buf_str(&first), &again, &err));
	nos_keyring_encode(&second, &again);
	must(nos_str_eq(nos_buf_str(&first), nos_buf_str(&second)));
	must(k.key_count == again.key_count && k.next == again.next && k.next >= 1);
}

static void decode_track(struct nos_str text)
{
	NOS_AUTO(track) t = { 0 };
	NOS_AUTO(track) again = { 0 };
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) second = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init(&first, 1u << 24);
	nos_buf_init(&second, 1u << 24);
	if (nos_track_decode(text, &t, &err)) {
		must(!t.series && !t.count);
		return;
	}
	nos_track_encode(&first, &t);
	must(!nos_track_decode(nos_buf_str(&first), &again, &err));
	nos_track_encode(&second, &again);
	must(nos_str_eq(nos_buf_str(&first), nos_buf_str(&second)));
}

/* A message that nobody sealed under this chain does not open, and leaves nothing. */
static void open_message(struct nos_span message)
{
	struct nos_chain chain = { .key = { .len = 32, .bytes = { 1 } } };
	struct nos_message_head head;
	NOS_AUTO(buf) body = { 0 };
	struct nos_err err = { 0 };

	if (nos_message_head_read(message, &head, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	must(head.len >= 2 && head.len <= 4 && head.len <= message.len);
	must(head.ctr <= NOS_CHAIN_CTR_MAX);
	chain.ctr = head.ctr;
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	must(nos_message_open(message, &head, &chain, 1, NOS_STR("s-7f3a09c2e1"), &body, &err) ==
	     NOS_TAG);
	must(body.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode_keyring(fuzz_text(data, size));
	decode_track(fuzz_text(data, size));
	open_message((struct nos_span){ data, size });
	return 0;
}
