/* SPDX-License-Identifier: MIT */
/*
 * Bearer tokens: who shows one under TLS is the one source that belongs to it, which has no keys
 * (state bearers/<id>). What is kept is the SHA-256 of the token alone, and its id is made of that,
 * so that one get finds it; how long that takes tells nothing of a token that is not known. Its
 * source's record is as any other's, of the scheme "bearer", with secrets that nobody else has.
 * Belongs to the thread whose store it is given.
 */
#ifndef NOS_LIFECYCLE_BEARER_H
#define NOS_LIFECYCLE_BEARER_H

#include "lifecycle/life.h"
#include "self/spaces.h"
#include "lifecycle/token.h"

#define NOS_BEARER_SCHEME   "bearer"
#define NOS_BEARER_LEN	    32 /* bytes of a token */
#define NOS_BEARER_TEXT_LEN 43 /* and of its text */

/* All-zero is valid. */
struct nos_bearer {
	char id[NOS_TOKEN_ID_MAX];
	char source[NOS_RECORD_ID_MAX];
	char kind[NOS_NAME_WORD_MAX + 1];
	struct nos_time made;
	struct nos_time expires; /* 0: never */
	bool withdrawn, exposed;
	uint8_t hash[NOS_HASH_LEN];
	uint64_t rev; /* of the record */
};

/* NOS_TOKEN_EXPOSED goes before all others. */
enum nos_token_state nos_bearer_state_of(const struct nos_bearer *t, struct nos_time now);

/* Is it a source without keys, which is known by a token? */
bool nos_bearer_is_source(const struct nos_record *r);

/* With kind, made and expires given: draw a token, make its source, put both within the caller's
 * group, and write both down. */
enum nos_code nos_bearer_make(struct nos_life *life, struct nos_bearer *t,
    struct nos_secret *ret_token, struct nos_err *err) NOS_CHECK;

/*
 * As above, with made and expires given, for the webhook that there is, an id or a name: the token
 * that it had is withdrawn, its source, kind and all that it sent stay. NOS_ABSENT: no such source;
 * NOS_USAGE: it has keys; NOS_DENIED: it was revoked.
 */
enum nos_code nos_bearer_replace(struct nos_life *life, struct nos_str source, struct nos_bearer *t,
    struct nos_secret *ret_token, struct nos_err *err) NOS_CHECK;

/* Append what is printed once (nos-formats(7), "Enrolment") to a secret buffer. */
void nos_bearer_line(struct nos_buf *b, const struct nos_bearer *t, const struct nos_secret *token,
    const struct nos_self *self, const char *url);

/* The record of a token as it was shown, whatever its state. NOS_ABSENT: there is none. */
enum nos_code nos_bearer_find(struct nos_store *store, struct nos_str token, struct nos_bearer *ret,
    struct nos_err *err) NOS_CHECK;

/* NOS_ABSENT: no such token. */
enum nos_code nos_bearer_get(struct nos_store *store, struct nos_str id, struct nos_bearer *ret,
    struct nos_err *err) NOS_CHECK;

/*
 * It is never taken again: withdrawn, or exposed, since it was shown where others could read it.
 * Within the caller's group, and written down; again is fine, and no event. NOS_ABSENT: no such
 * token; NOS_BUSY: others change it at once, try again.
 */
enum nos_code nos_bearer_end(struct nos_audit *audit, struct nos_str id, bool exposed,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Delete what is kept of it; one that is not there is fine. */
enum nos_code nos_bearer_del(
    struct nos_store *store, const char *id, struct nos_err *err) NOS_CHECK;

/* Of all that a source has had. */
enum nos_code nos_bearer_del_of(
    struct nos_store *store, const struct nos_record *source, struct nos_err *err) NOS_CHECK;

typedef enum nos_code nos_bearer_each(void *state, const struct nos_bearer *t, struct nos_err *err);
enum nos_code nos_bearer_scan(
    struct nos_store *store, nos_bearer_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
