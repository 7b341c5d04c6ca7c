/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include <poll.h>
#include <pthread.h>

#include "crypto/hash.h"
#include "json/encode.h"
#include "key/derive.h"
#include "key/poll.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "source/follow.h"

#define STUCK_S 30 /* a test that waits this long has failed */

static struct nos_err err;
static struct nos_http_server *server;
static struct nos_follow *follow;
static struct nos_keyring k;
static char url[80];

/* The node; between its loop and the test. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct nos_secret q;	  /* that it knows */
	const char *list;	  /* NULL: polls are held */
	unsigned status;	  /* of a poll's answer */
	bool strip;		  /* no receipt */
	unsigned proved, refused; /* polls that came with the tag of q, and with another */
	unsigned bare;		  /* that proved nothing */
	char query[64];		  /* of the last */
	struct nos_http_request *held;
} node = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static const uint8_t nonce[NOS_ASK_NONCE_LEN] = { 5, 5, 5 };

static void give_receipt(struct nos_http_request *r)
{
	uint8_t tag[NOS_POLL_TAG_LEN];
	struct nos_err ignored = { 0 };
	struct nos_buf text;

	nos_buf_init(&text, 64);
	if (nos_poll_receipt(&node.q, NOS_STR(TEST_SOURCE), nonce, r->status, nos_buf_span(&r->out),
		tag, &ignored))
		abort();
	nos_enc_base64(&text, tag, sizeof(tag));
	if (!node.strip)
		nos_http_server_header(r, "Nos-Receipt", text.p);
	nos_buf_release(&text);
}

static bool is_proved(const struct nos_http_request *r)
{
	uint8_t good[NOS_POLL_TAG_LEN], given[NOS_POLL_TAG_LEN];
	struct nos_str text = r->authorization;
	struct nos_err ignored = { 0 };

	if (!nos_str_starts(text, "Nos "))
		return false;
	text.p += 4, text.len -= 4;
	return nos_enc_base64_fixed(text, given, sizeof(given)) &&
	       !nos_poll_ask(&node.q, NOS_STR(TEST_SOURCE), nonce, good, &ignored) &&
	       memcmp(good, given, sizeof(good)) == 0;
}

static void fill(struct nos_http_request *r)
{
	r->status = node.status;
	r->type = "application/json";
	nos_buf_add_text(&r->out, node.list ? node.list : "{\"keys\":[]}");
	give_receipt(r);
}

static bool begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	(void)state, (void)r;
	*ret_max = 0;
	return true;
}

static void failed(void *state, struct nos_http_request *r, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	(void)state, (void)code, (void)text, (void)retry_s;
	r->status = status;
}

static void handle(void *state, struct nos_http_request *r)
{
	bool proved, hold = false;

	(void)state;
	pthread_mutex_lock(&node.lock);
	proved = is_proved(r);
	snprintf(node.query, sizeof(node.query), "%.*s", NOS_STR_ARG(r->query));
	node.proved += proved;
	node.bare += !r->authorization.len;
	node.refused += r->authorization.len && !proved;
	if (!proved) {
		r->status = 401;
		nos_buf_add_text(&r->out, "{\"type\":\"urn:nos:tag\",\"detail\":\"no\"");
		nos_encode_member_bytes(&r->out, "nonce", nonce, sizeof(nonce));
		nos_buf_add_char(&r->out, '}');
	} else if (!node.list) {
		node.held = r;
		hold = true;
	} else {
		fill(r);
	}
	pthread_cond_broadcast(&node.changed);
	pthread_mutex_unlock(&node.lock);
	if (!hold)
		nos_http_server_answer(server, r);
}

/* Until a number of the node's has come to be. */
static void wait_for(const unsigned *number, unsigned value)
{
	struct timespec until = { .tv_sec = time(NULL) + STUCK_S };
	bool in_time = true;

	pthread_mutex_lock(&node.lock);
	while (*number < value && in_time)
		in_time = !pthread_cond_timedwait(&node.changed, &node.lock, &until);
	pthread_mutex_unlock(&node.lock);
	if (!in_time)
		fail_msg("not within %d s", STUCK_S);
}

static void answer_held(void)
{
	struct nos_http_request *r;

	pthread_mutex_lock(&node.lock);
	r = node.held;
	node.held = NULL;
	if (r)
		fill(r);
	pthread_mutex_unlock(&node.lock);
	if (r)
		nos_http_server_answer(server, r);
}

/* What the node says from now on. */
static void say(const char *list, unsigned status, bool strip)
{
	pthread_mutex_lock(&node.lock);
	node.list = list;
	node.status = status;
	node.strip = strip;
	pthread_mutex_unlock(&node.lock);
}

/* The node knows Q of the keyring as it is now. */
static void know(void)
{
	pthread_mutex_lock(&node.lock);
	assert_int_equal(nos_derive_static(&k.z_key, NOS_DERIVE_POLL, &node.q, &err), NOS_OK);
	pthread_mutex_unlock(&node.lock);
}

static void aim(void)
{
	assert_int_equal(nos_follow_aim(follow, &k, &err), NOS_OK);
}

/* Z is another, the node knows it, and the follower is told. */
static void renew(void)
{
	k.z++;
	k.z_key.bytes[0] ^= 1;
	know();
	aim();
}

static int start(void **state)
{
	static const char *const here[] = { "127.0.0.1:0" };
	static const char *const urls[] = { url };
	const struct nos_http_config config = { .listen = here,
		.listen_count = 1,
		.loops = 1,
		.connections = 10,
		.requests = 10,
		.idle_s = STUCK_S,
		.total_s = STUCK_S,
		.out_max = 4096,
		.thread_name = "http",
		.begin = begin,
		.fail = failed,
		.handle = handle };
	const struct nos_follow_config to = { .source = TEST_SOURCE, .urls = urls, .url_count = 1 };

	(void)state;
	nos_err_clear(&err);
	k = test_keyring();
	node.proved = node.refused = node.bare = 0;
	say(NULL, 200, false);
	know();
	if (nos_http_server_new(&config, &server, &err))
		return -1;
	snprintf(url, sizeof(url), "http://%s", nos_http_server_address(server, 0));
	return nos_follow_new(&to, &follow, &err) ? -1 : 0;
}

static int stop(void **state)
{
	(void)state;
	nos_follow_free(follow);
	follow = NULL;
	answer_held();
	nos_http_server_free(server);
	return 0;
}

/* The next answer that is handed over. */
static enum nos_code take(struct nos_answer_news *ret)
{
	struct pollfd p = { .fd = nos_follow_fd(follow), .events = POLLIN };

	nos_err_clear(&err);
	assert_int_equal(poll(&p, 1, STUCK_S * 1000), 1);
	return nos_follow_take(follow, ret, &err);
}

static void a_list_is_handed_over_and_the_next_poll_waits_for_its_taker(void **state)
{
	struct nos_answer_news news;

	(void)state;
	say("{\"keys\":[\"AQID\"],\"resync\":false}", 200, false);
	aim();
	assert_int_equal(take(&news), NOS_OK);
	assert_int_equal(news.key_count, 1);
	assert_hex(news.keys[0].p, news.keys[0].len, "010203");
	nos_answer_news_release(&news);
	assert_int_equal(nos_follow_take(follow, &news, &err), NOS_OK);
	assert_int_equal(news.key_count, 0);
	assert_int_equal(node.proved, 1);
	say("{\"keys\":[],\"resync\":true}", 200, false);
	aim();
	assert_int_equal(take(&news), NOS_OK);
	assert_true(news.resync);
	nos_answer_news_release(&news);
	/* The nonce was asked for once. */
	assert_int_equal(node.proved, 2);
	assert_int_equal(node.bare, 1);
}

static void an_empty_list_is_no_news_and_the_poll_is_made_again(void **state)
{
	struct nos_answer_news news;

	(void)state;
	aim();
	wait_for(&node.proved, 1);
	answer_held();
	wait_for(&node.proved, 2);
	assert_int_equal(nos_follow_take(follow, &news, &err), NOS_OK);
	assert_null(news.keys);
}

static void who_is_revoked_is_told_so(void **state)
{
	struct nos_answer_news news;

	(void)state;
	say("{\"type\":\"urn:nos:denied\",\"detail\":\"stolen\"}", 403, false);
	aim();
	assert_int_equal(take(&news), NOS_DENIED);
	assert_string_equal(err.text, "the source was revoked: stolen");
	assert_null(news.keys);
}

static void what_has_no_receipt_is_not_handed_over(void **state)
{
	static const struct {
		const char *list;
		unsigned status;
	} lies[] = { { "{\"keys\":[\"AQID\"]}", 200 }, { "{\"keys\":[],\"resync\":true}", 200 },
		{ "{\"type\":\"urn:nos:denied\",\"detail\":\"no\"}", 403 } };
	struct nos_answer_news news;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		say(lies[i].list, lies[i].status, true);
		renew();
		wait_for(&node.proved, i + 1);
	}
	/* The last was judged once the next poll is there: an aim ends the pause. */
	say(NULL, 200, false);
	renew();
	wait_for(&node.proved, 4);
	assert_int_equal(nos_follow_take(follow, &news, &err), NOS_OK);
	assert_null(news.keys);
	assert_false(news.resync);
}

/* The query of the poll that is held. */
static void assert_asked(const char *query)
{
	pthread_mutex_lock(&node.lock);
	assert_string_equal(node.query, query);
	pthread_mutex_unlock(&node.lock);
}

static void a_member_of_a_group_says_which_order_it_verified_last(void **state)
{
	struct nos_answer_news news;

	(void)state;
	aim();
	wait_for(&node.proved, 1);
	assert_asked("wait=60");
	k.group.clock.a.len = 32;
	k.group.token.t = 7;
	aim();
	answer_held();
	wait_for(&node.proved, 2);
	assert_asked("wait=60&after=7");
	/* What came in the meantime is told by the next. */
	say("{\"keys\":[\"AQID\"],\"resync\":false}", 200, false);
	answer_held();
	assert_int_equal(take(&news), NOS_OK);
	nos_answer_news_release(&news);
	say(NULL, 200, false);
	k.group.token.t = 8;
	aim();
	wait_for(&node.proved, 3);
	assert_asked("wait=60&after=8");
}

static void a_new_z_is_polled_under_at_once_also_behind_a_refusal(void **state)
{
	(void)state;
	node.q.bytes[0] ^= 1;
	aim();
	wait_for(&node.refused, 2); /* the second for the nonce that the first brought */
	renew();
	wait_for(&node.proved, 1);
}

static void it_stops_while_a_poll_is_held(void **state)
{
	struct nos_mono since;

	(void)state;
	aim();
	wait_for(&node.proved, 1);
	since = nos_mono_now();
	nos_follow_free(follow);
	follow = NULL;
	assert_true(nos_mono_now().us - since.us < STUCK_S * UINT64_C(1000000));
	assert_non_null(node.held);
	assert_int_equal(nos_http_server_pending(server), 1);
}

static void it_stops_in_a_pause_and_before_it_was_aimed(void **state)
{
	(void)state;
	nos_follow_free(follow);
	follow = NULL;
	assert_int_equal(node.bare, 0);
	stop(NULL);
	assert_int_equal(start(NULL), 0);
	node.q.bytes[0] ^= 1;
	aim();
	wait_for(&node.refused, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(a_list_is_handed_over_and_the_next_poll_waits_for_its_taker),
		T(an_empty_list_is_no_news_and_the_poll_is_made_again),
		T(who_is_revoked_is_told_so),
		T(what_has_no_receipt_is_not_handed_over),
		T(a_member_of_a_group_says_which_order_it_verified_last),
		T(a_new_z_is_polled_under_at_once_also_behind_a_refusal),
		T(it_stops_while_a_poll_is_held),
		T(it_stops_in_a_pause_and_before_it_was_aimed),
#undef T
	};

	if (nos_http_client_start(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
