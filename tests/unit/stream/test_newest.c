/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include "stream/newest.h"

#define NOW   ((struct nos_time){ 1795600000000 })
#define TOPIC "nos/1/sensor/s-0000000001/t"
#define CHUNK 512 /* records that are read at once */

static void put(unsigned pack)
{
	char text[200];
	uint64_t position;

	snprintf(text, sizeof(text),
	    TOPIC " 0 0\n{\"id\":\"1-%u-0\",\"node\":1,\"n\":%u,\"source\":\"s-0000000001\"}", pack,
	    pack);
	assert_int_equal(nos_store_append(store, NOS_PROCESSED_STREAM, NOW,
			     nos_str_bytes(nos_str_of(text)), &position, &err),
	    NOS_OK);
}

static void the_newest_of_a_topic_is_found_however_many_there_are(void **state)
{
	static struct nos_newest newest;

	(void)state;
	for (unsigned pack = 1; pack <= 2 * CHUNK + 2; pack++) {
		const struct nos_newest_topic *t;

		put(pack);
		if (pack % CHUNK > 2 && pack % CHUNK < CHUNK - 2)
			continue;
		newest = (struct nos_newest){ .store = store };
		assert_int_equal(nos_newest_read(&newest, 0, &err), NOS_OK);
		t = nos_newest_find(&newest, NOS_STR(TOPIC));
		assert_non_null(t);
		assert_int_equal(t->position, pack);
		nos_newest_release(&newest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_newest_of_a_topic_is_found_however_many_there_are, folder_start,
		    folder_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
