/* SPDX-License-Identifier: MIT */
/*
 * FILE.pending: the half of a registration that a source has made, on disk before any of it is
 * sent, so that whatever breaks off goes on from there (nos-formats(7), "Files"). Holds E_S:
 * release it.
 */
#ifndef NOS_SOURCE_PENDING_H
#define NOS_SOURCE_PENDING_H

#include "base/buf.h"
#include "base/secret.h"
#include "envelope/grant.h"
#include "source/enrolment.h"

#define NOS_PENDING_TEXT_MAX	    131072 /* bytes of the file */
#define NOS_PENDING_DESCRIPTION_MAX 8192

struct nos_pending {
	char id[NOS_ENROLMENT_ID_MAX]; /* of the enrolment */
	struct nos_secret once;	       /* E_S, private */
	uint8_t nonce[NOS_GRANT_NONCE_LEN];
	struct nos_buf m1;	    /* as it is sent */
	struct nos_buf description; /* what m1 says of the source: it cannot be opened here */
};

/* So that release is fine whatever follows. */
void nos_pending_init(struct nos_pending *p);
void nos_pending_release(struct nos_pending *p);

/* E_S, a nonce and m1, sealed to the node's key; the description, a JSON object, is there already.
 * NOS_INTERNAL alone. */
enum nos_code nos_pending_make(struct nos_pending *p, const struct nos_enrolment *e,
    const struct nos_ecdh_point *node, struct nos_err *err) NOS_CHECK;

/* NOS_DATA: not such a file; NOS_CONFIG: written by a newer nos. Pure, as encode is. */
enum nos_code nos_pending_decode(
    struct nos_str text, struct nos_pending *ret, struct nos_err *err) NOS_CHECK;

/* Append the file's text to a secret buffer. */
void nos_pending_encode(struct nos_buf *b, const struct nos_pending *p);

/* NOS_ABSENT: there is none; NOS_CONFIG: damaged, or a newer one; and what nos_file_read returns.
 */
enum nos_code nos_pending_read(
    const char *path, struct nos_pending *ret, struct nos_err *err) NOS_CHECK;

/* NOS_EXISTS where one is there and replace is not set; otherwise as nos_file_replace. */
enum nos_code nos_pending_write(
    const char *path, const struct nos_pending *p, bool replace, struct nos_err *err) NOS_CHECK;

#endif
