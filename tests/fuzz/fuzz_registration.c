/* SPDX-License-Identifier: MIT */
/* A registration on both sides: the header of m1 and m2, their plaintexts, the enrolment that
 * begins it, the half of it that waits on disk, and the node's document. */
#include "fuzz.h"

#include "envelope/grant.h"
#include "envelope/header.h"
#include "source/enrolment.h"
#include "source/lineage.h"
#include "source/pending.h"

static void read_header(struct nos_str jwe)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	struct nos_scan scan = { 0 };
	struct nos_header h;
	struct nos_err err = { 0 };

	/* A key that was taken is on the curve. */
	if (!nos_header_read(jwe, NOS_HEADER_KEY, NOS_GRANT_TEXT_MAX, &scan, &h, &err))
		must(!nos_ecdh_to_xy(&h.epk, x, y, &err));
	nos_scan_release(&scan);
}

/* What was read is written and read again as the same. */
static void decode_request(struct nos_str text)
{
	struct nos_grant_request r, again;
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) second = { 0 };

	nos_buf_init(&first, 8 * NOS_GRANT_TEXT_MAX);
	nos_buf_init(&second, 8 * NOS_GRANT_TEXT_MAX);
	if (!nos_grant_request_decode(text, &scan, &r, &err)) {
		must(fuzz_within(r.id, text, NULL) && fuzz_within(r.description, text, NULL));
		nos_grant_request_encode(&first, &r);
		must(!nos_grant_request_decode(nos_buf_str(&first), &scan, &again, &err));
		nos_grant_request_encode(&second, &again);
		must(nos_str_eq(nos_buf_str(&first), nos_buf_str(&second)));
	}
	nos_scan_release(&scan);
}

/* An answer that nobody sealed is never good; sealed anew it is, for its m1 alone. */
static void decode_answer(struct nos_str text)
{
	const struct nos_secret r = { .len = 32, .bytes = { 1 } };
	struct nos_grant_answer a, again;
	struct nos_scan scan = { 0 }, other = { 0 };
	struct nos_err err = { 0 };
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init(&sealed, NOS_GRANT_TEXT_MAX);
	if (!nos_grant_answer_decode(text, &scan, &a, &err)) {
		must(a.node >= 1 && a.next >= 1);
		must(nos_grant_answer_check(&r, text, a.m1, &err) == NOS_TAG);
		nos_err_clear(&err);
		must(!nos_grant_answer_seal(&r, &a, &sealed, &err));
		must(!nos_grant_answer_check(&r, nos_buf_str(&sealed), a.m1, &err));
		must(!nos_grant_answer_decode(nos_buf_str(&sealed), &other, &again, &err));
		must(nos_str_eq(a.source, again.source) && nos_str_eq(a.grants, again.grants));
		a.m1[0] ^= 1;
		must(nos_grant_answer_check(&r, nos_buf_str(&sealed), a.m1, &err) == NOS_TAG);
	}
	nos_scan_release(&scan);
	nos_scan_release(&other);
}

static void decode_enrolment(struct nos_str line)
{
	NOS_AUTO(enrolment) e = { 0 };
	struct nos_err err = { 0 };

	if (nos_enrolment_decode(line, &e, &err)) {
		must(err.code == NOS_DATA || err.code == NOS_CONFIG);
		return;
	}
	/* Its id becomes a file's name. */
	must(e.open == !e.token.len && !strchr(e.id, '/') && e.node >= 1);
	must(!nos_url_check(e.url, &err));
}

static void decode_pending(struct nos_str text)
{
	NOS_AUTO(pending) p = { 0 };
	NOS_AUTO(pending) again = { 0 };
	struct nos_err err = { 0 };
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) second = { 0 };

	nos_pending_init(&p);
	nos_pending_init(&again);
	nos_buf_init_secret(&first, 2 * NOS_PENDING_TEXT_MAX);
	nos_buf_init_secret(&second, 2 * NOS_PENDING_TEXT_MAX);
	if (nos_pending_decode(text, &p, &err))
		return;
	nos_pending_encode(&first, &p);
	must(!nos_pending_decode(nos_buf_str(&first), &again, &err));
	nos_pending_encode(&second, &again);
	must(nos_str_eq(nos_buf_str(&first), nos_buf_str(&second)));
}

/* From a key that nobody has there is nothing to follow. */
static void follow(struct nos_str document)
{
	const uint8_t pin[NOS_HASH_LEN] = { 1 }, sign[NOS_SIGN_PUBLIC_LEN] = { 2 };
	struct nos_lineage found;
	struct nos_err err = { 0 };

	must(nos_lineage_follow(document, pin, sign, 1, &found, &err));
	must(err.code == NOS_DATA || err.code == NOS_TAG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nos_str text = fuzz_text(data, size);

	if (size > NOS_GRANT_TEXT_MAX / 2)
		return 0;
	read_header(text);
	decode_request(text);
	decode_answer(text);
	decode_enrolment(text);
	decode_pending(text);
	follow(text);
	return 0;
}
