/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <unistd.h>

#include "base/file.h"
#include "cli/opt.h"
#include "cli/start.h"

/* The names are of real tools, since nos.conf takes no other. */
struct all {
	uint64_t batch, linger_ms, keep_size;
	bool init;
	const char *kind, *keyring, *name, *node_key;
	struct nos_opt_list urls, rules;
	struct nos_opt_common common;
};

#define AT(field) offsetof(struct all, field)
static const struct nos_opt table[] = {
	{ "batch", 'b', NOS_OPT_UINT, AT(batch), "count", "", .dflt = "50", .min = 1, .max = 100 },
	{ "linger", 0, NOS_OPT_SPAN, AT(linger_ms), "time", "", .dflt = "200ms", .min = 100,
	    .max = 60000 },
	{ "keep-size", 0, NOS_OPT_SIZE, AT(keep_size), "size", "", .min = 1024,
	    .max = UINT64_C(1536) << 30 },
	{ "init", 0, NOS_OPT_FLAG, AT(init), NULL, "" },
	{ "kind", 0, NOS_OPT_CHOICE, AT(kind), "a|b", "" },
	{ "keyring", 0, NOS_OPT_PATH, AT(keyring), "file", "" },
	{ "name", 0, NOS_OPT_TEXT, AT(name), "name", "" },
	{ "node-key", 0, NOS_OPT_SECRET, AT(node_key), "file|fd:n|cred:name", "" },
	{ "url", 'u', NOS_OPT_AGAIN, AT(urls), "url", "", .dflt = "one, two" },
	{ "rules", 0, NOS_OPT_LIST, AT(rules), "names", "" },
	{ 0 },
};
static const struct nos_opt_tool tool = { "nos-send", "", "", table, AT(common), true };

static char folder[] = "/tmp/nos-opt-XXXXXX"; /* mkdtemp fills in the X */
static struct nos_err err;
static struct all all;
static int operands;

#define ARGS_MAX 10

/* Parse these words, up to the first NULL, behind the tool's name. */
static enum nos_code parse(const char *const words[static ARGS_MAX])
{
	char *argv[ARGS_MAX + 2] = { (char[]){ "nos-send" } };
	static char kept[ARGS_MAX][100]; /* values point into argv, and are looked at later */
	enum nos_opt_next next;
	int argc = 1;

	memset(&all, 0, sizeof(all));
	nos_err_clear(&err);
	for (; argc <= ARGS_MAX && words[argc - 1]; argc++) {
		snprintf(kept[argc - 1], sizeof(kept[0]), "%s", words[argc - 1]);
		argv[argc] = kept[argc - 1];
	}
	return nos_opt_parse(&tool, argc, argv, &all, &operands, &next, &err);
}

#define PARSE(...) parse((const char *const[ARGS_MAX]){ __VA_ARGS__ })

static void assert_list(const struct nos_opt_list *list, const char *joined)
{
	struct nos_buf b;

	nos_buf_init(&b, 10000);
	for (size_t i = 0; i < list->count; i++)
		nos_buf_addf(&b, "%s%s", i ? "|" : "", list->items[i]);
	assert_buf(&b, joined);
	nos_buf_release(&b);
}

static void write_conf(const char *text)
{
	assert_int_equal(
	    nos_file_replace("nos.conf", nos_str_bytes(nos_str_of(text)), &err), NOS_OK);
}

static int start(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 && setenv("HOME", folder, 1) == 0
		   ? unsetenv("XDG_CONFIG_HOME")
		   : -1;
}

static int stop(void **state)
{
	(void)state;
	unlink("nos.conf");
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void defaults_stand_where_nothing_is_given(void **state)
{
	(void)state;
	assert_int_equal(PARSE("operand"), NOS_OK);
	assert_int_equal(operands, 1);
	assert_int_equal(all.batch, 50);
	assert_int_equal(all.linger_ms, 200);
	assert_list(&all.urls, "one|two");
	assert_null(all.keyring);
	assert_null(all.common.format);
	assert_false(all.common.quiet);
}

static void each_kind_is_read_as_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-b7", "--linger=15s", "--keep-size", "64K", "--kind=b",
			     "--keyring=k", "--name=", "--node-key=fd:3", "--format=csv", "-q"),
	    NOS_OK);
	assert_int_equal(all.batch, 7);
	assert_int_equal(all.linger_ms, 15000);
	assert_int_equal(all.keep_size, 65536);
	assert_string_equal(all.kind, "b");
	assert_string_equal(all.keyring, "k");
	assert_string_equal(all.name, "");
	assert_string_equal(all.node_key, "fd:3");
	assert_string_equal(all.common.format, "csv");
	assert_true(all.common.quiet);
	assert_true(nos_start_is_quiet());
}

static void what_an_option_does_not_take_is_refused(void **state)
{
	static const struct {
		const char *arg, *text;
	} bad[] = {
		{ "--batch=0", "--batch: '0' is under 1" },
		{ "--batch=101", "--batch: '101' is over 100" },
		{ "--batch=-1", "--batch: '-1' is not a whole number" },
		{ "--linger=99ms", "--linger: '99ms' is under 100ms" },
		{ "--linger=2m", "--linger: '2m' is over 1m" },
		{ "--linger=15", "--linger: '15' is not a span such as 90s, 15m, 24h, 7d" },
		{ "--kind=c", "--kind: 'c' is not one of a|b" },
		{ "--keyring=", "--keyring: '' is not a file" },
		{ "--node-key=fd:x", "--node-key: 'fd:x' is not a file, fd:N or cred:NAME" },
		{ "--node-key=cred:", "--node-key: 'cred:' is not a file, fd:N or cred:NAME" },
		{ "--node-key=cred:a/b",
		    "--node-key: 'cred:a/b' is not a file, fd:N or cred:NAME" },
		{ "--rules=a,,b", "--rules: 'a,,b' has an empty item" },
		{ "--rules=a,", "--rules: 'a,' has an empty item" },
		{ "--rules", "--rules needs names" },
		{ "--kind", "--kind needs one of a|b" },
		{ "--keep-size=1023", "--keep-size: '1023' is under 1K" },
		{ "--keep-size=2T", "--keep-size: '2T' is over 1536G" },
		{ "--keep-size=1k", "--keep-size: '1k' is not a size such as 64K, 1M" },
		{ "--format=xml", "--format: 'xml' is not one of table|json|csv" },
		{ "--init=1", "--init takes no argument" },
		{ "--config", "--config needs a file" },
		{ "--batc=5", "no option '--batc=5', try 'nos-send --help'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(PARSE(bad[i].arg), NOS_USAGE);
		assert_string_equal(err.text, bad[i].text);
	}
}

static void an_option_given_again_adds_and_a_list_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--url=a,b", "-uc", "--rules=x,y", "--rules", "z , w"), NOS_OK);
	assert_list(&all.urls, "a,b|c");
	assert_list(&all.rules, "z|w");
	assert_int_equal(PARSE("--rules=x", "--rules="), NOS_OK);
	assert_list(&all.rules, "");
}

static void operands_may_stand_among_options(void **state)
{
	static const char *const words[] = { "one", "--batch", "7", "two", "-q", "--", "--three" };
	char kept[8][8] = { "tool" }, *argv[9] = { kept[0] };
	enum nos_opt_next next;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		snprintf(kept[i + 1], sizeof(kept[0]), "%s", words[i]);
		argv[i + 1] = kept[i + 1];
	}
	memset(&all, 0, sizeof(all));
	assert_int_equal(nos_opt_parse(&tool, 8, argv, &all, &operands, &next, &err), NOS_OK);
	assert_int_equal(all.batch, 7);
	assert_true(all.common.quiet);
	assert_int_equal(operands, 5);
	assert_string_equal(argv[5], "one");
	assert_string_equal(argv[6], "two");
	assert_string_equal(argv[7], "--three");
	assert_null(argv[8]);
	assert_int_equal(PARSE("one", "--batch"), NOS_USAGE);
	assert_string_equal(err.text, "--batch needs a count");
}

static void a_list_has_a_limit(void **state)
{
	char argument[NOS_OPT_LIST_MAX + 1][8], *argv[NOS_OPT_LIST_MAX + 3] = { argument[0] };
	enum nos_opt_next next;

	(void)state;
	memset(&all, 0, sizeof(all));
	for (size_t i = 0; i <= NOS_OPT_LIST_MAX; i++) {
		snprintf(argument[i], sizeof(argument[i]), "-u%zu", i);
		argv[i + 1] = argument[i];
	}
	assert_int_equal(
	    nos_opt_parse(&tool, NOS_OPT_LIST_MAX + 1, argv, &all, &operands, &next, &err), NOS_OK);
	assert_int_equal(all.urls.count, NOS_OPT_LIST_MAX);
	memset(&all, 0, sizeof(all));
	assert_int_equal(
	    nos_opt_parse(&tool, NOS_OPT_LIST_MAX + 2, argv, &all, &operands, &next, &err),
	    NOS_USAGE);
	assert_string_equal(err.text, "--url: over 64 items");
}

static void a_list_comes_whole_from_the_first_place_that_has_it(void **state)
{
	(void)state;
	write_conf("url = c1, c2\nurl = c3\nrules = r1\nrules = r2\n");
	assert_int_equal(PARSE("--config=nos.conf"), NOS_OK);
	assert_list(&all.urls, "c1|c2|c3");
	assert_list(&all.rules, "r2");
	assert_int_equal(setenv("NOS_URL", "e1,e2", 1), 0);
	assert_int_equal(PARSE("--config=nos.conf"), NOS_OK);
	assert_list(&all.urls, "e1|e2");
	assert_int_equal(PARSE("--config=nos.conf", "-ua"), NOS_OK);
	assert_list(&all.urls, "a");
	assert_int_equal(unsetenv("NOS_URL"), 0);
}

static void texts_of_nos_conf_outlive_its_reading(void **state)
{
	(void)state;
	write_conf("keyring = /k#1\nname = a name # said\nnos-send.kind = b\nkind = a\n"
		   "node-key = cred:node\nnos-serve.listen = x\nmqtt = y\ninit = yes\n");
	assert_int_equal(PARSE("--config=nos.conf"), NOS_OK);
	assert_string_equal(all.keyring, "/k#1");
	assert_string_equal(all.name, "a name");
	assert_string_equal(all.kind, "b");
	assert_string_equal(all.node_key, "cred:node");
	assert_true(all.init);
}

static void texts_have_a_limit(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 100000);
	for (int i = 0; i < 3; i++)
		nos_buf_addf(&b, "name = %07000d\n", 0);
	write_conf(b.p);
	nos_buf_release(&b);
	assert_int_equal(PARSE("--config=nos.conf"), NOS_CONFIG);
	assert_string_equal(
	    err.text, "nos.conf: line 3: --name: the texts of all options are over 16384 bytes");
	assert_int_equal(PARSE("--config=nos.conf", "--name=short"), NOS_OK);
}

static void what_was_typed_is_told_from_what_was_set(void **state)
{
	(void)state;
	assert_int_equal(setenv("NOS_BATCH", "7", true), 0);
	write_conf("name = x\n");
	assert_int_equal(PARSE("--linger", "1s", "-v", "--init"), NOS_OK);
	unsetenv("NOS_BATCH");
	assert_true(all.batch == 7 && all.linger_ms == 1000 && all.init);
	assert_true(nos_opt_is_typed(&tool, &all.common, "linger"));
	assert_true(nos_opt_is_typed(&tool, &all.common, "init"));
	assert_false(nos_opt_is_typed(&tool, &all.common, "batch"));
	assert_false(nos_opt_is_typed(&tool, &all.common, "name"));
	assert_false(nos_opt_is_typed(&tool, &all.common, "url"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_stand_where_nothing_is_given),
		cmocka_unit_test(each_kind_is_read_as_what_it_is),
		cmocka_unit_test(what_an_option_does_not_take_is_refused),
		cmocka_unit_test(an_option_given_again_adds_and_a_list_is_replaced),
		cmocka_unit_test(operands_may_stand_among_options),
		cmocka_unit_test(a_list_has_a_limit),
		cmocka_unit_test(a_list_comes_whole_from_the_first_place_that_has_it),
		cmocka_unit_test(texts_of_nos_conf_outlive_its_reading),
		cmocka_unit_test(texts_have_a_limit),
		cmocka_unit_test(what_was_typed_is_told_from_what_was_set),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
