/* SPDX-License-Identifier: MIT */
#include "ingest_idle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "bench.h"

#define ANSWER_MAX 8192 /* bytes */
#define PATIENCE_S 30

/* The form of a pack of a source s-x, which there is not. */
#define PACK                                                               \
	"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIiwia2lkIjoicC4xIiwic3JjIjoi" \
	"cy14Iiwic2VxIjoxfQ..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
_Static_assert(sizeof(PACK) - 1 == 128, "Content-Length");

static const char post[] = "POST /v1/data HTTP/1.1\r\nHost: node\r\n"
			   "Content-Type: application/jose\r\nContent-Length: 128\r\n\r\n" PACK;

int ingest_idle_dial(uint16_t port)
{
	const struct sockaddr_in node = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&node, sizeof(node)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The whole answer, after which the connection is kept. */
static bool is_kept(const char *answer, size_t len)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *size = strcasestr(answer, "\r\nContent-Length:");

	return end && size && !strcasestr(answer, "\r\nConnection: close") &&
	       (size_t)(end - answer) + 4 + strtoull(size + 17, NULL, 10) <= len;
}

static enum nos_code use(int fd, struct nos_err *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char answer[ANSWER_MAX + 1] = "";
	size_t len = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, post, sizeof(post) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(post) - 1)
		return nos_err_set_errno(err, NOS_AWAY, errno, "the node");
	while (len < ANSWER_MAX && !is_kept(answer, len)) {
		n = recv(fd, answer + len, ANSWER_MAX - len, 0);
		if (n <= 0)
			return nos_err_set(err, NOS_AWAY, "the node keeps no connection: '%.*s'",
			    (int)strcspn(answer, "\r"), answer);
		len += (size_t)n;
		answer[len] = '\0';
	}
	return NOS_OK;
}

enum nos_code ingest_idle_open(
    struct ingest_idle *i, uint16_t port, size_t count, struct nos_err *err)
{
	if (count)
		i->fds = calloc(count, sizeof(*i->fds));
	if (count && !i->fds)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	while (i->count < count) {
		int fd = ingest_idle_dial(port);

		if (fd < 0)
			return nos_err_set_errno(err, NOS_AWAY, errno, "the node");
		i->fds[i->count++] = fd;
		if (bench_go_on(err))
			return err->code;
		if (use(fd, err))
			return err->code;
	}
	return NOS_OK;
}

void ingest_idle_close(struct ingest_idle *i)
{
	for (size_t n = 0; n < i->count; n++)
		close(i->fds[n]);
	free(i->fds);
	*i = (struct ingest_idle){ 0 };
}

enum nos_code ingest_idle_files(size_t count, struct nos_err *err)
{
	const uint64_t most = nos_file_most();

	if (most >= count)
		return NOS_OK;
	return nos_err_set(err, NOS_USAGE,
	    "--idle and --polls take %zu open files, and %" PRIu64
	    " may be: take fewer, or raise ulimit -Hn",
	    count, most);
}
