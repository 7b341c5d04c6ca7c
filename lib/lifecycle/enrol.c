/* SPDX-License-Identifier: MIT */
#include "lifecycle/enrol.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/jose.h"
#include "crypto/random.h"
#include "envelope/grant.h"
#include "envelope/header.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"
#include "registry/registry.h"
#include "stream/seen.h"
#include "lifecycle/token.h"
#include "scheme/issuer.h"

#define TRIES 8 /* against others who change the same enrolment at once */

/* All that one registration needs from hand to hand. */
struct enrol {
	struct nos_life *life;
	struct nos_store *store; /* of life */
	const struct nos_self *self;
	struct nos_time now;
	uint8_t hash[NOS_HASH_LEN];	  /* of m1 as it came */
	const struct nos_secret *private; /* N, of the set of keys that m1 is sealed to, and */
	const uint8_t *sign;		  /* the Ed25519 public key of that set, */
	uint64_t generation;		  /* and which one it is */
	struct nos_grant_request request;
	struct nos_token token;
	struct nos_record source;
	bool named;				 /* by its own description */
	char name_before[NOS_NAME_WORD_MAX + 1]; /* of the source that is replaced */
	bool made;				 /* a source that was not there before */
	bool raced;				 /* another changed the source meanwhile */
};

static void drop(struct enrol *e)
{
	nos_token_release(&e->token);
	nos_record_release(&e->source);
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

	if (nos_header_read(m1, NOS_HEADER_KEY, NOS_ENROL_M1_MAX, scan, &header, err))
		return err->code;
	e->private = nos_self_private(e->self, header.thumbprint, &e->generation);
	if (!e->private || nos_self_is_own(e->self, &header.epk))
		return nos_err_set(err, NOS_DENIED,
		    "registration: sealed to another node's key: a new enrolment is needed");
	e->sign = nos_self_sign_public(e->self, e->generation);
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
static enum nos_code describe(struct nos_record *s, struct nos_str description, struct nos_err *err)
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
	if (nos_token_get(e->store, e->life->vault, nos_str_of(id), &e->token, err))
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
	case NOS_TOKEN_EXPOSED:
		break;
	}
	return refused(err);
}

static enum nos_code draw_id(char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	uint8_t bytes[5];
	NOS_AUTO(buf) b = { 0 };

	if (nos_random_bytes(bytes, sizeof(bytes), err))
		return err->code;
	nos_buf_init(&b, NOS_RECORD_ID_MAX);
	nos_buf_add_text(&b, "s-");
	nos_enc_hex(&b, bytes, sizeof(bytes));
	memcpy(ret, b.p, b.len + 1);
	return NOS_OK;
}

/* The source's keys, and the grants that m2 carries for them. */
static enum nos_code make_keys(struct enrol *e, const struct nos_derive_base *base,
    struct nos_grant_answer *m2, struct nos_buf *grants, struct nos_err *err)
{
	struct nos_assoc *a = &e->source.a;
	NOS_AUTO(buf) message = { 0 };
	struct nos_issuer w;
	uint64_t top;
	bool filled;

	if (nos_life_world_full(e->life, &e->source, e->now, 1, &w, err))
		return err->code;
	w.identity = e->generation;
	nos_buf_add_char(grants, '[');
	if (!w.scheme)
		return nos_err_set(err, NOS_CONFIG, "no scheme '%s'", e->token.scheme);
	if (!e->source.rev) {
		nos_issuer_enrol(a, &w, base);
	} else {
		nos_buf_init(&message, NOS_ASSOC_MESSAGE_MAX);
		if (nos_seen_top(e->store, e->source.id, &top, err))
			return err->code;
		m2->next = top + 1;
		if (nos_issuer_enrol_again(a, &w, base, m2->next, &message, err))
			return err->code;
		nos_encode_bytes(grants, message.p, message.len);
	}
	if (nos_life_fill(e->life, &e->source, &w, &filled, err))
		return err->code;
	/* Who was in it before waits for its own leaf. */
	if (e->life->full && a->left.group != e->source.group)
		return nos_err_set(err, NOS_EXISTS, "the group '%s' is full", w.place->group->name);
	for (size_t i = 0; i < a->out_count; i++) {
		nos_encode_comma(grants);
		nos_encode_bytes(grants, a->out[i].bytes, a->out[i].len);
	}
	nos_buf_add_char(grants, ']');
	m2->grants = nos_buf_str(grants);
	return nos_buf_check(grants, "grants", err);
}

/* E_N, R, and all that comes from it; m2 is sealed to E_S. */
static enum nos_code derive(struct enrol *e, struct nos_buf *ret_m2, struct nos_err *err)
{
	NOS_AUTO(secret) once = { 0 };
	NOS_AUTO(secret) a = { 0 };
	NOS_AUTO(secret) b = { 0 };
	NOS_AUTO(secret) r = { 0 };
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) grants = { 0 };
	struct nos_grant_answer m2 = {
		.source = nos_str_of(e->source.id), .node = e->self->number, .next = 1
	};
	const struct nos_derive_registration reg = { { e->hash, sizeof(e->hash) },
		{ m2.once.bytes, sizeof(m2.once.bytes) }, e->self->number,
		nos_str_of(e->source.id) };

	if (!e->named)
		m2.name = nos_str_of(e->source.name);
	memcpy(m2.nonce, e->request.nonce, sizeof(m2.nonce));
	memcpy(m2.m1, e->hash, sizeof(m2.m1));
	memcpy(m2.sign, e->sign, sizeof(m2.sign));
	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	nos_buf_init(&grants, NOS_GRANT_TEXT_MAX);
	if (nos_ecdh_generate(&once, &m2.once, err) ||
	    nos_ecdh_shared(&once, &e->request.once, &a, err) ||
	    nos_ecdh_shared(e->private, &e->request.once, &b, err) ||
	    nos_derive_root(&e->token.t, &a, &b, &r, err) ||
	    nos_derive_base_from(&r, &reg, &base, err) || make_keys(e, &base, &m2, &grants, err) ||
	    nos_grant_answer_seal(&r, &m2, &plain, err))
		return err->code;
	return nos_jose_seal_to(&e->request.once, nos_buf_span(&plain), ret_m2, err);
}

static enum nos_code note_source(struct enrol *e, const char *reason, struct nos_err *err)
{
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_SOURCE, .source = e->source.id, .to = "active", .reason = reason
	};

	return nos_audit_append(e->life->audit, e->now, &event, err);
}

/* The source's record as it was read, or new: with its keys, its name, and the answer m2. */
static enum nos_code admit(struct enrol *e, struct nos_buf *ret, struct nos_err *err)
{
	const bool again = e->source.rev != 0;
	struct nos_record *s = &e->source;

	if (derive(e, ret, err) ||
	    (*s->name && nos_registry_name(e->store, nos_str_of(s->name), s->id, err)))
		return err->code;
	if (!nos_str_copy(nos_buf_str(ret), s->m2, sizeof(s->m2)))
		return nos_err_set(err, NOS_LARGE, "the answer to a registration is too long");
	if (note_source(e, again ? "registered anew" : "registered", err))
		return err->code;
	e->raced = nos_life_put(e->life, e->now, s, err) == NOS_EXISTS;
	if (err->code)
		return err->code;
	e->made = !again;
	if (again && *e->name_before && strcmp(e->name_before, s->name) != 0 &&
	    nos_store_del(e->store, NOS_REGISTRY_NAMES_NS, nos_str_of(e->name_before),
		NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

/* The source that a noted use stands for: as it is, or made now if the last try broke off. */
static enum nos_code answer_use(struct enrol *e, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(record) before = { 0 };

	if (nos_registry_get(e->store, e->life->vault, nos_str_of(e->source.id), &before, err) ==
	    NOS_ABSENT) {
		nos_err_clear(err);
		return *e->token.replaces ? refused(err) : admit(e, ret, err);
	}
	if (err->code)
		return err->code;
	if (strcmp(before.token, e->token.id) == 0) {
		if (!*before.m2)
			return refused(err); /* its source has used it: it has its keyring */
		nos_buf_add_text(ret, before.m2);
		return nos_buf_check(ret, "answer", err);
	}
	if (strcmp(before.id, e->token.replaces) != 0)
		return nos_err_set(err, NOS_EXISTS, "the source was registered by another");
	snprintf(e->name_before, sizeof(e->name_before), "%s", before.name);
	if (!e->named)
		snprintf(e->source.name, sizeof(e->source.name), "%s", before.name);
	e->source.a = before.a;
	e->source.rev = before.rev;
	return admit(e, ret, err);
}

static enum nos_code fill(struct enrol *e, const char *id, struct nos_err *err)
{
	struct nos_record *s = &e->source;

	nos_record_release(s);
	s->open = e->token.open;
	s->registered = e->now;
	snprintf(s->id, sizeof(s->id), "%s", id);
	snprintf(s->kind, sizeof(s->kind), "%s", e->token.kind);
	snprintf(s->scheme, sizeof(s->scheme), "%s", e->token.scheme);
	snprintf(s->token, sizeof(s->token), "%s", e->token.id);
	s->group = e->token.group;
	if (describe(s, e->request.description, err))
		return err->code;
	e->named = *s->name != '\0';
	return NOS_OK;
}

/* A name that is another's; its own again is fine. */
static enum nos_code check_name(struct enrol *e, struct nos_err *err)
{
	char other[NOS_RECORD_ID_MAX];

	if (!e->named)
		return NOS_OK;
	if (!nos_registry_resolve(e->store, nos_str_of(e->source.name), other, err))
		return strcmp(other, e->source.id) == 0
			   ? NOS_OK
			   : nos_err_set(err, NOS_EXISTS, "the name '%s' is taken", e->source.name);
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

/* Within a group. *ret_again: another changed the enrolment or the source, do it again. */
static enum nos_code once(
    struct enrol *e, struct nos_buf *ret, bool *ret_again, struct nos_err *err)
{
	const struct nos_token_use *use;
	char id[NOS_RECORD_ID_MAX];

	*ret_again = e->raced = false;
	if (find_token(e, err))
		return err->code;
	use = nos_token_used_by(&e->token, e->hash);
	if (use)
		return fill(e, use->source, err) ? err->code : answer_use(e, ret, err);
	if (nos_token_state_of(&e->token, e->now) == NOS_TOKEN_USED)
		return nos_err_set(err, NOS_EXISTS, "the token was used by another registration");
	if (*e->token.replaces)
		snprintf(id, sizeof(id), "%s", e->token.replaces);
	else if (draw_id(id, err))
		return err->code;
	if (fill(e, id, err) || check_name(e, err) || nos_token_use(&e->token, e->hash, id, err))
		return err->code;
	if (nos_token_put(e->store, e->life->vault, &e->token, err)) {
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
		nos_audit_begin(e->life->audit);
		if (nos_store_begin(e->store, err))
			return err->code;
		if (once(e, ret, &again, err)) {
			nos_store_rollback(e->store);
			again |= e->raced;
			continue;
		}
		return nos_store_commit(e->store, err);
	}
	return again ? nos_err_set(err, NOS_BUSY, "the enrolment is in use, try again") : err->code;
}

enum nos_code nos_enrol_answer(struct nos_life *life, const struct nos_self *self,
    struct nos_str m1, struct nos_time now, struct nos_buf *ret, bool *ret_made,
    char ret_id[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	struct enrol e = { .life = life, .store = life->store, .self = self, .now = now };
	struct nos_scan scan = { .depth = 8 };
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	if (!open_request(&e, m1, &scan, &plain, err))
		(void)!in_group(&e, ret, err);
	*ret_made = !err->code && e.made;
	snprintf(ret_id, NOS_RECORD_ID_MAX, "%s", e.source.id);
	drop(&e);
	nos_scan_release(&scan);
	return err->code;
}
