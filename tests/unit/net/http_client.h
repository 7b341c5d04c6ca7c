/* SPDX-License-Identifier: MIT */
/* A client of bare sockets for the tests of the server: it sends what it is told, also nonsense. */
#ifndef NOS_TEST_HTTP_CLIENT_H
#define NOS_TEST_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"

#define CLIENT_STUCK_S 30 /* a test that waits this long has failed */

struct client {
	int fd;
	size_t have; /* bytes of in */
	char in[8192];
};

struct answer {
	int status; /* 0: the connection ended before an answer */
	char head[2048];
	char body[4096];
};

/* -1 with errno. */
static inline int client_dial(const char *host, unsigned port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	bool is_six = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
	struct timeval stuck = { .tv_sec = CLIENT_STUCK_S };
	int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), errnum;

	inet_pton(AF_INET, host, &four.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stuck, sizeof(stuck));
	if ((is_six ? connect(fd, (struct sockaddr *)&six, sizeof(six))
		    : connect(fd, (struct sockaddr *)&four, sizeof(four))) == 0)
		return fd;
	errnum = errno;
	close(fd);
	errno = errnum;
	return -1;
}

static inline bool client_send(struct client *c, const char *text)
{
	size_t len = strlen(text), at = 0;
	ssize_t n;

	for (; at < len; at += (size_t)n)
		if ((n = send(c->fd, text + at, len - at, MSG_NOSIGNAL)) < 0)
			return false;
	return true;
}

/* False at the end of the connection. */
static inline bool client_more(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - 1 - c->have, 0);

	if (n <= 0)
		return false;
	c->have += (size_t)n;
	c->in[c->have] = '\0';
	return true;
}

/* The value behind name, which ends in ": ", NULL if there is none. */
static inline const char *client_header(const char *head, const char *name)
{
	for (const char *p = strstr(head, "\r\n"); p; p = strstr(p + 2, "\r\n"))
		if (!strncasecmp(p + 2, name, strlen(name)))
			return p + 2 + strlen(name);
	return NULL;
}

/* The next answer; has_body false for one to HEAD. */
static inline struct answer client_read(struct client *c, bool has_body)
{
	struct answer a = { 0 };
	const char *length, *end;
	size_t head, body;

	while (!(end = c->have ? strstr(c->in, "\r\n\r\n") : NULL))
		if (!client_more(c))
			return a;
	head = (size_t)(end - c->in) + 4;
	if (head >= sizeof(a.head))
		return a;
	memcpy(a.head, c->in, head);
	length = client_header(a.head, "Content-Length: ");
	body = has_body && length ? strtoul(length, NULL, 10) : 0;
	if (body >= sizeof(a.body))
		return a;
	while (c->have < head + body)
		if (!client_more(c))
			return a;
	memcpy(a.body, c->in + head, body);
	c->have -= head + body;
	memmove(c->in, c->in + head + body, c->have);
	c->in[c->have] = '\0';
	a.status = (int)strtol(a.head + sizeof("HTTP/1.1"), NULL, 10);
	return a;
}

/* The other side has closed, and not merely been slow. */
static inline bool client_is_over(struct client *c)
{
	char byte;
	ssize_t n = c->have ? 1 : recv(c->fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static inline void client_close(struct client *c)
{
	close(c->fd);
	c->fd = -1;
	c->have = 0;
}

#endif
