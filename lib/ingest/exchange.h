/* SPDX-License-Identifier: MIT */
/*
 * What a source and its node exchange about keys, as HTTP carries it (nos-wire(7), "Keys"):
 * the paths below /v1/sources/{id}, how long a poll waits, its proof, and what an answer says of
 * keys. Pure; thread-safe. All that is read comes from strangers.
 */
#ifndef NOS_INGEST_EXCHANGE_H
#define NOS_INGEST_EXCHANGE_H

#include "base/buf.h"
#include "key/poll.h"
#include "registry/record.h"

#define NOS_EXCHANGE_WAIT_MAX 60 /* seconds that a poll is held; who asks for more gets this */

enum nos_exchange_what {
	NOS_EXCHANGE_KEYS,   /* GET, a poll */
	NOS_EXCHANGE_ACKS,   /* POST, an acknowledgement */
	NOS_EXCHANGE_RESYNC, /* POST, an ask */
};

struct nos_exchange {
	enum nos_exchange_what what;
	char id[NOS_RECORD_ID_MAX];
};

/* /v1/sources/{id}/keys, acks or resync, where {id} is "s-" and ten hex digits in lower case;
 * false: any other path. */
bool nos_exchange_parse(struct nos_str path, struct nos_exchange *ret);

/* The query of a poll: wait=S in whole seconds, after=T, the number of the last order that its
 * source has verified, both or none. */
struct nos_exchange_poll {
	unsigned wait_s; /* NOS_EXCHANGE_WAIT_MAX at most */
	bool has_after;
	uint64_t after;
};

/* False: any other. */
bool nos_exchange_query(struct nos_str query, struct nos_exchange_poll *ret);

/* The value of Authorization: "Nos", in any case, a blank, and base64url of the tag; false: any
 * other. */
bool nos_exchange_proof(struct nos_str authorization, uint8_t ret[static NOS_POLL_TAG_LEN]);

/* What an answer says to a source about its keys. */
struct nos_exchange_word {
	struct nos_span order; /* of its group, which it may not have heard; len 0: none */
	struct nos_str keys;   /* a JSON array of messages; len 0: none */
	uint64_t next;	       /* number of its next pack; 0: not said */
	bool resync;	       /* it is to ask */
	bool identity;	       /* it is to take the node's present identity */
};

/* Append its members to an object that is open. */
void nos_exchange_encode(struct nos_buf *b, const struct nos_exchange_word *w);

#endif
