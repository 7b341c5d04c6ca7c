/* SPDX-License-Identifier: MIT */
#include "peer/abroad.h"

#include <stdlib.h>

#include "peer/peering.h"
#include "peer/teller.h"

struct nos_abroad {
	struct nos_abroad_config config;
	struct nos_peers *peers;
	struct nos_visits *visits;
	struct nos_teller *teller;
	struct nos_store *visits_store, *teller_store;
};

static enum nos_code start(
    struct nos_abroad *a, const struct nos_peers_list *peers, struct nos_err *err)
{
	struct nos_visits_config *v = &a->config.visits;

	if (nos_peers_new(peers, &a->peers, err) ||
	    nos_store_open(&a->config.store, false, &a->visits_store, err) ||
	    nos_store_open(&a->config.store, false, &a->teller_store, err))
		return err->code;
	v->store = a->visits_store;
	v->peers = a->peers;
	return nos_visits_new(v, &a->visits, err)
		   ? err->code
		   : nos_teller_new(a->teller_store, v->card, a->peers, v->ca, &a->teller, err);
}

enum nos_code nos_abroad_new(const struct nos_abroad_config *config,
    const struct nos_peers_list *peers, struct nos_abroad **ret, struct nos_err *err)
{
	struct nos_abroad *a = calloc(1, sizeof(*a));

	if (!a)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	a->config = *config;
	if (start(a, peers, err)) {
		nos_abroad_free(a);
		return err->code;
	}
	*ret = a;
	return NOS_OK;
}

void nos_abroad_replace(struct nos_abroad *a, const struct nos_peers_list *peers)
{
	nos_peers_replace(a->peers, peers);
	nos_visits_look(a->visits);
	nos_teller_look(a->teller);
}

struct nos_visits *nos_abroad_visits(struct nos_abroad *a)
{
	return a->visits;
}

void nos_abroad_answer(struct nos_abroad *a, struct nos_life *life, struct nos_http_request *r)
{
	const struct nos_peering p = { .peers = a->peers,
		.visits = a->visits,
		.card = a->config.visits.card,
		.members = a->config.visits.members,
		.life = life };

	nos_peering_answer(&p, r);
}

void nos_abroad_drain(struct nos_abroad *a)
{
	if (!a)
		return;
	nos_teller_free(a->teller);
	a->teller = NULL;
	nos_visits_drain(a->visits);
}

void nos_abroad_free(struct nos_abroad *a)
{
	if (!a)
		return;
	nos_abroad_drain(a);
	nos_visits_free(a->visits);
	nos_peers_free(a->peers);
	nos_store_close(a->visits_store);
	nos_store_close(a->teller_store);
	free(a);
}
