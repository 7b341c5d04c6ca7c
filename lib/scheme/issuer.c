/* SPDX-License-Identifier: MIT */
#include "scheme/issuer.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "scheme/held.h"
#include "scheme/offer.h"
#include "scheme/outbox.h"
#include "scheme/pairwise.h"
#include "scheme/place.h"

#define LIFE_SHIFT  32 /* names of a life begin 2^32 above those of the one before */
#define VERSION_MAX (UINT64_C(1) << 52) /* that a source's word is taken for */

/* ---- names and keys ---- */

uint64_t nos_issuer_next_version(const struct nos_assoc *a, const struct nos_issuer *w)
{
	uint64_t least = (w->life - 1) << LIFE_SHIFT;

	return (a->version > least ? a->version : least) + 1;
}

void nos_issuer_saw_version(struct nos_assoc *a, uint64_t v)
{
	if (v > a->version && v < VERSION_MAX)
		a->version = v;
}

static struct nos_assoc_key *find(struct nos_assoc *a, const struct nos_name *name)
{
	struct nos_assoc_key *k = nos_assoc_key(a, name);

	return k == &a->offer.key ? NULL : k;
}

/* ---- registration ---- */

static uint64_t highest_z(const struct nos_assoc *a)
{
	return a->offer.is && a->offer.base.z > a->base.z ? a->offer.base.z : a->base.z;
}

static void begin(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_derive_base *base, uint64_t z)
{
	a->base = (struct nos_assoc_base){ .z = z,
		.life = w->life,
		.identity = w->identity,
		.z_key = base->z,
		.down = { 0, base->down },
		.up = { 0, base->up } };
}

static void first_key(struct nos_assoc *a, const struct nos_issuer *w, const struct nos_name *name,
    const struct nos_secret *value)
{
	struct nos_assoc_key *k = &a->keys[a->key_count++];

	*k = (struct nos_assoc_key){
		.name = *name, .state = NOS_STATE_ACTIVE, .since = w->now, .value = *value
	};
	nos_assoc_made(a, k, "registered");
	a->version = name->parts[0];
}

/* P_1, which every source has, comes out of the registration itself. */
void nos_issuer_enrol(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_derive_base *base)
{
	const struct nos_name name = nos_pairwise_name(1);

	begin(a, w, base, 1);
	first_key(a, w, &name, &base->pair);
}

enum nos_code nos_issuer_enrol_again(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_derive_base *base, uint64_t next, struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_offer_state state = {
		.z = highest_z(a) + 1, .next = next, .v = nos_issuer_next_version(a, w)
	};
	const struct nos_name name = nos_pairwise_name(state.v);
	bool done;

	if (nos_issuer_revoke(a, "registered anew", &done, err))
		return err->code;
	a->revoked = false;
	explicit_bzero(a->polls, sizeof(a->polls));
	begin(a, w, base, state.z);
	if (nos_offer_state(&a->base.down, w, &state, ret, err))
		return err->code;
	first_key(a, w, &name, &base->pair);
	return NOS_OK;
}

/* ---- orders ---- */

/* An offer that nobody has taken among it: who asked may have lost the ask itself, and while the
 * offer stands no key is replaced. */
bool nos_issuer_wants_ask(const struct nos_assoc *a, uint64_t life)
{
	return a->offer.is || a->resync || a->renew || a->base.life != life;
}

size_t nos_issuer_outstanding(const struct nos_assoc *a, uint64_t life)
{
	return nos_issuer_wants_ask(a, life) ? 0 : a->out_count;
}

bool nos_issuer_is_pending(const struct nos_assoc *a, uint64_t life)
{
	if (a->revoked || nos_issuer_wants_ask(a, life) || a->out_count)
		return !a->revoked;
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].state == NOS_STATE_PRE_ACTIVE)
			return true;
	return false;
}

enum nos_code nos_issuer_fill(
    struct nos_assoc *a, const struct nos_issuer *w, bool *ret_changed, struct nos_err *err)
{
	bool issued = false;

	*ret_changed = false;
	if (a->revoked || !w->scheme)
		return NOS_OK;
	*ret_changed = w->scheme->invalidate && w->scheme->invalidate(a, w);
	if (!nos_issuer_wants_ask(a, w->life) && w->scheme->issue(a, w, false, &issued, err))
		return err->code;
	*ret_changed |= issued;
	return NOS_OK;
}

/* The key that a successor is on its way to ends some day, also where it is never taken. */
static void limit(struct nos_assoc *a, const struct nos_issuer *w, char letter)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].name.kind == letter && a->keys[i].state == NOS_STATE_ACTIVE)
			a->keys[i].until.ms =
			    w->now.ms + (int64_t)(NOS_ISSUER_PERIODS_MAX * w->period_ms);
}

enum nos_code nos_issuer_replace(
    struct nos_assoc *a, const struct nos_issuer *w, enum nos_issuer_did *ret, struct nos_err *err)
{
	/* Of what is a group's a source has none of its own but p. */
	const struct nos_scheme *scheme = w->scheme->grouped ? &nos_pairwise_scheme : w->scheme;
	const char letter = scheme->letter;
	bool changed;

	*ret = NOS_ISSUER_NOTHING;
	if (a->revoked || nos_assoc_next(a, letter) || nos_issuer_wants_ask(a, w->life))
		return NOS_OK;
	if (!nos_outbox_has_room(a, NOS_OUTBOX_LEAST) || !nos_assoc_active(a, 'p')) {
		a->resync = true;
		*ret = NOS_ISSUER_ASKS;
		return NOS_OK;
	}
	if (scheme->issue(a, w, true, &changed, err))
		return err->code;
	if (changed)
		limit(a, w, letter);
	*ret = changed ? NOS_ISSUER_ISSUED : NOS_ISSUER_NOTHING;
	return NOS_OK;
}

bool nos_issuer_renew(struct nos_assoc *a)
{
	bool was = a->renew;

	a->renew = !a->revoked;
	return a->renew && !was;
}

static void revoke(struct nos_assoc *a, struct nos_assoc_key *k, const char *reason)
{
	nos_assoc_move(a, k, NOS_STATE_COMPROMISED, reason);
	nos_assoc_move(a, k, NOS_STATE_DESTROYED, reason);
}

enum nos_code nos_issuer_revoke(
    struct nos_assoc *a, const char *reason, bool *ret_done, struct nos_err *err)
{
	struct nos_assoc left = { .version = a->version, .revoked = true };

	*ret_done = !a->revoked;
	if (a->revoked)
		return NOS_OK;
	for (unsigned i = 0; i < 2; i++)
		(void)nos_issuer_poll_key(a, i, &left.polls[i]);
	if (!left.polls[0].len)
		return nos_err_set(err, NOS_INTERNAL, "a key cannot be derived");
	for (size_t i = 0; i < a->key_count; i++)
		revoke(a, &a->keys[i], reason);
	if (a->offer.is)
		revoke(a, &a->offer.key, reason);
	left.base.z = highest_z(a);
	left.base.life = a->base.life;
	left.base.identity = a->base.identity;
	nos_place_leave(a);
	left.left = a->left;
	memcpy(left.events, a->events, sizeof(left.events));
	left.event_count = a->event_count;
	nos_assoc_release(a);
	*a = left;
	nos_assoc_release(&left);
	return NOS_OK;
}

bool nos_issuer_poll_key(const struct nos_assoc *a, unsigned i, struct nos_secret *ret)
{
	const struct nos_assoc_base *base = i ? &a->offer.base : &a->base;
	struct nos_err err = { 0 };

	if (i >= NOS_ISSUER_POLL_KEYS)
		return false;
	if (a->revoked) {
		*ret = a->polls[i];
		return ret->len != 0;
	}
	if (i && !a->offer.is)
		return false;
	return !nos_derive_static(&base->z_key, NOS_DERIVE_POLL, ret, &err);
}

/* ---- what comes from the source ---- */

bool nos_issuer_lost(struct nos_assoc *a, const struct nos_issuer *w)
{
	return !a->revoked && !nos_issuer_wants_ask(a, w->life) && !a->out_count &&
	       nos_held_lost(a, w);
}

/* The offer becomes what holds; what was stays for its overlap, p. keys under their own K_S. What
 * its scheme has beside them is issued anew, for who asks has lost it, or holds what another node
 * made under the same names before a backup was put back. */
enum nos_code nos_issuer_promote(
    struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err)
{
	NOS_AUTO(secret) auth = { 0 };
	struct nos_assoc_key *k;

	if (a->offer.base.z != a->base.z) {
		if (nos_derive_static(&a->base.z_key, NOS_DERIVE_AUTH, &auth, err))
			return err->code;
		/* All others go on under the new K_S. */
		for (size_t i = 0; i < a->key_count; i++)
			if (a->keys[i].name.kind == 'p' && !a->keys[i].auth.len)
				a->keys[i].auth = auth;
		a->renew = false;
		/* A thief of all that it had may hear, by its old leaf, how others are put out. */
		nos_place_leave(a);
	}
	a->out_count = 0;
	(void)nos_held_lost(a, w);
	k = nos_assoc_add(a);
	if (!k)
		return nos_err_set(err, NOS_INTERNAL, "no room for a key");
	*k = a->offer.key;
	a->base = a->offer.base;
	a->resync = false;
	explicit_bzero(&a->offer, sizeof(a->offer));
	nos_held_confirm(a, w, k);
	return NOS_OK;
}

enum nos_code nos_issuer_used(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_name *name, bool *ret_changed, struct nos_err *err)
{
	struct nos_assoc_key *k = nos_assoc_key(a, name);

	if (w->scheme && w->scheme->grouped && name->kind != 'p') {
		*ret_changed = w->place && nos_place_seen(a, w->place->group, name);
		return NOS_OK;
	}
	*ret_changed = k && (k->state == NOS_STATE_PRE_ACTIVE || k->unused);
	if (!*ret_changed)
		return NOS_OK;
	k->unused = false;
	if (k->state != NOS_STATE_PRE_ACTIVE)
		return NOS_OK;
	if (k == &a->offer.key)
		return nos_issuer_promote(a, w, err);
	nos_held_confirm(a, w, k);
	return NOS_OK;
}

/* What the source says that it holds. */
struct held {
	uint64_t next; /* of the down chain */
	struct nos_name kids[NOS_ASK_KIDS_MAX];
	size_t count;
};

static bool decode_ack(struct nos_span body, struct held *ret)
{
	uint64_t len;

	if (!nos_enc_leb128_decode(&body, &ret->next))
		return false;
	while (body.len) {
		if (ret->count == NOS_ASK_KIDS_MAX || !nos_enc_leb128_decode(&body, &len) ||
		    len > body.len ||
		    !nos_name_parse((struct nos_str){ (const char *)body.p, (size_t)len },
			&ret->kids[ret->count++]))
			return false;
		body.p += len;
		body.len -= (size_t)len;
	}
	return true;
}

/* Open an acknowledgement under the up chain of a base, which goes on behind it. */
static enum nos_code open_ack(struct nos_assoc_base *base, const struct nos_issuer *w,
    struct nos_span ack, struct held *ret, struct nos_err *err)
{
	struct nos_chain up = base->up;
	struct nos_message_head head;
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	if (nos_message_head_read(ack, &head, err) || head.kind != NOS_MESSAGE_ACK ||
	    nos_chain_advance(&up, head.ctr, err) ||
	    nos_message_open(ack, &head, &up, w->node, w->source, &body, err) ||
	    nos_chain_advance(&up, head.ctr + 1, err)) {
		explicit_bzero(&up, sizeof(up));
		return err->code == NOS_INTERNAL ? err->code
						 : nos_err_set(err, NOS_TAG, "does not verify");
	}
	base->up = up;
	explicit_bzero(&up, sizeof(up));
	return decode_ack(nos_buf_span(&body), ret)
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "not the body of an acknowledgement");
}

/* What was acknowledged leaves the list; where it is not held all the same the chains have come
 * apart. */
static void settle(struct nos_assoc *a, const struct nos_issuer *w, const struct held *h)
{
	const struct nos_assoc_key *active;
	size_t kept = 0;

	for (size_t i = 0; i < h->count; i++) {
		struct nos_assoc_key *k = find(a, &h->kids[i]);

		if (h->kids[i].kind != 'p')
			continue;
		if (k && k->state == NOS_STATE_PRE_ACTIVE)
			nos_held_confirm(a, w, k);
		if (h->kids[i].parts[0] <= a->version)
			continue;
		nos_issuer_saw_version(a, h->kids[i].parts[0]); /* the node's store went back */
		a->resync = true;
	}
	for (size_t i = 0; i < a->out_count; i++) {
		const struct nos_name *brings = &a->out[i].brings;

		if (a->out[i].ctr >= h->next)
			a->out[kept++] = a->out[i];
		else if (brings->kind != 'p')
			nos_held_arrived(a, w, brings);
		else if (!nos_held_is_among(h->kids, h->count, brings))
			a->resync = true;
	}
	a->out_count = kept;
	active = nos_assoc_active(a, 'p');
	if (h->next > a->base.down.ctr ||
	    (active && !a->out_count && !nos_held_is_among(h->kids, h->count, &active->name)))
		a->resync = true;
	nos_held_compare(a, w, h->kids, h->count);
}

enum nos_code nos_issuer_acked(struct nos_assoc *a, const struct nos_issuer *w, struct nos_span ack,
    bool *ret_changed, struct nos_err *err)
{
	uint8_t hash[NOS_HASH_LEN];
	struct held held = { 0 };

	*ret_changed = false;
	if (a->revoked)
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (nos_hash_sha256(&ack, 1, hash, err))
		return err->code;
	if (memcmp(hash, a->base.acked, sizeof(hash)) == 0)
		return NOS_OK;
	if (a->offer.is && !open_ack(&a->offer.base, w, ack, &held, err)) {
		if (nos_issuer_promote(a, w, err))
			return err->code;
	} else if (err->code == NOS_INTERNAL || err->code == NOS_DATA) {
		return err->code;
	} else {
		nos_err_clear(err);
		if (open_ack(&a->base, w, ack, &held, err))
			return err->code;
	}
	memcpy(a->base.acked, hash, sizeof(hash));
	*ret_changed = true;
	settle(a, w, &held);
	return NOS_OK;
}

/* ---- time ---- */

bool nos_issuer_expire(struct nos_assoc *a, struct nos_time now)
{
	bool done = false;

	for (size_t i = 0; i < a->key_count; i++) {
		struct nos_assoc_key *k = &a->keys[i];

		if (!k->until.ms || k->until.ms > now.ms || k->state == NOS_STATE_PRE_ACTIVE)
			continue;
		nos_assoc_move(a, k, NOS_STATE_DESTROYED,
		    k->state == NOS_STATE_ACTIVE ? "never replaced" : "overlap over");
		done = true;
	}
	nos_assoc_sweep(a);
	return done;
}

bool nos_issuer_due(const struct nos_assoc *a, struct nos_time *ret)
{
	bool is = false;

	for (size_t i = 0; i < a->key_count; i++) {
		const struct nos_assoc_key *k = &a->keys[i];

		if (!k->until.ms || (is && k->until.ms >= ret->ms))
			continue;
		*ret = k->until;
		is = true;
	}
	return is;
}
