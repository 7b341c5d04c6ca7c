/* SPDX-License-Identifier: MIT */
#include "printed_net.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/start.h"
#include "loopback.h"

#define POOL	   100 /* global keys */
#define NODE_LEN   1   /* bytes of Knode: as in the first scenario */
#define HOPS_MAX   4
#define ANSWER_MS  30000
#define ANSWER_MAX 1024 /* bytes */
#define MEDIA	   "application/octet-stream"

/* What a source has, and what the NOS has of it. */
struct source {
	struct printed_key global, local;	  /* at the source */
	struct printed_key node_local, node_next; /* at the NOS */
	struct printed_session session;
	bool fresh, done;
	uint8_t packet[PRINTED_PACKET_MAX];
	size_t packet_len;
	struct nos_http_request *held;
};

struct relay {
	struct nos_http_server *server;
	struct nos_http_client *client;
	char url[LOOPBACK_URL_MAX], next[LOOPBACK_URL_MAX];
	struct printed_key up, down; /* shared with who is before it, and behind */
};

struct printed_net {
	bool is_session, global;
	struct nos_http_server *server;
	char url[LOOPBACK_URL_MAX];
	struct source *sources;
	size_t count;
	uint8_t incr;			/* Kincr */
	struct printed_session session; /* the NOS's own */
	struct relay relays[HOPS_MAX];
	size_t relay_count;
	pthread_mutex_t lock; /* of fresh, held and node_local */
};

const char *printed_net_url(const struct printed_net *n)
{
	return n->relay_count ? n->relays[n->relay_count - 1].url : n->url;
}

/* ---- the NOS's side of the wire ---- */

static void give(struct printed_net *n, struct source *s, struct nos_http_request *r)
{
	s->fresh = false;
	r->status = 200;
	r->type = MEDIA;
	nos_buf_add(&r->out, s->packet, s->packet_len);
	nos_http_server_answer(n->server, r);
}

static void take_reply(struct printed_net *n, struct source *s, struct nos_http_request *r)
{
	if (r->body.len == 1 && r->body.p[0] == PRINTED_REPLY)
		s->node_local = s->node_next;
	r->status = 204;
	nos_http_server_answer(n->server, r);
}

/* "/poll/7" gets a packet or nothing, "/wait/7" a packet whenever there is one, "/reply/7". */
static void handle(void *state, struct nos_http_request *r)
{
	struct printed_net *n = state;
	struct nos_str rest = r->path, word;
	struct source *s = NULL;
	uint64_t i;

	(void)!nos_str_cut(&rest, '/', &word);
	(void)!nos_str_cut(&rest, '/', &word);
	if (nos_num_parse(rest, 0, UINT64_MAX, &i) && i < n->count)
		s = &n->sources[i];
	r->status = s ? 204 : 404;
	pthread_mutex_lock(&n->lock);
	if (s && nos_str_is(word, "reply"))
		take_reply(n, s, r);
	else if (s && s->fresh)
		give(n, s, r);
	else if (s && nos_str_is(word, "wait") && !s->held)
		s->held = r;
	else
		nos_http_server_answer(n->server, r);
	pthread_mutex_unlock(&n->lock);
}

/* ---- made and ended ---- */

static void draw(struct printed_key *k, struct bench_random *r)
{
	bench_random_bytes(r, k->value, sizeof(k->value));
}

static enum nos_code fill(struct printed_net *n, struct bench_random *r, struct nos_err *err)
{
	uint8_t s1[PRINTED_KEY], s2[PRINTED_KEY];
	struct printed_key pool[POOL] = { 0 };
	struct printed_count c = { 0 };

	bench_random_bytes(r, s1, sizeof(s1));
	bench_random_bytes(r, s2, sizeof(s2));
	for (size_t i = 0; i < POOL; i++)
		draw(&pool[i], r);
	if (printed_session_begin(&n->session, PRINTED_EVOLVING, s1, s2, &c, err))
		return err->code;
	for (size_t i = 0; i < n->count; i++) {
		struct source *s = &n->sources[i];

		s->session = n->session;
		s->global = pool[i % POOL];
		printed_dini_name(1, n->incr, NODE_LEN, &s->local.name, &c);
		draw(&s->local, r);
		s->node_local = s->local;
	}
	return NOS_OK;
}

enum nos_code printed_net_open(bool session, size_t count, struct bench_random *r,
    struct printed_net **ret, struct nos_err *err)
{
	struct printed_net *n = calloc(1, sizeof(*n));

	if (!n)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	pthread_mutex_init(&n->lock, NULL);
	n->is_session = session;
	n->count = count;
	n->sources = calloc(count, sizeof(*n->sources));
	if (!n->sources)
		nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (err->code || fill(n, r, err) ||
	    loopback_serve(
		handle, n, (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &n->server, n->url, err))
		printed_net_close(n);
	else
		*ret = n;
	return err->code;
}

void printed_net_close(struct printed_net *n)
{
	if (!n)
		return;
	/* From the source's side on: a request goes through all of them. */
	for (size_t i = n->relay_count; i-- > 0;) {
		nos_http_server_free(n->relays[i].server);
		nos_http_client_free(n->relays[i].client);
	}
	for (size_t i = 0; n->server && i < n->count; i++)
		if (n->sources[i].held)
			nos_http_server_answer(n->server, n->sources[i].held);
	nos_http_server_free(n->server);
	free(n->sources);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

/* ---- neighbours ---- */

/* Algorithm 1, lines 8 to 19: the blocks are opened and sealed anew; the name goes as it is. */
static enum nos_code seal_again(
    const struct relay *m, struct nos_span packet, struct nos_buf *ret, struct nos_err *err)
{
	const size_t name_len = NODE_LEN + 1;
	uint8_t text[2 * PRINTED_KEY], block[2 * PRINTED_KEY];
	struct printed_count c = { 0 };
	const size_t len = packet.len - name_len;

	if (packet.len < name_len || len > sizeof(text) || len % PRINTED_KEY)
		return nos_err_set(err, NOS_DATA, "not a packet of a local key");
	if (printed_decrypt(m->up.value, packet.p + name_len, len, text, &c, err) ||
	    printed_encrypt(m->down.value, text, len, block, &c, err))
		return err->code;
	nos_buf_add(ret, packet.p, name_len);
	nos_buf_add(ret, block, len);
	return NOS_OK;
}

static enum nos_code pass_on(struct relay *m, struct nos_http_request *r, struct nos_err *err)
{
	struct nos_http_answer a = { 0 };
	char url[2 * NOS_HTTP_ADDRESS_MAX];

	snprintf(url, sizeof(url), "%s%.*s", m->next, NOS_STR_ARG(r->path));
	nos_buf_init(&a.body, ANSWER_MAX);
	if (!nos_http_client_send(m->client, url, MEDIA, &r->body, &a, err)) {
		r->status = a.status;
		if (a.status == 200)
			(void)!seal_again(m, nos_buf_span(&a.body), &r->out, err);
	}
	nos_buf_release(&a.body);
	return err->code;
}

static void handle_relayed(void *state, struct nos_http_request *r)
{
	struct relay *m = state;
	struct nos_err err = { 0 };

	if (pass_on(m, r, &err))
		r->status = 502;
	nos_http_server_answer(m->server, r);
}

enum nos_code printed_net_relay(struct printed_net *n, struct bench_random *r, struct nos_err *err)
{
	const struct nos_http_client_config http = { .connect_ms = ANSWER_MS,
		.total_ms = ANSWER_MS,
		.answer_max = ANSWER_MAX,
		.stop = nos_start_stopped() };
	struct source *s = &n->sources[0];
	struct relay *m = &n->relays[n->relay_count];

	if (n->relay_count == HOPS_MAX || n->count != 1 || n->is_session)
		return nos_err_set(err, NOS_USAGE, "no relay can stand there");
	snprintf(m->next, sizeof(m->next), "%s", printed_net_url(n));
	m->up = n->relay_count ? m[-1].down : s->global;
	draw(&m->down, r);
	if (nos_http_client_new(&http, &m->client, err))
		return err->code;
	if (loopback_serve(handle_relayed, m, 1, &m->server, m->url, err)) {
		nos_http_client_free(m->client);
		return err->code;
	}
	n->relay_count++;
	return NOS_OK;
}

/* ---- orders ---- */

static enum nos_code make_dini(struct printed_net *n, struct source *s, struct bench_random *r,
    struct printed_count *c, struct nos_err *err)
{
	const struct printed_key *first = n->relay_count ? &n->relays[0].up : &s->global;

	printed_dini_name(1, n->incr, NODE_LEN, &s->node_next.name, c);
	draw(&s->node_next, r);
	c->keys++;
	return n->global
		   ? printed_dini_install(first, &s->node_next, s->packet, &s->packet_len, c, err)
		   : printed_dini_replace(
			 &s->node_local, &s->node_next, s->packet, &s->packet_len, c, err);
}

static void add_session(struct source *s, const struct printed_msg *m)
{
	s->packet[0] = m->type;
	s->packet[1] = m->session;
	memcpy(s->packet + 2, m->block, sizeof(m->block));
	s->packet_len = PRINTED_MSG_LEN;
}

static enum nos_code make_all(struct printed_net *n, struct bench_random *r, struct nos_err *err)
{
	uint8_t text[PRINTED_KEY] = { 0 };
	struct printed_count c = { 0 };
	struct printed_msg m;

	if (n->is_session &&
	    (printed_session_say(&n->session, PRINTED_MSG_UPDATE, text, &m, &c, err) ||
		printed_session_update(&n->session, &c, err)))
		return err->code;
	n->incr++;
	for (size_t i = 0; i < n->count; i++) {
		struct source *s = &n->sources[i];

		if (n->is_session)
			add_session(s, &m);
		else if (make_dini(n, s, r, &c, err))
			return err->code;
		s->fresh = true;
		s->done = false;
		if (s->held)
			give(n, s, s->held);
		s->held = NULL;
	}
	return NOS_OK;
}

enum nos_code printed_net_order(
    struct printed_net *n, bool global, struct bench_random *r, struct nos_err *err)
{
	/* Neighbours open what they pass on, which they cannot under a key that is not theirs. */
	if (n->relay_count && !global)
		return nos_err_set(err, NOS_USAGE, "through neighbours a key is installed");
	pthread_mutex_lock(&n->lock);
	n->global = global;
	(void)!make_all(n, r, err);
	pthread_mutex_unlock(&n->lock);
	return err->code;
}

/* ---- a source ---- */

static enum nos_code ask(const struct printed_net *n, const char *word, size_t i,
    struct nos_span body, const struct nos_carrier *carrier, struct nos_http_answer *ret,
    struct nos_err *err)
{
	char path[64];
	const struct nos_carrier_request r = {
		.url = printed_net_url(n), .path = path, .media = MEDIA, .body = &body
	};

	snprintf(path, sizeof(path), "/%s/%zu", word, i);
	if (nos_carrier_send(carrier, &r, ret, err))
		return err->code;
	return ret->status == 200 || ret->status == 204
		   ? NOS_OK
		   : nos_err_set(err, NOS_AWAY, "%s%s: answered %u", r.url, path, ret->status);
}

static enum nos_code take(
    struct printed_net *n, struct source *s, struct nos_span packet, struct nos_err *err)
{
	const struct printed_key *under = !n->global	   ? &s->local
					  : n->relay_count ? &n->relays[n->relay_count - 1].down
							   : &s->global;
	uint8_t text[PRINTED_KEY];
	struct printed_count c = { 0 };
	struct printed_key taken;
	struct printed_msg m;

	if (n->is_session) {
		if (packet.len != PRINTED_MSG_LEN)
			return nos_err_set(err, NOS_DATA, "not a message of a session");
		m = (struct printed_msg){ .type = packet.p[0], .session = packet.p[1] };
		memcpy(m.block, packet.p + 2, sizeof(m.block));
		return printed_session_hear(&s->session, &m, text, &c, err);
	}
	if (printed_dini_take(under, packet.p, packet.len, NODE_LEN + 1, &taken, &c, err))
		return err->code;
	s->local = taken;
	return NOS_OK;
}

enum nos_code printed_net_visit(struct printed_net *n, size_t i, bool wait,
    const struct nos_carrier *carrier, struct nos_err *err)
{
	static const uint8_t reply = PRINTED_REPLY;
	struct source *s = &n->sources[i];
	struct nos_http_answer a = { 0 };

	nos_buf_init(&a.body, ANSWER_MAX);
	if (!ask(n, wait ? "wait" : "poll", i, (struct nos_span){ &reply, 0 }, carrier, &a, err) &&
	    a.status == 200) {
		/* Who waited has seen nothing yet of what the order has changed. */
		pthread_mutex_lock(&n->lock);
		s->done = !take(n, s, nos_buf_span(&a.body), err);
		pthread_mutex_unlock(&n->lock);
		if (s->done && !n->is_session)
			(void)!ask(n, "reply", i, (struct nos_span){ &reply, 1 }, carrier, &a, err);
	}
	nos_buf_release(&a.body);
	return err->code;
}

static enum nos_code turn(
    void *state, size_t i, const struct nos_carrier *carrier, struct nos_err *err)
{
	struct printed_net *n = state;

	return n->sources[i].done ? NOS_OK : printed_net_visit(n, i, false, carrier, err);
}

enum nos_code printed_net_follow(struct printed_net *n, struct crowd *c, struct nos_err *err)
{
	size_t done = 0;

	if (crowd_run(c, n->count, turn, n, err))
		return err->code;
	for (size_t i = 0; i < n->count; i++)
		done += n->sources[i].done;
	return done == n->count ? NOS_OK
				: nos_err_set(err, NOS_INTERNAL, "%zu of %zu sources got no packet",
				      n->count - done, n->count);
}

bool printed_net_agrees(const struct printed_net *n)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct source *s = &n->sources[i];

		if (n->is_session ? memcmp(s->session.k, n->session.k, PRINTED_KEY) != 0
				  : memcmp(s->local.value, s->node_local.value, PRINTED_KEY) != 0)
			return false;
	}
	return true;
}
