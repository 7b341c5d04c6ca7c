/* SPDX-License-Identifier: MIT */
/* Turns of a stage's sources. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "cli/start.h"
#include "source/keeper.h"
#include "stage.h"

#define LOCK_MS	  10000
#define ANSWER_MS 30000
#define GAP_NS	  1000000 /* before those are looked at again who had nothing yet */
#define WITHIN_US UINT64_C(60000000)

static const char letters[BENCH_SCHEMES] = { 'p', 'd', 's', 't' };

static enum nos_code poll(const struct stage *s, struct stage_source *to, uint64_t wait_s,
    struct nos_keeper *kp, struct nos_err *err)
{
	struct nos_inquiry *i = &kp->inquiry;

	nos_keeper_aim(kp, stage_url(s), ANSWER_MS);
	i->has_nonce = to->has_nonce;
	memcpy(i->nonce, to->nonce, sizeof(i->nonce));
	(void)!nos_keeper_poll(kp, wait_s, err);
	to->has_nonce = i->has_nonce;
	memcpy(to->nonce, i->nonce, sizeof(to->nonce));
	return err->code;
}

static void note(struct stage_source *to, char letter, const struct nos_keyring *k)
{
	to->held = nos_keyring_active(k)->name;
	to->done = to->held.kind == letter && !k->ack_len && !nos_name_eq(&to->held, &to->before);
}

enum nos_code stage_visit(const struct stage *s, struct stage_fleet *f, size_t i, uint64_t wait_s,
    const struct nos_carrier *carrier, struct nos_err *err)
{
	struct stage_source *to = &f->sources[i];
	struct nos_keeper kp;
	struct nos_ring ring;
	char path[PATH_MAX];

	stage_fleet_keyring(s, f, i, path);
	nos_ring_init(&ring);
	if (!nos_ring_open(&ring, path, LOCK_MS, err)) {
		nos_keeper_init(&kp, &ring, carrier, nos_start_stopped());
		if (!poll(s, to, wait_s, &kp, err))
			note(to, letters[f->scheme], &ring.k);
		nos_keeper_release(&kp);
	}
	nos_ring_release(&ring);
	return err->code;
}

/* ---- all of them ---- */

struct pass {
	const struct stage *stage;
	struct stage_fleet *fleet;
};

static enum nos_code turn(
    void *state, size_t i, const struct nos_carrier *carrier, struct nos_err *err)
{
	const struct pass *p = state;

	return p->fleet->sources[i].done ? NOS_OK
					 : stage_visit(p->stage, p->fleet, i, 0, carrier, err);
}

static size_t count_left(const struct stage_fleet *f)
{
	size_t left = 0;

	for (size_t i = 0; i < f->count; i++)
		left += !f->sources[i].done;
	return left;
}

enum nos_code stage_follow(struct stage *s, struct stage_fleet *f, struct nos_err *err)
{
	const struct nos_mono since = nos_mono_now();
	struct pass p = { s, f };
	size_t left;

	while ((left = count_left(f))) {
		if (nos_mono_now().us - since.us > WITHIN_US)
			return nos_err_set(err, NOS_AWAY,
			    "%zu of %zu sources have no new key of %s within a minute", left,
			    f->count, bench_scheme_text(f->scheme));
		if (crowd_run(stage_crowd(s), f->count, turn, &p, err))
			return err->code;
		if (count_left(f))
			nanosleep(&(struct timespec){ .tv_nsec = GAP_NS }, NULL);
	}
	return NOS_OK;
}
