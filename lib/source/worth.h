/* SPDX-License-Identifier: MIT */
/*
 * What an answer is worth to who has further ways to the node (source/route.h), before anybody
 * believes it: whether it is one that the node gives there. A captive portal, a host of another
 * purpose and a relay of another node answer too. Pure.
 */
#ifndef NOS_SOURCE_WORTH_H
#define NOS_SOURCE_WORTH_H

#include "crypto/hash.h"
#include "source/carrier.h"

/* In rising order: where no way has an answer of the node's, the one that helps most is taken. */
enum nos_worth {
	NOS_WORTH_NOTHING, /* no answer yet */
	NOS_WORTH_LITTLE,  /* anybody's */
	NOS_WORTH_LATER,   /* no room: 429, 503 */
	NOS_WORTH_NONCE,   /* a refusal by a node that can be asked: 401 with a nonce */
	NOS_WORTH_ALL,	   /* as the node gives it */
};

/* pin: of the node, NULL: not known. A sealed pack is answered under a receipt, whose bytes the
 * caller knows; all else by its status, its type, and what must be in it. */
enum nos_worth nos_worth_of(
    const struct nos_carrier_request *q, const struct nos_http_answer *a, const uint8_t *pin);

/* Is it the document of the node that pin names? pin NULL: of any. */
bool nos_worth_is_document(const struct nos_http_answer *a, const uint8_t *pin);

/* A sealed pack to /v1/data? */
bool nos_worth_is_pack(const struct nos_carrier_request *q);

#endif
