/* SPDX-License-Identifier: MIT */
#include "store/nats_stream.h"

#include <inttypes.h>

#include "base/num.h"

#define FEW	 4 /* entries that are fetched one by one, where no cursor stands before them */
#define TIME	 "Nos-Time"
#define EXPECTED "Nats-Expected-Last-Sequence"

void nos_nats_stream_close(struct nos_nats_streams *s)
{
	for (size_t i = 0; i < s->count; i++)
		nos_nats_cursor_close(&s->of[i].cursor, s->link);
	s->count = 0;
}

void nos_nats_stream_forget(struct nos_nats_streams *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->of[i].tail.known = false;
}

/* One message for all of a group: of each entry would be too many. */
void nos_nats_stream_tell(struct nos_nats_streams *s)
{
	char changed[NOS_NATS_NAME_MAX], subject[NOS_NATS_NAME_MAX + 16];
	natsMsg *msg = NULL;

	if (!s->changed)
		return;
	nos_nats_make_changed(s->link, changed);
	snprintf(subject, sizeof(subject), "%s._streams", changed);
	if (natsMsg_Create(&msg, subject, NULL, NULL, 0) == NATS_OK &&
	    natsMsgHeader_Set(msg, NOS_NATS_ID, s->link->id) == NATS_OK)
		(void)natsConnection_PublishMsg(s->link->nc, msg);
	natsMsg_Destroy(msg);
	s->changed = false;
}

static struct nos_nats_stream *find(
    struct nos_nats_streams *s, const char *stream, struct nos_err *err)
{
	char name[NOS_NATS_NAME_MAX];

	nos_nats_make_name(s->link, stream, name);
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->of[i].tail.stream, name) == 0)
			return &s->of[i];
	if (s->count == NOS_NATS_TAILS_MAX) {
		nos_err_set(err, NOS_INTERNAL, "store: over %d streams", NOS_NATS_TAILS_MAX);
		return NULL;
	}
	s->of[s->count] = (struct nos_nats_stream){ 0 };
	snprintf(s->of[s->count].tail.stream, NOS_NATS_NAME_MAX, "%s", name);
	return &s->of[s->count++];
}

/* What this store has under way, of entries, has come. */
static struct nos_nats_stream *find_quiet(
    struct nos_nats_streams *s, const char *stream, struct nos_err *err)
{
	struct nos_nats_stream *x = find(s, stream, err);

	if (x && s->flight->count > s->flight->puts && nos_nats_flight_quiet(s->flight, err))
		return NULL;
	return x;
}

/* ---- appending ---- */

static enum nos_code make(struct nos_nats_streams *s, const char *name, struct nos_time now,
    struct nos_span entry, bool asks, natsMsg **ret, struct nos_err *err)
{
	char time[24];

	snprintf(time, sizeof(time), "%" PRId64, now.ms);
	if (nos_nats_flight_new(s->flight, name, entry, asks, ret, err))
		return err->code;
	if (nos_nats_flight_head(*ret, TIME, time, err))
		natsMsg_Destroy(*ret);
	return err->code;
}

static enum nos_code append_at(struct nos_nats_streams *s, struct nos_nats_tail *t,
    struct nos_time now, struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	natsMsg *msg;

	if (nos_nats_tail_join(s->flight, t, err) ||
	    make(s, t->stream, now, entry, false, &msg, err))
		return err->code;
	if (nos_nats_flight_head_num(msg, EXPECTED, t->last, err)) {
		natsMsg_Destroy(msg);
		return err->code;
	}
	if (nos_nats_flight_send(s->flight, msg, 0, t, t->last + 1, err))
		return err->code;
	/* While room was waited for it may have come out that it has another end. */
	if (!t->known && !nos_nats_flight_settle(s->flight, err))
		return nos_err_set(err, NOS_BUSY, "store: '%s' has another end", t->stream);
	if (!err->code)
		*ret_position = ++t->last;
	return err->code;
}

enum nos_code nos_nats_stream_append(struct nos_nats_streams *s, const char *stream,
    struct nos_time now, struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct nos_nats_stream *x = find(s, stream, err);
	natsMsg *msg;

	if (!x || nos_nats_make_stream(s->made, s->link, stream, err))
		return err->code;
	if (ret_position) {
		(void)append_at(s, &x->tail, now, entry, ret_position, err);
	} else if (!make(s, x->tail.stream, now, entry, true, &msg, err)) {
		x->tail.known = false;
		(void)!nos_nats_flight_send(s->flight, msg, 0, NULL, 0, err);
	}
	s->changed |= !nos_nats_make_is_hushed(s->made, stream);
	if (!err->code && !*s->group && !nos_nats_flight_settle(s->flight, err))
		nos_nats_stream_tell(s);
	return err->code;
}

/* Where it was refused it may be that it stands there: it was sent first, and its answer lost. */
static enum nos_code refused(struct nos_nats_streams *s, const struct nos_nats_tail *t,
    uint64_t position, uint64_t number, const struct nos_nats_answer *a, struct nos_err *err)
{
	bool ours = false;

	if (a->code != NOS_NATS_WRONG_SEQUENCE)
		return nos_nats_link_refused("write", a->code, err);
	if (nos_nats_tail_is_ours(s->flight, t->stream, position, number, &ours, err) || ours)
		return err->code;
	return nos_err_set(err, NOS_EXISTS, "store: another writes '%s'", t->stream);
}

enum nos_code nos_nats_stream_append_behind(struct nos_nats_streams *s, const char *stream,
    struct nos_time now, struct nos_span entry, uint64_t last, struct nos_err *err)
{
	struct nos_nats_stream *x = find(s, stream, err);
	const uint64_t number = s->flight->number + 1;
	struct nos_nats_answer answer;
	natsMsg *msg;

	if (!x || nos_nats_make_stream(s->made, s->link, stream, err) ||
	    make(s, x->tail.stream, now, entry, true, &msg, err))
		return err->code;
	x->tail.known = false;
	if (nos_nats_flight_head_num(msg, EXPECTED, last, err)) {
		natsMsg_Destroy(msg);
		return err->code;
	}
	if (nos_nats_flight_ask(s->flight, msg, 0, &answer, err) ||
	    (answer.code && refused(s, &x->tail, last + 1, number, &answer, err)))
		return err->code;
	s->changed |= !nos_nats_make_is_hushed(s->made, stream);
	if (!*s->group)
		nos_nats_stream_tell(s);
	return NOS_OK;
}

/* ---- reading ---- */

struct reader {
	nos_store_entry *each;
	void *state;
};

static struct nos_span body(natsMsg *msg)
{
	return (struct nos_span){ (const uint8_t *)natsMsg_GetData(msg),
		(size_t)natsMsg_GetDataLength(msg) };
}

static enum nos_code show(
    void *state, natsMsg *msg, uint64_t position, bool *more, struct nos_err *err)
{
	const struct reader *r = state;

	(void)more;
	return r->each(r->state, position, body(msg), err);
}

/* The one behind a position, where one stands right there: without a consumer. */
static enum nos_code fetch(struct nos_nats_streams *s, const struct nos_nats_stream *x,
    uint64_t position, natsMsg **ret, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(s->link, NOS_NATS_WAIT_MS);
	jsOptions o = s->link->ask;
	jsErrCode code;
	natsStatus st;

	*ret = NULL;
	if (position > INT64_MAX) /* no such number is ever given */
		return NOS_OK;
	do
		st = js_GetMsg(ret, s->link->js, x->tail.stream, position, &o, &code);
	while (nos_nats_link_again(&t, st, code));
	return st == NATS_OK || nos_nats_link_is_absent(st, code)
		   ? NOS_OK
		   : nos_nats_link_failed(s->link, x->tail.stream, st, code, err);
}

static enum nos_code read_few(struct nos_nats_streams *s, const struct nos_nats_stream *x,
    uint64_t *after, size_t *limit, const struct reader *r, struct nos_err *err)
{
	natsMsg *msg;

	for (; *limit && *after < UINT64_MAX; ++*after, --*limit) {
		if (fetch(s, x, *after + 1, &msg, err))
			return err->code;
		if (!msg)
			return NOS_OK;
		(void)r->each(r->state, *after + 1, body(msg), err);
		natsMsg_Destroy(msg);
		if (err->code)
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_nats_stream_read(struct nos_nats_streams *s, const char *stream, uint64_t after,
    size_t limit, nos_store_entry *each, void *state, struct nos_err *err)
{
	struct nos_nats_stream *x = find_quiet(s, stream, err);
	struct reader r = { each, state };
	struct nos_nats_cursor own;
	struct nos_nats_wish wish;

	if (!x)
		return err->code;
	if (limit <= FEW && x->cursor.at != after && read_few(s, x, &after, &limit, &r, err))
		return err->code;
	if (!limit)
		return NOS_OK;
	/* Out of the way of what is read from within. */
	own = x->cursor;
	x->cursor = (struct nos_nats_cursor){ 0 };
	wish = (struct nos_nats_wish){ x->tail.stream, NULL, after, false };
	(void)!nos_nats_cursor_run(&own, s->link, &wish, limit, show, &r, err);
	nos_nats_cursor_close(&x->cursor, s->link);
	x->cursor = own;
	return err->code;
}

static enum nos_code bounds(struct nos_nats_streams *s, const struct nos_nats_stream *x,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct nos_nats_state state = { .first = 1 };

	if (nos_nats_make_state(s->link, x->tail.stream, &state, err) == NOS_ABSENT)
		nos_err_clear(err);
	if (err->code)
		return err->code;
	*ret_first = state.first;
	*ret_last = state.last;
	return NOS_OK;
}

enum nos_code nos_nats_stream_bounds(struct nos_nats_streams *s, const char *stream,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	const struct nos_nats_stream *x = find_quiet(s, stream, err);

	return x ? bounds(s, x, ret_first, ret_last, err) : err->code;
}

enum nos_code nos_nats_stream_claim(struct nos_nats_streams *s, const char *stream,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct nos_nats_stream *x = find_quiet(s, stream, err);

	if (x && !bounds(s, x, ret_first, ret_last, err))
		nos_nats_tail_claim(&x->tail, *ret_last);
	return err->code;
}

/* ---- taking out ---- */

struct old {
	const struct nos_store_trim *what;
	size_t count;
	uint64_t last;
};

static enum nos_code count_old(
    void *state, natsMsg *msg, uint64_t position, bool *more, struct nos_err *err)
{
	struct old *o = state;
	const char *text = NULL;
	char *end;
	int64_t ms = INT64_MAX;

	(void)err;
	if (natsMsgHeader_Get(msg, TIME, &text) == NATS_OK && text)
		ms = strtoll(text, &end, 10);
	if (position > o->what->up_to || ms >= o->what->before.ms || o->count >= o->what->most) {
		*more = false;
		return NOS_OK;
	}
	o->count++;
	o->last = position;
	return NOS_OK;
}

static enum nos_code purge(
    struct nos_nats_streams *s, const char *name, uint64_t up_to, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(s->link, NOS_NATS_WAIT_MS);
	jsOptions o = s->link->ask;
	jsErrCode code;
	natsStatus st;

	o.Stream.Purge.Sequence = up_to + 1;
	do
		st = js_PurgeStream(s->link->js, name, &o, &code);
	while (nos_nats_link_again(&t, st, code));
	return st == NATS_OK ? NOS_OK : nos_nats_link_failed(s->link, name, st, code, err);
}

/* The oldest is looked at first: most often it is not old enough. */
enum nos_code nos_nats_stream_trim(struct nos_nats_streams *s, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err)
{
	struct nos_nats_stream *x = find_quiet(s, stream, err);
	struct nos_nats_cursor cursor = { 0 };
	struct nos_nats_state state;
	struct old old = { what, 0, 0 };
	struct nos_nats_wish wish;
	bool more = true;
	natsMsg *msg;

	*ret_dropped = 0;
	if (!x)
		return err->code;
	if (nos_nats_make_state(s->link, x->tail.stream, &state, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (err->code || !state.count || !what->most || fetch(s, x, state.first, &msg, err))
		return err->code;
	if (msg)
		(void)count_old(&old, msg, state.first, &more, err);
	natsMsg_Destroy(msg);
	if (!more)
		return NOS_OK;
	wish = (struct nos_nats_wish){ x->tail.stream, NULL, state.first, true };
	if (old.count < what->most)
		(void)!nos_nats_cursor_run(
		    &cursor, s->link, &wish, what->most - old.count, count_old, &old, err);
	nos_nats_cursor_close(&cursor, s->link);
	if (err->code || !old.count || purge(s, x->tail.stream, old.last, err))
		return err->code;
	*ret_dropped = old.count;
	s->changed |= !nos_nats_make_is_hushed(s->made, stream);
	if (!*s->group)
		nos_nats_stream_tell(s);
	return NOS_OK;
}

/* Where it fails it may be since nothing is there. */
enum nos_code nos_nats_stream_erase(
    struct nos_nats_streams *s, const char *stream, uint64_t position, struct nos_err *err)
{
	struct nos_nats_stream *x = find_quiet(s, stream, err);
	jsOptions o = s->link->ask;
	struct nos_nats_try t = nos_nats_link_try(s->link, NOS_NATS_WAIT_MS);
	jsErrCode code;
	natsStatus st;
	natsMsg *msg;

	if (!x || position > INT64_MAX)
		return err->code;
	do
		st = js_EraseMsg(s->link->js, x->tail.stream, position, &o, &code);
	while (nos_nats_link_again(&t, st, code));
	if (st == NATS_OK) {
		s->changed |= !nos_nats_make_is_hushed(s->made, stream);
		if (!*s->group)
			nos_nats_stream_tell(s);
	}
	if (st == NATS_OK || nos_nats_link_is_absent(st, code))
		return NOS_OK;
	if (fetch(s, x, position, &msg, err))
		return err->code;
	if (!msg)
		return NOS_OK;
	natsMsg_Destroy(msg);
	return nos_nats_link_failed(s->link, x->tail.stream, st, code, err);
}
