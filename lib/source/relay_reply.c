/* SPDX-License-Identifier: MIT */
#include "source/relay_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json/decode.h"
#include "json/encode.h"
#include "json/problem.h"
#include "source/route.h"

#define UNAVAILABLE 503
#define NOT_REACHED "this relay does not reach the node"

static void add_retry(struct nos_http_request *r, uint64_t retry_s)
{
	char text[24];

	if (!retry_s)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, retry_s);
	nos_http_server_header(r, "Retry-After", text);
}

void nos_relay_reply_status(
    struct nos_http_request *r, const struct nos_err *err, unsigned status, uint64_t retry_s)
{
	r->status = status;
	r->type = NOS_PROBLEM_TYPE;
	nos_buf_truncate(&r->out, 0);
	nos_problem_encode(&r->out, err, status, false);
	add_retry(r, retry_s);
}

void nos_relay_reply_error(struct nos_http_request *r, const struct nos_err *err, uint64_t retry_s)
{
	const unsigned status = nos_problem_status(err->code);

	if (status == UNAVAILABLE && !retry_s)
		retry_s = NOS_RELAY_REPLY_RETRY_S;
	nos_relay_reply_status(r, err, status, status == UNAVAILABLE ? retry_s : 0);
}

/* What stands behind the last of all that only says who did not reach whom. */
static const char *cause_of(const char *text)
{
	static const char *const words[] = { NOS_ROUTE_DISCONNECTED ": ", NOT_REACHED ": " };
	const char *at;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		while ((at = strstr(text, words[i])))
			text = at + strlen(words[i]);
	return text;
}

void nos_relay_reply_away(struct nos_http_request *r, const struct nos_err *why)
{
	struct nos_err err = { 0 };

	nos_err_set(&err, NOS_AWAY, NOT_REACHED ": %s", cause_of(why->text));
	nos_relay_reply_error(r, &err, 0);
}

void nos_relay_reply_late(struct nos_http_request *r)
{
	struct nos_err err = { 0 };

	nos_err_set(&err, NOS_AWAY, "this relay is at work on what came before");
	nos_relay_reply_error(r, &err, 0);
}

/* The literal of a type, which outlives the answer that it came with. */
static const char *literal(const char *media)
{
	static const char *const known[] = { "application/json", NOS_PROBLEM_TYPE,
		"application/jose", "application/octet-stream", "text/plain" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(media, known[i]) == 0)
			return known[i];
	return *media ? "application/octet-stream" : NULL;
}

void nos_relay_reply_pass(struct nos_http_request *r, const struct nos_http_answer *a)
{
	r->status = a->status;
	r->type = literal(a->media);
	nos_buf_add_str(&r->out, nos_buf_str(&a->body));
	if (*a->receipt)
		nos_http_server_header(r, "Nos-Receipt", a->receipt);
	add_retry(r, a->retry_s);
}

void nos_relay_reply_hop(struct nos_http_request *r, const struct nos_answer_hop *a)
{
	r->status = a->status;
	r->type = a->status < 300 ? "application/json" : NOS_PROBLEM_TYPE;
	nos_buf_add_str(&r->out, nos_buf_str(&a->body));
	if (*a->receipt)
		nos_http_server_header(r, "Nos-Receipt", a->receipt);
	add_retry(r, a->retry_s);
}

static enum nos_code name(struct nos_buf *b, struct nos_str document, const struct nos_decode *d,
    struct nos_str relay, struct nos_err *err)
{
	const char *end = document.p + document.len;
	struct nos_str before;

	if (!nos_decode_has(d, "relay")) {
		document = nos_str_trim(document);
		document.len--;
		document = nos_str_trim(document);
		nos_buf_add_str(b, document);
		nos_encode_member_text(b, "relay", relay);
		nos_buf_add_char(b, '}');
		return nos_buf_check(b, "document", err);
	}
	if (nos_decode_text(d, "relay", &before, err))
		return err->code;
	nos_buf_add(b, document.p, (size_t)(before.p - document.p));
	nos_buf_add_str(b, relay);
	nos_buf_add(b, before.p + before.len, (size_t)(end - before.p) - before.len);
	return nos_buf_check(b, "document", err);
}

enum nos_code nos_relay_reply_name(
    struct nos_buf *b, struct nos_str document, struct nos_str relay, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_decode d;

	if (!nos_decode_object(&scan, document, "the node's document", &d, err))
		(void)!name(b, document, &d, relay, err);
	nos_scan_release(&scan);
	return err->code;
}
