/* SPDX-License-Identifier: MIT */
/* Many requests at once under TLS, to a name: who is not the one that is meant hears nothing. */
#include "http_stage.h"

#include "net/http_client.h"
#include "net/http_multi.h"
#include "tls.h"

#define CALLS	   100
#define ANSWER_MAX 2000
#define LONG_MS	   (CLIENT_STUCK_S * 1000)

static struct nos_tls *tls;
static struct nos_http_multi_call calls[CALLS];

/* After nos_http_multi_free, which waits for the thread, the test looks at the calls. */
static void finish(void *state, struct nos_http_multi_call *call)
{
	(void)state;
	call->user = call;
}

/* All calls, of which each goes to the server by its name; trusted: the certificate's name. */
static void call_all(const char *trusted, const char *path)
{
	struct nos_http_multi_config config = {
		.connect_ms = LONG_MS, .at_once = 10, .thread_name = "multi", .done = finish
	};
	char ca[64], url[64];
	struct nos_http_multi *multi;

	snprintf(ca, sizeof(ca), "%s/%s.pem", folder, trusted);
	snprintf(url, sizeof(url), "https://localhost:%u%s", port, path);
	config.ca = ca;
	assert_int_equal(nos_http_multi_new(&config, &multi, &err), NOS_OK);
	for (size_t i = 0; i < CALLS; i++) {
		calls[i] = (struct nos_http_multi_call){ .url = url,
			.media = "a/b",
			.body = { (const uint8_t *)"abc", 3 },
			.total_ms = LONG_MS };
		nos_buf_init(&calls[i].answer, ANSWER_MAX);
		if (i)
			calls[i - 1].next = &calls[i];
	}
	nos_http_multi_submit(multi, calls);
	nos_http_multi_free(multi);
}

static void calls_to_a_name_under_tls_are_answered(void **state)
{
	(void)state;
	call_all("localhost", "/now");
	for (size_t i = 0; i < CALLS; i++) {
		assert_ptr_equal(calls[i].user, &calls[i]);
		assert_int_equal(calls[i].err.code, NOS_OK);
		assert_int_equal(calls[i].status, 200);
		assert_buf(&calls[i].answer, "POST /now? 0 [abc]");
		nos_buf_release(&calls[i].answer);
	}
}

static void one_with_a_certificate_that_is_not_trusted_is_away(void **state)
{
	(void)state;
	call_all("first", "/now");
	for (size_t i = 0; i < CALLS; i++) {
		assert_int_equal(calls[i].err.code, NOS_AWAY);
		nos_buf_release(&calls[i].answer);
	}
}

static void a_ca_file_that_is_not_there_is_said_at_once(void **state)
{
	const struct nos_http_multi_config config = {
		.ca = "/nowhere/ca.pem", .at_once = 1, .thread_name = "multi", .done = finish
	};
	struct nos_http_multi *none = NULL;

	(void)state;
	assert_int_equal(nos_http_multi_new(&config, &none, &err), NOS_ABSENT);
	assert_null(none);
}

static int first(void **state)
{
	struct nos_http_config config = usual();

	if (make_certificates(state) || nos_http_client_start(&err))
		return -1;
	make_certificate("localhost");
	assert_int_equal(show(&tls, "localhost", "localhost"), NOS_OK);
	config.listen_count = 0;
	config.listen_tls = here;
	config.listen_tls_count = 1;
	config.tls = tls;
	serve(&config);
	return 0;
}

static int last(void **state)
{
	stop(state);
	nos_tls_free(tls);
	return drop_certificates(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_to_a_name_under_tls_are_answered),
		cmocka_unit_test(one_with_a_certificate_that_is_not_trusted_is_away),
		cmocka_unit_test(a_ca_file_that_is_not_there_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, first, last);
}
