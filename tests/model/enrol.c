/* SPDX-License-Identifier: MIT */
#include "enrol.h"

#include <stdio.h>
#include <string.h>

#include "crypto/random.h"
#include "scheme/holder.h"
#include "scheme/pairwise.h"
#include "source/ring.h"
#include "world.h"

/* One registration, from hand to hand. */
struct enrol {
	const char *id;
	const struct nos_group *group;
	struct nos_derive_base base;
	struct nos_record r;
	struct nos_buf state; /* the first message of its chain, where it registers again */
	struct nos_span grants[1 + NOS_ASSOC_OUT_MAX];
	size_t count;
};

static void draw(struct nos_secret *s)
{
	MUST(nos_random_secret(s, 32, &fault));
}

static const char *scheme_of(const struct enrol *e)
{
	return e->group ? e->group->scheme : world.scheme;
}

/* As admission.c leaves a keyring. */
static void make_keyring(const struct enrol *e, struct nos_keyring *ret)
{
	const struct nos_self *self = nos_card_self(world.node.card);

	*ret = (struct nos_keyring){ .node = 1,
		.next = 1,
		.z = 1,
		.z_key = e->base.z,
		.down = { 0, e->base.down },
		.up = { 0, e->base.up },
		.url_count = 1,
		.key_count = 1,
		.shared = e->group && e->group->shared };
	snprintf(ret->source, sizeof(ret->source), "%s", e->id);
	snprintf(ret->urls[0], sizeof(ret->urls[0]), NODE_URL);
	snprintf(ret->scheme, sizeof(ret->scheme), "%s", scheme_of(e));
	if (e->group)
		snprintf(ret->group_name, sizeof(ret->group_name), "%s", e->group->name);
	memcpy(ret->pin, self->thumbprint, sizeof(ret->pin));
	memcpy(ret->sign, self->sign_public, sizeof(ret->sign));
	ret->keys[0] = (struct nos_keyring_key){ .name = nos_pairwise_name(1),
		.state = NOS_STATE_ACTIVE,
		.value = e->base.pair,
		.since = nos_time_now() };
}

/* The record as it is to be, but for its keys. */
static void describe(struct enrol *e, bool again)
{
	struct nos_record *r = &e->r;

	if (again)
		node_look(&world.node, e->id, r);
	snprintf(r->id, sizeof(r->id), "%s", e->id);
	snprintf(r->kind, sizeof(r->kind), "sensor");
	snprintf(r->scheme, sizeof(r->scheme), "%s", scheme_of(e));
	snprintf(r->token, sizeof(r->token), "t-0000000000");
	r->group = e->group ? e->group->number : 0;
}

static void make_keys(struct enrol *e, struct nos_life *l, struct nos_issuer *w, bool again)
{
	struct nos_assoc *a = &e->r.a;
	struct nos_track *track;
	bool filled;

	if (!again) {
		nos_issuer_enrol(a, w, &e->base);
	} else {
		MUST(nos_track_get(
		    world.node.ledger.tracks, world.node.view, e->id, &track, &fault));
		MUST(nos_issuer_enrol_again(
		    a, w, &e->base, track->window.top + 1, &e->state, &fault));
		e->grants[e->count++] = nos_buf_span(&e->state);
	}
	MUST(nos_life_fill(l, &e->r, w, &filled, &fault));
	for (size_t i = 0; i < a->out_count; i++)
		e->grants[e->count++] = (struct nos_span){ a->out[i].bytes, a->out[i].len };
}

static void admit(struct enrol *e, bool again)
{
	struct nos_audit audit;
	NOS_AUTO(life) l = { 0 };
	struct nos_issuer w;

	node_life(&world.node, &l, &audit);
	MUST(nos_store_begin(world.node.view, &fault));
	nos_audit_begin(&audit);
	describe(e, again);
	MUST(nos_life_world_full(&l, &e->r, nos_time_now(), 1, &w, &fault));
	make_keys(e, &l, &w, again);
	MUST(nos_life_put(&l, w.now, &e->r, &fault));
	MUST(nos_store_commit(world.node.view, &fault));
	memory_touched();
}

void enrol_source(const char *id, const struct nos_group *group, bool again, const char *path)
{
	struct enrol e = { .id = id, .group = group };
	NOS_AUTO(keyring) k = { 0 };

	nos_buf_init(&e.state, 512);
	draw(&e.base.down), draw(&e.base.up), draw(&e.base.pair), draw(&e.base.z);
	admit(&e, again);
	if (path) {
		make_keyring(&e, &k);
		MUST(nos_holder_grants(&k, e.grants, e.count, nos_time_now(), &fault));
		MUST(nos_ring_write(path, &k, true, &fault));
	}
	nos_record_release(&e.r);
	nos_derive_base_release(&e.base);
	nos_buf_release(&e.state);
}
