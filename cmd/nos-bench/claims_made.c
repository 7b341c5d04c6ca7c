/* SPDX-License-Identifier: MIT */
/* Figure 1: how long the making of a key takes by itself, without a message. */
#include "claims.h"
#include "crypto/random.h"
#include "lap.h"
#include "scheme/dini.h"

#define RUNS_MANY 300
#define RUNS_FEW  30

typedef enum nos_code make(struct claims *c, double *ret_ms, struct nos_err *err);

/* ---- as printed ---- */

static enum nos_code printed_key_make(unsigned node, struct printed_key *ret, struct nos_err *err)
{
	struct printed_count unused = { 0 };

	printed_dini_name(node, 1, 1, &ret->name, &unused);
	return nos_random_bytes(ret->value, sizeof(ret->value), err);
}

/* One for each source of the first scenario. */
static enum nos_code printed_globals(struct claims *c, double *ret_ms, struct nos_err *err)
{
	const double since = lap_ms();
	struct printed_key k[2];

	(void)c;
	if (printed_key_make(0, &k[0], err) || printed_key_make(0, &k[1], err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return NOS_OK;
}

static enum nos_code printed_local(struct claims *c, double *ret_ms, struct nos_err *err)
{
	const double since = lap_ms();
	struct printed_key k;

	(void)c;
	if (printed_key_make(1, &k, err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return NOS_OK;
}

static enum nos_code printed_step(struct claims *c, double *ret_ms, struct nos_err *err)
{
	struct printed_count unused = { 0 };
	uint8_t seeds[2][PRINTED_KEY];
	struct printed_session s;
	double since;

	(void)c;
	if (nos_random_bytes(seeds, sizeof(seeds), err) ||
	    printed_session_begin(&s, PRINTED_EVOLVING, seeds[0], seeds[1], &unused, err))
		return err->code;
	since = lap_ms();
	if (printed_session_update(&s, &unused, err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return NOS_OK;
}

/* ---- the default profile ---- */

/* As many again as the pool has, in a transaction that comes to nothing. */
static enum nos_code default_globals(struct claims *c, double *ret_ms, struct nos_err *err)
{
	struct party *p = &c->place->party;
	double since;
	bool changed;

	if (nos_store_begin(p->store, err))
		return err->code;
	since = lap_ms();
	(void)!nos_globals_resize(p->store, &p->vault, 2 * NOS_GLOBALS_SIZE, NOS_GLOBALS_RING,
	    nos_time_now(), &changed, err);
	*ret_ms = lap_ms() - since;
	nos_store_rollback(p->store);
	return err->code;
}

static enum nos_code default_local(struct claims *c, double *ret_ms, struct nos_err *err)
{
	const struct party_source *s = &c->place->sources[BENCH_DINI][0];
	const struct nos_keyring_global *g = s->keyring.globals;
	const struct nos_dini_local local = { s->keyring.node, 1, { g->domain, g->version } };
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(scheme_key) made = { 0 };
	const double since = lap_ms();

	if (nos_chain_look(&s->keyring.down, &step, err) ||
	    nos_dini_make(&g->value, &step.key, &local, &made, err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return NOS_OK;
}

static enum nos_code default_step(struct claims *c, double *ret_ms, struct nos_err *err)
{
	const struct nos_keyring_group *g = &c->place->sources[BENCH_DIPIETRO][0].keyring.group;
	NOS_AUTO(session) clock = g->clock;
	NOS_AUTO(secret) made = { 0 };
	const double since = lap_ms();

	if (nos_session_tick(&clock, err) || nos_session_key(&clock, g->token.h, &made, err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return NOS_OK;
}

struct bench_sample *claims_made(
    struct claims *c, enum bench_profile p, enum claims_made what, struct nos_err *err)
{
	static make *const makers[BENCH_PROFILES][CLAIMS_MADE] = {
		{ printed_globals, printed_local, printed_step },
		{ default_globals, default_local, default_step },
	};
	const uint64_t runs = bench_runs(c->b, RUNS_MANY, RUNS_FEW);
	struct bench_sample *ret = &c->made[p][what];
	double ms;

	for (uint64_t i = ret->count; i < runs && !(i && bench_is_stopped()); i++)
		if (makers[p][what](c, &ms, err) || bench_sample_add(ret, ms, err))
			return NULL;
	return ret;
}
