/* SPDX-License-Identifier: MIT */
/*
 * pour PORT CONNECTIONS EVERY <PACKS: POSTs each line, a sealed pack, to the node at
 * 127.0.0.1:PORT, over so many connections as fast as they are answered, and prints how many were,
 * behind each EVERY of them. Fails at the first that is not taken.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

#define CONNECTIONS_MOST 1000
#define ANSWER_MAX	 8192
#define TAKEN		 "HTTP/1.1 202 "

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of stdin, stdout and answered */
static uint64_t answered, every;
static struct sockaddr_in node = { .sin_family = AF_INET };

static void die(const char *what, const char *text)
{
	fprintf(stderr, "pour: %s%.*s\n", what, (int)strcspn(text, "\r"), text);
	exit(1);
}

static bool next(char **line, size_t *cap, ssize_t *ret_len)
{
	pthread_mutex_lock(&lock);
	*ret_len = getline(line, cap, stdin);
	pthread_mutex_unlock(&lock);
	if (*ret_len > 0 && (*line)[*ret_len - 1] == '\n')
		(*ret_len)--;
	return *ret_len > 0;
}

static void count(void)
{
	pthread_mutex_lock(&lock);
	if (++answered % every == 0) {
		printf("%llu\n", (unsigned long long)answered);
		fflush(stdout);
	}
	pthread_mutex_unlock(&lock);
}

static void write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			die("the node is gone", "");
		p += n;
		len -= (size_t)n;
	}
}

static bool is_whole(const char *answer, size_t len)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *size = strcasestr(answer, "\r\nContent-Length:");

	return end && size && (size_t)(end - answer) + 4 + strtoull(size + 17, NULL, 10) <= len;
}

static void take_answer(int fd)
{
	char answer[ANSWER_MAX + 1] = "";
	size_t len = 0;

	while (!is_whole(answer, len)) {
		ssize_t n = recv(fd, answer + len, ANSWER_MAX - len, 0);

		if (n <= 0)
			die("the node broke off", "");
		len += (size_t)n;
		answer[len] = '\0';
	}
	if (strncmp(answer, TAKEN, strlen(TAKEN)) != 0)
		die("the node answers: ", answer);
}

static void *pour(void *state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, head_len;
	char *line = NULL, head[200];
	size_t cap = 0;
	ssize_t len;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&node, sizeof(node)) < 0)
		die("no connection", "");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (next(&line, &cap, &len)) {
		head_len = snprintf(head, sizeof(head),
		    "POST /v1/data HTTP/1.1\r\nHost: node\r\nContent-Type: application/jose\r\n"
		    "Content-Length: %zd\r\n\r\n",
		    len);
		write_all(fd, head, (size_t)head_len);
		write_all(fd, line, (size_t)len);
		take_answer(fd);
		count();
	}
	free(line);
	return state;
}

int main(int argc, char **argv)
{
	pthread_t threads[CONNECTIONS_MOST];
	uint64_t port, connections;

	if (argc != 4 || !nos_num_parse(nos_str_of(argv[1]), 1, 65535, &port) ||
	    !nos_num_parse(nos_str_of(argv[2]), 1, CONNECTIONS_MOST, &connections) ||
	    !nos_num_parse(nos_str_of(argv[3]), 1, UINT64_MAX, &every))
		die("usage: pour PORT CONNECTIONS EVERY <PACKS", "");
	node.sin_port = htons((uint16_t)port);
	node.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint64_t i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, pour, NULL))
			die("no thread", "");
	for (uint64_t i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
