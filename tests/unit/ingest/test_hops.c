/* SPDX-License-Identifier: MIT */
#include "../registry/source.h"
#include "intake.h"

#include "crypto/jose.h"
#include "json/scan.h"
#include "key/hop.h"
#include "roam/visit.h"

#define SOURCE	"s-0000000000"
#define PACK	"[{\"bn\":\"x:\",\"n\":\"t\",\"v\":1}]"
#define NDJSON	"application/x-ndjson"
#define FRAME	"application/nos-hop"
#define READING "{\"type\":\"t\",\"value\":1}\n"

static struct nos_ledger ledger;
static struct nos_store_engine failing;
static int fail_append; /* the call of that number fails, from 1; 0: none */
static bool fail_source;

static enum nos_code append(void *e, const char *stream, struct nos_time at, struct nos_span entry,
    uint64_t *ret_position, struct nos_err *e_err)
{
	if (fail_append && --fail_append == 0) {
		/* As of an engine that writes a group in one go: the entry before it is gone too.
		 */
		cluster_take_back(e, stream);
		return nos_err_set(e_err, NOS_IO, "the disk is gone");
	}
	return cluster_engine.append(e, stream, at, entry, ret_position, e_err);
}

static enum nos_code get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *e_err)
{
	if (fail_source && nos_str_is(key, SOURCE))
		return nos_err_set(e_err, NOS_IO, "the disk is slow");
	return cluster_engine.get(e, ns, key, ret, ret_rev, e_err);
}

/* Source 0, and relays 1 to 5. */
static const char *id_of(unsigned i, char ret[static NOS_RECORD_ID_MAX])
{
	snprintf(ret, NOS_RECORD_ID_MAX, "s-%010u", i);
	return ret;
}

/* All that is secret of it. */
static const char *z_of(unsigned i, char ret[static 33])
{
	snprintf(ret, 33, "%032u", i);
	return ret;
}

static int start_with(void **state, uint64_t room)
{
	nos_jose_start();
	failing = cluster_engine;
	failing.append = append;
	failing.get = get;
	fail_append = 0;
	fail_source = false;
	if (intake_start(state, &failing, room))
		return 1;
	for (unsigned i = 0; i <= 5; i++) {
		char id[NOS_RECORD_ID_MAX], z[33];

		source_put(id_of(i, id), z_of(i, z));
	}
	nos_buf_init(&answer.out, 1 << 20);
	intake_commits(&ledger);
	intake_takes(own);
	return 0;
}

static int start(void **state)
{
	return start_with(state, 100);
}

static int start_narrow(void **state)
{
	return start_with(state, 1);
}

static int stop(void **state)
{
	nos_ledger_release(&ledger);
	nos_buf_release(&answer.out);
	return intake_stop(state);
}

/* ---- packs ---- */

static void seal(
    unsigned i, uint64_t seq, const char *cty, struct nos_span text, struct nos_buf *ret)
{
	char id[NOS_RECORD_ID_MAX], z[33];

	source_seal(id_of(i, id), z_of(i, z), seq, cty, text, ret);
}

static void seal_reading(uint64_t seq, struct nos_buf *ret)
{
	seal(0, seq, NDJSON, nos_str_bytes(NOS_STR(READING)), ret);
}

/* What relay i makes of a pack of number inside; its frame was raised i times. */
static void carry(
    unsigned i, uint64_t seq, unsigned inside, const struct nos_buf *pack, struct nos_buf *ret)
{
	struct nos_buf frame;
	struct nos_secret link = { .len = NOS_HOP_LINK_LEN };
	char id[NOS_RECORD_ID_MAX];

	nos_buf_init(&frame, NOS_PACK_MAX);
	assert_int_equal(
	    nos_hop_seal(&link, i, nos_str_of(id_of(inside, id)), nos_buf_span(pack), &frame, &err),
	    NOS_OK);
	seal(i, seq, FRAME, nos_buf_span(&frame), ret);
	nos_buf_release(&frame);
}

/* ---- a request ---- */

static struct nos_job *take(const struct nos_buf *pack)
{
	return intake_take("application/jose", nos_buf_span(pack));
}

/* The answer's status. */
static unsigned post(const struct nos_buf *pack)
{
	struct nos_job *job = take(pack);

	if (!job)
		return answer.status;
	if (!nos_ledger_commit(&ledger, job, &err))
		nos_ledger_weigh(&ledger, job);
	nos_err_clear(&err);
	nos_ingest_answer(&ingest, job);
	nos_job_free(job, members);
	return answer.status;
}

static bool says(const char *text)
{
	return memmem(answer.out.p, answer.out.len, text, strlen(text)) != NULL;
}

static uint64_t stored(void)
{
	return intake_last(NOS_RAW_STREAM);
}

/* ---- tests ---- */

static void each_flipped_bit_of_a_relays_pack_is_refused_and_nothing_is_stored(void **state)
{
	struct nos_buf inner, pack;

	(void)state;
	seal_reading(1, &inner);
	carry(1, 1, 0, &inner, &pack);
	for (size_t bit = 0; bit < pack.len * 8; bit++) {
		unsigned status;

		pack.p[bit / 8] = (char)(pack.p[bit / 8] ^ 1 << bit % 8);
		status = post(&pack);
		if (status != 400 && status != 401)
			fail_msg("bit %zu: %u", bit, status);
		assert_int_equal(answer.header_count, 0); /* no receipt */
		pack.p[bit / 8] = (char)(pack.p[bit / 8] ^ 1 << bit % 8);
	}
	assert_int_equal(stored(), 0);
	assert_int_equal(post(&pack), 202);
	assert_true(says("\"hop\":{\"status\":202,\"receipt\":\""));
	assert_int_equal(stored(), 1);
	nos_buf_release(&inner);
	nos_buf_release(&pack);
}

/* The header's source is the frame's name: a bit there is the relay's fault, any other the
 * source's. */
static void each_flipped_bit_of_the_pack_inside_is_refused_and_nothing_is_stored(void **state)
{
	struct nos_buf inner, pack;
	size_t refused = 0, inside = 0;

	(void)state;
	seal_reading(1, &inner);
	for (size_t bit = 0; bit < inner.len * 8; bit++) {
		inner.p[bit / 8] = (char)(inner.p[bit / 8] ^ 1 << bit % 8);
		carry(1, bit + 1, 0, &inner, &pack);
		if (post(&pack) == 400 && says("not of the source"))
			refused++;
		else if (answer.status == 202 && !says("\"receipt\"") &&
			 (says("\"hop\":{\"status\":401,") || says("\"hop\":{\"status\":400,")))
			inside++;
		nos_buf_release(&pack);
		inner.p[bit / 8] = (char)(inner.p[bit / 8] ^ 1 << bit % 8);
	}
	assert_int_equal(refused + inside, inner.len * 8);
	assert_true(refused > 0 && inside > refused);
	assert_int_equal(stored(), 0);
	carry(1, inner.len * 8 + 1, 0, &inner, &pack);
	assert_int_equal(post(&pack), 202);
	assert_true(says("\"hop\":{\"status\":202,"));
	assert_int_equal(stored(), 1);
	nos_buf_release(&inner);
	nos_buf_release(&pack);
}

static void a_group_that_fails_leaves_the_numbers_of_its_relays_free(void **state)
{
	struct nos_buf inner, pack, other;
	struct nos_job *first, *second;

	(void)state;
	seal_reading(1, &inner);
	carry(1, 1, 0, &inner, &pack);
	seal(2, 1, NDJSON, nos_str_bytes(NOS_STR(READING)), &other);
	first = take(&pack);
	second = take(&other);
	first->link = second;
	fail_append = 2;
	assert_int_equal(nos_ledger_commit(&ledger, first, &err), NOS_IO);
	nos_err_clear(&err);
	nos_buf_truncate(&answer.out, 0);
	nos_ingest_answer(&ingest, first);
	assert_int_equal(answer.status, 503);
	assert_false(says("hop"));
	nos_job_free(first, members);
	nos_job_free(second, members);
	/* As if they had never come. */
	assert_int_equal(post(&pack), 202);
	assert_true(says("{\"accepted\":1,\"duplicates\":0,"));
	assert_false(says("\"same\""));
	assert_int_equal(post(&pack), 202);
	assert_true(says("\"same\":true,\"hop\":{\"status\":202"));
	nos_buf_release(&inner);
	nos_buf_release(&pack);
	nos_buf_release(&other);
}

static void revoke(unsigned i)
{
	NOS_AUTO(record) r = { 0 };
	char id[NOS_RECORD_ID_MAX];
	bool done;

	assert_int_equal(
	    nos_registry_get(store, &vault, nos_str_of(id_of(i, id)), &r, &err), NOS_OK);
	assert_int_equal(nos_issuer_revoke(&r.a, "test", &done, &err), NOS_OK);
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	nos_member_forget(members, id);
}

/* Pack number seq of the source through relay 1 was opened, then i is revoked, then it is to be
 * stored: the answer. */
static unsigned post_and_revoke(uint64_t seq, unsigned i)
{
	struct nos_buf inner, pack;
	struct nos_job *job;

	seal_reading(seq, &inner);
	carry(1, seq, 0, &inner, &pack);
	job = take(&pack);
	assert_non_null(job);
	revoke(i);
	assert_int_equal(nos_ledger_commit(&ledger, job, &err), NOS_OK);
	nos_ingest_answer(&ingest, job);
	nos_job_free(job, members);
	nos_buf_release(&inner);
	nos_buf_release(&pack);
	return answer.status;
}

static void who_is_revoked_while_a_pack_is_under_way_neither_sends_nor_carries_it(void **state)
{
	(void)state;
	assert_int_equal(post_and_revoke(1, 5), 202); /* the control: another one */
	assert_true(says("\"hop\":{\"status\":202,"));
	assert_int_equal(stored(), 1);
	assert_int_equal(post_and_revoke(2, 0), 202);
	assert_true(says("\"hop\":{\"status\":401,\"body\":"));
	assert_int_equal(post_and_revoke(3, 1), 401);
	assert_int_equal(stored(), 1);
}

static void what_was_not_decided_inside_leaves_the_relays_number_free(void **state)
{
	struct nos_buf inner, pack;

	(void)state;
	seal_reading(1, &inner);
	carry(1, 1, 0, &inner, &pack);
	fail_source = true;
	assert_int_equal(post(&pack), 202);
	assert_true(says("\"hop\":{\"status\":503,\"retry\":1,"));
	fail_source = false;
	assert_int_equal(post(&pack), 202);
	assert_true(says("{\"accepted\":1,\"duplicates\":0,"));
	assert_true(says("\"hop\":{\"status\":202,"));
	assert_false(says("\"same\""));
	nos_buf_release(&inner);
	nos_buf_release(&pack);
}

/* What is refused inside stores nothing: the number is known while the node runs. */
static void a_frame_of_which_nothing_is_stored_is_seen_all_the_same(void **state)
{
	struct nos_buf inner, pack;

	(void)state;
	seal(0, 1, NDJSON, nos_str_bytes(NOS_STR("{}\n")), &inner);
	carry(1, 1, 0, &inner, &pack);
	assert_int_equal(post(&pack), 202);
	assert_true(says("{\"accepted\":1,"));
	assert_true(says("\"hop\":{\"status\":422,\"receipt\":\""));
	assert_int_equal(post(&pack), 202);
	assert_true(says("\"same\":true,\"hop\":{\"status\":422,\"receipt\":\""));
	assert_int_equal(stored(), 0);
	nos_buf_release(&inner);
	nos_buf_release(&pack);
}

static void a_node_with_room_for_one_source_carries_through_four(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 3; n++) {
		struct nos_buf pack, outer;

		seal_reading(n, &pack);
		for (unsigned i = 1; i <= 4; i++) {
			carry(i, n, i - 1, &pack, &outer);
			nos_buf_release(&pack);
			pack = outer;
		}
		assert_int_equal(post(&pack), 202);
		assert_true(says("{\"accepted\":1,"));
		assert_int_equal(post(&pack), 202);
		assert_true(says("\"same\":true"));
		nos_buf_release(&pack);
	}
	assert_int_equal(stored(), 3);
}

static void a_sealed_pack_may_hold_senml(void **state)
{
	struct nos_buf pack;

	(void)state;
	seal(0, 1, "senml+json", nos_str_bytes(NOS_STR(PACK)), &pack);
	assert_int_equal(post(&pack), 202);
	nos_buf_release(&pack);
}

/* ---- visitors ---- */

#define VISITOR "s-00000000aa"

/* A visitor of node 2 with the key of a day, for as long as it is not swept, and a pack under it.
 */
static void visit(uint64_t day, uint64_t seq, struct nos_buf *ret)
{
	struct nos_visit v = { .id = VISITOR, .home = 2, .kind = "k", .open = true };
	struct nos_visit_key key = { .day = day, .expires = nos_roam_until(day) };
	const struct nos_name name = nos_roam_name(2, day);
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack pack = { .source = NOS_STR(VISITOR), .seq = seq, .cty = NOS_STR(NDJSON) };
	NOS_AUTO(pack_keys) keys = { 0 };

	nos_name_format(&name, kid);
	pack.kid = nos_str_of(kid);
	nos_secret_put(&key.value, "0123456789abcdef0123456789abcdef", 32);
	nos_visit_add(&v, &key);
	if (nos_store_del(store, NOS_VISIT_NS, NOS_STR(VISITOR), NOS_STORE_ANY, &err))
		nos_err_clear(&err);
	assert_int_equal(nos_visit_put(store, &vault, &v, &err), NOS_OK);
	nos_member_forget(members, VISITOR);
	nos_buf_init(ret, NOS_PACK_MAX);
	assert_int_equal(nos_pack_keys_of(&key.value, pack.kid, pack.source, &keys, &err), NOS_OK);
	assert_int_equal(
	    nos_pack_seal(&keys, &pack, nos_str_bytes(NOS_STR(READING)), ret, &err), NOS_OK);
}

static void a_key_of_roaming_opens_packs_of_its_day_and_those_beside_it_alone(void **state)
{
	const uint64_t today = nos_roam_day(nos_time_now());
	struct nos_buf pack;

	(void)state;
	visit(today, 1, &pack);
	assert_int_equal(post(&pack), 202);
	assert_int_equal(answer.header_count, 1); /* its receipt */
	nos_buf_release(&pack);
	/* Kept too long, or given too early: the store's sweep is not what keeps it shut. */
	visit(today - 3, 2, &pack);
	assert_int_equal(post(&pack), 401);
	nos_buf_release(&pack);
	visit(today + 3, 3, &pack);
	assert_int_equal(post(&pack), 401);
	nos_buf_release(&pack);
	assert_int_equal(stored(), 1);
}

static void a_key_that_is_taken_back_while_a_pack_is_under_way_stores_nothing(void **state)
{
	struct nos_buf pack;
	struct nos_job *job;
	bool was;

	(void)state;
	visit(nos_roam_day(nos_time_now()), 1, &pack);
	job = take(&pack);
	assert_non_null(job);
	assert_true(job->raw.roams && job->raw.security.holders == 3 && job->raw.security.open);
	assert_int_equal(nos_visit_del(store, NOS_STR(VISITOR), &was, &err), NOS_OK);
	nos_member_forget(members, VISITOR);
	assert_int_equal(nos_ledger_commit(&ledger, job, &err), NOS_OK);
	nos_ingest_answer(&ingest, job);
	nos_job_free(job, members);
	assert_int_equal(answer.status, 401);
	assert_int_equal(stored(), 0);
	nos_buf_release(&pack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_key_of_roaming_opens_packs_of_its_day_and_those_beside_it_alone, start, stop),
		cmocka_unit_test_setup_teardown(
		    a_key_that_is_taken_back_while_a_pack_is_under_way_stores_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_sealed_pack_may_hold_senml, start, stop),
		cmocka_unit_test_setup_teardown(
		    each_flipped_bit_of_a_relays_pack_is_refused_and_nothing_is_stored, start,
		    stop),
		cmocka_unit_test_setup_teardown(
		    each_flipped_bit_of_the_pack_inside_is_refused_and_nothing_is_stored, start,
		    stop),
		cmocka_unit_test_setup_teardown(
		    a_group_that_fails_leaves_the_numbers_of_its_relays_free, start, stop),
		cmocka_unit_test_setup_teardown(
		    who_is_revoked_while_a_pack_is_under_way_neither_sends_nor_carries_it, start,
		    stop),
		cmocka_unit_test_setup_teardown(
		    what_was_not_decided_inside_leaves_the_relays_number_free, start, stop),
		cmocka_unit_test_setup_teardown(
		    a_frame_of_which_nothing_is_stored_is_seen_all_the_same, start, stop),
		cmocka_unit_test_setup_teardown(
		    a_node_with_room_for_one_source_carries_through_four, start_narrow, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
