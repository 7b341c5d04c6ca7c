/* SPDX-License-Identifier: MIT */
/*
 * hot READINGS ROUNDS: takes 16 packs of READINGS readings each, ROUNDS times over, through each
 * stage of what a node does with a pack whose key it has found; no socket, store or clock, and
 * nothing drawn at random, so that a run has the same instructions as the one before. Stages:
 * header, open, parse, rules, weigh, receipt, and whole, which is all of them; rules is a part of
 * weigh. A line of each: its name, how often memory was asked for, packs, readings, and the bytes
 * of the records of a round. One round before those that count lets all buffers grow. Rounds that
 * count are those in counted(), at which callgrind writes what it has counted
 * (scripts/measure-hot).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/aead.h"
#include "crypto/jose.h"
#include "json/encode.h"
#include "lane/analyse.h"
#include "lane/job.h"
#include "score/normal.h"

#define PACKS	   16
#define TYPES	   100
#define RECORDS	   (64u << 20)
#define FIRST_S	   1700000000
#define EVERY_S	   900
#define NO_READING 1000000 /* numbers of records have as many digits in each round */

/* ---- what asks for memory is counted, that of the libraries too ---- */

static size_t asked;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

#define SEEN __attribute__((visibility("default")))

SEEN void *malloc(size_t size)
{
	asked++;
	return __libc_malloc(size);
}

SEEN void *calloc(size_t n, size_t size)
{
	asked++;
	return __libc_calloc(n, size);
}

SEEN void *realloc(void *p, size_t size)
{
	asked++;
	return __libc_realloc(p, size);
}
#endif

/* ---- packs ---- */

struct hot {
	struct nos_pack_keys keys;
	struct nos_scan header, reading; /* a loop's own, as is */
	struct nos_job_shelf jobs;
	struct nos_analyse analyse;
	struct nos_raw raw; /* of each pack, but for its number and its time */
	struct nos_buf packs[PACKS], plain[PACKS];
	struct nos_batch batches[PACKS]; /* as they are weighed, and made anew by parse */
	struct nos_buf body;
	struct nos_track track;
	struct nos_weighed weighed;
	size_t bytes;
	double sum;
};

static void add_readings(struct nos_buf *b, uint64_t count, uint64_t pack)
{
	nos_buf_init(b, NOS_PACK_MAX);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t number = pack * count + i;

		nos_buf_add_char(b, '{');
		nos_encode_member_text(b, "type", NOS_STR("air_temperature"));
		nos_encode_member_number(b, "value", (double)(number * 37 % 400) / 10 - 20);
		nos_encode_member_text(b, "unit", NOS_STR("Cel"));
		nos_encode_member_uint(b, "time", FIRST_S + number * EVERY_S);
		nos_buf_add_text(b, "}\n");
	}
}

/* By hand: the library would draw a nonce. */
static enum nos_code seal(struct hot *h, size_t i, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN] = { (uint8_t)i }, tag[NOS_AEAD_TAG_LEN];
	struct nos_buf *pack = &h->packs[i];
	struct nos_secret content = { 0 };
	NOS_AUTO(buf) header = { 0 };
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init(&header, NOS_HEADER_MAX);
	nos_buf_init(&sealed, NOS_PACK_MAX);
	nos_buf_init(pack, NOS_PACK_MAX);
	nos_buf_addf(&header,
	    "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"p.1\",\"src\":\"s-7f3a09c2e1\","
	    "\"seq\":%zu,\"cty\":\"application/x-ndjson\"}",
	    NO_READING + i);
	nos_enc_base64(pack, header.p, header.len);
	if (!nos_buf_extend(&sealed, h->plain[i].len))
		return nos_buf_check(&sealed, "pack", err);
	nos_secret_put(&content, h->keys.content, sizeof(h->keys.content));
	if (nos_aead_gcm_seal(&content, nonce, nos_buf_span(pack), nos_buf_span(&h->plain[i]),
		(uint8_t *)sealed.p, tag, err))
		return err->code;
	nos_buf_add_text(pack, "..");
	nos_enc_base64(pack, nonce, sizeof(nonce));
	nos_buf_add_char(pack, '.');
	nos_enc_base64(pack, sealed.p, sealed.len);
	nos_buf_add_char(pack, '.');
	nos_enc_base64(pack, tag, sizeof(tag));
	return nos_buf_check(pack, "pack", err);
}

static void fill_raw(struct nos_raw *raw)
{
	*raw = (struct nos_raw){ .source = "s-7f3a09c2e1",
		.name = "roof",
		.mode = "push",
		.kind = "weather",
		.kid = "p.1",
		.form = NOS_BATCH_NDJSON,
		.security = { .bits = NOS_PACK_BITS,
		    .tag = NOS_PACK_BITS,
		    .holders = 2,
		    .key_age_s = 86400.5,
		    .key_period_s = 604800,
		    .key_state = NOS_RULE_KEY_ACTIVE,
		    .proof = NOS_RULE_PROOF_KEY,
		    .fresh = true } };
}

static enum nos_code parse(
    struct hot *h, struct nos_batch *batch, const struct nos_buf *body, struct nos_err *err)
{
	const struct nos_batch_how how = nos_raw_how(&h->raw, NULL);

	return nos_batch_decode(
	    batch, &how, nos_buf_str(body), NOS_PACK_READINGS_MAX, &h->reading, err);
}

static enum nos_code prepare(struct hot *h, uint64_t readings, struct nos_err *err)
{
	memcpy(h->keys.content, "0123456789abcdef", 16);
	memcpy(h->keys.d, "0123456789abcdef0123456789abcdef", 32);
	h->header.depth = 4;
	h->reading.depth = NOS_READING_DEPTH_MAX;
	h->reading.not_finite = true;
	h->analyse =
	    (struct nos_analyse){ .node = 1, .profile = nos_profile_builtin(), .types = TYPES };
	fill_raw(&h->raw);
	nos_buf_init_secret(&h->body, NOS_PACK_MAX);
	nos_weighed_init(&h->weighed, RECORDS);
	for (size_t i = 0; i < PACKS; i++) {
		add_readings(&h->plain[i], readings, i);
		if (seal(h, i, err) || parse(h, &h->batches[i], &h->plain[i], err))
			return err->code;
	}
	return NOS_OK;
}

/* ---- stages ---- */

/* One pack, number i, through a stage. */
typedef enum nos_code stage(struct hot *h, size_t i, struct nos_err *err);

static enum nos_code header(struct hot *h, size_t i, struct nos_err *err)
{
	struct nos_header ret;

	return nos_header_read(
	    nos_buf_str(&h->packs[i]), NOS_HEADER_PACK, NOS_PACK_MAX, &h->header, &ret, err);
}

static enum nos_code open_pack(struct hot *h, size_t i, struct nos_err *err)
{
	nos_buf_truncate(&h->body, 0);
	return nos_pack_open(&h->keys, nos_buf_str(&h->packs[i]), &h->body, err);
}

static enum nos_code parse_pack(struct hot *h, size_t i, struct nos_err *err)
{
	return parse(h, &h->batches[i], &h->plain[i], err);
}

/* The rules alone. */
static enum nos_code rules(struct hot *h, size_t i, struct nos_err *err)
{
	(void)err;
	for (size_t k = 0; k < h->batches[i].count; k++) {
		const struct nos_reading *r = &h->batches[i].items[k].reading;
		struct nos_normal normal;
		struct nos_rule_input in = { .security = &h->raw.security,
			.type =
			    nos_profile_find(h->analyse.profile, nos_str_of(h->raw.kind), r->type),
			.received = h->raw.received,
			.packs_seen = 64,
			.packs_expected = 64 };

		nos_normal_make(r, in.type, &normal);
		nos_normal_tell(&normal, &in);
		h->sum += nos_rule_score(&in, &h->track.series->state).of[NOS_RULE_ACCURACY];
	}
	return NOS_OK;
}

static enum nos_code weigh_batch(
    struct hot *h, const struct nos_raw *raw, struct nos_batch *batch, struct nos_err *err)
{
	const struct nos_analyse_packs packs = { 64, 64 };

	if (nos_analyse_admit(&h->analyse, raw, &h->track, batch, err) ||
	    nos_analyse_pack(
		&h->analyse, raw, NO_READING, batch, 0, packs, &h->track, &h->weighed, err))
		return err->code;
	h->bytes += h->weighed.text.len;
	nos_weighed_clear(&h->weighed);
	return NOS_OK;
}

static enum nos_code weigh(struct hot *h, size_t i, struct nos_err *err)
{
	return weigh_batch(h, &h->raw, &h->batches[i], err);
}

/* Of a pack of which all was taken. */
static enum nos_code receipt(struct hot *h, size_t i, struct nos_err *err)
{
	const struct nos_str answer = NOS_STR("{\"accepted\":50,\"duplicates\":0,\"rejected\":[],"
					      "\"position\":1000042,\"keys\":[],\"next\":1000043,"
					      "\"resync\":false}");
	char text[NOS_PACK_RECEIPT_LEN];

	return nos_pack_receipt(
	    &h->keys, nos_buf_span(&h->packs[i]), nos_str_bytes(answer), text, err);
}

static enum nos_code take(struct hot *h, size_t i, struct nos_job *job, struct nos_err *err)
{
	const struct nos_str pack = nos_buf_str(&h->packs[i]);
	struct nos_batch_how how;
	struct nos_header read;
	struct nos_span opened;
	uint8_t hash[NOS_HASH_LEN];

	if (nos_header_read(pack, NOS_HEADER_PACK, NOS_PACK_MAX, &h->header, &read, err) ||
	    nos_pack_open(&h->keys, pack, &job->body, err))
		return err->code;
	opened = nos_buf_span(&job->body);
	job->raw = h->raw;
	if (nos_hash_sha256(&opened, 1, hash, err))
		return err->code;
	memcpy(job->raw.hash, hash, sizeof(job->raw.hash));
	how = nos_raw_how(&job->raw, NULL);
	if (nos_batch_decode(&job->batch, &how, nos_buf_str(&job->body), NOS_PACK_READINGS_MAX,
		&h->reading, err))
		return err->code;
	return weigh_batch(h, &job->raw, &job->batch, err) ? err->code : receipt(h, i, err);
}

static enum nos_code whole(struct hot *h, size_t i, struct nos_err *err)
{
	struct nos_job *job = nos_job_take(&h->jobs, NULL, NOS_PACK_MAX);

	if (!job)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	(void)!take(h, i, job, err);
	nos_job_free(job, NULL);
	return err->code;
}

static const struct {
	const char *name;
	stage *run;
} stages[] = {
	{ "header", header },
	{ "open", open_pack },
	{ "parse", parse_pack },
	{ "rules", rules },
	{ "weigh", weigh },
	{ "receipt", receipt },
	{ "whole", whole },
};

/* All packs, from where the series stood. */
static enum nos_code go_round(struct hot *h, stage *run, struct nos_err *err)
{
	struct nos_track_series *series =
	    nos_track_series(&h->track, NOS_STR(""), NOS_STR("air_temperature"), TYPES, err);

	if (!series)
		return err->code;
	series->state = (struct nos_rule_state){ 0 };
	series->n = NO_READING;
	h->bytes = 0;
	for (size_t i = 0; i < PACKS; i++) {
		uint64_t newest = (i + 1) * h->batches[i].count - 1;

		h->raw.received.ms = (int64_t)(FIRST_S + newest * EVERY_S) * 1000 + 1500;
		h->raw.seq = NO_READING + i;
		if (run(h, i, err))
			return err->code;
	}
	return NOS_OK;
}

/* Never inlined: callgrind looks for it. */
static __attribute__((noinline, noclone)) enum nos_code counted(
    struct hot *h, stage *run, uint64_t rounds, struct nos_err *err)
{
	for (uint64_t i = 0; i < rounds; i++)
		if (go_round(h, run, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code run(int argc, char **argv, struct hot *h, struct nos_err *err)
{
	uint64_t readings, rounds;

	if (argc != 3 || !nos_num_parse(nos_str_of(argv[1]), 1, 10000, &readings) ||
	    !nos_num_parse(nos_str_of(argv[2]), 1, 1000000, &rounds))
		return nos_err_set(err, NOS_USAGE, "usage: hot READINGS ROUNDS");
	if (prepare(h, readings, err))
		return err->code;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (go_round(h, stages[i].run, err))
			return err->code;
		asked = 0;
		if (counted(h, stages[i].run, rounds, err))
			return err->code;
		printf("%s %zu %llu %llu %zu\n", stages[i].name, asked,
		    (unsigned long long)(rounds * PACKS),
		    (unsigned long long)(rounds * PACKS * readings), h->bytes);
	}
	return NOS_OK;
}

static void release(struct hot *h)
{
	for (size_t i = 0; i < PACKS; i++) {
		nos_buf_release(&h->packs[i]);
		nos_buf_release(&h->plain[i]);
		nos_batch_release(&h->batches[i]);
	}
	nos_buf_release(&h->body);
	nos_weighed_release(&h->weighed);
	nos_track_release(&h->track);
	nos_scan_release(&h->header);
	nos_scan_release(&h->reading);
	nos_job_shelf_release(&h->jobs);
}

int main(int argc, char **argv)
{
	static struct hot h;
	struct nos_err err = { 0 };

	json_object_seed(1); /* before nos_jose_start, which would draw one */
	nos_jose_start();
	(void)!run(argc, argv, &h, &err);
	release(&h);
	if (!err.code)
		return fflush(stdout) != 0;
	fprintf(stderr, "hot: %s\n", err.text);
	return 1;
}
