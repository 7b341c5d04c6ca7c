/* SPDX-License-Identifier: MIT */
#include "stage_enrol.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/start.h"
#include "lifecycle/charter.h"
#include "lifecycle/token.h"
#include "source/register.h"
#include "source/ring.h"

#define BATCH	      500  /* enrolments of one transaction */
#define ENROLMENT_MAX 1024 /* bytes of a line */
#define RECEIPT_MAX   8192
#define LIFE_MS	      (INT64_C(24) * 3600 * 1000)
#define WAIT_MS	      30000

const char *stage_enrol_group(enum bench_scheme scheme)
{
	return scheme == BENCH_DIPIETRO || scheme == BENCH_TREE ? bench_scheme_text(scheme) : NULL;
}

/* ---- enrolments ---- */

/* Within a group of changes. */
static enum nos_code make_lines(
    const struct stage_enrol *e, size_t count, struct nos_buf *lines, struct nos_err *err)
{
	const struct nos_home *home = stage_home(e->stage);
	const char *scheme = bench_scheme_text(e->fleet->scheme);
	const struct nos_charter charter = { .name = stage_enrol_group(e->fleet->scheme),
		.scheme = scheme };
	const struct nos_time made = nos_time_now();
	struct nos_group group = { 0 }; /* without what is secret */

	if (charter.name && nos_charter_group(&charter, e->audit, &home->vault, made, &group, err))
		return err->code;
	for (size_t i = 0; i < count; i++) {
		NOS_AUTO(token)
		t = { .group = group.number,
			.most = 1,
			.made = made,
			.expires = { made.ms + LIFE_MS } };
		NOS_AUTO(secret) token = { 0 };

		snprintf(t.kind, sizeof(t.kind), "%s", NOS_TOKEN_KIND);
		snprintf(t.scheme, sizeof(t.scheme), "%s", scheme);
		if (nos_token_make(home->store, &home->vault, &t, &token, err))
			return err->code;
		nos_token_line(lines, &t, &token, &group, &home->self, stage_url(e->stage));
	}
	return nos_buf_check(lines, "enrolments", err);
}

static enum nos_code make_batch(
    const struct stage_enrol *e, size_t count, struct nos_buf *lines, struct nos_err *err)
{
	struct nos_store *store = stage_home(e->stage)->store;

	nos_audit_begin(e->audit);
	if (nos_store_begin(store, err))
		return err->code;
	if (!make_lines(e, count, lines, err))
		return nos_store_commit(store, err);
	nos_store_rollback(store);
	return err->code;
}

/* ---- registrations ---- */

struct batch {
	const struct stage_enrol *e;
	struct nos_str lines[BATCH];
};

static enum nos_code register_one(
    void *state, size_t i, const struct nos_carrier *carrier, struct nos_err *err)
{
	struct batch *b = state;
	struct stage_fleet *f = b->e->fleet;
	struct stage_source *s = &f->sources[f->count + i];
	char path[PATH_MAX];
	const struct nos_register r = { .carrier = carrier,
		.keyring = path,
		.mode = "push",
		.wait_ms = WAIT_MS,
		.stop = nos_start_stopped() };
	NOS_AUTO(enrolment) enrolment = { 0 };
	NOS_AUTO(buf) receipt = { 0 };
	NOS_AUTO(keyring) k = { 0 };

	*s = (struct stage_source){ 0 };
	stage_fleet_keyring(b->e->stage, f, f->count + i, path);
	nos_buf_init(&receipt, RECEIPT_MAX);
	if (nos_enrolment_decode(b->lines[i], &enrolment, err) ||
	    nos_register_run(&r, &enrolment, &receipt, err) || nos_ring_read(path, &k, err))
		return err->code;
	nos_str_copy(nos_str_of(k.source), s->id, sizeof(s->id));
	return NOS_OK;
}

static enum nos_code run_batch(const struct stage_enrol *e, size_t count, struct nos_err *err)
{
	struct batch b = { .e = e };
	NOS_AUTO(buf) lines = { 0 };
	struct nos_str rest;
	size_t n = 0;

	nos_buf_init_secret(&lines, count * ENROLMENT_MAX);
	if (make_batch(e, count, &lines, err))
		return err->code;
	rest = nos_buf_str(&lines);
	while (n < count && nos_str_cut(&rest, '\n', &b.lines[n]))
		n++;
	if (crowd_run(stage_crowd(e->stage), n, register_one, &b, err))
		return err->code;
	e->fleet->count += n;
	return NOS_OK;
}

enum nos_code stage_enrol_run(const struct stage_enrol *e, size_t count, struct nos_err *err)
{
	while (count) {
		const size_t n = count < BATCH ? count : BATCH;

		if (run_batch(e, n, err))
			return err->code;
		count -= n;
		if (e->progress)
			nos_progress_set(e->progress, e->fleet->count);
	}
	return NOS_OK;
}
