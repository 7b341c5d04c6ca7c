/* SPDX-License-Identifier: MIT */
/* Addresses over real sockets: which are taken, refused, shared. */
#include "http_stage.h"

static void an_address_in_use_is_refused(void **state)
{
	struct nos_http_config config = usual();
	const char *same = nos_http_server_address(server, 0);
	struct nos_http_server *other = NULL;
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	char text[50];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	config.listen = &same;
	config.loops = 2;
	assert_int_equal(nos_http_server_new(&config, &other, &err), NOS_EXISTS);
	/* Nor does a stranger share it, who does not ask for it. */
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(at.sin_port));
	same = text;
	assert_int_equal(nos_http_server_new(&config, &other, &err), NOS_EXISTS);
	assert_non_null(strstr(err.text, text));
	assert_null(other);
	close(fd);
	assert_int_equal(nos_http_server_new(&config, &other, &err), NOS_OK);
	nos_http_server_free(other);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const wrong[] = { "", ":", "8080", "localhost:80", "127.0.0.1",
		"127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[::1]", "[127.0.0.1]:80",
		"1.2.3.4.5:80", "127.0.0.1:80 " };
	struct nos_http_config config = usual();
	struct nos_http_server *none = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config.listen = &wrong[i];
		assert_int_equal(nos_http_server_new(&config, &none, &err), NOS_USAGE);
		assert_null(none);
	}
}

static void every_loop_and_every_address_serves(void **state)
{
	static const char *const both[] = { "127.0.0.1:0", ":0" };
	static const char *const hosts[] = { "127.0.0.1", "127.0.0.1", "::1" };
	struct nos_http_config config = usual();
	unsigned ports[3], came[2] = { 0 };
	struct answer a;

	(void)state;
	config.listen = both;
	config.listen_count = 2;
	config.loops = 2;
	serve(&config);
	ports[0] = port;
	ports[1] = ports[2] =
	    (unsigned)strtoul(strrchr(nos_http_server_address(server, 1), ':') + 1, NULL, 10);
	for (unsigned i = 0; i < 90; i++) {
		struct client c = { .fd = client_dial(hosts[i % 3], ports[i % 3]) };

		if (c.fd < 0 && i % 3 == 2)
			continue; /* a machine without IPv6 */
		assert_true(c.fd >= 0);
		a = ask(&c, GET("/later"));
		assert_int_equal(a.status, 200);
		came[strstr(a.body, "? 1 ") != NULL]++;
		client_close(&c);
	}
	assert_true(came[0] > 0 && came[1] > 0);
}

static void an_ipv6_address_serves_alone(void **state)
{
	static const char *const six[] = { "[::1]:0" };
	struct nos_http_config config = usual();
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
	struct client c = { 0 };

	(void)state;
	close(fd);
	config.listen = has ? six : here;
	serve(&config);
	if (!has)
		skip();
	assert_memory_equal(nos_http_server_address(server, 0), "[::1]:", 6);
	c.fd = client_dial("::1", port);
	assert_int_equal(ask(&c, GET("/later")).status, 200);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USUAL(an_address_in_use_is_refused),
		cmocka_unit_test(what_is_no_address_is_refused),
		OWN(every_loop_and_every_address_serves),
		OWN(an_ipv6_address_serves_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
