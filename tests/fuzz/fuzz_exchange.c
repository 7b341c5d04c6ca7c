/* SPDX-License-Identifier: MIT */
/* A path below /v1/sources, a poll's query and its proof, what is asked of records, as a node reads
 * them. */
#include "fuzz.h"

#include "base/enc.h"
#include "ingest/exchange.h"
#include "serve/records.h"

static void parse(struct nos_str path)
{
	static const char *const lasts[] = {
		[NOS_EXCHANGE_KEYS] = "keys",
		[NOS_EXCHANGE_ACKS] = "acks",
		[NOS_EXCHANGE_RESYNC] = "resync",
	};
	struct nos_exchange e;
	NOS_AUTO(buf) again = { 0 };

	if (!nos_exchange_parse(path, &e))
		return;
	nos_buf_init(&again, 64);
	nos_buf_addf(&again, "/v1/sources/%s/%s", e.id, lasts[e.what]);
	must(nos_str_eq(nos_buf_str(&again), path));
}

static void wait(struct nos_str query)
{
	struct nos_exchange_poll poll;

	if (nos_exchange_query(query, &poll))
		must(poll.wait_s <= NOS_EXCHANGE_WAIT_MAX && (query.len || !poll.wait_s) &&
		     (poll.has_after || !poll.after));
}

static void prove(struct nos_str authorization)
{
	uint8_t tag[NOS_POLL_TAG_LEN];
	NOS_AUTO(buf) again = { 0 };

	if (!nos_exchange_proof(authorization, tag))
		return;
	nos_buf_init(&again, 64);
	nos_enc_base64(&again, tag, sizeof(tag));
	authorization.p += 4, authorization.len -= 4;
	must(nos_str_eq(nos_buf_str(&again), authorization));
}

static void ask(struct nos_str text)
{
	char space[NOS_PROCESSED_TOPIC_MAX];
	struct nos_records_query query;
	struct nos_job_newest newest;
	struct nos_err err = { 0 };

	if (!nos_records_query(text, space, &query, &err))
		must(query.limit && query.limit <= NOS_RECORDS_LIMIT_MAX && query.topic.len &&
		     query.topic.len <= sizeof(space));
	nos_err_clear(&err);
	if (!nos_records_topic(text, 1, &newest, &err))
		must(*newest.track && newest.type_len && newest.type_len <= sizeof(newest.type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse(fuzz_text(data, size));
	wait(fuzz_text(data, size));
	prove(fuzz_text(data, size));
	ask(fuzz_text(data, size));
	return 0;
}
