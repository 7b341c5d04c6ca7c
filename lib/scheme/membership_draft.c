/* SPDX-License-Identifier: MIT */
#include "scheme/membership_draft.h"

#include <inttypes.h>

void nos_membership_draft_drop_keys(struct nos_keyring *k)
{
	const size_t before = k->key_count;
	size_t kept = 0;

	for (size_t i = 0; i < before; i++)
		if (!nos_membership_is_of_group(&k->keys[i]))
			k->keys[kept++] = k->keys[i];
	explicit_bzero(k->keys + kept, (before - kept) * sizeof(k->keys[0]));
	k->key_count = kept;
}

void nos_membership_draft_put(
    struct nos_keyring *k, const struct nos_membership_draft *d, struct nos_time now)
{
	k->group = d->g;
	if (!d->key.name.kind)
		return;
	nos_membership_draft_drop_keys(k);
	*nos_keyring_add(k) = (struct nos_keyring_key){
		.name = d->key.name, .state = NOS_STATE_ACTIVE, .value = d->key.value, .since = now
	};
}

enum nos_code nos_membership_draft_out_of_step(
    uint64_t epoch, const struct nos_keyring *k, struct nos_err *err)
{
	return nos_err_set(err, NOS_DATA,
	    "epoch %" PRIu64 " of group %" PRIu64 " does not follow from what is held", epoch,
	    k->group.number);
}

/* ---- the clock ---- */

static enum nos_code make_session_key(struct nos_membership_draft *d,
    const uint8_t token[static NOS_SESSION_TOKEN_LEN], struct nos_err *err)
{
	const struct nos_session *clock = &d->g.clock;

	d->key.name = (struct nos_name){ .kind = d->k->shared ? 'g' : 's',
		.count = 3,
		.parts = { clock->group, clock->epoch, clock->t } };
	return nos_session_key(clock, token, &d->key.value, err);
}

enum nos_code nos_membership_draft_catch_up(struct nos_membership_draft *d, struct nos_err *err)
{
	struct nos_keyring_group *g = &d->g;

	if (g->token_epoch != g->clock.epoch || g->token.t <= g->clock.t)
		return NOS_OK;
	if (nos_session_run(&g->clock, g->token.t, err))
		return err->code;
	return make_session_key(d, g->token.h, err);
}

/* ---- a new epoch ---- */

static enum nos_code turn_clock(struct nos_membership_draft *d, uint64_t epoch, uint64_t t,
    const struct nos_secret *b, struct nos_err *err)
{
	struct nos_keyring_group *g = &d->g;

	if (!nos_membership_has_clock(g) || g->clock.epoch == epoch)
		return NOS_OK;
	if (g->clock.epoch + 1 != epoch)
		return nos_membership_draft_out_of_step(epoch, d->k, err);
	if (nos_session_run(&g->clock, t, err) || nos_session_begin_epoch(&g->clock, epoch, b, err))
		return err->code;
	return nos_membership_draft_catch_up(d, err);
}

/* The epoch of the key that the tree gave; 0: there is none, which no epoch that begins is. */
static uint64_t key_epoch(const struct nos_keyring *k)
{
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind == 't')
			return nos_name_rank(&k->keys[i].name);
	return 0;
}

static enum nos_code turn_key(
    struct nos_membership_draft *d, uint64_t epoch, const struct nos_secret *b, struct nos_err *err)
{
	const uint64_t held = key_epoch(d->k);

	/* The same again, or what a node that went back has under the name. */
	if (held > epoch)
		return nos_membership_draft_out_of_step(epoch, d->k, err);
	d->key.name = (struct nos_name){ .kind = 't', .count = 2, .parts = { d->g.number, epoch } };
	d->key.value = *b;
	return NOS_OK;
}

enum nos_code nos_membership_draft_turn(struct nos_membership_draft *d, uint64_t epoch, uint64_t t,
    const struct nos_secret *b, struct nos_err *err)
{
	return nos_membership_is_tree(d->k) ? turn_key(d, epoch, b, err)
					    : turn_clock(d, epoch, t, b, err);
}

enum nos_code nos_membership_draft_set_clock(struct nos_membership_draft *d,
    const struct nos_session *clock, const uint8_t token[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err)
{
	struct nos_keyring_group *g = &d->g;

	g->clock = *clock;
	g->token.t = clock->t;
	memcpy(g->token.h, token, sizeof(g->token.h));
	g->token_epoch = clock->epoch;
	return make_session_key(d, token, err);
}
