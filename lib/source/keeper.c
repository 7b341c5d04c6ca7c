/* SPDX-License-Identifier: MIT */
#include "source/keeper.h"

#include <stdio.h>

#include "envelope/document.h"
#include "scheme/holder.h"
#include "scheme/membership.h"
#include "source/admission.h"
#include "source/lineage.h"

void nos_keeper_init(struct nos_keeper *kp, struct nos_ring *ring,
    const struct nos_carrier *carrier, const volatile int *stop)
{
	*kp = (struct nos_keeper){ .ring = ring, .stop = stop };
	nos_inquiry_init(&kp->inquiry, carrier);
	if (ring)
		snprintf(kp->inquiry.source, sizeof(kp->inquiry.source), "%s", ring->k.source);
}

void nos_keeper_release(struct nos_keeper *kp)
{
	nos_inquiry_release(&kp->inquiry);
}

void nos_keeper_aim(struct nos_keeper *kp, const char *url, uint64_t most_ms)
{
	snprintf(kp->inquiry.url, sizeof(kp->inquiry.url), "%s", url);
	kp->most_ms = most_ms;
}

/* What only says that it is to be tried again. */
static bool is_passing(enum nos_code code)
{
	return code == NOS_AWAY || code == NOS_BUSY || code == NOS_TAG;
}

static enum nos_code unless_passing(struct nos_err *err)
{
	if (is_passing(err->code))
		nos_err_clear(err);
	return err->code;
}

/* The keyring onto disk; where it cannot be, the one before comes back. */
static enum nos_code keep(
    struct nos_keeper *kp, const struct nos_keyring *before, struct nos_err *err)
{
	if (nos_ring_keep(kp->ring, err))
		kp->ring->k = *before;
	return err->code;
}

/* A request below /v1, whose answer is in the inquiry's. name NULL: path is whole. */
static enum nos_code exchange(
    struct nos_keeper *kp, const char *name, const struct nos_span *body, struct nos_err *err)
{
	struct nos_inquiry *i = &kp->inquiry;
	char path[NOS_CARRIER_PATH_MAX] = "/v1/node";
	const struct nos_carrier_request r = { .url = i->url,
		.path = path,
		.media = "application/octet-stream",
		.body = body,
		.most_ms = kp->most_ms };

	if (*kp->stop)
		return nos_err_set(err, NOS_BUSY, "%s: stopped", i->url);
	if (name)
		snprintf(path, sizeof(path), "/v1/sources/%s/%s", i->source, name);
	return nos_carrier_send(i->carrier, &r, &i->answer, err);
}

/* What is not the answer that was wished for: NOS_TAG for a refusal, whose nonce is taken. */
static enum nos_code judge(struct nos_keeper *kp, const char *what, struct nos_err *err)
{
	struct nos_inquiry *i = &kp->inquiry;

	if (i->answer.status != 401)
		return nos_err_set(err, NOS_AWAY, "%s: answered %u to %s", nos_inquiry_who(i),
		    i->answer.status, what);
	kp->fresh |= nos_inquiry_take_nonce(i, nos_buf_str(&i->answer.body));
	return nos_err_set(err, NOS_TAG, "%s: %s was refused", nos_inquiry_who(i), what);
}

/* ---- the acknowledgement ---- */

/* Where there is one. It stays in the keyring until it is known to have arrived; the next write
 * takes it off. */
static enum nos_code send_ack(struct nos_keeper *kp, struct nos_err *err)
{
	struct nos_keyring *k = &kp->ring->k;
	const struct nos_span ack = { k->ack, k->ack_len };

	if (!ack.len)
		return NOS_OK;
	if (exchange(kp, "acks", &ack, err))
		return err->code;
	if (kp->inquiry.answer.status != 204)
		return judge(kp, "an acknowledgement", err);
	k->ack_len = 0;
	return NOS_OK;
}

/* ---- lists ---- */

/* Since the keyring is another, or owes an acknowledgement. */
static bool is_to_be_kept(enum nos_holder_did did)
{
	return did == NOS_HOLDER_TOOK || did == NOS_HOLDER_HEARD || did == NOS_HOLDER_AGAIN;
}

/* *ret_took: the keyring is another. *ret_apart: the node is to be asked. */
static enum nos_code take_list(struct nos_keeper *kp, const struct nos_answer_news *news,
    bool *ret_took, bool *ret_apart, struct nos_err *err)
{
	struct nos_keyring *k = &kp->ring->k;
	enum nos_holder_did did = NOS_HOLDER_NOTHING;
	NOS_AUTO(keyring) before = { 0 };

	*ret_took = *ret_apart = false;
	if (!news->key_count)
		return NOS_OK;
	before = *k;
	if (!nos_holder_take(k, news->keys, news->key_count, nos_time_now(), &did, err) &&
	    is_to_be_kept(did) && (did == NOS_HOLDER_HEARD || !nos_holder_ack(k, err))) {
		*ret_took = did != NOS_HOLDER_AGAIN;
		return keep(kp, &before, err);
	}
	*ret_apart = err->code == NOS_TAG || (!err->code && did == NOS_HOLDER_BEHIND);
	if (err->code)
		*k = before;
	if (*ret_apart)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code poll(
    struct nos_keeper *kp, uint64_t wait_s, struct nos_answer_news *ret, struct nos_err *err)
{
	struct nos_inquiry *i = &kp->inquiry;

	if (nos_derive_static(&kp->ring->k.z_key, NOS_DERIVE_POLL, &i->q, err))
		return err->code;
	i->has_after = nos_membership_last(&kp->ring->k, &i->after);
	return nos_inquiry_poll(i, wait_s, kp->most_ms, ret, err);
}

/* What waits there is taken and acknowledged. *ret_took: something was. */
static enum nos_code fetch(struct nos_keeper *kp, bool *ret_took, struct nos_err *err)
{
	struct nos_answer_news news = { 0 };
	bool apart;

	*ret_took = false;
	if (!poll(kp, 0, &news, err) && !take_list(kp, &news, ret_took, &apart, err) && *ret_took)
		(void)!send_ack(kp, err);
	nos_answer_news_release(&news);
	return err->code;
}

/* Its scheme has keys beside p., which no answer to an ask brings. */
static bool has_scheme_key(const struct nos_keyring *k)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(k->scheme));

	return scheme && scheme->letter != 'p';
}

/* ---- ask and answer ---- */

/*
 * The node's own keys were replaced: the old ones sign the new, which are pinned from now on. An
 * ask under way was made for the old ones. What is not signed so changes nothing.
 */
static void follow(struct nos_keeper *kp, struct nos_str document)
{
	struct nos_keyring *k = &kp->ring->k;
	struct nos_lineage found;
	struct nos_err why = { 0 };

	if (nos_lineage_follow(document, k->pin, k->sign, k->node, &found, &why) || !found.changed)
		return;
	memcpy(k->pin, found.pin, sizeof(k->pin));
	memcpy(k->sign, found.sign, sizeof(k->sign));
	explicit_bzero(&k->ask, sizeof(k->ask));
}

/* The node's key that asks are made for. */
static enum nos_code find_node(struct nos_keeper *kp, struct nos_err *err)
{
	struct nos_inquiry *i = &kp->inquiry;

	if (exchange(kp, NULL, NULL, err))
		return err->code;
	follow(kp, nos_buf_str(&i->answer.body));
	if (!nos_document_key(nos_buf_str(&i->answer.body), kp->ring->k.pin, &kp->node))
		return nos_err_set(err, NOS_AWAY,
		    "the node at %s does not show the key that the keyring pins",
		    nos_inquiry_who(i));
	return NOS_OK;
}

/* An ask under Z number way into the keyring, on disk before it is sent. */
static enum nos_code make_ask(struct nos_keeper *kp, size_t way, struct nos_err *err)
{
	struct nos_keyring *k = &kp->ring->k;
	NOS_AUTO(keyring) before = *k;
	NOS_AUTO(secret) once = { 0 };
	struct nos_ecdh_point public;

	nos_err_clear(err); /* of the way before */
	if (nos_ecdh_generate(&once, &public, err) ||
	    nos_holder_ask(k, way, false, kp->inquiry.nonce, &once, &public, nos_time_now(), err) ||
	    keep(kp, &before, err))
		return err->code;
	kp->refused = false;
	return NOS_OK;
}

/* All of it is new: on disk before it is used. The number goes on at the higher of both sides'. */
static enum nos_code take_answer(struct nos_keeper *kp, struct nos_err *err)
{
	struct nos_ring *ring = kp->ring;
	const struct nos_span answer = nos_buf_span(&kp->inquiry.answer.body);
	NOS_AUTO(keyring) before = ring->k;

	ring->k.next = ring->next;
	if (nos_holder_answer(&ring->k, answer, &kp->node, nos_time_now(), err) ||
	    nos_holder_ack(&ring->k, err)) {
		ring->k = before;
		if (err->code == NOS_TAG || err->code == NOS_DATA)
			nos_err_set(err, NOS_AWAY, "%s: the answer to the ask is not the node's",
			    nos_inquiry_who(&kp->inquiry));
		return err->code;
	}
	nos_ring_skip(ring, ring->k.next);
	return keep(kp, &before, err);
}

/* The ask in the keyring. NOS_TAG: refused. */
static enum nos_code send_ask(struct nos_keeper *kp, struct nos_err *err)
{
	const struct nos_keyring_ask *ask = &kp->ring->k.ask;
	const struct nos_span bytes = { ask->bytes, ask->len };
	bool took;

	nos_err_clear(err);
	if (exchange(kp, "resync", &bytes, err))
		return err->code;
	if (kp->inquiry.answer.status != 200) {
		kp->refused = judge(kp, "an ask", err) == NOS_TAG;
		return err->code;
	}
	if (take_answer(kp, err))
		return err->code;
	if (!send_ack(kp, err) && has_scheme_key(&kp->ring->k))
		(void)!fetch(kp, &took, err);
	return unless_passing(err);
}

/* An ask under each Z in turn, newest first: the node may have been restored from before a renew.
 */
static enum nos_code try_ways(struct nos_keeper *kp, struct nos_err *err)
{
	const size_t ways = nos_holder_ways(&kp->ring->k);

	kp->inquiry.has_nonce &= kp->fresh;
	if (nos_inquiry_nonce(&kp->inquiry, kp->most_ms, err))
		return err->code;
	for (size_t way = 0; way < ways; way++) {
		nos_err_clear(err);
		if (make_ask(kp, way, err) || send_ask(kp, err) != NOS_TAG)
			break;
	}
	return err->code;
}

static bool is_long_ago(struct nos_time since)
{
	int64_t now_ms = nos_time_now().ms;

	return now_ms < since.ms || now_ms - since.ms >= NOS_ATTEMPT_REFUSED_MS;
}

/* The ask that is under way first, as it is. A new one not within a minute of the last, whichever
 * run made it, but where that is what the node said that it wants. */
static enum nos_code try_all(struct nos_keeper *kp, bool at_once, struct nos_err *err)
{
	const struct nos_keyring_ask *ask = &kp->ring->k.ask;

	if (ask->len && !kp->refused && send_ask(kp, err) != NOS_TAG)
		return err->code;
	if (ask->len && !at_once && !is_long_ago(ask->since))
		return nos_err_set(err, NOS_TAG, "%s: the last ask was refused", kp->inquiry.url);
	nos_err_clear(err);
	return try_ways(kp, err);
}

/* Refused in every way: a poll tells whether that is since the source was revoked. */
static enum nos_code look_why(struct nos_keeper *kp, struct nos_err *err)
{
	const struct nos_err refusal = *err;
	bool took;

	nos_err_clear(err);
	(void)!fetch(kp, &took, err);
	if (!unless_passing(err) && !took)
		*err = refusal;
	return err->code;
}

static enum nos_code ask(struct nos_keeper *kp, bool at_once, struct nos_err *err)
{
	if (!at_once && !nos_attempt_is_due(&kp->attempt))
		return nos_err_set(err, NOS_BUSY, "%s: asked a short time ago", kp->inquiry.url);
	if (find_node(kp, err))
		return err->code;
	/* What the node said that it wants nobody else brought about: where it is answered, a
	 * refusal right after is heeded, since the node may have gone back. */
	if (!at_once)
		nos_attempt_failed(&kp->attempt, 0, true);
	if (try_all(kp, at_once, err) && at_once)
		nos_attempt_failed(&kp->attempt, 0, true);
	return err->code == NOS_TAG ? look_why(kp, err) : err->code;
}

/* ---- the whole ---- */

enum nos_code nos_keeper_begin(struct nos_keeper *kp, struct nos_err *err)
{
	const struct nos_keyring *k = &kp->ring->k;

	if (kp->begun)
		return NOS_OK;
	kp->begun = true;
	kp->fresh = false;
	if (k->ask.len)
		(void)!ask(kp, false, err);
	else if (k->ack_len && send_ack(kp, err) == NOS_TAG)
		(void)!(nos_err_clear(err), ask(kp, false, err));
	return unless_passing(err);
}

/* What an answer says. Where it may be older than the keyring, ret_apart is not NULL: that the
 * chains have come apart is said there, and the node is not asked. */
static enum nos_code hear(
    struct nos_keeper *kp, const struct nos_answer_news *news, bool *ret_apart, struct nos_err *err)
{
	const bool wished = news->resync || news->identity;
	bool took, apart, at_once = wished && !kp->wish_heeded;

	kp->fresh = false;
	if (take_list(kp, news, &took, &apart, err))
		return err->code;
	if (ret_apart && apart && !wished) {
		*ret_apart = true;
		return NOS_OK;
	}
	apart |= wished;
	if (!apart && kp->ring->k.ack_len) {
		apart = send_ack(kp, err) == NOS_TAG;
		(void)unless_passing(err);
	}
	kp->wish_heeded = wished;
	if (apart && !err->code)
		(void)!ask(kp, at_once, err);
	return unless_passing(err);
}

enum nos_code nos_keeper_heard(
    struct nos_keeper *kp, const struct nos_answer_news *news, struct nos_err *err)
{
	return hear(kp, news, NULL, err);
}

enum nos_code nos_keeper_followed(
    struct nos_keeper *kp, const struct nos_answer_news *news, struct nos_err *err)
{
	bool apart = false;

	if (!hear(kp, news, &apart, err) && apart)
		(void)!nos_keeper_poll(kp, 0, err);
	return unless_passing(err);
}

enum nos_code nos_keeper_confirmed(
    struct nos_keeper *kp, const struct nos_name *name, struct nos_err *err)
{
	struct nos_keyring *k = &kp->ring->k;
	const struct nos_name newest = nos_keyring_active(k)->name;
	NOS_AUTO(keyring) before = *k;

	/* The pauses begin anew; the last of them, which others may have brought about, goes on. */
	kp->attempt.refused_ms = 0;
	if (newest.kind != name->kind || newest.count != name->count ||
	    memcmp(newest.parts, name->parts, sizeof(newest.parts)) != 0 ||
	    !nos_holder_confirmed(k, name))
		return NOS_OK;
	return keep(kp, &before, err);
}

enum nos_code nos_keeper_overheard(
    struct nos_keeper *kp, struct nos_span message, bool *ret_took, struct nos_err *err)
{
	struct nos_keyring *k = &kp->ring->k;
	NOS_AUTO(keyring) before = *k;
	bool took;

	*ret_took = false;
	if (nos_holder_overhear(k, message, nos_time_now(), &took, err) || !took ||
	    keep(kp, &before, err))
		return err->code;
	*ret_took = true;
	return NOS_OK;
}

enum nos_code nos_keeper_ordered(
    struct nos_keeper *kp, struct nos_str problem, bool *ret_took, struct nos_err *err)
{
	uint8_t bytes[NOS_SESSION_ORDER_MAX];
	struct nos_span order = { bytes, 0 };

	*ret_took = false;
	return nos_answer_order(problem, bytes, &order.len)
		   ? nos_keeper_overheard(kp, order, ret_took, err)
		   : NOS_OK;
}

enum nos_code nos_keeper_refused(struct nos_keeper *kp, struct nos_str problem, struct nos_err *err)
{
	nos_err_clear(err);
	kp->fresh = nos_inquiry_take_nonce(&kp->inquiry, problem);
	return ask(kp, false, err);
}

enum nos_code nos_keeper_ask(struct nos_keeper *kp, struct nos_err *err)
{
	kp->fresh = false;
	return ask(kp, false, err);
}

enum nos_code nos_keeper_poll(struct nos_keeper *kp, uint64_t wait_s, struct nos_err *err)
{
	struct nos_answer_news news = { 0 };

	if (!poll(kp, wait_s, &news, err))
		(void)!nos_keeper_heard(kp, &news, err);
	nos_answer_news_release(&news);
	return err->code;
}
