/* SPDX-License-Identifier: MIT */
#include "scheme/holder.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "scheme/link.h"
#include "scheme/membership.h"
#include "scheme/pairwise.h"
#include "scheme/pool.h"

/* ---- messages down ---- */

/* A list as it comes: *pair is the key that the first message of a new chain names. */
struct list {
	const struct nos_span *items;
	size_t count;
	const struct nos_secret
	    *pair; /* NULL: no chain may begin in it, and it may be an old one */
	struct nos_time now;
};

static enum nos_code accept_state(const struct nos_scheme_message *m, const struct nos_secret *pair,
    struct nos_keyring *k, struct nos_err *err)
{
	struct nos_span rest = m->body;
	NOS_AUTO(scheme_key) key = { 0 };
	uint64_t z, next, v;

	if (!nos_enc_leb128_decode(&rest, &z) || !nos_enc_leb128_decode(&rest, &next) ||
	    !nos_enc_leb128_decode(&rest, &v) || rest.len || !z || z >= NOS_NUM_SAFE ||
	    next >= NOS_NUM_SAFE || v >= NOS_NUM_SAFE)
		return nos_err_set(err, NOS_TAG, "not the first message of a chain");
	key.name = nos_pairwise_name(v);
	key.value = *pair;
	k->z = z;
	if (next > k->next)
		k->next = next;
	nos_pairwise_install(k, &key, m->now);
	k->unproven = true;
	return NOS_OK;
}

static enum nos_code accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_taking(m->kind);

	if (m->kind == NOS_MESSAGE_LINK)
		return nos_link_accept(m, k, err);
	if (scheme)
		return scheme->accept(m, k, err);
	return nos_err_set(err, NOS_CONFIG,
	    "a key message of kind %d, which this nos does not know: it was written by a newer one",
	    (int)m->kind);
}

/* One message at or above the chain's next: *k goes on behind it. */
static enum nos_code take_one(struct nos_keyring *k, struct nos_span message,
    const struct nos_message_head *head, const struct list *l, struct nos_err *err)
{
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(buf) body = { 0 };
	struct nos_scheme_message m = { .kind = head->kind, .made = &step.key, .now = l->now };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	if (nos_chain_advance(&k->down, head->ctr, err) ||
	    nos_message_open(message, head, &k->down, k->node, nos_str_of(k->source), &body, err) ||
	    nos_chain_look(&k->down, &step, err))
		return err->code;
	m.body = nos_buf_span(&body);
	if (head->kind != NOS_MESSAGE_STATE)
		(void)!accept(&m, k, err);
	else if (head->ctr || !l->pair)
		nos_err_set(err, NOS_TAG, "a chain that begins twice");
	else
		(void)!accept_state(&m, l->pair, k, err);
	if (err->code)
		return err->code;
	return nos_chain_advance(&k->down, head->ctr + 1, err);
}

/* A broadcast, which only ever takes away; one that is not the node's, or another's, says nothing.
 */
static enum nos_code take_back(
    struct nos_keyring *k, struct nos_span message, bool *took, struct nos_err *err)
{
	const struct nos_scheme *scheme;
	struct nos_invalidation v;

	if (nos_invalidation_open(message, k->sign, &v, err)) {
		if (err->code != NOS_INTERNAL)
			nos_err_clear(err);
		return err->code;
	}
	for (size_t i = 0; v.node == k->node && (scheme = nos_scheme_at(i)); i++)
		*took |= scheme->drop && scheme->drop(k, &v);
	return NOS_OK;
}

/* What is no good of a list that is the node's says that the chains have come apart. */
static enum nos_code come_apart(struct nos_err *err)
{
	return err->code == NOS_DATA ? (err->code = NOS_TAG) : err->code;
}

/* What was taken of a list. */
struct taken {
	bool changed;	  /* by what this source is told, or by what takes away */
	bool heard;	  /* by what its group hears */
	bool any;	  /* messages to this source were in it */
	uint64_t highest; /* of their numbers */
};

/* What all of a group hear comes first in a list, and may be of use only once what follows it was
 * taken. */
static enum nos_code hear_all(
    struct nos_keyring *k, const struct list *l, struct taken *t, struct nos_err *err)
{
	bool took;

	for (size_t i = 0; i < l->count; i++) {
		if (!nos_membership_is_heard(l->items[i]))
			continue;
		if (nos_membership_told(k, l->items[i], l->now, &took, err))
			return err->code;
		t->heard |= took;
	}
	return NOS_OK;
}

static enum nos_code take_any(struct nos_keyring *k, struct nos_span message, const struct list *l,
    struct taken *t, struct nos_err *err)
{
	struct nos_message_head head;

	if (nos_membership_is_heard(message))
		return NOS_OK;
	if (nos_invalidation_is(message))
		return take_back(k, message, &t->changed, err);
	t->any = true;
	if (nos_message_head_read(message, &head, err))
		return come_apart(err);
	if (head.ctr > t->highest)
		t->highest = head.ctr;
	if (head.ctr < k->down.ctr)
		return NOS_OK;
	t->changed = true;
	return take_one(k, message, &head, l, err) ? come_apart(err) : NOS_OK;
}

static enum nos_holder_did judge(const struct nos_keyring *k, const struct taken *t)
{
	if (t->changed)
		return NOS_HOLDER_TOOK;
	if (!t->any)
		return t->heard ? NOS_HOLDER_HEARD : NOS_HOLDER_NOTHING;
	if (t->highest + 1 < k->down.ctr)
		return NOS_HOLDER_BEHIND;
	return t->heard ? NOS_HOLDER_TOOK : NOS_HOLDER_AGAIN;
}

/* What was heard since a list was made counts more than the list. */
static enum nos_code go_on(struct nos_keyring *k, const struct nos_keyring *before,
    const struct list *l, struct nos_err *err)
{
	if (!l->pair && nos_membership_fell(k, before))
		return nos_err_set(
		    err, NOS_TAG, "a place in the group before the one that is held");
	return nos_membership_keep(k, before, err);
}

static enum nos_code take_list(struct nos_keyring *k, const struct nos_keyring *before,
    const struct list *l, enum nos_holder_did *ret, struct nos_err *err)
{
	struct taken t = { 0 };

	if (hear_all(k, l, &t, err))
		return err->code;
	for (size_t i = 0; i < l->count; i++)
		if (take_any(k, l->items[i], l, &t, err))
			return err->code;
	if (t.changed && (hear_all(k, l, &t, err) || go_on(k, before, l, err)))
		return err->code;
	*ret = judge(k, &t);
	return NOS_OK;
}

enum nos_code nos_holder_take(struct nos_keyring *k, const struct nos_span *list, size_t count,
    struct nos_time now, enum nos_holder_did *ret, struct nos_err *err)
{
	const struct list l = { list, count, NULL, now };
	NOS_AUTO(keyring) copy = *k;

	if (!take_list(&copy, k, &l, ret, err) &&
	    (*ret == NOS_HOLDER_TOOK || *ret == NOS_HOLDER_HEARD))
		*k = copy;
	return err->code;
}

enum nos_code nos_holder_overhear(struct nos_keyring *k, struct nos_span message,
    struct nos_time now, bool *ret_took, struct nos_err *err)
{
	*ret_took = false;
	if (nos_membership_is_heard(message))
		return nos_membership_hear(k, message, now, ret_took, err);
	return nos_invalidation_is(message) ? take_back(k, message, ret_took, err) : NOS_OK;
}

enum nos_code nos_holder_grants(struct nos_keyring *k, const struct nos_span *list, size_t count,
    struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(secret) pair = { 0 };
	NOS_AUTO(keyring) copy = *k;
	const struct list l = { list, count, &pair, now };
	struct nos_message_head head;
	enum nos_holder_did did;

	if (!count)
		return NOS_OK;
	pair = k->keys[0].value;
	if (nos_message_head_read(list[0], &head, err))
		return come_apart(err);
	/* In place of an older registration: its name comes with the first message. */
	if (head.kind == NOS_MESSAGE_STATE) {
		explicit_bzero(&copy.keys[0], sizeof(copy.keys[0]));
		copy.key_count = 0;
	}
	if (!take_list(&copy, k, &l, &did, err)) {
		copy.unproven = false; /* nothing was before it */
		*k = copy;
	}
	return err->code;
}

/* ---- messages up ---- */

_Static_assert(NOS_ASK_KIDS_MAX == NOS_KEYRING_KEYS_MAX + NOS_KEYRING_GLOBALS_MAX + 1,
    "all that is held has room in an ask");

/* The names of what is held: keys that are active, or all, global keys, and the place in a group.
 */
static size_t list_held(
    const struct nos_keyring *k, bool active, struct nos_name ret[static NOS_ASK_KIDS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < k->key_count; i++)
		if (!active || k->keys[i].state == NOS_STATE_ACTIVE)
			ret[count++] = k->keys[i].name;
	for (size_t i = 0; i < k->global_count; i++)
		ret[count++] = nos_pool_name(k->globals[i].domain, k->globals[i].version);
	if (nos_membership_place(k, &ret[count]))
		count++;
	return count;
}

enum nos_code nos_holder_ack(struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(buf) body = { 0 };
	NOS_AUTO(buf) ack = { 0 };
	struct nos_chain up = k->up;
	struct nos_name held[NOS_ASK_KIDS_MAX];
	size_t count;

	if (k->up.ctr >= NOS_CHAIN_CTR_MAX)
		return nos_err_set(err, NOS_TAG, "the chain of acknowledgements is at its end");
	nos_buf_init(&body, NOS_MESSAGE_BODY_MAX);
	nos_buf_init(&ack, sizeof(k->ack));
	nos_enc_add_leb128(&body, k->down.ctr);
	count = list_held(k, true, held);
	for (size_t i = 0; i < count; i++) {
		char kid[NOS_NAME_TEXT_MAX];

		nos_name_format(&held[i], kid);
		nos_enc_field(&body, kid, strlen(kid));
	}
	if (!nos_buf_check(&body, "acknowledgement", err) &&
	    !nos_message_seal(NOS_MESSAGE_ACK, &up, k->node, nos_str_of(k->source),
		nos_buf_span(&body), &ack, err) &&
	    !nos_chain_advance(&up, up.ctr + 1, err)) {
		k->up = up;
		memcpy(k->ack, ack.p, ack.len);
		k->ack_len = ack.len;
	}
	explicit_bzero(&up, sizeof(up));
	return err->code;
}

/* ---- ask and answer ---- */

size_t nos_holder_ways(const struct nos_keyring *k)
{
	return 1 + k->older_count;
}

static enum nos_code resync_key(
    const struct nos_keyring *k, size_t way, struct nos_secret *ret, struct nos_err *err)
{
	if (!way)
		return nos_derive_static(&k->z_key, NOS_DERIVE_RESYNC, ret, err);
	*ret = k->older[way - 1].resync;
	return NOS_OK;
}

enum nos_code nos_holder_ask(struct nos_keyring *k, size_t way, bool renew,
    const uint8_t nonce[static NOS_ASK_NONCE_LEN], const struct nos_secret *once_private,
    const struct nos_ecdh_point *once, struct nos_time now, struct nos_err *err)
{
	const uint64_t z = way ? k->older[way - 1].z : k->z;
	struct nos_ask_body body = { .renew = renew, .highest = k->z };
	NOS_AUTO(secret) resync = { 0 };
	NOS_AUTO(buf) ask = { 0 };

	memcpy(body.thumbprint, k->pin, sizeof(body.thumbprint));
	body.kid_count = list_held(k, false, body.kids);
	nos_buf_init(&ask, sizeof(k->ask.bytes));
	if (resync_key(k, way, &resync, err) ||
	    nos_ask_seal(nos_str_of(k->source), z, once, &resync, nonce, k->node, &body, &ask, err))
		return err->code;
	k->ask =
	    (struct nos_keyring_ask){ .z = z, .len = ask.len, .once = *once_private, .since = now };
	memcpy(k->ask.bytes, ask.p, ask.len);
	return NOS_OK;
}

/* V of the Z that the ask was made under. */
static enum nos_code renew_key(
    const struct nos_keyring *k, struct nos_secret *ret, struct nos_err *err)
{
	if (k->ask.z == k->z)
		return nos_derive_static(&k->z_key, NOS_DERIVE_RENEW, ret, err);
	for (size_t i = 0; i < k->older_count; i++)
		if (k->older[i].z == k->ask.z) {
			*ret = k->older[i].renew;
			return NOS_OK;
		}
	return nos_err_set(err, NOS_TAG, "an answer to an ask of another keyring");
}

static enum nos_code derive(const struct nos_keyring *k, const struct nos_ecdh_point *once,
    const struct nos_ecdh_point *node, struct nos_derive_base *ret, struct nos_err *err)
{
	const struct nos_span ask = { k->ask.bytes, k->ask.len };
	uint8_t hash[NOS_HASH_LEN];
	const struct nos_derive_registration c = { { hash, sizeof(hash) },
		{ once->bytes, sizeof(once->bytes) }, k->node, nos_str_of(k->source) };
	NOS_AUTO(secret) renew = { 0 };
	NOS_AUTO(secret) once_once = { 0 };
	NOS_AUTO(secret) node_once = { 0 };
	NOS_AUTO(secret) r = { 0 };

	if (renew_key(k, &renew, err) || nos_hash_sha256(&ask, 1, hash, err) ||
	    nos_ecdh_shared(&k->ask.once, once, &once_once, err) ||
	    nos_ecdh_shared(&k->ask.once, node, &node_once, err) ||
	    nos_derive_root(&renew, &once_once, &node_once, &r, err))
		return err->code;
	return nos_derive_base_from(&r, &c, ret, err);
}

/* Z is new: what of the one before a node that went back, or the spool, may still need is kept. */
static enum nos_code keep_older(
    struct nos_keyring *k, const struct nos_keyring *before, struct nos_err *err)
{
	struct nos_keyring_older *o = &k->older[0];

	if (k->older_count < NOS_KEYRING_OLDER_MAX)
		k->older_count++;
	memmove(k->older + 1, k->older, (k->older_count - 1) * sizeof(k->older[0]));
	o->z = before->z;
	if (nos_derive_static(&before->z_key, NOS_DERIVE_RESYNC, &o->resync, err) ||
	    nos_derive_static(&before->z_key, NOS_DERIVE_RENEW, &o->renew, err) ||
	    nos_derive_static(&before->z_key, NOS_DERIVE_SPOOL, &o->spool, err))
		return err->code;
	return NOS_OK;
}

enum nos_code nos_holder_inherit(
    struct nos_keyring *k, const struct nos_keyring *before, struct nos_err *err)
{
	const size_t most = NOS_KEYRING_OLDER_MAX - 1;

	k->older_count = before->older_count < most ? before->older_count : most;
	memcpy(k->older, before->older, k->older_count * sizeof(k->older[0]));
	return keep_older(k, before, err);
}

static enum nos_code take_answer(struct nos_keyring *k, const struct nos_keyring *before,
    struct nos_span messages, const struct nos_derive_base *made, struct nos_time now,
    struct nos_err *err)
{
	struct nos_span items[NOS_HOLDER_LIST_MAX];
	struct list l = { items, 0, &made->pair, now };
	enum nos_holder_did did;

	while (messages.len && l.count < NOS_HOLDER_LIST_MAX)
		if (!nos_ask_answer_next(&messages, &items[l.count++]))
			return nos_err_set(err, NOS_DATA, "not an answer to an ask");
	if (take_list(k, before, &l, &did, err))
		return err->code;
	if (did != NOS_HOLDER_TOOK || k->z < before->ask.z)
		return nos_err_set(err, NOS_TAG, "not an answer to an ask");
	if (k->z == before->ask.z)
		return k->z == before->z
			   ? NOS_OK
			   : nos_err_set(err, NOS_TAG, "an answer that renews nothing");
	k->z_key = made->z;
	return keep_older(k, before, err);
}

enum nos_code nos_holder_answer(struct nos_keyring *k, struct nos_span answer,
    const struct nos_ecdh_point *node, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(keyring) copy = *k;
	NOS_AUTO(derive_base) made = { 0 };
	struct nos_ecdh_point once;
	struct nos_span messages;

	if (nos_ask_answer_read(answer, &once, &messages, err) ||
	    derive(k, &once, node, &made, err))
		return err->code;
	copy.down = (struct nos_chain){ 0, made.down };
	copy.up = (struct nos_chain){ 0, made.up };
	explicit_bzero(&copy.ask, sizeof(copy.ask));
	copy.ack_len = 0;
	/* All of it is given anew to who asks, and may be another's under the same names. */
	nos_membership_forget(&copy);
	if (!take_answer(&copy, k, messages, &made, now, err))
		*k = copy;
	return err->code;
}

bool nos_holder_confirmed(struct nos_keyring *k, const struct nos_name *name)
{
	const bool proven = name->kind == 'p' && k->unproven;
	size_t kept = 0, before = k->key_count;

	k->unproven &= !proven;
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind != name->kind || k->keys[i].state == NOS_STATE_ACTIVE)
			k->keys[kept++] = k->keys[i];
	explicit_bzero(k->keys + kept, (before - kept) * sizeof(k->keys[0]));
	k->key_count = kept;
	return proven || kept != before;
}
