/* SPDX-License-Identifier: MIT */
/* A source in the node's store that has one key, p.1, whose packs open there (registry/node.h). */
#ifndef NOS_TEST_SOURCE_H
#define NOS_TEST_SOURCE_H

#include "node.h"

#include "envelope/pack.h"
#include "key/derive.h"
#include "registry/registry.h"

/* z, 32 characters: of these are all of its secrets. */
static inline void source_put(const char *id, const char *z)
{
	NOS_AUTO(record)
	r = { .kind = "sensor", .mode = "push", .scheme = "pairwise", .token = "t-5c01d2aa90" };

	snprintf(r.id, sizeof(r.id), "%s", id);
	r.a.base = (struct nos_assoc_base){ .z = 1, .life = 1, .identity = 1 };
	nos_secret_put(&r.a.base.z_key, z, 32);
	r.a.base.down.key = r.a.base.up.key = r.a.base.z_key;
	r.a.keys[0] = (struct nos_assoc_key){ .name = { 'p', 1, { 1 } },
		.state = NOS_STATE_ACTIVE,
		.since = nos_time_now(),
		.value = r.a.base.z_key };
	r.a.key_count = 1;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

/* A pack of its own under p.1; *ret is made here, and the caller's. */
static inline void source_seal(const char *id, const char *z, uint64_t seq, const char *cty,
    struct nos_span text, struct nos_buf *ret)
{
	NOS_AUTO(secret) key = { 0 };
	NOS_AUTO(secret) k_s = { 0 };
	NOS_AUTO(pack_keys) keys = { 0 };
	const struct nos_pack pack = {
		.kid = NOS_STR("p.1"), .source = nos_str_of(id), .seq = seq, .cty = nos_str_of(cty)
	};

	nos_secret_put(&key, z, 32);
	nos_buf_init(ret, NOS_PACK_MAX);
	assert_int_equal(nos_derive_static(&key, NOS_DERIVE_AUTH, &k_s, &err), NOS_OK);
	assert_int_equal(
	    nos_pack_keys_make(&key, &k_s, pack.kid, pack.source, &keys, &err), NOS_OK);
	assert_int_equal(nos_pack_seal(&keys, &pack, text, ret, &err), NOS_OK);
}

#endif
