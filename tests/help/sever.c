/* SPDX-License-Identifier: MIT */
/*
 * sever PORT:TO…: passes on what comes to each PORT of this machine to the port TO, and back, until
 * it is killed. SIGUSR1 cuts: nothing goes either way any more, and nobody is told, as where a net
 * drops what is sent; SIGUSR2 heals, and what waited goes on, as where it is sent again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"

#define LISTEN_MOST 8
#define PAIRS_MOST  256
#define CHUNK	    65536

struct gate {
	int fd;
	uint16_t to;
};

/* Each end with what it has given and the other has not taken. */
struct pair {
	int fd[2];
	size_t len[2], at[2];
	char *waits[2];
};

static struct gate gates[LISTEN_MOST];
static struct pair pairs[PAIRS_MOST];
static struct pollfd polled[LISTEN_MOST + 2 * PAIRS_MOST];
static size_t gate_count, pair_count;
static volatile sig_atomic_t is_cut;

static void on_signal(int number)
{
	is_cut = number == SIGUSR1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in local(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static void listen_at(uint16_t port, uint16_t to)
{
	const struct sockaddr_in at = local(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 64) < 0)
		die("sever: listen");
	gates[gate_count++] = (struct gate){ fd, to };
}

static void take_argument(const char *text)
{
	struct nos_str to = nos_str_of(text), from;
	uint64_t a, b;

	if (gate_count == LISTEN_MOST || !nos_str_cut(&to, ':', &from) ||
	    !nos_num_parse(from, 1, UINT16_MAX, &a) || !nos_num_parse(to, 1, UINT16_MAX, &b)) {
		fprintf(stderr, "usage: sever PORT:TO...\n");
		exit(1);
	}
	listen_at((uint16_t)a, (uint16_t)b);
}

static void drop(size_t i)
{
	for (int end = 0; end < 2; end++) {
		close(pairs[i].fd[end]);
		free(pairs[i].waits[end]);
	}
	pairs[i] = pairs[--pair_count];
}

static void join(const struct gate *g)
{
	const struct sockaddr_in to = local(g->to);
	struct pair p = { .fd = { accept(g->fd, NULL, NULL), -1 } };

	if (p.fd[0] < 0)
		return;
	p.fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair_count == PAIRS_MOST || connect(p.fd[1], (const void *)&to, sizeof(to)) < 0) {
		close(p.fd[0]);
		close(p.fd[1]);
		return;
	}
	for (int end = 0; end < 2; end++)
		if (!(p.waits[end] = malloc(CHUNK)))
			die("sever: memory");
	pairs[pair_count++] = p;
}

/* What an end has given goes to the other, as far as it takes it. False: one of them has ended. */
static bool move(struct pair *p, int from, bool readable)
{
	ssize_t n;

	if (readable && !p->len[from]) {
		n = recv(p->fd[from], p->waits[from], CHUNK, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return false;
		p->len[from] = n > 0 ? (size_t)n : 0;
		p->at[from] = 0;
	}
	if (!p->len[from])
		return true;
	n = send(
	    p->fd[!from], p->waits[from] + p->at[from], p->len[from], MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN;
	p->at[from] += (size_t)n;
	p->len[from] -= (size_t)n;
	return true;
}

static size_t want(void)
{
	size_t n = 0;

	for (size_t i = 0; i < gate_count; i++)
		polled[n++] = (struct pollfd){ gates[i].fd, POLLIN, 0 };
	for (size_t i = 0; i < pair_count; i++)
		for (int end = 0; end < 2; end++)
			polled[n++] = (struct pollfd){ pairs[i].fd[end],
				(short)((pairs[i].len[end] ? 0 : POLLIN) |
					(pairs[i].len[!end] ? POLLOUT : 0)),
				0 };
	return n;
}

static void pass(void)
{
	const struct pollfd *of = polled + gate_count;

	for (size_t i = pair_count; i-- > 0;)
		if (!move(&pairs[i], 0, of[2 * i].revents) ||
		    !move(&pairs[i], 1, of[2 * i + 1].revents))
			drop(i);
	for (size_t i = 0; i < gate_count; i++)
		if (polled[i].revents)
			join(&gates[i]);
}

int main(int argc, char **argv)
{
	const struct sigaction act = { .sa_handler = on_signal };
	sigset_t held, open;

	for (int i = 1; i < argc; i++)
		take_argument(argv[i]);
	sigemptyset(&held);
	sigaddset(&held, SIGUSR1);
	sigaddset(&held, SIGUSR2);
	sigprocmask(SIG_BLOCK, &held, &open);
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	puts("ready");
	fclose(stdout);
	for (;;) {
		/* A signal is taken while it waits alone, so that none comes in between. */
		int n = ppoll(polled, is_cut ? 0 : want(), NULL, &open);

		if (n < 0 && errno != EINTR)
			die("sever: poll");
		if (n > 0 && !is_cut)
			pass();
	}
}
