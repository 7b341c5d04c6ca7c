/* SPDX-License-Identifier: MIT */
#include "net/flight.h"

#include "../test.h"

static struct nos_err err;

static void acknowledged_out_of_order_they_come_out_in_order(void **state)
{
	NOS_AUTO(flight) f = { 0 };
	uint64_t tag = 0;

	(void)state;
	assert_int_equal(nos_flight_init(&f, 3, &err), NOS_OK);
	nos_flight_put(&f, 65535, 10);
	nos_flight_put(&f, 1, 11);
	nos_flight_put(&f, 2, 12);
	nos_flight_ack(&f, 2);
	nos_flight_ack(&f, 1);
	assert_false(nos_flight_take(&f, &tag));
	nos_flight_ack(&f, 65535);
	for (uint64_t want = 10; want <= 12; want++) {
		assert_true(nos_flight_take(&f, &tag));
		assert_int_equal(tag, want);
	}
	assert_false(nos_flight_take(&f, &tag));
	assert_int_equal(f.count, 0);
}

static void an_id_that_is_not_in_flight_changes_nothing(void **state)
{
	NOS_AUTO(flight) f = { 0 };
	uint64_t tag = 0;

	(void)state;
	assert_int_equal(nos_flight_init(&f, 2, &err), NOS_OK);
	nos_flight_put(&f, 7, 1);
	nos_flight_ack(&f, 0);
	nos_flight_ack(&f, 8);
	assert_false(nos_flight_take(&f, &tag));
	nos_flight_ack(&f, 7);
	assert_true(nos_flight_take(&f, &tag));
	/* A second acknowledgement of 7 must not be taken for that of 8 in the same place. */
	nos_flight_put(&f, 8, 2);
	nos_flight_put(&f, 9, 3);
	nos_flight_ack(&f, 7);
	assert_false(nos_flight_take(&f, &tag));
	assert_int_equal(f.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledged_out_of_order_they_come_out_in_order),
		cmocka_unit_test(an_id_that_is_not_in_flight_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
