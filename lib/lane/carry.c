/* SPDX-License-Identifier: MIT */
#include "lane/carry.h"

#include "json/problem.h"
#include "lane/change.h"
#include "stream/seen.h"

#define ASK_S 10 /* between two looks at the store whether a source is such a relay */

static enum nos_code track_of(
    struct nos_ledger *l, const char *source, struct nos_track **ret, struct nos_err *err)
{
	char id[NOS_TRACK_ID_MAX];

	if (nos_seen_track(l->lanes, source, nos_store_lane(l->config.store), id, err))
		return err->code;
	return nos_track_get(l->tracks, l->config.store, id, ret, err);
}

/* Whatever is wrong with a relay, it is wrong with no other job. */
static enum nos_code check_key(
    struct nos_ledger *l, struct nos_job_relay *relay, struct nos_err *err)
{
	const struct nos_ledger_config *f = &l->config;

	if (nos_member_check(
		f->members, f->store, f->vault, &relay->member, &relay->key, &relay->err)) {
		if (relay->err.code != NOS_TAG)
			*err = relay->err;
		return err->code;
	}
	return nos_change_seen(l, relay->member, relay->key, &relay->news, &relay->err, err);
}

static enum nos_code look_at(struct nos_ledger *l, struct nos_job_relay *relay, struct nos_err *err)
{
	const struct nos_raw_via *via = &relay->via;
	struct nos_track *track;

	if (check_key(l, relay, err) || relay->err.code || track_of(l, via->source, &track, err))
		return err->code;
	relay->verdict = nos_window_look(&track->window, via->seq, via->hash);
	relay->next = (via->seq > track->window.top ? via->seq : track->window.top) + 1;
	return NOS_OK;
}

enum nos_code nos_carry_look(struct nos_ledger *l, struct nos_job *job, struct nos_err *err)
{
	for (job->reached = 0; job->reached < job->relay_count; job->reached++) {
		struct nos_job_relay *relay = &job->relays[job->reached];

		if (look_at(l, relay, err))
			return err->code;
		if (relay->err.code || relay->verdict == NOS_WINDOW_DUPLICATE)
			break;
	}
	return NOS_OK;
}

/* ---- what came of it ---- */

static enum nos_code note(
    struct nos_ledger *l, struct nos_job_relay *relay, uint64_t position, struct nos_err *err)
{
	const struct nos_raw_via *via = &relay->via;
	struct nos_track *track;

	if (track_of(l, via->source, &track, err))
		return err->code;
	relay->before = track->window;
	relay->position_before = track->position;
	relay->noted = true;
	if (relay->verdict == NOS_WINDOW_FRESH)
		nos_window_note(&track->window, via->seq, via->prev, via->hash);
	if (position)
		nos_track_touch(l->tracks, track, position);
	return NOS_OK;
}

/*
 * Who was inside the frame of relay i, which did not name it, gets a link to that relay; but not by
 * a pack that was seen before: replays get nobody a link.
 */
static enum nos_code issue_link(
    struct nos_ledger *l, struct nos_job *job, size_t i, struct nos_err *err)
{
	const char *relay = job->relays[i].via.source;
	struct nos_job_relay *next = &job->relays[i + 1];

	if (job->relays[i].names.len)
		return NOS_OK;
	if (i + 1 == job->relay_count)
		return job->position && job->member
			   ? nos_change_link(l, nos_member_id(job->member), relay, &job->news, err)
			   : NOS_OK;
	return i + 1 < job->reached && next->verdict == NOS_WINDOW_FRESH
		   ? nos_change_link(l, next->via.source, relay, &next->news, err)
		   : NOS_OK;
}

enum nos_code nos_carry_note(struct nos_ledger *l, struct nos_job *job, struct nos_err *err)
{
	/* Not decided: the same frame is to be judged anew. */
	if (job->err.code && nos_problem_status(job->err.code) >= 500)
		return NOS_OK;
	for (size_t i = 0; i < job->reached; i++)
		if (note(l, &job->relays[i], job->position, err) || issue_link(l, job, i, err))
			return err->code;
	return NOS_OK;
}

void nos_carry_undo(struct nos_ledger *l, struct nos_job *job)
{
	struct nos_err err = { 0 };
	struct nos_track *track;

	for (size_t i = 0; i < job->relay_count; i++) {
		struct nos_job_relay *relay = &job->relays[i];

		/* One that is not in memory any more is as the store has it. */
		if (!relay->noted || track_of(l, relay->via.source, &track, &err))
			continue;
		track->window = relay->before;
		track->position = relay->position_before;
	}
}

void nos_carry_fail(struct nos_job *job, const struct nos_err *err)
{
	job->reached = 0;
	if (job->relay_count)
		job->relays[0].err = *err;
	else if (!job->err.code)
		job->err = *err;
}

/* ---- entries that are committed ---- */

static enum nos_code weigh(struct nos_track *track, const struct nos_raw_via *via,
    struct nos_time received, struct nos_err *err)
{
	if (received.ms > track->last_seen.ms)
		track->last_seen = received;
	return nos_track_use(track, via->kid, 0, received, err);
}

enum nos_code nos_carry_weigh(struct nos_ledger *l, const struct nos_raw *raw, struct nos_err *err)
{
	struct nos_track *track;

	for (size_t i = 0; i < raw->via_count; i++) {
		if (track_of(l, raw->via[i].source, &track, err) ||
		    weigh(track, &raw->via[i], raw->received, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_carry_replay(
    struct nos_ledger *l, const struct nos_raw *raw, uint64_t position, struct nos_err *err)
{
	for (size_t i = 0; i < raw->via_count; i++) {
		const struct nos_raw_via *via = &raw->via[i];
		struct nos_track *track;

		/* What is kept of one that was forgotten does not come back. */
		if (nos_change_is_gone(l, nos_str_of(via->source)))
			continue;
		if (track_of(l, via->source, &track, err))
			return err->code;
		if (position <= track->position)
			continue;
		if (nos_window_look(&track->window, via->seq, via->hash) == NOS_WINDOW_FRESH)
			nos_window_note(&track->window, via->seq, via->prev, via->hash);
		if (weigh(track, via, raw->received, err))
			return err->code;
		nos_track_touch(l->tracks, track, position);
	}
	return NOS_OK;
}

/* ---- relays whose packs are of several lanes ---- */

/* Asked where a number is missing, and not with each pack of one that loses some. */
static uint16_t now_s(void)
{
	return (uint16_t)(nos_mono_now().us / 1000000);
}

static bool is_to_be_asked(
    const struct nos_ledger *l, const struct nos_track *track, const struct nos_analyse_packs *p)
{
	return l->lanes > 1 && p->seen < p->expected && !track->spread &&
	       (!track->asked || (uint16_t)(now_s() - track->asked_s) >= ASK_S);
}

enum nos_code nos_carry_count(struct nos_ledger *l, struct nos_raw *raw, struct nos_track *track,
    struct nos_analyse_packs *ret, struct nos_err *err)
{
	uint64_t top;
	bool spread;

	nos_window_count(&track->window, &ret->seen, &ret->expected);
	if (is_to_be_asked(l, track, ret)) {
		track->asked = true;
		track->asked_s = now_s();
		if (nos_seen_away(l->config.store, l->lanes, raw->source, &spread, &top, err))
			return err->code;
		track->spread = spread;
	}
	raw->spread = track->spread;
	if (raw->spread)
		*ret = (struct nos_analyse_packs){ 0 };
	return NOS_OK;
}
