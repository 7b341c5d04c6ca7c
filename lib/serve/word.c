/* SPDX-License-Identifier: MIT */
#include "serve/word.h"

#include "key/keyring.h"
#include "node/refuse.h"

#define TOO_MANY     429
#define TOO_MANY_S   60 /* some nonce has passed by then, and an ask with it */
#define MEDIA_ANSWER "application/octet-stream"

/* Whatever a stranger may have got wrong looks alike; what is the node's own fault does not. */
static void refuse(
    const struct nos_card *card, struct nos_http_request *r, const struct nos_err *err)
{
	switch ((int)err->code) {
	case NOS_TAG:
	case NOS_DATA:
	case NOS_ABSENT:
	case NOS_DENIED:
		nos_refuse_tag(card, r);
		break;
	default:
		nos_refuse_request(card, r, err);
	}
}

static struct nos_job *new_job(struct nos_http_request *r, enum nos_job_kind kind, const char *id,
    size_t body_max, struct nos_err *err)
{
	struct nos_job *job = nos_job_new(r, body_max);

	if (!job) {
		nos_err_set(err, NOS_BUSY, "out of memory");
		return NULL;
	}
	job->kind = kind;
	snprintf(job->source, sizeof(job->source), "%s", id);
	return job;
}

struct nos_job *nos_word_take_ack(
    const struct nos_card *card, const char *id, struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	struct nos_job *job = new_job(r, NOS_JOB_ACK, id, NOS_KEYRING_ACK_MAX, &err);

	if (job) {
		nos_buf_add(&job->body, r->body.p, r->body.len);
		if (!nos_buf_check(&job->body, "acknowledgement", &err))
			return job;
	}
	nos_job_free(job, NULL);
	nos_refuse_request(card, r, &err);
	return NULL;
}

bool nos_word_is_ask(struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	struct nos_ask_head head;

	if (!nos_ask_head_read(r->body, &head, &err))
		return true;
	nos_refuse_status(r, &err, 400, 0);
	return false;
}

static void fill(struct nos_http_request *r, struct nos_span answer)
{
	r->status = 200;
	r->type = MEDIA_ANSWER;
	nos_buf_add(&r->out, answer.p, answer.len);
}

/* E_N, and what it and the node's own key share with E_S. */
static enum nos_code share(const struct nos_self *self, struct nos_job *job, struct nos_err *err)
{
	const struct nos_offer_asked *asked = &job->asked;
	struct nos_offer_shared *shared = &job->shared;
	const struct nos_secret *private =
	    nos_self_private(self, asked->body.thumbprint, &job->identity);
	NOS_AUTO(secret) once = { 0 };

	if (!private || nos_self_is_own(self, &asked->once))
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (nos_ecdh_generate(&once, &shared->once, err) ||
	    nos_ecdh_shared(&once, &asked->once, &shared->once_once, err))
		return err->code;
	return nos_ecdh_shared(private, &asked->once, &shared->node_once, err);
}

static enum nos_code read_ask(const struct nos_card *card, const struct nos_record *record,
    const struct nos_issuer *w, struct nos_span ask, struct nos_offer_asked *ret,
    struct nos_err *err)
{
	uint8_t nonces[NOS_SELF_NONCES][NOS_SELF_NONCE_LEN];

	if (nos_card_nonces(card, w->now, nonces, err))
		return err->code;
	return nos_offer_read(&record->a, w, ask, nonces, NOS_SELF_NONCES, ret, err);
}

static struct nos_job *make_job(const struct nos_card *card, const char *id,
    const struct nos_offer_asked *asked, struct nos_http_request *r)
{
	struct nos_err err = { 0 };
	struct nos_job *job = new_job(r, NOS_JOB_ASK, id, NOS_ASK_ANSWER_MAX, &err);

	if (job) {
		job->asked = *asked;
		if (!share(nos_card_self(card), job, &err))
			return job;
	}
	refuse(card, r, &err);
	nos_job_free(job, NULL);
	return NULL;
}

struct nos_job *nos_word_take_ask(const struct nos_card *card, const struct nos_life *life,
    const char *id, struct nos_http_request *r)
{
	NOS_AUTO(record) record = { 0 };
	struct nos_offer_asked asked;
	struct nos_err err = { 0 };
	struct nos_issuer w;

	if (nos_registry_get(life->store, life->vault, nos_str_of(id), &record, &err)) {
		refuse(card, r, &err);
		return NULL;
	}
	w = nos_life_world(life, &record, nos_time_now());
	if (read_ask(card, &record, &w, r->body, &asked, &err)) {
		/* Busy is the source here, not the node. */
		if (err.code == NOS_BUSY)
			nos_refuse_status(r, &err, TOO_MANY, TOO_MANY_S);
		else
			refuse(card, r, &err);
		return NULL;
	}
	if (!asked.again)
		return make_job(card, record.id, &asked, r);
	fill(r, (struct nos_span){ record.a.offer.answer, record.a.offer.len });
	return NULL;
}

void nos_word_answer(const struct nos_card *card, struct nos_job *job)
{
	struct nos_http_request *r = job->request;

	if (job->err.code)
		refuse(card, r, &job->err);
	else if (job->kind == NOS_JOB_ASK)
		fill(r, nos_buf_span(&job->body));
	else
		r->status = 204;
}
