/* SPDX-License-Identifier: MIT */
#include "store/nats_cursor.h"

#include <inttypes.h>

#include "base/num.h"

#define CHUNK	  500		       /* messages asked for at once */
#define ALIVE_NS  INT64_C(60000000000) /* that the servers keep a consumer that nobody asks */
#define SILENT_MS 500		       /* without a message that is known to be there: made anew */

/* ---- the consumer ---- */

static void tell(const struct nos_nats_link *l, const char *what, const struct nos_nats_cursor *c)
{
	char subject[256];

	snprintf(
	    subject, sizeof(subject), "$JS.API.CONSUMER.%s.%s.%s", what, c->stream, c->consumer);
	(void)natsConnection_PublishString(l->nc, subject, "");
}

void nos_nats_cursor_close(struct nos_nats_cursor *c, const struct nos_nats_link *l)
{
	if (*c->consumer)
		tell(l, "DELETE", c);
	nos_nats_link_unsubscribe(l, c->sub);
	c->sub = NULL;
	*c->consumer = '\0';
}

static enum nos_code listen(
    struct nos_nats_cursor *c, const struct nos_nats_link *l, struct nos_err *err)
{
	natsInbox *inbox = NULL;
	natsStatus s = natsInbox_Create(&inbox);

	if (s == NATS_OK) {
		snprintf(c->inbox, sizeof(c->inbox), "%s", inbox);
		natsInbox_Destroy(inbox);
		s = natsConnection_SubscribeSync(&c->sub, l->nc, c->inbox);
	}
	if (s == NATS_OK)
		s = natsSubscription_SetPendingLimits(c->sub, -1, -1);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(l, "read", s, 0, err);
}

static enum nos_code open_cursor(struct nos_nats_cursor *c, const struct nos_nats_link *l,
    const struct nos_nats_wish *w, uint64_t after, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	jsOptions o = l->ask;
	jsConsumerInfo *info = NULL;
	jsConsumerConfig config;
	jsErrCode code;
	natsStatus s;

	nos_nats_cursor_close(c, l);
	*c = (struct nos_nats_cursor){ .at = after };
	snprintf(c->stream, sizeof(c->stream), "%s", w->stream);
	jsConsumerConfig_Init(&config);
	config.DeliverPolicy = js_DeliverByStartSequence;
	config.OptStartSeq = after + 1;
	config.AckPolicy = js_AckNone;
	config.FilterSubject = w->filter;
	config.HeadersOnly = w->heads;
	config.Replicas = 1;
	config.MemoryStorage = true;
	config.InactiveThreshold = ALIVE_NS;
	do
		s = js_AddConsumer(&info, l->js, w->stream, &config, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	if (s != NATS_OK)
		return nos_nats_link_failed(l, w->stream, s, code, err);
	snprintf(c->consumer, sizeof(c->consumer), "%s", info->Name);
	jsConsumerInfo_Destroy(info);
	return listen(c, l, err);
}

/* ---- how far ---- */

/* Position of the last message that is there, by the leader. NOS_ABSENT: none. */
static enum nos_code last_of(const struct nos_nats_link *l, const char *stream, const char *filter,
    uint64_t *ret, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	jsOptions o = l->ask;
	natsMsg *msg = NULL;
	jsErrCode code;
	natsStatus s;

	do
		s = js_GetLastMsg(&msg, l->js, stream, filter, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	if (nos_nats_link_is_absent(s, code))
		return nos_err_set(err, NOS_ABSENT, "store: '%s' is empty", stream);
	if (s != NATS_OK)
		return nos_nats_link_failed(l, stream, s, code, err);
	*ret = natsMsg_GetSequence(msg);
	natsMsg_Destroy(msg);
	return NOS_OK;
}

/* From *at on down. Servers of 2.9 find nothing by a subject whose newest message was taken out. */
static enum nos_code last_up_to(const struct nos_nats_link *l, const char *stream, uint64_t first,
    uint64_t *at, struct nos_err *err)
{
	jsOptions o = l->ask;
	natsMsg *msg = NULL;
	jsErrCode code;
	natsStatus s;

	for (; *at >= first; --*at) {
		const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);

		do
			s = js_GetMsg(&msg, l->js, stream, *at, &o, &code);
		while (nos_nats_link_again(&t, s, code));
		if (s == NATS_OK) {
			natsMsg_Destroy(msg);
			return NOS_OK;
		}
		if (!nos_nats_link_is_absent(s, code))
			return nos_nats_link_failed(l, stream, s, code, err);
	}
	return nos_err_set(err, NOS_ABSENT, "store: '%s' is empty", stream);
}

/* The entries of a stream have its name for a subject. Where none was taken out its numbers do. */
enum nos_code nos_nats_cursor_end(const struct nos_nats_link *l, const struct nos_nats_wish *w,
    uint64_t *ret, struct nos_err *err)
{
	struct nos_nats_state state;

	if (w->filter)
		return last_of(l, w->stream, w->filter, ret, err);
	if (nos_nats_make_state(l, w->stream, &state, err))
		return err->code;
	*ret = state.last;
	if (!state.count)
		return nos_err_set(err, NOS_ABSENT, "store: '%s' is empty", w->stream);
	if (!state.gaps || last_of(l, w->stream, w->stream, ret, err) != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	return last_up_to(l, w->stream, state.first, ret, err);
}

/* ---- one message ---- */

/* "$JS.ACK.STREAM.CONSUMER.times.position.given.…", or with a domain and an account before the
 * stream. False: it is none of a stream's, but says how it is with what was asked. */
static bool place_of(natsMsg *msg, uint64_t *position, uint64_t *given)
{
	struct nos_str rest = nos_str_of(natsMsg_GetReply(msg)), part[12];
	size_t n = 0, at;

	while (n < 12 && nos_str_cut(&rest, '.', &part[n]))
		n++;
	if (n < 9 || !nos_str_is(part[0], "$JS") || !nos_str_is(part[1], "ACK"))
		return false;
	at = n == 9 ? 5 : 7;
	return nos_num_parse(part[at], 1, UINT64_MAX, position) &&
	       nos_num_parse(part[at + 1], 1, UINT64_MAX, given);
}

static void ask_for(struct nos_nats_cursor *c, const struct nos_nats_link *l, uint64_t want)
{
	const uint64_t under_way = c->asked - c->given;
	char subject[256], body[40];

	if (under_way >= want)
		return;
	if (want > CHUNK)
		want = CHUNK;
	snprintf(
	    subject, sizeof(subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s", c->stream, c->consumer);
	snprintf(body, sizeof(body), "{\"batch\":%" PRIu64 "}", want - under_way);
	(void)natsConnection_PublishRequestString(l->nc, subject, c->inbox, body);
	nos_nats_link_push(l);
	c->asked += want - under_way;
}

/* The next; NULL where it has to be opened anew. */
static natsMsg *next(struct nos_nats_cursor *c, uint64_t *position)
{
	natsMsg *msg = NULL;
	uint64_t given;

	if (natsSubscription_NextMsg(&msg, c->sub, SILENT_MS) != NATS_OK)
		return NULL;
	if (place_of(msg, position, &given) && given == c->given + 1) {
		c->given = given;
		c->at = *position;
		return msg;
	}
	natsMsg_Destroy(msg);
	return NULL;
}

struct run {
	struct nos_nats_cursor *c;
	const struct nos_nats_link *l;
	const struct nos_nats_wish *w;
	size_t limit;
	uint64_t end;
	bool more;
};

/* As far as the end that is known; false in r->more: enough, or something has to be done anew. */
static enum nos_code run_on(
    struct run *r, nos_nats_each *each, void *state, bool *ret_silent, struct nos_err *err)
{
	uint64_t position;
	natsMsg *msg;

	while (r->more && r->limit && r->c->at < r->end) {
		uint64_t left = r->end - r->c->at;

		if (r->c->asked == r->c->given)
			ask_for(r->c, r->l, left < r->limit ? left : r->limit);
		msg = next(r->c, &position);
		*ret_silent = !msg;
		if (!msg)
			return NOS_OK;
		r->limit--;
		(void)each(state, msg, position, &r->more, err);
		natsMsg_Destroy(msg);
		if (err->code)
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_nats_cursor_run(struct nos_nats_cursor *c, const struct nos_nats_link *l,
    const struct nos_nats_wish *w, size_t limit, nos_nats_each *each, void *state,
    struct nos_err *err)
{
	struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	struct run r = { c, l, w, limit, 0, true };
	uint64_t at = w->after;
	bool silent = true;

	if (strcmp(c->stream, w->stream) != 0 || c->at != at)
		nos_nats_cursor_close(c, l);
	while (silent && r.more) {
		silent = false;
		if (nos_nats_cursor_end(l, w, &r.end, err) == NOS_ABSENT)
			nos_err_clear(err), r.end = 0;
		if (err->code || r.end <= at)
			return err->code;
		if ((!c->sub && open_cursor(c, l, w, at, err)) ||
		    run_on(&r, each, state, &silent, err))
			return err->code;
		if (!silent)
			return NOS_OK;
		if (c->at > at)
			t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
		at = c->at;
		nos_nats_cursor_close(c, l);
		if (nos_mono_now().us > t.end_us)
			return nos_nats_link_failed(l, w->stream, NATS_TIMEOUT, 0, err);
	}
	return NOS_OK;
}
