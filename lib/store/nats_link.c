/* SPDX-License-Identifier: MIT */
#include "store/nats_link.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/num.h"
#include "store/nats_dial.h"

#define NAP_MS	     50	 /* between two tries */
#define PUSH_MS	     100 /* that a server is waited for to have it, which is no promise */
#define URL_MAX	     256 /* bytes of a server's URL */
/* err_code of the JetStream API: what may be stored is. */
#define FULL	     10023
#define FULL_ACCOUNT 10047
#define NONE	     10076   /* there is no JetStream, */
#define NONE_ACCOUNT 10039   /* or not for who asks */
#define REOPEN_US    1000000 /* between two tries to be let in again */

void nos_nats_link_nap(uint64_t ms)
{
	nanosleep(&(struct timespec){ (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 }, NULL);
}

struct nos_nats_try nos_nats_link_try(const struct nos_nats_link *l, uint64_t wait_ms)
{
	const uint64_t now = nos_mono_now().us;

	return (struct nos_nats_try){ l, now + NOS_NATS_LEAVE_MS * 1000, now + wait_ms * 1000,
		nos_nats_link_found(l) };
}

void nos_nats_link_push(const struct nos_nats_link *l)
{
	(void)natsConnection_FlushTimeout(l->nc, PUSH_MS);
}

void nos_nats_link_unsubscribe(const struct nos_nats_link *l, natsSubscription *sub)
{
	if (!sub)
		return;
	(void)natsSubscription_Unsubscribe(sub);
	if (natsConnection_Status(l->nc) == NATS_CONN_STATUS_CONNECTED)
		(void)natsConnection_FlushTimeout(l->nc, PUSH_MS);
	natsSubscription_Destroy(sub);
}

bool nos_nats_link_is_passing(natsStatus s, jsErrCode code)
{
	switch ((int)s) {
	case NATS_TIMEOUT:
	case NATS_NO_RESPONDERS:
	case NATS_CONNECTION_DISCONNECTED:
	case NATS_INSUFFICIENT_BUFFER: /* nothing is held back for a connection that is not there */
	case NATS_STALE_CONNECTION:
	case NATS_IO_ERROR:
	case NATS_NO_SERVER:
		return true;
	default: /* the cluster has no leader, or not yet; a server is starting */
		return code == 10004 || code == 10005 || code == 10008 || code == 10009 ||
		       code == 10035;
	}
}

bool nos_nats_link_is_absent(natsStatus s, jsErrCode code)
{
	return s == NATS_NOT_FOUND || code == 10037 || code == 10059;
}

bool nos_nats_link_again(const struct nos_nats_try *t, natsStatus s, jsErrCode code)
{
	const uint64_t now = nos_mono_now().us;

	if (s == NATS_OK || !nos_nats_link_is_passing(s, code) || now >= t->end_us)
		return false;
	if (now >= t->leave_us && nos_nats_link_found(t->link) == t->found)
		nos_nats_link_leave(t->link);
	nos_nats_link_nap(NAP_MS);
	return true;
}

enum nos_code nos_nats_link_failed(const struct nos_nats_link *l, const char *what, natsStatus s,
    jsErrCode code, struct nos_err *err)
{
	natsStatus last;
	const char *text = nats_GetLastError(&last);

	if (nos_nats_link_is_given_up(l))
		return nos_err_set(err, NOS_BUSY,
		    "store: %s: %s does not let us in any more: look at --store-creds", what,
		    l->servers);
	if (!text || !*text || last != s)
		text = natsStatus_GetText(s);
	switch ((int)s) {
	case NATS_NO_MEMORY:
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	case NATS_NOT_PERMITTED:
	case NATS_CONNECTION_AUTH_FAILED:
		return nos_err_set(err, NOS_DENIED, "store: %s: %s (%s)", what, text, l->servers);
	default:
		if (nos_nats_link_is_passing(s, code) || s == NATS_CONNECTION_CLOSED)
			return nos_err_set(err, NOS_BUSY,
			    "store: %s: no server of %s answers, or too few of them are there",
			    what, l->servers);
		return nos_err_set(err, NOS_IO, "store: %s: %s", what, text);
	}
}

enum nos_code nos_nats_link_refused(const char *what, unsigned code, struct nos_err *err)
{
	return nos_err_set(err, NOS_IO, "store: %s: the servers refused it (%u)%s", what, code,
	    code == FULL || code == FULL_ACCOUNT ? ": they are full, raise their max_file" : "");
}

bool nos_nats_link_is_given_up(const struct nos_nats_link *l)
{
	return l->nc && natsConnection_IsClosed(l->nc);
}

uint64_t nos_nats_link_found(const struct nos_nats_link *l)
{
	natsStatistics *stats = NULL;
	uint64_t reconnects = 0, in, in_bytes, out, out_bytes;

	if (natsStatistics_Create(&stats) == NATS_OK &&
	    natsConnection_GetStats(l->nc, stats) == NATS_OK)
		(void)natsStatistics_GetCounts(
		    stats, &in, &in_bytes, &out, &out_bytes, &reconnects);
	natsStatistics_Destroy(stats);
	return l->found + reconnects;
}

bool nos_nats_link_keeps(const struct nos_nats_link *l)
{
	jsAccountInfo *info = NULL;
	jsOptions o = l->ask;
	jsErrCode code = 0;
	natsStatus s = js_GetAccountInfo(&info, l->js, &o, &code);

	jsAccountInfo_Destroy(info);
	return s != NATS_NO_RESPONDERS && code != NONE && code != NONE_ACCOUNT;
}

/* ---- another server ---- */

static uint16_t port_of(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)a)->sin_port);
	return a->ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)a)->sin6_port) : 0;
}

/* Is this the socket between these ports? It is shut down, so that the library finds another. */
static bool shut(int fd, int from, uint64_t to)
{
	struct sockaddr_storage here, there;
	socklen_t here_len = sizeof(here), there_len = sizeof(there);

	return getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
	       getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 &&
	       port_of(&here) == from && port_of(&there) == to && shutdown(fd, SHUT_RDWR) == 0;
}

static bool ports(
    const struct nos_nats_link *l, char url[static URL_MAX], int *ret_from, uint64_t *ret_to)
{
	char *ip = NULL, **servers = NULL;
	const char *port;
	int count = 0;

	if (natsConnection_GetServers(l->nc, &servers, &count) == NATS_OK)
		for (int i = 0; i < count; i++)
			free(servers[i]);
	free(servers);
	if (count < 2 || natsConnection_GetConnectedUrl(l->nc, url, URL_MAX) != NATS_OK ||
	    natsConnection_GetLocalIPAndPort(l->nc, &ip, ret_from) != NATS_OK)
		return false;
	free(ip);
	port = strrchr(url, ':');
	return port && nos_num_parse(nos_str_of(port + 1), 1, UINT16_MAX, ret_to);
}

/* The library has no call for it. What is looked at is a copy: its number is nobody else's. */
void nos_nats_link_leave(const struct nos_nats_link *l)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *e;
	char url[URL_MAX];
	uint64_t to, fd;
	int from, copy;
	bool ok = folder && ports(l, url, &from, &to), found = false;

	while (ok && !found && (e = readdir(folder))) {
		if (!nos_num_parse(nos_str_of(e->d_name), 0, INT_MAX, &fd) ||
		    (copy = fcntl((int)fd, F_DUPFD_CLOEXEC, 0)) < 0)
			continue;
		found = shut(copy, from, to);
		close(copy);
	}
	if (folder)
		closedir(folder);
	if (found)
		nos_log_line(NOS_LOG_INFO,
		    "store: %s does not answer, or too few others are with it: another is tried",
		    url);
}

/* ---- there and back ---- */

static enum nos_code draw_id(struct nos_nats_link *l, struct nos_err *err)
{
	uint8_t bytes[12];
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, sizeof(l->id));
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return nos_err_set(err, NOS_INTERNAL, "no random bytes");
	nos_enc_base64(&text, bytes, sizeof(bytes));
	return nos_str_copy(nos_buf_str(&text), l->id, sizeof(l->id))
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

static void hang_up(natsConnection *nc, jsCtx *js)
{
	jsCtx_Destroy(js);
	natsConnection_Destroy(nc);
}

enum nos_code nos_nats_link_open(
    struct nos_nats_link *l, const struct nos_store_where *where, bool tls, struct nos_err *err)
{
	l->tls = tls;
	l->url = strdup(where->url);
	l->creds = where->creds ? strdup(where->creds) : NULL;
	l->ca = where->ca ? strdup(where->ca) : NULL;
	if (!l->url || (where->creds && !l->creds) || (where->ca && !l->ca))
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	return draw_id(l, err) ? err->code : nos_nats_dial(l, err);
}

enum nos_code nos_nats_link_reopen(struct nos_nats_link *l, struct nos_err *err)
{
	natsConnection *nc = l->nc;
	jsCtx *js = l->js;
	const uint64_t found = nos_nats_link_found(l) + 1;

	if (nos_mono_now().us < l->reopen_us)
		return nos_nats_link_failed(l, "open", NATS_CONNECTION_CLOSED, 0, err);
	l->nc = NULL;
	l->js = NULL;
	if (!nos_nats_dial(l, err)) {
		hang_up(nc, js);
		l->found = found;
		return NOS_OK;
	}
	hang_up(l->nc, l->js);
	l->nc = nc;
	l->js = js;
	l->reopen_us = nos_mono_now().us + REOPEN_US;
	err->code = NOS_BUSY;
	return err->code;
}

void nos_nats_link_close(struct nos_nats_link *l)
{
	hang_up(l->nc, l->js);
	l->js = NULL;
	l->nc = NULL;
	free(l->url);
	free(l->creds);
	free(l->ca);
	l->url = l->creds = l->ca = NULL;
}
