/* SPDX-License-Identifier: MIT */
/*
 * pour PORT CONNECTIONS EVERY [ADMIN MOST] <PACKS: POSTs each line, a sealed pack, to the node at
 * 127.0.0.1:PORT, over so many connections as fast as they are answered, and prints how many were,
 * behind each EVERY of them. Where ADMIN is the port of the node's metrics, it rests while more
 * than MOST records wait for the broker. Fails at the first that is not taken.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

#define CONNECTIONS_MOST 1000
#define ANSWER_MAX	 8192
#define METRICS_MAX	 (1u << 18)
#define WAITING		 "\nnos_outbox_records "
#define WATCH_MS	 20
#define TAKEN		 "HTTP/1.1 202 "

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of stdin, stdout, answered, rests */
static pthread_cond_t goes_on = PTHREAD_COND_INITIALIZER;
static uint64_t answered, every, most;
static bool rests;
static struct sockaddr_in node = { .sin_family = AF_INET }, admin = { .sin_family = AF_INET };

static void die(const char *what, const char *text)
{
	fprintf(stderr, "pour: %s%.*s\n", what, (int)strcspn(text, "\r"), text);
	exit(1);
}

static bool next(char **line, size_t *cap, ssize_t *ret_len)
{
	pthread_mutex_lock(&lock);
	while (rests)
		pthread_cond_wait(&goes_on, &lock);
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

static int connect_to(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("no connection", "");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static bool is_whole(const char *answer, size_t len)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *size = strcasestr(answer, "\r\nContent-Length:");

	return end && size && (size_t)(end - answer) + 4 + strtoull(size + 17, NULL, 10) <= len;
}

/* Into room for max bytes and a NUL. */
static void receive(int fd, char *answer, size_t max)
{
	size_t len = 0;

	*answer = '\0';
	while (!is_whole(answer, len)) {
		ssize_t n = recv(fd, answer + len, max - len, 0);

		if (n <= 0)
			die("the node broke off", "");
		len += (size_t)n;
		answer[len] = '\0';
	}
}

static void take_answer(int fd)
{
	char answer[ANSWER_MAX + 1];

	receive(fd, answer, ANSWER_MAX);
	if (strncmp(answer, TAKEN, strlen(TAKEN)) != 0)
		die("the node answers: ", answer);
}

static void *pour(void *state)
{
	int fd = connect_to(&node), head_len;
	char *line = NULL, head[200];
	size_t cap = 0;
	ssize_t len;

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

/* Lets the others rest, and go on, by what the node says that waits for its broker. */
static void *watch(void *state)
{
	static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: node\r\n\r\n";
	static char answer[METRICS_MAX + 1];
	int fd = connect_to(&admin);

	for (;;) {
		const char *at;
		bool much;

		write_all(fd, ask, sizeof(ask) - 1);
		receive(fd, answer, METRICS_MAX);
		at = strstr(answer, WAITING);
		if (!at)
			die("the node has no metric" WAITING, "");
		much = strtoull(at + strlen(WAITING), NULL, 10) > most;
		pthread_mutex_lock(&lock);
		rests = much;
		if (!rests)
			pthread_cond_broadcast(&goes_on);
		pthread_mutex_unlock(&lock);
		poll(NULL, 0, WATCH_MS);
	}
	return state;
}

int main(int argc, char **argv)
{
	pthread_t threads[CONNECTIONS_MOST], watcher;
	uint64_t port, connections, at = 0;

	if ((argc != 4 && argc != 6) || !nos_num_parse(nos_str_of(argv[1]), 1, 65535, &port) ||
	    !nos_num_parse(nos_str_of(argv[2]), 1, CONNECTIONS_MOST, &connections) ||
	    !nos_num_parse(nos_str_of(argv[3]), 1, UINT64_MAX, &every) ||
	    (argc == 6 && (!nos_num_parse(nos_str_of(argv[4]), 1, 65535, &at) ||
			      !nos_num_parse(nos_str_of(argv[5]), 0, UINT64_MAX, &most))))
		die("usage: pour PORT CONNECTIONS EVERY [ADMIN MOST] <PACKS", "");
	node.sin_port = htons((uint16_t)port);
	admin.sin_port = htons((uint16_t)at);
	node.sin_addr.s_addr = admin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (at && pthread_create(&watcher, NULL, watch, NULL))
		die("no thread", "");
	for (uint64_t i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, pour, NULL))
			die("no thread", "");
	for (uint64_t i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
