/* SPDX-License-Identifier: MIT */
/* What of the messages that are under way is asked of a NATS server. */
#include "servers.h"

#include "store/nats_stream.h"

#define ENTRIES 200
#define ASKED	4 /* of them: one in 64, and the last */

static char url[100];
static struct nos_nats_link nats;
static struct nos_nats_made made;
static struct nos_nats_flight flight;
static bool group = true;
static struct nos_nats_streams streams = { &nats, &made, &flight, &group };
static struct nos_err err;

static int start(void **state)
{
	const struct nos_store_where where = { .url = url };

	(void)state;
	servers_start(1, "");
	servers_url(url, sizeof(url), "nats", "/nos");
	nos_store_close(servers_store(&where));
	servers_url(url, sizeof(url), "", "/nos");
	/* Behind the scheme, as the engine is given it. */
	assert_int_equal(
	    nos_nats_link_open(&nats, &(struct nos_store_where){ .url = url + 1 }, false, &err),
	    NOS_OK);
	assert_int_equal(nos_nats_flight_open(&flight, &nats, &err), NOS_OK);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_nats_stream_close(&streams);
	nos_nats_flight_close(&flight);
	nos_nats_link_close(&nats);
	return servers_stop();
}

static uint64_t append(const char *stream)
{
	static const uint8_t entry[] = "entry";
	uint64_t position = 0;

	assert_int_equal(nos_nats_stream_append(&streams, stream, (struct nos_time){ 1 },
			     (struct nos_span){ entry, sizeof(entry) }, &position, &err),
	    NOS_OK);
	return position;
}

static int64_t answers(void)
{
	int64_t count = 0;

	assert_int_equal(natsSubscription_GetDelivered(flight.acks, &count), NATS_OK);
	return count;
}

static uint64_t last_of(const char *stream)
{
	uint64_t first, last;

	assert_int_equal(nos_nats_stream_bounds(&streams, stream, &first, &last, &err), NOS_OK);
	return last;
}

static void of_many_entries_few_are_acknowledged_and_all_are_there(void **state)
{
	int64_t before = answers();

	(void)state;
	for (unsigned i = 0; i < ENTRIES; i++)
		assert_int_equal(append("many"), i + 1);
	assert_int_equal(nos_nats_flight_settle(&flight, &err), NOS_OK);
	assert_int_equal(flight.count, 0);
	assert_int_equal(answers() - before, ASKED);
	assert_int_equal(last_of("many"), ENTRIES);
}

static void an_entry_alone_is_acknowledged_in_each_of_two_streams(void **state)
{
	int64_t before = answers();

	(void)state;
	assert_int_equal(append("one"), 1);
	assert_int_equal(append("two"), 1);
	assert_int_equal(nos_nats_flight_settle(&flight, &err), NOS_OK);
	assert_int_equal(answers() - before, 2);
	assert_int_equal(last_of("one"), 1);
	assert_int_equal(last_of("two"), 1);
}

/* The one that nobody answers for is refused, and so is what stands behind it. */
static void what_another_has_come_before_is_refused_with_all_behind_it(void **state)
{
	jsErrCode code;

	(void)state;
	assert_int_equal(append("shared"), 1);
	assert_int_equal(nos_nats_flight_settle(&flight, &err), NOS_OK);
	assert_int_equal(js_Publish(NULL, nats.js, "nos-shared", "x", 1, NULL, &code), NATS_OK);
	for (int i = 0; i < 3; i++)
		append("shared");
	assert_int_equal(nos_nats_flight_settle(&flight, &err), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(flight.count, 0);
	assert_int_equal(last_of("shared"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_many_entries_few_are_acknowledged_and_all_are_there),
		cmocka_unit_test(an_entry_alone_is_acknowledged_in_each_of_two_streams),
		cmocka_unit_test(what_another_has_come_before_is_refused_with_all_behind_it),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
