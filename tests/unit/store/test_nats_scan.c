/* SPDX-License-Identifier: MIT */
/* A scan on a NATS server: few keys among many, more than are asked for by name, and more than are
 * held. */
#include "servers.h"

static char url[100];
static const struct nos_store_where where = { .url = url };
static struct nos_err err;
static struct nos_store *a, *b;

static void put(struct nos_store *s, const char *ns, const char *key, struct nos_str value)
{
	assert_int_equal(
	    nos_store_put(s, ns, nos_str_of(key), value, NOS_STORE_ANY, NULL, &err), NOS_OK);
}

/* ---- few, and many ---- */

#define MANY  300 /* keys of a prefix: more than are asked for by name */
#define GONE  7	  /* each of so many was deleted */
#define TWICE 3	  /* each of so many was put again */

struct seen {
	char last[64];
	size_t count;
};

static enum nos_code see(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	struct seen *seen = state;
	char text[64];
	unsigned n;

	(void)e;
	assert_true(nos_str_copy(key, text, sizeof(text)));
	assert_true(strcmp(seen->last, text) < 0); /* in order, and none twice */
	memcpy(seen->last, text, sizeof(text));
	n = (unsigned)strtoul(strchr(text, '/') + 1, NULL, 10);
	assert_true(n % GONE);
	assert_true(nos_str_is(value, n % TWICE ? "one" : "two"));
	assert_true(rev > 0);
	seen->count++;
	return NOS_OK;
}

static size_t scan(const char *prefix)
{
	struct seen seen = { 0 };

	assert_int_equal(nos_store_scan(b, "many", nos_str_of(prefix), see, &seen, &err), NOS_OK);
	return seen.count;
}

/* In an order that is none of theirs. */
static void put_all(const char *prefix, unsigned count)
{
	char key[64];

	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	for (unsigned i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "%s/%03u", prefix, i * 7 % count);
		put(a, "many", key, NOS_STR("one"));
	}
	for (unsigned i = count; i-- > 0;) {
		snprintf(key, sizeof(key), "%s/%03u", prefix, i);
		if (i % TWICE == 0)
			put(a, "many", key, NOS_STR("two"));
		if (i % GONE == 0)
			assert_int_equal(
			    nos_store_del(a, "many", nos_str_of(key), NOS_STORE_ANY, &err), NOS_OK);
	}
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
}

static size_t living(unsigned count)
{
	return count - (count + GONE - 1) / GONE;
}

static void a_scan_shows_each_key_once_and_in_order_whether_they_are_few_or_many(void **state)
{
	(void)state;
	nos_err_clear(&err);
	assert_int_equal(scan(""), 0);
	put_all("few", 10);
	assert_int_equal(scan("few"), living(10));
	assert_int_equal(scan(""), living(10));
	put_all("many", MANY);
	put_all("gone", 1);
	assert_int_equal(scan("few"), living(10));
	assert_int_equal(scan("many"), living(MANY));
	assert_int_equal(scan("gone"), 0);
	assert_int_equal(scan("nobody"), 0);
	assert_int_equal(scan(""), living(10) + living(MANY));
}

/* ---- more than it holds ---- */

#define LARGE 70 /* values of the largest size */

struct large {
	size_t count;
	bool changes; /* another changes what is shown later, at the first */
	char *value;
};

static void change(const struct large *l)
{
	memset(l->value, 'n', NOS_STORE_VALUE_MAX);
	put(b, "large", "004", (struct nos_str){ l->value, NOS_STORE_VALUE_MAX });
	assert_int_equal(nos_store_del(b, "large", NOS_STR("005"), NOS_STORE_ANY, &err), NOS_OK);
}

static enum nos_code count_large(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	struct large *l = state;
	char want[24];

	(void)rev, (void)e;
	if (nos_str_starts(key, "small"))
		return NOS_OK;
	if (l->changes && l->count == 0)
		change(l);
	l->count += l->changes && l->count == 5;
	snprintf(want, sizeof(want), "%03zu", l->count);
	assert_true(nos_str_is(key, want));
	assert_int_equal(value.len, NOS_STORE_VALUE_MAX);
	assert_int_equal(value.p[0], value.p[value.len - 1]);
	assert_int_equal(value.p[0], l->changes && l->count == 4 ? 'n' : key.p[2]);
	l->count++;
	return NOS_OK;
}

/* The last that are put, which are not held, are shown first. Small ones beside them make it too
 * many to ask for each by name. */
static void put_large(char *value)
{
	char key[24];

	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	for (size_t i = LARGE; i-- > 0;) {
		snprintf(key, sizeof(key), "%03zu", i);
		memset(value, key[2], NOS_STORE_VALUE_MAX);
		put(a, "large", key, (struct nos_str){ value, NOS_STORE_VALUE_MAX });
	}
	for (size_t i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "small%03zu", i);
		put(a, "large", key, NOS_STR("s"));
	}
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
}

static void a_scan_of_more_than_it_holds_leaves_none_out(void **state)
{
	struct large l = { .value = malloc(NOS_STORE_VALUE_MAX) };

	(void)state;
	nos_err_clear(&err);
	put_large(l.value);
	assert_int_equal(nos_store_scan(a, "large", NOS_STR(""), count_large, &l, &err), NOS_OK);
	assert_int_equal(l.count, LARGE);
	l.count = 0;
	l.changes = true;
	assert_int_equal(nos_store_scan(a, "large", NOS_STR(""), count_large, &l, &err), NOS_OK);
	assert_int_equal(l.count, LARGE);
	free(l.value);
}

static int start(void **state)
{
	(void)state;
	servers_start(1, "");
	servers_url(url, sizeof(url), "nats", "");
	a = servers_store(&where);
	return a && !nos_store_open(&where, false, &b, &err) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	return servers_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_scan_shows_each_key_once_and_in_order_whether_they_are_few_or_many),
		cmocka_unit_test(a_scan_of_more_than_it_holds_leaves_none_out),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
