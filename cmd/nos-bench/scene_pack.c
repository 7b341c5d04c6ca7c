/* SPDX-License-Identifier: MIT */
/* A scene's packs: as its sources make them, and as its node takes them. */
#include <string.h>

#include "scene.h"

static const uint64_t most_seq = UINT64_C(1) << 52;

enum nos_code scene_seal_of(
    const struct nos_keyring *k, struct scene_seal *ret, struct nos_err *err)
{
	const struct nos_keyring_key *key = nos_keyring_active(k);

	if (!key)
		return nos_err_set(err, NOS_ABSENT, "no key to send under");
	*ret = (struct scene_seal){ .name = key->name,
		.value = key->value,
		.source = nos_str_of(k->source),
		.seq = k->next };
	return nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &ret->auth, err);
}

enum nos_code scene_keys(
    const struct scene_seal *seal, struct nos_pack_keys *ret, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX];

	nos_name_format(&seal->name, kid);
	return nos_pack_keys_make(
	    &seal->value, &seal->auth, nos_str_of(kid), seal->source, ret, err);
}

enum nos_code scene_pack(const struct scene_seal *seal, struct nos_buf *ret, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX];
	const struct nos_pack pack = {
		.kid = { kid, 0 }, .source = seal->source, .cty = NOS_STR("json"), .seq = seal->seq
	};
	struct nos_pack at = pack;
	NOS_AUTO(pack_keys) keys = { 0 };

	nos_name_format(&seal->name, kid);
	at.kid = nos_str_of(kid);
	if (scene_keys(seal, &keys, err))
		return err->code;
	nos_buf_init(ret, NOS_PACK_MAX);
	return nos_pack_seal(&keys, &at, nos_str_bytes(NOS_STR(SCENE_TEXT)), ret, err);
}

static struct scene_member *find(struct scene *s, const char *source)
{
	for (unsigned i = 0; i < s->count; i++)
		if (strcmp(s->members[i].source.source, source) == 0)
			return &s->members[i];
	return NULL;
}

/* The keys that the node has under this name for this source: the source's own, or its group's
 * with its K_S. */
static enum nos_code keys_at_node(struct scene *s, struct scene_member *m,
    const struct nos_name *name, struct scene_seal *ret, struct nos_err *err)
{
	const struct nos_assoc_key *own = nos_assoc_key(&m->node, name);
	const struct nos_group_key *all = nos_group_key(&s->group, name);

	*ret = (struct scene_seal){ .name = *name, .source = nos_str_of(m->source.source) };
	if (!m->node.revoked && own) {
		ret->value = own->value;
		return nos_assoc_auth(&m->node, own, &ret->auth, err);
	}
	if (m->node.revoked || !all || !nos_place_is(&m->node, &s->group))
		return nos_err_set(err, NOS_ABSENT, "no such key");
	ret->value = all->value;
	return nos_derive_static(&m->node.base.z_key, NOS_DERIVE_AUTH, &ret->auth, err);
}

static enum nos_code note(
    struct scene_member *m, uint64_t seq, struct nos_span text, struct nos_err *err)
{
	uint8_t hash[NOS_HASH_LEN];

	if (nos_hash_sha256(&text, 1, hash, err))
		return err->code;
	if (nos_window_look(&m->window, seq, hash) != NOS_WINDOW_FRESH)
		return nos_err_set(err, NOS_EXISTS, "its number was seen");
	nos_window_note(&m->window, seq, 0, hash);
	return NOS_OK;
}

enum nos_code scene_take(struct scene *s, struct nos_span pack, struct nos_err *err)
{
	const struct nos_str jwe = { (const char *)pack.p, pack.len };
	NOS_AUTO(scan) scan = { 0 };
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(pack_keys) keys = { 0 };
	struct scene_seal seal;
	struct nos_header head;
	struct scene_member *m;
	bool changed;

	if (nos_header_read(jwe, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &head, err))
		return err->code;
	m = find(s, head.source);
	if (!m || head.seq > most_seq)
		return nos_err_set(err, NOS_ABSENT, "no such source");
	nos_buf_init_secret(&text, NOS_PACK_MAX);
	if (keys_at_node(s, m, &head.name, &seal, err) || scene_keys(&seal, &keys, err) ||
	    nos_pack_open(&keys, jwe, &text, err) || note(m, head.seq, nos_buf_span(&text), err))
		return err->code;
	(void)scene_begin(s, (unsigned)(m - s->members));
	if (nos_issuer_used(&m->node, &m->world, &head.name, &changed, err))
		return err->code;
	return scene_group_left(s, (unsigned)(m - s->members), err);
}

enum nos_code scene_send(struct scene *s, unsigned i, struct nos_err *err)
{
	struct nos_keyring *k = &s->members[i].source;
	NOS_AUTO(buf) pack = { 0 };
	struct scene_seal seal;

	if (scene_seal_of(k, &seal, err) || scene_pack(&seal, &pack, err))
		return err->code;
	k->next++;
	if (scene_say(s, SCENE_PACK, i, nos_buf_span(&pack), err) ||
	    scene_take(s, nos_buf_span(&pack), err))
		return err->code;
	(void)nos_holder_confirmed(k, &seal.name);
	return NOS_OK;
}
