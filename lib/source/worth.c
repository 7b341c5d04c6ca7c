/* SPDX-License-Identifier: MIT */
#include "source/worth.h"

#include <string.h>

#include "envelope/document.h"
#include "json/decode.h"
#include "source/admission.h"
#include "source/answer.h"

#define DATA	"/v1/data"
#define NODE	"/v1/node"
#define SOURCES "/v1/sources"
#define SEALED	"application/jose"
#define BYTES	"application/octet-stream"

enum status {
	GOOD = 200,
	CREATED = 201,
	TAKEN = 202,
	EMPTY = 204,
	MULTIPLE = 300,
	BAD = 400,
	UNKNOWN = 401,
	REVOKED = 403,
	NOWHERE = 404,
	SLOW = 408,
	OFTEN = 429,
	FAULT = 500,
	FULL = 503,
};

bool nos_worth_is_pack(const struct nos_carrier_request *q)
{
	return q->body && strcmp(q->path, DATA) == 0 && strcmp(q->media, SEALED) == 0;
}

/* An object with that member; NULL: with any. */
static bool is_object(const struct nos_http_answer *a, const char *member)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;
	bool good = !nos_decode_object(&scan, nos_buf_str(&a->body), "answer", &d, &ignored) &&
		    (!member || nos_decode_has(&d, member));

	nos_scan_release(&scan);
	return good;
}

bool nos_worth_is_document(const struct nos_http_answer *a, const uint8_t *pin)
{
	struct nos_ecdh_point node;

	return a->status == GOOD &&
	       (pin ? nos_document_key(nos_buf_str(&a->body), pin, &node) : is_object(a, NULL));
}

/* Without a proof a node tells a nonce; with one it answers under a receipt. */
static bool is_list(const struct nos_carrier_request *q, const struct nos_http_answer *a)
{
	uint8_t nonce[NOS_ASK_NONCE_LEN];

	if (q->authorization)
		return *a->receipt && (a->status == GOOD || a->status == REVOKED);
	return a->status == UNKNOWN && nos_answer_nonce(nos_buf_str(&a->body), nonce);
}

static bool ends(struct nos_str path, const char *with)
{
	const size_t len = strlen(with);

	return path.len > len && memcmp(path.p + path.len - len, with, len) == 0;
}

/* As a node gives it where all is well. */
static bool is_wished(const struct nos_carrier_request *q, const struct nos_http_answer *a)
{
	struct nos_str whole = nos_str_of(q->path), path;

	if (!nos_str_cut(&whole, '?', &path))
		return false;
	if (nos_str_is(path, DATA))
		return a->status == TAKEN && is_object(a, "accepted");
	if (nos_str_is(path, SOURCES))
		return a->status == CREATED && strcmp(a->media, SEALED) == 0;
	if (ends(path, "/acks"))
		return a->status == EMPTY;
	if (ends(path, "/resync"))
		return a->status == GOOD && strcmp(a->media, BYTES) == 0;
	return a->status >= GOOD && a->status < MULTIPLE;
}

/* What is wrong with the request itself, in the node's own form. */
static bool is_refusal(const struct nos_http_answer *a)
{
	struct nos_err why = { 0 };

	return a->status >= BAD && a->status < FAULT && a->status != UNKNOWN &&
	       a->status != NOWHERE && a->status != SLOW && a->status != OFTEN &&
	       nos_answer_problem(nos_buf_str(&a->body), &why) && why.code != NOS_AWAY;
}

static bool is_all(
    const struct nos_carrier_request *q, const struct nos_http_answer *a, const uint8_t *pin)
{
	const struct nos_str path = nos_str_of(q->path);

	if (nos_worth_is_pack(q))
		return *a->receipt != '\0';
	if (nos_str_is(path, NODE))
		return nos_worth_is_document(a, pin);
	if (!q->body && nos_str_starts(path, SOURCES "/"))
		return is_list(q, a);
	return is_wished(q, a) || is_refusal(a);
}

enum nos_worth nos_worth_of(
    const struct nos_carrier_request *q, const struct nos_http_answer *a, const uint8_t *pin)
{
	uint8_t nonce[NOS_ASK_NONCE_LEN];

	if (is_all(q, a, pin))
		return NOS_WORTH_ALL;
	if (a->status == UNKNOWN && nos_answer_nonce(nos_buf_str(&a->body), nonce))
		return NOS_WORTH_NONCE;
	return a->status == OFTEN || a->status == FULL ? NOS_WORTH_LATER : NOS_WORTH_LITTLE;
}
