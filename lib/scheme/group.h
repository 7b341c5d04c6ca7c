/* SPDX-License-Identifier: MIT */
/*
 * A group as its node has it (nos-schemes(7), "dipietro" and "tree"): where its clock stands, how
 * its present epoch began, and the keys that serve. How a node keeps it is group/groups.h's, and
 * what a member of it is given is place.h's. Pure: randomness and the clock on the wall come in.
 * Holds secrets: release it. What derives gives NOS_INTERNAL when OpenSSL or memory fails.
 */
#ifndef NOS_SCHEME_GROUP_H
#define NOS_SCHEME_GROUP_H

#include "base/time.h"
#include "key/eviction.h"
#include "key/name.h"
#include "key/session.h"

#define NOS_GROUP_DEPTH	   20 /* of its tree, where nobody has said another */
#define NOS_GROUP_KEYS_MAX 64 /* that serve at a time */
#define NOS_GROUP_A_LEN	   32

/* A key of all members: k_t, or B_e. */
struct nos_group_key {
	uint64_t epoch, t;	      /* t 0 in a tree group */
	struct nos_time since, until; /* until.ms 0: it is the present one */
	struct nos_secret value;
};

/* How an epoch began. */
enum nos_group_how {
	NOS_GROUP_MADE,	   /* with the group, or its life: there was none before */
	NOS_GROUP_EVICTED, /* a leaf was put out */
	NOS_GROUP_HEALED,  /* nobody was */
};

/* All-zero is no group. */
struct nos_group {
	uint64_t number;
	char name[NOS_NAME_WORD_MAX + 1];
	char scheme[16]; /* "dipietro", "tree" */
	unsigned depth;
	bool shared; /* its members may read one another */
	struct nos_time made;

	uint64_t life;		  /* of the node, in which tree, clock and tokens were made */
	struct nos_session clock; /* group, e, t, and A_t; a tree group's stands still */
	uint64_t chain;		  /* the tokens begin behind this t */
	uint8_t token[NOS_SESSION_TOKEN_LEN]; /* h_t, where t is above it */

	uint64_t began;	       /* t at which the epoch began */
	struct nos_time since; /* when */
	enum nos_group_how how;
	uint32_t leaf;		  /* EVICTED */
	struct nos_secret secret; /* EVICTED: s_0; HEALED: B */
	bool turning;		  /* the keys of its tree are not all of this epoch yet */
	uint8_t broadcast[NOS_EVICTION_MAX]; /* EVICTED, for all to hear */
	size_t broadcast_len;

	struct nos_group_key keys[NOS_GROUP_KEYS_MAX]; /* newest first */
	size_t key_count;
	uint64_t rev; /* of its value in the store */
};

void nos_group_release(struct nos_group *g);

/* Is it one whose keys a clock makes? */
bool nos_group_has_clock(const struct nos_group *g);

/*
 * Tokens h_base … h_last, of which the last was drawn and the others follow from it; every
 * NOS_GROUP_STRIDE-th is kept, so that none costs more than that many hashes.
 */
#define NOS_GROUP_STRIDE 256
struct nos_group_chain {
	uint64_t base, last;
	uint8_t kept[NOS_SESSION_CHAIN_MAX / NOS_GROUP_STRIDE + 2][NOS_SESSION_TOKEN_LEN];
};

void nos_group_chain_release(struct nos_group_chain *c);

/* Make one of length tokens behind base from a random last one. */
enum nos_code nos_group_chain_make(struct nos_group_chain *c, uint64_t node, uint64_t group,
    uint64_t base, uint64_t length, const uint8_t last[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err) NOS_CHECK;

/* h_t; t is in the chain. */
enum nos_code nos_group_chain_token(const struct nos_group_chain *c, uint64_t node, uint64_t group,
    uint64_t t, uint8_t ret[static NOS_SESSION_TOKEN_LEN], struct nos_err *err) NOS_CHECK;

/* The world of a change. */
struct nos_group_step {
	struct nos_time now;
	uint64_t overlap_ms; /* for which the key before still serves */
};

/* The next session, of a group with a clock: token is h_{t+1}. */
enum nos_code nos_group_tick(struct nos_group *g, const uint8_t token[static NOS_SESSION_TOKEN_LEN],
    const struct nos_group_step *step, struct nos_err *err) NOS_CHECK;

/*
 * The next epoch, of number epoch: leaf is put out by secret s_0, or with how HEALED all heal by
 * secret B. Its first key is a tree group's own; a clock wants the tick that follows at once.
 */
enum nos_code nos_group_turn(struct nos_group *g, uint64_t epoch, enum nos_group_how how,
    uint32_t leaf, const struct nos_secret *secret, const struct nos_group_step *step,
    struct nos_err *err) NOS_CHECK;

/* B of the present epoch; MADE has none. */
enum nos_code nos_group_b(
    const struct nos_group *g, struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* The key of that name if it opens anything; NULL: it does not. */
const struct nos_group_key *nos_group_key(const struct nos_group *g, const struct nos_name *name);

/* The present key; NULL: there is none yet. */
const struct nos_group_key *nos_group_present(const struct nos_group *g);

/* What one of its keys is called. */
struct nos_name nos_group_name(const struct nos_group *g, const struct nos_group_key *k);

/* Is it the name of a key of this group, whichever epoch? *ret_epoch. */
bool nos_group_is_own(const struct nos_group *g, const struct nos_name *name, uint64_t *ret_epoch);

/* Append the order of the present session. False: there is none. */
bool nos_group_order(const struct nos_group *g, struct nos_buf *ret);

/* Let the keys go that have had their time. False: none has. */
bool nos_group_expire(struct nos_group *g, struct nos_time now);

/* When that has something to do; false: never, as things stand. */
bool nos_group_due(const struct nos_group *g, struct nos_time *ret);

#endif
