/* SPDX-License-Identifier: MIT */
#include "key/keyring.h"

#include <string.h>

void nos_keyring_release(struct nos_keyring *k)
{
	explicit_bzero(k, sizeof(*k));
}

struct nos_keyring_key *nos_keyring_add(struct nos_keyring *k)
{
	size_t last = k->key_count;

	if (last == NOS_KEYRING_KEYS_MAX)
		do
			last--;
		while (last && k->keys[last].state == NOS_STATE_ACTIVE);
	else
		k->key_count++;
	memmove(k->keys + 1, k->keys, last * sizeof(k->keys[0]));
	return &k->keys[0];
}

/* Of p. keys, or of all others. */
static const struct nos_keyring_key *newest(const struct nos_keyring *k, bool pairwise)
{
	const struct nos_keyring_key *ret = NULL;

	for (size_t i = 0; i < k->key_count; i++) {
		const struct nos_keyring_key *one = &k->keys[i];

		if (one->state == NOS_STATE_ACTIVE && (one->name.kind == 'p') == pairwise &&
		    (!ret || nos_name_rank(&one->name) > nos_name_rank(&ret->name)))
			ret = one;
	}
	return ret;
}

const struct nos_keyring_key *nos_keyring_pairwise(const struct nos_keyring *k)
{
	return newest(k, true);
}

const struct nos_keyring_key *nos_keyring_active(const struct nos_keyring *k)
{
	const struct nos_keyring_key *own = k->unproven ? NULL : newest(k, false);

	return own ? own : newest(k, true);
}

const struct nos_keyring_global *nos_keyring_global(const struct nos_keyring *k, uint64_t domain)
{
	for (size_t i = 0; i < k->global_count; i++)
		if (k->globals[i].domain == domain)
			return &k->globals[i];
	return NULL;
}

const struct nos_keyring_link *nos_keyring_link(const struct nos_keyring *k, struct nos_str relay)
{
	for (size_t i = 0; i < k->link_count; i++)
		if (nos_str_is(relay, k->links[i].relay))
			return &k->links[i];
	return NULL;
}
