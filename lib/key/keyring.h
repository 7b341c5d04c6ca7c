/* SPDX-License-Identifier: MIT */
/*
 * What a source holds of keys, and the text of its file (nos-formats(7), "Keyring"). Pure: reading
 * and writing the file is the source's (source/ring.h). Holds secrets: release it.
 */
#ifndef NOS_KEY_KEYRING_H
#define NOS_KEY_KEYRING_H

#include "base/buf.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "key/ask.h"
#include "key/chain.h"
#include "key/lkh_path.h"
#include "key/name.h"
#include "key/session.h"
#include "key/state.h"

#define NOS_KEYRING_VERSION   1	    /* of the file */
#define NOS_KEYRING_TEXT_MAX  65536 /* bytes of the file */
#define NOS_KEYRING_URLS_MAX  8
#define NOS_KEYRING_URL_MAX   256
#define NOS_KEYRING_KEYS_MAX  16
#define NOS_KEYRING_TYPES_MAX 64

#define NOS_KEYRING_GLOBALS_MAX	  8
#define NOS_KEYRING_LINKS_MAX	  8
#define NOS_KEYRING_OLDER_MAX	  8
#define NOS_KEYRING_ACK_MAX	  512
#define NOS_KEYRING_ENROLMENT_MAX 16 /* "t-" and ten hex digits */

/* What is kept of a Z that was made new: a node that went back may know it alone. */
struct nos_keyring_older {
	uint64_t z;
	struct nos_secret resync, renew, spool;
};

/* An ask under way: the same bytes are sent until they are answered or refused. len 0: none. */
struct nos_keyring_ask {
	uint64_t z; /* under whose R* it is sealed */
	size_t len;
	uint8_t bytes[NOS_ASK_MAX];
	struct nos_secret once; /* E_S, private */
	struct nos_time since;
};

struct nos_keyring_key {
	struct nos_name name;
	enum nos_state state;
	struct nos_secret value;
	struct nos_time since, until; /* until.ms 0: none */
	uint64_t domain, version;     /* a local key: of the global key that it was made of */
};

/* A global key, w.<domain>.<version>. */
struct nos_keyring_global {
	uint64_t domain, version;
	struct nos_time since;
	struct nos_secret value;
};

/* What a source shares with a neighbour that relays for it (key/hop.h). */
struct nos_keyring_link {
	char relay[33];
	struct nos_secret value; /* K_SM */
};

/* What a member holds of its group (scheme/membership.h); number 0: nothing yet. */
struct nos_keyring_group {
	uint64_t number;
	struct nos_lkh_path path;	/* depth 0: none */
	struct nos_session clock;	/* no A: none; else of this group */
	struct nos_session_token token; /* with a clock: the last that was verified */
	uint64_t token_epoch;		/* that its order named, which nothing proves */
	struct nos_time leapt; /* when over NOS_MEMBERSHIP_LEAP orders were last hashed over */
};

struct nos_keyring {
	char source[33];
	char name[NOS_NAME_WORD_MAX + 1]; /* empty: none; so also kind and mode */
	char kind[NOS_NAME_WORD_MAX + 1];
	char mode[8];
	char types[NOS_KEYRING_TYPES_MAX][65];
	size_t type_count;
	uint64_t node;
	char urls[NOS_KEYRING_URLS_MAX][NOS_KEYRING_URL_MAX];
	size_t url_count;
	uint8_t pin[NOS_HASH_LEN]; /* thumbprint of the node's P-256 key */
	uint8_t sign[NOS_SIGN_PUBLIC_LEN];
	char scheme[16];
	char group_name[NOS_NAME_WORD_MAX + 1]; /* as its enrolment says; empty: none */
	bool shared;				/* the members of the group may read one another */
	char enrolment[NOS_KEYRING_ENROLMENT_MAX]; /* that it was made from; empty: not said */
	uint64_t next;				   /* first sequence number never handed out */
	struct nos_chain down, up;
	uint64_t z; /* generation of Z, from 1 */
	struct nos_secret z_key;
	struct nos_keyring_older older[NOS_KEYRING_OLDER_MAX]; /* newest first */
	size_t older_count;
	struct nos_keyring_ask ask;
	uint8_t ack[NOS_KEYRING_ACK_MAX]; /* not yet known to have arrived; ack_len 0: none */
	size_t ack_len;
	struct nos_keyring_key keys[NOS_KEYRING_KEYS_MAX];
	size_t key_count;
	/* The newest p. key came with an answer to an ask, and has had no receipt yet: it goes
	 * before all others. */
	bool unproven;
	struct nos_keyring_global globals[NOS_KEYRING_GLOBALS_MAX];
	size_t global_count;
	struct nos_keyring_link links[NOS_KEYRING_LINKS_MAX]; /* newest first */
	size_t link_count;
	struct nos_keyring_group group;
};

void nos_keyring_release(struct nos_keyring *k);

/* NOS_DATA: not a keyring, the member named; NOS_CONFIG: written by a newer nos. */
enum nos_code nos_keyring_decode(
    struct nos_str text, struct nos_keyring *ret, struct nos_err *err) NOS_CHECK;

/* Append the file's text to a secret buffer. */
void nos_keyring_encode(struct nos_buf *b, const struct nos_keyring *k);

/* The place of the newest key: in front. Where there is no room the oldest of those that are not
 * active leaves. */
struct nos_keyring_key *nos_keyring_add(struct nos_keyring *k);

/* The key to send under: the newest that is active, the scheme's own before p. keys; NULL if there
 * is none. */
const struct nos_keyring_key *nos_keyring_active(const struct nos_keyring *k);

/* The newest p. key that is active; NULL: none. */
const struct nos_keyring_key *nos_keyring_pairwise(const struct nos_keyring *k);

/* The global key of a domain; NULL: none. */
const struct nos_keyring_global *nos_keyring_global(const struct nos_keyring *k, uint64_t domain);

/* The link to a relay; NULL: none. */
const struct nos_keyring_link *nos_keyring_link(const struct nos_keyring *k, struct nos_str relay);

#endif
