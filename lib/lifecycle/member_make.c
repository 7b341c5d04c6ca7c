/* SPDX-License-Identifier: MIT */
#include "lifecycle/member_make.h"

#include <stdlib.h>
#include <string.h>

#include "key/roam.h"
#include "group/grove.h"
#include "roam/visit.h"
#include "scheme/issuer.h"
#include "scheme/place.h"

#define GROUP_KEYS 2 /* of its group, that are made at once */
#define KEYS_MAX   (NOS_ASSOC_KEYS_MAX + 1 + GROUP_KEYS + 1)

/* One in the making: how much it takes is known at its end. Holds secrets. */
struct making {
	struct nos_member m;
	struct nos_member_key keys[KEYS_MAX];
	size_t key_count;
	struct nos_member_more more;
	const char *id, *name, *kind, *mode; /* of what it is made from */
};

static void making_release(struct making *k)
{
	nos_buf_release(&k->more.outstanding);
	explicit_bzero(k->keys, k->key_count * sizeof(k->keys[0]));
}

static enum nos_code make_keys(struct nos_member_key *to, const char *id,
    const struct nos_secret *value, const struct nos_secret *k_s, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX];

	nos_name_format(&to->name, kid);
	return nos_pack_keys_make(value, k_s, nos_str_of(kid), nos_str_of(id), &to->keys, err);
}

static enum nos_code add_key(struct making *m, const struct nos_record *r,
    const struct nos_assoc_key *from, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_of(from->name.kind);
	struct nos_member_key *to = &m->keys[m->key_count];
	NOS_AUTO(secret) k_s = { 0 };

	if (!scheme)
		return NOS_OK;
	*to = (struct nos_member_key){ .name = from->name,
		.state = (uint8_t)from->state,
		.unused = from->unused,
		.since = from->since,
		.holders = scheme->holders };
	if (nos_assoc_auth(&r->a, from, &k_s, err) || make_keys(to, r->id, &from->value, &k_s, err))
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
	const struct nos_globals *globals;
	struct nos_group group; /* number 0: none */
	uint64_t members;	/* of it, where they may read one another */
	bool grouped;		/* the group was read */
	bool numbered;		/* the global keys were */
	struct nos_globals space;
	bool absent; /* out: there is no record */
};

static const struct nos_globals no_globals;

/* It is large, and most sources need little of it: what is read fills its own part. */
static void origin_init(struct origin *o)
{
	o->globals = &no_globals;
	o->group.number = o->group.rev = o->members = 0;
	o->grouped = o->numbered = o->absent = false;
}

static void origin_release(struct origin *o)
{
	nos_record_release(&o->r);
	if (o->numbered)
		nos_globals_release(&o->space);
	if (o->grouped)
		nos_group_release(&o->group);
}

static enum nos_code read_globals(struct nos_store *store, struct origin *o, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(o->r.scheme));

	if (!scheme || !scheme->numbered)
		return NOS_OK;
	o->numbered = true;
	o->globals = &o->space;
	return nos_globals_for(store, nos_str_of(o->r.scheme), &o->space, err);
}

static enum nos_code read_group(
    struct nos_store *store, const struct nos_vault *vault, struct origin *o, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(o->r.scheme));
	const struct nos_grove tree = { store, vault, &o->group };

	if (!scheme || !scheme->grouped || !o->r.group)
		return NOS_OK;
	o->grouped = true;
	o->group = (struct nos_group){ 0 };
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
	if (read_globals(store, ret, err))
		return err->code;
	return read_group(store, vault, ret, err);
}

/* One of its group: all members, and the node, hold it, or they hold what only together with K_S
 * opens a pack. */
static enum nos_code add_group_key(struct making *m, const struct origin *o,
    const struct nos_group_key *from, const struct nos_secret *k_s, struct nos_err *err)
{
	const struct nos_group *g = &o->group;
	struct nos_member_key *to = &m->keys[m->key_count];

	*to = (struct nos_member_key){ .name = nos_group_name(g, from),
		.state = from->until.ms ? NOS_STATE_DEACTIVATED : NOS_STATE_ACTIVE,
		.behind = from->until.ms && from->epoch == g->clock.epoch,
		.since = from->since,
		.holders = g->shared ? (unsigned)o->members + 1 : 2 };
	to->unused = nos_place_is_news(&o->r.a.place, &to->name);
	if (make_keys(to, o->r.id, &from->value, k_s, err))
		return err->code;
	m->key_count++;
	return NOS_OK;
}

/* The newest, which nearly all packs come under; of those before them the one that is asked for. */
static enum nos_code add_group(
    struct making *m, const struct origin *o, const char *kid, struct nos_err *err)
{
	const struct nos_group *g = &o->group;
	NOS_AUTO(secret) k_s = { 0 };
	NOS_AUTO(buf) order = { 0 };

	if (!g->number || !nos_place_is(&o->r.a, g))
		return NOS_OK;
	nos_buf_init(&order, sizeof(m->more.order));
	if (nos_group_order(g, &order))
		memcpy(m->more.order, order.p, m->more.order_len = order.len);
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

static enum nos_code fill(const struct origin *o, struct nos_member_world world, const char *kid,
    struct making *k, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(o->r.scheme));
	const struct nos_assoc *a = &o->r.a;
	struct nos_place place = { .group = &o->group };
	const struct nos_issuer w = { .source = nos_str_of(o->r.id),
		.pool = &o->globals->pool,
		.place = o->group.number ? &place : NULL };

	k->id = o->r.id;
	k->name = o->r.name;
	k->kind = o->r.kind;
	k->mode = o->r.mode;
	k->m.open = o->r.open;
	k->m.roams = o->r.roams != 0;
	k->m.rev = o->r.rev;
	k->more.group = o->group.number;
	k->more.group_rev = o->group.rev;
	k->m.wants_ask = nos_issuer_wants_ask(a, world.life);
	k->m.follows = a->base.identity != world.identity;
	nos_buf_init(&k->more.outstanding, NOS_MEMBER_OUTSTANDING_MAX);
	nos_member_outstanding(a, world.life, o->globals, &k->more.outstanding);
	k->m.has_own = should_have_own(o, scheme) && !k->more.outstanding.len && !k->m.wants_ask;
	k->m.lacks = scheme && scheme->lacks && !k->m.wants_ask && scheme->lacks(a, &w);
	for (size_t i = 0; i < a->key_count; i++)
		if (!is_taken_back(&a->keys[i], o->globals) && add_key(k, &o->r, &a->keys[i], err))
			return err->code;
	if ((a->offer.is && add_key(k, &o->r, &a->offer.key, err)) || add_group(k, o, kid, err))
		return err->code;
	return nos_buf_check(&k->more.outstanding, "key messages", err);
}

/* ---- a visitor ---- */

static enum nos_code add_visit_key(
    struct making *m, const struct nos_visit_key *from, struct nos_err *err)
{
	struct nos_member_key *to = &m->keys[m->key_count];
	char kid[NOS_NAME_TEXT_MAX];

	*to = (struct nos_member_key){ .name = nos_roam_name(m->more.home, from->day),
		.state = NOS_STATE_ACTIVE,
		.since = nos_roam_since(from->day),
		.holders = NOS_ROAM_HOLDERS };
	nos_name_format(&to->name, kid);
	if (nos_pack_keys_of(&from->value, nos_str_of(kid), nos_str_of(m->id), &to->keys, err))
		return err->code;
	m->key_count++;
	return NOS_OK;
}

/* Who is registered here is no visitor, whatever another node says: that is looked for first. */
static enum nos_code fill_visitor(struct nos_store *store, const struct nos_vault *vault,
    const char *id, struct nos_visit *v, struct making *k, struct nos_err *err)
{
	nos_err_clear(err);
	if (nos_visit_get(store, vault, nos_str_of(id), v, err))
		return err->code == NOS_ABSENT ? nos_err_set(err, NOS_TAG, "does not verify")
					       : err->code;
	k->id = v->id;
	k->kind = v->kind;
	k->name = k->mode = "";
	k->m.open = v->open;
	k->m.roams = true;
	k->more.home = v->home;
	k->m.rev = v->rev;
	for (size_t i = 0; i < v->key_count; i++)
		if (add_visit_key(k, &v->keys[i], err))
			return err->code;
	return NOS_OK;
}

/* ---- as it is kept ---- */

static char *put_text(char *at, const char *text)
{
	const size_t size = strlen(text) + 1;

	memcpy(at, text, size);
	return at + size;
}

/* Id, name, kind and mode, behind its keys. */
static void describe(const struct making *k, struct nos_member *m)
{
	char *const text = (char *)&m->keys[m->key_count], *at = put_text(text, k->id);

	m->name_at = (uint8_t)(at - text);
	at = put_text(at, k->name);
	m->kind_at = (uint8_t)(at - text);
	at = put_text(at, k->kind);
	put_text(at, k->mode);
}

/* The list moves over; *k is to be released all the same. */
static bool add_more(struct making *k, struct nos_member *m)
{
	if (!k->more.group && !k->more.home && !k->more.outstanding.len)
		return true;
	m->more = malloc(sizeof(*m->more));
	if (!m->more)
		return false;
	*m->more = k->more;
	k->more.outstanding = (struct nos_buf){ 0 };
	return true;
}

static struct nos_member *finish(struct making *k)
{
	const size_t keys = k->key_count * sizeof(k->keys[0]);
	const size_t text = strlen(k->id) + strlen(k->name) + strlen(k->kind) + strlen(k->mode) + 4;
	struct nos_member *m = malloc(sizeof(*m) + keys + text);

	if (!m)
		return NULL;
	*m = k->m;
	m->holders = 1;
	if (!add_more(k, m)) {
		free(m);
		return NULL;
	}
	m->key_count = (uint8_t)k->key_count;
	memcpy(m->keys, k->keys, keys);
	describe(k, m);
	return m;
}

void nos_member_make_free(struct nos_member *m)
{
	if (m->more)
		nos_buf_release(&m->more->outstanding);
	free(m->more);
	explicit_bzero(m->keys, m->key_count * sizeof(m->keys[0]));
	free(m);
}

enum nos_code nos_member_make(struct nos_store *store, const struct nos_vault *vault,
    const char *id, const char *kid, struct nos_member_world world, struct nos_member **ret,
    struct nos_err *err)
{
	struct origin o;
	struct making k;
	NOS_AUTO(visit) v = { 0 };

	origin_init(&o);
	k.m = (struct nos_member){ 0 };
	k.more = (struct nos_member_more){ 0 };
	k.key_count = 0;
	if (!read_origin(store, vault, id, &o, err))
		(void)!fill(&o, world, kid, &k, err);
	else if (o.absent)
		(void)!fill_visitor(store, vault, id, &v, &k, err);
	if (!err->code) {
		*ret = finish(&k);
		if (!*ret)
			nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	making_release(&k);
	origin_release(&o);
	return err->code;
}
