/* SPDX-License-Identifier: MIT */
/* Two who change the same key of a store on three NATS servers at the same time. */
#include "servers.h"

#include <pthread.h>

#define ROUNDS 200

static char url[100];
static pthread_barrier_t begun;

struct one {
	struct nos_store *store;
	char key[16];
	uint64_t rev; /* that both expect */
	bool taken;
	struct nos_err err;
};

static void *put(void *state)
{
	struct one *o = state;
	uint64_t rev;

	pthread_barrier_wait(&begun);
	nos_err_clear(&o->err);
	o->taken = !nos_store_put(
	    o->store, "sources", nos_str_of(o->key), NOS_STR("value"), o->rev, &rev, &o->err);
	return NULL;
}

static void round_of(struct one *two, const char *key)
{
	pthread_t threads[2];
	struct nos_err err = { 0 };
	uint64_t rev = NOS_STORE_NEW;

	(void)!nos_store_get(two[0].store, "sources", nos_str_of(key), NULL, &rev, &err);
	for (int i = 0; i < 2; i++) {
		snprintf(two[i].key, sizeof(two[i].key), "%s", key);
		two[i].rev = rev;
		assert_int_equal(pthread_create(&threads[i], NULL, put, &two[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++)
		assert_true(two[i].taken || two[i].err.code == NOS_EXISTS);
}

static void of_two_that_put_at_once_one_alone_is_told_that_it_was_taken(void **state)
{
	const struct nos_store_where where = { .url = url };
	struct one two[2] = { 0 };
	int both = 0;
	char key[16];

	(void)state;
	servers_start(3, "");
	servers_url(url, sizeof(url), "nats", "");
	two[0].store = servers_store(&where);
	two[1].store = servers_store(&where);
	pthread_barrier_init(&begun, NULL, 2);
	/* A key is new at first, and then is not. */
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(key, sizeof(key), "s-%d", i / 4);
		round_of(two, key);
		assert_true(two[0].taken || two[1].taken);
		both += two[0].taken && two[1].taken;
	}
	print_message("# both were told so %d times of %d\n", both, ROUNDS);
	assert_int_equal(both, 0);
	pthread_barrier_destroy(&begun);
	nos_store_close(two[0].store);
	nos_store_close(two[1].store);
	assert_int_equal(servers_stop(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_two_that_put_at_once_one_alone_is_told_that_it_was_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
