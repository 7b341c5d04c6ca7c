/* SPDX-License-Identifier: MIT */
#include "serve/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/encode.h"
#include "node/refuse.h"
#include "self/lanes.h"
#include "stream/trail.h"

#define GONE	410
#define RETRY_S 1

/* A request under way: its user. */
struct ask {
	struct nos_records *records;
	char space[NOS_PROCESSED_TOPIC_MAX];
	struct nos_records_query query;
	struct nos_job_newest newest;
};

void nos_records_init(struct nos_records *s, const struct nos_card *card, size_t most)
{
	*s = (struct nos_records){ .card = card, .most = most };
	pthread_mutex_init(&s->lock, NULL);
}

void nos_records_release(struct nos_records *s)
{
	if (s->card)
		pthread_mutex_destroy(&s->lock);
	s->card = NULL;
}

void nos_records_allow(struct nos_records *s, const struct nos_readers *readers)
{
	pthread_mutex_lock(&s->lock);
	s->readers = *readers;
	pthread_mutex_unlock(&s->lock);
}

/* ---- what is asked for ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte written as a mark and two hex digits; false: it is none. */
static bool take_hex(struct nos_str s, size_t at, char *ret)
{
	int high, low;

	if (s.len - at < 3)
		return false;
	high = digit(s.p[at + 1]);
	low = digit(s.p[at + 2]);
	*ret = (char)(high * 16 + low);
	return high >= 0 && low >= 0;
}

/* False: it does not fit, or a mark stands without its digits. */
static bool unescape(struct nos_str s, char mark, char *ret, size_t size, size_t *ret_len)
{
	*ret_len = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == mark && !take_hex(s, i, &c))
			return false;
		if (s.p[i] == mark)
			i += 2;
		if (*ret_len == size)
			return false;
		ret[(*ret_len)++] = c;
	}
	return true;
}

static bool take_part(
    struct nos_str name, struct nos_str value, char *space, struct nos_records_query *ret)
{
	uint64_t n;

	if (nos_str_is(name, "topic")) {
		if (ret->topic.p)
			return false;
		ret->topic.p = space;
		return unescape(value, '%', space, NOS_PROCESSED_TOPIC_MAX, &ret->topic.len);
	}
	if (nos_str_is(name, "after"))
		return nos_num_parse(value, 0, NOS_NUM_SAFE, &ret->after);
	if (!nos_str_is(name, "limit") || !nos_num_parse(value, 1, NOS_RECORDS_LIMIT_MAX, &n))
		return false;
	ret->limit = (size_t)n;
	return true;
}

enum nos_code nos_records_query(struct nos_str query, char space[static NOS_PROCESSED_TOPIC_MAX],
    struct nos_records_query *ret, struct nos_err *err)
{
	struct nos_str part, name;
	bool good = true;

	*ret = (struct nos_records_query){ .limit = NOS_RECORDS_LIMIT };
	for (struct nos_str rest = query; good && rest.p;) {
		nos_str_cut(&rest, '&', &part);
		nos_str_cut(&part, '=', &name);
		good = part.p && take_part(name, part, space, ret);
	}
	if (!good || !ret->topic.len)
		return nos_err_set(err, NOS_DATA,
		    "query '%.*s': take topic=TOPIC, after=NUMBER and limit=NUMBER up to %d",
		    NOS_STR_ARG(query), NOS_RECORDS_LIMIT_MAX);
	return NOS_OK;
}

static bool take_track(struct nos_str kind, struct nos_str source, struct nos_job_newest *ret)
{
	char word[NOS_NAME_WORD_MAX + 1];

	if (!nos_name_is_word(kind) || !nos_str_copy(kind, word, sizeof(word)))
		return false;
	if (!nos_str_is(source, "anonymous"))
		return nos_str_starts(source, "s-") && nos_name_is_word(source) &&
		       nos_str_copy(source, ret->track, NOS_RECORD_ID_MAX);
	snprintf(ret->track, sizeof(ret->track), "anonymous/%s", word);
	return true;
}

enum nos_code nos_records_topic(
    struct nos_str topic, uint64_t node, struct nos_job_newest *ret, struct nos_err *err)
{
	struct nos_str rest = topic, root = { 0 }, number = { 0 }, kind = { 0 }, source = { 0 };
	uint64_t of = 0;

	*ret = (struct nos_job_newest){ 0 };
	nos_str_cut(&rest, '/', &root);
	nos_str_cut(&rest, '/', &number);
	nos_str_cut(&rest, '/', &kind);
	nos_str_cut(&rest, '/', &source);
	if (!nos_str_is(root, "nos") || !nos_num_parse(number, 1, NOS_NUM_SAFE, &of) ||
	    !take_track(kind, source, ret) || !rest.len || memchr(rest.p, '/', rest.len) ||
	    !unescape(rest, '=', ret->type, sizeof(ret->type), &ret->type_len))
		return nos_err_set(err, NOS_DATA,
		    "topic '%.*s': records are on nos/NODE/KIND/SOURCE/TYPE", NOS_STR_ARG(topic));
	return of == node ? NOS_OK
			  : nos_err_set(err, NOS_ABSENT, "topic '%.*s' is another node's",
				NOS_STR_ARG(topic));
}

/* ---- who asks ---- */

static bool is_known(struct nos_records *s, struct nos_str authorization, bool *ret_on)
{
	bool known;

	pthread_mutex_lock(&s->lock);
	*ret_on = s->readers.count > 0;
	known = nos_readers_know(&s->readers, authorization);
	pthread_mutex_unlock(&s->lock);
	return known;
}

/* A token that crosses a network in the open is anybody's. */
static bool is_private(const struct nos_records *s, const struct nos_http_request *r)
{
	return r->local || r->tls_bits || s->proxied;
}

bool nos_records_begin(struct nos_records *s, struct nos_http_request *r, struct nos_err *err)
{
	bool on, known = is_known(s, r->authorization, &on);
	char space[NOS_PROCESSED_TOPIC_MAX];
	struct nos_records_query query;
	struct nos_job_newest newest;

	if (!on) {
		nos_err_set(err, NOS_ABSENT, "nothing is at %s", NOS_RECORDS_PATH);
	} else if (!nos_str_is(r->method, "GET")) {
		nos_err_set(err, NOS_USAGE, "%s takes GET alone", NOS_RECORDS_PATH);
		nos_refuse_status(r, err, 405, 0);
		nos_http_server_header(r, "Allow", "GET");
	} else if (!is_private(s, r)) {
		nos_err_set(err, NOS_DENIED,
		    "records are handed out over TLS, or to this machine itself, alone");
	} else if (!known) {
		nos_err_set(err, NOS_TAG, "no token that may read records");
		nos_refuse_status(r, err, 401, 0);
		nos_http_server_header(r, "WWW-Authenticate", "Bearer");
	} else if (!nos_records_query(r->query, space, &query, err)) {
		(void)!nos_records_topic(query.topic, nos_card_self(s->card)->number, &newest, err);
	}
	return !err->code;
}

bool nos_records_track(const struct nos_records *s, const struct nos_http_request *r,
    char ret[static NOS_TRACK_ID_MAX])
{
	char space[NOS_PROCESSED_TOPIC_MAX];
	struct nos_records_query query;
	struct nos_job_newest newest;
	struct nos_err err = { 0 };

	if (nos_records_query(r->query, space, &query, &err) ||
	    nos_records_topic(query.topic, nos_card_self(s->card)->number, &newest, &err))
		return false;
	snprintf(ret, NOS_TRACK_ID_MAX, "%s", newest.track);
	return true;
}

static bool enter(struct nos_records *s)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->under_way < s->most;
	s->under_way += room;
	pthread_mutex_unlock(&s->lock);
	return room;
}

static void end(struct nos_http_request *r)
{
	struct ask *a = r->user;
	struct nos_records *s = a->records;

	pthread_mutex_lock(&s->lock);
	s->under_way--;
	pthread_mutex_unlock(&s->lock);
	free(a);
	r->user = NULL;
}

struct nos_job *nos_records_take(struct nos_records *s, struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	struct ask *a = NULL;
	struct nos_job *job;

	if (!enter(s)) {
		nos_err_set(&err, NOS_BUSY, "too many requests for records at once");
		nos_refuse_status(r, &err, 503, RETRY_S);
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	job = a ? nos_job_new(r, 0) : NULL;
	if (!job) {
		pthread_mutex_lock(&s->lock);
		s->under_way--;
		pthread_mutex_unlock(&s->lock);
		free(a);
		nos_err_set(&err, NOS_BUSY, "out of memory");
		nos_refuse_request(s->card, r, &err);
		return NULL;
	}
	r->user = a;
	a->records = s;
	/* Both were found good before. */
	(void)!nos_records_query(r->query, a->space, &a->query, &err);
	(void)!nos_records_topic(a->query.topic, nos_card_self(s->card)->number, &a->newest, &err);
	job->kind = NOS_JOB_NEWEST;
	job->newest = &a->newest;
	return job;
}

bool nos_records_found(struct nos_job *job)
{
	struct nos_http_request *r = job->request;
	const struct ask *a = r->user;

	if (!job->err.code)
		return true;
	nos_refuse_request(a->records->card, r, &job->err);
	end(r);
	return false;
}

/* ---- the answer ---- */

/* The first that is asked for was dropped: this one is the first that is there. */
static enum nos_code refuse_gone(const struct ask *a, struct nos_http_request *r, uint64_t first)
{
	struct nos_err err = { 0 };

	nos_err_set(&err, NOS_ABSENT, "records of this topic before %llu are not kept any more",
	    (unsigned long long)first);
	nos_refuse_open(a->records->card, r, &err, GONE);
	nos_encode_member_uint(&r->out, "first", first);
	nos_buf_add_char(&r->out, '}');
	return NOS_OK;
}

/* From the one in hand back to the first behind after: where each stands. The oldest that is there
 * is in hand then. No more than limit: what is in hand is the last of so many, or n was passed over
 * between it and the one before. */
static enum nos_code collect(struct nos_trail *t, const struct nos_records_query *q,
    uint64_t *positions, size_t *ret_count, struct nos_err *err)
{
	*ret_count = 0;
	do
		positions[(*ret_count)++] = t->position;
	while (t->after > q->after && *ret_count < q->limit && !nos_trail_back(t, err));
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code write_down(struct nos_trail *t, const uint64_t *positions, size_t count,
    struct nos_buf *out, struct nos_err *err)
{
	while (count > 0) {
		if (nos_trail_go(t, positions[--count], err))
			return err->code != NOS_ABSENT
				   ? err->code
				   : nos_err_set(err, NOS_BUSY, "records are being dropped");
		/* What does not fit is asked for next. */
		if (out->len && out->len + t->p.record.len + 1 > out->max)
			return NOS_OK;
		nos_buf_add_str(out, t->p.record);
		nos_buf_add_char(out, '\n');
	}
	return NOS_OK;
}

/* There is something newer than what is asked to be before it. */
static enum nos_code go_back(
    const struct ask *a, struct nos_trail *t, struct nos_http_request *r, struct nos_err *err)
{
	const uint64_t last = a->query.after + a->query.limit;
	uint64_t positions[NOS_RECORDS_LIMIT_MAX];
	size_t count;

	if (nos_trail_seek(t, last < t->n ? last : t->n, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
		return refuse_gone(a, r, t->n);
	}
	if (collect(t, &a->query, positions, &count, err))
		return err->code;
	if (t->after > a->query.after)
		return refuse_gone(a, r, t->n);
	return write_down(t, positions, count, &r->out, err);
}

static enum nos_code answer(
    const struct ask *a, struct nos_trail *t, struct nos_http_request *r, struct nos_err *err)
{
	const struct nos_job_newest *newest = &a->newest;

	r->status = 200;
	r->type = "application/x-ndjson";
	if (nos_trail_go(t, newest->position, err) == NOS_ABSENT) {
		/* All of them were dropped. */
		nos_err_clear(err);
		return a->query.after < newest->n ? refuse_gone(a, r, newest->n + 1) : NOS_OK;
	}
	if (err->code)
		return err->code;
	if (!nos_str_eq(t->p.topic, a->query.topic))
		return nos_err_set(err, NOS_ABSENT, "no record is on this topic");
	return a->query.after < t->n ? go_back(a, t, r, err) : NOS_OK;
}

void nos_records_answer(struct nos_store *store, struct nos_http_request *r)
{
	const struct ask *a = r->user;
	struct nos_trail trail;
	struct nos_err err = { 0 };

	nos_trail_init(&trail, store);
	if (!store)
		nos_err_set(&err, NOS_BUSY, "going down");
	else if (!nos_lanes_enter(store, nos_str_of(a->newest.track), &err))
		(void)!answer(a, &trail, r, &err);
	if (store)
		nos_store_enter(store, 0);
	if (err.code) {
		nos_buf_truncate(&r->out, 0);
		nos_refuse_request(a->records->card, r, &err);
	}
	nos_trail_release(&trail);
	end(r);
}
