/* SPDX-License-Identifier: MIT */
#include "scheme/offer.h"

#include <string.h>

#include "base/enc.h"
#include "scheme/pairwise.h"

#define MINUTE_MS   60000
#define NONCE_LIVES 6 /* minutes, the present one among them */
#define HASH_LEN    sizeof(((struct nos_assoc_asked *)0)->hash)

void nos_offer_shared_release(struct nos_offer_shared *s)
{
	explicit_bzero(s, sizeof(*s));
}

enum nos_code nos_offer_state(struct nos_chain *c, const struct nos_issuer *w,
    const struct nos_offer_state *state, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init(&body, 64);
	nos_enc_add_leb128(&body, state->z);
	nos_enc_add_leb128(&body, state->next);
	nos_enc_add_leb128(&body, state->v);
	if (nos_message_seal(
		NOS_MESSAGE_STATE, c, w->node, w->source, nos_buf_span(&body), ret, err))
		return err->code;
	return nos_chain_advance(c, c->ctr + 1, err);
}

/* ---- the ask ---- */

static enum nos_code refused(struct nos_err *err)
{
	return nos_err_set(err, NOS_TAG, "does not verify");
}

static uint64_t minute_of(const struct nos_issuer *w)
{
	return (uint64_t)w->now.ms / MINUTE_MS;
}

static bool lives(const struct nos_assoc_asked *one, uint64_t minute)
{
	return one->minute + NONCE_LIVES > minute;
}

/* Was it asked before, and how many were there while a nonce lives? */
static bool was_asked(const struct nos_assoc *a, const struct nos_issuer *w,
    const uint8_t hash[static NOS_HASH_LEN], size_t *ret_count)
{
	bool was = false;

	*ret_count = 0;
	for (size_t i = 0; i < a->asked_count; i++) {
		*ret_count += lives(&a->asked[i], minute_of(w));
		was |= memcmp(a->asked[i].hash, hash, HASH_LEN) == 0;
	}
	return was;
}

static enum nos_code open_under(const struct nos_assoc_base *base, const struct nos_issuer *w,
    struct nos_span ask, const struct nos_ask_head *head,
    const uint8_t (*nonces)[NOS_ASK_NONCE_LEN], size_t nonce_count, struct nos_ask_body *ret,
    struct nos_err *err)
{
	NOS_AUTO(secret) resync = { 0 };

	if (head->z != base->z)
		return refused(err);
	if (nos_derive_static(&base->z_key, NOS_DERIVE_RESYNC, &resync, err))
		return err->code;
	for (size_t i = 0; i < nonce_count; i++) {
		nos_err_clear(err);
		if (nos_ask_open(ask, head, &resync, nonces[i], w->node, ret, err) != NOS_TAG)
			return err->code;
	}
	return refused(err);
}

enum nos_code nos_offer_read(const struct nos_assoc *a, const struct nos_issuer *w,
    struct nos_span ask, const uint8_t (*nonces)[NOS_ASK_NONCE_LEN], size_t nonce_count,
    struct nos_offer_asked *ret, struct nos_err *err)
{
	struct nos_ask_head head;
	size_t count;

	*ret = (struct nos_offer_asked){ 0 };
	if (nos_ask_head_read(ask, &head, err) || nos_hash_sha256(&ask, 1, ret->hash, err))
		return err->code;
	if (a->revoked || !nos_str_eq(head.source, w->source))
		return refused(err);
	if (a->offer.is && memcmp(a->offer.ask, ret->hash, sizeof(ret->hash)) == 0) {
		ret->again = true;
		return NOS_OK;
	}
	if (was_asked(a, w, ret->hash, &count))
		return refused(err);
	ret->z = head.z;
	ret->once = head.once;
	if (open_under(&a->base, w, ask, &head, nonces, nonce_count, &ret->body, err) == NOS_TAG &&
	    a->offer.is) {
		nos_err_clear(err);
		(void)!open_under(
		    &a->offer.base, w, ask, &head, nonces, nonce_count, &ret->body, err);
	}
	if (!err->code && count >= NOS_ASSOC_ASKS_MAX)
		return nos_err_set(err, NOS_BUSY, "too many asks, wait a few minutes");
	return err->code;
}

/* ---- the answer ---- */

static void note(struct nos_assoc *a, const struct nos_issuer *w, const uint8_t *hash)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->asked_count; i++)
		if (lives(&a->asked[i], minute_of(w)))
			a->asked[kept++] = a->asked[i];
	if (kept == NOS_ASSOC_ASKS_MAX)
		memmove(a->asked, a->asked + 1, --kept * sizeof(a->asked[0]));
	a->asked[kept].minute = minute_of(w);
	memcpy(a->asked[kept].hash, hash, HASH_LEN);
	a->asked_count = kept + 1;
}

/* The keys that both sides make from this exchange. */
static enum nos_code derive(const struct nos_assoc_base *from, const struct nos_issuer *w,
    const struct nos_offer_asked *asked, const struct nos_offer_shared *shared,
    struct nos_derive_base *ret, struct nos_err *err)
{
	const struct nos_derive_registration c = { { asked->hash, sizeof(asked->hash) },
		{ shared->once.bytes, sizeof(shared->once.bytes) }, w->node, w->source };
	NOS_AUTO(secret) renew = { 0 };
	NOS_AUTO(secret) r = { 0 };

	if (nos_derive_static(&from->z_key, NOS_DERIVE_RENEW, &renew, err) ||
	    nos_derive_root(&renew, &shared->once_once, &shared->node_once, &r, err))
		return err->code;
	return nos_derive_base_from(&r, &c, ret, err);
}

/* z above both sides' where Z is made new. */
static uint64_t pick_z(
    const struct nos_assoc *a, uint64_t from, const struct nos_offer_asked *asked)
{
	uint64_t z = a->base.z;

	if (!asked->body.renew && !a->renew && asked->z >= asked->body.highest)
		return from;
	if (a->offer.is && a->offer.base.z > z)
		z = a->offer.base.z;
	if (asked->body.highest > z)
		z = asked->body.highest;
	return z + 1;
}

static uint64_t pick_version(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_offer_asked *asked)
{
	for (size_t i = 0; i < asked->body.kid_count; i++) {
		const struct nos_name *kid = &asked->body.kids[i];

		if (kid->kind == 'p')
			nos_issuer_saw_version(a, kid->parts[0]);
	}
	a->version = nos_issuer_next_version(a, w);
	return a->version;
}

static enum nos_code fill(struct nos_assoc_offer *offer, const struct nos_issuer *w,
    const struct nos_offer_state *state, const struct nos_offer_shared *shared,
    const struct nos_secret *pair, struct nos_err *err)
{
	NOS_AUTO(buf) message = { 0 };
	NOS_AUTO(buf) answer = { 0 };

	nos_buf_init(&message, NOS_ASSOC_MESSAGE_MAX);
	nos_buf_init(&answer, sizeof(offer->answer));
	if (nos_offer_state(&offer->base.down, w, state, &message, err))
		return err->code;
	nos_ask_answer_begin(&answer, &shared->once);
	nos_ask_answer_add(&answer, nos_buf_span(&message));
	if (nos_buf_check(&answer, "answer", err))
		return err->code;
	memcpy(offer->answer, answer.p, answer.len);
	offer->len = answer.len;
	offer->key = (struct nos_assoc_key){ .name = nos_pairwise_name(state->v),
		.state = NOS_STATE_PRE_ACTIVE,
		.since = w->now,
		.overlap_ms = w->overlap_ms,
		.unused = true,
		.value = *pair };
	return NOS_OK;
}

enum nos_code nos_offer_make(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_offer_asked *asked, const struct nos_offer_shared *shared, uint64_t next,
    struct nos_err *err)
{
	const struct nos_assoc_base *const from = &a->base;
	NOS_AUTO(derive_base) made = { 0 };
	struct nos_assoc_offer offer = { .is = true };
	struct nos_offer_state state = { .next = next };
	bool fresh_z;
	size_t count;

	if (a->revoked || was_asked(a, w, asked->hash, &count))
		return refused(err);
	/* Who asks under the Z of the offer has taken it. */
	if (asked->z != a->base.z && a->offer.is && asked->z == a->offer.base.z &&
	    nos_issuer_promote(a, w, err))
		return err->code;
	if (asked->z != a->base.z)
		return refused(err);
	if (derive(from, w, asked, shared, &made, err))
		return err->code;
	state.z = pick_z(a, from->z, asked);
	state.v = pick_version(a, w, asked);
	fresh_z = state.z != from->z;
	offer.base = (struct nos_assoc_base){ .z = state.z,
		.life = w->life,
		.identity = w->identity,
		.z_key = fresh_z ? made.z : from->z_key,
		.down = { 0, made.down },
		.up = { 0, made.up } };
	memcpy(offer.ask, asked->hash, sizeof(offer.ask));
	if (!fill(&offer, w, &state, shared, &made.pair, err)) {
		if (a->offer.is)
			nos_assoc_move(a, &a->offer.key, NOS_STATE_DESTROYED, "superseded");
		a->offer = offer;
		nos_assoc_made(a, &a->offer.key, "offered");
		note(a, w, asked->hash);
	}
	explicit_bzero(&offer, sizeof(offer));
	return err->code;
}
