/* SPDX-License-Identifier: MIT */
#include "source/enrolment.h"

#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "scheme/scheme.h"

#define VERSION	  1
#define ID_DIGITS 10

void nos_enrolment_release(struct nos_enrolment *e)
{
	explicit_bzero(e, sizeof(*e));
}

/* It names a file, so nothing else may be in it. */
static bool is_id(const char *id)
{
	return strncmp(id, "t-", 2) == 0 && strspn(id + 2, "0123456789abcdef") == ID_DIGITS &&
	       strlen(id) == 2 + ID_DIGITS;
}

static enum nos_code decode_token(
    const struct nos_decode *d, struct nos_enrolment *e, struct nos_err *err)
{
	NOS_AUTO(buf) token = { 0 };

	e->open = !nos_decode_has(d, "token");
	if (e->open)
		return NOS_OK;
	nos_buf_init_secret(&token, NOS_SECRET_MAX);
	if (nos_decode_blob(d, "token", &token, err))
		return err->code;
	if (!token.len)
		return nos_err_set_field(err, NOS_DATA, "token", "token is empty");
	nos_secret_put(&e->token, token.p, token.len);
	return NOS_OK;
}

static enum nos_code check(const struct nos_enrolment *e, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (!is_id(e->id))
		return nos_err_set_field(err, NOS_DATA, "id", "id is not that of an enrolment");
	if (nos_url_check(e->url, &why))
		return nos_err_set_field(err, NOS_DATA, "url", "url: %s", why.text);
	if (*e->kind && !nos_name_is_kind(nos_str_of(e->kind)))
		return nos_err_set_field(err, NOS_DATA, "kind", "kind cannot be a kind");
	if (*e->group && !nos_name_is_word(nos_str_of(e->group)))
		return nos_err_set_field(err, NOS_DATA, "group", "group cannot be a group");
	if (e->shared && !*e->group)
		return nos_err_set_field(err, NOS_DATA, "shared", "shared, and no group");
	if (*e->replaces && !nos_name_is_word(nos_str_of(e->replaces)))
		return nos_err_set_field(err, NOS_DATA, "replaces", "replaces is not a source");
	if (!nos_scheme_find(nos_str_of(e->scheme)))
		return nos_err_set_field(
		    err, NOS_CONFIG, "scheme", "this nos has no scheme '%s'", e->scheme);
	return NOS_OK;
}

static enum nos_code decode(
    const struct nos_decode *d, struct nos_enrolment *e, struct nos_err *err)
{
	if (nos_decode_version(d, VERSION, "enrolment", err))
		return err->code;
	if (!nos_decode_has(d, "v"))
		return nos_err_set_field(err, NOS_DATA, "v", "v is missing: not an enrolment");
	if (nos_decode_has(d, "bearer"))
		return nos_err_set_field(err, NOS_DATA, "bearer",
		    "a bearer token, which does not register: a webhook shows it (nos-serve(8))");
	if (nos_decode_copy(d, "id", false, e->id, sizeof(e->id), err) || decode_token(d, e, err) ||
	    nos_decode_copy(d, "url", false, e->url, sizeof(e->url), err) ||
	    nos_decode_uint(d, "node", 1, NOS_NUM_SAFE - 1, &e->node, err) ||
	    nos_decode_bytes(d, "pin", e->pin, sizeof(e->pin), err) ||
	    nos_decode_copy(d, "scheme", false, e->scheme, sizeof(e->scheme), err) ||
	    nos_decode_copy(d, "kind", true, e->kind, sizeof(e->kind), err) ||
	    nos_decode_copy(d, "group", true, e->group, sizeof(e->group), err) ||
	    nos_decode_bool(d, "shared", true, &e->shared, err) ||
	    nos_decode_copy(d, "replaces", true, e->replaces, sizeof(e->replaces), err) ||
	    nos_decode_time(d, "expires", &e->expires, err))
		return err->code;
	return check(e, err);
}

enum nos_code nos_enrolment_decode(
    struct nos_str line, struct nos_enrolment *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_enrolment){ 0 };
	if (!nos_decode_object(&scan, line, "enrolment", &d, err))
		(void)!decode(&d, ret, err);
	nos_scan_release(&scan);
	if (err->code == NOS_LARGE)
		err->code = NOS_DATA; /* deeper, or of more members, than an enrolment is */
	if (err->code)
		nos_enrolment_release(ret);
	return err->code;
}
