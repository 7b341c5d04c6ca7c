/* SPDX-License-Identifier: MIT */
#include "peer/teller.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "key/roam.h"
#include "peer/call.h"
#include "roam/roaming.h"

#define LOOK_US	       200000 /* how often the store is asked for news */
#define PAUSE_FIRST_US 1000000
#define PAUSE_LAST_US  60000000
#define SWEEP_EVERY_US UINT64_C(3600000000)

/* Of a node that was not reached. */
struct pause {
	uint64_t node, us;
	struct nos_mono until;
};

struct nos_teller {
	struct nos_store *store;
	const struct nos_card *card;
	struct nos_peers *peers;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;	  /* guarded by lock */
	bool changed;	  /* the peers have, guarded by lock */
	volatile int cut; /* set with it: what is under way is broken off */

	/* The thread's own. */
	struct nos_call call;
	struct nos_audit audit;
	struct pause pauses[NOS_PEERS_MAX];
	bool left;	  /* something is yet to be told */
	uint64_t all_day; /* all peers are to be told of all sources up to this day; 0: not */
	uint64_t told[NOS_PEERS_MAX]; /* but these, which were */
	size_t told_count;
	struct nos_mono swept;
};

/* ---- pauses ---- */

static struct pause *pause_of(struct nos_teller *t, uint64_t node)
{
	struct pause *empty = &t->pauses[0];

	for (size_t i = 0; i < NOS_PEERS_MAX; i++) {
		if (t->pauses[i].node == node)
			return &t->pauses[i];
		if (!t->pauses[i].node)
			empty = &t->pauses[i];
	}
	*empty = (struct pause){ .node = node };
	return empty;
}

static void note_failed(struct pause *p)
{
	p->us = !p->us ? PAUSE_FIRST_US : p->us < PAUSE_LAST_US / 2 ? p->us * 2 : PAUSE_LAST_US;
	p->until.us = nos_mono_now().us + p->us;
}

/* ---- telling ---- */

static enum nos_code call(struct nos_teller *t, const struct nos_roaming *g, struct nos_err *err)
{
	const struct nos_name name = nos_roam_name(nos_card_self(t->card)->number, g->day);
	NOS_AUTO(peer_answer) a = { 0 };
	struct nos_peer peer;

	if (!nos_peers_by_node(t->peers, g->node, &peer))
		return nos_err_set(
		    err, NOS_AWAY, "node %llu is not among the peers", (unsigned long long)g->node);
	return nos_call_peer(&t->call, &peer, NOS_PEER_REVOKED, g->id, &name, &a, err);
}

/* NOS_BUSY: not now. Whether it was is said once. */
static enum nos_code tell_peer(
    struct nos_teller *t, const struct nos_roaming *g, struct nos_err *err)
{
	struct pause *pause = pause_of(t, g->node);

	if (nos_mono_now().us < pause->until.us || __atomic_load_n(&t->cut, __ATOMIC_RELAXED))
		return nos_err_set(err, NOS_BUSY, "not yet");
	if (!call(t, g, err)) {
		*pause = (struct pause){ 0 };
		return NOS_OK;
	}
	if (!pause->us && err->code != NOS_BUSY)
		nos_log_line(NOS_LOG_WARN, "node %llu is not told yet of %s%s: %s",
		    (unsigned long long)g->node, *g->id ? "source " : "all that it was given",
		    g->id, err->text);
	note_failed(pause);
	return err->code;
}

static enum nos_code note_told(
    struct nos_teller *t, const struct nos_roaming *g, struct nos_err *err)
{
	return nos_roaming_told(t->store, g, nos_time_now(), err);
}

/* What has had its time needs no word. The error is that of the store. */
static enum nos_code tell(void *state, const struct nos_roaming *g, bool told, struct nos_err *err)
{
	struct nos_teller *t = state;
	struct nos_err why = { 0 };

	if (nos_roam_until(g->day).ms <= nos_time_now().ms)
		return note_told(t, g, err);
	if (!*g->id && !g->node) {
		t->all_day = g->day;
		return NOS_OK;
	}
	if (told) {
		if (t->told_count < NOS_PEERS_MAX)
			t->told[t->told_count++] = g->node;
		return NOS_OK;
	}
	if (!tell_peer(t, g, &why))
		return note_told(t, g, err);
	t->left = true;
	return NOS_OK;
}

static bool was_told(const struct nos_teller *t, uint64_t node)
{
	for (size_t i = 0; i < t->told_count; i++)
		if (t->told[i] == node)
			return true;
	return false;
}

/* Those that may have been given a key: who may ask for one. */
static enum nos_code tell_all(struct nos_teller *t, struct nos_err *err)
{
	struct nos_peer peer;

	for (size_t i = 0; !err->code && nos_peers_at(t->peers, i, &peer); i++) {
		const struct nos_roaming g = { .node = peer.node, .day = t->all_day };
		struct nos_err why = { 0 };

		if (!(peer.may >> NOS_PEER_ROAM & 1) || was_told(t, peer.node))
			continue;
		if (tell_peer(t, &g, &why)) {
			t->left = true;
			continue;
		}
		nos_log_line(NOS_LOG_INFO, "node %llu has dropped all that this one gave it",
		    (unsigned long long)peer.node);
		(void)!note_told(t, &g, err);
	}
	return err->code;
}

static void look(struct nos_teller *t)
{
	struct nos_err err = { 0 };
	bool changed;

	if (nos_store_changed(t->store, &changed, &err) || (!changed && !t->left))
		return;
	t->left = false;
	t->all_day = 0;
	t->told_count = 0;
	if (nos_roaming_tasks(t->store, tell, t, &err) || (t->all_day && tell_all(t, &err))) {
		t->left = true;
		nos_log_line(NOS_LOG_WARN, "other nodes are not told: %s", err.text);
	}
}

static void sweep(struct nos_teller *t)
{
	const struct nos_roaming_home home = { t->store, &t->audit,
		nos_card_self(t->card)->number };
	struct nos_err err = { 0 };

	t->swept = nos_mono_now();
	if (nos_roaming_sweep(&home, nos_time_now(), &err))
		nos_log_line(NOS_LOG_WARN, "what was given to other nodes: %s", err.text);
}

/* ---- the thread ---- */

static bool wait_for_work(struct nos_teller *t)
{
	const uint64_t until = nos_mono_now().us + LOOK_US;
	const struct timespec at = { .tv_sec = (time_t)(until / 1000000),
		.tv_nsec = (long)(until % 1000000) * 1000 };
	bool stop;

	pthread_mutex_lock(&t->lock);
	while (!t->stop && pthread_cond_timedwait(&t->wake, &t->lock, &at) == 0)
		;
	stop = t->stop;
	t->left |= t->changed;
	t->changed = false;
	pthread_mutex_unlock(&t->lock);
	return !stop;
}

static void *run(void *state)
{
	struct nos_teller *t = state;

	t->left = true; /* from before the start */
	sweep(t);
	do {
		look(t);
		if (nos_mono_now().us - t->swept.us >= SWEEP_EVERY_US)
			sweep(t);
	} while (wait_for_work(t));
	return NULL;
}

enum nos_code nos_teller_new(struct nos_store *store, const struct nos_card *card,
    struct nos_peers *peers, const char *ca, struct nos_teller **ret, struct nos_err *err)
{
	struct nos_teller *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (!t)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	t->store = store;
	t->card = card;
	t->peers = peers;
	nos_audit_init(&t->audit, store, "nos-serve", false);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (!nos_call_init(&t->call, card, ca, &t->cut, err) &&
	    pthread_create(&t->thread, NULL, run, t))
		nos_err_set(err, NOS_INTERNAL, "cannot start the teller");
	if (err->code) {
		nos_teller_free(t);
		return err->code;
	}
	t->running = true;
	pthread_setname_np(t->thread, "nos-teller");
	*ret = t;
	return NOS_OK;
}

void nos_teller_look(struct nos_teller *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->changed = true;
	pthread_mutex_unlock(&t->lock);
}

void nos_teller_free(struct nos_teller *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	__atomic_store_n(&t->cut, 1, __ATOMIC_RELAXED);
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	if (t->running)
		pthread_join(t->thread, NULL);
	nos_call_release(&t->call);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
