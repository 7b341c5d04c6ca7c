/* SPDX-License-Identifier: MIT */
#include "key/chain.h"

#include <inttypes.h>
#include <string.h>

#include "key/derive.h"

void nos_chain_step_release(struct nos_chain_step *s)
{
	explicit_bzero(s, sizeof(*s));
}

enum nos_code nos_chain_look(
    const struct nos_chain *c, struct nos_chain_step *ret, struct nos_err *err)
{
	if (nos_derive_key(&c->key, "msg", NULL, 0, 32, &ret->message, err) ||
	    nos_derive_key(&c->key, "key", NULL, 0, 32, &ret->key, err)) {
		nos_chain_step_release(ret);
		return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_chain_advance(struct nos_chain *c, uint64_t ctr, struct nos_err *err)
{
	NOS_AUTO(secret) key = c->key;

	if (ctr < c->ctr || ctr - c->ctr > NOS_CHAIN_SKIP_MAX || ctr > NOS_CHAIN_CTR_MAX)
		return nos_err_set(err, NOS_DATA,
		    "key message %" PRIu64 " is out of reach, %" PRIu64 " is next", ctr, c->ctr);
	for (uint64_t i = c->ctr; i < ctr; i++) {
		NOS_AUTO(secret) next = { 0 };

		if (nos_derive_key(&key, "next", NULL, 0, 32, &next, err))
			return err->code;
		key = next;
	}
	c->key = key;
	c->ctr = ctr;
	return NOS_OK;
}
