/* SPDX-License-Identifier: MIT */
/*
 * rush PORT FILE: POSTs the pack in FILE to a node again and again on one connection, as fast as it
 * answers, and prints for each request when its first byte was sent (nanoseconds of the real-time
 * clock) and the status of its answer. Ends behind the 20th that was refused.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REFUSED_MOST 20

static char request[1 << 16], answer[1 << 16];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static size_t make_request(const char *path)
{
	static char pack[1 << 15];
	FILE *f = fopen(path, "re");
	size_t len = f ? fread(pack, 1, sizeof(pack), f) : 0;

	if (!len)
		die(path);
	fclose(f);
	return (size_t)snprintf(request, sizeof(request),
	    "POST /v1/data HTTP/1.1\r\nHost: node\r\nContent-Type: application/jose\r\n"
	    "Content-Length: %zu\r\n\r\n%.*s",
	    len, (int)len, pack);
}

static int connect_to(const char *port)
{
	struct sockaddr_in node = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (connect(fd, (struct sockaddr *)&node, sizeof(node)) < 0)
		die("rush: connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* The status of a whole answer with its length in its head. */
static int read_answer(int fd)
{
	const char *end = NULL, *length;
	size_t len = 0, want = 0;

	while (!end || len < want) {
		ssize_t n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);

		if (n <= 0)
			die("rush: the connection ended");
		len += (size_t)n;
		answer[len] = '\0';
		end = strstr(answer, "\r\n\r\n");
		length = strcasestr(answer, "\r\ncontent-length:");
		if (end)
			want = (size_t)(end + 4 - answer) +
			       (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
	}
	return (int)strtoul(answer + strlen("HTTP/1.1 "), NULL, 10);
}

int main(int argc, char **argv)
{
	size_t len = argc == 3 ? make_request(argv[2]) : 0;
	int fd = len ? connect_to(argv[1]) : -1;

	if (fd < 0)
		return 64;
	for (int refused = 0; refused < REFUSED_MOST;) {
		struct timespec at;
		int status;

		clock_gettime(CLOCK_REALTIME, &at);
		if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
			die("rush: send");
		status = read_answer(fd);
		printf("%lld%09ld %d\n", (long long)at.tv_sec, at.tv_nsec, status);
		fflush(stdout);
		refused += status != 202;
	}
	close(fd);
	return 0;
}
