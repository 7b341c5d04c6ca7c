/* SPDX-License-Identifier: MIT */
#include "source/courier.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBERS_LEAST 8 /* that are tried, also where there is no time to wait */

static void note(const struct nos_courier *c, const char *fmt, ...) NOS_PRINTF(2, 3);

static void note(const struct nos_courier *c, const char *fmt, ...)
{
	char text[NOS_ERR_TEXT_MAX + 64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->note(c->note_state, text);
}

static bool is_passing(enum nos_code code)
{
	return code == NOS_AWAY || code == NOS_BUSY || code == NOS_TAG;
}

/* The pack's number was in use: it goes under another. Said once a run. */
static void renumber(struct nos_courier *c, struct nos_send_pack *p)
{
	if (!c->copied)
		note(c, "the keyring is an old copy or used elsewhere at once: %s",
		    c->send->config.ring->path);
	c->copied = true;
	p->seq = 0;
	nos_send_let_go(p);
}

static enum nos_code in_use(const struct nos_courier *c, struct nos_err *err)
{
	return nos_err_set(err, NOS_BUSY,
	    "%s: a copy of it is in use at once, and takes its numbers and keys: stop that, and "
	    "register each source by itself",
	    c->send->config.ring->path);
}

/* Each number was in use for all of the time. One that waits must not keep the last of them: it
 * would be taken for sent, and what the other sent under it for its own. */
static enum nos_code give_up(
    struct nos_courier *c, const struct nos_send_pack *p, bool waiting, struct nos_err *err)
{
	nos_err_clear(err);
	if (waiting && nos_spool_note(c->spool, p, err))
		return err->code;
	nos_attempt_failed(&c->send->attempt, 0, false);
	return in_use(c, err);
}

static bool is_noted(const struct nos_courier *c, const struct nos_send_pack *p)
{
	return strcmp(c->noted.url, p->url) == 0 && c->noted.node == p->node &&
	       (!p->node || memcmp(c->noted.thumbprint, p->thumbprint, sizeof(p->thumbprint)) == 0);
}

static void set_noted(struct nos_courier *c, const struct nos_send_pack *p)
{
	snprintf(c->noted.url, sizeof(c->noted.url), "%s", p->url);
	c->noted.node = p->node;
	memcpy(c->noted.thumbprint, p->thumbprint, sizeof(p->thumbprint));
}

/* The oldest is about to go there, or nowhere any more; on disk unless it stands there. */
static enum nos_code note_going(void *state, const struct nos_send_pack *p, struct nos_err *err)
{
	struct nos_courier *c = state;

	if (!is_noted(c, p) && !nos_spool_note(c->spool, p, err))
		set_noted(c, p);
	return err->code;
}

/* Where it has arrived nowhere, a pack that waits may go to any node the next time. */
static enum nos_code let_go(
    struct nos_courier *c, struct nos_send_pack *p, bool waiting, struct nos_err *err)
{
	struct nos_err failed = { 0 };

	if (!c->nomad || !c->nomad->count || !waiting || !is_passing(err->code))
		return err->code;
	if (!p->sent)
		nos_send_let_go(p);
	if (note_going(c, p, &failed))
		*err = failed;
	return err->code;
}

static enum nos_code carry(struct nos_courier *c, struct nos_send_pack *p, bool waiting,
    uint64_t wait_ms, struct nos_answer *ret, struct nos_err *err)
{
	if (c->nomad) {
		c->nomad->going = waiting ? note_going : NULL;
		c->nomad->going_state = c;
		c->nomad->waits = c->spool != NULL;
	}
	return c->nomad ? nos_nomad_pack(c->nomad, p, wait_ms, ret, err)
			: nos_send_pack(c->send, p, wait_ms, ret, err);
}

/*
 * Send under a number; where that was in use under the node's next, until wait_ms is over, since
 * another on a copy of the keyring may be as quick each time. waiting: the pack is the oldest of
 * the spool, and has its number there before it is sent.
 */
static enum nos_code push(struct nos_courier *c, struct nos_send_pack *p, bool waiting,
    struct nos_answer *ret, struct nos_err *err)
{
	const uint64_t until_us = nos_mono_now().us + (c->away ? 0 : c->wait_ms) * 1000;

	for (int tries = 1;; tries++) {
		uint64_t now_us = nos_mono_now().us;
		uint64_t left_ms = now_us < until_us ? (until_us - now_us) / 1000 : 0;
		bool numbered = p->seq != 0;

		nos_err_clear(err);
		set_noted(c, p);
		/* Of a keyring that was replaced: none that comes gets the same. */
		if (numbered)
			nos_ring_skip(c->send->config.ring, p->seq + 1);
		if (nos_send_number(c->send, p, err) ||
		    (waiting && !numbered && nos_spool_note(c->spool, p, err)))
			return err->code;
		if (!numbered)
			set_noted(c, p);
		if (carry(c, p, waiting, left_ms, ret, err) != NOS_EXISTS)
			break;
		renumber(c, p);
		if (tries >= NUMBERS_LEAST && (!left_ms || *c->send->config.stop)) {
			give_up(c, p, waiting, err);
			break;
		}
	}
	let_go(c, p, waiting, err);
	/* Whose copy has just been seen has asked, and has the keys that this one had. */
	if (err->code == NOS_TAG && c->copied)
		in_use(c, err);
	c->away = is_passing(err->code);
	c->why = *err;
	return err->code;
}

/*
 * What the last answer said of keys and could not be taken. A message that only a newer nos knows
 * is said once a run: the key that there is goes on for as long as the node lets it.
 */
static enum nos_code take_fault(struct nos_courier *c, struct nos_err *err)
{
	struct nos_err *fault = &c->send->fault;

	if (fault->code == NOS_CONFIG) {
		if (!c->newer)
			note(c, "%s", fault->text);
		c->newer = true;
		nos_err_clear(fault);
	}
	*err = *fault;
	nos_err_clear(fault);
	return err->code;
}

/* The oldest is settled: what the node refused of it no answer on stdout says. */
static enum nos_code settle(
    struct nos_courier *c, size_t readings, struct nos_answer *a, struct nos_err *err)
{
	uint64_t rejected = a->refused ? readings : a->reject_count;

	if (rejected)
		note(c, "spool: %" PRIu64 " readings rejected: %s", rejected,
		    a->reject_count ? a->rejects[0].err.text : a->why.text);
	c->rejected += rejected;
	c->readings += readings - rejected;
	c->accepted++;
	nos_answer_release(a);
	return nos_spool_drop(c->spool, err);
}

/* The operator's word that a node is not waited for any more: the oldest goes anywhere, and that is
 * on disk before it does. */
static enum nos_code give_free(struct nos_courier *c, struct nos_send_pack *p, struct nos_err *err)
{
	if (!c->give_up || !c->nomad || !p->sent || nos_nomad_node(c->nomad, p) != c->give_up)
		return NOS_OK;
	note(c, "spool: %zu readings may have arrived at node %" PRIu64 " and go elsewhere now",
	    p->readings, c->give_up);
	c->gave_up = true;
	c->nomad->home_last |= !p->node;
	nos_send_let_go(p);
	return nos_spool_note(c->spool, p, err);
}

enum nos_code nos_courier_drain(struct nos_courier *c, struct nos_err *err)
{
	while (c->spool && c->spool->count && !*c->send->config.stop) {
		struct nos_answer answer = { 0 };
		struct nos_send_pack p;

		if (c->away && !nos_attempt_is_due(&c->send->attempt))
			return NOS_OK;
		if (nos_spool_rekey(c->spool, &c->send->config.ring->k, err))
			return err->code;
		if (nos_spool_oldest(c->spool, &p, err)) {
			if (err->code != NOS_DATA)
				return err->code;
			note(c, "%s", err->text);
			c->aside++;
			nos_err_clear(err);
			continue;
		}
		if (give_free(c, &p, err))
			return err->code;
		if (push(c, &p, true, &answer, err)) {
			if (!is_passing(err->code))
				return err->code;
			nos_err_clear(err);
			return NOS_OK;
		}
		if (settle(c, p.readings, &answer, err) || take_fault(c, err))
			return err->code;
	}
	return NOS_OK;
}

/* Behind what waits; a failure of the sending that cannot be waited out is not forgotten. */
static enum nos_code put_by(struct nos_courier *c, const struct nos_send_pack *p,
    enum nos_courier_fate *ret_fate, struct nos_err *err)
{
	struct nos_err why = *err;

	nos_err_clear(err);
	if (nos_spool_rekey(c->spool, &c->send->config.ring->k, err) ||
	    nos_spool_add(c->spool, p, err))
		return err->code;
	c->spooled++;
	*ret_fate = NOS_COURIER_SPOOLED;
	if (why.code && !is_passing(why.code))
		*err = why;
	return err->code;
}

enum nos_code nos_courier_deliver(struct nos_courier *c, struct nos_send_pack *p,
    enum nos_courier_fate *ret_fate, struct nos_answer *ret_answer, struct nos_err *err)
{
	*ret_fate = NOS_COURIER_FAILED;
	if (nos_courier_drain(c, err) || (c->spool && c->spool->count))
		return c->spool ? put_by(c, p, ret_fate, err) : err->code;
	if (!push(c, p, false, ret_answer, err)) {
		*ret_fate = NOS_COURIER_ANSWERED;
		return take_fault(c, err);
	}
	if (p->seq && !p->sent) {
		nos_ring_back(c->send->config.ring, p->seq);
		p->seq = 0;
		nos_send_let_go(p);
	}
	return c->spool ? put_by(c, p, ret_fate, err) : err->code;
}

enum nos_code nos_courier_heard(
    struct nos_courier *c, const struct nos_answer_news *news, struct nos_err *err)
{
	struct nos_err *fault = &c->send->fault, why = { 0 };

	if (nos_send_heard(c->send, news, &why) && !fault->code)
		*fault = why;
	return take_fault(c, err);
}

enum nos_code nos_courier_overheard(
    struct nos_courier *c, struct nos_span message, struct nos_err *err)
{
	bool took;

	return nos_keeper_overheard(&c->send->keeper, message, &took, err);
}

bool nos_courier_next(const struct nos_courier *c, struct nos_mono *ret)
{
	if (!c->spool || !c->spool->count)
		return false;
	*ret = c->send->attempt.earliest;
	return true;
}
