/* SPDX-License-Identifier: MIT */
#include "store/nats_state.h"

#include <inttypes.h>

#include "store/nats_key.h"

#define CHANGES_MAX 65536 /* looked at in one go */
#define TRIES_MAX   200	  /* where others write to the same bucket at once */
#define EXPECTED    "Nats-Expected-Last-Subject-Sequence"
#define END	    "Nats-Expected-Last-Sequence"
#define ELECTED	    "$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.*"

/* ---- what changes ---- */

enum nos_code nos_nats_state_open(struct nos_nats_values *v, struct nos_err *err)
{
	char changed[NOS_NATS_NAME_MAX], subject[NOS_NATS_NAME_MAX + 4];
	natsStatus s;

	nos_nats_make_changed(v->link, changed);
	snprintf(subject, sizeof(subject), "%s.>", changed);
	s = natsConnection_SubscribeSync(&v->changes, v->link->nc, subject);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&v->leaders, v->link->nc, ELECTED);
	if (s == NATS_OK) /* what comes after this is told */
		s = natsConnection_FlushTimeout(v->link->nc, NOS_NATS_ASK_MS);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(v->link, "open", s, 0, err);
}

void nos_nats_state_close(struct nos_nats_values *v)
{
	nos_nats_link_unsubscribe(v->link, v->changes);
	nos_nats_link_unsubscribe(v->link, v->leaders);
	v->changes = v->leaders = NULL;
}

static bool is_own(const struct nos_nats_values *v, natsMsg *msg)
{
	const char *id = NULL;

	return natsMsgHeader_Get(msg, NOS_NATS_ID, &id) == NATS_OK &&
	       strncmp(id, v->link->id, strlen(v->link->id)) == 0;
}

/* Of one of the store's buckets. */
static bool concerns(const struct nos_nats_values *v, natsMsg *msg)
{
	char name[NOS_NATS_NAME_MAX];
	const char *stream = strrchr(natsMsg_GetSubject(msg), '.');

	nos_nats_make_bucket_name(v->link, "", name);
	return stream && strncmp(stream + 1, name, strlen(name)) == 0;
}

/* What has come, never waited for. Where some of it was dropped, there was some. */
static bool drain(struct nos_nats_values *v, natsSubscription *sub, bool leaders)
{
	bool any = false;
	natsMsg *msg;
	natsStatus s = NATS_OK;

	for (size_t i = 0; i < CHANGES_MAX; i++) {
		s = natsSubscription_NextMsg(&msg, sub, 0);
		if (s != NATS_OK)
			break;
		any |= leaders ? concerns(v, msg) : !is_own(v, msg);
		natsMsg_Destroy(msg);
	}
	return any || s == NATS_SLOW_CONSUMER;
}

enum nos_code nos_nats_state_changed(struct nos_nats_values *v, bool *ret, struct nos_err *err)
{
	const uint64_t found = nos_nats_link_found(v->link);
	bool told = drain(v, v->changes, false), chosen = drain(v, v->leaders, true);

	(void)err;
	*ret = told || chosen || found != v->found;
	v->found = found;
	return NOS_OK;
}

/* ---- one value ---- */

/* The newest message of a key. NOS_ABSENT: none, or no bucket. */
static enum nos_code newest(const struct nos_nats_values *v, const char *ns, const char *subject,
    natsMsg **ret, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(v->link, NOS_NATS_WAIT_MS);
	char name[NOS_NATS_NAME_MAX];
	jsOptions o = v->link->ask;
	jsErrCode code;
	natsStatus s;

	nos_nats_make_bucket_name(v->link, ns, name);
	do
		s = js_GetLastMsg(ret, v->link->js, name, subject, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	if (nos_nats_link_is_absent(s, code))
		return nos_err_set(err, NOS_ABSENT, "no such key in %s", ns);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(v->link, ns, s, code, err);
}

static bool is_gone(natsMsg *msg)
{
	const char *what;

	return natsMsgHeader_Get(msg, "KV-Operation", &what) == NATS_OK;
}

enum nos_code nos_nats_state_get(struct nos_nats_values *v, const char *ns, struct nos_str key,
    struct nos_buf *ret, uint64_t *ret_rev, struct nos_err *err)
{
	char subject[NOS_NATS_KEY_MAX];
	natsMsg *msg = NULL;

	nos_nats_key_subject(v->link, ns, key, subject);
	if (nos_nats_flight_has(v->flight, nos_str_hash(nos_str_of(subject)) | 1) &&
	    nos_nats_flight_quiet(v->flight, err))
		return err->code;
	if (newest(v, ns, subject, &msg, err) == NOS_ABSENT || (msg && is_gone(msg))) {
		natsMsg_Destroy(msg);
		return nos_err_set(err, NOS_ABSENT, "no '%.*s' in %s", NOS_STR_ARG(key), ns);
	}
	if (err->code)
		return err->code;
	*ret_rev = natsMsg_GetSequence(msg);
	if (ret) {
		nos_buf_add(ret, natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
		(void)!nos_buf_check(ret, "value", err);
	}
	natsMsg_Destroy(msg);
	return err->code;
}

/* ---- putting ---- */

struct put {
	const char *ns, *subject;
	size_t hash;
	const struct nos_str *value; /* NULL: delete */
	uint64_t expect;
	bool is_new;  /* as it began; what was deleted may stand there */
	uint64_t end; /* of the bucket, as it is told; where that is to be looked at */
};

/*
 * Of what servers replicate they look at a key's revision before the change is agreed on, not with
 * it, so that of two who change the key at once both are told that it is done (so nats-server
 * 2.9). The end of the whole bucket they look at with it, and where both are as expected nobody
 * was between. That there is no such key they look at with it, too.
 */
static bool is_fenced(const struct put *p)
{
	return p->expect != NOS_STORE_ANY && p->expect != NOS_STORE_NEW;
}

static enum nos_code look_at_end(
    const struct nos_nats_values *v, struct put *p, struct nos_err *err)
{
	struct nos_nats_state state;
	char name[NOS_NATS_NAME_MAX];

	if (!is_fenced(p))
		return NOS_OK;
	nos_nats_make_bucket_name(v->link, p->ns, name);
	if (!nos_nats_make_state(v->link, name, &state, err))
		p->end = state.last;
	return err->code;
}

static enum nos_code make(
    struct nos_nats_values *v, const struct put *p, natsMsg **ret, struct nos_err *err)
{
	const struct nos_span body =
	    p->value ? nos_str_bytes(*p->value) : (struct nos_span){ NULL, 0 };

	if (nos_nats_flight_new(v->flight, p->subject, body, true, ret, err))
		return err->code;
	if ((!p->value && nos_nats_flight_head(*ret, "KV-Operation", "DEL", err)) ||
	    (p->expect != NOS_STORE_ANY &&
		nos_nats_flight_head_num(*ret, EXPECTED, p->expect, err)) ||
	    (is_fenced(p) && nos_nats_flight_head_num(*ret, END, p->end, err))) {
		natsMsg_Destroy(*ret);
		return err->code;
	}
	return NOS_OK;
}

/* What stands there instead: what was sent first and its answer lost (*ret_rev), what was expected
 * or nothing that lives (*ret_expect), or another's. */
static enum nos_code why(struct nos_nats_values *v, const struct put *p, uint64_t number,
    uint64_t *ret_rev, uint64_t *ret_expect, struct nos_err *err)
{
	const char *have = NULL;
	natsMsg *msg = NULL;
	char id[48];

	*ret_rev = 0;
	*ret_expect = NOS_STORE_ANY;
	nos_nats_flight_id(v->flight, number, id);
	if (newest(v, p->ns, p->subject, &msg, err) == NOS_ABSENT) {
		nos_err_clear(err);
		*ret_expect = p->is_new ? NOS_STORE_NEW : NOS_STORE_ANY;
	} else if (!err->code) {
		if (natsMsgHeader_Get(msg, NOS_NATS_ID, &have) == NATS_OK && strcmp(have, id) == 0)
			*ret_rev = natsMsg_GetSequence(msg);
		else if (natsMsg_GetSequence(msg) == p->expect || (p->is_new && is_gone(msg)))
			*ret_expect = natsMsg_GetSequence(msg);
	}
	natsMsg_Destroy(msg);
	return err->code;
}

static enum nos_code put_and_wait(
    struct nos_nats_values *v, struct put *p, uint64_t *ret_rev, struct nos_err *err)
{
	struct nos_nats_answer answer;
	uint64_t number, expect;
	natsMsg *msg;

	for (int i = 0; i < TRIES_MAX; i++) {
		if (look_at_end(v, p, err) || make(v, p, &msg, err))
			return err->code;
		number = v->flight->number + 1;
		if (nos_nats_flight_ask(v->flight, msg, p->hash, &answer, err))
			return err->code;
		if (!answer.code) {
			*ret_rev = answer.seq;
			return NOS_OK;
		}
		if (answer.code != NOS_NATS_WRONG_SEQUENCE)
			return nos_nats_link_refused(p->ns, answer.code, err);
		if (why(v, p, number, ret_rev, &expect, err))
			return err->code;
		if (*ret_rev)
			return NOS_OK;
		if (expect == NOS_STORE_ANY)
			return nos_err_set(
			    err, NOS_EXISTS, "a key in %s was changed by another", p->ns);
		p->expect = expect;
	}
	return nos_err_set(err, NOS_BUSY, "store: others write to %s each time", p->ns);
}

enum nos_code nos_nats_state_put(struct nos_nats_values *v, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	char subject[NOS_NATS_KEY_MAX];
	struct put p = { .ns = ns,
		.subject = subject,
		.value = value,
		.expect = expect_rev,
		.is_new = expect_rev == NOS_STORE_NEW };
	uint64_t rev = 0;
	natsMsg *msg;
	bool waits;

	nos_nats_key_subject(v->link, ns, key, subject);
	p.hash = nos_str_hash(nos_str_of(subject)) | 1;
	if (nos_nats_make_bucket(v->made, v->link, ns, err))
		return err->code;
	waits = expect_rev != NOS_STORE_ANY || ret_rev || !*v->group;
	/* Two of one key might come in another order, were the first to be sent again. */
	if ((waits ? v->flight->puts > 0 : nos_nats_flight_has(v->flight, p.hash)) &&
	    nos_nats_flight_quiet(v->flight, err))
		return err->code;
	if (waits) {
		if (put_and_wait(v, &p, &rev, err) == NOS_EXISTS)
			return nos_err_set(err, NOS_EXISTS, "'%.*s' in %s was changed by another",
			    NOS_STR_ARG(key), ns);
		if (!err->code && ret_rev)
			*ret_rev = rev;
		return err->code;
	}
	return make(v, &p, &msg, err) ? err->code
				      : nos_nats_flight_send(v->flight, msg, p.hash, NULL, 0, err);
}
