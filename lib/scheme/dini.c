/* SPDX-License-Identifier: MIT */
#include "scheme/dini.h"

#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "scheme/outbox.h"

#define LETTER	 'd'
#define BODY_MAX 64
#define REASON	 "its global key was taken back"

struct nos_name nos_dini_name(uint64_t node, uint64_t incr)
{
	return (struct nos_name){ .kind = LETTER, .count = 2, .parts = { node, incr } };
}

enum nos_code nos_dini_make(const struct nos_secret *global, const struct nos_secret *made,
    const struct nos_dini_local *local, struct nos_scheme_key *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_NUM(local->node),
		NOS_DERIVE_NUM(local->incr),
		NOS_DERIVE_NUM(local->from.domain),
		NOS_DERIVE_NUM(local->from.version),
	};
	NOS_AUTO(secret) both = { 0 };

	ret->name = nos_dini_name(local->node, local->incr);
	if (nos_derive_extract(nos_secret_span(global), nos_secret_span(made), &both, err))
		return err->code;
	return nos_derive_key(&both, "local", ctx, 4, NOS_POOL_KEY_LEN, &ret->value, err);
}

/* ---- at a node ---- */

static bool is_on_its_way(const struct nos_assoc *a, const struct nos_name *name)
{
	for (size_t i = 0; i < a->out_count; i++)
		if (nos_name_eq(&a->out[i].brings, name))
			return true;
	return false;
}

static enum nos_code send_global(struct nos_assoc *a, const struct nos_issuer *w, uint64_t domain,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_pool_key *key = nos_pool_key(w->pool, domain);
	const struct nos_name name = nos_pool_name(domain, key->version);
	struct nos_assoc_message *m;
	NOS_AUTO(buf) body = { 0 };

	if (nos_assoc_has_global(a, nos_pool_global(&name)) || is_on_its_way(a, &name) ||
	    !nos_outbox_has_room(a, 1))
		return NOS_OK;
	nos_buf_init_secret(&body, BODY_MAX);
	nos_enc_add_leb128(&body, domain);
	nos_enc_add_leb128(&body, key->version);
	nos_buf_add(&body, key->value, sizeof(key->value));
	if (nos_buf_check(&body, "global key", err) ||
	    nos_outbox_add(a, w, NOS_MESSAGE_GLOBAL, nos_buf_span(&body), &m, err))
		return err->code;
	m->brings = name;
	*ret_changed = true;
	return NOS_OK;
}

/* A local key of a domain, of whose global key the source has, or is sent before, the present
 * version. */
static enum nos_code install(
    struct nos_assoc *a, const struct nos_issuer *w, uint64_t domain, struct nos_err *err)
{
	const struct nos_pool_key *key = nos_pool_key(w->pool, domain);
	const struct nos_dini_local local = { w->node, w->numbers->next, { domain, key->version } };
	NOS_AUTO(scheme_key) made = { 0 };
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(secret) global = { 0 };
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init(&body, BODY_MAX);
	nos_enc_add_leb128(&body, local.incr);
	nos_enc_add_leb128(&body, domain);
	nos_secret_put(&global, key->value, sizeof(key->value));
	if (nos_outbox_look(a, &step, err) ||
	    nos_dini_make(&global, &step.key, &local, &made, err) ||
	    nos_outbox_bring(
		a, w, NOS_MESSAGE_INSTALL, nos_buf_span(&body), &made, local.from, err))
		return err->code;
	w->numbers->next++;
	return NOS_OK;
}

static bool lacks(const struct nos_assoc *a, const struct nos_issuer *w)
{
	uint64_t ring[NOS_POOL_RING_MAX];
	struct nos_err err = { 0 };

	if (!w->pool || !w->pool->size || nos_pool_ring(w->pool, w->source, ring, &err))
		return false;
	for (unsigned i = 0; i < w->pool->ring; i++) {
		const struct nos_name name =
		    nos_pool_name(ring[i], nos_pool_key(w->pool, ring[i])->version);

		if (!nos_assoc_has_global(a, nos_pool_global(&name)) && !is_on_its_way(a, &name))
			return true;
	}
	return false;
}

/* The global keys of its ring, then one local key, of the ring's first domain. */
static enum nos_code issue(struct nos_assoc *a, const struct nos_issuer *w, bool anew,
    bool *ret_changed, struct nos_err *err)
{
	uint64_t ring[NOS_POOL_RING_MAX];

	*ret_changed = false;
	if (!w->pool || !w->pool->size || !w->numbers)
		return NOS_OK;
	if (nos_pool_ring(w->pool, w->source, ring, err))
		return err->code;
	for (unsigned i = 0; i < w->pool->ring; i++)
		if (send_global(a, w, ring[i], ret_changed, err))
			return err->code;
	if (nos_assoc_next(a, LETTER) || (!anew && nos_assoc_active(a, LETTER)) ||
	    !nos_outbox_has_room(a, 1))
		return NOS_OK;
	w->numbers->wanted = w->numbers->next == w->numbers->end;
	if (w->numbers->wanted)
		return NOS_OK;
	*ret_changed = true;
	return install(a, w, ring[0], err);
}

static bool is_stale(const struct nos_issuer *w, struct nos_assoc_global g)
{
	const struct nos_pool_key *now = w->pool ? nos_pool_key(w->pool, g.domain) : NULL;

	return now && g.version < now->version;
}

/* The messages that bring what has gone, or a global key that was taken back: their numbers are
 * skipped. */
static void drop_moot(struct nos_assoc *a, const struct nos_issuer *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->out_count; i++) {
		const struct nos_name *brings = &a->out[i].brings;

		if (brings->kind == NOS_POOL_KIND ? is_stale(w, nos_pool_global(brings))
		    : brings->kind == LETTER	  ? !nos_assoc_key(a, brings)
						  : false)
			continue;
		a->out[kept++] = a->out[i];
	}
	a->out_count = kept;
}

static bool invalidate(struct nos_assoc *a, const struct nos_issuer *w)
{
	const size_t messages = a->out_count, globals = a->global_count;
	bool changed = false;
	size_t kept = 0;

	for (size_t i = 0; i < a->key_count; i++) {
		struct nos_assoc_key *k = &a->keys[i];

		if (!is_stale(w, k->from))
			continue;
		nos_assoc_move(a, k, NOS_STATE_COMPROMISED, REASON);
		nos_assoc_move(a, k, NOS_STATE_DESTROYED, REASON);
		changed = true;
	}
	nos_assoc_sweep(a);
	drop_moot(a, w);
	for (size_t i = 0; i < globals; i++)
		if (!is_stale(w, a->globals[i]))
			a->globals[kept++] = a->globals[i];
	a->global_count = kept;
	return changed || messages != a->out_count || globals != kept;
}

/* ---- at a source ---- */

static enum nos_code accept_global(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_keyring_global g = { .since = m->now };
	struct nos_span rest = m->body;
	size_t kept = 0;

	if (!nos_enc_leb128_decode(&rest, &g.domain) || !nos_enc_leb128_decode(&rest, &g.version) ||
	    rest.len != NOS_POOL_KEY_LEN || !g.domain || g.domain >= NOS_NUM_SAFE || !g.version ||
	    g.version >= NOS_NUM_SAFE)
		return nos_err_set(err, NOS_DATA, "not the body of a global key's message");
	nos_secret_put(&g.value, rest.p, rest.len);
	for (size_t i = 0; i < k->global_count; i++)
		if (k->globals[i].domain != g.domain)
			k->globals[kept++] = k->globals[i];
	/* The oldest leaves where there is no room. */
	if (kept == NOS_KEYRING_GLOBALS_MAX)
		memmove(k->globals, k->globals + 1, --kept * sizeof(k->globals[0]));
	k->globals[kept] = g;
	k->global_count = kept + 1;
	explicit_bzero(&g, sizeof(g));
	return NOS_OK;
}

/* Those before it are deactivated; the oldest leaves where there is no room. */
static struct nos_keyring_key *make_room(struct nos_keyring *k)
{
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind == LETTER)
			k->keys[i].state = NOS_STATE_DEACTIVATED;
	return nos_keyring_add(k);
}

static enum nos_code accept_install(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_dini_local local = { .node = k->node };
	const struct nos_keyring_global *g;
	NOS_AUTO(scheme_key) key = { 0 };
	struct nos_span rest = m->body;

	if (!nos_enc_leb128_decode(&rest, &local.incr) ||
	    !nos_enc_leb128_decode(&rest, &local.from.domain) || rest.len)
		return nos_err_set(err, NOS_DATA, "not the body of an install message");
	g = nos_keyring_global(k, local.from.domain);
	if (!g)
		return nos_err_set(err, NOS_DATA, "a local key of a domain of which there is none");
	local.from.version = g->version;
	if (nos_dini_make(&g->value, m->made, &local, &key, err))
		return err->code;
	*make_room(k) = (struct nos_keyring_key){ .name = key.name,
		.state = NOS_STATE_ACTIVE,
		.value = key.value,
		.since = m->now,
		.domain = local.from.domain,
		.version = local.from.version };
	return NOS_OK;
}

static enum nos_code accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	return m->kind == NOS_MESSAGE_GLOBAL ? accept_global(m, k, err) : accept_install(m, k, err);
}

static bool drop(struct nos_keyring *k, const struct nos_invalidation *v)
{
	const size_t keys = k->key_count, globals = k->global_count;
	size_t kept = 0;

	for (size_t i = 0; i < keys; i++)
		if (!nos_invalidation_names(v, k->keys[i].domain, k->keys[i].version))
			k->keys[kept++] = k->keys[i];
	explicit_bzero(k->keys + kept, (keys - kept) * sizeof(k->keys[0]));
	k->key_count = kept;
	kept = 0;
	for (size_t i = 0; i < globals; i++)
		if (!nos_invalidation_names(v, k->globals[i].domain, k->globals[i].version))
			k->globals[kept++] = k->globals[i];
	explicit_bzero(k->globals + kept, (globals - kept) * sizeof(k->globals[0]));
	k->global_count = kept;
	return keys != k->key_count || globals != kept;
}

const struct nos_scheme nos_dini_scheme = {
	.name = "dini",
	.letter = LETTER,
	.holders = 2,
	.kinds = 1u << NOS_MESSAGE_INSTALL | 1u << NOS_MESSAGE_GLOBAL,
	.numbered = true,
	.name_of = nos_dini_name,
	.issue = issue,
	.lacks = lacks,
	.invalidate = invalidate,
	.accept = accept,
	.drop = drop,
};
