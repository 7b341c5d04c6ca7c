/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "crypto/jose.h"
#include "key/roam.h"
#include "peer/peering.h"
#include "roam/roaming.h"

#define SOURCE	"s-0000000001"
#define REVOKED "s-0000000002"
#define BEARER	"s-0000000003"
#define HOST	7 /* who asks; this node is 5 */

static struct nos_card *card;
static struct nos_member_table *members;
static struct nos_peers *peers;
static struct nos_peer host;
static struct nos_secret host_sign, once;
static struct nos_ecdh_point host_key;
static struct nos_http_request answer;

static void put_source(const char *id, bool revoked, const char *scheme)
{
	NOS_AUTO(record)
	r = { .kind = "sensor", .mode = "push", .token = "t-5c01d2aa90" };

	snprintf(r.id, sizeof(r.id), "%s", id);
	snprintf(r.scheme, sizeof(r.scheme), "%s", scheme);
	r.a.base = (struct nos_assoc_base){ .z = 1, .life = 1, .identity = 1 };
	nos_secret_put(&r.a.base.z_key, "0123456789abcdef0123456789abcdef", 32);
	nos_secret_put(&r.a.base.down.key, "0123456789abcdef0123456789abcdef", 32);
	r.a.base.up.key = r.a.base.down.key;
	r.a.revoked = revoked;
	if (revoked)
		r.a.polls[0] = r.a.polls[1] = r.a.base.down.key;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

static int make_host(unsigned may)
{
	struct nos_peers_list list = { .count = 1 };
	struct nos_secret private;

	host = (struct nos_peer){ .node = HOST, .url = "http://host", .may = may };
	nos_secret_put(&host_sign, "abcdefghijklmnopqrstuvwxyz012345", 32);
	if (nos_ecdh_generate(&private, &host_key, &err) ||
	    nos_jose_thumbprint(&host_key, host.pin, &err) ||
	    nos_sign_public(&host_sign, host.sign, &err))
		return 1;
	list.of[0] = host;
	return nos_peers_new(&list, &peers, &err) ? 1 : 0;
}

static int start_with(void **state, unsigned may)
{
	struct nos_home home;

	nos_jose_start();
	if (node_start(state))
		return 1;
	home = (struct nos_home){ .store = store, .vault = vault, .self = self };
	if (nos_card_new(&home, false, &card, &err) || nos_member_table_new(10, &members, &err) ||
	    make_host(may))
		return 1;
	put_source(SOURCE, false, "pairwise");
	put_source(REVOKED, true, "pairwise");
	node_life();
	nos_buf_init(&answer.out, 1 << 20);
	return 0;
}

static int start(void **state)
{
	return start_with(state, 1u << NOS_PEER_ROAM);
}

static int start_forbidden(void **state)
{
	return start_with(state, 1u << NOS_PEER_REVOKED);
}

static int stop(void **state)
{
	nos_buf_release(&answer.out);
	nos_peers_free(peers);
	nos_member_table_free(members);
	nos_card_free(card);
	return node_stop(state);
}

static struct nos_peer_request request(void)
{
	struct nos_peer_request r = { .op = NOS_PEER_ROAM,
		.source = SOURCE,
		.key = nos_roam_name(5, nos_roam_day(nos_time_now())) };

	memcpy(r.from, host.pin, sizeof(r.from));
	memcpy(r.to, self.thumbprint, sizeof(r.to));
	assert_int_equal(nos_ecdh_generate(&once, &r.once, &err), NOS_OK);
	return r;
}

static void seal(const struct nos_peer_request *r, struct nos_buf *ret)
{
	nos_buf_init(ret, NOS_PEER_MAX);
	assert_int_equal(nos_peer_request_seal(r, &host_sign, &self.public, ret, &err), NOS_OK);
}

/* The answer's status. */
static unsigned post(const struct nos_buf *jwe)
{
	const struct nos_peering p = {
		.peers = peers, .card = card, .members = members, .life = &changes
	};

	nos_buf_truncate(&answer.out, 0);
	answer.status = 0;
	answer.header_count = 0;
	answer.body = nos_buf_span(jwe);
	nos_peering_answer(&p, &answer);
	return answer.status;
}

static unsigned ask(const struct nos_peer_request *r)
{
	NOS_AUTO(buf) jwe = { 0 };

	seal(r, &jwe);
	return post(&jwe);
}

static void read_answer(const struct nos_buf *asked, struct nos_peer_answer *ret)
{
	const struct nos_span body = nos_buf_span(asked);
	uint8_t hash[NOS_HASH_LEN];
	struct nos_buf opened = { 0 };

	assert_int_equal(nos_peer_open(&once, nos_buf_str(&answer.out), &opened, &err), NOS_OK);
	assert_int_equal(nos_peer_verify(&opened, self.sign_public, &err), NOS_OK);
	assert_int_equal(nos_peer_answer_decode(&opened, ret, &err), NOS_OK);
	assert_int_equal(nos_hash_sha256(&body, 1, hash, &err), NOS_OK);
	assert_memory_equal(ret->request, hash, sizeof(hash));
	nos_buf_release(&opened);
}

static void a_peer_gets_the_key_for_its_own_thumbprint_and_what_it_is_worth(void **state)
{
	const struct nos_peer_request r = request();
	struct nos_peer_answer a;
	struct nos_secret z = { 0 }, key;
	struct nos_buf jwe, given;

	(void)state;
	seal(&r, &jwe);
	assert_int_equal(post(&jwe), 200);
	assert_string_equal(answer.type, "application/jose");
	read_answer(&jwe, &a);
	nos_secret_put(&z, "0123456789abcdef0123456789abcdef", 32);
	assert_int_equal(nos_roam_key(&z, host.pin, r.key.parts[1], &key, &err), NOS_OK);
	assert_true(nos_secret_eq(&a.key, &key));
	assert_string_equal(a.kind, "sensor");
	assert_false(a.open);
	assert_int_equal(a.expires.ms, nos_roam_until(r.key.parts[1]).ms);
	node_get(NOS_ROAMING_GIVEN_NS, SOURCE "/7", &given);
	nos_buf_release(&given);
	/* The same again gives the same, and changes nothing. */
	assert_int_equal(post(&jwe), 200);
	read_answer(&jwe, &a);
	assert_true(nos_secret_eq(&a.key, &key));
	nos_buf_release(&jwe);
}

/* What a refusal says. */
static char refusal[NOS_ERR_TEXT_MAX];

static void is_refused(const struct nos_peer_request *r)
{
	assert_int_equal(ask(r), 403);
	if (!*refusal)
		assert_true(nos_str_copy(nos_buf_str(&answer.out), refusal, sizeof(refusal)));
	assert_buf(&answer.out, refusal);
}

static void whatever_is_wrong_with_who_asks_or_for_what_is_refused_alike(void **state)
{
	struct nos_peer_request r = request();
	const uint64_t today = r.key.parts[1];

	(void)state;
	*refusal = '\0';
	r.from[0] ^= 1;
	is_refused(&r);
	r = request();
	r.to[0] ^= 1;
	is_refused(&r);
	r = request();
	r.once = self.public;
	is_refused(&r);
	r = request();
	r.key = nos_roam_name(6, today);
	is_refused(&r);
	r.key = nos_roam_name(5, today - 2);
	is_refused(&r);
	r.key = nos_roam_name(5, today + 3);
	is_refused(&r);
	r = request();
	snprintf(r.source, sizeof(r.source), "s-00000000ff");
	is_refused(&r);
	snprintf(r.source, sizeof(r.source), REVOKED);
	is_refused(&r);
	host_sign.bytes[0] ^= 1;
	r = request();
	is_refused(&r);
	host_sign.bytes[0] ^= 1;
	assert_int_equal(ask(&r), 200);
}

static void a_source_that_has_a_token_and_no_keys_does_not_roam(void **state)
{
	struct nos_peer_request r = request();

	(void)state;
	put_source(BEARER, false, "bearer");
	snprintf(r.source, sizeof(r.source), BEARER);
	assert_int_equal(ask(&r), 403);
}

static void a_peer_that_may_not_ask_it_is_refused(void **state)
{
	const struct nos_peer_request r = request();

	(void)state;
	assert_int_equal(ask(&r), 403);
}

/* That another home's source was revoked is its own word alone. */
static void a_peer_takes_back_no_key_of_another_home(void **state)
{
	struct nos_peer_request r = request();

	(void)state;
	r.op = NOS_PEER_REVOKED;
	r.key = nos_roam_name(HOST + 1, r.key.parts[1]);
	assert_int_equal(ask(&r), 403);
}

/* It may have been recorded long ago, when that home was put back once. */
static void that_all_counts_no_longer_is_believed_near_its_day_alone(void **state)
{
	struct nos_peer_request r = request();
	const uint64_t today = r.key.parts[1];

	(void)state;
	r.op = NOS_PEER_REVOKED;
	r.source[0] = '\0';
	r.key = nos_roam_name(HOST, today - 3);
	assert_int_equal(ask(&r), 403);
	r.key = nos_roam_name(HOST + 1, today);
	assert_int_equal(ask(&r), 403);
}

static void what_is_no_message_is_400(void **state)
{
	struct nos_peer_request r = request();
	struct nos_buf jwe;

	(void)state;
	seal(&r, &jwe);
	nos_buf_truncate(&jwe, jwe.len / 2);
	assert_int_equal(post(&jwe), 400);
	nos_buf_truncate(&jwe, 0);
	assert_int_equal(post(&jwe), 400);
	/* Sealed to another's key, or bent on its way. */
	assert_int_equal(nos_peer_request_seal(&r, &host_sign, &host_key, &jwe, &err), NOS_OK);
	assert_int_equal(post(&jwe), 403);
	nos_buf_release(&jwe);
	seal(&r, &jwe);
	jwe.p[jwe.len - 4] = jwe.p[jwe.len - 4] == 'A' ? 'B' : 'A';
	assert_int_equal(post(&jwe), 403);
	nos_buf_release(&jwe);
}

#define PEERING_TEST(f)	  cmocka_unit_test_setup_teardown(f, start, stop)
#define FORBIDDEN_TEST(f) cmocka_unit_test_setup_teardown(f, start_forbidden, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEERING_TEST(a_peer_gets_the_key_for_its_own_thumbprint_and_what_it_is_worth),
		PEERING_TEST(whatever_is_wrong_with_who_asks_or_for_what_is_refused_alike),
		PEERING_TEST(a_source_that_has_a_token_and_no_keys_does_not_roam),
		FORBIDDEN_TEST(a_peer_that_may_not_ask_it_is_refused),
		FORBIDDEN_TEST(a_peer_takes_back_no_key_of_another_home),
		FORBIDDEN_TEST(that_all_counts_no_longer_is_believed_near_its_day_alone),
		PEERING_TEST(what_is_no_message_is_400),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
