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

#define BEHIND "Nats-Expected-Last-Msg-Id"

enum nos_code nos_nats_flight_open(
    struct nos_nats_flight *f, const struct nos_nats_link *l, struct nos_err *err)
{
	char below[80];
	natsStatus s;

	*f = (struct nos_nats_flight){ .link = l };
	f->ring = calloc(NOS_NATS_FLIGHT_MAX, sizeof(*f->ring));
	if (!f->ring)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	snprintf(f->inbox, sizeof(f->inbox), "_INBOX.%s", l->id);
	snprintf(below, sizeof(below), "%s.*", f->inbox);
	s = natsConnection_SubscribeSync(&f->acks, l->nc, below);
	if (s == NATS_OK)
		s = natsSubscription_SetPendingLimits(f->acks, -1, -1);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(l, "open", s, err);
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
	natsSubscription_Destroy(f->acks);
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

/* ---- a message ---- */

void nos_nats_flight_id(const struct nos_nats_flight *f, uint64_t number, char ret[static 48])
{
	snprintf(ret, 48, "%s.%" PRIu64, f->link->id, number);
}

enum nos_code nos_nats_flight_head(
    natsMsg *msg, const char *name, const char *value, struct nos_err *err)
{
	return natsMsgHeader_Set(msg, name, value) == NATS_OK
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

enum nos_code nos_nats_flight_head_num(
    natsMsg *msg, const char *name, uint64_t value, struct nos_err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return nos_nats_flight_head(msg, name, text, err);
}

enum nos_code nos_nats_flight_new(struct nos_nats_flight *f, const char *subject,
    struct nos_span body, natsMsg **ret, struct nos_err *err)
{
	char reply[96], id[48];

	snprintf(reply, sizeof(reply), "%s.%" PRIu64, f->inbox, f->number + 1);
	nos_nats_flight_id(f, f->number + 1, id);
	if (natsMsg_Create(ret, subject, reply, (const char *)body.p, (int)body.len) != NATS_OK)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_nats_flight_head(*ret, NOS_NATS_ID, id, err))
		natsMsg_Destroy(*ret);
	return err->code;
}

static void publish(struct nos_nats_flight *f, struct nos_nats_sent *e)
{
	e->times++;
	f->pushed = false;
	if (natsConnection_PublishMsg(f->link->nc, e->msg) != NATS_OK)
		f->again = true;
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

void nos_nats_flight_answered(
    struct nos_nats_flight *f, struct nos_nats_sent *e, const struct nos_nats_answer *a)
{
	struct nos_err err = { 0 };

	f->moved_us = nos_mono_now().us;
	if (e->number == f->wanted)
		f->answer = *a;
	else if (a->code)
		nos_err_set(&err, NOS_IO, "store: write: the servers refused it (%u)", a->code);
	if (!a->code && e->tail) {
		if (a->seq != e->position)
			nos_err_set(&err, NOS_IO, "store: '%s' has entry %" PRIu64 " at %" PRIu64,
			    e->tail->stream, e->position, a->seq);
		else if (a->seq > e->tail->kept)
			e->tail->kept = a->seq;
	}
	if (err.code)
		nos_nats_flight_blame(f, &err);
	else if (e->hash && !a->code)
		sweep(f, e->msg, a->seq);
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

/* The first that is sent again of a stream stands behind what has arrived, by its position alone:
 * servers that start anew do not know ids of long ago. */
static void send_again(struct nos_nats_flight *f)
{
	struct nos_nats_tail *seen[NOS_NATS_TAILS_MAX];
	size_t n = 0;

	f->again = false;
	take_answers(f, 0);
	nos_nats_tail_look(f);
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
	return nos_nats_link_failed(f->link, "write", NATS_TIMEOUT, err);
}

static void step(struct nos_nats_flight *f)
{
	uint64_t now, since;

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
		if (nos_mono_now().us - f->moved_us > limit_us)
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
	e = &f->ring[(f->first + f->count++) % NOS_NATS_FLIGHT_MAX];
	*e = (struct nos_nats_sent){ msg, ++f->number, bytes, hash, tail, position, 0, false };
	f->bytes += bytes;
	f->puts += hash != 0;
	if (tail)
		tail->before = e->number;
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
	while (f->count && take_answers(f, LEAVE_MS))
		;
	drop_all(f);
	nos_err_clear(&f->fault);
}
