/* SPDX-License-Identifier: MIT */
/*
 * opens STORE NODEKEY SOURCE FILE… <SECRETS: which of a source's messages open under any secret
 * that the node's store holds of it now, or that is a line of SECRETS, 32 bytes in hex? A FILE is a
 * pack, a key message or acknowledgement, or an answer to an ask. Each secret is tried as a key, as
 * Z, and as the state of a chain at any of its first counters. Prints "FILE opens" or "FILE stays
 * shut".
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "crypto/jose.h"
#include "envelope/header.h"
#include "envelope/pack.h"
#include "key/ask.h"
#include "key/chain.h"
#include "key/derive.h"
#include "key/message.h"
#include "self/home.h"
#include "registry/registry.h"

#define SECRETS_MAX 100
#define SECRET_LEN  32
#define COUNTERS    20

static struct nos_secret secrets[SECRETS_MAX];
static size_t count;
static uint64_t node;
static char source[NOS_RECORD_ID_MAX];

static void take(const struct nos_secret *s)
{
	if (s->len == SECRET_LEN && count < SECRETS_MAX)
		secrets[count++] = *s;
}

static void take_base(const struct nos_assoc_base *b)
{
	take(&b->z_key);
	take(&b->down.key);
	take(&b->up.key);
}

static enum nos_code take_store(
    const char *store, const char *key, const char *word, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	NOS_AUTO(record) r = { 0 };

	if (nos_home_locate(&home, &(struct nos_store_where){ .url = store }, key, err) ||
	    nos_home_open(&home, err) ||
	    nos_registry_resolve(home.store, nos_str_of(word), source, err) ||
	    nos_registry_get(home.store, &home.vault, nos_str_of(source), &r, err))
		return err->code;
	node = home.self.number;
	take_base(&r.a.base);
	take_base(&r.a.offer.base);
	take(&r.a.offer.key.value);
	for (size_t i = 0; i < r.a.key_count; i++) {
		take(&r.a.keys[i].value);
		take(&r.a.keys[i].auth);
	}
	take(&r.a.polls[0]);
	take(&r.a.polls[1]);
	return NOS_OK;
}

static void take_lines(void)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		struct nos_secret s = { .len = SECRET_LEN };

		for (size_t i = 0; i < SECRET_LEN; i++)
			if (sscanf(line + 2 * i, "%2hhx", &s.bytes[i]) != 1)
				return;
		take(&s);
	}
}

/* As a key, with K_S made of another one, or being it. */
static bool opens_pack(struct nos_str text)
{
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };
	struct nos_header h;
	bool opens = false;

	if (nos_header_read(text, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &h, &err))
		return false;
	for (size_t i = 0; !opens && i < 2 * count * count; i++) {
		struct nos_secret k_s = secrets[i / 2 / count];
		struct nos_pack_keys keys = { 0 };
		NOS_AUTO(buf) plain = { 0 };

		nos_buf_init_secret(&plain, NOS_PACK_MAX);
		nos_err_clear(&err);
		opens = (i % 2 == 0 || !nos_derive_static(
					   &secrets[i / 2 / count], NOS_DERIVE_AUTH, &k_s, &err)) &&
			!nos_pack_keys_make(&secrets[i / 2 % count], &k_s, nos_str_of(h.kid),
			    nos_str_of(h.source), &keys, &err) &&
			!nos_pack_open(&keys, text, &plain, &err);
	}
	nos_scan_release(&scan);
	return opens;
}

static bool opens_message(struct nos_span message)
{
	struct nos_message_head head;
	struct nos_err err = { 0 };

	if (nos_message_head_read(message, &head, &err))
		return false;
	for (size_t i = 0; i < COUNTERS * count; i++) {
		struct nos_chain chain = { i / count, secrets[i % count] };
		NOS_AUTO(buf) body = { 0 };

		nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
		nos_err_clear(&err);
		if (!nos_chain_advance(&chain, head.ctr, &err) &&
		    !nos_message_open(
			message, &head, &chain, node, nos_str_of(source), &body, &err))
			return true;
	}
	return false;
}

static bool opens_answer(struct nos_span answer)
{
	struct nos_ecdh_point once;
	struct nos_span rest, message;
	struct nos_err err = { 0 };

	if (nos_ask_answer_read(answer, &once, &rest, &err))
		return false;
	while (nos_ask_answer_next(&rest, &message))
		if (opens_message(message))
			return true;
	return false;
}

static enum nos_code look_at(const char *path, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	bool opens;

	nos_buf_init(&text, NOS_PACK_MAX);
	if (nos_file_read(path, NOS_FILE_PLAIN, &text, err))
		return err->code;
	opens = nos_str_starts(nos_buf_str(&text), "eyJ")
		    ? opens_pack(nos_buf_str(&text))
		    : opens_message(nos_buf_span(&text)) || opens_answer(nos_buf_span(&text));
	printf("%s %s\n", path, opens ? "opens" : "stays shut");
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };

	nos_jose_start();
	if (argc < 5)
		return 64;
	if (!take_store(argv[1], argv[2], argv[3], &err)) {
		take_lines();
		for (int i = 4; !err.code && i < argc; i++)
			(void)!look_at(argv[i], &err);
	}
	if (err.code)
		fprintf(stderr, "opens: %s\n", err.text);
	return err.code != NOS_OK;
}
