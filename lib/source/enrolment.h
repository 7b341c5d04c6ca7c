/* SPDX-License-Identifier: MIT */
/* An enrolment as nos-token prints it, one line (nos-formats(7), "Lines in"). Holds the token:
 * release it. Pure; thread-safe. */
#ifndef NOS_SOURCE_ENROLMENT_H
#define NOS_SOURCE_ENROLMENT_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "key/name.h"
#include "net/url.h"

#define NOS_ENROLMENT_ID_MAX 16 /* "t-" and ten hex digits */

struct nos_enrolment {
	char id[NOS_ENROLMENT_ID_MAX];
	bool open;		 /* without a token */
	struct nos_secret token; /* empty where open */
	char url[NOS_URL_MAX + 1];
	uint64_t node;
	uint8_t pin[NOS_HASH_LEN]; /* thumbprint of the node's P-256 key */
	char scheme[16];
	char kind[NOS_NAME_WORD_MAX + 1];  /* empty: none */
	char group[NOS_NAME_WORD_MAX + 1]; /* that the source is a member of; empty: none */
	bool shared;			   /* and its members may read one another */
	char replaces[33];		   /* the source that gets new keys; empty: none */
	struct nos_time expires;
};

void nos_enrolment_release(struct nos_enrolment *e);

/*
 * NOS_DATA: not an enrolment, the member named, never shown; NOS_CONFIG: written by a newer nos, or
 * of a scheme that this nos does not know.
 */
enum nos_code nos_enrolment_decode(
    struct nos_str line, struct nos_enrolment *ret, struct nos_err *err) NOS_CHECK;

#endif
