/* SPDX-License-Identifier: MIT */
#include "scheme/outbox.h"

#include <string.h>

bool nos_outbox_has_room(const struct nos_assoc *a, size_t count)
{
	return a->out_count + count <= NOS_ASSOC_OUT_MAX &&
	       a->base.down.ctr + count <= NOS_CHAIN_CTR_MAX;
}

enum nos_code nos_outbox_look(
    const struct nos_assoc *a, struct nos_chain_step *ret, struct nos_err *err)
{
	return nos_chain_look(&a->base.down, ret, err);
}

enum nos_code nos_outbox_add(struct nos_assoc *a, const struct nos_issuer *w,
    enum nos_message_kind kind, struct nos_span body, struct nos_assoc_message **ret,
    struct nos_err *err)
{
	struct nos_assoc_message *m = &a->out[a->out_count];
	NOS_AUTO(buf) bytes = { 0 };

	nos_buf_init(&bytes, sizeof(m->bytes));
	if (nos_message_seal(kind, &a->base.down, w->node, w->source, body, &bytes, err))
		return err->code;
	*m = (struct nos_assoc_message){ .ctr = a->base.down.ctr, .len = bytes.len };
	memcpy(m->bytes, bytes.p, bytes.len);
	*ret = m;
	a->out_count++;
	return nos_chain_advance(&a->base.down, a->base.down.ctr + 1, err);
}

enum nos_code nos_outbox_bring(struct nos_assoc *a, const struct nos_issuer *w,
    enum nos_message_kind kind, struct nos_span body, const struct nos_scheme_key *key,
    struct nos_assoc_global from, struct nos_err *err)
{
	struct nos_assoc_message *m;
	struct nos_assoc_key *k;

	if (nos_outbox_add(a, w, kind, body, &m, err))
		return err->code;
	m->brings = key->name;
	k = nos_assoc_add(a);
	if (!k)
		return nos_err_set(err, NOS_INTERNAL, "no room for a key");
	*k = (struct nos_assoc_key){ .name = key->name,
		.state = NOS_STATE_PRE_ACTIVE,
		.since = w->now,
		.overlap_ms = w->overlap_ms,
		.value = key->value,
		.from = from };
	nos_assoc_made(a, k, "issued");
	return NOS_OK;
}
