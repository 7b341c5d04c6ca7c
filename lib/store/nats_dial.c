/* SPDX-License-Identifier: MIT */
#include "store/nats_dial.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"

#define CREDS_MAX    16384
#define OPEN_MS	     2000 /* that the first connection is tried for */
#define FIND_MS	     100  /* between two servers that are tried, once the connection is lost */
#define PENDING_MIN  1	  /* bytes held back while there is no connection: none */
#define HEADERS_MAX  4096 /* bytes beside a message's body */
#define PAYLOAD_MIN  (NOS_STORE_ENTRY_MAX + HEADERS_MAX)
#define PAYLOAD_TEXT "max_payload: 8MB"
#define JWT_MARK     "-----BEGIN NATS USER JWT-----"
#define HANDSHAKE    "SSL handshake error: "
#define SEED_MARK    "-----BEGIN USER NKEY SEED-----"

/* ---- where it is ---- */

struct place {
	char hosts[NOS_NATS_HOSTS_MAX][NOS_NATS_SERVERS_MAX];
	const char *urls[NOS_NATS_HOSTS_MAX];
	int count;
};

static enum nos_code usage(const char *what, struct nos_err *err)
{
	return nos_err_set(err, NOS_USAGE,
	    "store: %s: it is nats://HOST[:PORT][,HOST...][/PREFIX][?replicas=N]", what);
}

static bool is_name(struct nos_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr(
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", s.p[i]))
			return false;
	return s.len > 0 && s.len <= NOS_NATS_PREFIX_MAX;
}

static enum nos_code take_hosts(
    struct nos_nats_link *l, struct nos_str hosts, bool tls, struct place *p, struct nos_err *err)
{
	struct nos_str host;

	if (!nos_str_copy(hosts, l->servers, sizeof(l->servers)))
		return usage("too many hosts", err);
	while (nos_str_cut(&hosts, ',', &host)) {
		if (!host.len || p->count == NOS_NATS_HOSTS_MAX)
			return usage(host.len ? "too many hosts" : "a host is missing", err);
		if (memchr(host.p, '@', host.len))
			return usage("credentials are no part of it, take --store-creds", err);
		snprintf(p->hosts[p->count], sizeof(p->hosts[0]), "%s://%.*s", tls ? "tls" : "nats",
		    (int)host.len, host.p);
		p->urls[p->count] = p->hosts[p->count];
		p->count++;
	}
	return NOS_OK;
}

/* "//HOST[:PORT][,HOST...][/PREFIX][?replicas=N]" */
static enum nos_code take_url(
    struct nos_nats_link *l, const char *url, bool tls, struct place *p, struct nos_err *err)
{
	struct nos_str rest = nos_str_of(url), hosts, query, prefix;
	uint64_t n;

	if (!nos_str_starts(rest, "//"))
		return usage("'//' is missing", err);
	query = (struct nos_str){ rest.p + 2, rest.len - 2 };
	nos_str_cut(&query, '?', &prefix);
	nos_str_cut(&prefix, '/', &hosts);
	if (take_hosts(l, hosts, tls, p, err))
		return err->code;
	l->replicas = p->count < NOS_NATS_REPLICAS ? p->count : NOS_NATS_REPLICAS;
	if (!prefix.p || !prefix.len)
		prefix = NOS_STR("nos");
	if (!is_name(prefix) || !nos_str_copy(prefix, l->prefix, sizeof(l->prefix)))
		return usage("a prefix is up to 32 letters, digits, '_' and '-'", err);
	if (!query.p)
		return NOS_OK;
	if (!nos_str_starts(query, "replicas=") ||
	    !nos_num_parse((struct nos_str){ query.p + 9, query.len - 9 }, 1, 5, &n))
		return usage("replicas are 1 to 5", err);
	l->replicas = (int64_t)n;
	return NOS_OK;
}

/* ---- who comes ---- */

/* Two lines: a name and a password. */
static natsStatus use_lines(natsOptions *o, char *text)
{
	char *line = strchr(text, '\n');

	if (!line)
		return NATS_INVALID_ARG;
	*line++ = '\0';
	text[strcspn(text, "\r")] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return *text && *line ? natsOptions_SetUserInfo(o, text, line) : NATS_INVALID_ARG;
}

/*
 * A file of NATS's own making is read by its library, each time that it connects. What that finds
 * wrong there looks like a server that is away, so the seed is tried before.
 */
static natsStatus use_file(natsOptions *o, const char *path, char *text)
{
	char *seed = strstr(text, SEED_MARK);
	unsigned char *signature = NULL;
	int len = 0;
	natsStatus s;

	seed = seed ? strchr(seed, '\n') : NULL;
	if (!seed)
		return NATS_INVALID_ARG;
	seed++;
	seed[strcspn(seed, "\r\n")] = '\0';
	s = nats_Sign(seed, "nos", &signature, &len);
	free(signature);
	return s == NATS_OK ? natsOptions_SetUserCredentialsFromFiles(o, path, NULL) : s;
}

static enum nos_code take_creds(natsOptions *o, const char *path, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	natsStatus s;

	nos_buf_init_secret(&text, CREDS_MAX);
	/* What is absent then is no store. */
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err) == NOS_ABSENT)
		return nos_err_set(
		    err, NOS_CONFIG, "%s: is not there: look at --store-creds", path);
	if (err->code)
		return err->code;
	if (strstr(text.p, JWT_MARK))
		s = use_file(o, path, text.p);
	else
		s = use_lines(o, text.p);
	return s == NATS_OK
		   ? NOS_OK
		   : nos_err_set(err, NOS_CONFIG,
			 "%s: neither credentials of NATS nor two lines, a name and a password",
			 path);
}

/* What the library would print. A failure shows where it is waited for. */
static void ignore(natsConnection *nc, natsSubscription *sub, natsStatus s, void *state)
{
	(void)nc, (void)sub, (void)s, (void)state;
}

static enum nos_code set_options(natsOptions *o, struct nos_nats_link *l, const struct place *p,
    const struct nos_store_where *where, bool tls, struct nos_err *err)
{
	natsStatus s = natsOptions_SetServers(o, (const char **)(uintptr_t)p->urls, p->count);

	if (s == NATS_OK)
		s = natsOptions_SetName(o, "nos");
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(o, ignore, NULL);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(o, OPEN_MS);
	if (s == NATS_OK)
		s = natsOptions_SetMaxReconnect(o, -1);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectWait(o, FIND_MS);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectJitter(o, FIND_MS, FIND_MS);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectBufSize(o, PENDING_MIN);
	if (s == NATS_OK)
		s = natsOptions_SetFailRequestsOnDisconnect(o, true);
	if (s == NATS_OK && tls)
		s = natsOptions_SetSecure(o, true);
	if (s != NATS_OK)
		return nos_nats_link_failed(l, "settings", s, 0, err);
	if (where->ca && !tls)
		return usage("authorities are for tls://", err);
	if (where->ca && natsOptions_LoadCATrustedCertificates(o, where->ca) != NATS_OK)
		return nos_err_set(
		    err, NOS_CONFIG, "%s: holds no certificate of an authority", where->ca);
	return where->creds ? take_creds(o, where->creds, err) : NOS_OK;
}

/* ---- a connection ---- */

/*
 * What the library says of TLS, "(conn.c:733): SSL handshake error: 18:self-signed
 * certificate:depth=0:…", without its own names for it.
 */
static struct nos_str about_tls(natsStatus s)
{
	const char *text = nats_GetLastError(NULL), *end = text ? strstr(text, HANDSHAKE) : NULL;
	struct nos_str rest, part = { 0 };

	if (end) {
		rest = nos_str_of(end + strlen(HANDSHAKE));
		if (nos_str_cut(&rest, ':', &part) && nos_str_cut(&rest, ':', &part) && part.len)
			return part;
	}
	end = text && *text == '(' ? strstr(text, "): ") : NULL;
	return nos_str_of(end ? end + 3 : text && *text ? text : natsStatus_GetText(s));
}

static enum nos_code not_reached(const struct nos_nats_link *l, natsStatus s, struct nos_err *err)
{
	if (s == NATS_CONNECTION_AUTH_FAILED || s == NATS_NOT_PERMITTED)
		return nos_err_set(err, NOS_DENIED,
		    "store: %s does not let us in: look at --store-creds", l->servers);
	if (s == NATS_SSL_ERROR || s == NATS_SECURE_CONNECTION_WANTED ||
	    s == NATS_SECURE_CONNECTION_REQUIRED) {
		const struct nos_str why = about_tls(s);

		return nos_err_set(err, NOS_AWAY, "store: TLS with %s: %.*s%s", l->servers,
		    NOS_STR_ARG(why),
		    memmem(why.p, why.len, "certificate", 11) ? ": look at --store-ca" : "");
	}
	return nos_err_set(err, NOS_AWAY,
	    "store: no NATS server is reached at %s: start it, or name another with --store",
	    l->servers);
}

/* Whoever is down may be coming up. */
static enum nos_code connect_to(struct nos_nats_link *l, natsOptions *o, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, OPEN_MS);
	natsStatus s;

	do
		s = natsConnection_Connect(&l->nc, o);
	while (nos_nats_link_again(&t, s, 0));
	if (s != NATS_OK)
		return not_reached(l, s, err);
	if (natsConnection_GetMaxPayload(l->nc) < (int64_t)PAYLOAD_MIN)
		return nos_err_set(err, NOS_CONFIG,
		    "store: %s takes messages of %" PRId64 " bytes: it needs '" PAYLOAD_TEXT
		    "' in its settings",
		    l->servers, natsConnection_GetMaxPayload(l->nc));
	jsOptions_Init(&l->ask);
	l->ask.Wait = NOS_NATS_ASK_MS;
	s = natsConnection_JetStream(&l->js, l->nc, &l->ask);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(l, "open", s, 0, err);
}

enum nos_code nos_nats_dial(struct nos_nats_link *l, struct nos_err *err)
{
	const struct nos_store_where where = { l->url, l->creds, l->ca };
	struct place *p = calloc(1, sizeof(*p));
	natsOptions *o = NULL;

	if (!p || natsOptions_Create(&o) != NATS_OK)
		nos_err_set(err, NOS_INTERNAL, "out of memory");
	else if (!take_url(l, where.url, l->tls, p, err) &&
		 !set_options(o, l, p, &where, l->tls, err))
		(void)!connect_to(l, o, err);
	natsOptions_Destroy(o);
	free(p);
	return err->code;
}
