/* SPDX-License-Identifier: MIT */
#include "scale_step.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lifecycle/advance.h"
#include "lifecycle/enrol.h"
#include "lifecycle/order.h"
#include "scale_pack.h"
#include "scale_source.h"

#define READING "[{\"type\":\"air_temperature\",\"value\":21.5,\"time\":1547812800}]"
#define CTY	"json"

/* One source on its way through the steps, and what the step in hand needs. */
struct nos_round {
	struct scale_node *n;
	struct scale_step_samples *samples;
	char id[NOS_RECORD_ID_MAX];
	struct nos_buf in, out; /* what came, and what is answered */
	struct nos_scale_source source;
	struct nos_span ack;
	struct nos_scale_heard heard;
};

static void nos_round_release(struct nos_round *r)
{
	nos_scale_source_release(&r->source);
	nos_buf_release(&r->in);
	nos_buf_release(&r->out);
	nos_scale_heard_release(&r->heard);
}

typedef enum nos_code work(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err);

static double processor_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static enum nos_code measure(
    struct nos_round *r, enum scale_step step, work *what, struct nos_err *err)
{
	struct scale_step_samples *s = &r->samples[step];
	struct scale_node_count c;
	uint64_t bytes = 0;
	double before, after;

	(void)scale_node_counted();
	before = processor_us();
	if (what(r, &bytes, err))
		return nos_err_within(err, "%s", scale_step_text(step));
	after = processor_us();
	c = scale_node_counted();
	if (bench_sample_add(&s->read, (double)c.read, err) ||
	    bench_sample_add(&s->written, (double)c.written, err) ||
	    bench_sample_add(&s->us, after - before, err))
		return err->code;
	return bench_sample_add(&s->bytes, (double)bytes, err);
}

/* ---- it comes ---- */

static enum nos_code registers(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err)
{
	bool made;

	if (nos_enrol_answer(&r->n->life, &r->n->self, nos_buf_str(&r->source.pending.m1),
		nos_time_now(), &r->out, &made, r->id, err))
		return err->code;
	*ret_bytes = r->source.pending.m1.len + r->out.len;
	return NOS_OK;
}

/* ---- it sends ---- */

static enum nos_code make_pack(struct nos_round *r, struct nos_err *err)
{
	nos_buf_truncate(&r->in, 0);
	return scale_source_send(&r->source, NOS_STR(CTY), NOS_STR(READING), &r->in, err)
		   ? err->code
		   : scale_pack_unheard(&r->heard, err);
}

static enum nos_code sends(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err)
{
	const struct scale_pack p = {
		.id = r->id, .kid = r->source.kid, .seq = r->source.seq, .text = nos_buf_str(&r->in)
	};

	*ret_bytes = r->in.len + NOS_PACK_RECEIPT_LEN - 1;
	return scale_pack_take(r->n, &r->heard, &p, err);
}

/* ---- it gets its next key ---- */

static enum nos_code order(
    struct scale_node *n, const struct nos_round *r, enum nos_order_what what, struct nos_err *err)
{
	const struct nos_order o = { .what = what, .reason = "nos-bench" };
	struct nos_order_done done;

	return nos_order_give(&n->life, &o, r->id, nos_time_now(), &done, err);
}

static enum nos_code replace(struct scale_node *n, void *state, struct nos_err *err)
{
	return order(n, state, NOS_ORDER_REPLACE, err);
}

static enum nos_code rekeys(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err)
{
	const struct nos_advance a = { .reason = "nos-bench" };
	struct nos_advance_done done = { 0 };

	(void)ret_bytes;
	if (r->n->scheme->grouped ? nos_advance_group(&r->n->life, &a, NOS_STR(SCALE_NODE_GROUP),
					nos_time_now(), &done, err)
				  : scale_node_change(r->n, replace, r, err))
		return err->code;
	return scale_node_purge(r->n, err);
}

/* Bytes of the messages that wait for it, from number ctr on; *ret_next: the number behind. */
static enum nos_code outstanding(
    struct nos_round *r, uint64_t ctr, uint64_t *ret, uint64_t *ret_next, struct nos_err *err)
{
	NOS_AUTO(record) record = { 0 };

	*ret = 0;
	*ret_next = ctr;
	if (nos_registry_get(r->n->store, &r->n->vault, nos_str_of(r->id), &record, err))
		return err->code;
	for (size_t i = 0; i < record.a.out_count; i++) {
		const struct nos_assoc_message *m = &record.a.out[i];

		*ret += m->ctr >= ctr ? m->len : 0;
		if (m->ctr >= *ret_next)
			*ret_next = m->ctr + 1;
	}
	return NOS_OK;
}

static enum nos_code look(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state;
	(void)r;
	(void)w;
	(void)err;
	*ret_changed = true; /* what it lacks is looked at */
	return NOS_OK;
}

static enum nos_code fill(struct scale_node *n, void *state, struct nos_err *err)
{
	const struct nos_round *r = state;
	NOS_AUTO(record) record = { 0 };

	return nos_life_change(
	    &n->life, nos_str_of(r->id), nos_time_now(), look, NULL, &record, err);
}

static enum nos_code follows(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err)
{
	(void)ret_bytes;
	return scale_node_change(r->n, fill, r, err);
}

/* What was measured before it was known what it had sent. */
static void set_bytes(struct nos_round *r, enum scale_step step, uint64_t bytes)
{
	struct bench_sample *s = &r->samples[step].bytes;

	s->values[s->count - 1] = (double)bytes;
}

static enum nos_code confirm(void *state, struct nos_record *record, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_round *r = state;

	return nos_issuer_acked(&record->a, w, r->ack, ret_changed, err);
}

static enum nos_code confirm_one(struct scale_node *n, void *state, struct nos_err *err)
{
	struct nos_round *r = state;
	NOS_AUTO(record) record = { 0 };

	return nos_life_change(
	    &n->life, nos_str_of(r->id), nos_time_now(), confirm, r, &record, err);
}

static enum nos_code confirms(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err)
{
	*ret_bytes = r->ack.len;
	return scale_node_change(r->n, confirm_one, r, err) ? err->code
							    : scale_node_purge(r->n, err);
}

/* The source takes what waits for it, and says so. */
static enum nos_code acknowledge(struct nos_round *r, struct nos_err *err)
{
	if (scale_source_fetch(&r->source, r->n, &r->ack, err))
		return err->code;
	return r->ack.len ? measure(r, SCALE_STEP_ACK, confirms, err) : NOS_OK;
}

static enum nos_code rekey(struct nos_round *r, struct nos_err *err)
{
	NOS_AUTO(buf) broadcast = { 0 };
	uint64_t bytes, next, after;

	nos_buf_init(&broadcast, SCALE_PACK_MAX);
	if (outstanding(r, 0, &bytes, &next, err) || measure(r, SCALE_STEP_REKEY, rekeys, err))
		return err->code;
	if (r->n->scheme->grouped &&
	    nos_groups_order(r->n->store, r->n->group.number, &broadcast, err))
		return err->code;
	if (outstanding(r, next, &bytes, &after, err))
		return err->code;
	set_bytes(r, SCALE_STEP_REKEY, broadcast.len + bytes);
	if (broadcast.len)
		return scale_source_overhear(&r->source, nos_buf_span(&broadcast), err);
	if (!r->n->scheme->grouped)
		return acknowledge(r, err);
	if (measure(r, SCALE_STEP_FOLLOW, follows, err) ||
	    outstanding(r, next, &bytes, &after, err))
		return err->code;
	set_bytes(r, SCALE_STEP_FOLLOW, bytes);
	return acknowledge(r, err);
}

/* ---- it goes ---- */

static enum nos_code revoke_one(struct scale_node *n, void *state, struct nos_err *err)
{
	return order(n, state, NOS_ORDER_REVOKE, err);
}

static bool never(void *state)
{
	(void)state;
	return false;
}

static enum nos_code revokes(struct nos_round *r, uint64_t *ret_bytes, struct nos_err *err)
{
	uint64_t halves;

	(void)ret_bytes;
	if (scale_node_change(r->n, revoke_one, r, err))
		return err->code;
	if (r->n->scheme->grouped && nos_advance_put_out(&r->n->life, &r->n->self.sign, "nos-bench",
					 never, NULL, &halves, err))
		return err->code;
	return scale_node_purge(r->n, err);
}

static enum nos_code revoke(struct nos_round *r, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };
	uint64_t bytes = 0, next, after;

	if (outstanding(r, 0, &bytes, &next, err) || measure(r, SCALE_STEP_REVOKE, revokes, err))
		return err->code;
	if (outstanding(r, next, &bytes, &after, err))
		return err->code;
	if (r->n->scheme->grouped && nos_groups_get(r->n->store, NULL, r->n->group.number, &g, err))
		return err->code;
	set_bytes(r, SCALE_STEP_REVOKE, bytes + g.broadcast_len);
	return NOS_OK;
}

/* ---- the round ---- */

static enum nos_code come(struct nos_round *r, struct nos_err *err)
{
	if (scale_source_begin(&r->source, r->n, err) ||
	    measure(r, SCALE_STEP_REGISTER, registers, err) ||
	    scale_source_admit(&r->source, r->n, nos_buf_str(&r->out), err))
		return err->code;
	return acknowledge(r, err);
}

static enum nos_code run(struct nos_round *r, struct nos_err *err)
{
	if (come(r, err) || make_pack(r, err) || measure(r, SCALE_STEP_SEND, sends, err))
		return err->code;
	return rekey(r, err) ? err->code : revoke(r, err);
}

enum nos_code scale_step_round(
    struct scale_node *n, struct scale_step_samples s[static SCALE_STEPS], struct nos_err *err)
{
	NOS_AUTO(round) r = { .n = n, .samples = s };

	nos_buf_init(&r.in, SCALE_PACK_MAX);
	nos_buf_init(&r.out, SCALE_PACK_MAX);
	return run(&r, err);
}

void scale_step_release(struct scale_step_samples s[static SCALE_STEPS])
{
	for (size_t i = 0; i < SCALE_STEPS; i++) {
		bench_sample_release(&s[i].read);
		bench_sample_release(&s[i].written);
		bench_sample_release(&s[i].us);
		bench_sample_release(&s[i].bytes);
	}
}

const char *scale_step_text(enum scale_step s)
{
	static const char *const texts[SCALE_STEPS] = { "register", "acknowledge", "send", "re-key",
		"follow", "revoke" };

	return texts[s];
}

const char *scale_step_bytes_of(enum scale_step s, const struct nos_scheme *scheme)
{
	if (s == SCALE_STEP_REGISTER)
		return "request and answer, without HTTP's own";
	if (s == SCALE_STEP_SEND)
		return "a pack of one reading and its receipt, without HTTP's own";
	if (s == SCALE_STEP_ACK)
		return "one message from the source";
	if (s == SCALE_STEP_FOLLOW)
		return "what one member fetches with its next answer";
	if (s == SCALE_STEP_REVOKE)
		return scheme->grouped ? "one broadcast to all members"
				       : "messages that the revocation makes";
	return scheme->grouped ? "one broadcast to all members; none: see follow"
			       : "messages to the source";
}
