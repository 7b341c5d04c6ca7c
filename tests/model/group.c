/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "broker.h"
#include "device.h"
#include "enrol.h"
#include "lifecycle/advance.h"
#include "group/grove.h"
#include "scheme/place.h"

#define OTHERS_MAX  3	/* members beside the source, in each group */
#define CATCH_UP    200 /* orders by which a node that went back is behind at most */
#define AT_ONCE_MAX 70	/* orders: more than a source hashes over at any time */

static struct {
	uint64_t tokens; /* that are drawn at once */
	unsigned serial; /* of the next other */
	bool back;	 /* the store was put back, and nobody said so */
} group;

void group_begin(void)
{
	static const uint64_t tokens[] = { 3, 12, 300 };

	group.tokens = tokens[world_below(3)];
	group.serial = 1;
	broker_begin();
	group.back = false;
}

/* A draw of all that there may be would take most of a schedule's time, and never come to its end.
 */
enum nos_code __real_nos_group_chain_make(struct nos_group_chain *c, uint64_t node, uint64_t number,
    uint64_t base, uint64_t length, const uint8_t last[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err);
enum nos_code __wrap_nos_group_chain_make(struct nos_group_chain *c, uint64_t node, uint64_t number,
    uint64_t base, uint64_t length, const uint8_t last[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err);

enum nos_code __wrap_nos_group_chain_make(struct nos_group_chain *c, uint64_t node, uint64_t number,
    uint64_t base, uint64_t length, const uint8_t last[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err)
{
	return __real_nos_group_chain_make(
	    c, node, number, base, group.tokens < length ? group.tokens : length, last, err);
}

/* ---- which there are ---- */

/* False: the source is in none. */
static bool find_own(const struct nos_vault *vault, struct nos_group *ret)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&world.node, SOURCE, &r);
	if (!r.group)
		return false;
	MUST(nos_groups_get(world.node.view, vault, r.group, ret, &fault));
	return true;
}

static void make(const char *scheme, struct nos_group *ret)
{
	static const unsigned depths[] = { 3, 5, NOS_GROUP_DEPTH };
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };

	*ret = (struct nos_group){ .depth = depths[world_below(3)] };
	snprintf(ret->name, sizeof(ret->name), "%s", scheme);
	snprintf(ret->scheme, sizeof(ret->scheme), "%s", scheme);
	ret->shared = nos_group_has_clock(ret) && world_chance(0.3);
	node_life(&world.node, &l, &audit);
	MUST(nos_store_begin(world.node.view, &fault));
	nos_audit_begin(&audit);
	MUST(nos_groups_make(
	    world.node.view, &world.node.home.vault, ret, l.life, nos_time_now(), &fault));
	MUST(nos_store_commit(world.node.view, &fault));
	memory_touched();
}

static void place_other(const struct nos_group *g)
{
	char id[NOS_RECORD_ID_MAX];

	snprintf(id, sizeof(id), "s-%010x", group.serial++);
	enrol_source(id, g, false, NULL);
}

bool group_take(const char *scheme, struct nos_group *ret)
{
	struct nos_err err = { 0 };

	if (!nos_scheme_find(nos_str_of(scheme))->grouped)
		return false;
	if (!nos_groups_find(
		world.node.view, &world.node.home.vault, nos_str_of(scheme), ret, &err))
		return true;
	if (err.code != NOS_ABSENT)
		world_failed("nos_groups_find", &err);
	make(scheme, ret);
	for (uint64_t i = world_below(OTHERS_MAX); i > 0; i--)
		place_other(ret);
	return true;
}

/* ---- what is said to all ---- */

/* What a broker has of the source's group now. */
static void note_present(void)
{
	NOS_AUTO(group) g = { 0 };
	NOS_AUTO(buf) order = { 0 };

	if (!find_own(NULL, &g))
		return;
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (g.broadcast_len)
		broker_hear((struct nos_span){ g.broadcast, g.broadcast_len });
	if (nos_group_order(&g, &order))
		broker_hear(nos_buf_span(&order));
}

void group_broker(void)
{
	if (world_chance(0.7))
		note_present();
	broker_bring();
}

void group_store_went_back(void)
{
	group.back = true;
}

/* Much of what is said is heard at once. */
static void said(void)
{
	note_present();
	if (world_chance(0.4))
		group_broker();
}

/* ---- what an operator orders ---- */

static void advance(bool heal)
{
	const struct nos_advance a = { .heal = heal, .reason = "model" };
	NOS_AUTO(group) g = { 0 };
	struct nos_advance_done done;
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };

	if (!find_own(NULL, &g))
		return;
	node_life(&world.node, &l, &audit);
	MUST(nos_advance_group(&l, &a, nos_str_of(g.name), nos_time_now(), &done, &fault));
	memory_touched();
}

static void say_state(void)
{
	NOS_AUTO(group) g = { 0 };

	if (!world.trace || !find_own(NULL, &g))
		return;
	printf("  group %" PRIu64 ": %" PRIu64 ".%" PRIu64 ", chain %" PRIu64
	       ", how %d leaf %" PRIu32 ", began %" PRIu64 "\n",
	    g.number, g.clock.epoch, g.clock.t, g.chain, (int)g.how, g.leaf, g.began);
}

void group_order(void)
{
	uint64_t count = world_chance(0.03) ? AT_ONCE_MAX : 1;

	world_trace("order", count);
	while (count--)
		advance(false);
	say_state();
	said();
}

void group_heal(void)
{
	world_trace("heal", 0);
	advance(true);
	say_state();
	said();
}

/* ---- the others ---- */

struct others {
	uint64_t group;
	char ids[OTHERS_MAX + 1][NOS_RECORD_ID_MAX];
	size_t count;
};

static enum nos_code see_other(void *state, const struct nos_record *r, struct nos_err *err)
{
	struct others *o = state;

	(void)err;
	if (r->group == o->group && !r->a.revoked && strcmp(r->id, SOURCE) != 0 &&
	    o->count <= OTHERS_MAX)
		snprintf(o->ids[o->count++], sizeof(o->ids[0]), "%s", r->id);
	return NOS_OK;
}

/* Of the source's group. */
static bool find_others(struct nos_group *g, struct others *ret)
{
	*ret = (struct others){ 0 };
	if (!find_own(&world.node.home.vault, g))
		return false;
	ret->group = g->number;
	MUST(nos_registry_scan(world.node.view, see_other, ret, &fault));
	return true;
}

static enum nos_code revoke(void *state, struct nos_record *r, const struct nos_issuer *issuer,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)issuer;
	return nos_issuer_revoke(&r->a, "stolen", ret_changed, err);
}

void group_revoke_other(void)
{
	NOS_AUTO(group) g = { 0 };
	NOS_AUTO(record) r = { 0 };
	struct others o;

	if (!find_others(&g, &o) || !o.count)
		return;
	world_trace("another is revoked", 0);
	node_change(&world.node, o.ids[world_below(o.count)], revoke, NULL, &r);
	if (world_chance(0.6))
		group_put_out();
}

void group_enrol_other(void)
{
	NOS_AUTO(group) g = { 0 };
	struct others o;

	if (!find_others(&g, &o) || o.count >= OTHERS_MAX)
		return;
	world_trace("another is enrolled", 0);
	place_other(&g);
}

static bool is_enough(void *state)
{
	int *left = state;

	return (*left)-- <= 0;
}

/* By a tool, which may die in the middle of it. */
void group_put_out(void)
{
	int left = world_chance(0.6) ? (int)(1 + 2 * world_below(2)) : INT_MAX;
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };
	uint64_t count;

	node_life(&world.node, &l, &audit);
	MUST(nos_advance_put_out(
	    &l, &nos_card_self(world.node.card)->sign, "model", is_enough, &left, &count, &fault));
	world_trace("who leaves is put out, in halves:", count);
	memory_touched();
	said();
}

/* ---- the end ---- */

/* Is what the source has verified past where the group stands? */
static bool is_behind(void)
{
	const struct nos_keyring_group *held = &device.ring.k.group;
	NOS_AUTO(group) g = { 0 };

	return find_own(NULL, &g) && nos_group_has_clock(&g) && held->clock.a.len &&
	       held->number == g.number && held->token.t > g.clock.t;
}

void group_move_on(void)
{
	for (int i = 0; is_behind(); i++) {
		if (i == CATCH_UP)
			world_wrong("a clock is far ahead", CATCH_UP);
		advance(false);
	}
	advance(world_chance(0.4));
	/* Who was led into an epoch that the node has not begun is refused, and then led back. */
	if (group.back)
		world.clock_ms += (int64_t)world.overlap_ms;
	say_state();
}

bool group_forge(void)
{
	/* What was said before is as good as ever: its time is yet to come. */
	if (group.back)
		return false;
	advance(false);
	note_present();
	broker_forge();
	return true;
}

bool group_leads_on(void)
{
	NOS_AUTO(group) g = { 0 };

	return find_own(NULL, &g) && nos_group_has_clock(&g) && g.clock.t > g.chain + 1;
}

/* The source's newest key of its group; NULL: none. */
static const struct nos_keyring_key *newest(
    const struct nos_keyring *k, const struct nos_name *name)
{
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind == name->kind)
			return &k->keys[i];
	return NULL;
}

/* Has the source the keys over its leaf that the tree has? They were drawn again where the store
 * went back, and what is pulled leads on all the same. */
static bool has_path(const struct nos_group *g, const struct nos_lkh_path *held)
{
	const struct nos_grove tree = { world.node.view, &world.node.home.vault, g };
	NOS_AUTO(lkh_path) path = { 0 };

	MUST(nos_grove_path(&tree, held->leaf, &path, &fault));
	for (unsigned i = 1; i <= g->depth; i++)
		if (!group.back && !nos_secret_eq(&path.keys[i], &held->keys[i]))
			return false;
	return held->epoch == g->clock.epoch;
}

bool group_is_whole(const struct nos_keyring *k, const struct nos_record *r)
{
	NOS_AUTO(group) g = { 0 };
	const struct nos_group_key *at;
	const struct nos_keyring_key *held;
	struct nos_name name;

	MUST(nos_groups_get(world.node.view, &world.node.home.vault, r->group, &g, &fault));
	at = nos_group_present(&g);
	if (!at)
		return false;
	name = nos_group_name(&g, at);
	held = newest(k, &name);
	return held && nos_name_eq(&held->name, &name) && nos_secret_eq(&held->value, &at->value) &&
	       k->group.path.leaf == r->a.place.leaf && has_path(&g, &k->group.path) &&
	       nos_place_is_current(&r->a, &g);
}

struct count {
	const struct nos_group *group;
	uint64_t members;
};

static enum nos_code count_placed(void *state, const struct nos_record *r, struct nos_err *err)
{
	struct count *c = state;

	(void)err;
	c->members += !r->a.revoked && nos_place_is(&r->a, c->group);
	return NOS_OK;
}

static enum nos_code check_leaves(void *state, struct nos_group *g, struct nos_err *err)
{
	const struct nos_grove tree = { world.node.view, &world.node.home.vault, g };
	struct count c = { .group = g };
	uint64_t members;

	(void)state;
	if (nos_registry_scan(world.node.view, count_placed, &c, err) ||
	    nos_grove_members(&tree, &members, err))
		return err->code;
	if (g->turning)
		world_wrong("an eviction was never finished", g->leaf);
	if (members != c.members)
		world_wrong("a leaf is taken that is nobody's", members);
	return NOS_OK;
}

void group_check_leaves(void)
{
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };
	int left = INT_MAX;
	uint64_t count;

	node_life(&world.node, &l, &audit);
	MUST(nos_advance_put_out(
	    &l, &nos_card_self(world.node.card)->sign, "model", is_enough, &left, &count, &fault));
	memory_touched();
	MUST(nos_groups_scan(world.node.view, &world.node.home.vault, check_leaves, NULL, &fault));
}
