/* SPDX-License-Identifier: MIT */
/*
 * Fig. 3: a key on its way through adjacent sources, which relay; and how long it takes until a
 * source knows that neither its node nor a neighbour is reached. Each relay is an HTTP server of
 * its own in this process.
 */
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "delay.h"
#include "source/relay.h"
#include "source/route.h"

#define RUNS	   50
#define QUICK	   5
#define RELAYS	   3
#define NEIGHBOURS 3 /* of who reaches none of them */
#define LOCK_MS	   10000
#define ANSWER_MS  30000

#define BEHIND "the node is not reached but through them, each passes the poll on as it is"
#define AGAIN  "each opens the key and seals it again, as Algorithm 1 has it"
#define NOBODY \
	"each of node and three neighbours refuses the connection; silence is as long as a limit is set"

/* A source's own carrier, from which its node is not reached. */
struct walled {
	struct crowd_far far;
	const char *url; /* of the node */
};

struct relayed {
	struct bench *b;
	struct stage *stage;
	struct stage_fleet source, neighbours;
	struct crowd *crowd;
	int nobody; /* a socket whose port refuses who connects */
	char nobody_url[64];

	char paths[RELAYS][PATH_MAX];
	struct nos_ring rings[RELAYS];
	struct nos_relay *relays[RELAYS];
	char urls[RELAYS][NOS_URL_MAX + 1];
	const char *via[RELAYS];
	struct walled walls[RELAYS + 1];
	struct nos_http_client *client;
	struct nos_route routes[RELAYS + 1]; /* by how many relays; [0]: nobody is reached */
	uint8_t pin[NOS_HASH_LEN];

	struct printed_net *nets[RELAYS];
	struct bench_sample samples[BENCH_PROFILES][RELAYS + 1];
};

/* ---- who is not reached ---- */

static enum nos_code open_nobody(struct relayed *d, struct nos_err *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	d->nobody = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->nobody < 0 || bind(d->nobody, (const struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(d->nobody, (struct sockaddr *)&at, &len))
		return nos_err_set(err, NOS_IO, "no port on loopback");
	snprintf(d->nobody_url, sizeof(d->nobody_url), "http://127.0.0.1:%u", ntohs(at.sin_port));
	return NOS_OK;
}

static enum nos_code carry_walled(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct walled *w = state;
	const struct nos_carrier far = crowd_far_carrier(&w->far);

	if (strcmp(r->url, w->url) != 0)
		return nos_carrier_send(&far, r, ret, err);
	ret->sent = false;
	return nos_err_set(err, NOS_AWAY, "%s: not reached from here", r->url);
}

/* ---- relays ---- */

static enum nos_code open_relay(struct relayed *d, size_t i, struct nos_err *err)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	const char *url = i ? d->nobody_url : stage_url(d->stage);
	const struct nos_relay_config config = { .ring = &d->rings[i],
		.listen = listen,
		.listen_count = 1,
		.loops = 1,
		.urls = &url,
		.url_count = 1,
		.via = i ? &d->via[i - 1] : NULL,
		.via_count = i ? 1 : 0,
		.wait_ms = ANSWER_MS };

	stage_fleet_keyring(d->stage, &d->neighbours, i, d->paths[i]);
	if (nos_ring_open(&d->rings[i], d->paths[i], LOCK_MS, err) ||
	    nos_relay_new(&config, &d->relays[i], err))
		return err->code;
	snprintf(d->urls[i], sizeof(d->urls[i]), "http://%s", nos_relay_address(d->relays[i], 0));
	d->via[i] = d->urls[i];
	return NOS_OK;
}

/* The way of the source through so many of them. */
static void open_route(struct relayed *d, size_t hops, const char *const *via, size_t count)
{
	struct walled *w = &d->walls[hops];
	const struct nos_carrier carrier = { .carry = carry_walled, .state = w };

	*w = (struct walled){ { nos_carrier_straight(d->client), d->b->o->rtt_ms,
				  (unsigned)hops + 1 },
		stage_url(d->stage) };
	nos_route_init(&d->routes[hops], &carrier, NULL, via, count);
	nos_route_aim(&d->routes[hops], d->pin);
}

static enum nos_code read_pin(struct relayed *d, struct nos_err *err)
{
	NOS_AUTO(keyring) k = { 0 };
	char path[PATH_MAX];

	stage_fleet_keyring(d->stage, &d->source, 0, path);
	if (nos_ring_read(path, &k, err))
		return err->code;
	memcpy(d->pin, k.pin, sizeof(d->pin));
	return NOS_OK;
}

static enum nos_code open_default(struct relayed *d, struct nos_err *err)
{
	const char *const nobody[NEIGHBOURS] = { d->nobody_url, d->nobody_url, d->nobody_url };
	const struct nos_http_client_config http = {
		.connect_ms = NOS_ROUTE_CONNECT_MS, .total_ms = ANSWER_MS, .answer_max = 1u << 20
	};

	d->source.scheme = BENCH_DINI;
	if (stage_open(d->b->o->rtt_ms, &d->stage, err) ||
	    stage_fleet_add(d->stage, &d->source, 1, NULL, err) ||
	    stage_fleet_wake(d->stage, &d->source, err) ||
	    stage_fleet_add(d->stage, &d->neighbours, RELAYS, NULL, err) || read_pin(d, err) ||
	    nos_http_client_new(&http, &d->client, err))
		return err->code;
	for (size_t i = 0; i < RELAYS; i++) {
		if (open_relay(d, i, err))
			return err->code;
		open_route(d, i + 1, &d->via[i], 1);
	}
	open_route(d, 0, nobody, NEIGHBOURS);
	return NOS_OK;
}

static enum nos_code open_paper(struct relayed *d, struct nos_err *err)
{
	if (crowd_open(0, &d->crowd, err))
		return err->code;
	for (size_t i = 0; i < RELAYS; i++) {
		if (printed_net_open(false, 1, &d->b->random, &d->nets[i], err))
			return err->code;
		for (size_t j = 0; j <= i; j++)
			if (printed_net_relay(d->nets[i], &d->b->random, err))
				return err->code;
	}
	return NOS_OK;
}

/* ---- a run ---- */

static enum nos_code go_default(struct relayed *d, size_t hops, struct nos_err *err)
{
	const struct nos_carrier carrier = nos_route_carrier(&d->routes[hops]);
	struct nos_err away = { 0 };

	if (!hops)
		return stage_poll(&d->source, 0, 0, &carrier, &away) == NOS_AWAY
			   ? NOS_OK
			   : nos_err_set(err, NOS_INTERNAL, "somebody was reached: %s", away.text);
	if (stage_order(d->stage, &d->source, STAGE_REPLACE, err) ||
	    stage_poll(&d->source, 0, 0, &carrier, err))
		return err->code;
	return d->source.sources[0].done
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "no new key came through the relays");
}

/* searchAdjacentNodes() of Algorithm 1, to its end. */
static enum nos_code search(const struct relayed *d, struct nos_err *err)
{
	const struct nos_carrier_request r = { .url = d->nobody_url, .path = "/poll/0" };
	struct nos_http_answer a = { 0 };

	for (size_t i = 0; i <= NEIGHBOURS && !err->code; i++) {
		struct nos_err away = { 0 };

		nos_buf_init(&a.body, 1024);
		if (nos_carrier_send(crowd_carrier(d->crowd), &r, &a, &away) != NOS_AWAY)
			nos_err_set(err, NOS_INTERNAL, "somebody was reached");
		nos_buf_release(&a.body);
	}
	return err->code;
}

static enum nos_code go_paper(struct relayed *d, size_t hops, struct nos_err *err)
{
	struct printed_net *net = hops ? d->nets[hops - 1] : NULL;
	struct crowd_far far = { *crowd_carrier(d->crowd), d->b->o->rtt_ms, (unsigned)hops + 1 };
	const struct nos_carrier carrier = crowd_far_carrier(&far);

	if (!hops)
		return search(d, err);
	if (printed_net_order(net, true, &d->b->random, err) ||
	    printed_net_visit(net, 0, false, &carrier, err))
		return err->code;
	return printed_net_agrees(net)
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "the sides have other keys");
}

static enum nos_code measure(
    struct relayed *d, size_t hops, enum bench_profile profile, bool counts, struct nos_err *err)
{
	const double since = delay_clock();

	if (profile == BENCH_PAPER ? go_paper(d, hops, err) : go_default(d, hops, err))
		return err->code;
	return counts ? bench_sample_add(&d->samples[profile][hops], delay_clock() - since, err)
		      : NOS_OK;
}

/* In the first, which does not count, neighbours are asked who they are. */
static enum nos_code run_all(struct relayed *d, struct nos_err *err)
{
	const uint64_t runs = bench_runs(d->b, RUNS, QUICK);

	nos_progress_init(&d->b->progress, "keys relayed", runs);
	for (uint64_t run = 0; run <= runs && !bench_is_stopped() && !err->code; run++) {
		nos_progress_set(&d->b->progress, run);
		for (size_t i = 0; i < BENCH_PROFILES * (RELAYS + 1) && !err->code; i++) {
			const enum bench_profile profile = (enum bench_profile)(i % BENCH_PROFILES);

			if (d->b->profiles[profile])
				(void)!measure(d, i / BENCH_PROFILES, profile, run > 0, err);
		}
	}
	nos_progress_done(&d->b->progress);
	return bench_unless_stopped(err);
}

/* ---- the whole ---- */

static enum nos_code print(struct relayed *d, struct nos_err *err)
{
	static const char *const whats[RELAYS + 1] = { "find nobody", "propagate through 1 relay",
		"propagate through 2 relays", "propagate through 3 relays" };

	for (size_t i = 0; i < BENCH_PROFILES * (RELAYS + 1) && !err->code; i++) {
		const size_t hops = i / BENCH_PROFILES, profile = i % BENCH_PROFILES;
		const struct bench_row r = { .what = whats[hops],
			.scheme = bench_scheme_text(BENCH_DINI),
			.profile = bench_profile_text((enum bench_profile)profile),
			.unit = "ms",
			.sources = 1,
			.how = !hops			? NOBODY
			       : profile == BENCH_PAPER ? AGAIN
							: BEHIND };

		(void)!delay_row(d->b, &r, &d->samples[profile][hops], err);
	}
	return err->code;
}

static void close_all(struct relayed *d)
{
	for (size_t i = RELAYS; i-- > 0;) {
		printed_net_close(d->nets[i]);
		nos_relay_free(d->relays[i]);
		nos_ring_release(&d->rings[i]);
	}
	for (size_t i = 0; i <= RELAYS; i++) {
		nos_route_release(&d->routes[i]);
		for (size_t p = 0; p < BENCH_PROFILES; p++)
			bench_sample_release(&d->samples[p][i]);
	}
	nos_http_client_free(d->client);
	crowd_close(d->crowd);
	stage_fleet_release(&d->source);
	stage_fleet_release(&d->neighbours);
	stage_close(d->stage);
	if (d->nobody >= 0)
		close(d->nobody);
}

enum nos_code delay_relayed(struct bench *b, struct nos_err *err)
{
	struct relayed d = { .b = b, .nobody = -1 };

	if (!b->schemes[BENCH_DINI])
		return NOS_OK;
	for (size_t i = 0; i < RELAYS; i++)
		nos_ring_init(&d.rings[i]);
	if (!open_nobody(&d, err) && (!b->profiles[BENCH_DEFAULT] || !open_default(&d, err)) &&
	    (!b->profiles[BENCH_PAPER] || !open_paper(&d, err)) && !run_all(&d, err))
		(void)!print(&d, err);
	close_all(&d);
	return err->code;
}
