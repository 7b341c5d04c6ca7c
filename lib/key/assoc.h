/* SPDX-License-Identifier: MIT */
/*
 * What a node holds of the keys of one source: the security association (RFC 4949) whose other half
 * is the source's keyring. Everything that must change together stands in it, so that a node can
 * keep it as one value. Pure: what is done with it is scheme/issuer.h's. Holds secrets: release it.
 */
#ifndef NOS_KEY_ASSOC_H
#define NOS_KEY_ASSOC_H

#include "base/time.h"
#include "crypto/hash.h"
#include "key/ask.h"
#include "key/chain.h"
#include "key/message.h"
#include "key/name.h"
#include "key/state.h"

#define NOS_ASSOC_KEYS_MAX    16
#define NOS_ASSOC_OUT_MAX     16 /* messages that wait for their acknowledgement */
#define NOS_ASSOC_MESSAGE_MAX (4 + 16 + NOS_MESSAGE_BODY_MAX)
#define NOS_ASSOC_ASKS_MAX    6	 /* that are remembered while their nonce may be good */
#define NOS_ASSOC_EVENTS_MAX  40 /* of one change */
#define NOS_ASSOC_GLOBALS_MAX 8

/* A global key, by its name; domain 0: none. */
struct nos_assoc_global {
	uint64_t domain, version;
};

/* A source's leaf in the tree of a group, and what it is known to hold of that group
 * (scheme/place.h). */
struct nos_assoc_place {
	uint64_t group; /* number; 0: it has no leaf */
	uint64_t life;	/* of the node, in which the tree was made */
	uint32_t leaf;
	uint64_t since; /* t of the group, or in a tree group its epoch, when it was placed */
	bool has_path, has_key;
	uint64_t path_epoch; /* of the keys from its leaf to the root */
	uint64_t key_epoch;  /* of its clock, or key */
	uint64_t chain;	     /* behind which the tokens begin that it verifies orders by */
};

struct nos_assoc_key {
	struct nos_name name;
	enum nos_state state;	      /* PRE_ACTIVE, ACTIVE or DEACTIVATED: others have left */
	struct nos_time since, until; /* until.ms 0: not known yet */
	struct nos_time confirmed;    /* when its source first used or acknowledged it; 0: the
					 first key needs no such word, or not yet */
	uint64_t overlap_ms;	      /* that its confirmation leaves to the one before */
	bool unused; /* it came with an offer, and until a pack under it is seen its source sends
			under no other */
	struct nos_secret value;
	struct nos_secret auth;	      /* K_S under which it stands, where that is not the base's */
	struct nos_assoc_global from; /* a local key: the global key that it was made of */
};

/* What one registration or one ask has made. */
struct nos_assoc_base {
	uint64_t z;		 /* generation of Z */
	uint64_t life;		 /* of the node, in which the chains were made */
	uint64_t identity;	 /* generation of the node's own key that made them */
	struct nos_secret z_key; /* Z */
	struct nos_chain down, up;
	uint8_t acked[NOS_HASH_LEN]; /* SHA-256 of the last acknowledgement; all zero: none yet */
};

/* A message on its way down: the same bytes until they are acknowledged. */
struct nos_assoc_message {
	uint64_t ctr;
	struct nos_name brings; /* the key; kind 0: none */
	char relay[33];		/* a link: to which relay; empty: none */
	size_t len;
	uint8_t bytes[NOS_ASSOC_MESSAGE_MAX];
};

/* What the answer to the last ask offers, until a message under its keys confirms it. */
struct nos_assoc_offer {
	bool is;
	struct nos_assoc_base base;
	struct nos_assoc_key key; /* pre-active */
	uint8_t ask[NOS_HASH_LEN];
	size_t len;
	uint8_t answer[NOS_ASK_ANSWER_MAX];
};

struct nos_assoc_asked {
	uint64_t minute;
	uint8_t hash[16]; /* the first bytes of SHA-256(ask) */
};

/* A key went over an edge: for who writes it down. Not kept. */
struct nos_assoc_event {
	struct nos_name name;
	enum nos_state from, to; /* the same: it was made */
	const char *reason;	 /* a literal, or the caller's */
};

struct nos_assoc {
	struct nos_assoc_base base;
	struct nos_assoc_key keys[NOS_ASSOC_KEYS_MAX];
	size_t key_count;
	uint64_t version; /* highest of its p. names ever */
	struct nos_assoc_message out[NOS_ASSOC_OUT_MAX];
	size_t out_count;
	struct nos_assoc_global
	    globals[NOS_ASSOC_GLOBALS_MAX]; /* that the source is known to have */
	size_t global_count;
	struct nos_assoc_place place;
	bool resync; /* the source is to ask: something does not fit */
	bool renew;  /* and Z is to be made new */
	struct nos_assoc_offer offer;
	struct nos_assoc_asked asked[NOS_ASSOC_ASKS_MAX];
	size_t asked_count;

	/* Revoked: all else is gone, and by these two the source is told so. */
	bool revoked;
	struct nos_secret polls[2]; /* Q of the base and of the offer */

	struct nos_assoc_event events[NOS_ASSOC_EVENTS_MAX];
	size_t event_count;
	struct nos_assoc_place left; /* a place that it had, for who puts the leaf out. Not kept. */
};

void nos_assoc_release(struct nos_assoc *a);

/* The key of that name, the offer's among them; NULL: none. */
struct nos_assoc_key *nos_assoc_key(struct nos_assoc *a, const struct nos_name *name);

/* The newest key of a kind ('p', 'd') that is active; NULL: none. */
const struct nos_assoc_key *nos_assoc_active(const struct nos_assoc *a, char kind);

/* The newest key of a kind that waits for its confirmation, the offer's among them; NULL: none. */
const struct nos_assoc_key *nos_assoc_next(const struct nos_assoc *a, char kind);

/* K_S under which a key stands. NOS_INTERNAL alone. */
enum nos_code nos_assoc_auth(const struct nos_assoc *a, const struct nos_assoc_key *k,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* Take a key over an edge, which must be there, and note it; one that is destroyed is wiped, and
 * leaves with nos_assoc_sweep. */
void nos_assoc_move(
    struct nos_assoc *a, struct nos_assoc_key *k, enum nos_state to, const char *reason);

/* Note a key that was made, in the state that it has. */
void nos_assoc_made(struct nos_assoc *a, const struct nos_assoc_key *k, const char *reason);

/* Is the source known to have this version of a domain's global key? */
bool nos_assoc_has_global(const struct nos_assoc *a, struct nos_assoc_global g);

/* It has it, and no other of its domain. */
void nos_assoc_add_global(struct nos_assoc *a, struct nos_assoc_global g);

/* A place for one more key; where there is none the deactivated one whose time is over first is
 * destroyed for it. NULL: all are in use. */
struct nos_assoc_key *nos_assoc_add(struct nos_assoc *a);

/* Let the keys go that are destroyed. Pointers to keys are good no longer. */
void nos_assoc_sweep(struct nos_assoc *a);

#endif
