/* SPDX-License-Identifier: MIT */
/* A sealed pack as a node meets it: header, opening, the batch in it; an entry of the raw
 * stream; and the frame in a relay's pack. The keys are those of tests/vectors, so that the seed
 * opens. */
#include "../unit/cjose.h"
#include "fuzz.h"

#include "base/enc.h"
#include "crypto/jose.h"
#include "envelope/pack.h"
#include "key/hop.h"
#include "stream/raw.h"

#define SOURCE NOS_STR("s-7f3a09c2e1")
#define KID    NOS_STR("p.1")

static struct nos_pack_keys keys;

static void secret_from(const char *hex, struct nos_secret *ret)
{
	ret->len = strlen(hex) / 2;
	must(nos_enc_hex_decode(nos_str_of(hex), ret->bytes, ret->len));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct nos_secret pair, k_s;
	struct nos_err err = { 0 };

	(void)argc;
	(void)argv;
	nos_jose_start();
	/* vectors.json: pack, "scheme key" and "K_S" */
	secret_from("50635c5eae320a42d1bc36507054450324cd62b0dc4f54ee5d26a13d71ec5015", &pair);
	secret_from("6e5b1e0ae29ff0280be0ff9e03c1140dac63bf87da6681eb37eb30c9dbfc83ea", &k_s);
	must(!nos_pack_keys_make(&pair, &k_s, KID, SOURCE, &keys, &err));
	return 0;
}

static void decode_batch(struct nos_str text)
{
	struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	struct nos_batch b = { 0 };
	const struct nos_batch_how how = { .form = NOS_BATCH_NDJSON };
	struct nos_err err = { 0 };

	(void)!nos_batch_decode(&b, &how, text, NOS_PACK_READINGS_MAX, &scan, &err);
	nos_batch_release(&b);
	nos_scan_release(&scan);
}

/* cjose is of another making, and lenient: it takes what ours takes, as the same bytes. */
static void hold_against_cjose(struct nos_str jwe, struct nos_str text)
{
	NOS_AUTO(buf) other = { 0 };

	nos_buf_init_secret(&other, NOS_PACK_MAX);
	must(cjose_opens(&keys.content, jwe, &other));
	must(nos_str_eq(nos_buf_str(&other), text));
}

/* Foreign bytes in place of a pack. */
static void open_pack(struct nos_str jwe)
{
	struct nos_scan scan = { 0 };
	struct nos_header h;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) plain = { 0 };
	char kid[NOS_NAME_TEXT_MAX];

	nos_buf_init_secret(&plain, NOS_PACK_MAX);
	if (!nos_header_read(jwe, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &h, &err)) {
		nos_name_format(&h.name, kid);
		must(strcmp(kid, h.kid) == 0 && *h.source && h.seq >= 1);
		must(!h.has_prev || h.prev < h.seq);
		if (!nos_pack_open(&keys, jwe, &plain, &err)) {
			hold_against_cjose(jwe, nos_buf_str(&plain));
			decode_batch(nos_buf_str(&plain));
		} else {
			must(plain.len == 0);
		}
	}
	nos_scan_release(&scan);
}

/* Foreign bytes in a good pack: they come out as they went in. */
static void seal_pack(struct nos_str text)
{
	const struct nos_pack pack = {
		.kid = KID, .source = SOURCE, .cty = NOS_STR("x-ndjson"), .seq = 7, .prev = 3
	};
	struct nos_scan scan = { 0 };
	struct nos_header h;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) jwe = { 0 };
	NOS_AUTO(buf) plain = { 0 };

	if (!text.len)
		return;
	nos_buf_init(&jwe, NOS_PACK_MAX);
	nos_buf_init_secret(&plain, NOS_PACK_MAX);
	must(!nos_pack_seal(&keys, &pack, nos_str_bytes(text), &jwe, &err));
	must(!nos_header_read(nos_buf_str(&jwe), NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &h, &err));
	must(h.seq == 7 && h.has_prev && h.prev == 3 && nos_str_is(SOURCE, h.source));
	must(!nos_pack_open(&keys, nos_buf_str(&jwe), &plain, &err));
	must(nos_str_eq(nos_buf_str(&plain), text));
	hold_against_cjose(nos_buf_str(&jwe), text);
	nos_scan_release(&scan);
}

/* What is read of an entry is written and read again as the same. */
static void decode_raw(struct nos_span entry)
{
	struct nos_raw raw, again;
	struct nos_str body, body_again;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) second = { 0 };

	nos_buf_init(&first, NOS_PACK_MAX);
	nos_buf_init(&second, NOS_PACK_MAX);
	if (nos_raw_decode(entry, &raw, &body, &err)) {
		must(err.code == NOS_IO);
		return;
	}
	nos_raw_encode(&first, &raw, body);
	must(!nos_raw_decode(nos_buf_span(&first), &again, &body_again, &err));
	must(nos_str_eq(body, body_again));
	nos_raw_encode(&second, &again, body_again);
	must(nos_str_eq(nos_buf_str(&first), nos_buf_str(&second)));
}

/* What a relay says was in a frame: read, raised, and read again as the same. */
static void read_frame(struct nos_span text)
{
	struct nos_hop h, again;
	struct nos_str media, body;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) raised = { 0 };

	if (nos_hop_read(text, &h, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	if (nos_hop_split(h.pack, &media, &body))
		must(media.len + 1 + body.len == h.pack.len);
	if (h.hops == NOS_HOP_MAX)
		return;
	nos_buf_init(&raised, NOS_PACK_MAX);
	nos_hop_raise(&raised, &h);
	must(!nos_hop_read(nos_buf_span(&raised), &again, &err));
	must(again.hops == h.hops + 1 && nos_str_eq(again.source, h.source));
	must(again.pack.len == h.pack.len && again.tag.len == h.tag.len);
	must(memcmp(again.pack.p, h.pack.p, h.pack.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_pack(fuzz_text(data, size));
	seal_pack(fuzz_text(data, size));
	decode_raw((struct nos_span){ data, size });
	read_frame((struct nos_span){ data, size });
	return 0;
}
