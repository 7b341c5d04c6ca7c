/* SPDX-License-Identifier: MIT */
#include "ingest/hops.h"

#include <string.h>

#include "cluster/aim.h"
#include "envelope/header.h"
#include "ingest/form.h"
#include "key/roam.h"

#define SEALED "application/jose"
#define FRAME  "nos-hop"

/* ---- readings in the open ---- */

bool nos_hops_is_taken(
    const struct nos_ingest *g, struct nos_str media, struct nos_str query, struct nos_err *err)
{
	if (nos_str_is(media, SEALED)) {
		if (query.len)
			nos_err_set(err, NOS_DATA, "a sealed pack takes no query");
		return !err->code;
	}
	if (!g->anonymous)
		nos_err_set(err, NOS_DENIED, "readings without a seal are not taken here");
	else
		(void)!nos_form_check(g->maps, NOS_FORM_ANONYMOUS, media, query, err);
	return !err->code;
}

static enum nos_code take_open(const struct nos_ingest *g, struct nos_job *job,
    struct nos_str media, struct nos_str query, struct nos_str body, struct nos_err *err)
{
	if (nos_form_take(g->maps, NOS_FORM_ANONYMOUS, media, query, job, err))
		return err->code;
	if (nos_aim_raw(g->placement, job, err))
		return err->code;
	job->raw.security = nos_ingest_tls(g, job->request);
	nos_buf_add_str(&job->body, body);
	return nos_buf_check(&job->body, "body", err);
}

/* ---- a sealed pack ---- */

static struct nos_rule_security security_of(
    const struct nos_ingest *g, const struct nos_job *job, const struct nos_member_key *k)
{
	const struct nos_time now = job->raw.received;
	struct nos_rule_security ret = {
		.holders = k->holders,
		.key_age_s = (double)(now.ms - k->since.ms) / 1000,
		.key_period_s = (double)atomic_load(&g->key_period_ms) / 1000,
		.key_state = k->state == NOS_STATE_DEACTIVATED ? NOS_RULE_KEY_DEACTIVATED
							       : NOS_RULE_KEY_ACTIVE,
	};

	if (ret.key_age_s < 0)
		ret.key_age_s = 0; /* the clock went back */
	return ret;
}

static void fill_sealed(
    const struct nos_ingest *g, struct nos_job *job, const struct nos_raw_via *own)
{
	const struct nos_member *m = job->member;
	struct nos_raw *raw = &job->raw;

	snprintf(raw->source, sizeof(raw->source), "%s", nos_member_id(m));
	snprintf(raw->name, sizeof(raw->name), "%s", nos_member_name(m));
	snprintf(raw->mode, sizeof(raw->mode), "%s", nos_member_mode(m));
	snprintf(raw->kind, sizeof(raw->kind), "%s", nos_member_kind(m));
	snprintf(raw->kid, sizeof(raw->kid), "%s", own->kid);
	raw->seq = own->seq;
	raw->prev = own->prev;
	memcpy(raw->hash, own->hash, sizeof(raw->hash));
	raw->security = security_of(g, job, job->key);
	raw->security.bits = raw->security.tag = NOS_PACK_BITS;
	raw->security.proof = NOS_RULE_PROOF_KEY;
	raw->security.open = m->open;
	raw->security.fresh = true;
	raw->roams = m->roams;
}

/*
 * The word of the relay that took them is all there is: on their way to it anyone could read and
 * change them, so that no cipher of a later hop counts. Each relay was one more who could.
 */
static void fill_vouched(const struct nos_ingest *g, struct nos_job *job)
{
	const struct nos_job_relay *relay = &job->relays[job->relay_count - 1];
	struct nos_rule_security *s = &job->raw.security;

	*s = security_of(g, job, relay->key);
	s->holders += (unsigned)job->relay_count;
	s->proof = NOS_RULE_PROOF_VOUCHED;
	s->open = relay->member->open;
}

/*
 * By which a retry is told from another pack under an old number. It is that of what is sealed, not
 * of the pack, since a source may have sealed it anew, under another key, for another try.
 */
static enum nos_code note_own(const struct nos_header *h, const struct nos_buf *text,
    struct nos_raw_via *ret, struct nos_err *err)
{
	const struct nos_span span = nos_buf_span(text);
	uint8_t hash[NOS_HASH_LEN];

	if (nos_hash_sha256(&span, 1, hash, err))
		return err->code;
	*ret = (struct nos_raw_via){ .seq = h->seq, .prev = h->has_prev ? h->prev : 0 };
	snprintf(ret->source, sizeof(ret->source), "%s", h->source);
	snprintf(ret->kid, sizeof(ret->kid), "%s", h->kid);
	memcpy(ret->hash, hash, sizeof(ret->hash));
	return NOS_OK;
}

/* The last relay's frame is at fault: the relay is told. */
static void step_back(struct nos_job *job)
{
	struct nos_job_relay *relay = &job->relays[--job->relay_count];

	nos_buf_release(&job->body);
	job->body = relay->frame;
	job->member = relay->member;
	job->key = relay->key;
	job->pack = relay->pack;
	*relay = (struct nos_job_relay){ 0 };
}

/* May a pack that names this source stand in the frames around it? */
static enum nos_code check_source(struct nos_job *job, const char *source, struct nos_err *err)
{
	const struct nos_job_relay *last;

	if (!job->relay_count)
		return NOS_OK;
	last = &job->relays[job->relay_count - 1];
	if (last->names.len && !nos_str_is(last->names, source))
		nos_err_set(err, NOS_DATA, "the pack in the frame is not of the source it names");
	for (size_t i = 0; !err->code && i < job->relay_count; i++)
		if (strcmp(job->relays[i].via.source, source) == 0)
			nos_err_set(err, NOS_DATA, "'%s' is twice in the path", source);
	if (err->code)
		step_back(job);
	return err->code;
}

static enum nos_code find_held(const struct nos_ingest *g, struct nos_ingest_loop *l,
    struct nos_job *job, const struct nos_header *h, struct nos_err *err)
{
	if (nos_member_get(g->members, l->store, g->vault, h->source, &job->member, err))
		return err->code;
	job->key = nos_member_key(job->member, h->kid);
	/* One that was made since the member was read: it may be known by now. */
	if (!job->key && !nos_member_again(g->members, l->store, g->vault, &job->member, err))
		job->key = nos_member_key(job->member, h->kid);
	if (err->code)
		return err->code;
	/* One of a session before, which few are still at. */
	if (!job->key &&
	    !nos_member_fetch(g->members, l->store, g->vault, &job->member, h->kid, err))
		job->key = nos_member_key(job->member, h->kid);
	if (err->code)
		return err->code;
	return job->key ? NOS_OK : nos_err_set(err, NOS_TAG, "does not verify");
}

/*
 * A key of roaming holds for its day and the two beside it. One that is not held may be had from
 * the source's home, unless the source is this node's own: another must not speak for it.
 */
static enum nos_code find_key(const struct nos_ingest *g, struct nos_ingest_loop *l,
    struct nos_job *job, const struct nos_header *h, struct nos_err *err)
{
	uint64_t home, day;

	if (!nos_roam_is(&h->name, &home, &day))
		return find_held(g, l, job, h, err);
	if (!nos_roam_is_near(day, job->raw.received))
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (find_held(g, l, job, h, err) != NOS_TAG || job->relay_count ||
	    (job->member && nos_member_home(job->member) != home) ||
	    !nos_peer_is_source(nos_str_of(h->source)) ||
	    !nos_str_copy(nos_str_of(h->source), job->visit.id, sizeof(job->visit.id)))
		return err->code;
	job->visit.home = home;
	job->visit.day = day;
	return err->code;
}

/* Find the key, decrypt, verify. */
static enum nos_code open_pack(const struct nos_ingest *g, struct nos_ingest_loop *l,
    struct nos_job *job, struct nos_header *h, struct nos_raw_via *own, struct nos_err *err)
{
	const struct nos_str jwe = { (const char *)job->pack.p, job->pack.len };
	struct nos_name name;

	if (nos_header_read(
		jwe, NOS_HEADER_PACK, g->limits->of[NOS_LIMIT_PACK], &l->header, h, err) ||
	    check_source(job, h->source, err))
		return err->code;
	/* What is sealed here is of its source, unless more is inside. */
	if (strcmp(h->cty, FRAME) == 0 ? nos_aim_check(g->placement, err)
				       : nos_aim(g->placement, job, nos_str_of(h->source), err))
		return err->code;
	if (find_key(g, l, job, h, err)) {
		if (err->code == NOS_TAG && nos_name_parse(nos_str_of(h->kid), &name))
			nos_job_note_order(job, l->store, &name);
		return err->code;
	}
	if (nos_pack_open(&job->key->keys, jwe, &job->body, err) ||
	    note_own(h, &job->body, own, err))
		job->key = NULL; /* nothing is signed under it */
	return err->code;
}

/* ---- a frame ---- */

/* What a frame has inside. */
struct inside {
	struct nos_str media, query, body;
};

static enum nos_code read_frame(
    const struct nos_job *job, struct nos_hop *ret_frame, struct inside *ret, struct nos_err *err)
{
	if (job->relay_count == NOS_HOP_MAX)
		return nos_err_set(err, NOS_DATA, "over %d relays", NOS_HOP_MAX);
	if (nos_hop_read(nos_buf_span(&job->body), ret_frame, err))
		return err->code;
	if (!ret_frame->hops)
		return nos_err_set(err, NOS_DATA, "a hop frame that no relay has raised");
	*ret = (struct inside){ .media = NOS_STR(SEALED),
		.body = { (const char *)ret_frame->pack.p, ret_frame->pack.len } };
	if (ret_frame->source.len)
		return NOS_OK;
	if (!nos_hop_split(ret_frame->pack, &ret->query, &ret->body))
		return nos_err_set(err, NOS_DATA, "no media type in a frame without a source");
	nos_str_cut(&ret->query, '?', &ret->media);
	return NOS_OK;
}

/* Who sealed the frame is a relay, and what is inside comes next. */
static enum nos_code step_in(
    struct nos_job *job, const struct nos_raw_via *own, struct inside *ret, struct nos_err *err)
{
	struct nos_job_relay *relay;
	struct nos_hop frame;

	if (read_frame(job, &frame, ret, err))
		return err->code;
	relay = &job->relays[job->relay_count++];
	*relay = (struct nos_job_relay){ .member = job->member,
		.key = job->key,
		.pack = job->pack,
		.frame = job->body, /* its memory, into which all views show, stays where it is */
		.via = *own,
		.names = frame.source };
	job->member = NULL;
	job->key = NULL;
	job->pack = nos_str_bytes(ret->body);
	nos_buf_init_secret(&job->body, NOS_PACK_MAX);
	return NOS_OK;
}

/* ---- all of it ---- */

static void fill_via(struct nos_job *job)
{
	job->raw.via_count = job->relay_count;
	for (size_t i = 0; i < job->relay_count; i++)
		job->raw.via[i] = job->relays[job->relay_count - 1 - i].via;
}

static enum nos_code open_sealed(const struct nos_ingest *g, struct nos_ingest_loop *l,
    struct nos_job *job, struct inside *in, struct nos_err *err)
{
	struct nos_header h;
	struct nos_raw_via own;

	if (open_pack(g, l, job, &h, &own, err))
		return err->code;
	if (strcmp(h.cty, FRAME) == 0)
		return step_in(job, &own, in, err);
	in->media = NOS_STR("");
	fill_sealed(g, job, &own);
	fill_via(job);
	if (!nos_batch_form_parse(nos_str_of(h.cty), &job->raw.form) ||
	    job->raw.form == NOS_BATCH_CSV)
		return nos_err_set(err, NOS_MEDIA,
		    "cty '%s': take application/json, application/x-ndjson or"
		    " application/senml+json",
		    h.cty);
	return NOS_OK;
}

enum nos_code nos_hops_open(
    const struct nos_ingest *g, struct nos_ingest_loop *l, struct nos_job *job, struct nos_err *err)
{
	const struct nos_http_request *r = job->request;
	struct inside in = { r->media, r->query, { (const char *)r->body.p, r->body.len } };

	job->pack = r->body;
	while (nos_str_is(in.media, SEALED)) {
		if (open_sealed(g, l, job, &in, err))
			return err->code;
		if (!in.media.len)
			return NOS_OK;
		if (!nos_hops_is_taken(g, in.media, in.query, err))
			return err->code;
	}
	if (take_open(g, job, in.media, in.query, in.body, err))
		return err->code;
	fill_via(job);
	if (job->relay_count)
		fill_vouched(g, job);
	return NOS_OK;
}
