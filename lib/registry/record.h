/* SPDX-License-Identifier: MIT */
/*
 * A registered source as one value of the store (state sources/<id>): what it said of itself, and
 * all of its keys, so that whatever changes together is one put. What is secret stands in one
 * sealed member. Pure but for the nonce of the seal; thread-safe.
 */
#ifndef NOS_REGISTRY_RECORD_H
#define NOS_REGISTRY_RECORD_H

#include "key/assoc.h"
#include "self/spaces.h"
#include "self/vault.h"

#define NOS_RECORD_VERSION     1    /* of the value */
#define NOS_RECORD_SECRETS_MAX 4096 /* bytes of its sealed member */
#define NOS_RECORD_ID_MAX      16   /* "s-" and ten hex digits */
#define NOS_RECORD_TYPES_MAX   4096 /* bytes of the list of types */
#define NOS_RECORD_M2_MAX      4096 /* bytes of the answer to its registration */

/* Holds secrets: release it. */
struct nos_record {
	char id[NOS_RECORD_ID_MAX];
	char name[NOS_NAME_WORD_MAX + 1]; /* empty: none; so also mode */
	char kind[NOS_NAME_WORD_MAX + 1];
	char mode[8];
	char types[NOS_RECORD_TYPES_MAX]; /* a JSON array, empty: not said */
	char scheme[16];
	uint64_t group; /* number of the one that it belongs to; 0: none */
	char token[16]; /* enrolment that it was registered under */
	bool open;	/* registered without a token */
	struct nos_time registered;
	uint64_t roams; /* generation of Z of which other nodes were given keys; 0: none was */
	char m2[NOS_RECORD_M2_MAX]; /* until its source is known to have it */
	struct nos_assoc a;
	uint64_t rev; /* of the record; 0: new */
};

void nos_record_release(struct nos_record *r);

/* COMPROMISED where it was revoked, else ACTIVE. */
enum nos_state nos_record_state(const struct nos_record *r);

/* Where its sealed member stands. */
struct nos_vault_place nos_record_place(const char *id);

/* Append the value. NOS_INTERNAL, NOS_LARGE. */
enum nos_code nos_record_encode(const struct nos_record *r, const struct nos_vault *vault,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* vault NULL: without what is secret. NOS_IO: not such a value; NOS_CONFIG: written by a newer nos;
 * NOS_DENIED: another node key. */
enum nos_code nos_record_decode(struct nos_str id, struct nos_str text,
    const struct nos_vault *vault, struct nos_record *ret, struct nos_err *err) NOS_CHECK;

#endif
