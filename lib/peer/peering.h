/* SPDX-License-Identifier: MIT */
/*
 * POST /v1/peer: what another node asks (envelope/peer.h), by who may. As a home it gives the key
 * of the day of a source of its own; as a host it takes word that a visitor was revoked. What is
 * refused looks the same whatever was wrong. Belongs to the thread of registrations, for the
 * public-key work takes as long.
 */
#ifndef NOS_PEER_PEERING_H
#define NOS_PEER_PEERING_H

#include "net/http_server.h"
#include "node/card.h"
#include "peer/peers.h"
#include "peer/visits.h"
#include "lifecycle/life.h"

struct nos_peering {
	struct nos_peers *peers;
	struct nos_visits *visits;
	const struct nos_card *card;
	struct nos_member_table *members;
	struct nos_life *life; /* of the thread, as the store has it now */
};

/* Fill r's answer. */
void nos_peering_answer(const struct nos_peering *p, struct nos_http_request *r);

#endif
