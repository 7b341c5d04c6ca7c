/* SPDX-License-Identifier: MIT */
#include "source/relay.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "json/encode.h"
#include "key/name.h"
#include "net/http_bearer.h"
#include "net/http_server.h"
#include "net/url.h"
#include "source/carrier.h"
#include "source/inquiry.h"
#include "source/relay_frame.h"
#include "source/relay_pool.h"
#include "source/relay_reply.h"
#include "source/relay_sender.h"
#include "source/relay_trace.h"

#define SOURCES	      "/v1/sources"
#define M1_MAX	      65536 /* bytes of a registration */
#define WORD_MAX      4096  /* of an ask, an acknowledgement */
#define ANSWER_MAX    (4u << 20)
#define IDLE_S	      75 /* above what a poll is held */
#define REQUEST_S     60
#define POLL_RETRY_S  5
#define DRAIN_STEP_MS 5
#define DRAIN_MS      5000 /* what is in hand then is broken off */

struct nos_relay {
	struct nos_relay_config config;
	char id[33];
	uint8_t pin[NOS_HASH_LEN];
	char url_space[NOS_KEYRING_URLS_MAX][NOS_URL_MAX + 1];
	const char *urls[NOS_KEYRING_URLS_MAX];
	size_t url_count;
	struct nos_relay_sender *sender;
	struct nos_relay_pool *polls, *passes;
	struct nos_http_server *server;
};

/* ---- requests ---- */

enum path {
	PATH_NONE,
	PATH_FRAME,
	PATH_NODE,
	PATH_SOURCES,
	PATH_KEYS,
	PATH_WORD, /* an ask, an acknowledgement */
};

/* What stands behind /v1/sources/ID, where that is an id: libcurl would make another path of "..".
 */
static enum path exchange_of(struct nos_str path)
{
	struct nos_str id;

	path.p += strlen(SOURCES "/"), path.len -= strlen(SOURCES "/");
	if (!nos_str_cut(&path, '/', &id) || !path.p || !nos_name_is_word(id))
		return PATH_NONE;
	if (nos_str_is(path, "keys"))
		return PATH_KEYS;
	return nos_str_is(path, "acks") || nos_str_is(path, "resync") ? PATH_WORD : PATH_NONE;
}

static enum path path_of(struct nos_str path)
{
	if (nos_relay_frame_is(path))
		return PATH_FRAME;
	if (nos_str_is(path, "/v1/node"))
		return PATH_NODE;
	if (nos_str_is(path, SOURCES))
		return PATH_SOURCES;
	return nos_str_starts(path, SOURCES "/") ? exchange_of(path) : PATH_NONE;
}

/* The method that a path takes; the answer to another. */
static bool is_method(struct nos_http_request *r, enum path path)
{
	const char *method = path == PATH_NODE || path == PATH_KEYS ? "GET" : "POST";
	struct nos_err err = { 0 };

	if (nos_str_is(r->method, method))
		return true;
	nos_err_set(&err, NOS_USAGE, "%.*s takes %s alone", NOS_STR_ARG(r->path), method);
	nos_relay_reply_status(r, &err, 405, 0);
	nos_http_server_header(r, "Allow", method);
	return false;
}

static size_t body_max(enum path path)
{
	switch (path) {
	case PATH_FRAME:
		return NOS_RELAY_FRAME_MAX;
	case PATH_SOURCES:
		return M1_MAX;
	case PATH_WORD:
		return WORD_MAX;
	case PATH_NONE:
	case PATH_NODE:
	case PATH_KEYS:
		break;
	}
	return 0;
}

static enum nos_code check(const struct nos_relay *relay, const struct nos_http_request *r,
    enum path path, struct nos_err *err)
{
	if (nos_relay_trace_check(r->via, relay->id, err) ||
	    (path == PATH_FRAME && nos_relay_frame_check(r, err)))
		return err->code;
	if (r->path.len + r->query.len >= NOS_CARRIER_PATH_MAX)
		return nos_err_set(err, NOS_DATA, "the path is too long");
	return NOS_OK;
}

/* Sent on it would be a reading of nobody, and its sender would not hear that others have it now.
 */
static bool refuse_bearer(const struct nos_http_request *r, struct nos_err *err)
{
	struct nos_str token;

	if (!nos_http_bearer_read(r->authorization, &token))
		return false;
	nos_err_set(err, NOS_TAG,
	    "a bearer token is for its node, over TLS, and not for a relay: it came in plain, is "
	    "exposed now, and is to be withdrawn");
	return true;
}

static bool begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	const struct nos_relay *relay = state;
	const enum path path = path_of(r->path);
	struct nos_err err = { 0 };

	*ret_max = body_max(path);
	if (refuse_bearer(r, &err))
		*ret_max = 0;
	else if (path == PATH_NONE)
		nos_err_set(&err, NOS_ABSENT, "nothing is at %.*s", NOS_STR_ARG(r->path));
	else if (!is_method(r, path))
		return false;
	if (!err.code && !check(relay, r, path, &err))
		return true;
	nos_relay_reply_error(r, &err, 0);
	return false;
}

static void fail(void *state, struct nos_http_request *r, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	struct nos_err err = { 0 };

	(void)state;
	nos_err_set(&err, code, "%s", text);
	nos_relay_reply_status(r, &err, status, retry_s);
}

static void answer(void *state, struct nos_http_request *r)
{
	const struct nos_relay *relay = state;

	nos_http_server_answer(relay->server, r);
}

static void handle(void *state, struct nos_http_request *r)
{
	struct nos_relay *relay = state;
	const enum path path = path_of(r->path);
	/* What proves nothing is not held: a node answers it at once. */
	const bool is_poll = path == PATH_KEYS && r->authorization.len;
	struct nos_err err = { 0 };

	if (path == PATH_FRAME ? nos_relay_sender_submit(relay->sender, r)
			       : nos_relay_pool_submit(is_poll ? relay->polls : relay->passes, r))
		return;
	nos_err_set(
	    &err, NOS_BUSY, is_poll ? "too many polls at once" : "too many requests at once");
	nos_relay_reply_error(r, &err, is_poll ? POLL_RETRY_S : 0);
	answer(relay, r);
}

/* ---- life ---- */

/* Copies, which do not change with the keyring. */
static enum nos_code take_names(struct nos_relay *r, struct nos_err *err)
{
	const struct nos_relay_config *f = &r->config;
	const struct nos_keyring *k = &f->ring->k;

	if (f->url_count > NOS_KEYRING_URLS_MAX)
		return nos_err_set(err, NOS_USAGE, "over %d URLs", NOS_KEYRING_URLS_MAX);
	r->url_count = f->url_count ? f->url_count : k->url_count;
	for (size_t i = 0; i < r->url_count; i++) {
		const char *url = f->url_count ? f->urls[i] : k->urls[i];

		if (nos_url_check(url, err))
			return err->code;
		snprintf(r->url_space[i], sizeof(r->url_space[i]), "%s", url);
		r->urls[i] = r->url_space[i];
	}
	snprintf(r->id, sizeof(r->id), "%s", k->source);
	memcpy(r->pin, k->pin, sizeof(r->pin));
	return NOS_OK;
}

static enum nos_code start_sender(struct nos_relay *r, struct nos_err *err)
{
	const struct nos_relay_config *f = &r->config;
	const struct nos_relay_sender_config config = { .ring = f->ring,
		.id = r->id,
		.urls = r->urls,
		.url_count = r->url_count,
		.via = f->via,
		.via_count = f->via_count,
		.ca = f->ca,
		.wait_ms = f->wait_ms,
		.state = r,
		.answer = answer,
		.failed = f->failed };

	return nos_relay_sender_new(&config, &r->sender, err);
}

static enum nos_code start_pools(struct nos_relay *r, struct nos_err *err)
{
	const struct nos_relay_config *f = &r->config;
	struct nos_relay_pool_config config = { .name = "passes",
		.threads = NOS_RELAY_PASSES_MAX,
		.waiting = NOS_RELAY_WAITING_MAX,
		.id = r->id,
		.urls = r->urls,
		.url_count = r->url_count,
		.via = f->via,
		.via_count = f->via_count,
		.pin = r->pin,
		.ca = f->ca,
		.answer_ms = f->wait_ms,
		.state = r,
		.answer = answer };

	if (nos_relay_pool_new(&config, &r->passes, err))
		return err->code;
	config.name = "polls";
	config.threads = NOS_RELAY_POLLS_MAX;
	config.waiting = 0;
	config.answer_ms += NOS_INQUIRY_WAIT_MAX * 1000;
	return nos_relay_pool_new(&config, &r->polls, err);
}

static enum nos_code start_server(struct nos_relay *r, struct nos_err *err)
{
	const struct nos_http_config config = { .listen = r->config.listen,
		.listen_count = r->config.listen_count,
		.loops = r->config.loops,
		.connections = NOS_RELAY_CONNECTIONS,
		.requests = NOS_RELAY_REQUESTS,
		.idle_s = IDLE_S,
		.total_s = REQUEST_S,
		.out_max = ANSWER_MAX,
		.thread_name = "nos-relay",
		.state = r,
		.begin = begin,
		.fail = fail,
		.handle = handle };

	return nos_http_server_new(&config, &r->server, err);
}

enum nos_code nos_relay_new(
    const struct nos_relay_config *config, struct nos_relay **ret, struct nos_err *err)
{
	struct nos_relay *r = calloc(1, sizeof(*r));

	if (!r)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	r->config = *config;
	if (take_names(r, err) || start_sender(r, err) || start_pools(r, err) ||
	    start_server(r, err)) {
		nos_relay_free(r);
		return err->code;
	}
	*ret = r;
	return NOS_OK;
}

static void drain(struct nos_relay *r)
{
	const uint64_t until = nos_mono_now().us + DRAIN_MS * 1000;

	nos_http_server_drain(r->server);
	nos_relay_sender_drain(r->sender);
	nos_relay_pool_cut(r->polls);
	/* Each request in hand is with a thread that will answer it. */
	while (nos_http_server_pending(r->server)) {
		poll(NULL, 0, DRAIN_STEP_MS);
		if (nos_mono_now().us < until)
			continue;
		nos_relay_sender_cut(r->sender);
		nos_relay_pool_cut(r->passes);
	}
	nos_http_server_free(r->server);
}

void nos_relay_free(struct nos_relay *r)
{
	if (!r)
		return;
	if (r->server)
		drain(r);
	nos_relay_sender_free(r->sender);
	nos_relay_pool_free(r->passes);
	nos_relay_pool_free(r->polls);
	free(r);
}

enum nos_code nos_relay_fault(struct nos_relay *r, struct nos_err *ret)
{
	return nos_relay_sender_fault(r->sender, ret);
}

const char *nos_relay_address(const struct nos_relay *r, size_t i)
{
	return nos_http_server_address(r->server, i);
}

void nos_relay_ready(const struct nos_relay *r, struct nos_buf *b)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "source", nos_str_of(r->id));
	nos_encode_member(b, "listen");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < r->config.listen_count; i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(nos_relay_address(r, i)));
	}
	nos_buf_add_char(b, ']');
	nos_encode_member_uint(b, "pid", (uint64_t)getpid());
	nos_buf_add_text(b, "}\n");
}
