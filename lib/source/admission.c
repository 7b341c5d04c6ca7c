/* SPDX-License-Identifier: MIT */
#include "source/admission.h"

#include "crypto/jose.h"
#include "envelope/header.h"
#include "json/decode.h"
#include "key/derive.h"
#include "scheme/holder.h"
#include "scheme/pairwise.h"
#include "source/answer.h"

/* An answer from hand to hand. */
struct admission {
	const struct nos_pending *p;
	const struct nos_enrolment *e;
	const struct nos_ecdh_point *node; /* N */
	uint8_t hash[NOS_HASH_LEN];	   /* of m1 */
	struct nos_scan scan;
	struct nos_buf plain;
	struct nos_grant_answer m2; /* points into plain */
	struct nos_secret root;	    /* R */
};

static void drop(struct admission *a)
{
	nos_scan_release(&a->scan);
	nos_buf_release(&a->plain);
	nos_secret_release(&a->root);
}

/* One answer to all that only another than the node can have made. */
static enum nos_code forged(struct nos_err *err)
{
	if (err->code == NOS_INTERNAL)
		return err->code;
	return nos_err_set(err, NOS_TAG, "the answer to the registration is not the node's");
}

static enum nos_code open_m2(struct admission *a, struct nos_str jwe, struct nos_err *err)
{
	uint8_t thumbprint[NOS_HASH_LEN];
	struct nos_ecdh_point once;
	struct nos_header header;

	if (nos_ecdh_public(&a->p->once, &once, err) || nos_jose_thumbprint(&once, thumbprint, err))
		return err->code;
	if (nos_header_read(jwe, NOS_HEADER_KEY, NOS_ADMISSION_TEXT_MAX, &a->scan, &header, err) ||
	    memcmp(header.thumbprint, thumbprint, NOS_HASH_LEN) != 0 ||
	    memcmp(header.epk.bytes, a->node->bytes, sizeof(header.epk.bytes)) == 0 ||
	    nos_jose_open_with(&a->p->once, jwe, &a->plain, err) ||
	    nos_grant_answer_decode(nos_buf_str(&a->plain), &a->scan, &a->m2, err))
		return forged(err);
	return NOS_OK;
}

/* R, which only who knows T and the node's private key can make, and m2's tag under it. */
static enum nos_code verify(struct admission *a, struct nos_err *err)
{
	const struct nos_grant_answer *m2 = &a->m2;
	NOS_AUTO(secret) t = { 0 };
	NOS_AUTO(secret) once_once = { 0 };
	NOS_AUTO(secret) node_once = { 0 };

	if (memcmp(m2->nonce, a->p->nonce, sizeof(m2->nonce)) != 0 ||
	    memcmp(m2->m1, a->hash, sizeof(m2->m1)) != 0 ||
	    memcmp(m2->once.bytes, a->node->bytes, sizeof(m2->once.bytes)) == 0 ||
	    nos_derive_token(nos_secret_span(&a->e->token), &t, err) ||
	    nos_ecdh_shared(&a->p->once, &m2->once, &once_once, err) ||
	    nos_ecdh_shared(&a->p->once, a->node, &node_once, err) ||
	    nos_derive_root(&t, &once_once, &node_once, &a->root, err) ||
	    nos_grant_answer_check(&a->root, nos_buf_str(&a->plain), a->hash, err))
		return forged(err);
	return NOS_OK;
}

/* The source's own words, as m1 has them. */
static enum nos_code fill_description(
    struct nos_str description, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	const struct nos_scan_value *list, *v;
	struct nos_decode d;
	uint32_t at = 0;

	if (!nos_decode_object(&scan, description, "description", &d, err) &&
	    !nos_decode_copy(&d, "name", true, k->name, sizeof(k->name), err) &&
	    !nos_decode_copy(&d, "mode", true, k->mode, sizeof(k->mode), err) &&
	    nos_decode_has(&d, "types") && !nos_decode_array(&d, "types", &list, err))
		while (nos_scan_element(&scan, list, &at, &v) &&
		       k->type_count < NOS_KEYRING_TYPES_MAX &&
		       nos_str_copy(v->raw, k->types[k->type_count], sizeof(k->types[0])))
			k->type_count++;
	nos_scan_release(&scan);
	return err->code;
}

/* All that comes from R. */
static enum nos_code fill_keys(
    const struct admission *a, struct nos_keyring *k, struct nos_err *err)
{
	const struct nos_grant_answer *m2 = &a->m2;
	const struct nos_derive_registration reg = { { a->hash, sizeof(a->hash) },
		{ m2->once.bytes, sizeof(m2->once.bytes) }, m2->node, m2->source };
	NOS_AUTO(derive_base) base = { 0 };

	if (nos_derive_base_from(&a->root, &reg, &base, err))
		return err->code;
	k->z = 1;
	k->z_key = base.z;
	k->down.key = base.down;
	k->up.key = base.up;
	k->keys[0] = (struct nos_keyring_key){ .name = nos_pairwise_name(1),
		.state = NOS_STATE_ACTIVE,
		.value = base.pair,
		.since = nos_time_now() };
	k->key_count = 1;
	return NOS_OK;
}

/* Who registers in place of an older source learns by them what its key is called, its z, and its
 * next number. */
static enum nos_code take_grants(struct nos_str text, struct nos_keyring *k, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 2 };
	struct nos_answer_news grants = { 0 };

	if (!nos_scan_parse(&scan, text, err) &&
	    !nos_answer_keys(&scan, &scan.values[0], &grants, err))
		(void)!nos_holder_grants(k, grants.keys, grants.key_count, nos_time_now(), err);
	nos_answer_news_release(&grants);
	nos_scan_release(&scan);
	return err->code == NOS_DATA || err->code == NOS_TAG ? forged(err) : err->code;
}

/* The node goes by its own word, whatever was made of the enrolment on its way: the scheme is that
 * of the key that came. */
static void name_scheme(struct nos_keyring *k)
{
	const struct nos_scheme *scheme = nos_scheme_of(nos_keyring_active(k)->name.kind);

	if (scheme && scheme->letter != 'p')
		snprintf(k->scheme, sizeof(k->scheme), "%s", scheme->name);
}

static enum nos_code fill(const struct admission *a, struct nos_keyring *k, struct nos_err *err)
{
	const struct nos_grant_answer *m2 = &a->m2;

	if (m2->node != a->e->node)
		return nos_err_set(
		    err, NOS_DENIED, "the node has another number than the enrolment says");
	if (!nos_name_is_word(m2->source) ||
	    !nos_str_copy(m2->source, k->source, sizeof(k->source)))
		return nos_err_set(err, NOS_INTERNAL, "the node gave the source no proper name");
	if (fill_description(nos_buf_str(&a->p->description), k, err) || fill_keys(a, k, err))
		return err->code;
	if (!*k->name && nos_name_is_word(m2->name))
		(void)!nos_str_copy(m2->name, k->name, sizeof(k->name));
	snprintf(k->kind, sizeof(k->kind), "%s", a->e->kind);
	snprintf(k->scheme, sizeof(k->scheme), "%s", a->e->scheme);
	snprintf(k->group_name, sizeof(k->group_name), "%s", a->e->group);
	k->shared = a->e->shared;
	snprintf(k->enrolment, sizeof(k->enrolment), "%s", a->e->id);
	k->node = m2->node;
	k->next = m2->next;
	memcpy(k->pin, a->e->pin, sizeof(k->pin));
	memcpy(k->sign, m2->sign, sizeof(k->sign));
	if (take_grants(m2->grants, k, err))
		return err->code;
	name_scheme(k);
	return NOS_OK;
}

enum nos_code nos_admission_take(const struct nos_pending *p, const struct nos_enrolment *e,
    const struct nos_ecdh_point *node, struct nos_str m2, struct nos_keyring *ret,
    struct nos_err *err)
{
	struct admission a = { .p = p, .e = e, .node = node, .scan = { .depth = 8 } };
	struct nos_span m1 = nos_buf_span(&p->m1);

	*ret = (struct nos_keyring){ 0 };
	nos_buf_init_secret(&a.plain, NOS_GRANT_TEXT_MAX + NOS_GRANT_TAG_LEN);
	if (!nos_hash_sha256(&m1, 1, a.hash, err) && !open_m2(&a, nos_str_trim(m2), err) &&
	    !verify(&a, err))
		(void)!fill(&a, ret, err);
	drop(&a);
	return err->code;
}
