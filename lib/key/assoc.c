/* SPDX-License-Identifier: MIT */
#include "key/assoc.h"

#include <assert.h>
#include <string.h>

#include "key/derive.h"

void nos_assoc_release(struct nos_assoc *a)
{
	explicit_bzero(a, sizeof(*a));
}

struct nos_assoc_key *nos_assoc_key(struct nos_assoc *a, const struct nos_name *name)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (nos_name_eq(&a->keys[i].name, name))
			return &a->keys[i];
	return a->offer.is && nos_name_eq(&a->offer.key.name, name) ? &a->offer.key : NULL;
}

static const struct nos_assoc_key *newest(
    const struct nos_assoc *a, char kind, enum nos_state state)
{
	const struct nos_assoc_key *ret = NULL;

	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].name.kind == kind && a->keys[i].state == state &&
		    (!ret || nos_name_rank(&a->keys[i].name) > nos_name_rank(&ret->name)))
			ret = &a->keys[i];
	return ret;
}

const struct nos_assoc_key *nos_assoc_active(const struct nos_assoc *a, char kind)
{
	return newest(a, kind, NOS_STATE_ACTIVE);
}

const struct nos_assoc_key *nos_assoc_next(const struct nos_assoc *a, char kind)
{
	if (a->offer.is && a->offer.key.name.kind == kind)
		return &a->offer.key;
	return newest(a, kind, NOS_STATE_PRE_ACTIVE);
}

enum nos_code nos_assoc_auth(const struct nos_assoc *a, const struct nos_assoc_key *k,
    struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_assoc_base *base = k == &a->offer.key ? &a->offer.base : &a->base;

	if (k->auth.len) {
		*ret = k->auth;
		return NOS_OK;
	}
	return nos_derive_static(&base->z_key, NOS_DERIVE_AUTH, ret, err);
}

static void note(
    struct nos_assoc *a, const struct nos_assoc_key *k, enum nos_state to, const char *reason)
{
	assert(a->event_count < NOS_ASSOC_EVENTS_MAX);
	a->events[a->event_count++] = (struct nos_assoc_event){ k->name, k->state, to, reason };
}

void nos_assoc_made(struct nos_assoc *a, const struct nos_assoc_key *k, const char *reason)
{
	note(a, k, k->state, reason);
}

void nos_assoc_move(
    struct nos_assoc *a, struct nos_assoc_key *k, enum nos_state to, const char *reason)
{
	assert(nos_state_may(k->state, to));
	note(a, k, to, reason);
	k->state = to;
	if (to != NOS_STATE_DESTROYED)
		return;
	nos_secret_release(&k->value);
	nos_secret_release(&k->auth);
}

struct nos_assoc_key *nos_assoc_add(struct nos_assoc *a)
{
	if (a->key_count == NOS_ASSOC_KEYS_MAX) {
		struct nos_assoc_key *oldest = NULL;

		for (size_t i = 0; i < a->key_count; i++)
			if (a->keys[i].state == NOS_STATE_DEACTIVATED &&
			    (!oldest || a->keys[i].until.ms < oldest->until.ms))
				oldest = &a->keys[i];
		if (!oldest)
			return NULL;
		nos_assoc_move(a, oldest, NOS_STATE_DESTROYED, "no room");
		nos_assoc_sweep(a);
	}
	return &a->keys[a->key_count++];
}

bool nos_assoc_has_global(const struct nos_assoc *a, struct nos_assoc_global g)
{
	for (size_t i = 0; i < a->global_count; i++)
		if (a->globals[i].domain == g.domain && a->globals[i].version == g.version)
			return true;
	return false;
}

void nos_assoc_add_global(struct nos_assoc *a, struct nos_assoc_global g)
{
	size_t kept = 0;

	if (nos_assoc_has_global(a, g))
		return;
	for (size_t i = 0; i < a->global_count; i++)
		if (a->globals[i].domain != g.domain)
			a->globals[kept++] = a->globals[i];
	/* Of a ring that was another once the oldest is of no use any more. */
	if (kept == NOS_ASSOC_GLOBALS_MAX)
		memmove(a->globals, a->globals + 1, --kept * sizeof(a->globals[0]));
	a->globals[kept] = g;
	a->global_count = kept + 1;
}

void nos_assoc_sweep(struct nos_assoc *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].state != NOS_STATE_DESTROYED)
			a->keys[kept++] = a->keys[i];
	explicit_bzero(a->keys + kept, (a->key_count - kept) * sizeof(a->keys[0]));
	a->key_count = kept;
}
