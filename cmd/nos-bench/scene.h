/* SPDX-License-Identifier: MIT */
/*
 * A node and its sources for attacks to be tried on: the real objects of lib at both ends, and
 * between them the air, in which all that passes is heard by whoever listens. Nothing is kept on
 * disk and no clock runs but the scene's own. All that is random is drawn from the bench's numbers,
 * but for what the library draws itself. Belongs to one thread. Holds secrets: release it. Every
 * function may give NOS_INTERNAL.
 */
#ifndef BENCH_SCENE_H
#define BENCH_SCENE_H

#include "bench.h"
#include "envelope/pack.h"
#include "stream/window.h"
#include "scheme/group.h"
#include "scheme/holder.h"
#include "scheme/offer.h"
#include "scheme/place.h"

#define SCENE_DEPTH   6 /* of the group's tree */
#define SCENE_NODE    1
#define SCENE_GROUP   3
#define SCENE_TEXT    "[{\"type\":\"temperature\",\"value\":21.5}]"
#define SCENE_OVERLAP 3600000 /* ms for which a key that was replaced still serves */

enum scene_kind {
	SCENE_M1,
	SCENE_M2,
	SCENE_PACK,
	SCENE_TOLD,  /* a key message to one source */
	SCENE_HEARD, /* and one to all */
	SCENE_ACK,
	SCENE_ASK,
	SCENE_ANSWER,
};

/* Something that passed. */
struct scene_message {
	enum scene_kind kind;
	unsigned member; /* whose it is; of HEARD nobody's */
	size_t len;
	uint8_t *bytes;
};

/* All that passed, in order. */
struct scene_air {
	struct scene_message *list;
	size_t count, cap;
};

struct scene_member {
	struct nos_assoc node;	   /* at the node … */
	struct nos_keyring source; /* … and at the source */
	struct nos_issuer world;
	struct nos_place place;
	struct nos_window window;
	uint32_t leaf;
	struct nos_secret token; /* T */
	struct nos_secret once;	 /* E_N, which a node forgets: for who has it not forget */
};

struct scene {
	struct bench_random *random;
	const struct nos_scheme *scheme;
	bool shared; /* the members of the group may read one another */
	bool mute;   /* what passes is not kept */
	struct nos_time now;
	struct nos_secret own; /* the node's P-256 key */
	struct nos_ecdh_point own_public;
	struct nos_secret sign; /* and its Ed25519 key */
	uint8_t sign_public[NOS_SIGN_PUBLIC_LEN];
	uint8_t nonce[1][NOS_ASK_NONCE_LEN];
	struct nos_pool pool;
	struct nos_pool_numbers numbers;
	struct nos_group group;
	struct nos_group_chain chain;
	struct nos_secret tree[2u << SCENE_DEPTH];
	uint32_t next_leaf;
	struct scene_member *members;
	unsigned count;
	struct scene_air air;
};

#define SCENE_AUTO __attribute__((cleanup(scene_release))) struct scene

/* All are registered, hold a key of the scheme, and nothing is under way. */
enum nos_code scene_open(struct scene *s, struct bench *b, enum bench_scheme scheme, bool shared,
    unsigned members, struct nos_err *err) NOS_CHECK;
void scene_release(struct scene *s);

struct nos_secret scene_draw(struct scene *s, size_t len);
bool scene_is_grouped(const struct scene *s);

/* Member i before a change at the node: the world is of now, and events of before were written. */
struct scene_member *scene_begin(struct scene *s, unsigned i);

/* Into the air. */
enum nos_code scene_say(struct scene *s, enum scene_kind kind, unsigned member,
    struct nos_span message, struct nos_err *err) NOS_CHECK;

/* A member's part of a re-key, step by step: what it lacks is issued; goes down; is acknowledged.
 */
enum nos_code scene_fill(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;
enum nos_code scene_down(
    struct scene *s, unsigned i, enum nos_holder_did *ret, struct nos_err *err) NOS_CHECK;
enum nos_code scene_up(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;
/* And all of it, until nothing waits. */
enum nos_code scene_settle(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;

/* A new key: ordered alone; or all of it, of all members where it is a group's. */
enum nos_code scene_order(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;
enum nos_code scene_rekey(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;

/* Member i asks, is answered, and what it lacks then is settled but for its first pack. NOS_TAG,
 * NOS_BUSY: refused. */
enum nos_code scene_ask(struct scene *s, unsigned i, bool renew, struct nos_err *err) NOS_CHECK;

/* It goes: its keys, and its leaf. */
enum nos_code scene_revoke(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;

/* ---- groups (scene_group.c) ---- */

enum nos_code scene_group_make(struct scene *s, struct nos_err *err) NOS_CHECK;

/* The place of a member, before what it lacks is issued; and what came of that. */
void scene_group_place(struct scene *s, unsigned i);
void scene_group_placed(struct scene *s, unsigned i);

/* The leaf that a member has left is put out; it gets another. */
enum nos_code scene_group_left(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;

/* The next session; all members hear its order. */
enum nos_code scene_group_tick(struct scene *s, struct nos_err *err) NOS_CHECK;

/* The next epoch: leaf is put out, which all hear; or nobody is. */
enum nos_code scene_group_evict(struct scene *s, uint32_t leaf, struct nos_err *err) NOS_CHECK;
enum nos_code scene_group_heal(struct scene *s, struct nos_err *err) NOS_CHECK;

/* The token of a session that the node has not released yet, or has. */
enum nos_code scene_group_token(const struct scene *s, uint64_t t,
    uint8_t ret[static NOS_SESSION_TOKEN_LEN], struct nos_err *err) NOS_CHECK;

/* Member i hears a message. *ret_took, not NULL: its keyring is another. */
enum nos_code scene_hear(struct scene *s, unsigned i, struct nos_span message, bool *ret_took,
    struct nos_err *err) NOS_CHECK;

/* ---- packs (scene_pack.c) ---- */

/* What a pack is sealed with. */
struct scene_seal {
	struct nos_name name;
	struct nos_secret value, auth; /* the scheme key, K_S */
	struct nos_str source;
	uint64_t seq;
};

/* As the source of this keyring would; its next number is not used up. */
enum nos_code scene_seal_of(
    const struct nos_keyring *k, struct scene_seal *ret, struct nos_err *err) NOS_CHECK;
enum nos_code scene_pack(
    const struct scene_seal *seal, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* The keys of packs and receipts by which a seal was made. */
enum nos_code scene_keys(
    const struct scene_seal *seal, struct nos_pack_keys *ret, struct nos_err *err) NOS_CHECK;

/* A pack at the node, whose it says it is. NOS_DATA, NOS_ABSENT, NOS_TAG: refused; NOS_EXISTS: its
 * number was seen. */
enum nos_code scene_take(struct scene *s, struct nos_span pack, struct nos_err *err) NOS_CHECK;

/* Member i sends a reading, and it is taken. */
enum nos_code scene_send(struct scene *s, unsigned i, struct nos_err *err) NOS_CHECK;

#endif
