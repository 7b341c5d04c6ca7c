/* SPDX-License-Identifier: MIT */
/*
 * A source's part of the exchange of keys, a step a run, for tests that carry the bytes by hand:
 *
 *   keys poll KEYRING NONCE                 the value of Authorization
 *   keys polled KEYRING NONCE STATUS BODYFILE RECEIPT
 *                                           0: the answer is the node's, 1: it is not
 *   keys take KEYRING <BODY                 the key messages of an answer; what they did
 *   keys ack KEYRING >ACK                   the acknowledgement of what is held
 *   keys ask KEYRING NONCE [renew] >ASK     an ask under the present Z
 *   keys answer KEYRING NODEDOC <ANSWER     the answer to it; the new key's name
 *   keys follow KEYRING NODEDOC             the node's present keys from now on
 *   keys pack KEYRING <READINGS >PACK       lines of readings, sealed under its newest key
 *
 * NONCE and RECEIPT are base64url as they came, NODEDOC is a file with what GET /v1/node gave. What
 * a step changes is in the keyring's file before it prints. A failure is one line on stderr that
 * begins with the error's slug, and status 1.
 */
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/jose.h"
#include "envelope/document.h"
#include "envelope/pack.h"
#include "json/decode.h"
#include "key/derive.h"
#include "key/poll.h"
#include "scheme/holder.h"
#include "source/admission.h"
#include "source/lineage.h"
#include "source/ring.h"
#include "input.h"

#define WAIT_MS 10000

/* What a step has at hand. */
struct step {
	struct nos_ring ring;
	char **args; /* behind the keyring */
	struct nos_buf out;
};

static enum nos_code bytes_of(const char *text, uint8_t *ret, size_t len, struct nos_err *err)
{
	return nos_enc_base64_fixed(nos_str_of(text), ret, len)
		   ? NOS_OK
		   : nos_err_set(err, NOS_USAGE, "'%s' is not base64url of %zu bytes", text, len);
}

static enum nos_code keep(struct step *s, struct nos_err *err)
{
	return nos_ring_write(s->ring.path, &s->ring.k, true, err);
}

static enum nos_code poll_key(
    const struct nos_keyring *k, struct nos_secret *ret, struct nos_err *err)
{
	return nos_derive_static(&k->z_key, NOS_DERIVE_POLL, ret, err);
}

static enum nos_code do_poll(struct step *s, struct nos_err *err)
{
	uint8_t nonce[NOS_POLL_NONCE_LEN], tag[NOS_POLL_TAG_LEN];
	NOS_AUTO(secret) q = { 0 };

	if (bytes_of(s->args[0], nonce, sizeof(nonce), err) || poll_key(&s->ring.k, &q, err) ||
	    nos_poll_ask(&q, nos_str_of(s->ring.k.source), nonce, tag, err))
		return err->code;
	nos_buf_add_text(&s->out, "Nos ");
	nos_enc_base64(&s->out, tag, sizeof(tag));
	nos_buf_add_char(&s->out, '\n');
	return NOS_OK;
}

static enum nos_code do_polled(struct step *s, struct nos_err *err)
{
	uint8_t nonce[NOS_POLL_NONCE_LEN], receipt[NOS_POLL_TAG_LEN], tag[NOS_POLL_TAG_LEN];
	NOS_AUTO(secret) q = { 0 };
	NOS_AUTO(buf) body = { 0 };
	uint64_t status;

	if (!nos_num_parse(nos_str_of(s->args[1]), 100, 599, &status))
		return nos_err_set(err, NOS_USAGE, "'%s' is no status", s->args[1]);
	if (bytes_of(s->args[0], nonce, sizeof(nonce), err) ||
	    bytes_of(s->args[3], receipt, sizeof(receipt), err) ||
	    read_file(s->args[2], &body, err) || poll_key(&s->ring.k, &q, err) ||
	    nos_poll_receipt(&q, nos_str_of(s->ring.k.source), nonce, (unsigned)status,
		nos_buf_span(&body), tag, err))
		return err->code;
	return nos_secret_same(tag, receipt, sizeof(tag))
		   ? NOS_OK
		   : nos_err_set(err, NOS_TAG, "the receipt is not the node's");
}

/* The member keys of an answer: bytes holds them, one behind the other. */
static enum nos_code read_messages(struct nos_str body, struct nos_buf *bytes,
    struct nos_span *items, size_t *ret_count, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	const struct nos_scan_value *list, *v;
	size_t ends[NOS_HOLDER_LIST_MAX], count = 0;
	struct nos_decode d;
	uint32_t at = 0;

	if (!nos_decode_object(&scan, body, "answer", &d, err) &&
	    !nos_decode_array(&d, "keys", &list, err))
		while (count < NOS_HOLDER_LIST_MAX && nos_scan_element(&scan, list, &at, &v)) {
			if (!nos_enc_base64_decode(v->raw, bytes))
				nos_err_set(err, NOS_DATA, "a key message is not base64url");
			ends[count++] = bytes->len;
		}
	nos_scan_release(&scan);
	for (size_t i = 0, from = 0; i < count; from = ends[i++])
		items[i] = (struct nos_span){ (const uint8_t *)bytes->p + from, ends[i] - from };
	*ret_count = count;
	return err->code;
}

static enum nos_code do_take(struct step *s, struct nos_err *err)
{
	static const char *const texts[] = {
		[NOS_HOLDER_NOTHING] = "nothing",
		[NOS_HOLDER_TOOK] = "took",
		[NOS_HOLDER_HEARD] = "heard",
		[NOS_HOLDER_AGAIN] = "again",
		[NOS_HOLDER_BEHIND] = "behind",
	};
	struct nos_span items[NOS_HOLDER_LIST_MAX];
	NOS_AUTO(buf) body = { 0 };
	NOS_AUTO(buf) bytes = { 0 };
	enum nos_holder_did did;
	size_t count;

	nos_buf_init(&bytes, INPUT_MAX);
	if (read_input(&body, err) ||
	    read_messages(nos_buf_str(&body), &bytes, items, &count, err) ||
	    nos_holder_take(&s->ring.k, items, count, nos_time_now(), &did, err) || keep(s, err))
		return err->code;
	nos_buf_addf(&s->out, "%s\n", texts[did]);
	return NOS_OK;
}

static enum nos_code do_ack(struct step *s, struct nos_err *err)
{
	if (nos_holder_ack(&s->ring.k, err) || keep(s, err))
		return err->code;
	nos_buf_add(&s->out, s->ring.k.ack, s->ring.k.ack_len);
	return NOS_OK;
}

static enum nos_code do_ask(struct step *s, struct nos_err *err)
{
	const bool renew = s->args[1] && strcmp(s->args[1], "renew") == 0;
	uint8_t nonce[NOS_ASK_NONCE_LEN];
	NOS_AUTO(secret) once = { 0 };
	struct nos_ecdh_point public;

	if (bytes_of(s->args[0], nonce, sizeof(nonce), err) ||
	    nos_ecdh_generate(&once, &public, err) ||
	    nos_holder_ask(&s->ring.k, 0, renew, nonce, &once, &public, nos_time_now(), err) ||
	    keep(s, err))
		return err->code;
	nos_buf_add(&s->out, s->ring.k.ask.bytes, s->ring.k.ask.len);
	return NOS_OK;
}

static void say_key(struct step *s)
{
	char kid[NOS_NAME_TEXT_MAX];

	nos_name_format(&nos_keyring_active(&s->ring.k)->name, kid);
	nos_buf_addf(&s->out, "%s\n", kid);
}

static enum nos_code do_answer(struct step *s, struct nos_err *err)
{
	NOS_AUTO(buf) document = { 0 };
	NOS_AUTO(buf) answer = { 0 };
	struct nos_ecdh_point node;

	if (read_file(s->args[0], &document, err) || read_input(&answer, err))
		return err->code;
	if (!nos_document_key(nos_buf_str(&document), s->ring.k.pin, &node))
		return nos_err_set(err, NOS_TAG, "the document has not the key that is pinned");
	if (nos_holder_answer(&s->ring.k, nos_buf_span(&answer), &node, nos_time_now(), err) ||
	    keep(s, err))
		return err->code;
	say_key(s);
	return NOS_OK;
}

static enum nos_code do_follow(struct step *s, struct nos_err *err)
{
	struct nos_keyring *k = &s->ring.k;
	NOS_AUTO(buf) document = { 0 };
	struct nos_lineage now;

	if (read_file(s->args[0], &document, err) ||
	    nos_lineage_follow(nos_buf_str(&document), k->pin, k->sign, k->node, &now, err))
		return err->code;
	memcpy(k->pin, now.pin, sizeof(k->pin));
	memcpy(k->sign, now.sign, sizeof(k->sign));
	nos_buf_addf(&s->out, "%s\n", now.changed ? "followed" : "the same");
	return keep(s, err);
}

static enum nos_code do_pack(struct step *s, struct nos_err *err)
{
	const struct nos_keyring_key *key = nos_keyring_active(&s->ring.k);
	struct nos_pack pack = { .source = nos_str_of(s->ring.k.source),
		.cty = NOS_STR("application/x-ndjson") };
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(secret) k_s = { 0 };
	NOS_AUTO(buf) text = { 0 };
	char kid[NOS_NAME_TEXT_MAX];

	nos_name_format(&key->name, kid);
	pack.kid = nos_str_of(kid);
	if (read_input(&text, err) || nos_ring_take(&s->ring, &pack.seq, err) ||
	    nos_ring_close(&s->ring, err) ||
	    nos_derive_static(&s->ring.k.z_key, NOS_DERIVE_AUTH, &k_s, err) ||
	    nos_pack_keys_make(&key->value, &k_s, pack.kid, pack.source, &keys, err))
		return err->code;
	return nos_pack_seal(&keys, &pack, nos_buf_span(&text), &s->out, err);
}

static const struct {
	const char *name;
	int least, most; /* arguments behind the keyring */
	enum nos_code (*run)(struct step *s, struct nos_err *err);
} steps[] = {
	{ "poll", 1, 1, do_poll },
	{ "polled", 4, 4, do_polled },
	{ "take", 0, 0, do_take },
	{ "ack", 0, 0, do_ack },
	{ "ask", 1, 2, do_ask },
	{ "answer", 1, 1, do_answer },
	{ "follow", 1, 1, do_follow },
	{ "pack", 0, 0, do_pack },
};

static enum nos_code run(struct step *s, int argc, char **argv, struct nos_err *err)
{
	for (size_t i = 0; argc > 2 && i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(argv[1], steps[i].name) != 0)
			continue;
		if (argc - 3 < steps[i].least || argc - 3 > steps[i].most)
			break;
		s->args = argv + 3;
		return nos_ring_open(&s->ring, argv[2], WAIT_MS, err) ? err->code
								      : steps[i].run(s, err);
	}
	return nos_err_set(err, NOS_USAGE, "keys STEP KEYRING ...: see its source");
}

int main(int argc, char **argv)
{
	struct step s = { 0 };
	struct nos_err err = { 0 };

	nos_jose_start();
	nos_ring_init(&s.ring);
	nos_buf_init(&s.out, NOS_PACK_MAX);
	if (!run(&s, argc, argv, &err) && !nos_buf_check(&s.out, "output", &err) &&
	    fwrite(s.out.p, 1, s.out.len, stdout) != s.out.len)
		nos_err_set(&err, NOS_IO, "output");
	if (fflush(stdout) && !err.code)
		nos_err_set(&err, NOS_IO, "output");
	if (err.code)
		fprintf(stderr, "%s: %s\n", nos_code_slug(err.code), err.text);
	nos_buf_release(&s.out);
	nos_ring_release(&s.ring);
	return err.code != NOS_OK;
}
