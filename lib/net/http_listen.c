/* SPDX-License-Identifier: MIT */
#include "net/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

static void put_ipv6(struct nos_http_listen *a, const struct in6_addr *host, uint16_t port)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	in.sin6_addr = *host;
	memcpy(&a->to, &in, sizeof(in));
	a->len = sizeof(in);
}

static void put_ipv4(struct nos_http_listen *a, const struct in_addr *host, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	in.sin_addr = *host;
	memcpy(&a->to, &in, sizeof(in));
	a->len = sizeof(in);
}

static bool put_host(struct nos_http_listen *a, struct nos_str host, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	a->any = !host.len;
	if (a->any) {
		put_ipv6(a, &in6addr_any, port);
		return true;
	}
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']') {
		host = (struct nos_str){ host.p + 1, host.len - 2 };
		if (!nos_str_copy(host, text, sizeof(text)) || inet_pton(AF_INET6, text, &six) != 1)
			return false;
		put_ipv6(a, &six, port);
		return true;
	}
	if (!nos_str_copy(host, text, sizeof(text)) || inet_pton(AF_INET, text, &four) != 1)
		return false;
	put_ipv4(a, &four, port);
	return true;
}

enum nos_code nos_http_listen_parse(
    const char *text, struct nos_http_listen *ret, struct nos_err *err)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	*ret = (struct nos_http_listen){ 0 };
	if (!colon || !nos_str_copy(nos_str_of(text), ret->text, sizeof(ret->text)) ||
	    !nos_num_parse(nos_str_of(colon + 1), 0, 65535, &port) ||
	    !put_host(ret, (struct nos_str){ text, (size_t)(colon - text) }, (uint16_t)port))
		return nos_err_set(err, NOS_USAGE,
		    "address '%s': take ADDRESS:PORT, [IPv6]:PORT or :PORT, in numbers", text);
	return NOS_OK;
}

bool nos_http_listen_is_local(const struct sockaddr *peer)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	in_addr_t host = 0;

	if (peer->sa_family == AF_INET6) {
		memcpy(&six, peer, sizeof(six));
		if (IN6_IS_ADDR_LOOPBACK(&six.sin6_addr))
			return true;
		if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
			memcpy(&host, six.sin6_addr.s6_addr + 12, sizeof(host));
	} else if (peer->sa_family == AF_INET) {
		memcpy(&four, peer, sizeof(four));
		host = four.sin_addr.s_addr;
	}
	return ntohl(host) >> 24 == IN_LOOPBACKNET;
}

static void note_bound(struct nos_http_listen *a, int fd)
{
	char host[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	a->len = sizeof(a->to);
	if (getsockname(fd, (struct sockaddr *)&a->to, &a->len) < 0)
		return;
	if (a->to.ss_family == AF_INET6) {
		memcpy(&six, &a->to, sizeof(six));
		inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof(host));
		snprintf(a->text, sizeof(a->text), "[%s]:%u", host, ntohs(six.sin6_port));
	} else {
		memcpy(&four, &a->to, sizeof(four));
		inet_ntop(AF_INET, &four.sin_addr, host, sizeof(host));
		snprintf(a->text, sizeof(a->text), "%s:%u", host, ntohs(four.sin_port));
	}
}

static bool set(int fd, int level, int option, int on)
{
	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* -1 with errno. A socket that is not shared is refused an address that any other listens on. */
static int bind_one(const struct nos_http_listen *a, bool shared)
{
	int fd = socket(a->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int errnum;

	if (fd < 0)
		return -1;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    (!shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	    (a->to.ss_family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !a->any)) &&
	    bind(fd, (const struct sockaddr *)&a->to, a->len) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	errnum = errno;
	close(fd);
	errno = errnum;
	return -1;
}

/*
 * The first socket claims the address alone and opens it to the others only while it listens, so
 * that of two servers that start together one is refused.
 */
static int claim(struct nos_http_listen *a)
{
	struct in_addr any = { INADDR_ANY };
	struct sockaddr_in6 six;
	int fd = bind_one(a, false);

	if (fd < 0 && a->any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		memcpy(&six, &a->to, sizeof(six)); /* a machine without IPv6 */
		put_ipv4(a, &any, ntohs(six.sin6_port));
		fd = bind_one(a, false);
	}
	if (fd >= 0 && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) {
		close(fd);
		return -1;
	}
	return fd;
}

static enum nos_code refused(const struct nos_http_listen *a, int errnum, struct nos_err *err)
{
	if (errnum == EADDRINUSE)
		return nos_err_set(err, NOS_EXISTS, "address %s is taken", a->text);
	return nos_err_set_errno(err, errnum == EACCES || errnum == EPERM ? NOS_DENIED : NOS_IO,
	    errnum, "address %s", a->text);
}

enum nos_code nos_http_listen_open(
    struct nos_http_listen *a, unsigned count, int *ret_fds, struct nos_err *err)
{
	for (unsigned i = 0; i < count; i++) {
		ret_fds[i] = i ? bind_one(a, true) : claim(a);
		if (ret_fds[i] < 0) {
			refused(a, errno, err);
			while (i--)
				close(ret_fds[i]);
			return err->code;
		}
		if (!i)
			note_bound(a, ret_fds[i]);
	}
	return NOS_OK;
}
