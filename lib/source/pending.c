/* SPDX-License-Identifier: MIT */
#include "source/pending.h"

#include "base/file.h"
#include "crypto/jose.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"

#define VERSION 1

void nos_pending_init(struct nos_pending *p)
{
	*p = (struct nos_pending){ 0 };
	nos_buf_init(&p->m1, NOS_PENDING_TEXT_MAX);
	nos_buf_init(&p->description, NOS_PENDING_DESCRIPTION_MAX);
}

void nos_pending_release(struct nos_pending *p)
{
	nos_secret_release(&p->once);
	nos_buf_release(&p->m1);
	nos_buf_release(&p->description);
}

enum nos_code nos_pending_make(struct nos_pending *p, const struct nos_enrolment *e,
    const struct nos_ecdh_point *node, struct nos_err *err)
{
	struct nos_grant_request m1 = { .open = e->open,
		.id = nos_str_of(e->id),
		.description = nos_buf_str(&p->description) };
	NOS_AUTO(secret) t = { 0 };
	NOS_AUTO(buf) plain = { 0 };

	snprintf(p->id, sizeof(p->id), "%s", e->id);
	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	if (nos_derive_token(nos_secret_span(&e->token), &t, err) ||
	    nos_ecdh_generate(&p->once, &m1.once, err) ||
	    nos_random_bytes(p->nonce, sizeof(p->nonce), err))
		return err->code;
	memcpy(m1.nonce, p->nonce, sizeof(m1.nonce));
	if (nos_grant_request_prove(&t, &m1, err))
		return err->code;
	nos_grant_request_encode(&plain, &m1);
	if (nos_buf_check(&plain, "registration", err))
		return err->code;
	return nos_jose_seal_to(node, nos_buf_span(&plain), &p->m1, err);
}

static enum nos_code decode(const struct nos_decode *d, struct nos_pending *p, struct nos_err *err)
{
	struct nos_str m1, description;

	if (nos_decode_version(d, VERSION, "registration under way", err) ||
	    nos_decode_copy(d, "id", false, p->id, sizeof(p->id), err) ||
	    nos_decode_secret(d, "E_S", NOS_ECDH_PRIVATE_LEN, &p->once, err) ||
	    nos_decode_bytes(d, "nonce", p->nonce, sizeof(p->nonce), err) ||
	    nos_decode_text(d, "m1", &m1, err) ||
	    nos_decode_raw(d, "description", NOS_SCAN_OBJECT, &description, err))
		return err->code;
	nos_buf_add_str(&p->m1, m1);
	nos_buf_add_str(&p->description, description);
	if (nos_buf_check(&p->m1, "m1", err))
		return err->code;
	return nos_buf_check(&p->description, "description", err);
}

enum nos_code nos_pending_decode(struct nos_str text, struct nos_pending *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_decode d;

	if (!nos_decode_object(&scan, text, "registration under way", &d, err))
		(void)!decode(&d, ret, err);
	nos_scan_release(&scan);
	return err->code;
}

void nos_pending_encode(struct nos_buf *b, const struct nos_pending *p)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_text(b, "id", nos_str_of(p->id));
	nos_encode_member_bytes(b, "E_S", p->once.bytes, p->once.len);
	nos_encode_member_bytes(b, "nonce", p->nonce, sizeof(p->nonce));
	nos_encode_member_text(b, "m1", nos_buf_str(&p->m1));
	nos_encode_member(b, "description");
	nos_buf_add_str(b, nos_buf_str(&p->description));
	nos_buf_add_text(b, "}\n");
}

enum nos_code nos_pending_read(const char *path, struct nos_pending *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_PENDING_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err))
		return err->code == NOS_LARGE ? (err->code = NOS_CONFIG) : err->code;
	if (nos_pending_decode(nos_buf_str(&text), ret, err)) {
		nos_err_within(err, "%s", path);
		return err->code == NOS_INTERNAL ? err->code : (err->code = NOS_CONFIG);
	}
	return NOS_OK;
}

enum nos_code nos_pending_write(
    const char *path, const struct nos_pending *p, bool replace, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_PENDING_TEXT_MAX);
	nos_pending_encode(&text, p);
	if (nos_buf_check(&text, "registration under way", err))
		return err->code;
	return replace ? nos_file_replace(path, nos_buf_span(&text), err)
		       : nos_file_create(path, nos_buf_span(&text), err);
}
