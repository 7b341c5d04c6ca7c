/* SPDX-License-Identifier: MIT */
#include "registry/member_make.h"

#include <stdlib.h>
#include <string.h>

#include "key/roam.h"
#include "registry/grove.h"
#include "registry/visit.h"
#include "scheme/issuer.h"
#include "scheme/place.h"

#define GROUP_KEYS 2 /* of its group, that are made at once */

static enum nos_code make_keys(struct nos_member_key *to, const struct nos_member *m,
    const struct nos_secret *value, const struct nos_secret *k_s, struct nos_err *err)
{
	nos_name_format(&to->name, to->kid);
	return nos_pack_keys_make(
	    value, k_s, nos_str_of(to->kid), nos_str_of(m->id), &to->keys, err);
}

static enum nos_code add_key(struct nos_member *m, const struct nos_assoc *a,
    const struct nos_assoc_key *from, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_of(from->name.kind);
	struct nos_member_key *to = &m->keys[m->key_count];
	NOS_AUTO(secret) k_s = { 0 };

	if (!scheme)
		return NOS_OK;
	to->name = from->name;
	to->state = from->state;
	to->unused = from->unused;
	to->since = from->since;
	to->holders = scheme->holders;
	if (nos_assoc_auth(a, from, &k_s, err) || make_keys(to, m, &from->value, &k_s, err))
		return err->code;
	m->key_count++;
	return NOS_OK;
}

/* One that was made of a global key which was taken back since opens nothing, whoever has yet to
 * see to it. */
static bool is_taken_back(const struct nos_assoc_key *k, const struct nos_globals *globals)
{
	const struct nos_pool_key *now = nos_pool_key(&globals->pool, k->from.domain);

	return now && k->from.version < now->version;
}

/* What a source is made from: its record, and what of the node its scheme looks at. */
struct origin {
	struct nos_record r;
	struct nos_globals globals;
	struct nos_group group; /* number 0: none */
	uint64_t members;	/* of it, where they may read one another */
	bool absent;		/* out: there is no record */
};

static void origin_release(struct origin *o)
{
	nos_record_release(&o->r);
	nos_globals_release(&o->globals);
	nos_group_release(&o->group);
}

static enum nos_code read_group(
    struct nos_store *store, const struct nos_vault *vault, struct origin *o, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(o->r.scheme));
	const struct nos_grove tree = { store, vault, &o->group };

	if (!scheme || !scheme->grouped || !o->r.group)
		return NOS_OK;
	if (nos_groups_get(store, vault, o->r.group, &o->group, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	return o->group.shared ? nos_grove_members(&tree, &o->members, err) : NOS_OK;
}

static enum nos_code read_origin(struct nos_store *store, const struct nos_vault *vault,
    const char *id, struct origin *ret, struct nos_err *err)
{
	if (nos_registry_get(store, vault, nos_str_of(id), &ret->r, err)) {
		ret->absent = err->code == NOS_ABSENT;
		return ret->absent ? nos_err_set(err, NOS_TAG, "does not verify") : err->code;
	}
	if (ret->r.a.revoked)
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (nos_globals_for(store, nos_str_of(ret->r.scheme), &ret->globals, err))
		return err->code;
	return read_group(store, vault, ret, err);
}

/* One of its group: all members, and the node, hold it, or they hold what only together with K_S
 * opens a pack. */
static enum nos_code add_group_key(struct nos_member *m, const struct origin *o,
    const struct nos_group_key *from, const struct nos_secret *k_s, struct nos_err *err)
{
	const struct nos_group *g = &o->group;
	struct nos_member_key *to = &m->keys[m->key_count];

	to->name = nos_group_name(g, from);
	to->state = from->until.ms ? NOS_STATE_DEACTIVATED : NOS_STATE_ACTIVE;
	to->unused = nos_place_is_news(&o->r.a.place, &to->name);
	to->behind = from->until.ms && from->epoch == g->clock.epoch;
	to->since = from->since;
	to->holders = g->shared ? (unsigned)o->members + 1 : 2;
	if (make_keys(to, m, &from->value, k_s, err))
		return err->code;
	m->key_count++;
	return NOS_OK;
}

/* The newest, which nearly all packs come under; of those before them the one that is asked for. */
static enum nos_code add_group(
    struct nos_member *m, const struct origin *o, const char *kid, struct nos_err *err)
{
	const struct nos_group *g = &o->group;
	NOS_AUTO(secret) k_s = { 0 };
	NOS_AUTO(buf) order = { 0 };

	if (!g->number || !nos_place_is(&o->r.a, g))
		return NOS_OK;
	nos_buf_init(&order, sizeof(m->order));
	if (nos_group_order(g, &order))
		memcpy(m->order, order.p, m->order_len = order.len);
	if (nos_derive_static(&o->r.a.base.z_key, NOS_DERIVE_AUTH, &k_s, err))
		return err->code;
	for (size_t i = 0; i < g->key_count; i++) {
		const struct nos_name name = nos_group_name(g, &g->keys[i]);
		char text[NOS_NAME_TEXT_MAX];

		nos_name_format(&name, text);
		if ((i < GROUP_KEYS || (kid && strcmp(kid, text) == 0)) &&
		    nos_group_key(g, &name) && add_group_key(m, o, &g->keys[i], &k_s, err))
			return err->code;
	}
	return NOS_OK;
}

/* Should it send under a key of its scheme? Of its group's only once it is known to have one. */
static bool should_have_own(const struct origin *o, const struct nos_scheme *scheme)
{
	if (!scheme || scheme->letter == 'p')
		return false;
	return !scheme->grouped || (o->group.number && nos_place_is_current(&o->r.a, &o->group));
}

static void describe(const struct origin *o, struct nos_member_world world, struct nos_member *m)
{
	const struct nos_record *r = &o->r;

	snprintf(m->id, sizeof(m->id), "%s", r->id);
	snprintf(m->name, sizeof(m->name), "%s", r->name);
	snprintf(m->kind, sizeof(m->kind), "%s", r->kind);
	snprintf(m->mode, sizeof(m->mode), "%s", r->mode);
	m->open = r->open;
	m->roams = r->roams != 0;
	m->rev = r->rev;
	m->world = world;
	m->group = o->group.number;
	m->group_rev = o->group.rev;
	m->wants_ask = nos_issuer_wants_ask(&r->a, world.life);
	m->follows = r->a.base.identity != world.identity;
}

static enum nos_code make(const struct origin *o, struct nos_member_world world, const char *kid,
    struct nos_member *m, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(o->r.scheme));
	const struct nos_assoc *a = &o->r.a;
	struct nos_place place = { .group = &o->group };
	const struct nos_issuer w = { .source = nos_str_of(o->r.id),
		.pool = &o->globals.pool,
		.place = o->group.number ? &place : NULL };

	describe(o, world, m);
	nos_buf_init(&m->outstanding, NOS_MEMBER_OUTSTANDING_MAX);
	nos_member_outstanding(a, world.life, &o->globals, &m->outstanding);
	m->has_own = should_have_own(o, scheme) && !m->outstanding.len && !m->wants_ask;
	m->lacks = scheme && scheme->lacks && !m->wants_ask && scheme->lacks(a, &w);
	for (size_t i = 0; i < a->key_count; i++)
		if (!is_taken_back(&a->keys[i], &o->globals) && add_key(m, a, &a->keys[i], err))
			return err->code;
	if ((a->offer.is && add_key(m, a, &a->offer.key, err)) || add_group(m, o, kid, err))
		return err->code;
	return nos_buf_check(&m->outstanding, "key messages", err);
}

void nos_member_make_free(struct nos_member *m)
{
	nos_buf_release(&m->outstanding);
	explicit_bzero(m, sizeof(*m) + m->key_count * sizeof(m->keys[0]));
	free(m);
}

/* ---- a visitor ---- */

static enum nos_code add_visit_key(struct nos_member *m, const struct nos_visit *v,
    const struct nos_visit_key *from, struct nos_err *err)
{
	struct nos_member_key *to = &m->keys[m->key_count];

	to->name = nos_roam_name(v->home, from->day);
	to->state = NOS_STATE_ACTIVE;
	to->since = nos_roam_since(from->day);
	to->holders = NOS_ROAM_HOLDERS;
	nos_name_format(&to->name, to->kid);
	if (nos_pack_keys_of(&from->value, nos_str_of(to->kid), nos_str_of(m->id), &to->keys, err))
		return err->code;
	m->key_count++;
	return NOS_OK;
}

static enum nos_code fill_visitor(struct nos_member *m, const struct nos_visit *v,
    struct nos_member_world world, struct nos_err *err)
{
	snprintf(m->id, sizeof(m->id), "%s", v->id);
	snprintf(m->kind, sizeof(m->kind), "%s", v->kind);
	m->open = v->open;
	m->roams = true;
	m->home = v->home;
	m->rev = v->rev;
	m->world = world;
	m->holders = 1;
	for (size_t i = 0; i < v->key_count; i++)
		if (add_visit_key(m, v, &v->keys[i], err))
			return err->code;
	return NOS_OK;
}

/* Who is registered here is no visitor, whatever another node says: that is looked for first. */
static enum nos_code make_visitor(struct nos_store *store, const struct nos_vault *vault,
    const char *id, struct nos_member_world world, struct nos_member **ret, struct nos_err *err)
{
	struct nos_member *m;
	NOS_AUTO(visit) v = { 0 };

	nos_err_clear(err);
	if (nos_visit_get(store, vault, nos_str_of(id), &v, err))
		return err->code == NOS_ABSENT ? nos_err_set(err, NOS_TAG, "does not verify")
					       : err->code;
	m = calloc(1, sizeof(*m) + v.key_count * sizeof(m->keys[0]));
	if (!m)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (fill_visitor(m, &v, world, err))
		nos_member_make_free(m);
	else
		*ret = m;
	return err->code;
}

enum nos_code nos_member_make(struct nos_store *store, const struct nos_vault *vault,
    const char *id, const char *kid, struct nos_member_world world, struct nos_member **ret,
    struct nos_err *err)
{
	struct origin o = { 0 };
	struct nos_member *m = NULL;
	size_t keys;

	if (read_origin(store, vault, id, &o, err) && o.absent) {
		origin_release(&o);
		return make_visitor(store, vault, id, world, ret, err);
	}
	if (!err->code) {
		keys = o.r.a.key_count + 1 + GROUP_KEYS + 1;
		m = calloc(1, sizeof(*m) + keys * sizeof(m->keys[0]));
		if (!m)
			nos_err_set(err, NOS_INTERNAL, "out of memory");
		else
			m->holders = 1;
	}
	if (!err->code && make(&o, world, kid, m, err))
		nos_member_make_free(m);
	origin_release(&o);
	if (!err->code)
		*ret = m;
	return err->code;
}
