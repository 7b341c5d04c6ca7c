/* SPDX-License-Identifier: MIT */
/*
 * A request to another node, and its answer (envelope/peer.h): to the key that the peers file pins,
 * signed by this node's, believed by the signature that the file names. The peer's key itself is
 * fetched once and kept. Belongs to one thread, which it holds up until there is an answer.
 */
#ifndef NOS_PEER_CALL_H
#define NOS_PEER_CALL_H

#include "net/http_client.h"
#include "node/card.h"
#include "peer/peers.h"

/* A key that was fetched. */
struct nos_call_known {
	uint8_t pin[NOS_HASH_LEN];
	struct nos_ecdh_point key;
};

struct nos_call {
	const struct nos_card *card;
	struct nos_http_client *client;
	struct nos_http_answer answer;
	struct nos_call_known known[NOS_PEERS_MAX];
	size_t known_count, known_next; /* where the next one goes once all are in use */
};

/* ca: of https, NULL: the system's; stop: as of nos_http_client_config. NOS_ABSENT: no such CA
 * file; NOS_INTERNAL. Release it, also on an error. */
enum nos_code nos_call_init(struct nos_call *c, const struct nos_card *card, const char *ca,
    const volatile int *stop, struct nos_err *err) NOS_CHECK;
void nos_call_release(struct nos_call *c);

/*
 * Ask. source and key are those of the request. *ret is to be released on NOS_OK.
 * NOS_DENIED  the peer refuses, which anybody on the way may have said: nothing is lost by it
 * NOS_AWAY    not reached, or no answer that can be believed
 * NOS_BUSY    the peer has no room, or the client was stopped
 * NOS_INTERNAL
 */
enum nos_code nos_call_peer(struct nos_call *c, const struct nos_peer *peer, enum nos_peer_op op,
    const char *source, const struct nos_name *key, struct nos_peer_answer *ret,
    struct nos_err *err) NOS_CHECK;

#endif
