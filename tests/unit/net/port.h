/* SPDX-License-Identifier: MIT */
/* A port of 127.0.0.1. */
#ifndef NOS_TEST_PORT_H
#define NOS_TEST_PORT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"

/* A socket that is bound and refuses: nobody listens, nobody else can have the port.
 */
static inline int bind_any(unsigned *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* Free, none that was given before, and none of those that the system gives to who connects: it
 * stays free until somebody listens there, and while whoever did is down. */
static inline unsigned port_free(void)
{
	static unsigned before;
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int rc = -1;

	if (!before)
		assert_int_equal(getrandom(&before, sizeof(before), 0), sizeof(before));
	while (rc != 0) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		before = 10000 + (before + 1) % 20000;
		at.sin_port = htons((uint16_t)before);
		rc = bind(fd, (struct sockaddr *)&at, sizeof(at));
		close(fd);
	}
	return before;
}

#endif
