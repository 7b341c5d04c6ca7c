/* SPDX-License-Identifier: MIT */
#include "source/nomad.h"

#include <inttypes.h>
#include <string.h>

#include "envelope/document.h"
#include "source/inquiry.h"

#define ANSWER_MAX  (4u << 20) /* bytes, as of a node's own */
#define ANSWER_MS   30000
#define DOCUMENT_MS 10000
#define UNKNOWN	    401

enum nos_code nos_nomad_check(const char *const *urls, size_t count, struct nos_err *err)
{
	if (count > NOS_NOMAD_HOSTS_MAX)
		return nos_err_set(err, NOS_USAGE, "--roam: over %d nodes", NOS_NOMAD_HOSTS_MAX);
	for (size_t i = 0; i < count; i++)
		if (nos_url_check(urls[i], err))
			return nos_err_within(err, "--roam");
	return NOS_OK;
}

void nos_nomad_init(
    struct nos_nomad *n, struct nos_send *send, const char *const *urls, size_t count)
{
	*n = (struct nos_nomad){ .send = send, .count = count };
	for (size_t i = 0; i < count; i++)
		n->hosts[i].url = urls[i];
	nos_buf_init(&n->answer.body, ANSWER_MAX);
	nos_buf_init(&n->jwe, NOS_PACK_MAX + 1);
}

void nos_nomad_release(struct nos_nomad *n)
{
	nos_buf_release(&n->answer.body);
	nos_buf_release(&n->jwe);
	*n = (struct nos_nomad){ 0 };
}

static bool is_waiting(enum nos_code code)
{
	return code == NOS_AWAY || code == NOS_BUSY || code == NOS_TAG;
}

uint64_t nos_nomad_node(const struct nos_nomad *n, const struct nos_send_pack *p)
{
	return p->node ? p->node : n->send->config.ring->k.node;
}

/* ---- one node ---- */

/* No neighbour stands between: relays are of one node. */
static struct nos_carrier carrier_of(const struct nos_nomad *n)
{
	return n->send->config.via_count ? n->send->route.straight : n->send->carrier;
}

static enum nos_code carry(struct nos_nomad *n, const struct nos_nomad_host *h, const char *path,
    const struct nos_span *body, uint64_t most_ms, struct nos_err *err)
{
	const struct nos_carrier carrier = carrier_of(n);
	const struct nos_carrier_request r = { .url = h->url,
		.path = path,
		.media = "application/jose",
		.body = body,
		.most_ms = most_ms };

	return nos_carrier_send(&carrier, &r, &n->answer, err);
}

static enum nos_code learn(
    struct nos_nomad *n, struct nos_nomad_host *h, uint64_t most_ms, struct nos_err *err)
{
	if (h->known)
		return NOS_OK;
	if (carry(n, h, "/v1/node", NULL, most_ms < DOCUMENT_MS ? most_ms : DOCUMENT_MS, err))
		return err->code;
	h->known = n->answer.status == 200 &&
		   nos_document_who(nos_buf_str(&n->answer.body), &h->node, h->thumbprint);
	return h->known ? NOS_OK : nos_err_set(err, NOS_AWAY, "%s: is no node", h->url);
}

static uint64_t today(const struct nos_nomad *n)
{
	return nos_roam_day(nos_time_now()) + (uint64_t)n->shift_days;
}

static enum nos_code seal(struct nos_nomad *n, const struct nos_nomad_host *h,
    const struct nos_send_pack *p, struct nos_pack_keys *keys, struct nos_err *err)
{
	const struct nos_keyring *k = &n->send->config.ring->k;
	const uint64_t day = today(n);
	const struct nos_name name = nos_roam_name(k->node, day);
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack pack = {
		.source = nos_str_of(k->source), .cty = nos_str_of(NOS_SEND_CTY), .seq = p->seq
	};
	NOS_AUTO(secret) d = { 0 };

	nos_name_format(&name, kid);
	pack.kid = nos_str_of(kid);
	nos_buf_truncate(&n->jwe, 0);
	if (nos_roam_key(&k->z_key, h->thumbprint, day, &d, err) ||
	    nos_pack_keys_of(&d, pack.kid, pack.source, keys, err))
		return err->code;
	return nos_pack_seal(keys, &pack, nos_str_bytes(p->text), &n->jwe, err);
}

/* The body, which is to be believed. */
static enum nos_code settle(struct nos_nomad *n, const struct nos_nomad_host *h,
    struct nos_send_pack *p, struct nos_answer *ret, struct nos_err *err)
{
	if (nos_answer_decode(nos_buf_str(&n->answer.body), p->readings, ret, err))
		return err->code;
	if (ret->refused && nos_send_is_passing(ret->why.code)) {
		nos_err_set(err, NOS_BUSY, "%s: %s", h->url, ret->why.text);
	} else if (ret->duplicates && !ret->same) {
		nos_err_set(err, ret->next > p->seq ? NOS_EXISTS : NOS_INTERNAL,
		    "%s: the number was in use", h->url);
		nos_ring_skip(n->send->config.ring, ret->next);
	}
	if (err->code)
		nos_answer_release(ret);
	return err->code;
}

/* Without a receipt nothing is settled, whoever says it. A node that does not reach the source's
 * home has room, and cannot know the key. */
static enum nos_code unproven(
    const struct nos_nomad *n, const struct nos_nomad_host *h, struct nos_err *err)
{
	struct nos_err why = { 0 };
	const bool has = nos_answer_problem(nos_buf_str(&n->answer.body), &why);
	const enum nos_code code = n->answer.status == UNKNOWN ? NOS_TAG
				   : why.code == NOS_AWAY      ? NOS_AWAY
							       : NOS_BUSY;

	return nos_err_set(err, code, "%s: answered %u without a receipt%s%s", h->url,
	    n->answer.status, has ? ": " : "", why.text);
}

static enum nos_code note_going(
    const struct nos_nomad *n, const struct nos_send_pack *p, struct nos_err *err)
{
	return n->going ? n->going(n->going_state, p, err) : NOS_OK;
}

static void aim(struct nos_send_pack *p, const struct nos_nomad_host *h)
{
	snprintf(p->url, sizeof(p->url), "%s", h->url);
	p->node = h->node;
	memcpy(p->thumbprint, h->thumbprint, sizeof(p->thumbprint));
}

/* Send it once. An answer without a receipt is no word that it was stored: the pack is free to go
 * elsewhere, unless an earlier try had no answer at all. */
static enum nos_code once(struct nos_nomad *n, struct nos_nomad_host *h, struct nos_send_pack *p,
    uint64_t most_ms, struct nos_answer *ret, struct nos_err *err)
{
	NOS_AUTO(pack_keys) keys = { 0 };
	struct nos_span body;

	nos_err_clear(err);
	if (seal(n, h, p, &keys, err))
		return err->code;
	body = nos_buf_span(&n->jwe);
	aim(p, h);
	if (note_going(n, p, err))
		return err->code;
	if (!carry(n, h, "/v1/data", &body, most_ms, err))
		(void)!(nos_pack_receipt_is_good(&keys, body, nos_buf_span(&n->answer.body),
			    nos_str_of(n->answer.receipt))
			    ? settle(n, h, p, ret, err)
			    : unproven(n, h, err));
	else
		p->sent |= n->answer.sent;
	if (err->code && !p->sent)
		nos_send_let_go(p);
	return err->code;
}

/* A source whose clock is wrong goes by that of the node, once. */
static bool takes_its_day(struct nos_nomad *n)
{
	const int64_t here = (int64_t)nos_roam_day(nos_time_now());
	const int64_t there = (int64_t)nos_roam_day(n->answer.date);

	if (n->answer.status != UNKNOWN || !n->answer.date.ms || there - here == n->shift_days)
		return false;
	n->shift_days = there - here;
	return true;
}

static enum nos_code visit(struct nos_nomad *n, struct nos_nomad_host *h, struct nos_send_pack *p,
    uint64_t most_ms, struct nos_answer *ret, struct nos_err *err)
{
	nos_err_clear(err);
	if (learn(n, h, most_ms, err))
		return err->code;
	if (once(n, h, p, most_ms, ret, err) == NOS_TAG && takes_its_day(n))
		(void)!once(n, h, p, most_ms, ret, err);
	/* It may have other keys by now. */
	if (err->code == NOS_TAG)
		h->known = false;
	return err->code;
}

/* ---- all ways ---- */

static enum nos_code go_home(
    struct nos_nomad *n, struct nos_send_pack *p, struct nos_answer *ret, struct nos_err *err)
{
	p->node = 0;
	nos_err_clear(err);
	return nos_send_number(n->send, p, err) || note_going(n, p, err)
		   ? err->code
		   : nos_send_pack(n->send, p, 0, ret, err);
}

static enum nos_code go(struct nos_nomad *n, size_t way, struct nos_send_pack *p, uint64_t most_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	return way ? visit(n, &n->hosts[way - 1], p, most_ms, ret, err) : go_home(n, p, ret, err);
}

/* Home's, unless it is another's. */
static size_t way_of(const struct nos_nomad *n, const char *url)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(url, n->hosts[i].url) == 0)
			return i + 1;
	return 0;
}

/* Is it the node that the pack went to? Its own keys may be others since: it shows those before. */
static bool is_of(struct nos_nomad *n, const struct nos_nomad_host *h,
    const struct nos_send_pack *p, uint64_t most_ms)
{
	struct nos_err ignored = { 0 };
	struct nos_ecdh_point key;

	if (h->node != p->node || memcmp(h->thumbprint, p->thumbprint, sizeof(p->thumbprint)) == 0)
		return h->node == p->node;
	return !carry(n, h, "/v1/node", NULL, most_ms < DOCUMENT_MS ? most_ms : DOCUMENT_MS,
		   &ignored) &&
	       n->answer.status == 200 &&
	       nos_document_key(nos_buf_str(&n->answer.body), p->thumbprint, &key);
}

/*
 * The way to the node that it went to, by whatever URL that is named now; the one that it had goes
 * first. NOS_AWAY: it is not reached, or none of those that are named is it (n->unnamed).
 */
static enum nos_code find_again(struct nos_nomad *n, const struct nos_send_pack *p,
    uint64_t most_ms, size_t *ret, struct nos_err *err)
{
	const size_t first = way_of(n, p->url);
	struct nos_err why = { 0 }, last = { 0 };

	for (size_t i = first ? 0 : 1; i <= n->count; i++) {
		const size_t way = i ? i : first;

		if (i == first && i)
			continue;
		nos_err_clear(&why);
		if (learn(n, &n->hosts[way - 1], most_ms, &why)) {
			if (!last.code)
				last = why;
		} else if (is_of(n, &n->hosts[way - 1], p, most_ms)) {
			*ret = way;
			return NOS_OK;
		}
	}
	n->unnamed = !last.code;
	if (last.code) {
		*err = last;
		return err->code;
	}
	return nos_err_set(err, NOS_AWAY,
	    "what may have arrived at node %" PRIu64
	    " waits for it, and no --roam names it: name it (it was %s), or --give-up %" PRIu64,
	    p->node, p->url, p->node);
}

static size_t first_way(struct nos_nomad *n)
{
	const struct nos_mono now = nos_mono_now();

	if (!n->good || now.us < n->again.us)
		return n->good;
	n->again.us = now.us + NOS_NOMAD_HOME_AGAIN_MS * 1000;
	return 0;
}

static void note_good(struct nos_nomad *n, size_t way)
{
	if (way && way != n->good)
		n->again.us = nos_mono_now().us + NOS_NOMAD_HOME_AGAIN_MS * 1000;
	n->good = way;
	nos_attempt_good(&n->send->attempt);
}

/* What a node answered says more than that others were not reached; of those each has its reason.
 */
static void note_why(struct nos_err *last, const struct nos_err *err)
{
	const struct nos_err before = *last;

	if (!before.code || err->code != NOS_AWAY)
		*last = *err;
	else if (before.code == NOS_AWAY)
		nos_err_set(last, NOS_AWAY, "%s; %s", before.text, err->text);
}

static enum nos_code try_way(struct nos_nomad *n, size_t way, struct nos_send_pack *p,
    uint64_t most_ms, struct nos_answer *ret, struct nos_err *err)
{
	if (!go(n, way, p, most_ms, ret, err))
		note_good(n, way);
	return err->code;
}

/* One that may have arrived somewhere: at another node, or at home. */
static enum nos_code go_again(struct nos_nomad *n, struct nos_send_pack *p, uint64_t most_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	size_t way = 0;

	if (p->node && find_again(n, p, most_ms, &way, err))
		return err->code;
	return try_way(n, way, p, most_ms, ret, err);
}

static size_t way_at(const struct nos_nomad *n, size_t first, size_t i)
{
	if (n->home_last)
		return (i + 1) % (n->count + 1);
	return !i ? first : i <= first ? i - 1 : i;
}

/* Each way once, until one takes it, or may have. */
static enum nos_code go_anywhere(struct nos_nomad *n, struct nos_send_pack *p, uint64_t most_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	const size_t first = first_way(n);
	struct nos_err last = { 0 };

	for (size_t i = 0; i <= n->count; i++) {
		if (!is_waiting(try_way(n, way_at(n, first, i), p, most_ms, ret, err)) || p->sent)
			return err->code;
		note_why(&last, err);
	}
	*err = last;
	return err->code;
}

/* Once; of a pack that may have arrived at a node, home or another, for which it waits. */
static enum nos_code try_all(struct nos_nomad *n, struct nos_send_pack *p, uint64_t most_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	uint64_t node;

	nos_err_clear(err);
	n->unnamed = false;
	if (!is_waiting(p->sent ? go_again(n, p, most_ms, ret, err)
				: go_anywhere(n, p, most_ms, ret, err)) ||
	    !n->waits || !p->sent || n->unnamed)
		return err->code;
	node = nos_nomad_node(n, p);
	return nos_err_within(err,
	    "what may have arrived at node %" PRIu64 " waits for it, unless --give-up %" PRIu64,
	    node, node);
}

enum nos_code nos_nomad_pack(struct nos_nomad *n, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	const struct nos_mono until = { nos_mono_now().us + wait_ms * 1000 };
	struct nos_attempt *attempt = &n->send->attempt;
	const uint64_t try_ms = wait_ms ? wait_ms : n->send->config.try_ms;

	if (!n->count && !p->node)
		return nos_send_pack(n->send, p, wait_ms, ret, err);
	for (;;) {
		if (!is_waiting(try_all(n, p, try_ms < ANSWER_MS ? try_ms : ANSWER_MS, ret, err)))
			return err->code;
		nos_attempt_failed(attempt, n->answer.retry_s, false);
		if (n->unnamed || !nos_attempt_wait(attempt, until, n->send->config.stop))
			return err->code;
	}
}
