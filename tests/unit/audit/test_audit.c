/* SPDX-License-Identifier: MIT */
#include "../registry/chain.h"

#include <pthread.h>
#include <pwd.h>
#include <time.h>

#define MANY 2100 /* entries: several pages */

static enum nos_code keep(void *state, struct nos_str entry, struct nos_err *e)
{
	(void)e;
	nos_buf_add_str(state, entry);
	nos_buf_add_char(state, '\n');
	return NOS_OK;
}

/* ---- entries ---- */

static void an_entry_has_its_members_in_their_order_and_those_alone_that_it_has(void **state)
{
	static const struct nos_audit_event all = { NOS_AUDIT_SECRETS_SHOWN, "s-1", "p.2",
		"pre-active", "active", "say \"why\"" },
					    none = { .what = NOS_AUDIT_RESTORE };
	struct nos_audit w;
	struct nos_buf text, expected;
	struct nos_span first;
	uint8_t hash[NOS_HASH_LEN];

	(void)state;
	nos_audit_init(&w, a, "nos-serve", false);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	nos_audit_begin(&w);
	assert_int_equal(nos_audit_append(&w, NOW, &all, &err), NOS_OK);
	assert_int_equal(nos_audit_append(&w, NOW, &none, &err), NOS_OK);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	nos_buf_init(&expected, 4096);
	nos_buf_add_text(&expected,
	    "{\"n\":1,\"time\":1547812800.48,\"what\":\"secrets-shown\",\"source\":\"s-1\","
	    "\"key\":\"p.2\",\"from\":\"pre-active\",\"to\":\"active\",\"by\":\"nos-serve\","
	    "\"reason\":\"say \\\"why\\\"\",\"prev\":\"");
	nos_enc_base64(&expected, (const uint8_t[NOS_HASH_LEN]){ 0 }, NOS_HASH_LEN);
	nos_buf_add_text(&expected, "\"}");
	first = nos_buf_span(&expected);
	assert_int_equal(nos_hash_sha256(&first, 1, hash, &err), NOS_OK);
	nos_buf_add_text(&expected,
	    "\n{\"n\":2,\"time\":1547812800.48,\"what\":\"restore\",\"by\":\"nos-serve\",\"prev\":\"");
	nos_enc_base64(&expected, hash, sizeof(hash));
	nos_buf_add_text(&expected, "\"}\n");
	nos_buf_init(&text, 1 << 20);
	assert_int_equal(
	    nos_audit_scan(a, (struct nos_time){ 0 }, NULL, keep, &text, &err), NOS_OK);
	assert_buf(&text, expected.p);
	nos_buf_release(&text);
	nos_buf_release(&expected);
}

static void a_writer_is_a_tool_and_with_its_user_where_it_is_asked_for(void **state)
{
	const struct passwd *me = getpwuid(getuid());
	struct nos_audit w;
	char by[200];

	(void)state;
	nos_audit_init(&w, a, "nos-serve", false);
	assert_string_equal(w.by, "nos-serve");
	nos_audit_init(&w, a, "nos-rekey", true);
	snprintf(by, sizeof(w.by), "nos-rekey %s", me ? me->pw_name : "");
	if (!me)
		snprintf(by, sizeof(w.by), "nos-rekey %u", (unsigned)getuid());
	assert_string_equal(w.by, by);
}

static void an_event_that_is_too_large_is_not_written(void **state)
{
	static char text[NOS_AUDIT_ENTRY_MAX + 1];
	struct nos_audit w;

	(void)state;
	memset(text, 'x', NOS_AUDIT_ENTRY_MAX);
	nos_audit_init(&w, a, "nos-serve", false);
	assert_int_equal(note(&w, text, &err), NOS_LARGE);
	nos_err_clear(&err);
	assert_int_equal(note(&w, "active", &err), NOS_OK);
	assert_whole(1, 0);
}

/* ---- the chain ---- */

static void an_empty_stream_is_good_and_there_is_nothing_to_sign(void **state)
{
	struct nos_audit_head head;

	(void)state;
	assert_whole(0, 0);
	head = sign(false);
	assert_true(head.n == 0);
	assert_whole(0, 0);
}

static void several_writers_make_one_chain(void **state)
{
	struct nos_audit one, two;

	(void)state;
	nos_audit_init(&one, a, "nos-serve", false);
	nos_audit_init(&two, b, "nos-rekey", true);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(note(&one, "active", &err), NOS_OK);
		assert_int_equal(note(&two, "deactivated", &err), NOS_OK);
		assert_int_equal(note(&two, "destroyed", &err), NOS_OK);
	}
	assert_whole(12, 0);
}

struct writer {
	pthread_t thread;
	struct nos_err err;
};

static void *write_on(void *state)
{
	struct writer *me = state;
	struct nos_store *store;
	struct nos_audit w;

	if (nos_store_open(&(struct nos_store_where){ .url = url }, false, &store, &me->err))
		return NULL;
	nos_audit_init(&w, store, "nos-rekey", false);
	for (int i = 0; i < 25 && !me->err.code; i++)
		(void)!note(&w, "active", &me->err);
	nos_store_close(store);
	return NULL;
}

static void writers_at_once_make_one_chain(void **state)
{
	struct writer writers[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_string_equal(writers[i].err.text, "");
	}
	assert_whole(100, 0);
}

static void what_was_rolled_back_leaves_no_gap(void **state)
{
	static const struct nos_audit_event e = { .what = NOS_AUDIT_TOKEN };
	struct nos_audit w;

	(void)state;
	nos_audit_init(&w, a, "nos-token", false);
	assert_int_equal(note(&w, "active", &err), NOS_OK);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	nos_audit_begin(&w);
	assert_int_equal(nos_audit_append(&w, NOW, &e, &err), NOS_OK);
	assert_int_equal(nos_audit_append(&w, NOW, &e, &err), NOS_OK);
	nos_store_rollback(a);
	assert_int_equal(note(&w, "active", &err), NOS_OK);
	assert_whole(2, 0);
}

/* The stream as it was, and as somebody would rather have it. */
struct bytes {
	char p[400];
	size_t len;
};
struct chain {
	struct bytes entries[40];
	size_t count;
};

static enum nos_code take(void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct chain *c = state;
	struct bytes *to = &c->entries[c->count++];

	(void)position, (void)e;
	assert_true(c->count <= 40 && entry.len <= sizeof(to->p));
	memcpy(to->p, entry.p, entry.len);
	to->len = entry.len;
	return NOS_OK;
}

static void put_chain(const struct chain *c)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "begin; delete from stream_audit;"
			     "update sqlite_sequence set seq = 0 where name = 'stream_audit'",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(
			     db, "insert into stream_audit(ms, entry) values(0, ?)", -1, &st, NULL),
	    SQLITE_OK);
	for (size_t i = 0; i < c->count; i++) {
		sqlite3_bind_blob(st, 1, c->entries[i].p, (int)c->entries[i].len, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(st), SQLITE_DONE);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	assert_int_equal(sqlite3_exec(db, "commit", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* One of: a byte is another, an entry is gone, is there twice, has another's place. */
static void spoil(struct chain *c, unsigned *seed)
{
	const size_t at = (size_t)rand_r(seed) % c->count, other = (size_t)rand_r(seed) % c->count;
	struct bytes *e = &c->entries[at];
	struct bytes copy = *e;

	switch (rand_r(seed) % 4) {
	case 0:
		e->p[(size_t)rand_r(seed) % e->len] ^= (char)(rand_r(seed) % 255 + 1);
		break;
	case 1:
		memmove(e, e + 1, (c->count - at - 1) * sizeof(*e));
		c->count--;
		break;
	case 2:
		memmove(e + 1, e, (c->count - at) * sizeof(*e));
		*e = c->entries[other < at ? other : other + 1];
		c->count++;
		break;
	default:
		*e = c->entries[other == at ? (at + 1) % c->count : other];
		c->entries[other == at ? (at + 1) % c->count : other] = copy;
	}
}

static void whatever_was_done_to_a_signed_chain_is_found(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	static struct chain good, bad;

	(void)state;
	print_message("# seed %u\n", seed);
	good.count = 0;
	some(20);
	sign(true);
	assert_int_equal(nos_store_read(a, NOS_AUDIT_STREAM, 0, 100, take, &good, &err), NOS_OK);
	for (int i = 0; i < 400; i++) {
		struct nos_audit_verdict v;

		bad = good;
		spoil(&bad, &seed);
		put_chain(&bad);
		assert_int_equal(verify(&v), NOS_DATA);
		assert_true(nos_str_starts(nos_str_of(err.text), "entry "));
	}
	put_chain(&good);
	assert_whole(20, 20);
}

static void a_byte_that_was_changed_is_found_at_the_entry_behind_it(void **state)
{
	(void)state;
	some(5);
	by_hand("update stream_audit set entry = cast(replace(entry, 'p.2', 'p.3') as blob)"
		" where position = 3");
	assert_broken("entry 4: its prev is not the hash of what stands before it");
	by_hand("update stream_audit set entry = x'7b' where position = 3");
	assert_broken("entry 3: JSON is cut off");
	by_hand("update stream_audit set entry = '{\"n\":3}' where position = 3");
	assert_broken("entry 3: prev is missing or not bytes in base64url");
	by_hand("update stream_audit set entry = '[]' where position = 3");
	assert_broken("entry 3: not a JSON object");
}

static void an_entry_that_was_removed_or_put_in_is_found_at_its_place(void **state)
{
	(void)state;
	some(5);
	by_hand("create table kept as select * from stream_audit;"
		"delete from stream_audit where position = 3");
	assert_broken("entry 3: the one in its place has the number 4");
	by_hand("delete from stream_audit where position < 3");
	assert_broken("entry 1: the one in its place has the number 4");
	by_hand("update stream_audit set position = position + 1 where position = 5;"
		"update stream_audit set position = position + 1 where position = 4;"
		"insert into stream_audit select * from kept where position <= 4");
	assert_broken("entry 5: the one in its place has the number 4");
}

static void what_was_trimmed_at_the_start_is_found(void **state)
{
	const struct nos_store_trim what = {
		.before = { NOW.ms + 1 }, .up_to = UINT32_MAX, .most = 2
	};
	size_t dropped;

	(void)state;
	some(4);
	assert_int_equal(nos_store_trim(a, NOS_AUDIT_STREAM, &what, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 2);
	assert_broken("entry 1: the one in its place has the number 3");
}

/* Without a head, the store's count of positions is all that tells of an end that was cut. */
static void an_end_that_was_cut_is_found_by_its_position(void **state)
{
	struct nos_audit w;

	(void)state;
	some(5);
	by_hand("delete from stream_audit where position > 3");
	assert_broken("entry 4: is gone, at the end");
	nos_audit_init(&w, a, "nos-serve", false);
	assert_int_equal(note(&w, "active", &err), NOS_IO);
	assert_string_equal(err.text, "store: the newest audit entry is gone");
	by_hand("delete from stream_audit");
	assert_broken("entry 1: is gone, at the end");
}

static void nothing_is_written_behind_an_entry_that_means_nothing(void **state)
{
	struct nos_audit w;

	(void)state;
	some(2);
	by_hand("update stream_audit set entry = '{}' where position = 2");
	nos_audit_init(&w, a, "nos-serve", false);
	assert_int_equal(note(&w, "active", &err), NOS_IO);
	assert_string_equal(
	    err.text, "store: an audit entry: n is missing or not a number in its range");
}

static void a_chain_of_many_pages_is_gone_through(void **state)
{
	static const struct nos_audit_event e = { .what = NOS_AUDIT_GROUP };
	struct nos_audit w;
	struct nos_buf text;
	size_t lines = 0;

	(void)state;
	nos_audit_init(&w, a, "nos-serve", false);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	nos_audit_begin(&w);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(nos_audit_append(&w, NOW, &e, &err), NOS_OK);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	sign(true);
	assert_whole(MANY, MANY);
	nos_buf_init(&text, 1 << 20);
	assert_int_equal(
	    nos_audit_scan(a, (struct nos_time){ 0 }, NULL, keep, &text, &err), NOS_OK);
	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	assert_int_equal(lines, MANY);
	nos_buf_release(&text);
	assert_int_equal(nos_store_erase(a, NOS_AUDIT_STREAM, 2001, &err), NOS_OK);
	assert_broken("entry 2001: the one in its place has the number 2002");
}

/* ---- reading ---- */

static enum nos_code stop_at_once(void *state, struct nos_str entry, struct nos_err *e)
{
	(void)state, (void)entry;
	return nos_err_set(e, NOS_BUSY, "stopped");
}

static void a_scan_gives_what_is_asked_for(void **state)
{
	static const char *const sources[] = { "s-1", "s-2", NULL, "s-1" };
	struct nos_audit w;
	struct nos_buf text;

	(void)state;
	nos_audit_init(&w, a, "t", false);
	for (int64_t i = 0; i < 4; i++) {
		const struct nos_audit_event e = { .what = NOS_AUDIT_SOURCE, .source = sources[i] };

		assert_int_equal(
		    nos_audit_append(&w, (struct nos_time){ 1000 * i }, &e, &err), NOS_OK);
	}
	nos_buf_init(&text, 4096);
	assert_int_equal(
	    nos_audit_scan(a, (struct nos_time){ 1000 }, "s-1", keep, &text, &err), NOS_OK);
	assert_true(nos_str_starts(nos_buf_str(&text), "{\"n\":4,\"time\":3,"));
	nos_buf_truncate(&text, 0);
	assert_int_equal(
	    nos_audit_scan(a, (struct nos_time){ 2000 }, NULL, keep, &text, &err), NOS_OK);
	assert_true(nos_str_starts(nos_buf_str(&text), "{\"n\":3,\"time\":2,"));
	assert_int_equal(
	    nos_audit_scan(a, (struct nos_time){ 0 }, NULL, stop_at_once, NULL, &err), NOS_BUSY);
	nos_err_clear(&err);
	by_hand("update stream_audit set entry = '{}' where position = 2");
	assert_int_equal(
	    nos_audit_scan(a, (struct nos_time){ 0 }, NULL, keep, &text, &err), NOS_IO);
	assert_string_equal(err.text, "store: time is missing or not a time");
	nos_buf_release(&text);
}

static uint64_t ahead_of(int64_t ms)
{
	uint64_t ret = 7;

	assert_int_equal(nos_audit_ahead(a, (struct nos_time){ ms }, &ret, &err), NOS_OK);
	return ret;
}

static void how_far_the_newest_entry_is_ahead_of_a_clock_is_told(void **state)
{
	static const struct nos_audit_event e = { .what = NOS_AUDIT_RESTORE };
	struct nos_audit w;

	(void)state;
	assert_int_equal(ahead_of(0), 0);
	nos_audit_init(&w, a, "nos-serve", false);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	nos_audit_begin(&w);
	assert_int_equal(nos_audit_append(&w, (struct nos_time){ 1 }, &e, &err), NOS_OK);
	assert_int_equal(nos_audit_append(&w, NOW, &e, &err), NOS_OK);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_int_equal(ahead_of(NOW.ms - 5000), 5000);
	assert_int_equal(ahead_of(NOW.ms), 0);
	assert_int_equal(ahead_of(NOW.ms + 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(an_entry_has_its_members_in_their_order_and_those_alone_that_it_has),
		CHAIN_TEST(a_writer_is_a_tool_and_with_its_user_where_it_is_asked_for),
		CHAIN_TEST(an_event_that_is_too_large_is_not_written),
		CHAIN_TEST(an_empty_stream_is_good_and_there_is_nothing_to_sign),
		CHAIN_TEST(several_writers_make_one_chain),
		CHAIN_TEST(writers_at_once_make_one_chain),
		CHAIN_TEST(what_was_rolled_back_leaves_no_gap),
		CHAIN_TEST(whatever_was_done_to_a_signed_chain_is_found),
		CHAIN_TEST(a_byte_that_was_changed_is_found_at_the_entry_behind_it),
		CHAIN_TEST(an_entry_that_was_removed_or_put_in_is_found_at_its_place),
		CHAIN_TEST(what_was_trimmed_at_the_start_is_found),
		CHAIN_TEST(an_end_that_was_cut_is_found_by_its_position),
		CHAIN_TEST(nothing_is_written_behind_an_entry_that_means_nothing),
		CHAIN_TEST(a_chain_of_many_pages_is_gone_through),
		CHAIN_TEST(a_scan_gives_what_is_asked_for),
		CHAIN_TEST(how_far_the_newest_entry_is_ahead_of_a_clock_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
