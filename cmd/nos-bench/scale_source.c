/* SPDX-License-Identifier: MIT */
#include "scale_source.h"

#include <stdio.h>
#include <string.h>

#include "envelope/pack.h"
#include "registry/registry.h"
#include "lifecycle/token.h"
#include "scheme/holder.h"
#include "source/admission.h"

#define LIFE_MS	    3600000 /* of an enrolment */
#define KIND	    "meter"
#define DESCRIPTION "{\"types\":[\"air_temperature\"]}"

void nos_scale_source_release(struct nos_scale_source *s)
{
	nos_enrolment_release(&s->enrolment);
	nos_pending_release(&s->pending);
	nos_keyring_release(&s->keyring);
}

/* As nos-token makes it, and as its line would say. */
static enum nos_code enrol(struct nos_enrolment *e, const struct scale_node *n, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();
	NOS_AUTO(token) t = { .most = 1, .made = now, .expires = { now.ms + LIFE_MS } };

	t.group = n->group.number;
	snprintf(t.kind, sizeof(t.kind), KIND);
	snprintf(t.scheme, sizeof(t.scheme), "%s", n->scheme->name);
	if (nos_token_make(n->store, &n->vault, &t, &e->token, err))
		return err->code;
	snprintf(e->id, sizeof(e->id), "%s", t.id);
	snprintf(e->kind, sizeof(e->kind), KIND);
	snprintf(e->scheme, sizeof(e->scheme), "%s", n->scheme->name);
	snprintf(e->group, sizeof(e->group), "%s", n->group.name);
	e->node = n->self.number;
	e->expires = t.expires;
	memcpy(e->pin, n->self.thumbprint, sizeof(e->pin));
	return NOS_OK;
}

enum nos_code scale_source_begin(
    struct nos_scale_source *s, struct scale_node *n, struct nos_err *err)
{
	nos_pending_init(&s->pending);
	if (enrol(&s->enrolment, n, err))
		return err->code;
	nos_buf_add_text(&s->pending.description, DESCRIPTION);
	return nos_pending_make(&s->pending, &s->enrolment, &n->self.public, err);
}

enum nos_code scale_source_admit(
    struct nos_scale_source *s, const struct scale_node *n, struct nos_str m2, struct nos_err *err)
{
	return nos_admission_take(
	    &s->pending, &s->enrolment, &n->self.public, m2, &s->keyring, err);
}

enum nos_code scale_source_send(struct nos_scale_source *s, struct nos_str cty, struct nos_str text,
    struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_keyring_key *key = nos_keyring_active(&s->keyring);
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(secret) k_s = { 0 };

	if (!key)
		return nos_err_set(err, NOS_INTERNAL, "a source without a key");
	nos_name_format(&key->name, s->kid);
	const struct nos_pack pack = { nos_str_of(s->kid), nos_str_of(s->keyring.source), cty,
		s->seq + 1, s->seq };

	if (nos_derive_static(&s->keyring.z_key, NOS_DERIVE_AUTH, &k_s, err) ||
	    nos_pack_keys_make(&key->value, &k_s, pack.kid, pack.source, &keys, err) ||
	    nos_pack_seal(&keys, &pack, nos_str_bytes(text), ret, err))
		return err->code;
	s->seq++;
	return NOS_OK;
}

enum nos_code scale_source_fetch(
    struct nos_scale_source *s, struct scale_node *n, struct nos_span *ret, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	enum nos_holder_did did;
	size_t count;

	*ret = (struct nos_span){ 0 };
	if (nos_registry_get(n->store, &n->vault, nos_str_of(s->keyring.source), &r, err))
		return err->code;
	count = nos_issuer_outstanding(&r.a, n->life.life);
	for (size_t i = 0; i < count; i++)
		list[i] = (struct nos_span){ r.a.out[i].bytes, r.a.out[i].len };
	if (nos_holder_take(&s->keyring, list, count, nos_time_now(), &did, err))
		return err->code;
	if (did == NOS_HOLDER_NOTHING)
		return NOS_OK;
	if (nos_holder_ack(&s->keyring, err))
		return err->code;
	*ret = (struct nos_span){ s->keyring.ack, s->keyring.ack_len };
	return NOS_OK;
}

enum nos_code scale_source_overhear(
    struct nos_scale_source *s, struct nos_span message, struct nos_err *err)
{
	bool took;

	return nos_holder_overhear(&s->keyring, message, nos_time_now(), &took, err);
}
