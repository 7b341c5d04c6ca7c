/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include <sys/stat.h>
#include <unistd.h>

#include "stream/maps.h"

#define A "{\"v\":1,\"type\":\"a\",\"value\":\"/v\"}"
#define B "{\"v\":1,\"type\":\"b\",\"value\":\"/v\",\"csv\":{}}"

static char folder[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void take_away(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static int start(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test-maps-XXXXXX");
	return node_start(state) || !mkdtemp(folder);
}

static int stop(void **state)
{
	assert_int_equal(rmdir(folder), 0);
	return node_stop(state);
}

static struct nos_maps_set *read_folder(void)
{
	struct nos_maps_set *set = NULL;

	assert_int_equal(nos_maps_read(folder, &set, &err), NOS_OK);
	return set;
}

static void each_file_of_a_folder_is_a_map_of_its_name(void **state)
{
	struct nos_maps_set *set;

	(void)state;
	put("a.json", A);
	put("b-2.json", B);
	put("README", "none");
	put(".c.json", "none");
	set = read_folder();
	assert_false(nos_map_is_csv(nos_maps_find(set, NOS_STR("a"))->map));
	assert_true(nos_map_is_csv(nos_maps_find(set, NOS_STR("b-2"))->map));
	assert_null(nos_maps_find(set, NOS_STR("README")));
	assert_null(nos_maps_find(NULL, NOS_STR("a")));
	nos_maps_drop(set);
	take_away("a.json");
	take_away("b-2.json");
	take_away("README");
	take_away(".c.json");
}

static void a_file_that_is_no_map_is_named(void **state)
{
	struct nos_maps_set *set = NULL;
	char text[256];

	(void)state;
	put("a.json", A);
	put("b.json", "{\"v\":1,\n\"x\":1}");
	assert_int_equal(nos_maps_read(folder, &set, &err), NOS_CONFIG);
	snprintf(text, sizeof(text), "%s/b.json: line 2, column 1: 'x' is not known", folder);
	assert_string_equal(err.text, text);
	take_away("b.json");
	put("b c.json", A);
	assert_int_equal(nos_maps_read(folder, &set, &err), NOS_CONFIG);
	take_away("b c.json");
	take_away("a.json");
	assert_int_equal(nos_maps_read("/tmp/there is none", &set, &err), NOS_ABSENT);
	assert_null(set);
}

static void a_set_that_was_replaced_lives_as_long_as_somebody_holds_it(void **state)
{
	struct nos_maps *maps;
	struct nos_maps_set *held, *next;

	(void)state;
	put("a.json", A);
	assert_int_equal(nos_maps_new(read_folder(), &maps, &err), NOS_OK);
	held = nos_maps_present(maps);
	take_away("a.json");
	nos_maps_replace(maps, read_folder());
	assert_non_null(nos_maps_find(held, NOS_STR("a")));
	next = nos_maps_present(maps);
	assert_null(nos_maps_find(next, NOS_STR("a")));
	nos_maps_drop(next);
	nos_maps_free(maps);
	assert_non_null(nos_maps_find(held, NOS_STR("a")));
	nos_maps_drop(held);
	assert_null(nos_maps_present(NULL));
}

static void a_map_is_found_by_its_hash_when_its_file_is_gone(void **state)
{
	struct nos_maps_past past = { 0 };
	const struct nos_map *map, *again;
	struct nos_maps_set *set;
	char hash[NOS_MAPS_HASH_MAX];

	(void)state;
	put("b.json", B);
	set = read_folder();
	assert_int_equal(nos_maps_keep(set, store, &err), NOS_OK);
	assert_int_equal(nos_maps_keep(set, store, &err), NOS_OK);
	snprintf(hash, sizeof(hash), "%s", nos_maps_find(set, NOS_STR("b"))->hash);
	assert_int_equal(strlen(hash), 16);
	nos_maps_drop(set);
	take_away("b.json");
	assert_int_equal(nos_maps_of(&past, store, hash, &map, &err), NOS_OK);
	assert_true(nos_map_is_csv(map));
	assert_int_equal(nos_maps_of(&past, store, hash, &again, &err), NOS_OK);
	assert_ptr_equal(map, again);
	assert_int_equal(nos_maps_of(&past, store, "", &map, &err), NOS_OK);
	assert_null(map);
	assert_int_equal(nos_maps_of(&past, store, "0123456789abcdef", &map, &err), NOS_IO);
	assert_string_equal(err.text, "store: the map 0123456789abcdef is not there");
	node_put(NOS_MAPS_NS, "0123456789abcdef", "{}");
	nos_err_clear(&err);
	assert_int_equal(nos_maps_of(&past, store, "0123456789abcdef", &map, &err), NOS_IO);
	nos_maps_past_release(&past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    each_file_of_a_folder_is_a_map_of_its_name, start, stop),
		cmocka_unit_test_setup_teardown(a_file_that_is_no_map_is_named, start, stop),
		cmocka_unit_test_setup_teardown(
		    a_set_that_was_replaced_lives_as_long_as_somebody_holds_it, start, stop),
		cmocka_unit_test_setup_teardown(
		    a_map_is_found_by_its_hash_when_its_file_is_gone, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
