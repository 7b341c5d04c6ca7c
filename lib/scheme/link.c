/* SPDX-License-Identifier: MIT */
#include "scheme/link.h"

#include <string.h>

#include "base/enc.h"
#include "key/hop.h"
#include "scheme/outbox.h"

static bool waits(const struct nos_assoc *a, struct nos_str relay)
{
	for (size_t i = 0; i < a->out_count; i++)
		if (nos_str_is(relay, a->out[i].relay))
			return true;
	return false;
}

enum nos_code nos_link_issue(struct nos_assoc *a, const struct nos_issuer *w, struct nos_str relay,
    const struct nos_secret *relay_key, bool *ret_changed, struct nos_err *err)
{
	struct nos_assoc_message *m;
	NOS_AUTO(secret) link = { 0 };
	NOS_AUTO(buf) body = { 0 };

	*ret_changed = false;
	if (a->revoked || nos_issuer_wants_ask(a, w->life) || waits(a, relay) ||
	    !nos_outbox_has_room(a, 1))
		return NOS_OK;
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	if (nos_hop_link(relay_key, w->source, &link, err))
		return err->code;
	nos_enc_field(&body, relay.p, relay.len);
	nos_buf_add(&body, link.bytes, link.len);
	if (nos_buf_check(&body, "link", err) ||
	    nos_outbox_add(a, w, NOS_MESSAGE_LINK, nos_buf_span(&body), &m, err))
		return err->code;
	*ret_changed = true;
	return nos_str_copy(relay, m->relay, sizeof(m->relay))
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "no name of a relay");
}

/* The place of the newest: in front, and the one for the same relay goes. */
static struct nos_keyring_link *make_room(struct nos_keyring *k, struct nos_str relay)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->link_count; i++)
		if (!nos_str_is(relay, k->links[i].relay))
			k->links[kept++] = k->links[i];
	if (kept == NOS_KEYRING_LINKS_MAX)
		kept--;
	memmove(k->links + 1, k->links, kept * sizeof(k->links[0]));
	k->link_count = kept + 1;
	explicit_bzero(k->links + k->link_count,
	    (NOS_KEYRING_LINKS_MAX - k->link_count) * sizeof(k->links[0]));
	return &k->links[0];
}

enum nos_code nos_link_accept(
    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_span rest = m->body;
	struct nos_keyring_link *link;
	struct nos_str relay;
	uint64_t len;

	if (!nos_enc_leb128_decode(&rest, &len) || len > rest.len || len >= sizeof(link->relay) ||
	    !len || rest.len - len != NOS_HOP_LINK_LEN)
		return nos_err_set(err, NOS_DATA, "not the body of a link message");
	relay = (struct nos_str){ (const char *)rest.p, (size_t)len };
	link = make_room(k, relay);
	nos_str_copy(relay, link->relay, sizeof(link->relay));
	nos_secret_put(&link->value, rest.p + len, NOS_HOP_LINK_LEN);
	return NOS_OK;
}
