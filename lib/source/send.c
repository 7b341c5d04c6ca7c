/* SPDX-License-Identifier: MIT */
#include "source/send.h"

#define CONNECT_MS 10000
#define ANSWER_MS  30000
#define ANSWER_MAX (4u << 20) /* bytes: 10,000 rejects, each with its reason */

void nos_send_init(struct nos_send *s)
{
	*s = (struct nos_send){ 0 };
	nos_buf_init(&s->answer.body, ANSWER_MAX);
	nos_buf_init(&s->jwe, NOS_PACK_MAX + 1);
}

void nos_send_release(struct nos_send *s)
{
	nos_keeper_release(&s->keeper);
	nos_route_release(&s->route);
	nos_http_client_free(s->client);
	nos_pack_keys_release(&s->keys);
	nos_buf_release(&s->answer.body);
	nos_buf_release(&s->jwe);
	nos_send_init(s);
}

static enum nos_code take_urls(struct nos_send *s, struct nos_err *err)
{
	const struct nos_send_config *c = &s->config;

	if (c->url_count > NOS_KEYRING_URLS_MAX)
		return nos_err_set(err, NOS_USAGE, "over %d URLs", NOS_KEYRING_URLS_MAX);
	for (size_t i = 0; i < c->url_count; i++)
		s->urls[s->url_count++] = c->urls[i];
	for (size_t i = 0; !c->url_count && i < c->ring->k.url_count; i++)
		s->urls[s->url_count++] = c->ring->k.urls[i];
	for (size_t i = 0; i < s->url_count; i++)
		if (nos_url_check(s->urls[i], err))
			return err->code;
	return NOS_OK;
}

/* The newest; p. in place of one that the node does not know. */
static const struct nos_keyring_key *pick_key(const struct nos_send *s)
{
	const struct nos_keyring *k = &s->config.ring->k;
	const struct nos_keyring_key *key = nos_keyring_active(k);
	const struct nos_keyring_key *pairwise = nos_keyring_pairwise(k);

	if (!pairwise || !s->refused.kind || key->since.ms != s->refused_since.ms)
		return key;
	return nos_name_eq(&key->name, &s->refused) ? pairwise : key;
}

/* Those of the key that is newest now. */
static enum nos_code take_keys(struct nos_send *s, struct nos_err *err)
{
	const struct nos_keyring *k = &s->config.ring->k;
	const struct nos_keyring_key *key = pick_key(s);
	char kid[NOS_NAME_TEXT_MAX];
	NOS_AUTO(secret) k_s = { 0 };

	nos_name_format(&key->name, kid);
	if (s->z == k->z && strcmp(s->kid, kid) == 0)
		return NOS_OK;
	s->z = k->z;
	s->name = key->name;
	memcpy(s->kid, kid, sizeof(s->kid));
	if (nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &k_s, err))
		return err->code;
	return nos_pack_keys_make(
	    &key->value, &k_s, nos_str_of(s->kid), nos_str_of(k->source), &s->keys, err);
}

static bool is_proven(void *state, const struct nos_http_answer *a)
{
	const struct nos_send *s = state;

	return nos_pack_receipt_is_good(
	    &s->keys, nos_buf_span(&s->jwe), nos_buf_span(&a->body), nos_str_of(a->receipt));
}

enum nos_code nos_send_open(
    struct nos_send *s, const struct nos_send_config *config, struct nos_err *err)
{
	const struct nos_http_client_config http = { .ca = config->ca,
		.connect_ms =
		    config->via_count || config->roam_count ? NOS_ROUTE_CONNECT_MS : CONNECT_MS,
		.total_ms = ANSWER_MS,
		.answer_max = ANSWER_MAX,
		.stop = config->cut };

	s->config = *config;
	if (take_urls(s, err) || (config->ring && take_keys(s, err)) ||
	    (!config->carrier && nos_http_client_new(&http, &s->client, err)))
		return err->code;
	s->carrier = config->carrier ? *config->carrier : nos_carrier_straight(s->client);
	if (config->via_count) {
		nos_route_init(
		    &s->route, &s->carrier, config->ring, config->via, config->via_count);
		s->route.proven = is_proven;
		s->route.state = s;
		s->carrier = nos_route_carrier(&s->route);
	}
	nos_keeper_init(&s->keeper, config->ring, &s->carrier, config->stop);
	return NOS_OK;
}

static bool is_home(const struct nos_send *s, const char *url)
{
	for (size_t i = 0; i < s->url_count; i++)
		if (strcmp(url, s->urls[i]) == 0)
			return true;
	return false;
}

/* A pack goes again to the node that it went to first, as long as there is such a node. */
static bool is_ours(const struct nos_send *s, const char *url)
{
	if (is_home(s, url))
		return true;
	for (size_t i = 0; i < s->config.roam_count; i++)
		if (strcmp(url, s->config.roam[i]) == 0)
			return true;
	return false;
}

void nos_send_let_go(struct nos_send_pack *p)
{
	p->url[0] = '\0';
	p->node = 0;
	p->sent = false;
}

enum nos_code nos_send_number(struct nos_send *s, struct nos_send_pack *p, struct nos_err *err)
{
	if (s->config.ring && !p->seq && nos_ring_take(s->config.ring, &p->seq, err))
		return err->code;
	if (!p->node && !is_ours(s, p->url))
		snprintf(p->url, sizeof(p->url), "%s", s->urls[s->url]);
	return NOS_OK;
}

static enum nos_code seal(struct nos_send *s, const struct nos_send_pack *p, struct nos_err *err)
{
	struct nos_pack pack = { .source = nos_str_of(s->config.ring->k.source),
		.cty = nos_str_of(p->cty ? p->cty : NOS_SEND_CTY),
		.seq = p->seq };

	if (take_keys(s, err))
		return err->code;
	pack.kid = nos_str_of(s->kid);
	nos_buf_truncate(&s->jwe, 0);
	return nos_pack_seal(&s->keys, &pack, nos_str_bytes(p->text), &s->jwe, err);
}

static void make_path(const struct nos_send *s, struct nos_buf *path)
{
	nos_buf_init(path, NOS_CARRIER_PATH_MAX);
	nos_buf_add_text(path, "/v1/data");
	if (s->config.kind) {
		nos_buf_add_text(path, "?kind=");
		nos_http_client_escape(path, nos_str_of(s->config.kind));
	}
}

static enum nos_code said(
    const struct nos_send *s, enum nos_code code, const char *url, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (nos_answer_problem(nos_buf_str(&s->answer.body), &why))
		return nos_err_set(err, code, "%s: %s", url, why.text);
	return nos_err_set(err, code, "%s: answered %u", url, s->answer.status);
}

/* A node that has no room, or is not well: the pack is not settled, whoever says so. */
bool nos_send_is_passing(enum nos_code code)
{
	return code == NOS_IO || code == NOS_BUSY || code == NOS_AWAY || code == NOS_INTERNAL;
}

/* What is waited out. */
static bool is_waiting(enum nos_code code)
{
	return code == NOS_AWAY || code == NOS_BUSY || code == NOS_TAG;
}

/* The pack is settled whatever becomes of this. */
static void note_fault(struct nos_send *s, const struct nos_err *why)
{
	if (why->code && !s->fault.code)
		s->fault = *why;
}

/* The node did not know the key of the scheme, has now taken a pack under p., and gave no other all
 * the same: it went back, and takes what it sends for new where it was taken before. */
static bool still_lacks(const struct nos_send *s)
{
	return s->name.kind == 'p' && pick_key(s) != nos_keyring_active(&s->config.ring->k);
}

/* A receipt proves the key that it was made with; what else the answer says of keys comes then. */
static void learn(struct nos_send *s, const struct nos_answer *a)
{
	struct nos_err why = { 0 };

	if (!nos_keeper_confirmed(&s->keeper, &s->name, &why) &&
	    !nos_keeper_heard(&s->keeper, &a->news, &why) && still_lacks(s)) {
		(void)!nos_keeper_ask(&s->keeper, &why);
		if (is_waiting(why.code))
			nos_err_clear(&why);
	}
	note_fault(s, &why);
}

/* The keyring is an old copy: the node says what it has not. Once a run. */
static void catch_up(struct nos_send *s)
{
	struct nos_err why = { 0 };

	if (s->copied)
		return;
	s->copied = true;
	(void)!nos_keeper_ask(&s->keeper, &why);
	if (!is_waiting(why.code))
		note_fault(s, &why);
}

/* Who answered, which may be a neighbour. */
static const char *who(const struct nos_send *s, const struct nos_send_pack *p)
{
	return s->answer.from ? s->answer.from : p->url;
}

/* The body, which is to be believed. The status line is not under the receipt. */
static enum nos_code settle(
    struct nos_send *s, struct nos_send_pack *p, struct nos_answer *ret, struct nos_err *err)
{
	if (nos_answer_decode(nos_buf_str(&s->answer.body), p->readings, ret, err))
		return err->code;
	if (s->config.ring)
		learn(s, ret);
	if (ret->refused && nos_send_is_passing(ret->why.code)) {
		nos_err_set(err, NOS_BUSY, "%s: %s", who(s, p), ret->why.text);
		nos_answer_release(ret);
		return NOS_BUSY;
	}
	/* Other readings under its number: it was given by a copy of this keyring. */
	if (!s->config.ring || !ret->duplicates || ret->same)
		return NOS_OK;
	if (ret->next <= p->seq)
		nos_err_set_field(
		    err, NOS_INTERNAL, "next", "the node's answer is not as it should be: next");
	else
		nos_err_set(err, NOS_EXISTS, "the number was in use");
	nos_ring_skip(s->config.ring, ret->next);
	nos_answer_release(ret);
	if (err->code == NOS_EXISTS)
		catch_up(s);
	return err->code;
}

/* Whose words they are nobody knows, but they may help. */
static enum nos_code unbelieved(const struct nos_send *s, const char *url, struct nos_err *err)
{
	struct nos_err why = { 0 };
	bool has = nos_answer_problem(nos_buf_str(&s->answer.body), &why);

	return nos_err_set(err, NOS_AWAY, "%s: answered %u without a receipt%s%s", url,
	    s->answer.status, has ? ": " : "", why.text);
}

/* With what helps. A relay keeps nothing that could be deleted, and names itself, since who reads
 * it is its neighbour. */
static enum nos_code unknown(
    const struct nos_send *s, const struct nos_send_pack *p, struct nos_err *err)
{
	const char *source = s->config.ring->k.source;

	if (p->cty)
		return nos_err_set(err, NOS_TAG,
		    "%s: the node does not know the key of the relay %s: nos-token new --replace",
		    who(s, p), source);
	return nos_err_set(err, NOS_TAG,
	    "%s: the node does not know the key of %s; nothing was deleted; if it stays so, "
	    "register it anew: nos-token new --replace",
	    who(s, p), source);
}

/*
 * An answer without a receipt settles nothing, and deletes nothing. Where the members of its group
 * may read one another a node that went back to another Z opens the pack all the same: what does
 * not fit is the receipt.
 */
static enum nos_code unproven(
    const struct nos_send *s, const struct nos_send_pack *p, struct nos_err *err)
{
	switch (s->name.kind == 'g' && s->answer.status == 202 ? 401 : s->answer.status) {
	case 401:
		return unknown(s, p, err);
	case 429:
	case 503:
		return said(s, NOS_BUSY, who(s, p), err);
	default:
		return unbelieved(s, who(s, p), err);
	}
}

static enum nos_code judge_sealed(
    struct nos_send *s, struct nos_send_pack *p, struct nos_answer *ret, struct nos_err *err)
{
	if (!is_proven(s, &s->answer))
		return unproven(s, p, err);
	return settle(s, p, ret, err);
}

static enum nos_code judge_open(
    struct nos_send *s, struct nos_send_pack *p, struct nos_answer *ret, struct nos_err *err)
{
	switch (s->answer.status) {
	case 202:
	case 400:
	case 413:
	case 415:
	case 422:
		return settle(s, p, ret, err);
	case 401:
	case 403:
		return said(s, NOS_DENIED, who(s, p), err);
	case 429:
	case 503:
		return said(s, NOS_BUSY, who(s, p), err);
	default:
		return said(s, NOS_AWAY, who(s, p), err);
	}
}

/* Another of the node's URLs is next, as long as the node will know the pack again there: by its
 * number, or since it never left. False: it is not, or all were tried in turn. */
static bool turn(struct nos_send *s, struct nos_send_pack *p, enum nos_code why, size_t *tried)
{
	if (why == NOS_TAG || !is_home(s, p->url) || (p->sent && !s->config.ring))
		return false;
	s->url = (s->url + 1) % s->url_count;
	snprintf(p->url, sizeof(p->url), "%s", s->urls[s->url]);
	*tried = (*tried + 1) % s->url_count;
	return *tried > 0;
}

/* One try. */
static enum nos_code once(struct nos_send *s, struct nos_send_pack *p, uint64_t most_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	bool sealed = s->config.ring != NULL;
	struct nos_span body = sealed ? nos_buf_span(&s->jwe) : nos_str_bytes(p->text);
	NOS_AUTO(buf) path = { 0 };
	struct nos_carrier_request r = { .url = p->url,
		.media = sealed ? "application/jose" : NOS_SEND_CTY,
		.body = &body,
		.most_ms = most_ms };
	enum nos_code code;

	nos_err_clear(err);
	make_path(s, &path);
	r.path = path.p;
	code = nos_carrier_send(&s->carrier, &r, &s->answer, err);
	p->sent |= s->answer.sent;
	if (!code)
		return sealed ? judge_sealed(s, p, ret, err) : judge_open(s, p, ret, err);
	return code;
}

/* A key of its scheme may be gone, as where the global key that it was made of was taken back: the
 * node gives another where it sees that one under p. */
static bool can_fall_back(struct nos_send *s)
{
	const struct nos_keyring_key *key = pick_key(s);

	if (key->name.kind == 'p' || !nos_name_eq(&key->name, &s->name) ||
	    !nos_keyring_pairwise(&s->config.ring->k))
		return false;
	s->refused = key->name;
	s->refused_since = key->since;
	return true;
}

/* The node may say where the group of the key has gone, and the source may be able to follow. */
static enum nos_code follow_order(struct nos_send *s, bool *ret, struct nos_err *err)
{
	if (nos_keeper_ordered(&s->keeper, nos_buf_str(&s->answer.body), ret, err))
		return err->code;
	*ret &= !nos_name_eq(&pick_key(s)->name, &s->name);
	return NOS_OK;
}

/*
 * The node does not know the key: ask it, and seal the pack anew under the key that it gave. Where
 * it has seen numbers that this keyring never gave, one that was just given may be another's.
 */
static enum nos_code ask_anew(
    struct nos_send *s, const struct nos_send_pack *p, bool first, struct nos_err *err)
{
	const struct nos_ring *ring = s->config.ring;
	const struct nos_err refusal = *err;
	const uint64_t next = ring->next;
	bool stepped;

	nos_err_clear(err);
	if (follow_order(s, &stepped, err))
		return err->code;
	if (stepped || can_fall_back(s))
		return seal(s, p, err);
	if (nos_keeper_refused(&s->keeper, nos_buf_str(&s->answer.body), err)) {
		if (is_waiting(err->code))
			*err = refusal;
		return err->code;
	}
	if (first && ring->next > next)
		return nos_err_set(err, NOS_EXISTS, "the number was in use");
	return seal(s, p, err);
}

static enum nos_code prepare(
    struct nos_send *s, const struct nos_send_pack *p, uint64_t most_ms, struct nos_err *err)
{
	if (!s->config.ring)
		return NOS_OK;
	nos_keeper_aim(&s->keeper, p->url, most_ms);
	return nos_keeper_begin(&s->keeper, err) ? err->code : seal(s, p, err);
}

static uint64_t limit_ms(struct nos_mono until)
{
	uint64_t ms = nos_attempt_limit_ms(until);

	return ms < ANSWER_MS ? ms : ANSWER_MS;
}

enum nos_code nos_send_pack(struct nos_send *s, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	const struct nos_mono until = { nos_mono_now().us + wait_ms * 1000 };
	const struct nos_mono answered = { nos_mono_now().us +
					   (wait_ms ? wait_ms : s->config.try_ms) * 1000 };
	const bool first = !p->sent;
	size_t tried = 0;

	if (prepare(s, p, limit_ms(answered), err))
		return err->code;
	for (;;) {
		nos_keeper_aim(&s->keeper, p->url, limit_ms(answered));
		once(s, p, limit_ms(answered), ret, err);
		if (err->code == NOS_TAG && !ask_anew(s, p, first, err))
			continue;
		if (!is_waiting(err->code)) {
			nos_attempt_good(&s->attempt);
			return err->code;
		}
		if (turn(s, p, err->code, &tried) && !*s->config.stop)
			continue;
		nos_attempt_failed(&s->attempt, s->answer.retry_s, err->code == NOS_TAG);
		if (!nos_attempt_wait(&s->attempt, until, s->config.stop))
			return err->code;
	}
}

enum nos_code nos_send_heard(
    struct nos_send *s, const struct nos_answer_news *news, struct nos_err *err)
{
	nos_keeper_aim(&s->keeper, s->urls[s->url], ANSWER_MS);
	return nos_keeper_begin(&s->keeper, err) ? err->code
						 : nos_keeper_followed(&s->keeper, news, err);
}
