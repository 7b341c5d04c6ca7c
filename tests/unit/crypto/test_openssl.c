/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <openssl/crypto.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"

#define TAKEN_DOWN 7

static void is_taken_down(void)
{
	_exit(TAKEN_DOWN);
}

/* In a child, since OpenSSL is made once: how it exits where OpenSSL tells of its end. */
static int exits_with(void (*start)(void))
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		start();
		exit(OPENSSL_atexit(is_taken_down) == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void as_it_comes(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_ADD_ALL_DIGESTS, NULL);
}

static void openssl_stands_while_threads_of_others_end(void **state)
{
	(void)state;
	assert_int_equal(exits_with(nos_crypto_start), 0);
	assert_int_equal(exits_with(as_it_comes), TAKEN_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_stands_while_threads_of_others_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
