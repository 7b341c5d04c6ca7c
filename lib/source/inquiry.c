/* SPDX-License-Identifier: MIT */
#include "source/inquiry.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/enc.h"
#include "key/poll.h"

#define AUTHORIZATION_MAX 64

void nos_inquiry_init(struct nos_inquiry *i, const struct nos_carrier *carrier)
{
	*i = (struct nos_inquiry){ .carrier = carrier };
	nos_buf_init(&i->answer.body, NOS_INQUIRY_ANSWER_MAX);
}

void nos_inquiry_release(struct nos_inquiry *i)
{
	nos_secret_release(&i->q);
	nos_buf_release(&i->answer.body);
	nos_inquiry_init(i, i->carrier);
}

bool nos_inquiry_take_nonce(struct nos_inquiry *i, struct nos_str body)
{
	bool has = nos_answer_nonce(body, i->nonce);

	i->has_nonce |= has;
	return has;
}

static enum nos_code get(struct nos_inquiry *i, const char *authorization, uint64_t wait_s,
    uint64_t most_ms, struct nos_err *err)
{
	char path[NOS_CARRIER_PATH_MAX];
	const struct nos_carrier_request r = { .url = i->url,
		.path = path,
		.authorization = authorization,
		.most_ms = most_ms + wait_s * 1000 };

	int len = snprintf(path, sizeof(path), "/v1/sources/%s/keys", i->source);

	if (authorization)
		len += snprintf(path + len, sizeof(path) - (size_t)len, "?wait=%" PRIu64, wait_s);
	if (authorization && i->has_after)
		snprintf(path + len, sizeof(path) - (size_t)len, "&after=%" PRIu64, i->after);
	return nos_carrier_send(i->carrier, &r, &i->answer, err);
}

const char *nos_inquiry_who(const struct nos_inquiry *i)
{
	return i->answer.from ? i->answer.from : i->url;
}

static enum nos_code unproven(const struct nos_inquiry *i, struct nos_err *err)
{
	switch (i->answer.status) {
	case 401:
		return nos_err_set(
		    err, NOS_TAG, "%s: the node does not know this source", nos_inquiry_who(i));
	case 429:
	case 503:
		return nos_err_set(err, NOS_BUSY, "%s: the node has no room", nos_inquiry_who(i));
	case 200:
	case 403:
		return nos_err_set(
		    err, NOS_TAG, "%s: a list of keys without a receipt", nos_inquiry_who(i));
	default:
		return nos_err_set(
		    err, NOS_AWAY, "%s: answered %u", nos_inquiry_who(i), i->answer.status);
	}
}

enum nos_code nos_inquiry_nonce(struct nos_inquiry *i, uint64_t most_ms, struct nos_err *err)
{
	if (i->has_nonce)
		return NOS_OK;
	if (get(i, NULL, 0, most_ms, err))
		return err->code;
	if (i->answer.status != 401)
		return unproven(i, err) == NOS_TAG ? (err->code = NOS_AWAY) : err->code;
	if (!nos_inquiry_take_nonce(i, nos_buf_str(&i->answer.body)))
		return nos_err_set(
		    err, NOS_AWAY, "%s: answered 401 without a nonce", nos_inquiry_who(i));
	return NOS_OK;
}

/* "Nos " and the tag over the nonce. */
static enum nos_code prove(
    const struct nos_inquiry *i, char ret[static AUTHORIZATION_MAX], struct nos_err *err)
{
	uint8_t tag[NOS_POLL_TAG_LEN];
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, AUTHORIZATION_MAX - 1);
	if (nos_poll_ask(&i->q, nos_str_of(i->source), i->nonce, tag, err))
		return err->code;
	nos_buf_add_text(&text, "Nos ");
	nos_enc_base64(&text, tag, sizeof(tag));
	if (nos_buf_check(&text, "Authorization", err))
		return err->code;
	memcpy(ret, text.p, text.len + 1);
	return NOS_OK;
}

/* Is it the node's, to this poll, with this status? */
static bool is_believed(const struct nos_inquiry *i)
{
	uint8_t good[NOS_POLL_TAG_LEN], given[NOS_POLL_TAG_LEN];
	struct nos_err ignored = { 0 };

	return nos_enc_base64_fixed(nos_str_of(i->answer.receipt), given, sizeof(given)) &&
	       !nos_poll_receipt(&i->q, nos_str_of(i->source), i->nonce, i->answer.status,
		   nos_buf_span(&i->answer.body), good, &ignored) &&
	       nos_secret_same(good, given, sizeof(good));
}

static enum nos_code judge(struct nos_inquiry *i, struct nos_answer_news *ret, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (!is_believed(i))
		return unproven(i, err);
	switch (i->answer.status) {
	case 200:
		return nos_answer_news_decode(nos_buf_str(&i->answer.body), ret, err);
	case 403:
		return nos_answer_problem(nos_buf_str(&i->answer.body), &why)
			   ? nos_err_set(err, NOS_DENIED, "the source was revoked: %s", why.text)
			   : nos_err_set(err, NOS_DENIED, "the source was revoked");
	default:
		return unproven(i, err);
	}
}

enum nos_code nos_inquiry_poll(struct nos_inquiry *i, uint64_t wait_s, uint64_t most_ms,
    struct nos_answer_news *ret, struct nos_err *err)
{
	char authorization[AUTHORIZATION_MAX];
	bool again = false;

	if (nos_inquiry_nonce(i, most_ms, err))
		return err->code;
	for (;;) {
		if (prove(i, authorization, err) || get(i, authorization, wait_s, most_ms, err))
			return err->code;
		/* A nonce is good for some minutes alone; its refusal brings another. */
		if (again || i->answer.status != 401 ||
		    !nos_inquiry_take_nonce(i, nos_buf_str(&i->answer.body)))
			return judge(i, ret, err);
		again = true;
	}
}
