/* SPDX-License-Identifier: MIT */
#include "source/lineage.h"

#include <string.h>

#include "base/num.h"
#include "crypto/jose.h"
#include "json/decode.h"

#define SIGNED	 "nos/1 node"
#define TEXT_MAX 65536 /* bytes of what is signed */

/* A set of keys as the document has it, unbelieved. */
struct set {
	struct nos_str keys; /* the array's bytes */
	struct nos_ecdh_point point;
	uint8_t sign[NOS_SIGN_PUBLIC_LEN];
	uint8_t signature[NOS_SIGN_LEN]; /* of the set behind it; the present one has none */
};

struct lineage {
	struct nos_scan scan;
	uint64_t node;
	struct set sets[NOS_LINEAGE_MAX]; /* the present one first, then newest first */
	size_t count;
};

static enum nos_code foreign(struct nos_err *err)
{
	return nos_err_set(err, NOS_TAG, "the node's keys do not follow from those that are known");
}

static enum nos_code read_point(
    const struct nos_decode *key, struct nos_ecdh_point *ret, struct nos_err *err)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];

	if (nos_decode_bytes(key, "x", x, sizeof(x), err) ||
	    nos_decode_bytes(key, "y", y, sizeof(y), err))
		return err->code;
	return nos_ecdh_from_xy(x, y, ret, err);
}

/* One key of each curve; those of other curves are for who knows them. */
static enum nos_code read_keys(const struct nos_decode *d, struct set *s, struct nos_err *err)
{
	struct nos_decode key = { .scan = d->scan };
	const struct nos_scan_value *list;
	unsigned points = 0, signs = 0;
	struct nos_str crv;
	uint32_t at = 0;

	if (nos_decode_raw(d, "keys", NOS_SCAN_ARRAY, &s->keys, err) ||
	    nos_decode_array(d, "keys", &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &key.object)) {
		if (key.object->kind != NOS_SCAN_OBJECT)
			return nos_err_set_field(err, NOS_DATA, "keys", "a key is no object");
		if (nos_decode_text(&key, "crv", &crv, err))
			return err->code;
		if (nos_str_is(crv, "P-256") && (points++, read_point(&key, &s->point, err)))
			return err->code;
		if (nos_str_is(crv, "Ed25519") &&
		    (signs++, nos_decode_bytes(&key, "x", s->sign, sizeof(s->sign), err)))
			return err->code;
	}
	return points == 1 && signs == 1 ? NOS_OK
					 : nos_err_set_field(err, NOS_DATA, "keys",
					       "keys has not one of P-256 and one of Ed25519");
}

static enum nos_code read_previous(
    const struct nos_decode *d, struct lineage *l, struct nos_err *err)
{
	struct nos_decode one = { .scan = d->scan };
	const struct nos_scan_value *list;
	uint32_t at = 0;

	if (!nos_decode_has(d, "previous"))
		return NOS_OK;
	if (nos_decode_array(d, "previous", &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &one.object)) {
		struct set *s = &l->sets[l->count];

		if (l->count == NOS_LINEAGE_MAX || one.object->kind != NOS_SCAN_OBJECT)
			return nos_err_set_field(err, NOS_DATA, "previous",
			    "previous has over %d sets, or one that is no object",
			    NOS_LINEAGE_MAX - 1);
		if (read_keys(&one, s, err) ||
		    nos_decode_bytes(&one, "signature", s->signature, sizeof(s->signature), err))
			return err->code;
		l->count++;
	}
	return NOS_OK;
}

static enum nos_code read_document(struct nos_str text, struct lineage *l, struct nos_err *err)
{
	struct nos_decode d;

	if (nos_decode_object(&l->scan, text, "node", &d, err) ||
	    nos_decode_uint(&d, "node", 1, NOS_NUM_SAFE - 1, &l->node, err) ||
	    read_keys(&d, &l->sets[0], err))
		return err->code == NOS_LARGE ? (err->code = NOS_DATA) : err->code;
	l->count = 1;
	return read_previous(&d, l, err);
}

/* The newest set with the key that is believed; l->count: none. */
static size_t find(const struct lineage *l, const uint8_t sign[static NOS_SIGN_PUBLIC_LEN])
{
	size_t i = 0;

	while (i < l->count && memcmp(l->sets[i].sign, sign, NOS_SIGN_PUBLIC_LEN) != 0)
		i++;
	return i;
}

/* Did set sign the one behind it, as it was sent? */
static enum nos_code verify(const struct set *set, const struct set *behind, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_text(&text, SIGNED);
	nos_buf_add_str(&text, behind->keys);
	if (nos_buf_check(&text, "node's keys", err))
		return err->code == NOS_LARGE ? (err->code = NOS_DATA) : err->code;
	return nos_sign_verify(set->sign, nos_buf_span(&text), set->signature, err);
}

static enum nos_code follow(const struct lineage *l, const uint8_t pin[static NOS_HASH_LEN],
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], struct nos_lineage *ret, struct nos_err *err)
{
	size_t i = find(l, sign);
	uint8_t thumbprint[NOS_HASH_LEN];

	ret->changed = i > 0;
	if (i == l->count)
		return foreign(err);
	if (nos_jose_thumbprint(&l->sets[i].point, thumbprint, err))
		return err->code;
	if (memcmp(thumbprint, pin, NOS_HASH_LEN) != 0)
		return foreign(err);
	for (; i > 0; i--)
		if (verify(&l->sets[i], &l->sets[i - 1], err))
			return err->code == NOS_TAG ? foreign(err) : err->code;
	ret->point = l->sets[0].point;
	memcpy(ret->sign, l->sets[0].sign, sizeof(ret->sign));
	return nos_jose_thumbprint(&ret->point, ret->pin, err);
}

enum nos_code nos_lineage_follow(struct nos_str document, const uint8_t pin[static NOS_HASH_LEN],
    const uint8_t sign[static NOS_SIGN_PUBLIC_LEN], uint64_t node, struct nos_lineage *ret,
    struct nos_err *err)
{
	struct lineage l = { .scan = { .depth = 16 } };
	struct nos_lineage found;

	if (!read_document(document, &l, err)) {
		if (l.node != node)
			(void)foreign(err);
		else if (!follow(&l, pin, sign, &found, err))
			*ret = found;
	}
	nos_scan_release(&l.scan);
	return err->code;
}
