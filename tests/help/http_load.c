/* SPDX-License-Identifier: MIT */
/*
 * http_load SETTINGS EACH CONNECTIONS SECONDS [PACKS SOURCES]: posts packs of EACH readings over so
 * many kept connections for so long, one after the other on each, and prints a line of JSON
 * (peers.h). A pack counts when its answer is 202; another answer ends it all. PACKS is a file with
 * a pack a line, of SOURCES in turn, each of which keeps to one connection, so that its packs come
 * in their order; it ends when a connection has no more. Without it the readings are posted as they
 * are.
 *
 * SETTINGS is a file of lines "NAME VALUE": port, of 127.0.0.1; path; type; ca, a file, for TLS to
 * a server of the name localhost; authorization, of that header; admin, the port where a node of
 * nos tells its metrics: the run ends once its broker has acknowledged all. HTTP is written and
 * read by hand, so that it is the server that is measured.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "peers.h"

#define REQUEST_MAX (1u << 20)
#define ANSWER_MAX  8192
#define EVENTS	    64
#define SILENT_MS   30000
#define MOST	    1024 /* connections */
#define METRICS_MAX (1u << 18)
#define PUBLISHED   "\nnos_readings_published_total "
#define LOOK_MS	    5

struct line {
	int fd; /* -1: it has no more to send */
	SSL *tls;
	size_t turn, round; /* of the sources that it has; without a file: its packs */
	uint64_t sent;
	size_t len;
	char in[ANSWER_MAX + 1];
};

struct load {
	const struct peers_settings *settings;
	char head[2048]; /* up to the length of the body */
	SSL_CTX *tls;
	int epoll;
	struct line lines[MOST];
	size_t connections, open;
	struct peers_readings readings;
	struct nos_buf packs; /* of the file */
	size_t *ends, pack_count, sources;
	uint64_t until;
	int admin;	 /* -1: none */
	uint64_t before; /* of what the broker acknowledged */
	struct peers_tally tally;
};

/* ---- what is posted ---- */

static void read_packs(struct load *l, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t cap = 0, size = 0;
	char *text = NULL;
	ssize_t len;

	if (!f)
		peers_die(path, "cannot be read");
	nos_buf_init(&l->packs, 1u << 31);
	while ((len = getline(&text, &size, f)) > 1) {
		if (l->pack_count == cap) {
			cap = cap ? 2 * cap : 4096;
			l->ends = reallocarray(l->ends, cap, sizeof(*l->ends));
		}
		if (!l->ends)
			peers_die(path, "out of memory");
		nos_buf_add(&l->packs, text, (size_t)len - 1);
		l->ends[l->pack_count++] = l->packs.len;
	}
	free(text);
	fclose(f);
}

/* The next one of a connection. False: there is none. */
static bool next_body(struct load *l, struct line *c, struct nos_str *ret)
{
	size_t pack;

	if (!l->sources) {
		*ret = peers_readings_of(&l->readings, c->round++, 0, l->readings.each);
		return true;
	}
	if (c->turn >= l->sources) {
		c->turn %= l->connections;
		c->round++;
	}
	pack = c->round * l->sources + c->turn;
	c->turn += l->connections;
	if (pack >= l->pack_count)
		return false;
	*ret = (struct nos_str){ l->packs.p + (pack ? l->ends[pack - 1] : 0), 0 };
	ret->len = l->ends[pack] - (pack ? l->ends[pack - 1] : 0);
	return true;
}

static void make_head(struct load *l)
{
	const char *who = peers_setting(l->settings, "authorization");

	snprintf(l->head, sizeof(l->head),
	    "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n%s%s%sContent-Length: ",
	    peers_setting_need(l->settings, "path"), peers_setting_need(l->settings, "type"),
	    who ? "Authorization: " : "", who ? who : "", who ? "\r\n" : "");
}

/* ---- connections ---- */

static void begin_tls(struct load *l, struct line *c)
{
	c->tls = SSL_new(l->tls);
	if (!c->tls || !SSL_set_fd(c->tls, c->fd) || !SSL_set1_host(c->tls, "localhost") ||
	    SSL_connect(c->tls) != 1)
		peers_die("http_load: TLS", ERR_reason_error_string(ERR_peek_last_error()));
	/* What is no data ends a read, which is only begun when something is there. */
	SSL_clear_mode(c->tls, SSL_MODE_AUTO_RETRY);
}

static int connect_to(const char *port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		peers_die("http_load", "no server");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void dial(struct load *l, struct line *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	c->fd = connect_to(peers_setting_need(l->settings, "port"));
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0)
		peers_die("http_load", "no server");
	if (l->tls)
		begin_tls(l, c);
}

/* Blocks, which it does not on an empty socket. */
static void post(struct load *l, struct line *c)
{
	static char request[REQUEST_MAX];
	struct nos_str body;
	size_t len;
	ssize_t n;

	if (peers_now() >= l->until || !next_body(l, c, &body)) {
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
		l->open--;
		return;
	}
	len = (size_t)snprintf(request, sizeof(request), "%s%zu\r\n\r\n", l->head, body.len);
	if (len + body.len > sizeof(request))
		peers_die("http_load", "a pack is too long");
	memcpy(request + len, body.p, body.len);
	len += body.len;
	c->len = 0;
	c->sent = peers_now();
	n = c->tls ? SSL_write(c->tls, request, (int)len) : send(c->fd, request, len, MSG_NOSIGNAL);
	if (n != (ssize_t)len)
		peers_die("http_load", "the server broke a connection off");
}

/* Is the whole answer there? It has room for one byte more. */
static bool is_whole(char *in, size_t len)
{
	const char *end, *length;

	in[len] = '\0';
	end = strstr(in, "\r\n\r\n");
	length = end ? strcasestr(in, "\r\nContent-Length:") : NULL;
	return end && len >= (size_t)(end - in) + 4 + (length ? strtoul(length + 17, NULL, 10) : 0);
}

static bool receive(struct line *c)
{
	ssize_t n;

	do {
		const size_t room = ANSWER_MAX - c->len;

		n = c->tls ? SSL_read(c->tls, c->in + c->len, (int)room)
			   : recv(c->fd, c->in + c->len, room, 0);
		if (n < 0 && c->tls && SSL_get_error(c->tls, (int)n) == SSL_ERROR_WANT_READ)
			return false;
		if (n <= 0)
			peers_die("http_load", "the server broke a connection off");
		c->len += (size_t)n;
	} while (c->tls && SSL_pending(c->tls));
	return is_whole(c->in, c->len);
}

static void serve(struct load *l, struct line *c)
{
	if (!receive(c))
		return;
	if (strncmp(c->in, "HTTP/1.1 202 ", 13) != 0) {
		c->in[strcspn(c->in, "\r")] = '\0';
		peers_die("http_load: the server answers", c->in);
	}
	l->tally.messages++;
	peers_tally_add(&l->tally, c->sent);
	post(l, c);
}

/* How many readings a node's broker has acknowledged. */
static uint64_t published(const struct load *l)
{
	static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
	static char in[METRICS_MAX + 1];
	const char *at;
	size_t len = 0;

	if (send(l->admin, ask, sizeof(ask) - 1, MSG_NOSIGNAL) != sizeof(ask) - 1)
		peers_die("http_load", "the node's metrics are gone");
	while (!is_whole(in, len)) {
		ssize_t n = recv(l->admin, in + len, METRICS_MAX - len, 0);

		if (n <= 0)
			peers_die("http_load", "the node's metrics are gone");
		len += (size_t)n;
	}
	at = strstr(in, PUBLISHED);
	if (!at)
		peers_die("http_load", "no metric" PUBLISHED);
	return strtoull(at + strlen(PUBLISHED), NULL, 10);
}

static void await_broker(struct load *l)
{
	const uint64_t all = l->before + l->tally.packs * l->readings.each;
	uint64_t now, last = 0;

	for (int silent = 0; (now = published(l)) < all; silent += LOOK_MS) {
		if (silent > SILENT_MS)
			peers_die("http_load", "the node's broker does not acknowledge");
		silent = now == last ? silent : 0;
		last = now;
		poll(NULL, 0, LOOK_MS);
	}
	l->tally.last = peers_now();
}

static void run(struct load *l, double seconds)
{
	struct epoll_event events[EVENTS];
	const char *admin = peers_setting(l->settings, "admin");

	l->admin = admin ? connect_to(admin) : -1;
	l->before = admin ? published(l) : 0;
	for (size_t i = 0; i < l->connections; i++)
		dial(l, &l->lines[i]);
	peers_tally_begin(&l->tally, l->readings.each);
	l->until = peers_now() + (uint64_t)(seconds * 1e9);
	l->open = l->connections;
	for (size_t i = 0; i < l->connections; i++) {
		l->lines[i].turn = l->sources ? i : 0;
		post(l, &l->lines[i]);
	}
	while (l->open) {
		int n = epoll_wait(l->epoll, events, EVENTS, SILENT_MS);

		if (n <= 0)
			peers_die("http_load", "the server does not answer");
		for (int i = 0; i < n; i++)
			serve(l, events[i].data.ptr);
	}
	if (admin)
		await_broker(l);
	peers_tally_print(&l->tally);
}

int main(int argc, char **argv)
{
	static struct load l;
	static struct peers_settings s;
	const char *ca;

	if (argc != 5 && argc != 7)
		peers_die("usage", "http_load SETTINGS EACH CONNECTIONS SECONDS [PACKS SOURCES]");
	peers_settings_read(&s, argv[1]);
	l.settings = &s;
	l.connections = strtoul(argv[3], NULL, 10);
	if (l.connections < 1 || l.connections > MOST)
		peers_die("connections", "1 to 1024");
	peers_readings_make(&l.readings, strtoul(argv[2], NULL, 10));
	if (argc == 7) {
		read_packs(&l, argv[5]);
		l.sources = strtoul(argv[6], NULL, 10);
	}
	ca = peers_setting(&s, "ca");
	l.tls = ca ? SSL_CTX_new(TLS_client_method()) : NULL;
	if (l.tls && !SSL_CTX_load_verify_locations(l.tls, ca, NULL))
		peers_die(ca, "no certificate of an authority");
	if (l.tls)
		SSL_CTX_set_verify(l.tls, SSL_VERIFY_PEER, NULL);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	make_head(&l);
	run(&l, strtod(argv[4], NULL));
	return fflush(stdout) != 0;
}
