/* SPDX-License-Identifier: MIT */
#include "cluster/wrap.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "json/problem.h"

/* What an answer is told by is told by literals. */
static const char *const types[] = { "application/json", NOS_PROBLEM_TYPE, "application/x-ndjson",
	"application/octet-stream", "application/jose", "text/plain" };
static const char *const names[] = { "Nos-Receipt", "Retry-After", "Allow", "WWW-Authenticate" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *known(const char *const *of, size_t count, struct nos_str text)
{
	for (size_t i = 0; i < count; i++)
		if (nos_str_is(text, of[i]))
			return of[i];
	return NULL;
}

static bool take_text(struct nos_span *rest, struct nos_str *ret)
{
	uint64_t len;

	if (!nos_enc_leb128_decode(rest, &len) || len > rest->len)
		return false;
	*ret = (struct nos_str){ (const char *)rest->p, (size_t)len };
	rest->p += len;
	rest->len -= (size_t)len;
	return true;
}

static void add_text(struct nos_buf *b, struct nos_str text)
{
	nos_enc_field(b, text.p, text.len);
}

void nos_wrap_request(struct nos_buf *b, const struct nos_http_request *r)
{
	const struct nos_str texts[] = { r->method, r->path, r->query, r->media, r->foreign,
		r->coding, r->authorization, r->via };

	for (size_t i = 0; i < COUNT(texts); i++)
		add_text(b, texts[i]);
	nos_enc_add_leb128(b, r->tls_bits);
	nos_enc_add_leb128(b, r->local);
	nos_buf_add(b, r->body.p, r->body.len);
}

enum nos_code nos_wrap_request_decode(
    struct nos_span text, struct nos_http_request *ret, struct nos_err *err)
{
	struct nos_str *const texts[] = { &ret->method, &ret->path, &ret->query, &ret->media,
		&ret->foreign, &ret->coding, &ret->authorization, &ret->via };
	uint64_t bits, local;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (!take_text(&text, texts[i]))
			return nos_err_set(err, NOS_DATA, "not a request");
	if (!nos_enc_leb128_decode(&text, &bits) || bits > UINT16_MAX ||
	    !nos_enc_leb128_decode(&text, &local) || local > 1)
		return nos_err_set(err, NOS_DATA, "not a request");
	ret->tls_bits = (unsigned)bits;
	ret->local = local;
	ret->body = text;
	return NOS_OK;
}

void nos_wrap_answer(struct nos_buf *b, const struct nos_http_request *r)
{
	assert(!r->type || known(types, COUNT(types), nos_str_of(r->type)));
	nos_enc_add_leb128(b, r->status);
	add_text(b, nos_str_of(r->type));
	nos_enc_add_leb128(b, r->header_count);
	for (size_t i = 0; i < r->header_count; i++) {
		assert(known(names, COUNT(names), nos_str_of(r->headers[i].name)));
		add_text(b, nos_str_of(r->headers[i].name));
		add_text(b, nos_str_of(r->headers[i].value));
	}
	nos_buf_add_str(b, nos_buf_str(&r->out));
}

static bool take_header(struct nos_span *rest, struct nos_http_header *ret)
{
	struct nos_str name, value;

	if (!take_text(rest, &name) || !take_text(rest, &value))
		return false;
	ret->name = known(names, COUNT(names), name);
	return ret->name && nos_str_copy(value, ret->value, sizeof(ret->value));
}

enum nos_code nos_wrap_answer_decode(
    struct nos_span text, struct nos_http_request *ret, struct nos_err *err)
{
	struct nos_http_header headers[NOS_HTTP_HEADERS_MAX];
	uint64_t status, count;
	const char *type;
	struct nos_str name;

	if (!nos_enc_leb128_decode(&text, &status) || status < 200 || status > 599 ||
	    !take_text(&text, &name) || !nos_enc_leb128_decode(&text, &count) ||
	    count > COUNT(headers))
		return nos_err_set(err, NOS_DATA, "not an answer");
	type = known(types, COUNT(types), name);
	if (!type && name.len)
		return nos_err_set(err, NOS_DATA, "a type that is not known");
	for (size_t i = 0; i < count; i++)
		if (!take_header(&text, &headers[i]))
			return nos_err_set(err, NOS_DATA, "a header that is not known");
	ret->status = (unsigned)status;
	ret->type = type;
	ret->header_count = (size_t)count;
	memcpy(ret->headers, headers, (size_t)count * sizeof(headers[0]));
	nos_buf_add(&ret->out, text.p, text.len);
	return NOS_OK;
}
