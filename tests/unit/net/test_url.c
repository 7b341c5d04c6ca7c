/* SPDX-License-Identifier: MIT */
#include "net/url.h"

#include "../test.h"

static void an_address_that_only_means_any_is_no_machine_s(void **state)
{
	static const char *const any[] = { "http://0.0.0.0:8080", "https://0.0.0.0",
		"http://0.0.0.0/", "HTTP://0:80", "http://0.0", "http://0x0:1", "http://[::]:8080",
		"https://[::]", "http://[0:0:0:0:0:0:0:0]/", "http://[::ffff:0.0.0.0]:1",
		"http://:8080", "http://[]" };
	static const char *const one[] = { "http://127.0.0.1:8080", "http://10.0.0.0",
		"http://0.0.0.1", "https://[::1]:8080", "http://[::ffff:1.2.3.4]", "http://n1:8080",
		"http://0.0.0.0.example", "http://zero/0.0.0.0", "http://[fe80::1]/" };

	(void)state;
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		if (!nos_url_is_any(any[i]))
			fail_msg("'%s' is one machine's", any[i]);
	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		if (nos_url_is_any(one[i]))
			fail_msg("'%s' is any", one[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_that_only_means_any_is_no_machine_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
