/* SPDX-License-Identifier: MIT */
/* The promise, as a program outside meets it; what a node answers is made with the rooms. */
#include "../test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "envelope/pack.h"
#include "key/keyring.h"
#include "key/message.h"
#include "nos.h"

#define KEY    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER  "__________________________________________8"
#define SOURCE "s-7f3a09c2e1"

static const char readings[] = "{\"type\":\"air_temperature\",\"value\":-7.9}\n"
			       "{\"type\":\"door\",\"value\":true}\n";
static char folder[] = "/tmp/test-nos-XXXXXX";
static char keyring[64];

/* A keyring whose next number is 64. */
static int keyring_make(void **state)
{
	static const char text[] =
	    "{\"v\":1,\"source\":\"" SOURCE
	    "\",\"node\":{\"number\":1,\"urls\":[\"http://[::1]:1\","
	    "\"http://[::1]:2\"],\"pin\":\"" KEY "\",\"sign\":\"" OTHER
	    "\"},\"scheme\":\"pairwise\",\"seq\":{\"next\":64},\"control\":{\"down\":{\"ctr\":0,"
	    "\"key\":\"" KEY "\"},\"up\":{\"ctr\":0,\"key\":\"" OTHER
	    "\"}},\"static\":{\"z\":1,\"key\":\"" KEY
	    "\"},\"keys\":[{\"key\":\"p.1\",\"state\":\"active\",\"value\":\"" OTHER
	    "\",\"since\":1547812800}]}\n";
	struct nos_err err = { 0 };

	(void)state;
	nos_begin();
	if (!mkdtemp(folder))
		return -1;
	snprintf(keyring, sizeof(keyring), "%s/keyring", folder);
	return nos_file_create(keyring, nos_str_bytes(nos_str_of(text)), &err) ? -1 : 0;
}

static int keyring_drop(void **state)
{
	char lock[80];

	(void)state;
	snprintf(lock, sizeof(lock), "%s.lock", keyring);
	unlink(lock);
	unlink(keyring);
	return rmdir(folder);
}

static struct nos_source *open_keyring(void)
{
	struct nos_source *s = NULL;
	struct nos_fault fault;

	if (nos_source_open(keyring, 0, &s, &fault))
		fail_msg("%s: %s", fault.code, fault.text);
	return s;
}

/* The number that the file names as the first that was never handed out. */
static uint64_t next_on_disk(void)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(buf) text = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	assert_int_equal(nos_file_read(keyring, NOS_FILE_SECRET, &text, &err), NOS_OK);
	assert_int_equal(nos_keyring_decode(nos_buf_str(&text), &k, &err), NOS_OK);
	return k.next;
}

static void a_pack_opens_to_its_readings_and_its_number_is_spent_on_disk(void **state)
{
	struct nos_source *s = open_keyring();
	struct nos_text pack = { 0 }, plain = { 0 };
	struct nos_fault fault;
	uint64_t seq = 0, first = next_on_disk();

	(void)state;
	assert_string_equal(nos_source_id(s), SOURCE);
	assert_string_equal(nos_source_url(s, 1), "http://[::1]:2");
	assert_null(nos_source_url(s, 2));
	assert_int_equal(nos_source_seal(s, readings, strlen(readings), &pack, &seq, &fault), 0);
	assert_int_equal(seq, first);
	assert_true(next_on_disk() > seq);
	assert_int_equal(nos_source_unseal(s, pack.p, pack.len, &plain, &fault), 0);
	assert_string_equal(plain.p, readings);
	nos_text_free(&plain);
	nos_text_free(&pack);
	assert_null(pack.p);
	assert_int_equal(
	    nos_source_seal(s, readings, strcspn(readings, "\n"), &pack, &seq, &fault), 0);
	assert_int_equal(seq, first + 1);
	nos_text_free(&pack);
	nos_source_skip(s, first + 10);
	assert_int_equal(nos_source_save(s, &fault), 0);
	assert_int_equal(next_on_disk(), first + 10);
	nos_source_free(s);
}

static void a_keyring_in_use_is_busy_and_one_that_is_not_there_absent(void **state)
{
	struct nos_source *s = open_keyring(), *other = NULL;
	struct nos_fault fault;

	(void)state;
	assert_int_equal(nos_source_open(keyring, 0, &other, &fault), -1);
	assert_string_equal(fault.code, "busy");
	assert_null(other);
	nos_source_free(s);
	nos_source_free(open_keyring());
	assert_int_equal(nos_source_open("/nowhere/keyring", 0, &other, &fault), -1);
	assert_string_equal(fault.code, "absent");
	assert_non_null(strstr(fault.text, "/nowhere/keyring"));
	nos_source_free(NULL);
}

static void what_is_no_reading_is_refused_before_a_number_is_spent(void **state)
{
	static const struct {
		const char *text, *code, *field, *message;
	} rows[] = {
		{ "", "data", "", "no reading" },
		{ "\n \n", "data", "", "no reading" },
		{ "{\"type\":\"t\",\"value\":1}\n\n{\"value\":1}", "data", "type", "reading 2: " },
		{ "[", "data", "", "reading 1: " },
	};
	struct nos_source *s = open_keyring();
	struct nos_text pack = { 0 };
	struct nos_fault fault;
	uint64_t seq = 0, first = next_on_disk();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    nos_source_seal(s, rows[i].text, strlen(rows[i].text), &pack, &seq, &fault),
		    -1);
		assert_string_equal(fault.code, rows[i].code);
		assert_string_equal(fault.field, rows[i].field);
		if (strncmp(fault.text, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("'%s'", fault.text);
	}
	assert_null(pack.p);
	assert_int_equal(next_on_disk(), first);
	nos_source_free(s);
}

static void a_pack_over_its_limit_gives_its_number_back(void **state)
{
	static const char row[] = "{\"type\":\"t\",\"value\":\"%01000d\"}\n";
	struct nos_source *s = open_keyring();
	struct nos_text pack = { 0 };
	struct nos_fault fault;
	struct nos_buf text;
	uint64_t seq = 0, next;

	(void)state;
	nos_buf_init(&text, 2 * NOS_PACK_MAX);
	for (int i = 0; i < 900; i++)
		nos_buf_addf(&text, row, i);
	assert_int_equal(nos_source_seal(s, text.p, text.len, &pack, &seq, &fault), -1);
	assert_string_equal(fault.code, "large");
	assert_int_equal(nos_source_save(s, &fault), 0);
	next = next_on_disk();
	assert_int_equal(nos_source_seal(s, readings, strlen(readings), &pack, &seq, &fault), 0);
	assert_int_equal(seq, next);
	nos_text_free(&pack);
	nos_buf_release(&text);
	nos_source_free(s);
}

/* The receipt that a node makes, which has the same keys. */
static void receipt_of(const struct nos_text *pack, const char *answer, char *ret)
{
	NOS_AUTO(pack_keys) keys = { 0 };
	struct nos_secret value = { .len = 32 }, z = { .len = 32 }, k_s = { 0 };
	struct nos_err err = { 0 };

	memset(value.bytes, 0xff, 32);
	assert_int_equal(nos_derive_static(&z, NOS_DERIVE_AUTH, &k_s, &err), NOS_OK);
	assert_int_equal(
	    nos_pack_keys_make(&value, &k_s, NOS_STR("p.1"), NOS_STR(SOURCE), &keys, &err), NOS_OK);
	assert_int_equal(
	    nos_pack_receipt(&keys, nos_str_bytes((struct nos_str){ pack->p, pack->len }),
		nos_str_bytes(nos_str_of(answer)), ret, &err),
	    NOS_OK);
}

static void an_answer_is_believed_by_its_receipt_alone(void **state)
{
	static const char answer[] = "{\"accepted\":2}", forged[] = "{\"accepted\":1}";
	struct nos_source *s = open_keyring();
	struct nos_text pack = { 0 };
	struct nos_fault fault;
	char receipt[NOS_PACK_RECEIPT_LEN];
	uint64_t seq;

	(void)state;
	assert_int_equal(nos_source_seal(s, readings, strlen(readings), &pack, &seq, &fault), 0);
	receipt_of(&pack, answer, receipt);
	assert_true(nos_source_believes(s, pack.p, pack.len, answer, strlen(answer), receipt));
	assert_false(nos_source_believes(s, pack.p, pack.len, forged, strlen(forged), receipt));
	assert_false(nos_source_believes(s, pack.p, pack.len, answer, strlen(answer), NULL));
	assert_false(nos_source_believes(s, "a.b", 3, answer, strlen(answer), receipt));
	nos_text_free(&pack);
	nos_source_free(s);
}

/* A node's answer that brings p.v by message number v - 2. */
static void answer_with(uint64_t v, struct nos_buf *ret)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(buf) body = { 0 };
	NOS_AUTO(buf) message = { 0 };
	struct nos_err err = { 0 };
	struct nos_chain down;

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	nos_buf_init(&body, 16);
	nos_buf_init(&message, 64);
	nos_buf_init(ret, 256);
	assert_int_equal(nos_file_read(keyring, NOS_FILE_SECRET, &text, &err), NOS_OK);
	assert_int_equal(nos_keyring_decode(nos_buf_str(&text), &k, &err), NOS_OK);
	down = k.down;
	nos_enc_add_leb128(&body, v);
	assert_int_equal(nos_message_seal(NOS_MESSAGE_PAIR, &down, k.node, nos_str_of(k.source),
			     nos_buf_span(&body), &message, &err),
	    NOS_OK);
	nos_buf_add_text(ret, "{\"accepted\":1,\"duplicates\":0,\"rejected\":[],\"keys\":[\"");
	nos_enc_base64(ret, message.p, message.len);
	nos_buf_add_text(ret, "\"],\"next\":9,\"resync\":false}");
}

static void the_keys_of_an_answer_are_on_disk_before_they_seal(void **state)
{
	struct nos_source *s = open_keyring();
	static const char nothing[] = "{\"keys\":[],\"resync\":false}",
			  wrong[] = "{\"keys\":[\"kQUA\"],\"resync\":false}";
	struct nos_text ack = { 0 }, again = { 0 }, pack = { 0 };
	struct nos_fault fault;
	NOS_AUTO(buf) answer = { 0 };
	NOS_AUTO(buf) kid = { 0 };
	uint64_t seq;

	(void)state;
	answer_with(2, &answer);
	assert_int_equal(nos_source_take(s, answer.p, answer.len, &ack, &fault), 0);
	assert_true(ack.len > 20);
	assert_int_equal(nos_source_seal(s, readings, strlen(readings), &pack, &seq, &fault), 0);
	nos_buf_init(&kid, 256);
	*strchr(pack.p, '.') = '\0';
	assert_true(nos_enc_base64_decode(nos_str_of(pack.p), &kid));
	assert_non_null(strstr(kid.p, "\"p.2\""));
	/* The answer came again, its acknowledgement was lost: another one, and nothing else. */
	assert_int_equal(nos_source_take(s, answer.p, answer.len, &again, &fault), 0);
	assert_true(again.len == ack.len && memcmp(again.p, ack.p, ack.len) != 0);
	nos_text_free(&again);
	assert_int_equal(nos_source_take(s, nothing, strlen(nothing), &again, &fault), 0);
	assert_null(again.p);
	assert_int_equal(nos_source_take(s, wrong, strlen(wrong), &again, &fault), -1);
	assert_string_equal(fault.code, "tag");
	nos_source_free(s);
	s = open_keyring();
	nos_text_free(&pack);
	assert_int_equal(nos_source_seal(s, readings, strlen(readings), &pack, &seq, &fault), 0);
	*strchr(pack.p, '.') = '\0';
	nos_buf_truncate(&kid, 0);
	assert_true(nos_enc_base64_decode(nos_str_of(pack.p), &kid));
	assert_non_null(strstr(kid.p, "\"p.2\""));
	nos_text_free(&pack);
	nos_text_free(&ack);
	nos_source_free(s);
}

static void what_is_no_pack_of_this_source_does_not_open(void **state)
{
	struct nos_source *s = open_keyring();
	struct nos_text pack = { 0 }, plain = { 0 };
	struct nos_fault fault;
	uint64_t seq;

	(void)state;
	assert_int_equal(nos_source_unseal(s, "a..b.c.d", 8, &plain, &fault), -1);
	assert_string_equal(fault.code, "data");
	assert_int_equal(nos_source_seal(s, readings, strlen(readings), &pack, &seq, &fault), 0);
	pack.p[pack.len - 2] = pack.p[pack.len - 2] == 'A' ? 'B' : 'A';
	assert_int_equal(nos_source_unseal(s, pack.p, pack.len, &plain, &fault), -1);
	assert_string_equal(fault.code, "tag");
	assert_null(plain.p);
	nos_text_free(&pack);
	nos_source_free(s);
}

static void a_reading_is_scored_by_the_rules_that_were_given(void **state)
{
	static const char rules[] = "{\"v\":1,\"types\":{\"t\":{\"missing\":[85]}}}";
	static const char reading[] = "{\"type\":\"t\",\"value\":85}";
	struct nos_scorer *plain = NULL, *own = NULL;
	struct nos_text text = { 0 };
	struct nos_fault fault;

	(void)state;
	assert_int_equal(nos_scorer_new(NULL, 0, &plain, &fault), 0);
	assert_int_equal(nos_scorer_new(rules, strlen(rules), &own, &fault), 0);
	assert_int_equal(
	    nos_scorer_score(plain, reading, strlen(reading), 1547812800000, &text, &fault), 0);
	assert_int_equal(strncmp(text.p, "{\"type\":\"t\",\"value\":85,\"scores\":{", 31), 0);
	assert_int_equal(text.len, strlen(text.p));
	nos_text_free(&text);
	assert_int_equal(
	    nos_scorer_score(own, reading, strlen(reading), 1547812800000, &text, &fault), 0);
	assert_int_equal(strncmp(text.p, "{\"type\":\"t\",\"value\":null,\"scores\":{", 33), 0);
	nos_text_free(&text);
	nos_scorer_free(plain);
	nos_scorer_free(own);
	nos_scorer_free(NULL);
}

static void bad_rules_and_bad_readings_say_where(void **state)
{
	struct nos_scorer *s = NULL;
	struct nos_text text = { 0 };
	struct nos_fault fault;

	(void)state;
	assert_int_equal(nos_scorer_new("{\"v\":2}", 7, &s, &fault), -1);
	assert_string_equal(fault.code, "config");
	assert_string_equal(fault.text, "line 1, column 6: written by a newer nos");
	assert_null(s);
	assert_int_equal(nos_scorer_new(NULL, 0, &s, &fault), 0);
	assert_int_equal(nos_scorer_score(s, "{\"value\":1}", 11, 0, &text, &fault), -1);
	assert_string_equal(fault.code, "data");
	assert_string_equal(fault.field, "type");
	assert_int_equal(nos_scorer_score(s, "", 0, 0, &text, &fault), -1);
	assert_null(text.p);
	nos_scorer_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pack_opens_to_its_readings_and_its_number_is_spent_on_disk),
		cmocka_unit_test(a_keyring_in_use_is_busy_and_one_that_is_not_there_absent),
		cmocka_unit_test(what_is_no_reading_is_refused_before_a_number_is_spent),
		cmocka_unit_test(a_pack_over_its_limit_gives_its_number_back),
		cmocka_unit_test(an_answer_is_believed_by_its_receipt_alone),
		cmocka_unit_test(the_keys_of_an_answer_are_on_disk_before_they_seal),
		cmocka_unit_test(what_is_no_pack_of_this_source_does_not_open),
		cmocka_unit_test(a_reading_is_scored_by_the_rules_that_were_given),
		cmocka_unit_test(bad_rules_and_bad_readings_say_where),
	};

	return cmocka_run_group_tests(tests, keyring_make, keyring_drop);
}
