/* SPDX-License-Identifier: MIT */
/*
 * The source's side of a key's life, for every scheme (nos-schemes(7), "Common base"): key messages
 * taken and acknowledged, and the ask by which it gets all again. Each function changes the keyring
 * in memory, or leaves it as it was where it fails; who calls it writes the keyring before anything
 * of it is used. Pure: clock and randomness come in. Every function may give NOS_INTERNAL.
 */
#ifndef NOS_SCHEME_HOLDER_H
#define NOS_SCHEME_HOLDER_H

#include "key/keyring.h"
#include "scheme/scheme.h"

#define NOS_HOLDER_LIST_MAX 64 /* messages of one list */

enum nos_holder_did {
	NOS_HOLDER_NOTHING, /* an empty list */
	NOS_HOLDER_TOOK,    /* the keyring is another: to be written, then acknowledged */
	NOS_HOLDER_HEARD,   /* it is, by what all hear: to be written, which is all */
	NOS_HOLDER_AGAIN,   /* all of it was taken before: its acknowledgement was lost */
	NOS_HOLDER_BEHIND,  /* the node's chain is behind: it went back, and is to be asked */
};

/*
 * Take a list of key messages from an answer that is to be believed. NOS_TAG: one does not verify,
 * so the chains have come apart, and the node is to be asked; NOS_CONFIG: of a kind that this nos
 * does not know.
 */
enum nos_code nos_holder_take(struct nos_keyring *k, const struct nos_span *list, size_t count,
    struct nos_time now, enum nos_holder_did *ret, struct nos_err *err) NOS_CHECK;

/* Take one message that anybody may have said, of those that all hear and that prove themselves.
 * *ret_took: the keyring is another, and is to be written. */
enum nos_code nos_holder_overhear(struct nos_keyring *k, struct nos_span message,
    struct nos_time now, bool *ret_took, struct nos_err *err) NOS_CHECK;

/*
 * Take what a registration brought beside its keys, m2's grants: a source that registers in place
 * of an older one learns its z, its next number and the name of its key there. NOS_TAG: one does
 * not verify; NOS_CONFIG as above.
 */
enum nos_code nos_holder_grants(struct nos_keyring *k, const struct nos_span *list, size_t count,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Make the acknowledgement of what is held: k->ack, the same until the next. NOS_TAG: the chain is
 * at its end, and the node is to be asked. */
enum nos_code nos_holder_ack(struct nos_keyring *k, struct nos_err *err) NOS_CHECK;

/* How many Z there are to ask under: the present one, number 0, and the older ones behind it. */
size_t nos_holder_ways(const struct nos_keyring *k);

/* Make an ask under Z number way: k->ask. once: E_S, a fresh pair. */
enum nos_code nos_holder_ask(struct nos_keyring *k, size_t way, bool renew,
    const uint8_t nonce[static NOS_ASK_NONCE_LEN], const struct nos_secret *once_private,
    const struct nos_ecdh_point *once, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Take the answer to k->ask; node: the key that k->pin names. NOS_DATA, NOS_TAG: not the node's
 * answer to it. */
enum nos_code nos_holder_answer(struct nos_keyring *k, struct nos_span answer,
    const struct nos_ecdh_point *node, struct nos_time now, struct nos_err *err) NOS_CHECK;

/*
 * The keyring takes another one's place, of the same source: what waits in a spool under the keys
 * of that one is still to be opened. Asks go under none of them.
 */
enum nos_code nos_holder_inherit(
    struct nos_keyring *k, const struct nos_keyring *before, struct nos_err *err) NOS_CHECK;

/* A pack under this key has its receipt: those before it are destroyed. False: there were none. */
bool nos_holder_confirmed(struct nos_keyring *k, const struct nos_name *name);

#endif
