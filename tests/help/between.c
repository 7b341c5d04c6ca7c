/* SPDX-License-Identifier: MIT */
/*
 * Stands between a source and its node: between PORT ACTION… passes each request on to the node's
 * port and does to its answer what the next action says; once they are used up, all is passed. It
 * prints its own port and serves one connection at a time, until it is killed. The bodies of what
 * it passed are written to $BETWEEN_RECORD/N.up and N.down, where that is set; $BETWEEN_DELAY
 * milliseconds go by on each way.
 *
 *   pass   the answer as it is
 *   lose   the node got the request, the source gets no answer
 *   strip  the answer without its Nos-Receipt
 *   bend   the answer with one byte of its body changed
 *   busy   the node gets nothing, the source 503 with Retry-After: 1
 *   void   the node gets nothing, the source a 202 that nobody made
 *   gone   the node gets nothing, the source a 404 with a problem document
 *   gate   the node gets nothing, the source a 403 that is no problem document
 *   hook   $BETWEEN_HOOK is run by the shell before the node gets the request
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX (4u << 20)

struct message {
	size_t len, head; /* head: bytes up to the body */
	char p[MESSAGE_MAX + 1];
};

static struct message request, answer;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in local(unsigned port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static void write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

/* Where the header's line begins, NULL: it is not there. */
static char *header(struct message *m, const char *name)
{
	for (char *line = strstr(m->p, "\r\n"); line && line < m->p + m->head;
	     line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, strlen(name)) == 0)
			return line + 2;
	return NULL;
}

/* A whole message with its length in its head; false: the connection ended. */
static bool read_message(int fd, struct message *m)
{
	size_t want = 0;

	m->len = m->head = 0;
	while (!m->head || m->len < want) {
		ssize_t n = recv(fd, m->p + m->len, MESSAGE_MAX - m->len, 0);
		const char *end, *length;

		if (n <= 0)
			return false;
		m->len += (size_t)n;
		m->p[m->len] = '\0';
		end = m->head ? NULL : strstr(m->p, "\r\n\r\n");
		if (!end)
			continue;
		m->head = (size_t)(end - m->p) + 4;
		length = header(m, "content-length:");
		want = m->head + (length ? strtoul(length + 15, NULL, 10) : 0);
	}
	return true;
}

static void record(const struct message *m, unsigned number, const char *way)
{
	const char *folder = getenv("BETWEEN_RECORD");
	char path[512];
	FILE *f;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%u.%s", folder, number, way);
	f = fopen(path, "we");
	if (!f || fwrite(m->p + m->head, 1, m->len - m->head, f) != m->len - m->head || fclose(f))
		die("between: record");
}

/* So long is the way. */
static void travel(void)
{
	const char *delay = getenv("BETWEEN_DELAY");
	unsigned long ms = delay ? strtoul(delay, NULL, 10) : 0;

	nanosleep(&(struct timespec){ (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 }, NULL);
}

static bool ask_node(unsigned port)
{
	static unsigned number;
	struct sockaddr_in node = local(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool good = connect(fd, (struct sockaddr *)&node, sizeof(node)) == 0;

	travel();
	if (good) {
		write_all(fd, request.p, request.len);
		good = read_message(fd, &answer);
		travel();
	}
	close(fd);
	number++;
	record(&request, number, "up");
	if (good)
		record(&answer, number, "down");
	return good;
}

static void say(int fd, const char *status, const char *more, const char *body)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s",
	    status, strlen(body), more, body);

	write_all(fd, text, (size_t)len);
}

static void strip(void)
{
	char *line = header(&answer, "nos-receipt:");
	size_t len;

	if (!line)
		return;
	len = (size_t)(strstr(line, "\r\n") - line) + 2;
	memmove(line, line + len, answer.len - (size_t)(line - answer.p) - len);
	answer.len -= len;
	answer.head -= len;
}

/* One request; false: the connection is to be closed. */
static bool serve(int fd, unsigned port, const char *action)
{
	if (strcmp(action, "busy") == 0) {
		say(fd, "503 Service Unavailable", "Retry-After: 1\r\n", "");
		return true;
	}
	if (strcmp(action, "void") == 0) {
		say(fd, "202 Accepted", "Content-Type: application/json\r\n",
		    "{\"accepted\":1,\"duplicates\":0,\"rejected\":[],\"position\":1}");
		return true;
	}
	if (strcmp(action, "gone") == 0) {
		say(fd, "404 Not Found", "", "{\"type\":\"urn:nos:absent\",\"detail\":\"gone\"}");
		return true;
	}
	if (strcmp(action, "gate") == 0) {
		say(fd, "403 Forbidden", "Content-Type: text/html\r\n", "<p>Log in first");
		return true;
	}
	if (strcmp(action, "hook") == 0 && system(getenv("BETWEEN_HOOK")) != 0)
		die("between: hook");
	if (!ask_node(port) || strcmp(action, "lose") == 0)
		return false;
	if (strcmp(action, "strip") == 0)
		strip();
	if (strcmp(action, "bend") == 0)
		answer.p[answer.head + (answer.len - answer.head) / 2] ^= 1;
	write_all(fd, answer.p, answer.len);
	return true;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = local(0);
	socklen_t size = sizeof(at);
	int server = socket(AF_INET, SOCK_STREAM, 0), next = 2;
	unsigned port = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

	if (bind(server, (struct sockaddr *)&at, size) < 0 || listen(server, 8) < 0 ||
	    getsockname(server, (struct sockaddr *)&at, &size) < 0)
		die("between");
	printf("%u\n", ntohs(at.sin_port));
	fclose(stdout);
	for (;;) {
		int fd = accept(server, NULL, NULL);

		if (fd < 0)
			die("between: accept");
		while (read_message(fd, &request) &&
		       serve(fd, port, next < argc ? argv[next++] : "pass"))
			;
		close(fd);
	}
}
