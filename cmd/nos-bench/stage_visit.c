/* SPDX-License-Identifier: MIT */
/* Turns of a stage's sources, which are at work between waking and resting. */
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "cli/start.h"
#include "source/send.h"
#include "stage.h"

#define LOCK_MS	  10000
#define ANSWER_MS 30000
#define GAP_NS	  1000000 /* before those are looked at again who had nothing yet */
#define WITHIN_US UINT64_C(60000000)
#define READING	  "{\"type\":\"count\",\"value\":1}\n"

static const char letters[BENCH_SCHEMES] = { 'p', 'd', 's', 't' };

struct stage_run {
	char path[PATH_MAX];
	struct nos_ring ring;
	struct nos_send send;
	struct nos_carrier carrier;	/* its own, … */
	const struct nos_carrier *lent; /* … by that of its turn */
};

/* ---- waking and resting ---- */

static enum nos_code carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	const struct stage_run *run = state;

	return nos_carrier_send(run->lent, r, ret, err);
}

struct waking {
	const struct stage *stage;
	struct stage_fleet *fleet;
};

static enum nos_code wake(
    void *state, size_t i, const struct nos_carrier *carrier, struct nos_err *err)
{
	const struct waking *w = state;
	struct stage_run *run = &w->fleet->runs[i];
	const struct nos_send_config config = { .ring = &run->ring,
		.carrier = &run->carrier,
		.try_ms = ANSWER_MS,
		.stop = nos_start_stopped() };

	(void)carrier;
	run->carrier = (struct nos_carrier){ .carry = carry, .state = run };
	stage_fleet_keyring(w->stage, w->fleet, i, run->path);
	if (nos_ring_open(&run->ring, run->path, LOCK_MS, err))
		return err->code;
	return nos_send_open(&run->send, &config, err);
}

enum nos_code stage_fleet_wake(struct stage *s, struct stage_fleet *f, struct nos_err *err)
{
	struct waking w = { s, f };

	if (f->runs)
		return NOS_OK;
	f->runs = calloc(f->count, sizeof(*f->runs));
	if (!f->runs)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (size_t i = 0; i < f->count; i++) {
		nos_ring_init(&f->runs[i].ring);
		nos_send_init(&f->runs[i].send);
	}
	if (crowd_run(stage_crowd(s), f->count, wake, &w, err))
		stage_fleet_rest(f);
	return err->code;
}

void stage_fleet_rest(struct stage_fleet *f)
{
	for (size_t i = 0; f->runs && i < f->count; i++) {
		struct stage_run *run = &f->runs[i];
		struct nos_err ignored = { 0 };

		/* Numbers that are not given back are lost, and no more. */
		if (run->ring.path)
			(void)!nos_ring_close(&run->ring, &ignored);
		nos_send_release(&run->send);
		nos_ring_release(&run->ring);
	}
	free(f->runs);
	f->runs = NULL;
}

/* ---- a turn ---- */

static void note(struct stage_fleet *f, size_t i)
{
	const struct nos_keyring *k = &f->runs[i].ring.k;
	struct stage_source *s = &f->sources[i];

	s->held = nos_keyring_active(k)->name;
	s->done =
	    s->held.kind == letters[f->scheme] && !k->ack_len && !nos_name_eq(&s->held, &s->before);
}

enum nos_code stage_poll(struct stage_fleet *f, size_t i, uint64_t wait_s,
    const struct nos_carrier *carrier, struct nos_err *err)
{
	struct stage_run *run = &f->runs[i];
	struct nos_keeper *keeper = &run->send.keeper;

	run->lent = carrier;
	nos_keeper_aim(keeper, run->send.urls[0], ANSWER_MS);
	if (!nos_keeper_poll(keeper, wait_s, err) && !bench_go_on(err))
		note(f, i);
	return err->code;
}

enum nos_code stage_send(
    struct stage_fleet *f, size_t i, const struct nos_carrier *carrier, struct nos_err *err)
{
	struct stage_run *run = &f->runs[i];
	struct nos_send_pack pack = { .text = NOS_STR(READING), .readings = 1 };
	struct nos_answer answer = { 0 };

	run->lent = carrier;
	if (nos_send_number(&run->send, &pack, err) ||
	    nos_send_pack(&run->send, &pack, ANSWER_MS, &answer, err))
		return err->code;
	if (answer.refused)
		*err = answer.why;
	else if (run->send.fault.code)
		*err = run->send.fault;
	else if (!bench_go_on(err))
		note(f, i);
	nos_answer_release(&answer);
	return err->code;
}

/* ---- all of them ---- */

static enum nos_code turn(
    void *state, size_t i, const struct nos_carrier *carrier, struct nos_err *err)
{
	struct stage_fleet *f = state;

	return f->sources[i].done ? NOS_OK : stage_send(f, i, carrier, err);
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
	size_t left;

	while ((left = count_left(f))) {
		if (nos_mono_now().us - since.us > WITHIN_US)
			return nos_err_set(err, NOS_AWAY,
			    "%zu of %zu sources have no new key of %s within a minute", left,
			    f->count, bench_scheme_text(f->scheme));
		if (crowd_run(stage_crowd(s), f->count, turn, f, err))
			return err->code;
		if (count_left(f))
			nanosleep(&(struct timespec){ .tv_nsec = GAP_NS }, NULL);
	}
	return NOS_OK;
}
