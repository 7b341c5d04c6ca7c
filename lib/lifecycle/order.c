/* SPDX-License-Identifier: MIT */
#include "lifecycle/order.h"

#include "json/encode.h"
#include "lifecycle/bearer.h"
#include "roam/stay.h"

/* An order on its way through nos_life_change. */
struct giving {
	const struct nos_order *o;
	struct nos_order_done *done;
	bool changed;
	struct nos_compromise_order known; /* to others */
};

static uint64_t rank_of(const struct nos_assoc_key *k)
{
	return k ? nos_name_rank(&k->name) : 0;
}

/* Of what the source has of its own; one of a scheme that this nos does not know, or of a group's,
 * has p. keys alone. */
static char letter_of(const struct nos_record *r)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(r->scheme));

	return scheme && !scheme->grouped ? scheme->letter : 'p';
}

static bool is_young(
    const struct nos_order *o, const struct nos_issuer *w, const struct nos_assoc_key *k)
{
	return k && w->now.ms - k->since.ms < (int64_t)o->older_than_ms;
}

static enum nos_code replace(
    struct giving *g, struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err)
{
	const char letter = g->done->letter;
	const struct nos_assoc_key *active = nos_assoc_active(a, letter);
	const uint64_t before = rank_of(active);
	struct nos_order_done *d = g->done;
	enum nos_issuer_did did;

	if (g->o->older_than_ms && is_young(g->o, w, active)) {
		d->status = NOS_ORDER_UNCHANGED;
		d->key = before;
		return NOS_OK;
	}
	if (nos_issuer_replace(a, w, &did, err))
		return err->code;
	g->changed = did != NOS_ISSUER_NOTHING;
	/* An offer that waits is taken by the ask, under whatever name: none is promised. */
	if (nos_issuer_wants_ask(a, w->life))
		return NOS_OK;
	d->key = rank_of(nos_assoc_next(a, letter));
	d->replaces = before;
	return NOS_OK;
}

static void add_known(struct nos_compromise_order *known, const struct nos_name *name)
{
	if (known->key_count < NOS_ASSOC_KEYS_MAX)
		nos_name_format(name, known->keys[known->key_count++]);
}

/* Which of a source's keys were made of what was taken back. */
static void note_made(struct giving *g, const struct nos_assoc *a)
{
	for (size_t i = 0; i < a->key_count; i++)
		for (size_t j = 0; j < g->o->global_count; j++)
			if (a->keys[i].from.domain == g->o->globals[j].domain &&
			    a->keys[i].from.version == g->o->globals[j].version) {
				add_known(&g->known, &a->keys[i].name);
				break;
			}
}

/* Which are in use; one that was replaced is not, though it may serve for its overlap still. */
static void note_used(struct giving *g, const struct nos_assoc *a)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].state == NOS_STATE_ACTIVE)
			add_known(&g->known, &a->keys[i].name);
}

static void note_known(struct giving *g, const struct nos_assoc *a, struct nos_time now)
{
	const enum nos_order_what what = g->o->what;

	g->known = (struct nos_compromise_order){
		.since = g->o->since, .until = now, .others = what == NOS_ORDER_COMPROMISED
	};
	if (what == NOS_ORDER_INVALIDATE)
		note_made(g, a);
	else if (what == NOS_ORDER_COMPROMISED)
		note_used(g, a);
}

/* A source that has nothing of what was taken back is left as it is. */
static enum nos_code invalidate(
    struct giving *g, struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err)
{
	const char letter = g->done->letter;
	const uint64_t before = rank_of(nos_assoc_active(a, letter));
	const struct nos_assoc_key *next;

	if (nos_issuer_fill(a, w, &g->changed, err))
		return err->code;
	if (!g->changed)
		g->done->status = NOS_ORDER_UNCHANGED;
	if (nos_issuer_wants_ask(a, w->life))
		return NOS_OK;
	/* Where what was taken back is of another domain, its local key stays. */
	next = nos_assoc_next(a, letter);
	g->done->key = rank_of(next ? next : nos_assoc_active(a, letter));
	g->done->replaces = rank_of(nos_assoc_active(a, letter)) == before ? 0 : before;
	return NOS_OK;
}

/* What the answer to its registration was is of no use to a source that is revoked. */
static enum nos_code revoke(struct giving *g, struct nos_record *r, struct nos_err *err)
{
	g->done->status = NOS_ORDER_REVOKED;
	if (nos_issuer_revoke(&r->a, g->o->reason, &g->changed, err))
		return err->code;
	r->m2[0] = '\0';
	return NOS_OK;
}

static enum nos_code step(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	struct giving *g = state;

	*g->done = (struct nos_order_done){ .status = NOS_ORDER_PENDING };
	nos_str_copy(nos_str_of(r->id), g->done->id, sizeof(g->done->id));
	g->done->letter = letter_of(r);
	g->changed = false;
	note_known(g, &r->a, w->now);
	if (g->o->what == NOS_ORDER_REVOKE)
		(void)!revoke(g, r, err);
	else if (g->o->what == NOS_ORDER_COMPROMISED)
		g->done->status = NOS_ORDER_NOTED;
	else if (r->a.revoked)
		g->done->status = NOS_ORDER_REVOKED;
	else if (nos_bearer_is_source(r)) /* it has no key that could be replaced */
		g->done->status = NOS_ORDER_UNCHANGED;
	else if (g->o->what == NOS_ORDER_RENEW)
		g->changed = nos_issuer_renew(&r->a);
	else if (g->o->what == NOS_ORDER_INVALIDATE)
		(void)!invalidate(g, &r->a, w, err);
	else
		(void)!replace(g, &r->a, w, err);
	*ret_changed = g->changed && !g->o->dry_run;
	return err->code;
}

static enum nos_code note(
    struct nos_life *l, const struct giving *g, struct nos_time now, struct nos_err *err)
{
	const bool revoked = g->o->what == NOS_ORDER_REVOKE;
	const struct nos_audit_event event = { .what = NOS_AUDIT_SOURCE,
		.source = g->done->id,
		.from = revoked ? "active" : NULL,
		.to = revoked ? "compromised" : "active",
		.reason = g->o->reason };

	return nos_audit_append(l->audit, now, &event, err);
}

static enum nos_code note_since(struct nos_life *l, const struct giving *g, struct nos_time now,
    const char *key, struct nos_err *err)
{
	const bool had = g->o->what == NOS_ORDER_COMPROMISED;
	NOS_AUTO(buf) reason = { 0 };
	struct nos_audit_event event = { .what = key ? NOS_AUDIT_KEY : NOS_AUDIT_SOURCE,
		.source = g->done->id,
		.key = key,
		.to = had ? NULL : "compromised" };

	nos_buf_init(&reason, 100);
	nos_buf_add_text(&reason, had ? "others may have known keys that it had, since "
				      : "others may have known it since ");
	nos_time_format_rfc3339(&reason, g->o->since);
	if (nos_buf_check(&reason, "reason", err))
		return err->code;
	event.reason = reason.p;
	return nos_audit_append(l->audit, now, &event, err);
}

/* The key of its group, which is not its own; and a token that is good is in use as a key is.
 * *ret_all: all that it had is. */
static enum nos_code note_shared(struct nos_life *l, const struct nos_record *r,
    struct nos_compromise_order *known, bool *ret_all, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };
	const struct nos_group_key *k;
	struct nos_bearer t;
	struct nos_name name;

	*ret_all = false;
	if (r->a.revoked)
		return NOS_OK;
	if (nos_bearer_is_source(r)) {
		if (nos_bearer_get(l->store, nos_str_of(r->token), &t, err)) {
			if (err->code == NOS_ABSENT)
				nos_err_clear(err);
			return err->code;
		}
		*ret_all = nos_bearer_state_of(&t, known->until) == NOS_TOKEN_OPEN;
		return NOS_OK;
	}
	if (!r->group || nos_groups_get(l->store, NULL, r->group, &g, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	k = nos_group_present(&g);
	if (k) {
		name = nos_group_name(&g, k);
		add_known(known, &name);
	}
	return NOS_OK;
}

/* In the caller's group, as all else. Also where its keys were taken back before: an earlier time
 * says more. */
static enum nos_code compromise(struct nos_life *l, struct giving *g, const struct nos_record *r,
    struct nos_time now, struct nos_err *err)
{
	struct nos_compromise_order *known = &g->known;
	bool is_new, in_use = false;

	if (!g->o->compromised || (g->o->what == NOS_ORDER_INVALIDATE && !known->key_count))
		return NOS_OK;
	if (known->others && note_shared(l, r, known, &in_use, err))
		return err->code;
	if (in_use) {
		g->done->status = NOS_ORDER_UNCHANGED;
		return NOS_OK;
	}
	if (nos_compromise_add(l->store, g->done->id, known, &is_new, err) || !is_new)
		return err->code;
	if (!known->key_count || known->others)
		return note_since(l, g, now, NULL, err);
	for (size_t i = 0; i < known->key_count; i++)
		if (note_since(l, g, now, known->keys[i], err))
			return err->code;
	return NOS_OK;
}

bool nos_order_is_of_visitors(enum nos_order_what what)
{
	return what == NOS_ORDER_REVOKE || what == NOS_ORDER_COMPROMISED;
}

/* The keys that a visitor is known by now; one that has left has none. */
static enum nos_code note_visit(struct nos_store *store, const char *id,
    struct nos_compromise_order *known, struct nos_err *err)
{
	struct nos_visit v = { 0 };

	if (nos_visit_get(store, NULL, nos_str_of(id), &v, err) == NOS_ABSENT)
		nos_err_clear(err);
	for (size_t i = 0; !err->code && i < v.key_count; i++) {
		const struct nos_name name = nos_roam_name(v.home, v.keys[i].day);

		add_known(known, &name);
	}
	return err->code;
}

/* A source of another node: none of its own keys are here, but what it was given for this node. */
static enum nos_code give_visitor(
    struct nos_life *l, struct giving *g, const char *id, struct nos_time now, struct nos_err *err)
{
	const bool had = g->o->what == NOS_ORDER_COMPROMISED;
	NOS_AUTO(record) none = { 0 };

	*g->done = (struct nos_order_done){ .status = had ? NOS_ORDER_NOTED : NOS_ORDER_REVOKED };
	nos_str_copy(nos_str_of(id), g->done->id, sizeof(g->done->id));
	g->known =
	    (struct nos_compromise_order){ .since = g->o->since, .until = now, .others = had };
	if (had ? note_visit(l->store, id, &g->known, err)
		: nos_stay_refuse(l->store, l->audit, id, g->o->reason, now, &g->changed, err))
		return err->code;
	return compromise(l, g, &none, now, err);
}

enum nos_code nos_order_give(struct nos_life *l, const struct nos_order *o, const char *id,
    struct nos_time now, struct nos_order_done *ret, struct nos_err *err)
{
	struct giving g = { .o = o, .done = ret };
	NOS_AUTO(record) r = { 0 };

	if (nos_life_change(l, nos_str_of(id), now, step, &g, &r, err)) {
		if (err->code != NOS_ABSENT || !nos_order_is_of_visitors(o->what))
			return err->code;
		nos_err_clear(err);
		return give_visitor(l, &g, id, now, err);
	}
	/* Of a key that is replaced its own entry tells. */
	if (g.changed && !o->dry_run &&
	    (o->what == NOS_ORDER_RENEW || o->what == NOS_ORDER_REVOKE) && note(l, &g, now, err))
		return err->code;
	return compromise(l, &g, &r, now, err);
}

/* ---- what became of it ---- */

static enum nos_code look_at_group(struct nos_store *store, const struct nos_record *r,
    struct nos_order_done *done, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };

	if (r->group && nos_groups_get(store, NULL, r->group, &g, err) && err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	if (!g.number || nos_place_is_current(&r->a, &g))
		done->status = NOS_ORDER_CONFIRMED;
	return NOS_OK;
}

static bool is_confirmed(
    const struct nos_order *o, const struct nos_record *r, uint64_t life, uint64_t key)
{
	const struct nos_assoc *a = &r->a;

	if (o->what == NOS_ORDER_RENEW)
		return !a->renew;
	/* The next order may be under way already. */
	return (key && rank_of(nos_assoc_active(a, letter_of(r))) >= key) ||
	       !nos_issuer_is_pending(a, life);
}

enum nos_code nos_order_look(
    struct nos_life *l, const struct nos_order *o, struct nos_order_done *done, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	if (nos_registry_get(l->store, NULL, nos_str_of(done->id), &r, err))
		return err->code;
	if (r.a.revoked) {
		done->status = NOS_ORDER_REVOKED;
		done->key = done->replaces = 0;
	} else if (o->what == NOS_ORDER_FOLLOW) {
		return look_at_group(l->store, &r, done, err);
	} else if (is_confirmed(o, &r, l->life, done->key)) {
		done->status = NOS_ORDER_CONFIRMED;
		if (o->what != NOS_ORDER_RENEW)
			done->key = rank_of(nos_assoc_active(&r.a, letter_of(&r)));
	}
	return NOS_OK;
}

/* ---- its row ---- */

static void member_name(
    struct nos_buf *b, const char *member, char letter, uint64_t node, uint64_t rank)
{
	const struct nos_scheme *scheme = nos_scheme_of(letter);
	struct nos_name name;
	char kid[NOS_NAME_TEXT_MAX];

	if (!rank || !scheme)
		return;
	name = scheme->name_of(node, rank);
	nos_name_format(&name, kid);
	nos_encode_member_text(b, member, nos_str_of(kid));
}

void nos_order_row(
    struct nos_buf *b, const struct nos_order *o, const struct nos_order_done *done, uint64_t node)
{
	static const char *const texts[] = {
#define X(name, text) [NOS_ORDER_##name] = text,
		NOS_ORDER_STATUS_MAP(X)
#undef X
	};

	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "source", nos_str_of(done->id));
	member_name(b, "key", done->letter, node, done->key);
	member_name(b, "replaces", done->letter, node, done->replaces);
	nos_encode_member_text(b, "status", nos_str_of(texts[done->status]));
	if (o->dry_run)
		nos_encode_member_bool(b, "dry_run", true);
	nos_buf_add_char(b, '}');
}
