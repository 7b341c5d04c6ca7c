/* SPDX-License-Identifier: MIT */
#include "scheme/pool.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/hkdf.h"

void nos_pool_release(struct nos_pool *p)
{
	explicit_bzero(p, sizeof(*p));
}

struct nos_name nos_pool_name(uint64_t domain, uint64_t version)
{
	return (struct nos_name){ .kind = NOS_POOL_KIND, .count = 2, .parts = { domain, version } };
}

struct nos_assoc_global nos_pool_global(const struct nos_name *name)
{
	return (struct nos_assoc_global){ name->parts[0], name->parts[1] };
}

const struct nos_pool_key *nos_pool_key(const struct nos_pool *p, uint64_t domain)
{
	return domain >= 1 && domain <= p->drawn ? &p->keys[domain - 1] : NULL;
}

static enum nos_code draw(
    const struct nos_pool *p, struct nos_str source, uint64_t i, uint64_t *ret, struct nos_err *err)
{
	uint8_t text[NOS_ENC_LEB128_MAX];
	const struct nos_span number = { text, nos_enc_leb128(i, text) };
	NOS_AUTO(secret) mac = { 0 };
	uint64_t n = 0;

	/* HKDF-Extract is HMAC. */
	if (nos_hkdf_extract(nos_str_bytes(source), number, &mac, err))
		return err->code;
	for (int at = 0; at < 8; at++)
		n = n << 8 | mac.bytes[at];
	*ret = 1 + n % p->size;
	return NOS_OK;
}

enum nos_code nos_pool_ring(const struct nos_pool *p, struct nos_str source,
    uint64_t ret[static NOS_POOL_RING_MAX], struct nos_err *err)
{
	unsigned count = 0;

	for (uint64_t i = 0; count < p->ring; i++) {
		bool is_new = true;

		if (draw(p, source, i, &ret[count], err))
			return err->code;
		for (unsigned j = 0; j < count; j++)
			is_new &= ret[j] != ret[count];
		count += is_new;
	}
	return NOS_OK;
}
