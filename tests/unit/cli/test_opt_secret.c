/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/opt.h"

static char folder[] = "/tmp/nos-secret-XXXXXX"; /* mkdtemp fills in the X */
static struct nos_err err;
static struct nos_secret secret;

static const char digits64[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void assert_secret(const char *spec, const char *text)
{
	assert_int_equal(nos_opt_secret_read(spec, &secret, &err), NOS_OK);
	assert_int_equal(secret.len, strlen(text));
	assert_memory_equal(secret.bytes, text, secret.len);
	nos_secret_release(&secret);
}

static void put(const char *text)
{
	assert_int_equal(nos_file_replace("key", nos_str_bytes(nos_str_of(text)), &err), NOS_OK);
}

/* A pipe that holds the text and is at its end; returns its reading side. */
static int pipe_of(const char *text)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	return ends[0];
}

static void one_newline_at_the_end_is_cut(void **state)
{
	char text[NOS_SECRET_MAX + 2];

	(void)state;
	put("secret");
	assert_secret("key", "secret");
	put("secret\n");
	assert_secret("key", "secret");
	put("se\ncret\n\n");
	assert_secret("./key", "se\ncret\n");
	snprintf(text, sizeof(text), "%s\n", digits64);
	put(text);
	assert_secret("key", digits64);
}

static void one_that_is_too_long_or_empty_is_refused(void **state)
{
	static const char *const tails[] = { "x", "x\n", "xx", "xxx", "\n\n" };
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", digits64, tails[i]);
		put(text);
		assert_int_equal(nos_opt_secret_read("key", &secret, &err), NOS_LARGE);
		assert_string_equal(err.text, "the secret in 'key' is over 64 bytes");
	}
	put("\n");
	assert_int_equal(nos_opt_secret_read("key", &secret, &err), NOS_DATA);
	assert_string_equal(err.text, "the secret in 'key' is empty");
	assert_int_equal(secret.len, 0);
}

static void a_file_open_to_others_is_refused_and_a_credential_is_not(void **state)
{
	(void)state;
	put("secret");
	assert_int_equal(chmod("key", 0440), 0);
	assert_int_equal(nos_opt_secret_read("key", &secret, &err), NOS_DENIED);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	assert_secret("cred:key", "secret");
	assert_int_equal(nos_opt_secret_read("cred:no", &secret, &err), NOS_ABSENT);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(nos_opt_secret_read("cred:key", &secret, &err), NOS_CONFIG);
}

static void a_descriptor_is_read_to_its_end_and_closed(void **state)
{
	char spec[20];
	int fd = pipe_of("secret\n");

	(void)state;
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	assert_secret(spec, "secret");
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(nos_opt_secret_read(spec, &secret, &err), NOS_IO);
	fd = pipe_of("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefxyz");
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	assert_int_equal(nos_opt_secret_read(spec, &secret, &err), NOS_LARGE);
}

static void a_longer_one_is_read_whole_and_as_it_is(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	char spec[20], long_one[400];
	int fd;

	(void)state;
	memset(long_one, 'x', sizeof(long_one) - 2);
	memcpy(long_one + sizeof(long_one) - 2, "\n", 2);
	nos_buf_init_secret(&text, sizeof(long_one) - 1);
	fd = pipe_of(long_one);
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	assert_int_equal(nos_opt_secret_text(spec, &text, &err), NOS_OK);
	assert_buf(&text, long_one);
	nos_buf_release(&text);
	nos_buf_init_secret(&text, sizeof(long_one) - 2);
	fd = pipe_of(long_one);
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	assert_int_equal(nos_opt_secret_text(spec, &text, &err), NOS_LARGE);
	assert_int_equal(nos_opt_secret_text("fd:-1", &text, &err), NOS_USAGE);
}

static void a_spec_has_one_of_three_forms(void **state)
{
	static const char *const bad[] = { "", "fd:", "fd:-1", "fd:01", "fd:4294967296",
		"cred:", "cred:../key" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(nos_opt_secret_is(bad[i]));
		assert_int_equal(nos_opt_secret_read(bad[i], &secret, &err), NOS_USAGE);
	}
	assert_true(nos_opt_secret_is("fd:0"));
	assert_true(nos_opt_secret_is("cred:node.key"));
	assert_true(nos_opt_secret_is("./fd:0"));
}

static int start(void **state)
{
	(void)state;
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int stop(void **state)
{
	(void)state;
	unlink("key");
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_newline_at_the_end_is_cut),
		cmocka_unit_test(one_that_is_too_long_or_empty_is_refused),
		cmocka_unit_test(a_file_open_to_others_is_refused_and_a_credential_is_not),
		cmocka_unit_test(a_descriptor_is_read_to_its_end_and_closed),
		cmocka_unit_test(a_longer_one_is_read_whole_and_as_it_is),
		cmocka_unit_test(a_spec_has_one_of_three_forms),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
