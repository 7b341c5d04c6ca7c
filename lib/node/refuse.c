/* SPDX-License-Identifier: MIT */
#include "node/refuse.h"

#include "json/encode.h"
#include "json/problem.h"

#define UNAVAILABLE 503
#define RETRY_S	    1

static void add_nonce(const struct nos_card *card, struct nos_buf *b)
{
	uint8_t nonce[NOS_SELF_NONCE_LEN];
	struct nos_err err = { 0 };

	if (!nos_self_nonce(nos_card_self(card), nos_time_now(), nonce, &err))
		nos_encode_member_bytes(b, "nonce", nonce, sizeof(nonce));
}

static void begin(
    struct nos_http_request *r, const struct nos_err *err, unsigned status, unsigned retry_s)
{
	char text[16];

	r->status = status;
	r->type = NOS_PROBLEM_TYPE;
	nos_problem_encode(&r->out, err, status, true);
	if (!retry_s)
		return;
	snprintf(text, sizeof(text), "%u", retry_s);
	nos_http_server_header(r, "Retry-After", text);
}

void nos_refuse_open(const struct nos_card *card, struct nos_http_request *r,
    const struct nos_err *err, unsigned status)
{
	begin(r, err, status, status == UNAVAILABLE ? RETRY_S : 0);
	if (err->code == NOS_TAG)
		add_nonce(card, &r->out);
}

void nos_refuse_request(
    const struct nos_card *card, struct nos_http_request *r, const struct nos_err *err)
{
	nos_refuse_open(card, r, err, nos_problem_status(err->code));
	nos_buf_add_char(&r->out, '}');
}

void nos_refuse_status(
    struct nos_http_request *r, const struct nos_err *err, unsigned status, unsigned retry_s)
{
	begin(r, err, status, retry_s);
	nos_buf_add_char(&r->out, '}');
}

bool nos_refuse_method(struct nos_http_request *r, const char *method, struct nos_err *err)
{
	if (nos_str_is(r->method, method))
		return true;
	nos_err_set(err, NOS_USAGE, "%.*s takes %s alone", NOS_STR_ARG(r->path), method);
	nos_refuse_status(r, err, 405, 0);
	nos_http_server_header(r, "Allow", method);
	return false;
}

void nos_refuse_tag(const struct nos_card *card, struct nos_http_request *r)
{
	struct nos_err err = { 0 };

	nos_err_set(&err, NOS_TAG, "does not verify");
	nos_refuse_request(card, r, &err);
}
