/* SPDX-License-Identifier: MIT */
#include "store/nats_flight.h"

#include <assert.h>
#include <inttypes.h>

#include "base/num.h"
#include "store/nats_tail.h"

#define AGAIN_MS 1000 /* without an answer, after which all is sent again */
#define SOON_MS	 100  /* and after one that says to try again */
#define STEP_MS	 50
#define LEAVE_MS 2000 /* that what is forgotten is waited for */
#define ASK_EACH 64   /* entries of a tail, of which one is to be acknowledged */

#define BEHIND "Nats-Expected-Last-Msg-Id"

enum nos_code nos_nats_flight_open(
    struct nos_nats_flight *f, const struct nos_nats_link *l, struct nos_err *err)
{
	*f = (struct nos_nats_flight){ .link = l };
	f->ring = calloc(NOS_NATS_FLIGHT_MAX, sizeof(*f->ring));
	if (!f->ring)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	snprintf(f->inbox, sizeof(f->inbox), "_INBOX.%s", l->id);
	return nos_nats_flight_listen(f, err);
}

enum nos_code nos_nats_flight_listen(struct nos_nats_flight *f, struct nos_err *err)
{
	char below[80];
	natsStatus s;

	nos_nats_link_unsubscribe(f->link, f->acks);
	f->acks = NULL;
	snprintf(below, sizeof(below), "%s.*", f->inbox);
	s = natsConnection_SubscribeSync(&f->acks, f->link->nc, below);
	if (s == NATS_OK)
		s = natsSubscription_SetPendingLimits(f->acks, -1, -1);
	f->again = f->count > 0;
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(f->link, "open", s, 0, err);
}

/* ---- the queue ---- */

struct nos_nats_sent *nos_nats_flight_at(const struct nos_nats_flight *f, size_t i)
{
	return &f->ring[(f->first + i) % NOS_NATS_FLIGHT_MAX];
}

struct nos_nats_sent *nos_nats_flight_find(const struct nos_nats_flight *f, uint64_t number)
{
	uint64_t first = f->number - f->count + 1;

	return number >= first && number <= f->number
		   ? nos_nats_flight_at(f, (size_t)(number - first))
		   : NULL;
}

void nos_nats_flight_finish(struct nos_nats_flight *f, struct nos_nats_sent *e)
{
	e->done = true;
	f->puts -= e->hash != 0;
	f->bytes -= e->bytes;
	natsMsg_Destroy(e->msg);
	e->msg = NULL;
	while (f->count && nos_nats_flight_at(f, 0)->done) {
		f->first = (f->first + 1) % NOS_NATS_FLIGHT_MAX;
		f->count--;
	}
}

static void drop_all(struct nos_nats_flight *f)
{
	while (f->count) {
		struct nos_nats_sent *e = nos_nats_flight_at(f, 0);

		if (e->tail)
			e->tail->known = false;
		nos_nats_flight_finish(f, e);
	}
}

void nos_nats_flight_close(struct nos_nats_flight *f)
{
	if (f->ring)
		drop_all(f);
	nos_nats_link_unsubscribe(f->link, f->acks);
	free(f->ring);
	f->acks = NULL;
	f->ring = NULL;
}

bool nos_nats_flight_has(const struct nos_nats_flight *f, size_t hash)
{
	for (size_t i = 0; f->puts && i < f->count; i++)
		if (nos_nats_flight_at(f, i)->hash == hash && !nos_nats_flight_at(f, i)->done)
			return true;
	return false;
}

void nos_nats_flight_blame(struct nos_nats_flight *f, const struct nos_err *err)
{
	if (!f->fault.code)
		f->fault = *err;
}

/* ---- one message ---- */

static void publish(struct nos_nats_flight *f, struct nos_nats_sent *e)
{
	e->times++;
	f->pushed = false;
	if ((e->asks && !natsMsg_GetReply(e->msg) && !nos_nats_flight_reply(f, e)) ||
	    natsConnection_PublishMsg(f->link->nc, e->msg) != NATS_OK)
		f->again = true;
}

/* What was held: nothing is to follow before an answer is waited for. */
static void let_go(struct nos_nats_flight *f)
{
	if (!f->holds)
		return;
	f->holds = false;
	for (size_t i = 0; i < f->count; i++) {
		struct nos_nats_sent *e = nos_nats_flight_at(f, i);

		if (e->done || e->times)
			continue;
		e->asks = true;
		e->tail->silent = 0;
		publish(f, e);
	}
}

/* One more entry of a tail: the one before it goes, and need not ask, unless many did not. */
static void hold(struct nos_nats_flight *f, struct nos_nats_tail *t, struct nos_nats_sent *e)
{
	struct nos_nats_sent *before = nos_nats_flight_find(f, t->before);

	if (before && !before->done && !before->times)
		publish(f, before);
	t->before = e->number;
	t->silent = (t->silent + 1) % ASK_EACH;
	e->asks = !t->silent;
	f->holds = true;
}

/* ---- answers ---- */

/* The number behind a member's name, in what the servers write without blanks. */
static bool member(struct nos_str text, const char *name, uint64_t *ret)
{
	const char *p = memmem(text.p, text.len, name, strlen(name));
	size_t len = 0;

	if (!p)
		return false;
	p += strlen(name);
	while (p + len < text.p + text.len && p[len] >= '0' && p[len] <= '9')
		len++;
	return nos_num_parse((struct nos_str){ p, len }, 0, UINT64_MAX, ret);
}

/* What says that a key was deleted has been told, and need not stay; where it does no harm is done.
 */
static void sweep(const struct nos_nats_flight *f, natsMsg *msg, uint64_t seq)
{
	struct nos_str rest = nos_str_of(natsMsg_GetSubject(msg)), bucket;
	char subject[NOS_NATS_NAME_MAX + 40], body[64];
	const char *what;

	if (natsMsgHeader_Get(msg, "KV-Operation", &what) != NATS_OK ||
	    !nos_str_cut(&rest, '.', &bucket) || !nos_str_cut(&rest, '.', &bucket))
		return;
	snprintf(
	    subject, sizeof(subject), "$JS.API.STREAM.MSG.DELETE.KV_%.*s", NOS_STR_ARG(bucket));
	snprintf(body, sizeof(body), "{\"seq\":%" PRIu64 ",\"no_erase\":true}", seq);
	(void)natsConnection_PublishString(f->link->nc, subject, body);
}

/* An entry is taken only behind the one before it, so that those are there as well. */
static void finish_before(struct nos_nats_flight *f, const struct nos_nats_sent *e)
{
	const struct nos_nats_tail *tail = e->tail;
	const uint64_t end = e->number;

	for (uint64_t n = f->number - f->count + 1; n < end; n++) {
		struct nos_nats_sent *b = nos_nats_flight_find(f, n);

		if (b && !b->done && b->tail == tail)
			nos_nats_flight_finish(f, b);
	}
}

void nos_nats_flight_answered(
    struct nos_nats_flight *f, struct nos_nats_sent *e, const struct nos_nats_answer *a)
{
	struct nos_err err = { 0 };

	f->moved_us = nos_mono_now().us;
	if (e->number == f->wanted)
		f->answer = *a;
	else if (a->code)
		(void)nos_nats_link_refused("write", a->code, &err);
	if (!a->code && e->tail) {
		if (a->seq != e->position)
			nos_err_set(&err, NOS_IO, "store: '%s' has entry %" PRIu64 " at %" PRIu64,
			    e->tail->stream, e->position, a->seq);
		else if (a->seq > e->tail->kept)
			e->tail->kept = a->seq;
	}
	/* Of those before it nothing is heard then. */
	if (err.code && e->tail) {
		nos_nats_tail_cut(f, e->tail, &err);
		return;
	}
	if (err.code)
		nos_nats_flight_blame(f, &err);
	else if (e->hash && !a->code)
		sweep(f, e->msg, a->seq);
	if (e->tail)
		finish_before(f, e);
	nos_nats_flight_finish(f, e);
}

static void take_answer(struct nos_nats_flight *f, natsMsg *msg)
{
	const char *number = strrchr(natsMsg_GetSubject(msg), '.') + 1;
	struct nos_str text = { natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg) };
	struct nos_nats_answer a = { 0 };
	struct nos_nats_sent *e;
	uint64_t n, code = 0;

	if (!nos_num_parse(nos_str_of(number), 1, UINT64_MAX, &n) ||
	    !(e = nos_nats_flight_find(f, n)) || e->done)
		return;
	a.times = e->times;
	if (natsMsg_IsNoResponders(msg) ||
	    (!member(text, "\"err_code\":", &code) && !member(text, "\"seq\":", &a.seq))) {
		f->again = true;
		return;
	}
	a.code = (unsigned)code;
	/* Where it should stand another does, or the one before is missing: the stream is asked. */
	if (nos_nats_link_is_passing(NATS_OK, (jsErrCode)code) ||
	    (e->tail && (code == NOS_NATS_WRONG_SEQUENCE || code == NOS_NATS_WRONG_ID)))
		f->again = true;
	else
		nos_nats_flight_answered(f, e, &a);
}

/* Answers that are there; waits for the first of them. Whether there were any. */
static bool take_answers(struct nos_nats_flight *f, int64_t wait_ms)
{
	natsMsg *msg;
	bool any = false;

	while (f->count && natsSubscription_NextMsg(&msg, f->acks, any ? 0 : wait_ms) == NATS_OK) {
		any = true;
		take_answer(f, msg);
		natsMsg_Destroy(msg);
	}
	return any;
}

/* ---- again ---- */

/* The last of each tail is to tell what became of it. */
static void ask_last(struct nos_nats_flight *f)
{
	struct nos_nats_tail *seen[NOS_NATS_TAILS_MAX];
	size_t n = 0;

	for (size_t i = f->count; i-- > 0 && n < NOS_NATS_TAILS_MAX;) {
		struct nos_nats_sent *e = nos_nats_flight_at(f, i);

		if (e->done || !e->tail || nos_nats_tail_is_among(seen, n, e->tail))
			continue;
		seen[n++] = e->tail;
		e->asks = true;
	}
}

/* The first that is sent again of a stream stands behind what has arrived, by its position alone:
 * servers that start anew do not know ids of long ago. */
static void send_again(struct nos_nats_flight *f)
{
	struct nos_nats_tail *seen[NOS_NATS_TAILS_MAX];
	size_t n = 0;

	f->again = false;
	take_answers(f, 0);
	nos_nats_tail_look(f);
	ask_last(f);
	for (size_t i = 0; i < f->count; i++) {
		struct nos_nats_sent *e = nos_nats_flight_at(f, i);

		if (e->done)
			continue;
		if (e->tail && n < NOS_NATS_TAILS_MAX &&
		    !nos_nats_tail_is_among(seen, n, e->tail)) {
			seen[n++] = e->tail;
			(void)natsMsgHeader_Delete(e->msg, BEHIND);
		}
		publish(f, e);
	}
	f->again_us = nos_mono_now().us;
}

/* ---- sending and waiting ---- */

static enum nos_code give_up(struct nos_nats_flight *f, struct nos_err *err)
{
	drop_all(f);
	return nos_nats_link_failed(f->link, "write", NATS_TIMEOUT, 0, err);
}

static void step(struct nos_nats_flight *f)
{
	uint64_t now, since;

	let_go(f);
	if (!f->pushed)
		nos_nats_link_push(f->link);
	f->pushed = true;
	if (take_answers(f, STEP_MS) && !f->again)
		return;
	now = nos_mono_now().us;
	since = f->left_us > f->moved_us ? f->left_us : f->moved_us;
	if (f->count && now - since >= NOS_NATS_LEAVE_MS * UINT64_C(1000)) {
		nos_nats_link_leave(f->link);
		f->left_us = now;
	}
	since = f->again_us > f->moved_us ? f->again_us : f->moved_us;
	if (f->count && now - since >= (f->again ? SOON_MS : AGAIN_MS) * UINT64_C(1000))
		send_again(f);
}

/* Until so many are left, and the bytes of no more than most. */
static enum nos_code wait_for(
    struct nos_nats_flight *f, size_t left, size_t most, uint64_t number, struct nos_err *err)
{
	const struct nos_nats_sent *e;

	const uint64_t limit_us = (number ? NOS_NATS_WAIT_MS : NOS_NATS_FLIGHT_MS) * UINT64_C(1000);

	while (f->count > left || f->bytes > most) {
		if (number && (!(e = nos_nats_flight_find(f, number)) || e->done))
			return NOS_OK;
		if (nos_mono_now().us - f->moved_us > limit_us ||
		    nos_nats_link_is_given_up(f->link))
			return give_up(f, err);
		step(f);
	}
	return NOS_OK;
}

static enum nos_code push(struct nos_nats_flight *f, natsMsg *msg, size_t hash,
    struct nos_nats_tail *tail, uint64_t position, struct nos_err *err)
{
	const size_t bytes = (size_t)natsMsg_GetDataLength(msg) + 256;
	struct nos_nats_sent *e;

	if (!f->count)
		f->moved_us = nos_mono_now().us;
	if (wait_for(f, NOS_NATS_FLIGHT_MAX - 1,
		bytes < NOS_NATS_FLIGHT_BYTES ? NOS_NATS_FLIGHT_BYTES - bytes : 0, 0, err)) {
		natsMsg_Destroy(msg);
		return err->code;
	}
	if (!tail)
		let_go(f);
	e = &f->ring[(f->first + f->count++) % NOS_NATS_FLIGHT_MAX];
	*e = (struct nos_nats_sent){ msg, ++f->number, bytes, hash, tail, position, 0, !tail,
		false };
	f->bytes += bytes;
	f->puts += hash != 0;
	if (tail)
		hold(f, tail, e);
	else
		publish(f, e);
	return NOS_OK;
}

enum nos_code nos_nats_flight_send(struct nos_nats_flight *f, natsMsg *msg, size_t hash,
    struct nos_nats_tail *tail, uint64_t position, struct nos_err *err)
{
	const struct nos_nats_sent *before = tail ? nos_nats_flight_find(f, tail->before) : NULL;
	char id[48];

	/* Where the one before is lost this one is not to take its place, whoever else may have. */
	if (before && !before->done) {
		nos_nats_flight_id(f, before->number, id);
		if (nos_nats_flight_head(msg, BEHIND, id, err)) {
			natsMsg_Destroy(msg);
			return err->code;
		}
	}
	return push(f, msg, hash, tail, position, err);
}

enum nos_code nos_nats_flight_ask(struct nos_nats_flight *f, natsMsg *msg, size_t hash,
    struct nos_nats_answer *ret, struct nos_err *err)
{
	f->wanted = f->number + 1;
	f->answer = (struct nos_nats_answer){ 0 };
	if (!push(f, msg, hash, NULL, 0, err) && !wait_for(f, 0, SIZE_MAX, f->wanted, err))
		*ret = f->answer;
	f->wanted = 0;
	return err->code;
}

enum nos_code nos_nats_flight_settle(struct nos_nats_flight *f, struct nos_err *err)
{
	if (!wait_for(f, 0, SIZE_MAX, 0, err) && f->fault.code)
		*err = f->fault;
	nos_err_clear(&f->fault);
	return err->code;
}

enum nos_code nos_nats_flight_quiet(struct nos_nats_flight *f, struct nos_err *err)
{
	return wait_for(f, 0, SIZE_MAX, 0, err);
}

void nos_nats_flight_abandon(struct nos_nats_flight *f)
{
	let_go(f);
	while (f->count && take_answers(f, LEAVE_MS))
		;
	drop_all(f);
	nos_err_clear(&f->fault);
}
