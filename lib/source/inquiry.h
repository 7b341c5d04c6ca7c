/* SPDX-License-Identifier: MIT */
/*
 * A poll for key messages (nos-wire(7), GET /v1/sources/{id}/keys): proved by Q for a nonce of the
 * node's, and its answer believed by Q alone. It knows no keyring, so that another thread than the
 * keyring's can poll. Holds Q: release it. Not thread-safe.
 */
#ifndef NOS_SOURCE_INQUIRY_H
#define NOS_SOURCE_INQUIRY_H

#include "base/secret.h"
#include "net/url.h"
#include "source/answer.h"
#include "source/carrier.h"

#define NOS_INQUIRY_WAIT_MAX   60    /* seconds that a node holds a poll open at most */
#define NOS_INQUIRY_ANSWER_MAX 65536 /* bytes of a node's document, a list, an answer to an ask */

struct nos_inquiry {
	const struct nos_carrier *carrier; /* the caller's */
	char url[NOS_URL_MAX + 1];
	char source[NOS_ASK_SOURCE_MAX + 1];
	struct nos_secret q;
	bool has_after; /* a poll says which order of its group the source verified last: */
	uint64_t after;
	bool has_nonce;
	uint8_t nonce[NOS_ASK_NONCE_LEN]; /* the node's last */
	struct nos_http_answer answer;
};

void nos_inquiry_init(struct nos_inquiry *i, const struct nos_carrier *carrier);
void nos_inquiry_release(struct nos_inquiry *i);

/*
 * Get a nonce, where there is none: a node tells one to who proves nothing. most_ms: longest wait
 * for the answer. NOS_AWAY: not reached, or no nonce in the answer; NOS_BUSY: no room, or stopped;
 * NOS_INTERNAL.
 */
enum nos_code nos_inquiry_nonce(
    struct nos_inquiry *i, uint64_t most_ms, struct nos_err *err) NOS_CHECK;

/* Who gave the last answer, which may be a neighbour: for errors. */
const char *nos_inquiry_who(const struct nos_inquiry *i);

/* Take the nonce of a problem document, where it has one. */
bool nos_inquiry_take_nonce(struct nos_inquiry *i, struct nos_str body);

/*
 * Poll, and let the node wait for wait_s, to which most_ms is added. *ret, which is all-zero or was
 * released, is to be believed on NOS_OK.
 * NOS_DENIED    to be believed: the source was revoked
 * NOS_TAG       the node does not know Q, or the answer has no receipt
 * NOS_AWAY, NOS_BUSY  as above
 * NOS_INTERNAL  to be believed, and not as it should be; or out of memory
 */
enum nos_code nos_inquiry_poll(struct nos_inquiry *i, uint64_t wait_s, uint64_t most_ms,
    struct nos_answer_news *ret, struct nos_err *err) NOS_CHECK;

#endif
