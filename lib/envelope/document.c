/* SPDX-License-Identifier: MIT */
#include "envelope/document.h"

#include <string.h>

#include "base/num.h"
#include "crypto/jose.h"
#include "json/decode.h"

static bool read_key(const struct nos_decode *key, struct nos_ecdh_point *ret)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	struct nos_err ignored = { 0 };
	struct nos_str crv;

	return key->object->kind == NOS_SCAN_OBJECT &&
	       !nos_decode_text(key, "crv", &crv, &ignored) && nos_str_is(crv, "P-256") &&
	       !nos_decode_bytes(key, "x", x, sizeof(x), &ignored) &&
	       !nos_decode_bytes(key, "y", y, sizeof(y), &ignored) &&
	       !nos_ecdh_from_xy(x, y, ret, &ignored);
}

static bool find_key(
    const struct nos_decode *d, const uint8_t pin[static NOS_HASH_LEN], struct nos_ecdh_point *ret)
{
	struct nos_decode key = { .scan = d->scan };
	struct nos_err ignored = { 0 };
	const struct nos_scan_value *list;
	uint8_t thumbprint[NOS_HASH_LEN];
	uint32_t at = 0;

	if (nos_decode_array(d, "keys", &list, &ignored))
		return false;
	while (nos_scan_element(d->scan, list, &at, &key.object))
		if (read_key(&key, ret) && !nos_jose_thumbprint(ret, thumbprint, &ignored) &&
		    memcmp(thumbprint, pin, NOS_HASH_LEN) == 0)
			return true;
	return false;
}

/* An enrolment that was made before the node's keys were replaced pins one of those before. */
static bool find_previous(
    const struct nos_decode *d, const uint8_t pin[static NOS_HASH_LEN], struct nos_ecdh_point *ret)
{
	struct nos_decode set = { .scan = d->scan };
	struct nos_err ignored = { 0 };
	const struct nos_scan_value *list;
	uint32_t at = 0;

	if (nos_decode_array(d, "previous", &list, &ignored))
		return false;
	while (nos_scan_element(d->scan, list, &at, &set.object))
		if (set.object->kind == NOS_SCAN_OBJECT && find_key(&set, pin, ret))
			return true;
	return false;
}

bool nos_document_key(
    struct nos_str document, const uint8_t pin[static NOS_HASH_LEN], struct nos_ecdh_point *ret)
{
	struct nos_scan scan = { .depth = 16 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;
	bool found = !nos_decode_object(&scan, document, "node", &d, &ignored) &&
		     (find_key(&d, pin, ret) || find_previous(&d, pin, ret));

	nos_scan_release(&scan);
	return found;
}

/* The first that is one. */
static bool first_key(const struct nos_decode *d, uint8_t ret[static NOS_HASH_LEN])
{
	struct nos_decode key = { .scan = d->scan };
	struct nos_err ignored = { 0 };
	const struct nos_scan_value *list;
	struct nos_ecdh_point point;
	uint32_t at = 0;

	if (nos_decode_array(d, "keys", &list, &ignored))
		return false;
	while (nos_scan_element(d->scan, list, &at, &key.object))
		if (read_key(&key, &point))
			return !nos_jose_thumbprint(&point, ret, &ignored);
	return false;
}

bool nos_document_who(
    struct nos_str document, uint64_t *ret_node, uint8_t ret_thumbprint[static NOS_HASH_LEN])
{
	struct nos_scan scan = { .depth = 16 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;
	bool found = !nos_decode_object(&scan, document, "node", &d, &ignored) &&
		     !nos_decode_uint(&d, "node", 1, NOS_NUM_SAFE, ret_node, &ignored) &&
		     first_key(&d, ret_thumbprint);

	nos_scan_release(&scan);
	return found;
}
