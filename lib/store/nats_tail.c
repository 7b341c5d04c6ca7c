/* SPDX-License-Identifier: MIT */
#include "store/nats_tail.h"

#include <inttypes.h>

enum nos_code nos_nats_tail_is_ours(const struct nos_nats_flight *f, const char *stream,
    uint64_t position, uint64_t number, bool *ret, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(f->link, NOS_NATS_WAIT_MS);
	jsOptions o = f->link->ask;
	const char *have = NULL;
	natsMsg *msg = NULL;
	jsErrCode code;
	natsStatus s;
	char id[48];

	do
		s = js_GetMsg(&msg, f->link->js, stream, position, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	if (s != NATS_OK && !nos_nats_link_is_absent(s, code))
		return nos_nats_link_failed(f->link, stream, s, code, err);
	nos_nats_flight_id(f, number, id);
	*ret =
	    msg && natsMsgHeader_Get(msg, NOS_NATS_ID, &have) == NATS_OK && have &&
	    (number ? strcmp(have, id) == 0 : strncmp(have, f->link->id, strlen(f->link->id)) == 0);
	natsMsg_Destroy(msg);
	return NOS_OK;
}

static enum nos_code shut(struct nos_nats_tail *t, struct nos_err *err)
{
	t->shut = true;
	return nos_err_set(err, NOS_EXISTS, "store: another writes '%s'", t->stream);
}

void nos_nats_tail_claim(struct nos_nats_tail *t, uint64_t last)
{
	t->last = t->kept = last;
	t->known = t->joined = true;
	t->shut = false;
	t->before = 0;
}

enum nos_code nos_nats_tail_join(
    struct nos_nats_flight *f, struct nos_nats_tail *t, struct nos_err *err)
{
	struct nos_nats_state state;
	bool ours = true;

	if (t->shut)
		return shut(t, err);
	if (t->known)
		return NOS_OK;
	if (nos_nats_make_state(f->link, t->stream, &state, err))
		return err->code;
	if (t->joined && state.last < t->kept)
		return nos_err_set(err, NOS_IO,
		    "store: '%s' has lost what it acknowledged: its end is at %" PRIu64
		    ", it was at %" PRIu64,
		    t->stream, state.last, t->kept);
	if (t->joined && state.last > t->kept &&
	    nos_nats_tail_is_ours(f, t->stream, state.last, 0, &ours, err))
		return err->code;
	if (!ours)
		return shut(t, err);
	nos_nats_tail_claim(t, state.last);
	return NOS_OK;
}

/* The entries of a stream that are under way, up to a position. */
static void arrived(struct nos_nats_flight *f, struct nos_nats_tail *t, uint64_t up_to)
{
	for (uint64_t n = f->number - f->count + 1; n <= f->number; n++) {
		struct nos_nats_sent *e = nos_nats_flight_find(f, n);

		if (!e || e->done || e->tail != t || e->position > up_to)
			continue;
		nos_nats_flight_answered(f, e, &(struct nos_nats_answer){ .seq = e->position });
	}
}

void nos_nats_tail_cut(
    struct nos_nats_flight *f, struct nos_nats_tail *t, const struct nos_err *err)
{
	nos_nats_flight_blame(f, err);
	t->known = false;
	for (uint64_t n = f->number - f->count + 1; n <= f->number; n++) {
		struct nos_nats_sent *e = nos_nats_flight_find(f, n);

		if (e && !e->done && e->tail == t)
			nos_nats_flight_finish(f, e);
	}
}

/* What of a stream has arrived: each entry was taken only behind the one before it, so that the
 * last one tells. It is asked once for all that is under way, oldest first. NOS_BUSY: not now. */
static enum nos_code look(
    struct nos_nats_flight *f, struct nos_nats_sent *oldest, struct nos_err *err)
{
	struct nos_nats_tail *t = oldest->tail;
	const uint64_t from = oldest->position;
	struct nos_nats_state state;
	uint64_t number = 0;
	bool ours = false;

	if (nos_nats_make_state(f->link, t->stream, &state, err))
		return err->code;
	if (state.last + 1 < from)
		return nos_err_set(
		    err, NOS_IO, "store: '%s' has lost what it acknowledged", t->stream);
	if (state.last + 1 == from)
		return NOS_OK;
	for (size_t i = 0; i < f->count; i++)
		if (nos_nats_flight_at(f, i)->tail == t &&
		    nos_nats_flight_at(f, i)->position == state.last &&
		    !nos_nats_flight_at(f, i)->done)
			number = nos_nats_flight_at(f, i)->number;
	if (nos_nats_tail_is_ours(f, t->stream, state.last, number, &ours, err))
		return err->code;
	if (number && ours)
		arrived(f, t, state.last);
	else if (ours) /* of a group that was given up */
		return nos_err_set(
		    err, NOS_IO, "store: what was given up has come to '%s' late", t->stream);
	else
		return shut(t, err);
	return NOS_OK;
}

bool nos_nats_tail_is_among(
    struct nos_nats_tail *const *seen, size_t n, const struct nos_nats_tail *t)
{
	for (size_t i = 0; i < n; i++)
		if (seen[i] == t)
			return true;
	return false;
}

void nos_nats_tail_look(struct nos_nats_flight *f)
{
	struct nos_nats_tail *seen[NOS_NATS_TAILS_MAX];
	size_t n = 0;

	for (uint64_t i = f->number - f->count + 1; i <= f->number && n < NOS_NATS_TAILS_MAX; i++) {
		struct nos_nats_sent *e = nos_nats_flight_find(f, i);
		struct nos_err err = { 0 };

		if (!e || e->done || !e->tail || nos_nats_tail_is_among(seen, n, e->tail))
			continue;
		seen[n++] = e->tail;
		if (look(f, e, &err) && err.code != NOS_BUSY)
			nos_nats_tail_cut(f, seen[n - 1], &err);
	}
}
