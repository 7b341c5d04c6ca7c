/* SPDX-License-Identifier: MIT */
/*
 * A scheme says who gets which key when (nos-schemes(7)). It is one file that fills this table, and
 * one line in scheme.c. Pure: randomness and clocks come in; nothing here does input or output.
 * What all of them stand on, chains, resync and renew, is issuer.h at a node and holder.h at a
 * source.
 */
#ifndef NOS_SCHEME_SCHEME_H
#define NOS_SCHEME_SCHEME_H

#include "key/assoc.h"
#include "key/derive.h"
#include "key/invalidation.h"
#include "key/keyring.h"
#include "key/message.h"

/* A scheme key: the first of the two that make D, under which packs and receipts stand. */
struct nos_scheme_key {
	struct nos_name name;
	struct nos_secret value; /* 32 bytes */
};

void nos_scheme_key_release(struct nos_scheme_key *k);

/* A key message that a source has opened. */
struct nos_scheme_message {
	enum nos_message_kind kind;
	struct nos_span body;
	const struct nos_secret *made; /* M'_ctr, which a key that it brings is made from */
	struct nos_time now;
};

struct nos_issuer;

struct nos_scheme {
	const char *name; /* as in an enrolment */
	char letter;	  /* its kids begin with */
	unsigned holders; /* of each of its keys, the node among them */
	unsigned kinds;	  /* of messages that it takes: bits by nos_message_kind */
	bool numbered;	  /* its keys are named by numbers of the node's (scheme/pool.h) */
	bool grouped; /* its keys are a group's (scheme/group.h), and each source has p. besides */

	/* The name of its key with this last number, at a node. */
	struct nos_name (*name_of)(uint64_t node, uint64_t number);

	/*
	 * At a node: what the source lacks goes into a->out, as far as there is room; anew: also a
	 * key beside the one that it has. *ret_changed: something did. NOS_INTERNAL alone.
	 */
	enum nos_code (*issue)(struct nos_assoc *a, const struct nos_issuer *w, bool anew,
	    bool *ret_changed, struct nos_err *err);

	/* At a node: does the source lack what issue would bring beside local keys? NULL: it never
	 * does. */
	bool (*lacks)(const struct nos_assoc *a, const struct nos_issuer *w);

	/* At a node: what was made of a global key that is not the present one any more is
	 * compromised, and destroyed. False: nothing was. NULL: no key is made of one. */
	bool (*invalidate)(struct nos_assoc *a, const struct nos_issuer *w);

	/* At a source: what the message brings goes into the keyring. NOS_DATA: it cannot be. */
	enum nos_code (*accept)(
	    const struct nos_scheme_message *m, struct nos_keyring *k, struct nos_err *err);

	/* At a source: what was made of global keys that were taken back goes. False: nothing did.
	 * NULL as above. */
	bool (*drop)(struct nos_keyring *k, const struct nos_invalidation *v);
};

extern const struct nos_scheme nos_pairwise_scheme;
extern const struct nos_scheme nos_dini_scheme;
extern const struct nos_scheme nos_dipietro_scheme;
extern const struct nos_scheme nos_tree_scheme;

/* By name, or by the letter of a kid; NULL if there is none. */
const struct nos_scheme *nos_scheme_find(struct nos_str name);
const struct nos_scheme *nos_scheme_of(char letter);

/* The one that takes messages of a kind; NULL if there is none. */
const struct nos_scheme *nos_scheme_taking(enum nos_message_kind kind);

/* All of them, for contract tests and for GET /v1/node; NULL behind the last. */
const struct nos_scheme *nos_scheme_at(size_t i);

#endif
