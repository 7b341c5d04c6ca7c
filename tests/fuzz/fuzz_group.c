/* SPDX-License-Identifier: MIT */
/* What a member of a group reads: an order, an eviction and the bodies of the messages that bring
 * its place and its keys, each written again to the same bytes; and what becomes of its keyring by
 * them, which stays as it was or can be kept and read again. */
#include "fuzz.h"

#include "scheme/membership.h"

#define GROUP 3
#define NOW   ((struct nos_time){ 1795600000000 })

/* In dipietro with a clock and before it has one, and in a tree with a key. */
enum { JOINED, PLACED, TREE, MEMBERS };

static struct nos_keyring members[MEMBERS];
static struct nos_secret sign;
static const struct nos_secret made = { .len = 32, .bytes = { 9 } };

static struct nos_secret secret(size_t len, uint8_t first)
{
	return (struct nos_secret){ .len = len, .bytes = { first } };
}

static void add_key(struct nos_keyring *k, const struct nos_name *name)
{
	const size_t len = name->kind == 't' ? NOS_SESSION_B_LEN : 32;

	*nos_keyring_add(k) = (struct nos_keyring_key){
		.name = *name, .state = NOS_STATE_ACTIVE, .value = secret(len, 7), .since = NOW
	};
}

static void enrol(struct nos_keyring *k, const char *scheme)
{
	struct nos_err err = { 0 };

	*k = (struct nos_keyring){ .source = "s-7f3a09c2e1",
		.node = 1,
		.urls = { "https://nos.example" },
		.url_count = 1,
		.group_name = "roof",
		.next = 1,
		.z = 1,
		.down.key = secret(32, 1),
		.up.key = secret(32, 2),
		.z_key = secret(32, 3) };
	snprintf(k->scheme, sizeof(k->scheme), "%s", scheme);
	must(!nos_sign_public(&sign, k->sign, &err));
	add_key(k, &(struct nos_name){ 'p', 1, { 1 } });
}

static void place(struct nos_keyring *k)
{
	k->group.number = GROUP;
	k->group.path = (struct nos_lkh_path){ 4, GROUP, 1, 5 };
	for (unsigned h = 0; h <= 4; h++)
		k->group.path.keys[h] = secret(NOS_LKH_KEY_LEN, (uint8_t)(h + 1));
}

/* Its last token is one of a chain, so that the orders of the seeds are good. */
static void join(struct nos_keyring *k)
{
	struct nos_keyring_group *g = &k->group;
	struct nos_err err = { 0 };

	g->clock = (struct nos_session){ GROUP, 1, 10, secret(32, 5) };
	g->token.t = 12;
	for (; g->token.t > 10; g->token.t--)
		must(!nos_session_token_before(1, GROUP, g->token.t, g->token.h, g->token.h, &err));
	g->token_epoch = 1;
	add_key(k, &(struct nos_name){ 's', 3, { GROUP, 1, 10 } });
}

/* ---- bytes ---- */

static void must_be(const struct nos_buf *b, struct nos_span want)
{
	must(b->len == want.len && memcmp(b->p, want.p, want.len) == 0);
}

static void decode_order(struct nos_span bytes)
{
	struct nos_session_order o;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) again = { 0 };

	nos_buf_init(&again, NOS_SESSION_ORDER_MAX);
	if (nos_session_order_decode(bytes, &o, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	nos_session_order_encode(&again, &o);
	must_be(&again, bytes);
}

/* Signed by nobody it is none; where *ret is signed it is what it was made from. */
static void decode_eviction(struct nos_span bytes, struct nos_buf *ret)
{
	const uint8_t *public = members[JOINED].sign;
	uint8_t signature[NOS_SIGN_LEN];
	struct nos_eviction v;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) again = { 0 };

	must(nos_eviction_open(bytes, public, &v, &err));
	must(err.code == NOS_DATA || err.code == NOS_TAG);
	nos_err_clear(&err);
	nos_buf_init(&text, 8192);
	nos_buf_add_text(&text, "nos/1 ");
	nos_buf_add(&text, bytes.p, bytes.len);
	must(!nos_sign_make(&sign, nos_buf_span(&text), signature, &err));
	nos_buf_add(ret, bytes.p, bytes.len);
	nos_buf_add(ret, signature, sizeof(signature));
	if (nos_eviction_open(nos_buf_span(ret), public, &v, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	nos_buf_init(&again, NOS_EVICTION_MAX);
	must(!nos_eviction_seal(&v, &sign, &again, &err));
	must_be(&again, nos_buf_span(ret));
}

static void decode_pull(struct nos_span body)
{
	NOS_AUTO(eviction_pull) pull = { 0 };
	NOS_AUTO(buf) again = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&again, NOS_EVICTION_PULL_MAX);
	if (nos_eviction_pull_decode(body, &pull, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	nos_eviction_pull_encode(&again, &pull);
	must_be(&again, body);
}

static void decode_path(struct nos_span body)
{
	NOS_AUTO(lkh_path) path = { 0 };
	NOS_AUTO(buf) again = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&again, NOS_LKH_PATH_MAX);
	if (nos_lkh_path_decode(body, &made, &path, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	must(path.depth >= 1 && path.depth <= NOS_LKH_DEPTH_MAX && path.leaf >> path.depth == 0);
	nos_lkh_path_encode(&again, &path);
	must_be(&again, body);
}

static void decode_join(struct nos_span body)
{
	NOS_AUTO(session) s = { 0 };
	NOS_AUTO(buf) again = { 0 };
	uint8_t token[NOS_SESSION_TOKEN_LEN];
	struct nos_err err = { 0 };

	nos_buf_init_secret(&again, NOS_MESSAGE_BODY_MAX);
	if (nos_session_join_decode(body, &s, token, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	nos_session_join_encode(&again, &s, token);
	must_be(&again, body);
}

static void decode_heal(struct nos_span body)
{
	struct nos_session_heal heal = { 0 };
	NOS_AUTO(buf) again = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&again, NOS_MESSAGE_BODY_MAX);
	if (nos_session_heal_decode(body, &heal, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	nos_session_heal_encode(&again, &heal);
	must_be(&again, body);
}

/* ---- a member ---- */

/* It can be kept, and there is a key to send under. */
static void must_be_whole(const struct nos_keyring *k)
{
	NOS_AUTO(keyring) again = { 0 };
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) second = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&first, NOS_KEYRING_TEXT_MAX);
	nos_buf_init_secret(&second, NOS_KEYRING_TEXT_MAX);
	must(nos_keyring_active(k) && k->key_count <= 2);
	nos_keyring_encode(&first, k);
	must(!nos_keyring_decode(nos_buf_str(&first), &again, &err));
	nos_keyring_encode(&second, &again);
	must(nos_str_eq(nos_buf_str(&first), nos_buf_str(&second)));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	sign = secret(NOS_SIGN_PRIVATE_LEN, 6);
	enrol(&members[JOINED], "dipietro");
	enrol(&members[PLACED], "dipietro");
	enrol(&members[TREE], "tree");
	for (int i = 0; i < MEMBERS; i++)
		place(&members[i]);
	join(&members[JOINED]);
	add_key(&members[TREE], &(struct nos_name){ 't', 2, { GROUP, 1 } });
	for (int i = 0; i < MEMBERS; i++)
		must_be_whole(&members[i]);
	return 0;
}

static void accept(
    const struct nos_keyring *member, enum nos_message_kind kind, struct nos_span body)
{
	const struct nos_scheme_message m = { kind, body, &made, NOW };
	NOS_AUTO(keyring) k = *member;
	struct nos_err err = { 0 };

	if (nos_membership_accept(&m, &k, &err)) {
		must(err.code == NOS_DATA);
		must(memcmp(&k, member, sizeof(k)) == 0);
	} else {
		must_be_whole(&k);
	}
}

static void hear(const struct nos_keyring *member, struct nos_span message)
{
	NOS_AUTO(keyring) k = *member;
	struct nos_err err = { 0 };
	bool took;

	if (!nos_membership_is_heard(message))
		return;
	must(!nos_membership_hear(&k, message, NOW, &took, &err));
	if (!took) {
		k.group.leapt = member->group.leapt;
		must(memcmp(&k, member, sizeof(k)) == 0);
	} else {
		must_be_whole(&k);
	}
}

static enum nos_code own_key(
    void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_lkh_path *p = tree;

	(void)err;
	*ret = secret(NOS_LKH_KEY_LEN, 0);
	for (unsigned h = 0; h <= p->depth; h++)
		if (nos_lkh_number(p->depth, p->leaf, h) == number)
			*ret = p->keys[h];
	return NOS_OK;
}

/* An eviction as the node would make it, but for what it says of leaf, epoch and t. */
static void put_out(struct nos_span said)
{
	struct nos_lkh_path *path = &members[JOINED].group.path;
	struct nos_eviction v = { .turn = { path->depth, GROUP } };
	const struct nos_secret s = secret(NOS_LKH_KEY_LEN, 11);
	NOS_AUTO(lkh_climb) up = { 0 };
	NOS_AUTO(buf) message = { 0 };
	struct nos_err err = { 0 };

	if (said.len < 1 || said.p[0] >> path->depth)
		return;
	v.leaf = said.p[0];
	said.p++, said.len--;
	if (!nos_enc_leb128_decode(&said, &v.turn.epoch) || !nos_enc_leb128_decode(&said, &v.t))
		return;
	nos_buf_init(&message, NOS_EVICTION_MAX);
	must(!nos_lkh_climb(&v.turn, 0, &s, &up, &err));
	must(!nos_lkh_wrap(&v.turn, &up, v.leaf, own_key, path, v.wraps, &err));
	memcpy(v.confirm, up.confirm, sizeof(v.confirm));
	must(!nos_eviction_seal(&v, &sign, &message, &err));
	for (int i = 0; i < MEMBERS; i++)
		hear(&members[i], nos_buf_span(&message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum nos_message_kind kinds[] = { NOS_MESSAGE_EVICT, NOS_MESSAGE_HEAL,
		NOS_MESSAGE_JOIN, NOS_MESSAGE_PATH };
	const struct nos_span bytes = { data, size };
	NOS_AUTO(buf) signed_one = { 0 };

	if (size > NOS_EVICTION_MAX)
		return 0;
	nos_buf_init(&signed_one, 2 * NOS_EVICTION_MAX);
	decode_order(bytes);
	decode_eviction(bytes, &signed_one);
	decode_pull(bytes);
	decode_path(bytes);
	decode_join(bytes);
	decode_heal(bytes);
	put_out(bytes);
	for (int i = 0; i < MEMBERS; i++) {
		for (size_t j = 0; j < sizeof(kinds) / sizeof(kinds[0]); j++)
			accept(&members[i], kinds[j], bytes);
		hear(&members[i], bytes);
		hear(&members[i], nos_buf_span(&signed_one));
	}
	return 0;
}
