/* SPDX-License-Identifier: MIT */
#include "counter.h"

#include <string.h>

#include "device.h"
#include "sealing.h"

#define NAMES_MAX  4096
#define GROUPS_MAX 4
#define NEWEST	   3 /* keys of a group that are looked at each time */

/* A name that stood for a key. */
struct name {
	struct nos_name name;
	struct nos_secret value;
};

/* Where a group stands, or was seen to stand last. */
struct stand {
	uint64_t group, epoch, t;
	uint64_t rev; /* of the node's */
};

static struct {
	uint64_t version, z;		 /* of the node */
	struct stand groups[GROUPS_MAX]; /* by number */
	struct stand source;		 /* its clock; group 0: it has none */
	struct nos_assoc_place place;	 /* the source's, under that z */
	uint64_t place_z;
	uint64_t seq; /* of the source: the first number that it has not given to a pack */
	struct nos_chain node_down, node_up, source_down, source_up;
	uint64_t life; /* the highest */
	bool amnesia; /* the node has been in the same life before: what it says it may have said */
	bool ever;    /* and the source may hold what was said then */
	struct name names[NAMES_MAX];
	size_t name_count;
} top;

void counter_begin(void)
{
	explicit_bzero(&top, sizeof(top));
	top.life = 1;
}

void counter_store_went_back(uint64_t life)
{
	top.version = top.z = 0;
	top.node_down.key.len = top.node_up.key.len = 0;
	memset(top.groups, 0, sizeof(top.groups));
	top.place_z = 0;
	top.amnesia = life <= top.life;
	top.ever |= top.amnesia;
	if (top.amnesia)
		sealing_excuse(false);
	else
		top.life = life;
}

void counter_keyring_went_back(void)
{
	top.seq = 0;
	top.source.group = 0;
	top.source_down.key.len = top.source_up.key.len = 0;
	sealing_excuse(true);
}

void counter_anew(void)
{
	top.version = 0;
	top.place_z = 0;
	counter_keyring_went_back();
}

/* A chain that is another than that of before begins anew. */
static void check_chain(const char *what, struct nos_chain *before, const struct nos_chain *now)
{
	struct nos_chain later = *now;

	if (before->key.len && now->key.len && now->ctr < before->ctr) {
		MUST(nos_chain_advance(&later, before->ctr, &fault));
		if (nos_secret_eq(&later.key, &before->key))
			world_wrong(what, now->ctr);
	}
	*before = *now;
}

static struct name *find_name(const struct nos_name *name)
{
	for (size_t i = 0; i < top.name_count; i++)
		if (nos_name_eq(&top.names[i].name, name))
			return &top.names[i];
	return NULL;
}

static void note_name(const struct nos_name *name, const struct nos_secret *value)
{
	struct name *n = find_name(name);

	if (!n && top.name_count == NAMES_MAX)
		world_wrong("too many names", NAMES_MAX);
	if (!n)
		n = &top.names[top.name_count++];
	else if (!top.amnesia && !nos_secret_eq(&n->value, value))
		world_wrong("a name stands for two keys", nos_name_rank(name));
	*n = (struct name){ *name, *value };
}

/* ---- groups ---- */

static bool fell(const struct stand *before, const struct stand *now)
{
	return before->group && before->group == now->group &&
	       (now->epoch < before->epoch || (now->epoch == before->epoch && now->t < before->t));
}

static void check_group(const struct nos_group *g, struct stand *before)
{
	const struct stand now = { g->number, g->clock.epoch, g->clock.t, g->rev };

	if (fell(before, &now))
		world_wrong("an epoch, or a session, fell at the node", now.t);
	*before = now;
	for (size_t i = 0; i < g->key_count && i < NEWEST; i++) {
		const struct nos_name name = nos_group_name(g, &g->keys[i]);

		note_name(&name, &g->keys[i].value);
	}
}

/* To take one apart costs most of a step, so only what was changed is. */
static enum nos_code look_at_group(void *state, uint64_t number, uint64_t rev, struct nos_err *err)
{
	struct stand *before = &top.groups[number % GROUPS_MAX];
	NOS_AUTO(group) g = { 0 };

	(void)state;
	if (before->rev == rev)
		return NOS_OK;
	if (nos_groups_get(world.node.view, &world.node.home.vault, number, &g, err))
		return err->code;
	check_group(&g, before);
	return NOS_OK;
}

/* Whose Z is new has left its leaf to who may have the old one. */
static void check_place(const struct nos_assoc *a)
{
	const struct nos_assoc_place *p = &a->place;

	if (top.place_z && a->base.z != top.place_z && p->group == top.place.group &&
	    p->life == top.place.life && p->leaf == top.place.leaf && p->since == top.place.since)
		world_wrong("a source was renewed at its old leaf", p->leaf);
	top.place = *p;
	top.place_z = p->group ? a->base.z : 0;
}

static bool is_of_group(const struct nos_name *n)
{
	return n->kind == 's' || n->kind == 'g' || n->kind == 't';
}

static void check_session(const struct nos_keyring *k)
{
	const struct nos_session *c = &k->group.clock;
	const struct stand now = { c->a.len ? c->group : 0, c->epoch, c->t, 0 };

	if (!top.ever && fell(&top.source, &now))
		world_wrong("an epoch, or a session, fell at the source", now.t);
	top.source = now;
	for (size_t i = 0; i < k->key_count; i++) {
		const struct name *n =
		    is_of_group(&k->keys[i].name) ? find_name(&k->keys[i].name) : NULL;

		if (!top.ever && n && !nos_secret_eq(&n->value, &k->keys[i].value))
			world_wrong("a member has another key under a name",
			    nos_name_rank(&k->keys[i].name));
	}
}

/* ---- both sides ---- */

static void check_node(void)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&world.node, SOURCE, &r);
	if (r.a.version < top.version || r.a.base.z < top.z)
		world_wrong("a name or a generation fell at the node", r.a.version);
	top.version = r.a.version;
	top.z = r.a.base.z;
	check_chain("a counter down fell at the node", &top.node_down, &r.a.base.down);
	check_chain("a counter up fell at the node", &top.node_up, &r.a.base.up);
	for (size_t i = 0; i < r.a.key_count; i++)
		note_name(&r.a.keys[i].name, &r.a.keys[i].value);
	if (r.a.offer.is)
		note_name(&r.a.offer.key.name, &r.a.offer.key.value);
	check_place(&r.a);
	MUST(nos_groups_scan_revs(world.node.view, look_at_group, NULL, &fault));
}

void counter_check_source(void)
{
	const struct nos_keyring *k = &device.ring.k;

	check_chain("a counter down fell at the source", &top.source_down, &k->down);
	check_chain("a counter up fell at the source", &top.source_up, &k->up);
	check_session(k);
}

void counter_check(void)
{
	check_node();
	if (device.open)
		counter_check_source();
}

/* ---- numbers of packs, as they are given ---- */

enum nos_code __real_nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err);
enum nos_code __wrap_nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err);
void __real_nos_ring_back(struct nos_ring *r, uint64_t seq);
void __wrap_nos_ring_back(struct nos_ring *r, uint64_t seq);

enum nos_code __wrap_nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err)
{
	if (__real_nos_ring_take(r, ret_seq, err))
		return err->code;
	if (*ret_seq < top.seq)
		world_wrong("a number was given twice", *ret_seq);
	top.seq = *ret_seq + 1;
	return NOS_OK;
}

void __wrap_nos_ring_back(struct nos_ring *r, uint64_t seq)
{
	__real_nos_ring_back(r, seq);
	top.seq = r->next;
}
