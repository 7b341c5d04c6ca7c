/* SPDX-License-Identifier: MIT */
/* nos-serve(8): the node. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "base/version.h"
#include "cli/daemon.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/mqtt.h"
#include "net/url.h"
#include "self/lanes.h"
#include "scheme/pool.h"
#include "serve/files.h"
#include "serve/node.h"

#define LANES 4 /* of a store in servers, that several may share */

struct serve_opts {
	struct nos_opt_common common;
	bool init, check, print;
	uint64_t node; /* 0: not said, so also: */
	uint64_t lanes;
	struct nos_opt_list listen, listen_tls, limit;
	struct files_paths files;
	uint64_t tls_proxy; /* bits; 0: no proxy */
	const char *url, *cluster_url, *admin, *mqtt, *ca;
	uint64_t ready_fd; /* 0: none */
	const char *registration, *anonymous, *node_key;
	struct nos_store_where store;
	struct nos_opt_list pool; /* P and k */
	unsigned keys, ring;
	uint64_t overlap_ms, keep_ms, keep_size;
};

#define AT(field) offsetof(struct serve_opts, field)
static const struct nos_opt opts[] = {
	{ "init", 0, NOS_OPT_FLAG, AT(init), NULL, "make store and key, and end" },
	{ "check", 0, NOS_OPT_FLAG, AT(check), NULL,
	    "test the settings, and end; -v lists limits" },
	{ "store", 0, NOS_OPT_TEXT, AT(store.url), "url", "sqlite:PATH, or nats://HOST,…" },
	{ "store-creds", 0, NOS_OPT_PATH, AT(store.creds), "file",
	    "who it is to a store of servers" },
	{ "store-ca", 0, NOS_OPT_PATH, AT(store.ca), "file", "the authorities for tls://" },
	{ "node-key", 0, NOS_OPT_PATH, AT(node_key), "file", "key that seals the store" },
	{ "node", 0, NOS_OPT_UINT, AT(node), "number", "of this node, given when its store is made",
	    .min = 1, .max = UINT64_C(1) << 52 },
	{ "lanes", 0, NOS_OPT_UINT, AT(lanes), "number",
	    "into which sources are shared out, with --init", .min = 1,
	    .max = NOS_STORE_LANES_MAX },
	{ "listen", 0, NOS_OPT_AGAIN, AT(listen), "address",
	    "for sources; 127.0.0.1:8080 where none is given" },
	{ "listen-tls", 0, NOS_OPT_AGAIN, AT(listen_tls), "address", "for sources, over TLS" },
	{ "tls-cert", 0, NOS_OPT_PATH, AT(files.tls_cert), "file", "certificate for --listen-tls" },
	{ "tls-key", 0, NOS_OPT_SECRET, AT(files.tls_key), "file", "its private key" },
	{ "tls-proxy", 0, NOS_OPT_UINT, AT(tls_proxy), "bits",
	    "what comes to --listen came over TLS of so many to a proxy", .min = 56, .max = 256 },
	{ "url", 0, NOS_OPT_TEXT, AT(url), "url", "what enrolments carry" },
	{ "cluster-url", 0, NOS_OPT_TEXT, AT(cluster_url), "url",
	    "by which others that share the store reach this one" },
	{ "admin", 0, NOS_OPT_TEXT, AT(admin), "address", "for /healthz and /metrics",
	    .dflt = "127.0.0.1:8081" },
	{ "mqtt", 0, NOS_OPT_TEXT, AT(mqtt), "url",
	    "broker, mqtt://[USER@]HOST[:PORT] or mqtts://" },
	{ "mqtt-password", 0, NOS_OPT_SECRET, AT(files.password), "file",
	    "the broker's, for USER" },
	{ "ca", 0, NOS_OPT_PATH, AT(ca), "file", "authorities for mqtts, and for https to peers" },
	{ "print", 0, NOS_OPT_FLAG, AT(print), NULL, "write each record to standard output" },
	{ "ready-fd", 0, NOS_OPT_UINT, AT(ready_fd), "number",
	    "descriptor that gets one line when ready", .min = 1, .max = 65535 },
	{ "register", 0, NOS_OPT_CHOICE, AT(registration), "token|closed", "who may register",
	    .dflt = "token" },
	{ "anonymous", 0, NOS_OPT_CHOICE, AT(anonymous), "yes|no", "take readings without a seal",
	    .dflt = "yes" },
	{ "rules", 0, NOS_OPT_PATH, AT(files.rules), "file",
	    "rules of types, over the built-in sets" },
	{ "map-dir", 0, NOS_OPT_PATH, AT(files.map_dir), "folder",
	    "maps of messages of others, NAME.json each" },
	{ "peers", 0, NOS_OPT_PATH, AT(files.peers), "file",
	    "other nodes, to and from which sources may roam" },
	{ "records-bearer", 0, NOS_OPT_PATH, AT(files.readers), "file",
	    "tokens by which records may be read again, a line each" },
	{ "pool", 0, NOS_OPT_LIST, AT(pool), "P,k",
	    "global keys of dini, and how many of them a source holds", .dflt = "100,1" },
	{ "overlap", 0, NOS_OPT_SPAN, AT(overlap_ms), "span",
	    "how long a key that was replaced still serves", .dflt = "1h",
	    .max = UINT64_C(365) * 24 * 3600 * 1000 },
	{ "keep", 0, NOS_OPT_SPAN, AT(keep_ms), "time", "how long readings are kept", .dflt = "30d",
	    .min = 1000 },
	{ "keep-size", 0, NOS_OPT_SIZE, AT(keep_size), "size", "largest store", .dflt = "10G",
	    .min = 1 << 20 },
	{ "limit", 0, NOS_OPT_AGAIN, AT(limit), "limit", "NAME=VALUE, one of those of --check -v" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-serve", "",
	"Take readings over HTTP, score them, hand them on over MQTT.", opts, AT(common) };

/* All that main holds. */
struct serve {
	struct serve_opts o;
	struct nos_limit limits;
	struct nos_home home;
	struct files files;
};

static bool is_file(const struct serve *s)
{
	return nos_str_starts(nos_str_of(s->home.url), "sqlite:");
}

static void drop(struct serve *s)
{
	nos_home_release(&s->home);
	files_drop(&s->files);
}

/* What goes with what, of where it listens. */
static enum nos_code check_listen(struct serve_opts *o, struct nos_err *err)
{
	const struct files_paths *p = &o->files;

	if (!o->listen.count && !o->listen_tls.count)
		o->listen.items[o->listen.count++] = "127.0.0.1:8080";
	if (o->listen.count + o->listen_tls.count > NOS_HTTP_LISTEN_MAX)
		return nos_err_set(err, NOS_USAGE, "--listen and --listen-tls: over %d addresses",
		    NOS_HTTP_LISTEN_MAX);
	if (o->tls_proxy && !o->listen.count)
		return nos_err_set(err, NOS_USAGE, "--tls-proxy is for what comes to --listen");
	if (!o->listen_tls.count != !p->tls_cert || !p->tls_cert != !p->tls_key)
		return nos_err_set(
		    err, NOS_USAGE, "--listen-tls, --tls-cert and --tls-key go together");
	return NOS_OK;
}

static enum nos_code check_addresses(const struct serve_opts *o, struct nos_err *err)
{
	for (size_t i = 0; i < o->listen.count; i++)
		if (nos_http_server_check(o->listen.items[i], err))
			return nos_err_within(err, "--listen");
	for (size_t i = 0; i < o->listen_tls.count; i++)
		if (nos_http_server_check(o->listen_tls.items[i], err))
			return nos_err_within(err, "--listen-tls");
	if (*o->admin && nos_http_server_check(o->admin, err))
		return nos_err_within(err, "--admin");
	return NOS_OK;
}

static enum nos_code check_cluster_url(const char *url, struct nos_err *err)
{
	if (!url)
		return NOS_OK;
	if (nos_url_check(url, err))
		return nos_err_within(err, "--cluster-url");
	return nos_url_is_any(url)
		   ? nos_err_set(err, NOS_USAGE,
			 "--cluster-url: %s is no machine's: others reach this one by its own name or "
			 "address",
			 url)
		   : NOS_OK;
}

/* Is this address any, by which no other finds it? */
static bool is_any(const char *address)
{
	char url[NOS_URL_MAX + 1];

	return snprintf(url, sizeof(url), "http://%s", address) < (int)sizeof(url) &&
	       nos_url_is_any(url);
}

/* Others that share a store on servers are to find this one: said before anything is made. */
static enum nos_code check_found(const struct serve *s, struct nos_err *err)
{
	if (s->o.init || s->o.cluster_url || is_file(s))
		return NOS_OK;
	for (size_t i = 0; i < s->o.listen.count; i++)
		if (!is_any(s->o.listen.items[i]))
			return NOS_OK;
	return nos_err_set(err, NOS_USAGE,
	    "--cluster-url: by which URL do others that share the store reach this one?");
}

static enum nos_code read_pool(struct serve_opts *o, struct nos_err *err)
{
	uint64_t keys, ring;

	if (o->pool.count != 2 ||
	    !nos_num_parse(nos_str_of(o->pool.items[0]), 1, NOS_POOL_MAX, &keys) ||
	    !nos_num_parse(nos_str_of(o->pool.items[1]), 1, NOS_POOL_RING_MAX, &ring) ||
	    ring > keys)
		return nos_err_set(err, NOS_USAGE, "--pool: P,k with P up to %d and k up to %d",
		    NOS_POOL_MAX, NOS_POOL_RING_MAX);
	o->keys = (unsigned)keys;
	o->ring = (unsigned)ring;
	return NOS_OK;
}

static void fit(struct nos_limit *limits)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_str rest, line;

	nos_buf_init(&text, 4096);
	nos_limit_fit(limits, nos_file_most(), &text);
	rest = nos_buf_str(&text);
	while (nos_str_cut(&rest, '\n', &line) && line.len)
		nos_log_line(NOS_LOG_WARN, "%.*s", NOS_STR_ARG(line));
}

/* Settings that need more than the option table to be known good. */
static enum nos_code prepare(struct serve *s, struct nos_err *err)
{
	nos_limit_init(&s->limits);
	for (size_t i = 0; i < s->o.limit.count; i++)
		if (nos_limit_set(&s->limits, s->o.limit.items[i], err))
			return err->code;
	fit(&s->limits);
	if (nos_daemon_check(s->o.ready_fd, err))
		return err->code;
	if (read_pool(&s->o, err))
		return err->code;
	if (s->o.url && nos_url_check(s->o.url, err))
		return nos_err_within(err, "--url");
	if (check_cluster_url(s->o.cluster_url, err) || check_addresses(&s->o, err) ||
	    check_listen(&s->o, err) || files_read(&s->files, err))
		return err->code;
	if (s->o.files.peers && nos_http_client_start(err))
		return err->code;
	return nos_home_locate(&s->home, &s->o.store, s->o.node_key, err) ? err->code
									  : check_found(s, err);
}

static int say(struct nos_buf *b, int fd)
{
	return write(fd, b->p, b->len) == (ssize_t)b->len ? 0 : nos_start_status(NOS_IO);
}

/* Its URL, password and authorities; it need not be there. */
static enum nos_code check_broker(struct serve *s, struct nos_err *err)
{
	NOS_AUTO(secret) password = { 0 };
	const struct nos_mqtt_config config = { .url = s->o.mqtt,
		.password = nos_login_get(&s->files.login, &password) ? &password : NULL,
		.ca = s->o.ca,
		.client_id = "nos-serve",
		.window = (unsigned)s->limits.of[NOS_LIMIT_WINDOW],
		.keepalive_s = 30 };
	struct nos_mqtt *mqtt = NULL;

	nos_err_clear(err);
	if (s->o.mqtt && nos_mqtt_new(&config, &mqtt, err))
		return err->code;
	nos_mqtt_free(mqtt);
	return NOS_OK;
}

/* None has this one's number, which is 1 where nothing else is said; the authorities are there. */
static enum nos_code check_peers(const struct serve *s, struct nos_err *err)
{
	const uint64_t made = s->o.node ? s->o.node : 1;
	const uint64_t number = s->home.self.number ? s->home.self.number : made;
	const struct nos_http_client_config config = { .ca = s->o.ca };
	struct nos_http_client *client = NULL;

	if (s->o.files.peers && !nos_peers_check(&s->files.peers, number, err))
		(void)!nos_http_client_new(&config, &client, err);
	nos_http_client_free(client);
	return err->code;
}

/* The settings are good if all that a start would do with them can be done. */
static int check(struct serve *s)
{
	struct nos_err err = { 0 };
	NOS_AUTO(buf) text = { 0 };

	if (nos_home_check(&s->home, s->o.node, &err) || check_broker(s, &err) ||
	    check_peers(s, &err))
		return nos_start_fail(tool.name, &err);
	nos_buf_init(&text, 65536);
	if (s->o.common.verbose)
		nos_limit_list(&s->limits, &text);
	return say(&text, STDOUT_FILENO);
}

/* How many lanes a store has it is told when it is made. */
static enum nos_code make_lanes(struct serve *s, enum nos_home_made made, struct nos_err *err)
{
	const uint64_t lanes = s->o.lanes;
	const unsigned make = lanes ? (unsigned)lanes : is_file(s) ? 1 : LANES;
	unsigned has;

	if (made != NOS_HOME_MADE_NOTHING && make > 1 && nos_lanes_make(s->home.store, make, err) &&
	    err->code != NOS_EXISTS)
		return err->code;
	nos_err_clear(err);
	if (nos_lanes_get(s->home.store, &has, err))
		return err->code;
	if (lanes && lanes != has)
		return nos_err_set(err, NOS_CONFIG, "--lanes: the store has %u, for good", has);
	return NOS_OK;
}

static enum nos_code make(struct serve *s, struct nos_err *err)
{
	enum nos_home_made made;

	if (nos_home_make(&s->home, s->o.node, &made, err) || make_lanes(s, made, err) ||
	    nos_store_copies(s->home.store, s->o.init, err))
		return err->code;
	if (made != NOS_HOME_MADE_NOTHING)
		nos_log_line(NOS_LOG_INFO, "made node %" PRIu64 ": %s, %s %s", s->home.self.number,
		    s->home.url, made == NOS_HOME_MADE_ALL ? "key" : "under the key that was in",
		    s->home.key);
	return NOS_OK;
}

static int tell_ready(const struct serve *s, const struct nos_node *node)
{
	NOS_AUTO(buf) line = { 0 };
	struct nos_err err = { 0 };

	for (size_t i = 0; i < s->o.listen.count + s->o.listen_tls.count; i++) {
		char url[NOS_NODE_URL_MAX];

		nos_node_url(node, i, url);
		nos_log_line(NOS_LOG_INFO, "ready: %s", url);
	}
	nos_buf_init(&line, 65536);
	nos_node_ready(node, &line);
	return nos_daemon_ready(s->o.ready_fd, &line, &err) ? nos_start_fail(tool.name, &err) : 0;
}

static void until_ended(struct serve *s, struct nos_node *node, const sigset_t *signals)
{
	int got;

	while (sigwait(signals, &got) || got == SIGHUP)
		if (got == SIGHUP)
			files_reread(&s->files, node);
	nos_daemon_ending(got);
}

static int serve(struct serve *s)
{
	const struct serve_opts *o = &s->o;
	const struct nos_node_config config = { .home = &s->home,
		.limits = &s->limits,
		.version = NOS_VERSION,
		.listen = o->listen.items,
		.listen_count = o->listen.count,
		.listen_tls = o->listen_tls.items,
		.listen_tls_count = o->listen_tls.count,
		.tls = s->files.tls,
		.proxy_bits = (unsigned)o->tls_proxy,
		.url = o->url,
		.cluster_url = o->cluster_url,
		.admin = *o->admin ? o->admin : NULL,
		.loops = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
		.mqtt = o->mqtt,
		.login = &s->files.login,
		.ca = o->ca,
		.print_fd = o->print ? STDOUT_FILENO : -1,
		.closed = strcmp(o->registration, "closed") == 0,
		.anonymous = strcmp(o->anonymous, "yes") == 0,
		.pool = o->keys,
		.ring = o->ring,
		.overlap_ms = o->overlap_ms,
		.keep_ms = o->keep_ms,
		.keep_bytes = o->keep_size,
		.profile = s->files.rules ? s->files.rules : nos_profile_builtin(),
		.readers = o->files.readers ? &s->files.readers : NULL,
		.maps = s->files.maps,
		.peers = o->files.peers ? &s->files.peers : NULL };
	struct nos_node *node = NULL;
	struct nos_err err = { 0 };
	sigset_t signals;
	int status;

	/* Blocked in every thread that is made from here on: this one takes them. */
	nos_daemon_block(&signals, true);
	if (make(s, &err) || nos_node_new(&config, &node, &err))
		return nos_start_fail(tool.name, &err);
	status = tell_ready(s, node);
	if (!status)
		until_ended(s, node, &signals);
	nos_node_free(node);
	return status;
}

static int run(struct serve *s)
{
	struct nos_err err = { 0 };

	if (s->o.init && s->o.check)
		nos_err_set(&err, NOS_USAGE, "--init and --check do not go together");
	else if (s->o.lanes && !s->o.init)
		nos_err_set(&err, NOS_USAGE, "--lanes is for --init");
	if (err.code || prepare(s, &err))
		return nos_start_fail(tool.name, &err);
	if (s->o.check)
		return check(s);
	if (s->o.init)
		return make(s, &err) ? nos_start_fail(tool.name, &err) : 0;
	return serve(s);
}

int main(int argc, char **argv)
{
	struct serve s = { 0 };
	struct nos_err err = { 0 };
	int operands, status;

	files_begin(&s.files, &s.o.files);
	nos_start(tool.name);
	nos_start_secret();
	nos_mqtt_start();
	if (nos_http_client_start(&err))
		return nos_start_fail(tool.name, &err);
	if (!nos_opt_begin(&tool, argc, argv, &s.o, &operands, &status))
		return status;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken: '%s'", argv[operands]);
		return nos_start_fail(tool.name, &err);
	}
	nos_log_start(tool.name, s.o.common.quiet     ? NOS_LOG_WARN
				 : s.o.common.verbose ? NOS_LOG_DEBUG
						      : NOS_LOG_INFO);
	status = run(&s);
	drop(&s);
	return status;
}
