/* SPDX-License-Identifier: MIT */
#include "peer/call.h"

#include <string.h>

#include "envelope/document.h"

#define CONNECT_MS 2000
#define TOTAL_MS   5000
#define ANSWER_MAX 65536 /* bytes: a node's document with its old keys */

enum nos_code nos_call_init(struct nos_call *c, const struct nos_card *card, const char *ca,
    const volatile int *stop, struct nos_err *err)
{
	const struct nos_http_client_config http = { .ca = ca,
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
		.answer_max = ANSWER_MAX,
		.stop = stop };

	*c = (struct nos_call){ .card = card };
	nos_buf_init(&c->answer.body, ANSWER_MAX);
	return nos_http_client_new(&http, &c->client, err);
}

void nos_call_release(struct nos_call *c)
{
	nos_http_client_free(c->client);
	nos_buf_release(&c->answer.body);
	*c = (struct nos_call){ 0 };
}

static enum nos_code send(struct nos_call *c, const struct nos_peer *peer, const char *path,
    const struct nos_span *body, struct nos_err *err)
{
	NOS_AUTO(buf) url = { 0 };

	nos_buf_init(&url, NOS_URL_MAX + 64);
	nos_url_join(&url, peer->url, path);
	if (nos_buf_check(&url, "URL", err))
		return err->code;
	return nos_http_client_send(c->client, url.p, NOS_PEER_MEDIA, body, &c->answer, err);
}

/* The key that the pin names; whoever gives it. */
static enum nos_code find_key(struct nos_call *c, const struct nos_peer *peer,
    struct nos_ecdh_point *ret, struct nos_err *err)
{
	struct nos_call_known *k;

	for (size_t i = 0; i < c->known_count; i++)
		if (memcmp(c->known[i].pin, peer->pin, sizeof(peer->pin)) == 0) {
			*ret = c->known[i].key;
			return NOS_OK;
		}
	if (send(c, peer, "/v1/node", NULL, err))
		return err->code;
	if (c->answer.status != 200 ||
	    !nos_document_key(nos_buf_str(&c->answer.body), peer->pin, ret))
		return nos_err_set(
		    err, NOS_AWAY, "%s: does not show the key that the peers file pins", peer->url);
	if (c->known_count < NOS_PEERS_MAX)
		k = &c->known[c->known_count++];
	else
		k = &c->known[c->known_next++ % NOS_PEERS_MAX];
	memcpy(k->pin, peer->pin, sizeof(k->pin));
	k->key = *ret;
	return NOS_OK;
}

/* A request under way. */
struct call {
	const struct nos_peer *peer;
	struct nos_peer_request request;
	struct nos_secret once; /* of E */
	uint8_t hash[NOS_HASH_LEN];
};

static enum nos_code ask(struct nos_call *c, struct call *k, struct nos_err *err)
{
	NOS_AUTO(buf) jwe = { 0 };
	struct nos_ecdh_point to;
	struct nos_span body;

	nos_buf_init(&jwe, NOS_PEER_MAX);
	if (find_key(c, k->peer, &to, err) || nos_ecdh_generate(&k->once, &k->request.once, err) ||
	    nos_peer_request_seal(&k->request, &nos_card_self(c->card)->sign, &to, &jwe, err))
		return err->code;
	body = nos_buf_span(&jwe);
	if (nos_hash_sha256(&body, 1, k->hash, err))
		return err->code;
	return send(c, k->peer, NOS_PEER_PATH, &body, err);
}

static enum nos_code unbelieved(const struct call *k, struct nos_err *err)
{
	return nos_err_set(err, NOS_AWAY, "%s: an answer that is not the peer's", k->peer->url);
}

/* Sealed to E, signed by the peer, for this request. */
static enum nos_code take_answer(
    struct nos_call *c, const struct call *k, struct nos_peer_answer *ret, struct nos_err *err)
{
	const struct nos_str jwe = nos_buf_str(&c->answer.body);
	uint8_t ignored[NOS_HASH_LEN];
	NOS_AUTO(buf) opened = { 0 };

	if (nos_peer_look(jwe, ignored, err) || nos_peer_open(&k->once, jwe, &opened, err) ||
	    nos_peer_verify(&opened, k->peer->sign, err) ||
	    nos_peer_answer_decode(&opened, ret, err))
		return err->code == NOS_INTERNAL ? err->code : unbelieved(k, err);
	if (ret->op == k->request.op && memcmp(ret->request, k->hash, sizeof(k->hash)) == 0)
		return NOS_OK;
	nos_peer_answer_release(ret);
	return unbelieved(k, err);
}

static enum nos_code judge(
    struct nos_call *c, const struct call *k, struct nos_peer_answer *ret, struct nos_err *err)
{
	switch (c->answer.status) {
	case 200:
		return take_answer(c, k, ret, err);
	case 403:
		return nos_err_set(err, NOS_DENIED, "%s: refused", k->peer->url);
	case 429:
	case 503:
		return nos_err_set(err, NOS_BUSY, "%s: has no room", k->peer->url);
	default:
		return nos_err_set(
		    err, NOS_AWAY, "%s: answered %u", k->peer->url, c->answer.status);
	}
}

enum nos_code nos_call_peer(struct nos_call *c, const struct nos_peer *peer, enum nos_peer_op op,
    const char *source, const struct nos_name *key, struct nos_peer_answer *ret,
    struct nos_err *err)
{
	struct call k = { .peer = peer, .request = { .op = op, .key = *key } };

	memcpy(k.request.from, nos_card_self(c->card)->thumbprint, sizeof(k.request.from));
	memcpy(k.request.to, peer->pin, sizeof(k.request.to));
	snprintf(k.request.source, sizeof(k.request.source), "%s", source);
	if (!ask(c, &k, err))
		(void)!judge(c, &k, ret, err);
	nos_secret_release(&k.once);
	return err->code;
}
