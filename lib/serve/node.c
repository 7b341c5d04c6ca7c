/* SPDX-License-Identifier: MIT */
#include "serve/node.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cluster/addresses.h"
#include "json/encode.h"
#include "peer/abroad.h"
#include "registry/globals.h"
#include "self/self_policy.h"
#include "roam/stay.h"
#include "serve/admin.h"
#include "serve/routes.h"

#define ANSWER_MAX (4u << 20) /* bytes: all of 10,000 readings refused */
#define STEP_MS	   5
#define SQLITE	   "sqlite:"
#define POOL_TRIES 8

struct nos_node {
	struct nos_node_config config;
	struct nos_time since;
	struct nos_metric metric;
	char client_id[64];
	struct nos_card *card;
	struct nos_member_table *members;
	struct nos_maps *maps;
	struct nos_placement *placement;
	struct nos_control *control;
	struct nos_abroad *abroad; /* NULL: it knows no other node */
	struct nos_routes routes;
	struct nos_admin *admin; /* NULL: there is none */
	struct nos_http_server *server;
	struct nos_addresses addresses;
	struct nos_store *control_store;
	int lock_fd; /* one nos-serve a SQLite store */
};

static enum nos_code open_store(
    const struct nos_node *n, struct nos_store **ret, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(n->config.home);

	return nos_store_open(&where, false, ret, err);
}

/* In a file: one nos-serve has it. Otherwise others may share it. */
static bool is_shared(const struct nos_node *n)
{
	return strncmp(n->config.home->url, SQLITE, strlen(SQLITE)) != 0;
}

/* Two on one store would each keep windows of their own. */
static enum nos_code lock(struct nos_node *n, struct nos_err *err)
{
	const struct nos_home *home = n->config.home;

	if (nos_home_lock(home, "serve", 0, &n->lock_fd, err) == NOS_BUSY)
		nos_err_set(err, NOS_BUSY, "another nos-serve has the store '%s'", home->url);
	return err->code;
}

static void came(void *state, unsigned lane)
{
	struct nos_node *n = state;

	if (!lane)
		nos_control_keep_up(n->control);
}

static struct nos_ledger_config ledger_of(struct nos_node *n)
{
	const struct nos_node_config *f = &n->config;

	return (struct nos_ledger_config){ .card = n->card,
		.vault = &f->home->vault,
		.members = n->members,
		.limits = f->limits,
		.metric = &n->metric,
		.node = nos_card_self(n->card)->number,
		.keep_ms = f->keep_ms,
		.keep_bytes = f->keep_bytes,
		.outbox = f->mqtt || f->print_fd >= 0 };
}

static struct nos_publish_config publish_of(struct nos_node *n)
{
	const struct nos_node_config *f = &n->config;

	return (struct nos_publish_config){ .limits = f->limits,
		.metric = &n->metric,
		.node = nos_card_self(n->card)->number,
		.version = f->version,
		.since = n->since,
		.mqtt = f->mqtt,
		.login = f->login,
		.ca = f->ca,
		.print_fd = f->print_fd };
}

/* Without peers there are no visitors, also those that were. */
static enum nos_code drop_visitors(struct nos_store *store, struct nos_err *err)
{
	struct nos_audit audit;
	const struct nos_stay stay = { .store = store, .audit = &audit };

	nos_audit_init(&audit, store, "nos-serve", false);
	return nos_stay_drop(&stay, NULL, NULL, NOS_STAY_NO_PEERS, nos_time_now(), err);
}

static enum nos_code start_abroad(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;
	const struct nos_abroad_config config = { .store = nos_home_where(f->home),
		.visits = { .vault = &f->home->vault,
		    .card = n->card,
		    .members = n->members,
		    .ingest = &n->routes.ingest,
		    .placement = n->placement,
		    .metric = &n->metric,
		    .ca = f->ca,
		    .most = f->limits->of[NOS_LIMIT_VISITS],
		    .state = &n->routes,
		    .answer = nos_routes_controlled,
		    .opened = nos_routes_visited } };

	if (!f->peers)
		return drop_visitors(f->home->store, err);
	if (nos_peers_check(f->peers, nos_card_self(n->card)->number, err) ||
	    nos_abroad_new(&config, f->peers, &n->abroad, err))
		return err->code;
	n->routes.ingest.visit = nos_visits_submit;
	n->routes.ingest.visit_state = nos_abroad_visits(n->abroad);
	return NOS_OK;
}

static enum nos_code start_lanes(struct nos_node *n, struct nos_err *err)
{
	const uint64_t number = nos_card_self(n->card)->number;
	const struct nos_placement_config config = { .lane = { .home = n->config.home,
							 .commit = { .ledger = ledger_of(n),
							     .state = &n->routes,
							     .answer = nos_routes_committed },
							 .publish = publish_of(n),
							 .id = n->client_id,
							 .shared = is_shared(n) },
		.profile = n->config.profile,
		.state = n,
		.came = came };

	if (is_shared(n))
		snprintf(n->client_id, sizeof(n->client_id), "nos-serve-%" PRIu64, number);
	else
		snprintf(n->client_id, sizeof(n->client_id), "nos-serve-%" PRIu64 "-%ld", number,
		    (long)getpid());
	return nos_placement_new(&config, &n->placement, err);
}

static enum nos_code start_control(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;
	const struct nos_control_config config = { .store = n->control_store,
		.vault = &f->home->vault,
		.card = n->card,
		.members = n->members,
		.placement = n->placement,
		.abroad = n->abroad,
		.metric = &n->metric,
		.works = f->limits->of[NOS_LIMIT_REGISTRATIONS],
		.polls = nos_limit_polls(f->limits),
		.looks = is_shared(n),
		.state = &n->routes,
		.answer = nos_routes_controlled };

	return nos_control_new(&config, &n->control, err);
}

static enum nos_code open_loops(struct nos_node *n, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(n->config.home);
	struct nos_routes *r = &n->routes;

	r->loops = calloc(n->config.loops, sizeof(*r->loops));
	if (!r->loops)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (; r->loop_count < n->config.loops; r->loop_count++)
		if (nos_loop_open(&r->loops[r->loop_count], &where, r->lanes, &n->metric, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code prepare_routes(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;
	struct nos_routes *r = &n->routes;

	nos_records_init(&r->records, n->card, f->limits->of[NOS_LIMIT_RECORDS]);
	r->records.proxied = f->proxy_bits > 0;
	if (f->readers)
		nos_records_allow(&r->records, f->readers);
	r->placement = n->placement;
	r->lanes = nos_placement_lanes(n->placement);
	r->metric = &n->metric;
	r->closed = f->closed;
	r->card = r->ingest.card = n->card;
	r->ingest.vault = &f->home->vault;
	r->ingest.limits = f->limits;
	r->ingest.members = n->members;
	r->ingest.metric = &n->metric;
	r->ingest.placement = n->placement;
	r->ingest.maps = n->maps;
	r->ingest.anonymous = f->anonymous;
	r->ingest.proxy_bits = f->proxy_bits;
	atomic_store(
	    &r->ingest.key_period_ms, (uint64_t)(nos_profile_key_period_s(f->profile) * 1000));
	return open_loops(n, err);
}

static enum nos_code start_server(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;
	const struct nos_http_config config = { .listen = f->listen,
		.listen_count = f->listen_count,
		.listen_tls = f->listen_tls,
		.listen_tls_count = f->listen_tls_count,
		.tls = f->tls,
		.loops = f->loops,
		.connections = (unsigned)f->limits->of[NOS_LIMIT_CONNECTIONS],
		.requests = (unsigned)f->limits->of[NOS_LIMIT_REQUESTS],
		.idle_s = (unsigned)f->limits->of[NOS_LIMIT_IDLE],
		.total_s = (unsigned)f->limits->of[NOS_LIMIT_REQUEST_TIME],
		.out_max = ANSWER_MAX,
		.thread_name = "nos-http",
		.state = &n->routes,
		.shown = nos_routes_shown,
		.begin = nos_routes_begin,
		.fail = nos_routes_fail,
		.handle = nos_routes_handle,
		.turn = nos_routes_turn };

	n->routes.control = n->control;
	if (nos_http_server_new(&config, &n->routes.server, err))
		return err->code;
	n->server = n->routes.server;
	n->addresses = (struct nos_addresses){ n->server, f->listen_count, f->listen_tls_count };
	return NOS_OK;
}

/* Where lanes are shared, requests are as well. */
static enum nos_code start_forward(struct nos_node *n, struct nos_err *err)
{
	const struct nos_forward_config config = { .vault = &n->config.home->vault,
		.at_once = (unsigned)n->config.limits->of[NOS_LIMIT_FORWARDS],
		.total_ms = NOS_FORWARD_MS,
		.state = &n->routes,
		.answer = nos_routes_forwarded };

	return is_shared(n) ? nos_forward_new(&config, &n->routes.forward, err) : NOS_OK;
}

static enum nos_code start_admin(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;
	const struct nos_admin_config config = { .address = f->admin,
		.store = nos_home_where(f->home),
		.limits = f->limits,
		.placement = n->placement,
		.has_broker = f->mqtt != NULL,
		.metric = &n->metric,
		.version = f->version };

	return f->admin ? nos_admin_new(&config, &n->admin, err) : NOS_OK;
}

/* What tools beside this go by. */
static enum nos_code note_policy(
    const struct nos_node *n, const struct nos_profile *profile, struct nos_err *err)
{
	const struct nos_self_policy policy = { .overlap_ms = n->config.overlap_ms,
		.key_period_ms = (uint64_t)(nos_profile_key_period_s(profile) * 1000) };

	const struct nos_home *home = n->config.home;
	int tries = POOL_TRIES;
	bool changed;

	if (nos_self_policy_put(home->store, &policy, err))
		return err->code;
	/* Another that starts with this one may be at it as well. */
	do
		nos_err_clear(err);
	while (nos_globals_resize(home->store, &home->vault, n->config.pool, n->config.ring,
		   nos_time_now(), &changed, err) == NOS_EXISTS &&
	       --tries);
	return err->code;
}

/* Others come to what is plain: what they send is sealed by itself. */
static enum nos_code share(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;
	char space[NOS_NODE_URL_MAX];
	const char *url =
	    f->cluster_url ? f->cluster_url : nos_addresses_first(&n->addresses, false, space);

	if (!url)
		return nos_err_set(err, NOS_USAGE,
		    "--cluster-url: by which URL do others that share the store reach this one?");
	return nos_placement_start(n->placement, url, err);
}

static enum nos_code start_maps(struct nos_node *n, struct nos_err *err)
{
	struct nos_maps_set *maps = n->config.maps;

	if (nos_maps_keep(maps, n->config.home->store, err) || nos_maps_new(maps, &n->maps, err))
		return err->code;
	nos_maps_hold(maps);
	return NOS_OK;
}

static enum nos_code start(struct nos_node *n, struct nos_err *err)
{
	const struct nos_node_config *f = &n->config;

	nos_metric_set(&n->metric, NOS_METRIC_LIMIT_COMMIT, f->limits->of[NOS_LIMIT_REQUESTS]);
	nos_metric_set(
	    &n->metric, NOS_METRIC_LIMIT_REGISTER, f->limits->of[NOS_LIMIT_REGISTRATIONS]);
	nos_metric_set(&n->metric, NOS_METRIC_LIMIT_POLLS, nos_limit_polls(f->limits));
	nos_metric_set(&n->metric, NOS_METRIC_LIMIT_VISITS, f->limits->of[NOS_LIMIT_VISITS]);
	if (lock(n, err) || open_store(n, &n->control_store, err) ||
	    nos_card_new(n->config.home, n->config.closed, &n->card, err) ||
	    nos_member_table_new(n->config.limits->of[NOS_LIMIT_SOURCES], &n->members, err) ||
	    note_policy(n, n->config.profile, err) || start_maps(n, err) || start_lanes(n, err) ||
	    prepare_routes(n, err) || start_abroad(n, err) || start_control(n, err) ||
	    start_forward(n, err) || start_admin(n, err) || start_server(n, err) ||
	    (is_shared(n) && share(n, err)))
		return err->code;
	return nos_addresses_note(&n->addresses, f->home->store, f->url, err);
}

enum nos_code nos_node_new(
    const struct nos_node_config *config, struct nos_node **ret, struct nos_err *err)
{
	struct nos_node *n = calloc(1, sizeof(*n));

	if (!n)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	n->config = *config;
	n->since = nos_time_now();
	n->lock_fd = -1;
	if (start(n, err)) {
		nos_node_free(n);
		return err->code;
	}
	*ret = n;
	return NOS_OK;
}

void nos_node_rules(struct nos_node *n, struct nos_profile *profile)
{
	struct nos_err err = { 0 };

	atomic_store(
	    &n->routes.ingest.key_period_ms, (uint64_t)(nos_profile_key_period_s(profile) * 1000));
	if (note_policy(n, profile, &err))
		nos_log_line(NOS_LOG_WARN, "the crypto-period of the rules: %s", err.text);
	nos_placement_profile(n->placement, profile);
}

enum nos_code nos_node_maps(struct nos_node *n, struct nos_maps_set *maps, struct nos_err *err)
{
	if (nos_maps_keep(maps, n->config.home->store, err)) {
		nos_maps_drop(maps);
		return err->code;
	}
	nos_maps_replace(n->maps, maps);
	return NOS_OK;
}

void nos_node_readers(struct nos_node *n, const struct nos_readers *readers)
{
	nos_records_allow(&n->routes.records, readers);
}

enum nos_code nos_node_peers(
    struct nos_node *n, const struct nos_peers_list *peers, struct nos_err *err)
{
	if (nos_peers_check(peers, nos_card_self(n->card)->number, err))
		return err->code;
	nos_abroad_replace(n->abroad, peers);
	return NOS_OK;
}

void nos_node_url(const struct nos_node *n, size_t i, char ret[static NOS_NODE_URL_MAX])
{
	nos_addresses_url(&n->addresses, i, ret);
}

void nos_node_ready(const struct nos_node *n, struct nos_buf *b)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "node", nos_card_self(n->card)->number);
	nos_addresses_encode(&n->addresses, b);
	if (n->admin)
		nos_encode_member_text(b, "admin", nos_str_of(nos_admin_address(n->admin)));
	nos_encode_member_text(b, "pin", nos_str_of(nos_card_self(n->card)->pin));
	nos_encode_member_text(b, "store", nos_str_of(n->config.home->url));
	nos_encode_member_uint(b, "pid", (uint64_t)getpid());
	nos_buf_add_text(b, "}\n");
}

static void drain(struct nos_node *n)
{
	if (!n->server)
		return;
	nos_http_server_drain(n->server);
	nos_control_drain(n->control);
	nos_abroad_drain(n->abroad);
	/* Each request in hand is with a thread that will answer it. */
	while (nos_http_server_pending(n->server))
		poll(NULL, 0, STEP_MS);
	nos_http_server_free(n->server);
}

static void close_stores(struct nos_node *n)
{
	for (size_t i = 0; i < n->routes.loop_count; i++)
		nos_loop_close(&n->routes.loops[i]);
	free(n->routes.loops);
	nos_store_close(n->control_store);
}

void nos_node_free(struct nos_node *n)
{
	if (!n)
		return;
	drain(n);
	nos_forward_free(n->routes.forward);
	nos_admin_free(n->admin);
	nos_control_free(n->control);
	nos_placement_free(n->placement);
	nos_abroad_free(n->abroad);
	close_stores(n);
	nos_maps_free(n->maps);
	nos_records_release(&n->routes.records);
	nos_member_table_free(n->members);
	nos_card_free(n->card);
	if (n->lock_fd >= 0)
		close(n->lock_fd);
	free(n);
}
