/* SPDX-License-Identifier: MIT */
#include "peer/peering.h"

#include <string.h>

#include "base/log.h"
#include "key/roam.h"
#include "node/refuse.h"
#include "lifecycle/bearer.h"
#include "roam/roaming.h"

/* A request from hand to hand. */
struct asked {
	struct nos_peer_request request;
	struct nos_peer peer; /* whose it is */
	uint64_t home, day;
	struct nos_peer_answer answer;
};

static enum nos_code refuse(struct nos_err *err)
{
	return nos_err_set(err, NOS_DENIED, "refused");
}

/* ---- who asks ---- */

/* Signed by a peer that may ask this, and meant for this node. */
static enum nos_code check(const struct nos_peering *p, const struct nos_buf *opened,
    const uint8_t to[static NOS_HASH_LEN], struct asked *ret, struct nos_err *err)
{
	const struct nos_peer_request *r = &ret->request;

	if (nos_peer_request_decode(opened, &ret->request, err))
		return err->code;
	if (memcmp(r->to, to, sizeof(r->to)) != 0 ||
	    !nos_peers_by_pin(p->peers, r->from, &ret->peer) || !(ret->peer.may >> r->op & 1) ||
	    nos_self_is_own(nos_card_self(p->card), &r->once) ||
	    !nos_roam_is(&r->key, &ret->home, &ret->day))
		return refuse(err);
	return nos_peer_verify(opened, ret->peer.sign, err) == NOS_TAG ? refuse(err) : err->code;
}

static enum nos_code read_request(
    const struct nos_peering *p, struct nos_span body, struct asked *ret, struct nos_err *err)
{
	const struct nos_str jwe = { (const char *)body.p, body.len };
	const struct nos_secret *private;
	uint8_t to[NOS_HASH_LEN];
	NOS_AUTO(buf) opened = { 0 };
	uint64_t generation;

	if (nos_peer_look(jwe, to, err))
		return err->code;
	private = nos_self_private(nos_card_self(p->card), to, &generation);
	if (!private)
		return refuse(err);
	if (nos_peer_open(private, jwe, &opened, err))
		return err->code == NOS_TAG ? refuse(err) : err->code;
	if (check(p, &opened, to, ret, err))
		return err->code;
	ret->answer.op = ret->request.op;
	return nos_hash_sha256(&body, 1, ret->answer.request, err);
}

/* ---- as a home ---- */

/* One that was revoked does not roam, nor one that has a bearer token, and no Z. */
static enum nos_code let_roam(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)w;
	if (r->a.revoked || nos_bearer_is_source(r))
		return refuse(err);
	*ret_changed = r->roams != r->a.base.z;
	r->roams = r->a.base.z;
	return NOS_OK;
}

/* What is given is noted with it, so that a revocation that comes behind it finds whom to tell. */
static enum nos_code give(const struct nos_peering *p, struct asked *a, struct nos_record *r,
    struct nos_time now, struct nos_err *err)
{
	const struct nos_roaming_home home = { p->life->store, p->life->audit, p->life->node };
	struct nos_roaming given = { .node = a->peer.node, .day = a->day };
	struct nos_peer_answer *answer = &a->answer;

	if (nos_life_change(p->life, nos_str_of(a->request.source), now, let_roam, NULL, r, err))
		return err->code == NOS_ABSENT ? refuse(err) : err->code;
	memcpy(given.id, r->id, sizeof(given.id));
	if (nos_roaming_give(&home, &given, now, err) ||
	    nos_roam_key(&r->a.base.z_key, a->peer.pin, a->day, &answer->key, err))
		return err->code;
	snprintf(answer->kind, sizeof(answer->kind), "%s", r->kind);
	answer->open = r->open;
	answer->expires = nos_roam_until(a->day);
	return NOS_OK;
}

static enum nos_code answer_roam(const struct nos_peering *p, struct asked *a, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();
	NOS_AUTO(record) r = { 0 };

	if (a->home != nos_card_self(p->card)->number || !nos_roam_is_near(a->day, now))
		return refuse(err);
	nos_audit_begin(p->life->audit);
	if (nos_store_begin(p->life->store, err))
		return err->code;
	if (give(p, a, &r, now, err)) {
		nos_store_rollback(p->life->store);
		return err->code;
	}
	if (!nos_store_commit(p->life->store, err))
		nos_member_forget(p->members, r.id); /* its packs are counted otherwise now */
	return err->code;
}

/* ---- as a host ---- */

static enum nos_code answer_revoked(
    const struct nos_peering *p, const struct asked *a, struct nos_err *err)
{
	const char *source = a->request.source;

	/* One that is old is no more than a nuisance, but may be somebody else's. */
	if (a->home != a->peer.node || (!*source && !nos_roam_is_near(a->day, nos_time_now())))
		return refuse(err);
	if (nos_visits_revoke(p->visits, p->life->store, p->life->audit, a->home, source, err))
		return err->code;
	if (!*source)
		nos_log_line(NOS_LOG_INFO,
		    "node %llu was put back from a backup, and all that it gave is dropped",
		    (unsigned long long)a->home);
	else
		nos_log_line(NOS_LOG_INFO, "node %llu has taken back what it gave of source %s",
		    (unsigned long long)a->home, a->request.source);
	return NOS_OK;
}

void nos_peering_answer(const struct nos_peering *p, struct nos_http_request *r)
{
	struct asked a = { 0 };
	struct nos_err err = { 0 };

	if (!read_request(p, r->body, &a, &err) &&
	    !(a.request.op == NOS_PEER_ROAM ? answer_roam(p, &a, &err)
					    : answer_revoked(p, &a, &err)) &&
	    !nos_peer_answer_seal(
		&a.answer, &nos_card_self(p->card)->sign, &a.request.once, &r->out, &err)) {
		r->status = 200;
		r->type = NOS_PEER_MEDIA;
	} else {
		nos_buf_truncate(&r->out, 0);
		nos_refuse_request(p->card, r, &err);
	}
	nos_peer_answer_release(&a.answer);
}
