/* SPDX-License-Identifier: MIT */
#include "party.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lifecycle/advance.h"
#include "lifecycle/enrol.h"
#include "lifecycle/order.h"
#include "lifecycle/token.h"
#include "scheme/holder.h"
#include "source/admission.h"

#define NODE	    1
#define URL	    "http://127.0.0.1:8080"
#define KIND	    "weather-station"
#define DESCRIPTION "{\"mode\":\"push\",\"types\":[\"air_temperature\"]}"
#define TOKEN_MS    3600000
#define REASON	    "measured"
#define NUMBERS	    16 /* of local keys, for all that a measurement makes at once */

/* ---- a node ---- */

static enum nos_code open_store(struct party *p, struct nos_err *err)
{
	char url[FOLDER_SIZE + 16];

	if (folder_make(NULL, p->folder, err))
		return err->code;
	snprintf(url, sizeof(url), "sqlite:%s/node.db", p->folder);
	return nos_store_open(&(struct nos_store_where){ .url = url }, true, &p->store, err);
}

enum nos_code party_open(struct party *p, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	bool changed;

	*p = (struct party){ 0 };
	nos_buf_init_secret(&text, 1024);
	if (open_store(p, err) || nos_vault_new(&p->vault, &text, err) ||
	    nos_self_make(p->store, &p->vault, NODE, err) ||
	    nos_self_open(p->store, &p->vault, &p->self, err) ||
	    nos_globals_resize(p->store, &p->vault, NOS_GLOBALS_SIZE, NOS_GLOBALS_RING,
		nos_time_now(), &changed, err))
		return err->code;
	nos_audit_init(&p->audit, p->store, "nos-bench", false);
	return nos_life_open(&p->life, p->store, &p->vault, &p->audit, &p->self, err);
}

void party_close(struct party *p)
{
	nos_life_release(&p->life);
	nos_self_release(&p->self);
	nos_vault_release(&p->vault);
	nos_store_close(p->store);
	folder_remove(p->folder);
	*p = (struct party){ 0 };
}

static enum nos_code begin(struct party *p, struct nos_err *err)
{
	nos_audit_begin(&p->audit);
	return nos_store_begin(p->store, err);
}

/* What failed within a group leaves none. */
static enum nos_code end(struct party *p, struct nos_err *err)
{
	if (!err->code)
		return nos_store_commit(p->store, err);
	nos_store_rollback(p->store);
	return err->code;
}

enum nos_code party_group(struct party *p, const char *scheme, struct nos_err *err)
{
	NOS_AUTO(group) g = { .depth = NOS_GROUP_DEPTH };

	snprintf(g.name, sizeof(g.name), "%s", scheme);
	snprintf(g.scheme, sizeof(g.scheme), "%s", scheme);
	if (begin(p, err))
		return err->code;
	(void)!nos_groups_make(p->store, &p->vault, &g, p->life.life, nos_time_now(), err);
	return end(p, err);
}

/* ---- a registration ---- */

static bool is_grouped(const char *scheme)
{
	const struct nos_scheme *s = nos_scheme_find(nos_str_of(scheme));

	return s && s->grouped;
}

/* An enrolment, as its line tells it. */
static enum nos_code make_enrolment(
    struct party *p, const char *scheme, struct nos_enrolment *ret, struct nos_err *err)
{
	struct nos_token t = {
		.most = 1, .made = nos_time_now(), .expires = { nos_time_now().ms + TOKEN_MS }
	};
	NOS_AUTO(secret) token = { 0 };
	NOS_AUTO(group) g = { 0 };
	NOS_AUTO(buf) line = { 0 };

	nos_buf_init_secret(&line, 4096);
	snprintf(t.kind, sizeof(t.kind), "%s", KIND);
	snprintf(t.scheme, sizeof(t.scheme), "%s", scheme);
	if (!is_grouped(scheme) ||
	    !nos_groups_find(p->store, &p->vault, nos_str_of(scheme), &g, err)) {
		t.group = g.number;
		if (!nos_token_make(p->store, &p->vault, &t, &token, err)) {
			nos_token_line(&line, &t, &token, &g, &p->self, URL);
			(void)!nos_enrolment_decode(nos_str_trim(nos_buf_str(&line)), ret, err);
		}
	}
	nos_token_release(&t);
	return err->code;
}

/* m1 goes to the node, and m2 comes. */
static enum nos_code exchange(struct party *p, const struct nos_enrolment *e,
    struct nos_pending *half, struct party_source *ret, struct nos_err *err)
{
	NOS_AUTO(buf) m2 = { 0 };
	char id[NOS_RECORD_ID_MAX];
	bool made;

	nos_buf_init(&m2, NOS_ENROL_M1_MAX);
	nos_buf_add_text(&half->description, DESCRIPTION);
	if (nos_pending_make(half, e, &p->self.public, err) ||
	    nos_enrol_answer(
		&p->life, &p->self, nos_buf_str(&half->m1), nos_time_now(), &m2, &made, id, err))
		return err->code;
	ret->m1 = half->m1.len;
	ret->m2 = m2.len;
	if (nos_admission_take(half, e, &p->self.public, nos_buf_str(&m2), &ret->keyring, err))
		return err->code;
	snprintf(ret->keyring.urls[0], sizeof(ret->keyring.urls[0]), "%s", e->url);
	ret->keyring.url_count = 1;
	return NOS_OK;
}

enum nos_code party_enrol(
    struct party *p, const char *scheme, struct party_source *ret, struct nos_err *err)
{
	NOS_AUTO(enrolment) e = { 0 };
	struct nos_pending half;

	*ret = (struct party_source){ 0 };
	nos_pending_init(&half);
	if (!make_enrolment(p, scheme, &e, err))
		(void)!exchange(p, &e, &half, ret, err);
	nos_pending_release(&half);
	return err->code;
}

/* ---- between a source and its node ---- */

enum nos_code party_read(struct party *p, const struct party_source *s, struct nos_record *ret,
    struct nos_issuer *ret_world, struct nos_err *err)
{
	if (nos_registry_get(p->store, &p->vault, nos_str_of(s->keyring.source), ret, err) ||
	    begin(p, err))
		return err->code;
	(void)!nos_life_world_full(&p->life, ret, nos_time_now(), NUMBERS, ret_world, err);
	return end(p, err);
}

static enum nos_code change(struct party *p, const struct party_source *s, nos_life_step *step,
    void *state, struct nos_record *ret, struct nos_err *err)
{
	*ret = (struct nos_record){ 0 };
	if (begin(p, err))
		return err->code;
	(void)!nos_life_change(
	    &p->life, nos_str_of(s->keyring.source), nos_time_now(), step, state, ret, err);
	return end(p, err);
}

static enum nos_code look(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)r, (void)w, (void)err;
	*ret_changed = true;
	return NOS_OK;
}

enum nos_code party_look(
    struct party *p, const struct party_source *s, struct nos_record *ret, struct nos_err *err)
{
	return change(p, s, look, NULL, ret, err);
}

size_t party_list(const struct party *p, const struct nos_record *r,
    struct nos_span ret[static NOS_ASSOC_OUT_MAX])
{
	const size_t count = nos_issuer_outstanding(&r->a, p->life.life);

	for (size_t i = 0; i < count; i++)
		ret[i] = (struct nos_span){ r->a.out[i].bytes, r->a.out[i].len };
	return count;
}

static enum nos_code hear_ack(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_keyring *k = state;

	return nos_issuer_acked(
	    &r->a, w, (struct nos_span){ k->ack, k->ack_len }, ret_changed, err);
}

static enum nos_code see_pack(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	return nos_issuer_used(&r->a, w, state, ret_changed, err);
}

/* What all members of its group have heard. */
static enum nos_code hear_order(struct party *p, struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(buf) order = { 0 };
	bool took;

	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (!k->group.number)
		return NOS_OK;
	if (nos_groups_order(p->store, k->group.number, &order, err))
		return err->code;
	return order.len ? nos_holder_overhear(k, nos_buf_span(&order), nos_time_now(), &took, err)
			 : NOS_OK;
}

enum nos_code party_settle(struct party *p, struct party_source *s, struct nos_err *err)
{
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	struct nos_keyring *k = &s->keyring;
	NOS_AUTO(record) r = { 0 };
	enum nos_holder_did did;
	struct nos_name name;
	size_t count;

	if (party_look(p, s, &r, err))
		return err->code;
	count = party_list(p, &r, list);
	if (count && nos_holder_take(k, list, count, nos_time_now(), &did, err))
		return err->code;
	if (hear_order(p, k, err) ||
	    (count && (nos_holder_ack(k, err) || change(p, s, hear_ack, k, &r, err))))
		return err->code;
	name = nos_keyring_active(k)->name;
	if (change(p, s, see_pack, &name, &r, err))
		return err->code;
	nos_holder_confirmed(k, &name);
	return NOS_OK;
}

/* ---- what an operator does ---- */

enum nos_code party_advance(struct party *p, const char *scheme, bool heal, struct nos_err *err)
{
	const struct nos_advance a = { .heal = heal, .reason = REASON };
	struct nos_advance_done done = { 0 };

	return nos_advance_group(&p->life, &a, nos_str_of(scheme), nos_time_now(), &done, err);
}

static enum nos_code order(
    struct party *p, enum nos_order_what what, const struct party_source *s, struct nos_err *err)
{
	const struct nos_order o = { .what = what, .reason = REASON };
	struct nos_order_done done;

	if (begin(p, err))
		return err->code;
	(void)!nos_order_give(&p->life, &o, s->keyring.source, nos_time_now(), &done, err);
	return end(p, err);
}

enum nos_code party_replace(struct party *p, const struct party_source *s, struct nos_err *err)
{
	return order(p, NOS_ORDER_REPLACE, s, err);
}

static bool never(void *state)
{
	(void)state;
	return false;
}

enum nos_code party_revoke(struct party *p, const struct party_source *s, struct nos_err *err)
{
	uint64_t halves;

	if (order(p, NOS_ORDER_REVOKE, s, err))
		return err->code;
	return nos_advance_put_out(&p->life, &p->self.sign, REASON, never, NULL, &halves, err);
}
