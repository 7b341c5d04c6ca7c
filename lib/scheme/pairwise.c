/* SPDX-License-Identifier: MIT */
#include "scheme/pairwise.h"

#include <string.h>

#include "base/enc.h"

struct nos_name nos_pairwise_name(uint64_t v)
{
	return (struct nos_name){ .kind = 'p', .count = 1, .parts = { v } };
}

/* P_1 comes out of the registration itself. */
static enum nos_code enrol(
    const struct nos_derive_base *base, struct nos_scheme_key *ret, struct nos_err *err)
{
	(void)err;
	ret->name = nos_pairwise_name(1);
	ret->value = base->pair;
	return NOS_OK;
}

enum nos_code nos_pairwise_make(
    const struct nos_secret *made, uint64_t v, struct nos_scheme_key *ret, struct nos_err *err)
{
	const struct nos_derive_field ctx[] = { NOS_DERIVE_NUM(v) };

	ret->name = nos_pairwise_name(v);
	return nos_derive_key(made, "pair", ctx, 1, 32, &ret->value, err);
}

void nos_pairwise_encode(struct nos_buf *b, uint64_t v)
{
	nos_enc_add_leb128(b, v);
}

/* The place of the newest: in front. The oldest leaves where there is no room. */
static struct nos_keyring_key *make_room(struct nos_keyring *k)
{
	if (k->key_count == NOS_KEYRING_KEYS_MAX)
		k->key_count--;
	memmove(k->keys + 1, k->keys, k->key_count * sizeof(k->keys[0]));
	k->key_count++;
	return &k->keys[0];
}

void nos_pairwise_install(
    struct nos_keyring *k, const struct nos_scheme_key *key, struct nos_time now)
{
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind == 'p')
			k->keys[i].state = NOS_STATE_DEACTIVATED;
	*make_room(k) = (struct nos_keyring_key){
		.name = key->name, .state = NOS_STATE_ACTIVE, .value = key->value, .since = now
	};
}

static enum nos_code accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_span rest = m->body;
	NOS_AUTO(scheme_key) key = { 0 };
	uint64_t v;

	if (!nos_enc_leb128_decode(&rest, &v) || rest.len)
		return nos_err_set(err, NOS_DATA, "not the body of a pair message");
	if (nos_pairwise_make(m->made, v, &key, err))
		return err->code;
	nos_pairwise_install(k, &key, m->now);
	return NOS_OK;
}

const struct nos_scheme nos_pairwise_scheme = {
	.name = "pairwise",
	.letter = 'p',
	.holders = 2,
	.kinds = 1u << NOS_MESSAGE_PAIR,
	.enrol = enrol,
	.accept = accept,
};
