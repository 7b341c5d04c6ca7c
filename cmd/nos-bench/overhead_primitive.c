/* SPDX-License-Identifier: MIT */
/* What each operation costs that a new key is made of. */
#include "crypto/aead.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "lap.h"
#include "overhead.h"

#define RUNS_MANY 200
#define RUNS_FEW  20
#define BATCH	  32 /* of one value of a sample, where the clock is too coarse for one */
#define TEXT_LEN  16

/* What they are done with. */
struct stage {
	struct nos_secret key, siv, private, made;
	struct nos_ecdh_point peer;
	uint8_t sign_public[NOS_SIGN_PUBLIC_LEN], signature[NOS_SIGN_LEN];
	uint8_t text[TEXT_LEN], sealed[TEXT_LEN + NOS_AEAD_TAG_LEN], hash[NOS_HASH_LEN];
	struct printed_count count;
};

static struct nos_span text_of(const struct stage *s)
{
	return (struct nos_span){ s->text, sizeof(s->text) };
}

static struct nos_span aad_of(const struct stage *s)
{
	return (struct nos_span){ s->peer.bytes, sizeof(s->peer.bytes) };
}

typedef enum nos_code primitive(struct stage *s, struct nos_err *err);

static enum nos_code do_hash(struct stage *s, struct nos_err *err)
{
	const struct nos_span text = text_of(s);

	return nos_hash_sha256(&text, 1, s->hash, err);
}

static enum nos_code do_hmac(struct stage *s, struct nos_err *err)
{
	return nos_hkdf_expand(&s->key, text_of(s), NOS_HKDF_LEN, &s->made, err);
}

static enum nos_code do_seal(struct stage *s, struct nos_err *err)
{
	return nos_aead_siv_seal(&s->siv, aad_of(s), text_of(s), s->sealed, err);
}

static enum nos_code do_open(struct stage *s, struct nos_err *err)
{
	return nos_aead_siv_open(
	    &s->siv, aad_of(s), (struct nos_span){ s->sealed, sizeof(s->sealed) }, s->text, err);
}

static enum nos_code do_shared(struct stage *s, struct nos_err *err)
{
	return nos_ecdh_shared(&s->private, &s->peer, &s->made, err);
}

static enum nos_code do_sign(struct stage *s, struct nos_err *err)
{
	return nos_sign_make(&s->key, text_of(s), s->signature, err);
}

static enum nos_code do_verify(struct stage *s, struct nos_err *err)
{
	return nos_sign_verify(s->sign_public, text_of(s), s->signature, err);
}

static enum nos_code do_encrypt(struct stage *s, struct nos_err *err)
{
	return printed_encrypt(s->key.bytes, s->text, PRINTED_KEY, s->sealed, &s->count, err);
}

static enum nos_code do_decrypt(struct stage *s, struct nos_err *err)
{
	return printed_decrypt(s->key.bytes, s->sealed, PRINTED_KEY, s->text, &s->count, err);
}

/* In this order: what is opened was sealed, and what is verified was signed. */
static const struct {
	enum bench_profile profile;
	const char *what, *how;
	primitive *once;
} all[] = {
	{ BENCH_PAPER, "time encryption", "DES, a block of 8 bytes", do_encrypt },
	{ BENCH_PAPER, "time decryption", "DES, a block of 8 bytes", do_decrypt },
	{ BENCH_PAPER, "time hash", "SHA-256 of 16 bytes", do_hash },
	{ BENCH_DEFAULT, "time hash", "SHA-256 of 16 bytes", do_hash },
	{ BENCH_DEFAULT, "time hmac", "HMAC-SHA-256 of 16 bytes", do_hmac },
	{ BENCH_DEFAULT, "time encryption", "AES-128-SIV of 16 bytes", do_seal },
	{ BENCH_DEFAULT, "time decryption", "AES-128-SIV of 16 bytes", do_open },
	{ BENCH_DEFAULT, "time ecdh", "P-256", do_shared },
	{ BENCH_DEFAULT, "time signature", "Ed25519 of 16 bytes", do_sign },
	{ BENCH_DEFAULT, "time verification", "Ed25519 of 16 bytes", do_verify },
};

static enum nos_code set(struct stage *s, struct bench_random *r, struct nos_err *err)
{
	struct nos_secret other = { 0 };

	s->key.len = NOS_HKDF_LEN;
	s->siv.len = NOS_AEAD_SIV_KEY_LEN;
	bench_random_bytes(r, s->key.bytes, s->key.len);
	bench_random_bytes(r, s->siv.bytes, s->siv.len);
	bench_random_bytes(r, s->text, sizeof(s->text));
	return nos_ecdh_generate(&other, &s->peer, err) ||
		       nos_ecdh_generate(&s->private, &s->peer, err)
		   ? err->code
		   : nos_sign_public(&s->key, s->sign_public, err);
}

static enum nos_code measure(struct bench *b, size_t i, struct stage *s, struct nos_err *err)
{
	const struct bench_row row = { .what = all[i].what,
		.profile = bench_profile_text(all[i].profile),
		.unit = "µs",
		.how = all[i].how };
	const uint64_t runs = bench_runs(b, RUNS_MANY, RUNS_FEW);
	struct bench_sample sample = { 0 };

	for (uint64_t run = 0; run < runs && !err->code && !(run && bench_is_stopped()); run++) {
		const double since = lap_ms();

		for (unsigned j = 0; j < BATCH && !err->code; j++)
			(void)!all[i].once(s, err);
		if (!err->code)
			(void)!bench_sample_add(&sample, (lap_ms() - since) * 1000 / BATCH, err);
	}
	if (!err->code)
		(void)!bench_row_sample(b, &row, &sample, err);
	bench_sample_release(&sample);
	return err->code;
}

enum nos_code overhead_primitives(struct bench *b, enum bench_profile p, struct nos_err *err)
{
	struct stage s = { 0 };

	if (set(&s, &b->random, err))
		return err->code;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && !bench_is_stopped(); i++)
		if (all[i].profile == p && measure(b, i, &s, err))
			return err->code;
	return NOS_OK;
}
