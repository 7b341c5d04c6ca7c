/* SPDX-License-Identifier: MIT */
/* The promise of nos.h over the rooms; nothing in lib or cmd calls it. */
#include "nos.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "crypto/jose.h"
#include "envelope/pack.h"
#include "reading/batch.h"
#include "scheme/holder.h"
#include "score/profile.h"
#include "score/weigh.h"
#include "source/answer.h"
#include "source/ring.h"

#define CTY	    NOS_STR("application/x-ndjson")
#define RECORD_MORE 8192 /* bytes: what scoring puts behind a reading, at most */

struct nos_source {
	char *path;
	struct nos_ring ring;
};

struct nos_scorer {
	struct nos_profile *own; /* NULL: the built-in sets */
	struct nos_scan scan;
	struct nos_buf space;
};

const char *nos_version(void)
{
	return NOS_VERSION;
}

void nos_begin(void)
{
	nos_jose_start();
}

void nos_text_free(struct nos_text *text)
{
	if (text->p)
		explicit_bzero(text->p, text->len);
	free(text->p);
	*text = (struct nos_text){ 0 };
}

/* 0, or -1 with what *err says. */
static int result(const struct nos_err *err, struct nos_fault *fault)
{
	if (!err->code)
		return 0;
	*fault = (struct nos_fault){ .code = nos_code_slug(err->code) };
	memcpy(fault->field, err->field, sizeof(fault->field));
	memcpy(fault->text, err->text, sizeof(fault->text));
	return -1;
}

_Static_assert(sizeof(((struct nos_fault *)0)->field) == NOS_ERR_FIELD_MAX, "a field fits");
_Static_assert(sizeof(((struct nos_fault *)0)->text) == NOS_ERR_TEXT_MAX, "a text fits");

/* Ownership of what is in b to the caller of the library. */
static enum nos_code hand_out(
    struct nos_buf *b, const char *what, struct nos_text *ret, struct nos_err *err)
{
	size_t len = b->len;
	char *p;

	if (nos_buf_check(b, what, err))
		return err->code;
	p = nos_buf_take(b);
	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	*ret = (struct nos_text){ p, len };
	return NOS_OK;
}

/* ---- a source ---- */

int nos_source_open(
    const char *keyring, uint64_t wait_ms, struct nos_source **ret, struct nos_fault *fault)
{
	struct nos_source *s = calloc(1, sizeof(*s));
	struct nos_err err = { 0 };

	if (s) {
		nos_ring_init(&s->ring);
		s->path = strdup(keyring);
	}
	if (!s || !s->path)
		nos_err_set(&err, NOS_INTERNAL, "out of memory");
	else
		(void)!nos_ring_open(&s->ring, s->path, wait_ms, &err);
	if (err.code)
		nos_source_free(s);
	else
		*ret = s;
	return result(&err, fault);
}

void nos_source_free(struct nos_source *s)
{
	if (!s)
		return;
	nos_ring_release(&s->ring);
	free(s->path);
	free(s);
}

int nos_source_save(struct nos_source *s, struct nos_fault *fault)
{
	struct nos_err err = { 0 };

	(void)!nos_ring_close(&s->ring, &err);
	return result(&err, fault);
}

const char *nos_source_id(const struct nos_source *s)
{
	return s->ring.k.source;
}

const char *nos_source_url(const struct nos_source *s, size_t i)
{
	return i < s->ring.k.url_count ? s->ring.k.urls[i] : NULL;
}

/* Every line must be a reading: a node would refuse it when the number is spent. */
static enum nos_code check_readings(struct nos_str text, struct nos_err *err)
{
	struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	struct nos_batch batch = { 0 };

	if (!nos_batch_decode(&batch, NOS_BATCH_NDJSON, text, NOS_PACK_READINGS_MAX, &scan, err)) {
		if (batch.reject_count) {
			*err = batch.rejects[0].err;
			nos_err_within(err, "reading %" PRIu32, batch.rejects[0].index + 1);
		} else if (!batch.count) {
			nos_err_set(err, NOS_DATA, "no reading");
		}
	}
	nos_batch_release(&batch);
	nos_scan_release(&scan);
	return err->code;
}

/* The two keys under a key of the ring. */
static enum nos_code pack_keys(const struct nos_keyring *k, const struct nos_keyring_key *key,
    char kid[static NOS_NAME_TEXT_MAX], struct nos_pack_keys *ret, struct nos_err *err)
{
	NOS_AUTO(secret) k_s = { 0 };

	nos_name_format(&key->name, kid);
	if (nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &k_s, err))
		return err->code;
	return nos_pack_keys_make(
	    &key->value, &k_s, nos_str_of(kid), nos_str_of(k->source), ret, err);
}

static enum nos_code seal(struct nos_source *s, struct nos_str readings, struct nos_text *ret,
    uint64_t *ret_seq, struct nos_err *err)
{
	const struct nos_keyring *k = &s->ring.k;
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(buf) jwe = { 0 };
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack pack = { .source = nos_str_of(k->source), .cty = CTY };

	nos_buf_init(&jwe, NOS_PACK_MAX);
	if (check_readings(readings, err) || pack_keys(k, nos_keyring_active(k), kid, &keys, err) ||
	    nos_ring_take(&s->ring, &pack.seq, err))
		return err->code;
	pack.kid = nos_str_of(kid);
	if (nos_pack_seal(&keys, &pack, nos_str_bytes(readings), &jwe, err) ||
	    hand_out(&jwe, "pack", ret, err)) {
		nos_ring_back(&s->ring, pack.seq);
		return err->code;
	}
	*ret_seq = pack.seq;
	return NOS_OK;
}

int nos_source_seal(struct nos_source *s, const char *readings, size_t len, struct nos_text *ret,
    uint64_t *ret_seq, struct nos_fault *fault)
{
	struct nos_err err = { 0 };

	(void)!seal(s, (struct nos_str){ readings, len }, ret, ret_seq, &err);
	return result(&err, fault);
}

/* The keys that a pack of this source names. */
static enum nos_code keys_of_pack(
    const struct nos_source *s, struct nos_str pack, struct nos_pack_keys *ret, struct nos_err *err)
{
	const struct nos_keyring *k = &s->ring.k;
	struct nos_scan scan = { 0 };
	struct nos_header header;
	char kid[NOS_NAME_TEXT_MAX];
	enum nos_code code =
	    nos_header_read(pack, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &header, err);

	nos_scan_release(&scan);
	if (code)
		return code;
	if (strcmp(header.source, k->source) != 0)
		return nos_err_set(err, NOS_DATA, "a pack of another source");
	for (size_t i = 0; i < k->key_count; i++) {
		nos_name_format(&k->keys[i].name, kid);
		if (strcmp(kid, header.kid) == 0)
			return pack_keys(k, &k->keys[i], kid, ret, err);
	}
	return nos_err_set(err, NOS_TAG, "no key '%s' in the keyring", header.kid);
}

int nos_source_unseal(struct nos_source *s, const char *pack, size_t len, struct nos_text *ret,
    struct nos_fault *fault)
{
	struct nos_str jwe = { pack, len };
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&plain, NOS_PACK_MAX);
	if (!keys_of_pack(s, jwe, &keys, &err) && !nos_pack_open(&keys, jwe, &plain, &err))
		(void)!hand_out(&plain, "readings", ret, &err);
	return result(&err, fault);
}

bool nos_source_believes(struct nos_source *s, const char *pack, size_t pack_len,
    const char *answer, size_t answer_len, const char *receipt)
{
	struct nos_str jwe = { pack, pack_len };
	NOS_AUTO(pack_keys) keys = { 0 };
	struct nos_err err = { 0 };

	return receipt && !keys_of_pack(s, jwe, &keys, &err) &&
	       nos_pack_receipt_is_good(&keys, nos_str_bytes(jwe),
		   nos_str_bytes((struct nos_str){ answer, answer_len }), nos_str_of(receipt));
}

void nos_source_skip(struct nos_source *s, uint64_t next)
{
	nos_ring_skip(&s->ring, next);
}

/* Into the keyring and onto the disk, or nothing of it; *ret_ack tells whether there is one. */
static enum nos_code take(
    struct nos_source *s, const struct nos_answer_news *news, bool *ret_ack, struct nos_err *err)
{
	struct nos_keyring *k = &s->ring.k;
	NOS_AUTO(keyring) before = *k;
	enum nos_holder_did did;

	*ret_ack = false;
	if (nos_holder_take(k, news->keys, news->key_count, nos_time_now(), &did, err))
		return err->code;
	if (did == NOS_HOLDER_NOTHING)
		return NOS_OK;
	if (did == NOS_HOLDER_BEHIND)
		return nos_err_set(err, NOS_TAG, "the node is behind this keyring: ask it");
	*ret_ack = did != NOS_HOLDER_HEARD;
	if ((*ret_ack && nos_holder_ack(k, err)) || nos_ring_keep(&s->ring, err))
		*k = before;
	return err->code;
}

int nos_source_take(struct nos_source *s, const char *answer, size_t len, struct nos_text *ret,
    struct nos_fault *fault)
{
	struct nos_answer_news news = { 0 };
	NOS_AUTO(buf) ack = { 0 };
	struct nos_err err = { 0 };
	bool is_ack = false;

	*ret = (struct nos_text){ 0 };
	nos_buf_init(&ack, NOS_KEYRING_ACK_MAX);
	if (!nos_answer_news_decode((struct nos_str){ answer, len }, &news, &err) &&
	    !take(s, &news, &is_ack, &err) && is_ack) {
		nos_buf_add(&ack, s->ring.k.ack, s->ring.k.ack_len);
		(void)!hand_out(&ack, "acknowledgement", ret, &err);
	}
	nos_answer_news_release(&news);
	return result(&err, fault);
}

/* ---- scores ---- */

int nos_scorer_new(const char *rules, size_t len, struct nos_scorer **ret, struct nos_fault *fault)
{
	struct nos_scorer *s = calloc(1, sizeof(*s));
	struct nos_err err = { 0 };

	if (!s)
		nos_err_set(&err, NOS_INTERNAL, "out of memory");
	else if (rules)
		(void)!nos_profile_parse((struct nos_str){ rules, len }, &s->own, &err);
	if (err.code) {
		free(s);
		return result(&err, fault);
	}
	s->scan = (struct nos_scan){ .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	nos_buf_init(&s->space, NOS_SCAN_TEXT_MAX);
	*ret = s;
	return 0;
}

void nos_scorer_free(struct nos_scorer *s)
{
	if (!s)
		return;
	nos_profile_free(s->own);
	nos_scan_release(&s->scan);
	nos_buf_release(&s->space);
	free(s);
}

static enum nos_code score(struct nos_scorer *s, struct nos_str text, struct nos_time now,
    struct nos_text *ret, struct nos_err *err)
{
	struct nos_weigh weigh = { .scan = &s->scan, .received = now };
	struct nos_rule_security security;
	struct nos_reading reading;
	NOS_AUTO(buf) out = { 0 };

	nos_buf_truncate(&s->space, 0);
	if (nos_scan_parse(&s->scan, text, err))
		return err->code;
	if (!nos_buf_reserve(&s->space, text.len))
		return nos_buf_check(&s->space, "reading", err);
	if (nos_reading_decode(&s->scan, s->scan.values, &s->space, &reading, err))
		return err->code;
	security = nos_weigh_anonymous(&reading);
	weigh.security = &security;
	weigh.type =
	    nos_profile_find(s->own ? s->own : nos_profile_builtin(), NOS_STR(""), reading.type);
	nos_buf_init(&out, text.len + RECORD_MORE);
	(void)nos_weigh_encode(&out, &weigh, &reading, NULL);
	return hand_out(&out, "record", ret, err);
}

int nos_scorer_score(struct nos_scorer *s, const char *reading, size_t len, int64_t now_ms,
    struct nos_text *ret, struct nos_fault *fault)
{
	struct nos_err err = { 0 };

	(void)!score(s, (struct nos_str){ reading, len }, (struct nos_time){ now_ms }, ret, &err);
	return result(&err, fault);
}
