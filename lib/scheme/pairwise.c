/* SPDX-License-Identifier: MIT */
#include "scheme/pairwise.h"

#include <string.h>

#include "base/enc.h"
#include "scheme/outbox.h"

struct nos_name nos_pairwise_name(uint64_t v)
{
	return (struct nos_name){ .kind = 'p', .count = 1, .parts = { v } };
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

void nos_pairwise_install(
    struct nos_keyring *k, const struct nos_scheme_key *key, struct nos_time now)
{
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind == 'p')
			k->keys[i].state = NOS_STATE_DEACTIVATED;
	*nos_keyring_add(k) = (struct nos_keyring_key){
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

static struct nos_name name_of(uint64_t node, uint64_t number)
{
	(void)node;
	return nos_pairwise_name(number);
}

/* It lacks nothing that no message brings; so there is only what is ordered. */
static enum nos_code issue(struct nos_assoc *a, const struct nos_issuer *w, bool anew,
    bool *ret_changed, struct nos_err *err)
{
	const uint64_t v = nos_issuer_next_version(a, w);
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(scheme_key) key = { 0 };
	NOS_AUTO(buf) body = { 0 };

	*ret_changed = anew && nos_outbox_has_room(a, 1);
	if (!*ret_changed)
		return NOS_OK;
	nos_buf_init(&body, 64);
	nos_pairwise_encode(&body, v);
	if (nos_outbox_look(a, &step, err) || nos_pairwise_make(&step.key, v, &key, err) ||
	    nos_outbox_bring(a, w, NOS_MESSAGE_PAIR, nos_buf_span(&body), &key,
		(struct nos_assoc_global){ 0 }, err))
		return err->code;
	a->version = v;
	return NOS_OK;
}

const struct nos_scheme nos_pairwise_scheme = {
	.name = "pairwise",
	.letter = 'p',
	.holders = 2,
	.kinds = 1u << NOS_MESSAGE_PAIR,
	.name_of = name_of,
	.issue = issue,
	.accept = accept,
};
