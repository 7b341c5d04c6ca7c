/* SPDX-License-Identifier: MIT */
#include "key/assoc.h"

#include <assert.h>
#include <string.h>

#include "key/derive.h"

void nos_assoc_release(struct nos_assoc *a)
{
	explicit_bzero(a, sizeof(*a));
}

static bool is_named(const struct nos_assoc_key *k, const struct nos_name *name)
{
	return k->name.kind == name->kind && k->name.count == name->count &&
	       memcmp(k->name.parts, name->parts, name->count * sizeof(name->parts[0])) == 0;
}

struct nos_assoc_key *nos_assoc_key(struct nos_assoc *a, const struct nos_name *name)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (is_named(&a->keys[i], name))
			return &a->keys[i];
	return a->offer.is && is_named(&a->offer.key, name) ? &a->offer.key : NULL;
}

static const struct nos_assoc_key *newest(
    const struct nos_assoc *a, char kind, enum nos_state state)
{
	const struct nos_assoc_key *ret = NULL;

	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].name.kind == kind && a->keys[i].state == state &&
		    (!ret || a->keys[i].name.parts[0] > ret->name.parts[0]))
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

void nos_assoc_sweep(struct nos_assoc *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].state != NOS_STATE_DESTROYED)
			a->keys[kept++] = a->keys[i];
	explicit_bzero(a->keys + kept, (a->key_count - kept) * sizeof(a->keys[0]));
	a->key_count = kept;
}
