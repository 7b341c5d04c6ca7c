/* SPDX-License-Identifier: MIT */
#include "intake.h"

#include "ingest/webhook.h"
#include "lane/replay.h"
#include "lifecycle/bearer.h"
#include "serve/word.h"

#define READING "{\"type\":\"t\",\"value\":1}"

static struct nos_ledger ledger;
static struct nos_bearer token;
static char authorization[64]; /* that shows it */

static void make_token(void)
{
	NOS_AUTO(secret) secret = { 0 };
	NOS_AUTO(buf) text = { 0 };

	token = (struct nos_bearer){ .kind = "gateway", .made = nos_time_now() };
	node_life();
	nos_audit_begin(&audit);
	assert_int_equal(nos_bearer_make(&changes, &token, &secret, &err), NOS_OK);
	nos_buf_init_secret(&text, NOS_BEARER_TEXT_LEN);
	nos_enc_base64(&text, secret.bytes, secret.len);
	snprintf(authorization, sizeof(authorization), "bearer %.*s", (int)text.len, text.p);
}

static int start(void **state)
{
	if (intake_start(state, &cluster_engine, 10))
		return 1;
	make_token();
	answer = (struct nos_http_request){ 0 };
	nos_buf_init(&answer.out, 1 << 20);
	intake_commits(&ledger);
	intake_takes(own);
	return 0;
}

static int stop(void **state)
{
	nos_ledger_release(&ledger);
	nos_buf_release(&answer.out);
	return intake_stop(state);
}

/* ---- a request ---- */

/* bits 0: in plain. */
static struct nos_job *take(const char *shown, unsigned bits)
{
	answer.authorization = nos_str_of(shown);
	answer.tls_bits = bits;
	return intake_take("application/json", nos_str_bytes(NOS_STR(READING)));
}

static unsigned store_job(struct nos_job *job)
{
	if (!nos_ledger_commit(&ledger, job, &err))
		nos_ledger_weigh(&ledger, job);
	nos_err_clear(&err);
	if (job->kind == NOS_JOB_PACK)
		nos_ingest_answer(&ingest, job);
	else
		nos_word_answer(card, job);
	nos_job_free(job, members);
	return answer.status;
}

static unsigned post(const char *shown, unsigned bits)
{
	struct nos_job *job = take(shown, bits);

	return job ? store_job(job) : answer.status;
}

static uint64_t stored(void)
{
	return intake_last(NOS_RAW_STREAM);
}

static uint64_t seen(void)
{
	struct nos_track *track;

	assert_int_equal(nos_track_get(ledger.tracks, own, token.source, &track, &err), NOS_OK);
	assert_true(track->window.top == 0 && track->key_count == 0);
	return track->readings;
}

/* ---- tests ---- */

static void readings_under_a_token_are_its_sources_and_have_no_receipt(void **state)
{
	struct nos_job *job = take(authorization, 256);

	(void)state;
	assert_non_null(job);
	assert_string_equal(job->raw.source, token.source);
	assert_string_equal(job->raw.kind, "gateway");
	assert_int_equal(job->raw.security.bits, 256);
	assert_int_equal(job->raw.security.tag, 128);
	assert_int_equal(job->raw.security.holders, 2);
	assert_int_equal(job->raw.security.proof, NOS_RULE_PROOF_BEARER);
	assert_false(job->raw.security.fresh);
	assert_int_equal(store_job(job), 202);
	assert_int_equal(answer.header_count, 0);
	assert_int_equal(post(authorization, 128), 202);
	assert_int_equal(stored(), 2);
	assert_int_equal(seen(), 2);
}

static void a_store_gone_through_again_counts_them_as_before(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(post(authorization, 128), 202);
	nos_ingest_loop_release(&loop);
	nos_ledger_release(&ledger);
	intake_commits(&ledger);
	intake_takes(own);
	assert_int_equal(nos_replay_run(&ledger, &err), NOS_OK);
	assert_int_equal(seen(), 3);
}

static void what_does_not_verify_looks_alike_and_reaches_nobody(void **state)
{
	static const char *const shown[] = { "Bearer x",
		"Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };

	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		for (unsigned bits = 0; bits <= 128; bits += 128)
			assert_int_equal(post(shown[i], bits), 401);
	assert_int_equal(stored(), 0);
	answer.authorization = NOS_STR("Bearer ");
	assert_false(nos_webhook_is(&answer));
	answer.authorization = NOS_STR("Basic AAAAAAAAAAAA");
	assert_false(nos_webhook_is(&answer));
}

static void a_token_that_came_in_plain_ends_and_is_written_down(void **state)
{
	struct nos_job *job = take(authorization, 0);
	uint64_t first, before, after;

	(void)state;
	assert_non_null(job);
	assert_int_equal(job->kind, NOS_JOB_EXPOSED);
	assert_int_equal(nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &before, &err), NOS_OK);
	assert_int_equal(store_job(job), 401);
	assert_int_equal(nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &after, &err), NOS_OK);
	assert_true(after == before + 1);
	assert_int_equal(post(authorization, 128), 401);
	/* Once is enough: no job any more. */
	assert_null(take(authorization, 0));
	assert_int_equal(answer.status, 401);
	assert_int_equal(stored(), 0);
}

static void a_token_is_seen_also_with_more_behind_it_and_ends_without_a_request(void **state)
{
	static const char *const more[] = { "", " x", "\tx", ",x", "x", ", Bearer y" };
	struct nos_job *job = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		char text[80];

		snprintf(text, sizeof(text), "%s%s", authorization, more[i]);
		nos_job_free(job, members);
		job = nos_webhook_expose(own, nos_str_of(text));
		assert_non_null(job);
		assert_int_equal(job->kind, NOS_JOB_EXPOSED);
		assert_null(job->request);
	}
	assert_int_equal(nos_ledger_commit(&ledger, job, &err), NOS_OK);
	nos_job_free(job, members);
	assert_int_equal(post(authorization, 128), 401);
	assert_null(nos_webhook_expose(own, nos_str_of(authorization)));
	assert_null(nos_webhook_expose(own, NOS_STR("Bearer")));
	assert_null(nos_webhook_expose(own, nos_str_of(authorization + 7)));
}

static void behind_a_proxy_plain_is_what_the_proxy_opened(void **state)
{
	struct nos_job *job;

	(void)state;
	ingest.proxy_bits = 128;
	job = take(authorization, 0);
	assert_int_equal(job->kind, NOS_JOB_PACK);
	assert_int_equal(job->raw.security.holders, 3);
	assert_int_equal(store_job(job), 202);
}

static void who_was_revoked_before_its_group_is_refused_in_it(void **state)
{
	struct nos_job *job = take(authorization, 128);
	NOS_AUTO(record) r = { 0 };
	bool done;

	(void)state;
	assert_int_equal(
	    nos_registry_get(store, &vault, nos_str_of(token.source), &r, &err), NOS_OK);
	assert_int_equal(nos_issuer_revoke(&r.a, "test", &done, &err), NOS_OK);
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	assert_int_equal(store_job(job), 401);
	assert_int_equal(post(authorization, 128), 401);
	assert_int_equal(stored(), 0);
}

static void a_form_or_a_query_that_does_not_fit_is_refused_before_the_body(void **state)
{
	(void)state;
	answer.authorization = nos_str_of(authorization);
	answer.tls_bits = 128;
	answer.media = NOS_STR("application/jose");
	assert_false(nos_ingest_begin(&ingest, &answer, &err));
	assert_int_equal(err.code, NOS_MEDIA);
	nos_err_clear(&err);
	answer.media = NOS_STR("application/json");
	answer.query = NOS_STR("kind=other");
	assert_false(nos_ingest_begin(&ingest, &answer, &err));
	assert_int_equal(err.code, NOS_DATA);
	nos_err_clear(&err);
	/* In plain it is read all the same, for its token is to end. */
	answer.tls_bits = 0;
	assert_true(nos_ingest_begin(&ingest, &answer, &err));
	/* Readings without a seal are not taken here, and these have a token. */
	answer.tls_bits = 128;
	answer.query = NOS_STR("");
	assert_true(nos_ingest_begin(&ingest, &answer, &err));
}

static void an_authorization_that_is_not_taken_is_not_anonymous(void **state)
{
	static const char *const shown[] = { "Bearer", "Bearer ", "Basic abc", "Token xyz", "x" };

	(void)state;
	ingest.anonymous = true;
	answer.media = NOS_STR("application/json");
	assert_true(nos_ingest_begin(&ingest, &answer, &err));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		for (unsigned bits = 0; bits <= 128; bits += 128) {
			answer.authorization = nos_str_of(shown[i]);
			answer.tls_bits = bits;
			answer.media = NOS_STR("application/json");
			assert_false(nos_ingest_begin(&ingest, &answer, &err));
			assert_int_equal(err.code, NOS_TAG);
			nos_err_clear(&err);
			/* A pack proves itself. */
			answer.media = NOS_STR("application/jose");
			assert_true(nos_ingest_begin(&ingest, &answer, &err));
		}
}

#define WEBHOOK(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WEBHOOK(readings_under_a_token_are_its_sources_and_have_no_receipt),
		WEBHOOK(a_store_gone_through_again_counts_them_as_before),
		WEBHOOK(what_does_not_verify_looks_alike_and_reaches_nobody),
		WEBHOOK(a_token_that_came_in_plain_ends_and_is_written_down),
		WEBHOOK(a_token_is_seen_also_with_more_behind_it_and_ends_without_a_request),
		WEBHOOK(behind_a_proxy_plain_is_what_the_proxy_opened),
		WEBHOOK(who_was_revoked_before_its_group_is_refused_in_it),
		WEBHOOK(an_authorization_that_is_not_taken_is_not_anonymous),
		WEBHOOK(a_form_or_a_query_that_does_not_fit_is_refused_before_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
