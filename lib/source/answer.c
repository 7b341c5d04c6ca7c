/* SPDX-License-Identifier: MIT */
#include "source/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/decode.h"

#define URN	   "urn:nos:"
#define DETAIL_MAX 4096 /* bytes of a text that may be escaped */
#define RETRY_MAX  (UINT64_C(365) * 24 * 3600)

void nos_answer_news_release(struct nos_answer_news *n)
{
	free(n->keys);
	nos_buf_release(&n->bytes);
	*n = (struct nos_answer_news){ 0 };
}

void nos_answer_release(struct nos_answer *a)
{
	free(a->rejects);
	nos_answer_news_release(&a->news);
	nos_buf_release(&a->hop.body);
	*a = (struct nos_answer){ 0 };
}

static bool code_of(struct nos_str slug, enum nos_code *ret)
{
	for (int code = NOS_OK + 1; code < NOS_CODE_COUNT; code++)
		if (nos_str_is(slug, nos_code_slug((enum nos_code)code))) {
			*ret = (enum nos_code)code;
			return true;
		}
	return false;
}

/* An error as its two forms name its members; texts of it may be escaped. */
static bool read_error(
    const struct nos_decode *d, struct nos_str slug, const char *text_name, struct nos_err *ret)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->object, text_name);
	NOS_AUTO(buf) space = { 0 };
	struct nos_err ignored = { 0 };
	struct nos_str text, field;
	enum nos_code code;

	nos_buf_init(&space, DETAIL_MAX);
	if (!code_of(slug, &code) || !v || v->kind != NOS_SCAN_STRING ||
	    !nos_scan_text(v, &space, &text))
		return false;
	nos_err_set(ret, code, "%.*s", NOS_STR_ARG(text));
	if (nos_decode_has(d, "field") && !nos_decode_text(d, "field", &field, &ignored))
		(void)!nos_str_copy(field, ret->field, sizeof(ret->field));
	return true;
}

static bool read_problem(const struct nos_decode *d, struct nos_err *ret)
{
	struct nos_err ignored = { 0 };
	struct nos_str type;

	if (nos_decode_text(d, "type", &type, &ignored) || !nos_str_starts(type, URN))
		return false;
	type.p += strlen(URN), type.len -= strlen(URN);
	return read_error(d, type, "detail", ret);
}

bool nos_answer_problem(struct nos_str body, struct nos_err *ret)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;
	bool good =
	    !nos_decode_object(&scan, body, "problem", &d, &ignored) && read_problem(&d, ret);

	nos_scan_release(&scan);
	return good;
}

bool nos_answer_nonce(struct nos_str body, uint8_t ret[static NOS_ASK_NONCE_LEN])
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;
	bool good = !nos_decode_object(&scan, body, "problem", &d, &ignored) &&
		    nos_decode_has(&d, "nonce") &&
		    !nos_decode_bytes(&d, "nonce", ret, NOS_ASK_NONCE_LEN, &ignored);

	nos_scan_release(&scan);
	return good;
}

bool nos_answer_order(
    struct nos_str body, uint8_t ret[static NOS_SESSION_ORDER_MAX], size_t *ret_len)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err ignored = { 0 };
	struct nos_decode d;
	bool good = !nos_decode_object(&scan, body, "problem", &d, &ignored) &&
		    nos_decode_has(&d, "order") &&
		    !nos_decode_upto(&d, "order", ret, NOS_SESSION_ORDER_MAX, ret_len, &ignored);

	nos_scan_release(&scan);
	return good;
}

static enum nos_code bad(const char *member, struct nos_err *err)
{
	return nos_err_set_field(
	    err, NOS_INTERNAL, member, "the node's answer is not as it should be: %s", member);
}

/* Messages into memory that does not move while they come. */
static enum nos_code read_keys(const struct nos_scan *scan, const struct nos_scan_value *array,
    struct nos_answer_news *n, struct nos_err *err)
{
	const struct nos_scan_value *v;
	uint32_t at = 0;

	while (nos_scan_element(scan, array, &at, &v)) {
		size_t before = n->bytes.len;

		if (v->kind != NOS_SCAN_STRING || !nos_enc_base64_decode(v->raw, &n->bytes))
			return nos_err_set(err, NOS_DATA, "not a key message");
		n->keys[n->key_count++] = (struct nos_span){ (const uint8_t *)n->bytes.p + before,
			n->bytes.len - before };
	}
	return NOS_OK;
}

enum nos_code nos_answer_keys(const struct nos_scan *scan, const struct nos_scan_value *array,
    struct nos_answer_news *ret, struct nos_err *err)
{
	if (array->kind != NOS_SCAN_ARRAY || array->count > NOS_ANSWER_KEYS_MAX)
		return nos_err_set(
		    err, NOS_DATA, "not a list of %d key messages at most", NOS_ANSWER_KEYS_MAX);
	nos_answer_news_release(ret);
	if (!array->count)
		return NOS_OK;
	nos_buf_init(&ret->bytes, array->raw.len);
	ret->keys = calloc(array->count, sizeof(*ret->keys));
	if (!ret->keys || !nos_buf_reserve(&ret->bytes, array->raw.len))
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	return read_keys(scan, array, ret, err);
}

/* All of it may be missing, as at a node that replaces no keys. */
static enum nos_code read_news(
    const struct nos_decode *d, struct nos_answer_news *n, struct nos_err *err)
{
	const struct nos_scan_value *list = nos_scan_get(d->scan, d->object, "keys");
	struct nos_err why = { 0 };

	if (list && nos_answer_keys(d->scan, list, n, &why)) {
		if (why.code == NOS_DATA)
			return bad("keys", err);
		*err = why;
		return err->code;
	}
	if (nos_decode_bool(d, "resync", true, &n->resync, &why))
		return bad("resync", err);
	if (nos_decode_bool(d, "identity", true, &n->identity, &why))
		return bad("identity", err);
	return NOS_OK;
}

enum nos_code nos_answer_news_decode(
    struct nos_str body, struct nos_answer_news *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err why = { 0 };
	struct nos_decode d;

	if (nos_decode_object(&scan, body, "answer", &d, &why))
		nos_err_set(err, NOS_INTERNAL, "the node's answer is not JSON: %s", why.text);
	else
		(void)!read_news(&d, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_answer_news_release(ret);
	return err->code;
}

static enum nos_code read_reject(
    const struct nos_decode *d, size_t readings, struct nos_answer *a, struct nos_err *err)
{
	struct nos_answer_reject *r = &a->rejects[a->reject_count];
	struct nos_err ignored = { 0 };
	struct nos_decode inside;
	struct nos_str slug;
	uint64_t index;

	if (d->object->kind != NOS_SCAN_OBJECT ||
	    nos_decode_uint(d, "index", 0, readings - 1, &index, &ignored) ||
	    nos_decode_inside(d, "error", &inside, &ignored) ||
	    nos_decode_text(&inside, "code", &slug, &ignored) ||
	    !read_error(&inside, slug, "message", &r->err))
		return bad("rejected", err);
	r->index = (uint32_t)index;
	if (a->reject_count && r->index <= r[-1].index)
		return bad("rejected", err);
	a->reject_count++;
	return NOS_OK;
}

static enum nos_code read_rejects(
    const struct nos_decode *d, size_t readings, struct nos_answer *a, struct nos_err *err)
{
	const struct nos_scan_value *list;
	struct nos_err ignored = { 0 };
	struct nos_decode one = { .scan = d->scan };
	uint32_t at = 0;

	if (nos_decode_array(d, "rejected", &list, &ignored) || list->count > readings)
		return bad("rejected", err);
	a->rejects = calloc(list->count + 1, sizeof(*a->rejects));
	if (!a->rejects)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	while (nos_scan_element(d->scan, list, &at, &one.object))
		if (read_reject(&one, readings, a, err))
			return err->code;
	return NOS_OK;
}

/* Every reading has one fate, and a pack is new or was seen, never both. */
static enum nos_code read_counts(
    const struct nos_decode *d, size_t readings, struct nos_answer *a, struct nos_err *err)
{
	struct nos_err ignored = { 0 };

	if (nos_decode_uint(d, "accepted", 0, readings, &a->accepted, &ignored))
		return bad("accepted", err);
	if (nos_decode_uint(d, "duplicates", 0, readings, &a->duplicates, &ignored) ||
	    (a->duplicates && a->accepted))
		return bad("duplicates", err);
	if (read_rejects(d, readings, a, err))
		return err->code;
	if (a->accepted + a->duplicates + a->reject_count != readings)
		return bad("accepted", err);
	return NOS_OK;
}

/* What is in it goes on as it is; whether it is good its own receipt says. */
static enum nos_code read_hop(
    const struct nos_decode *d, struct nos_answer_hop *h, struct nos_err *err)
{
	struct nos_err ignored = { 0 };
	struct nos_decode hop;
	uint64_t status;

	if (!nos_decode_has(d, "hop"))
		return NOS_OK;
	nos_buf_init(&h->body, d->object->raw.len);
	if (nos_decode_inside(d, "hop", &hop, &ignored) ||
	    nos_decode_uint(&hop, "status", 200, 599, &status, &ignored) ||
	    nos_decode_copy(&hop, "receipt", true, h->receipt, sizeof(h->receipt), &ignored) ||
	    (nos_decode_has(&hop, "retry") &&
		nos_decode_uint(&hop, "retry", 0, RETRY_MAX, &h->retry_s, &ignored)) ||
	    nos_decode_blob(&hop, "body", &h->body, &ignored))
		return bad("hop", err);
	h->status = (unsigned)status;
	return NOS_OK;
}

static enum nos_code read_rest(
    const struct nos_decode *d, struct nos_answer *a, struct nos_err *err)
{
	struct nos_err ignored = { 0 };

	a->has_position = nos_decode_has(d, "position");
	if (a->has_position &&
	    nos_decode_uint(d, "position", 0, NOS_NUM_SAFE - 1, &a->position, &ignored))
		return bad("position", err);
	if (nos_decode_has(d, "lane") &&
	    nos_decode_uint(d, "lane", 0, NOS_NUM_SAFE - 1, &a->lane, &ignored))
		return bad("lane", err);
	if (nos_decode_has(d, "next") &&
	    nos_decode_uint(d, "next", 1, NOS_NUM_SAFE - 1, &a->next, &ignored))
		return bad("next", err);
	if (nos_decode_bool(d, "same", true, &a->same, &ignored))
		return bad("same", err);
	return read_hop(d, &a->hop, err);
}

static enum nos_code decode(
    const struct nos_decode *d, size_t readings, struct nos_answer *a, struct nos_err *err)
{
	if (read_news(d, &a->news, err))
		return err->code;
	if (!nos_decode_has(d, "accepted") && nos_decode_has(d, "type")) {
		a->refused = read_problem(d, &a->why);
		if (!a->refused)
			return bad("type", err);
		return nos_decode_has(d, "rejected") ? read_rejects(d, readings, a, err) : NOS_OK;
	}
	if (read_counts(d, readings, a, err))
		return err->code;
	return read_rest(d, a, err);
}

enum nos_code nos_answer_decode(
    struct nos_str body, size_t readings, struct nos_answer *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err why = { 0 };
	struct nos_decode d;

	if (nos_decode_object(&scan, body, "answer", &d, &why))
		nos_err_set(err, NOS_INTERNAL, "the node's answer is not JSON: %s", why.text);
	else
		(void)!decode(&d, readings, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_answer_release(ret);
	return err->code;
}

const struct nos_err *nos_answer_why(const struct nos_answer *a, uint32_t index)
{
	for (size_t i = 0; i < a->reject_count && a->rejects[i].index <= index; i++)
		if (a->rejects[i].index == index)
			return &a->rejects[i].err;
	return a->refused ? &a->why : NULL;
}
