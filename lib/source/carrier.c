/* SPDX-License-Identifier: MIT */
#include "source/carrier.h"

#include "net/url.h"

static enum nos_code carry_straight(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct nos_http_client_request http = { .authorization = r->authorization,
		.media = r->media,
		.body = r->body,
		.total_ms = r->most_ms };
	NOS_AUTO(buf) url = { 0 };

	ret->sent = false;
	ret->from = r->url;
	nos_buf_init(&url, NOS_URL_MAX + NOS_CARRIER_PATH_MAX);
	nos_url_join(&url, r->url, r->path);
	if (nos_buf_check(&url, "URL", err))
		return err->code == NOS_LARGE ? (err->code = NOS_USAGE) : err->code;
	http.url = url.p;
	return nos_http_client_exchange(state, &http, ret, err);
}

struct nos_carrier nos_carrier_straight(struct nos_http_client *client)
{
	return (struct nos_carrier){ .carry = carry_straight, .state = client };
}

enum nos_code nos_carrier_send(const struct nos_carrier *c, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	return c->carry(c->state, r, ret, err);
}
