/* SPDX-License-Identifier: MIT */
#include "registry/enrol.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/jose.h"
#include "crypto/random.h"
#include "envelope/grant.h"
#include "envelope/header.h"
#include "json/decode.h"
#include "key/derive.h"
#include "registry/registry.h"
#include "registry/token.h"

#define TRIES 8 /* against others who change the same enrolment at once */

/* All that one registration needs from hand to hand. */
struct enrol {
	struct nos_store *store;
	const struct nos_vault *vault;
	const struct nos_self *self;
	struct nos_time now;
	uint8_t hash[NOS_HASH_LEN];	  /* of m1 as it came */
	const struct nos_secret *private; /* N, of the set of keys that m1 is sealed to, and */
	const uint8_t *sign;		  /* the Ed25519 public key of that set */
	struct nos_grant_request request;
	struct nos_token token;
	struct nos_registry_source source;
	bool made; /* a source that was not there before */
};

static void drop(struct enrol *e)
{
	nos_token_release(&e->token);
	nos_registry_source_release(&e->source);
}

static enum nos_code refused(struct nos_err *err)
{
	return nos_err_set(err, NOS_DENIED, "token refused");
}

/*
 * Open m1, which is sealed to the node's key alone: to the present one, or to an old one that an
 * enrolment pins. The source makes R with the key that it pinned, so the node must as well; the
 * Ed25519 key that it is given is of the same set, from which it follows to the present one.
 */
static enum nos_code open_request(struct enrol *e, struct nos_str m1, struct nos_scan *scan,
    struct nos_buf *plain, struct nos_err *err)
{
	struct nos_span bytes = nos_str_bytes(m1);
	struct nos_header header;
	uint64_t generation;

	if (nos_header_read(m1, NOS_HEADER_KEY, NOS_ENROL_M1_MAX, scan, &header, err))
		return err->code;
	e->private = nos_self_private(e->self, header.thumbprint, &generation);
	if (!e->private || nos_self_is_own(e->self, &header.epk))
		return nos_err_set(err, NOS_DENIED,
		    "registration: sealed to another node's key: a new enrolment is needed");
	e->sign = nos_self_sign_public(e->self, generation);
	if (nos_jose_open_with(e->private, m1, plain, err))
		return err->code == NOS_TAG ? refused(err) : err->code;
	if (nos_hash_sha256(&bytes, 1, e->hash, err))
		return err->code;
	if (nos_grant_request_decode(nos_buf_str(plain), scan, &e->request, err))
		return err->code;
	return nos_self_is_own(e->self, &e->request.once)
		   ? nos_err_set_field(err, NOS_DATA, "key", "key is the node's own")
		   : NOS_OK;
}

static bool is_mode(const char *mode)
{
	return strcmp(mode, "push") == 0 || strcmp(mode, "poll") == 0 || strcmp(mode, "event") == 0;
}

/* The description is the source's word: what of it is kept must have its form. */
static enum nos_code describe(
    struct nos_registry_source *s, struct nos_str description, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;
	struct nos_str types = { 0 };

	if (!nos_decode_object(&scan, description, "description", &d, err) &&
	    !nos_decode_copy(&d, "name", true, s->name, sizeof(s->name), err) &&
	    !nos_decode_copy(&d, "mode", true, s->mode, sizeof(s->mode), err) &&
	    nos_decode_has(&d, "types"))
		(void)!nos_decode_raw(&d, "types", NOS_SCAN_ARRAY, &types, err);
	if (!err->code && !nos_str_copy(types, s->types, sizeof(s->types)))
		nos_err_set_field(
		    err, NOS_DATA, "types", "types is over %zu bytes", sizeof(s->types));
	nos_scan_release(&scan);
	if (!err->code && *s->name &&
	    (!nos_name_is_word(nos_str_of(s->name)) || strncmp(s->name, "s-", 2) == 0 ||
		strcmp(s->name, "anonymous") == 0))
		nos_err_set_field(err, NOS_DATA, "name", "'%s' cannot be a name", s->name);
	if (!err->code && *s->mode && !is_mode(s->mode))
		nos_err_set_field(err, NOS_DATA, "mode", "mode is none of push, poll and event");
	return err->code;
}

static enum nos_code find_token(struct enrol *e, struct nos_err *err)
{
	char id[NOS_TOKEN_ID_MAX];

	if (nos_token_id_of(&e->request, id, err))
		return err->code;
	nos_token_release(&e->token);
	if (nos_token_get(e->store, e->vault, nos_str_of(id), &e->token, err))
		return err->code == NOS_ABSENT ? refused(err) : err->code;
	if (e->token.open != e->request.open ||
	    nos_grant_request_check(&e->token.t, &e->request, err))
		return err->code == NOS_INTERNAL ? err->code : refused(err);
	switch (nos_token_state_of(&e->token, e->now)) {
	case NOS_TOKEN_OPEN:
	case NOS_TOKEN_USED: /* a retry of the use is good */
		return NOS_OK;
	case NOS_TOKEN_EXPIRED:
	case NOS_TOKEN_WITHDRAWN:
		break;
	}
	return refused(err);
}

static enum nos_code draw_id(char ret[static NOS_REGISTRY_ID_MAX], struct nos_err *err)
{
	uint8_t bytes[5];
	NOS_AUTO(buf) b = { 0 };

	if (nos_random_bytes(bytes, sizeof(bytes), err))
		return err->code;
	nos_buf_init(&b, NOS_REGISTRY_ID_MAX);
	nos_buf_add_text(&b, "s-");
	nos_enc_hex(&b, bytes, sizeof(bytes));
	memcpy(ret, b.p, b.len + 1);
	return NOS_OK;
}

/* E_N, R, and all that comes from it; m2 is sealed to E_S. */
static enum nos_code derive(struct enrol *e, struct nos_buf *ret_m2, struct nos_err *err)
{
	struct nos_registry_source *s = &e->source;
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(e->token.scheme));
	NOS_AUTO(secret) once = { 0 };
	NOS_AUTO(secret) a = { 0 };
	NOS_AUTO(secret) b = { 0 };
	NOS_AUTO(secret) r = { 0 };
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(scheme_key) key = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	struct nos_grant_answer m2 = { .source = nos_str_of(s->id),
		.node = e->self->number,
		.next = 1,
		.grants = NOS_STR("[]") };
	const struct nos_derive_registration reg = { { e->hash, sizeof(e->hash) },
		{ m2.once.bytes, sizeof(m2.once.bytes) }, e->self->number, nos_str_of(s->id) };

	if (!scheme)
		return nos_err_set(err, NOS_CONFIG, "no scheme '%s'", e->token.scheme);
	memcpy(m2.nonce, e->request.nonce, sizeof(m2.nonce));
	memcpy(m2.m1, e->hash, sizeof(m2.m1));
	memcpy(m2.sign, e->sign, sizeof(m2.sign));
	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	if (nos_ecdh_generate(&once, &m2.once, err) ||
	    nos_ecdh_shared(&once, &e->request.once, &a, err) ||
	    nos_ecdh_shared(e->private, &e->request.once, &b, err) ||
	    nos_derive_root(&e->token.t, &a, &b, &r, err) ||
	    nos_derive_base_from(&r, &reg, &base, err) || scheme->enrol(&base, &key, err) ||
	    nos_grant_answer_seal(&r, &m2, &plain, err) ||
	    nos_jose_seal_to(&e->request.once, nos_buf_span(&plain), ret_m2, err))
		return err->code;
	s->z = 1;
	s->z_key = base.z;
	s->down = (struct nos_chain){ 0, base.down };
	s->up = (struct nos_chain){ 0, base.up };
	s->keys[0] = (struct nos_registry_key){
		.name = key.name, .state = NOS_STATE_ACTIVE, .since = e->now, .value = key.value
	};
	s->key_count = 1;
	return NOS_OK;
}

/* The source that a noted use stands for: as it is, or made now if the last try broke off. */
static enum nos_code answer_use(struct enrol *e, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_registry_source *s = &e->source;

	if (nos_registry_answer(e->store, nos_str_of(s->id), ret, err) != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	if (derive(e, ret, err) ||
	    (*s->name && nos_registry_name(e->store, nos_str_of(s->name), s->id, err)))
		return err->code;
	if (nos_registry_add(e->store, e->vault, s, nos_buf_str(ret), err) != NOS_EXISTS) {
		e->made = !err->code;
		return err->code;
	}
	/* Another nos-serve was quicker: its m2 is the one that counts. */
	nos_err_clear(err);
	nos_buf_truncate(ret, 0);
	return nos_registry_answer(e->store, nos_str_of(s->id), ret, err);
}

static enum nos_code fill(struct enrol *e, const char *id, struct nos_err *err)
{
	struct nos_registry_source *s = &e->source;

	*s = (struct nos_registry_source){
		.open = e->token.open, .state = NOS_STATE_ACTIVE, .registered = e->now
	};
	snprintf(s->id, sizeof(s->id), "%s", id);
	snprintf(s->kind, sizeof(s->kind), "%s", e->token.kind);
	snprintf(s->scheme, sizeof(s->scheme), "%s", e->token.scheme);
	snprintf(s->token, sizeof(s->token), "%s", e->token.id);
	return describe(s, e->request.description, err);
}

/* Within a group. NOS_EXISTS with no text: another changed the enrolment, do it again. */
static enum nos_code once(
    struct enrol *e, struct nos_buf *ret, bool *ret_again, struct nos_err *err)
{
	const struct nos_token_use *use;
	char id[NOS_REGISTRY_ID_MAX], other[NOS_REGISTRY_ID_MAX];

	*ret_again = false;
	if (find_token(e, err))
		return err->code;
	use = nos_token_used_by(&e->token, e->hash);
	if (use)
		return fill(e, use->source, err) ? err->code : answer_use(e, ret, err);
	if (nos_token_state_of(&e->token, e->now) == NOS_TOKEN_USED)
		return nos_err_set(err, NOS_EXISTS, "the token was used by another registration");
	if (draw_id(id, err) || fill(e, id, err))
		return err->code;
	if (*e->source.name &&
	    !nos_registry_resolve(e->store, nos_str_of(e->source.name), other, err))
		return nos_err_set(err, NOS_EXISTS, "the name '%s' is taken", e->source.name);
	if (err->code && err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	if (nos_token_use(&e->token, e->hash, id, err))
		return err->code;
	if (nos_token_put(e->store, e->vault, &e->token, err)) {
		*ret_again = err->code == NOS_EXISTS;
		return err->code;
	}
	return answer_use(e, ret, err);
}

static enum nos_code in_group(struct enrol *e, struct nos_buf *ret, struct nos_err *err)
{
	bool again = true;

	for (int i = 0; again && i < TRIES; i++) {
		nos_err_clear(err);
		nos_buf_truncate(ret, 0);
		if (nos_store_begin(e->store, err))
			return err->code;
		if (once(e, ret, &again, err)) {
			nos_store_rollback(e->store);
			continue;
		}
		return nos_store_commit(e->store, err);
	}
	return again ? nos_err_set(err, NOS_BUSY, "the enrolment is in use, try again") : err->code;
}

enum nos_code nos_enrol_answer(struct nos_store *store, const struct nos_vault *vault,
    const struct nos_self *self, struct nos_str m1, struct nos_time now, struct nos_buf *ret,
    bool *ret_made, struct nos_err *err)
{
	struct enrol e = { .store = store, .vault = vault, .self = self, .now = now };
	struct nos_scan scan = { .depth = 8 };
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	if (!open_request(&e, m1, &scan, &plain, err))
		(void)!in_group(&e, ret, err);
	*ret_made = !err->code && e.made;
	drop(&e);
	nos_scan_release(&scan);
	return err->code;
}
