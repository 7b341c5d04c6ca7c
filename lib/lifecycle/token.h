/* SPDX-License-Identifier: MIT */
/*
 * Enrolments: who may register, as what, until when, how often (state tokens/<id>). The token
 * itself leaves with the enrolment's line; what is kept is T, sealed. Its id is made from T, so
 * that a registration, which shows K(T,"id",8) alone, finds it with one get.
 */
#ifndef NOS_LIFECYCLE_TOKEN_H
#define NOS_LIFECYCLE_TOKEN_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "envelope/grant.h"
#include "key/name.h"
#include "self/self.h"
#include "self/spaces.h"
#include "self/vault.h"
#include "scheme/group.h"
#include "store/store.h"

#define NOS_TOKEN_ID_MAX   16		       /* "t-" and ten hex digits */
#define NOS_TOKEN_LEN	   16		       /* bytes of a token */
#define NOS_TOKEN_USES_MAX 1000		       /* of one enrolment */
#define NOS_TOKEN_KIND	   "sensor"	       /* where an enrolment names none */
#define NOS_TOKEN_KEPT_MS  INT64_C(2592000000) /* 30 days, behind its end, for who asks */

/* A registration under it. */
struct nos_token_use {
	uint8_t m1[NOS_HASH_LEN];
	char source[33];
};

/* All-zero is valid. uses is allocated; release it. */
struct nos_token {
	char id[NOS_TOKEN_ID_MAX];
	bool open; /* without a token */
	bool withdrawn;
	char scheme[16];
	char kind[NOS_NAME_WORD_MAX + 1];
	uint64_t group;	      /* number of the group that its sources belong to; 0: none */
	char replaces[16];    /* id of the source that gets new keys; empty: none */
	uint64_t most;	      /* uses that are allowed */
	struct nos_time made; /* 0: not known, before all that is */
	struct nos_time expires;
	struct nos_secret t;
	struct nos_token_use *uses;
	size_t use_count;
	uint64_t rev; /* of the record */
};

void nos_token_release(struct nos_token *t);

enum nos_token_state {
	NOS_TOKEN_OPEN,
	NOS_TOKEN_USED,
	NOS_TOKEN_EXPIRED,
	NOS_TOKEN_WITHDRAWN,
	NOS_TOKEN_EXPOSED, /* a bearer's alone (lifecycle/bearer.h) */
};
enum nos_token_state nos_token_state_of(const struct nos_token *t, struct nos_time now);
const char *nos_token_state_text(enum nos_token_state state);

/* Fill id and t, and *ret_token for the enrolment's line (empty where open), with scheme, kind,
 * group, most, made, expires, open and replaces given; put the record, and note when it will have
 * to go (registry/due.h). */
enum nos_code nos_token_make(struct nos_store *store, const struct nos_vault *vault,
    struct nos_token *t, struct nos_secret *ret_token, struct nos_err *err) NOS_CHECK;

/* Make *t one that gives a source new keys: word is its id or name; scheme, with its group, and
 * kind are the source's where they are empty. Before nos_token_make. NOS_ABSENT: no such source;
 * NOS_IO; NOS_BUSY. */
enum nos_code nos_token_replace(struct nos_store *store, struct nos_str word, struct nos_token *t,
    struct nos_err *err) NOS_CHECK;

/* Append the enrolment's line (nos-formats(7), "Enrolment") to a secret buffer; token as it came
 * from nos_token_make; group: the one of t->group, if that is one. */
void nos_token_line(struct nos_buf *b, const struct nos_token *t, const struct nos_secret *token,
    const struct nos_group *group, const struct nos_self *self, const char *url);

/* Nobody registers under it any more; again is fine. NOS_ABSENT: no such token; NOS_BUSY: others
 * change it at once, try again. */
enum nos_code nos_token_withdraw(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_err *err) NOS_CHECK;

/* Is a note's id one of an enrolment? */
bool nos_token_is_id(const char *id);

/* Delete one that has been at its end for so long; one that has not, or says nothing, stays.
 * NOS_IO, NOS_BUSY: the store failed. */
enum nos_code nos_token_expire(
    struct nos_store *store, const char *id, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* NOS_ABSENT: no such token. */
enum nos_code nos_token_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_token *ret, struct nos_err *err) NOS_CHECK;

/* The id under which a request's token is kept. NOS_DENIED: it can be none. */
enum nos_code nos_token_id_of(const struct nos_grant_request *r, char ret[static NOS_TOKEN_ID_MAX],
    struct nos_err *err) NOS_CHECK;

/* Put the record if nobody has changed it since it was read; NOS_EXISTS if somebody has. */
enum nos_code nos_token_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_token *t, struct nos_err *err) NOS_CHECK;

/* Note a use; NOS_INTERNAL alone. The record is not yet put. */
enum nos_code nos_token_use(struct nos_token *t, const uint8_t m1[static NOS_HASH_LEN],
    const char *source, struct nos_err *err) NOS_CHECK;

/* The use by this m1, NULL if there is none. */
const struct nos_token_use *nos_token_used_by(
    const struct nos_token *t, const uint8_t m1[static NOS_HASH_LEN]);

/* Each enrolment of the store, without opening what is sealed (t is empty). */
typedef enum nos_code nos_token_each(void *state, const struct nos_token *t, struct nos_err *err);
enum nos_code nos_token_scan(
    struct nos_store *store, nos_token_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
