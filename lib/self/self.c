/* SPDX-License-Identifier: MIT */
#include "self/self.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/jose.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"
#include "self/self_document.h"

#define VERSION	   1
#define FORMAT	   2 /* the store's own: 1 until an era begins (self/era.h) */
#define IDENTITY   NOS_STR("identity")
#define LIFE	   NOS_STR("life")
#define NONCES_LEN 32
#define TEXT_MAX   4096
#define MINUTE_MS  60000
#define TRIES	   8 /* against others who change the same record at once */

/*
 * One sealed value: P-256, Ed25519, nonces. Once the keys were replaced there follow the generation
 * and, for each old set, newest first, when it was replaced (ms; both numbers LEB128), P-256, the
 * Ed25519 public key, the signature. What of it is public is sealed as well, since sources believe
 * it on the node's word: who can write the store must not put a key of his own in its place.
 */
#define PRESENT_LEN (NOS_ECDH_PRIVATE_LEN + NOS_SIGN_PRIVATE_LEN + NONCES_LEN)
#define OLD_LEN	    (NOS_ECDH_PRIVATE_LEN + NOS_SIGN_PUBLIC_LEN + NOS_SIGN_LEN)
#define PLAIN_MAX   1024

static const struct nos_vault_place place = { NOS_SELF_NS, IDENTITY, "sealed" };

void nos_self_release(struct nos_self *s)
{
	explicit_bzero(s, sizeof(*s));
}

/* ---- the record ---- */

static void encode_plain(struct nos_buf *b, const struct nos_self *s)
{
	nos_buf_add(b, s->private.bytes, NOS_ECDH_PRIVATE_LEN);
	nos_buf_add(b, s->sign.bytes, NOS_SIGN_PRIVATE_LEN);
	nos_buf_add(b, s->nonces.bytes, NONCES_LEN);
	if (s->generation == 1)
		return;
	nos_enc_add_leb128(b, s->generation);
	for (size_t i = 0; i < s->old_count; i++) {
		const struct nos_self_old *o = &s->old[i];

		nos_enc_add_leb128(b, (uint64_t)o->until.ms);
		nos_buf_add(b, o->private.bytes, NOS_ECDH_PRIVATE_LEN);
		nos_buf_add(b, o->sign_public, sizeof(o->sign_public));
		nos_buf_add(b, o->signature, sizeof(o->signature));
	}
}

/* Put the record with the revision of s, which gets the new one. */
static enum nos_code put(
    struct nos_store *store, const struct nos_vault *vault, struct nos_self *s, struct nos_err *err)
{
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&plain, PLAIN_MAX);
	nos_buf_init(&sealed, TEXT_MAX);
	nos_buf_init(&text, TEXT_MAX);
	encode_plain(&plain, s);
	if (nos_buf_check(&plain, "identity", err) ||
	    nos_vault_seal(vault, &place, nos_buf_span(&plain), &sealed, err))
		return err->code;
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "node", s->number);
	nos_encode_member_bytes(&text, "sealed", sealed.p, sealed.len);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "identity", err))
		return err->code;
	return nos_store_put(
	    store, NOS_SELF_NS, IDENTITY, nos_buf_str(&text), s->rev, &s->rev, err);
}

/* The next len bytes, stepped over; NULL: it has not so many. */
static const uint8_t *cut(struct nos_span *from, size_t len)
{
	const uint8_t *p = from->p;

	if (from->len < len)
		return NULL;
	from->p += len;
	from->len -= len;
	return p;
}

static bool decode_old(struct nos_span *plain, struct nos_self *s)
{
	struct nos_self_old *o = &s->old[s->old_count];
	const uint8_t *p;
	uint64_t until;

	if (s->old_count == NOS_SELF_OLD_MAX || s->generation < s->old_count + 2 ||
	    !nos_enc_leb128_decode(plain, &until) || until > INT64_MAX ||
	    !(p = cut(plain, OLD_LEN)))
		return false;
	o->until.ms = (int64_t)until;
	o->generation = s->generation - ++s->old_count;
	nos_secret_put(&o->private, p, NOS_ECDH_PRIVATE_LEN);
	p += NOS_ECDH_PRIVATE_LEN;
	memcpy(o->sign_public, p, sizeof(o->sign_public));
	memcpy(o->signature, p + sizeof(o->sign_public), sizeof(o->signature));
	return true;
}

static bool decode_plain(struct nos_span plain, struct nos_self *s)
{
	const uint8_t *p = cut(&plain, PRESENT_LEN);

	if (!p)
		return false;
	nos_secret_put(&s->private, p, NOS_ECDH_PRIVATE_LEN);
	p += NOS_ECDH_PRIVATE_LEN;
	nos_secret_put(&s->sign, p, NOS_SIGN_PRIVATE_LEN);
	nos_secret_put(&s->nonces, p + NOS_SIGN_PRIVATE_LEN, NONCES_LEN);
	s->generation = 1;
	if (plain.len && !nos_enc_leb128_decode(&plain, &s->generation))
		return false;
	while (plain.len)
		if (!decode_old(&plain, s))
			return false;
	return true;
}

/* ---- the halves that are public ---- */

static enum nos_code complete_old(struct nos_self_old *o, struct nos_err *err)
{
	if (nos_ecdh_public(&o->private, &o->public, err))
		return err->code;
	return nos_jose_thumbprint(&o->public, o->thumbprint, err);
}

/* Those of the present set, from the private ones. */
static enum nos_code complete(struct nos_self *s, struct nos_err *err)
{
	NOS_AUTO(buf) pin = { 0 };

	if (nos_ecdh_public(&s->private, &s->public, err) ||
	    nos_sign_public(&s->sign, s->sign_public, err) ||
	    nos_jose_thumbprint(&s->public, s->thumbprint, err))
		return err->code;
	nos_buf_init(&pin, NOS_SELF_PIN_MAX - 1);
	nos_enc_base64(&pin, s->thumbprint, sizeof(s->thumbprint));
	memcpy(s->pin, pin.p, pin.len + 1);
	return NOS_OK;
}

static enum nos_code complete_all(struct nos_self *s, struct nos_span plain, struct nos_err *err)
{
	if (!decode_plain(plain, s))
		return nos_err_set(err, NOS_IO, "store: the identity is damaged");
	for (size_t i = 0; i < s->old_count; i++)
		if (complete_old(&s->old[i], err))
			return err->code;
	return complete(s, err);
}

/* A fresh set in place of the present one. */
static enum nos_code draw(struct nos_self *s, struct nos_err *err)
{
	if (nos_ecdh_generate(&s->private, &s->public, err) ||
	    nos_random_secret(&s->sign, NOS_SIGN_PRIVATE_LEN, err))
		return err->code;
	return complete(s, err);
}

/* ---- making and opening ---- */

static enum nos_code put_format(struct nos_store *store, struct nos_err *err)
{
	uint64_t rev;

	if (nos_store_put(store, NOS_SELF_NS, NOS_STR("format"), NOS_STR("{\"v\":1}"),
		NOS_STORE_NEW, &rev, err) &&
	    err->code != NOS_EXISTS)
		return err->code;
	nos_err_clear(err);
	return NOS_OK;
}

enum nos_code nos_self_make(
    struct nos_store *store, const struct nos_vault *vault, uint64_t number, struct nos_err *err)
{
	NOS_AUTO(self) s = { .number = number, .generation = 1, .rev = NOS_STORE_NEW };

	if (draw(&s, err) || nos_random_secret(&s.nonces, NONCES_LEN, err) ||
	    put_format(store, err))
		return err->code;
	return put(store, vault, &s, err);
}

static enum nos_code none_yet(struct nos_err *err)
{
	return err->code == NOS_ABSENT
		   ? nos_err_set(err, NOS_ABSENT, "the store has no node yet: run nos-serve --init")
		   : err->code;
}

static enum nos_code check_format(
    struct nos_store *store, struct nos_scan *scan, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_decode d;
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_SELF_NS, NOS_STR("format"), &text, &rev, err))
		return none_yet(err);
	if (nos_decode_object(scan, nos_buf_str(&text), "store", &d, err))
		return err->code;
	return nos_decode_version(&d, FORMAT, "store", err);
}

/* The record of the identity, scanned; text is what d looks into. Of *ret number and rev are
 * filled. */
static enum nos_code read_identity(struct nos_store *store, struct nos_scan *scan,
    struct nos_buf *text, struct nos_decode *d, struct nos_self *ret, struct nos_err *err)
{
	nos_buf_init(text, TEXT_MAX);
	if (check_format(store, scan, err))
		return err->code;
	if (nos_store_get(store, NOS_SELF_NS, IDENTITY, text, &ret->rev, err))
		return none_yet(err);
	if (nos_decode_object(scan, nos_buf_str(text), "store: identity", d, err) ||
	    nos_decode_version(d, VERSION, "store: identity", err))
		return err->code;
	return nos_decode_uint(d, "node", 1, NOS_NUM_SAFE - 1, &ret->number, err);
}

enum nos_code nos_self_number(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(self) s = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	if (!read_identity(store, &scan, &text, &d, &s, err))
		*ret = s.number;
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_self_open(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	*ret = (struct nos_self){ 0 };
	nos_buf_init(&sealed, TEXT_MAX);
	nos_buf_init_secret(&plain, TEXT_MAX);
	if (!read_identity(store, &scan, &text, &d, ret, err) &&
	    !nos_decode_blob(&d, "sealed", &sealed, err) &&
	    !nos_vault_open(vault, &place, nos_buf_span(&sealed), &plain, err))
		(void)!complete_all(ret, nos_buf_span(&plain), err);
	nos_scan_release(&scan);
	if (err->code)
		nos_self_release(ret);
	return nos_store_damaged(err);
}

/* ---- replacing ---- */

/* Put what shall stand in place of *self, and take it over. */
static enum nos_code replace(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *self, struct nos_self *next, struct nos_err *err)
{
	if (put(store, vault, next, err))
		return err->code == NOS_EXISTS
			   ? nos_err_set(err, NOS_EXISTS,
				 "the node's keys were changed by another meanwhile")
			   : err->code;
	*self = *next;
	return NOS_OK;
}

/* The present set becomes the newest of the old. */
static void step_back(struct nos_self *s, struct nos_time now)
{
	struct nos_self_old *o = &s->old[0];

	memmove(o + 1, o, s->old_count * sizeof(*o));
	s->old_count++;
	*o = (struct nos_self_old){ .generation = s->generation,
		.private = s->private,
		.public = s->public,
		.until = now };
	memcpy(o->thumbprint, s->thumbprint, sizeof(o->thumbprint));
	memcpy(o->sign_public, s->sign_public, sizeof(o->sign_public));
}

enum nos_code nos_self_renew(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *self, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(self) next = *self;

	if (self->old_count == NOS_SELF_OLD_MAX)
		return nos_err_set(err, NOS_BUSY,
		    "%d old sets of the node's keys are in use: wait until each source has followed",
		    NOS_SELF_OLD_MAX);
	step_back(&next, now);
	next.generation++;
	if (draw(&next, err) ||
	    nos_self_document_sign(&next, &self->sign, next.old[0].signature, err))
		return err->code;
	return replace(store, vault, self, &next, err);
}

enum nos_code nos_self_retire(struct nos_store *store, const struct nos_vault *vault,
    struct nos_self *self, uint64_t generation, struct nos_err *err)
{
	NOS_AUTO(self) next = *self;

	while (next.old_count && next.old[next.old_count - 1].generation <= generation)
		explicit_bzero(&next.old[--next.old_count], sizeof(next.old[0]));
	if (next.old_count == self->old_count)
		return NOS_OK;
	return replace(store, vault, self, &next, err);
}

/* ---- asking ---- */

const struct nos_secret *nos_self_private(const struct nos_self *s,
    const uint8_t thumbprint[static NOS_HASH_LEN], uint64_t *ret_generation)
{
	if (memcmp(s->thumbprint, thumbprint, NOS_HASH_LEN) == 0) {
		*ret_generation = s->generation;
		return &s->private;
	}
	for (size_t i = 0; i < s->old_count; i++)
		if (memcmp(s->old[i].thumbprint, thumbprint, NOS_HASH_LEN) == 0) {
			*ret_generation = s->old[i].generation;
			return &s->old[i].private;
		}
	return NULL;
}

const uint8_t *nos_self_sign_public(const struct nos_self *s, uint64_t generation)
{
	if (generation == s->generation)
		return s->sign_public;
	for (size_t i = 0; i < s->old_count; i++)
		if (s->old[i].generation == generation)
			return s->old[i].sign_public;
	return NULL;
}

bool nos_self_is_own(const struct nos_self *s, const struct nos_ecdh_point *p)
{
	if (memcmp(s->public.bytes, p->bytes, sizeof(p->bytes)) == 0)
		return true;
	for (size_t i = 0; i < s->old_count; i++)
		if (memcmp(s->old[i].public.bytes, p->bytes, sizeof(p->bytes)) == 0)
			return true;
	return false;
}

enum nos_code nos_self_nonce_good(const struct nos_self *s, struct nos_time now, unsigned i,
    uint8_t ret[static NOS_SELF_NONCE_LEN], struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_NUM((uint64_t)now.ms / MINUTE_MS - i) };
	NOS_AUTO(secret) nonce = { 0 };

	assert(i < NOS_SELF_NONCES);
	if (nos_derive_key(&s->nonces, "nonce", ctx, 1, NOS_SELF_NONCE_LEN, &nonce, err))
		return err->code;
	memcpy(ret, nonce.bytes, NOS_SELF_NONCE_LEN);
	return NOS_OK;
}

enum nos_code nos_self_nonce(const struct nos_self *s, struct nos_time now,
    uint8_t ret[static NOS_SELF_NONCE_LEN], struct nos_err *err)
{
	return nos_self_nonce_good(s, now, 0, ret, err);
}

/* ---- lives ---- */

static enum nos_code read_life(
    struct nos_store *store, uint64_t *ret, uint64_t *ret_rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_SELF_NS, LIFE, &text, ret_rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		*ret = 1;
		*ret_rev = NOS_STORE_NEW;
		return NOS_OK;
	}
	if (!err->code && !nos_decode_object(&scan, nos_buf_str(&text), "store: life", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: life", err))
		(void)!nos_decode_uint(&d, "life", 1, NOS_NUM_SAFE - 1, ret, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_self_life(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	uint64_t rev;

	return read_life(store, ret, &rev, err);
}

enum nos_code nos_self_next_life(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	uint64_t life, rev;

	for (int i = 0; i < TRIES; i++) {
		NOS_AUTO(buf) text = { 0 };

		nos_err_clear(err);
		if (read_life(store, &life, &rev, err))
			return err->code;
		nos_buf_init(&text, TEXT_MAX);
		nos_buf_addf(
		    &text, "{\"v\":%d,\"life\":%llu}", VERSION, (unsigned long long)++life);
		if (nos_buf_check(&text, "life", err))
			return err->code;
		if (!nos_store_put(store, NOS_SELF_NS, LIFE, nos_buf_str(&text), rev, &rev, err))
			*ret = life;
		if (err->code != NOS_EXISTS)
			return err->code;
	}
	return nos_err_set(err, NOS_BUSY, "the store's life is being changed by others, try again");
}
