/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/handout.h"
#include "cli/progress.h"
#include "cli/start.h"
#include "key/keyring.h"
#include "net/url.h"
#include "lifecycle/bearer.h"
#include "self/self_url.h"
#include "lifecycle/token.h"
#include "lifecycle/withdraw.h"

#define PROGRESS_MIN 1000 /* enrolments under which none is shown */
#define LINE_MAX     1024 /* bytes */

enum nos_code batch_check(const struct batch *b, struct nos_err *err)
{
	if (!nos_name_is_kind(nos_str_of(b->kind)))
		return nos_err_set(err, NOS_USAGE, "--kind: '%s' cannot be a kind", b->kind);
	if (nos_charter_check(&b->charter, err))
		return err->code;
	if (b->bearer && (b->uses != 1 || b->open || b->charter.name || b->charter.depth ||
			     b->charter.shared || b->scheme_said || (b->replace && b->kind_said)))
		return nos_err_set(err, NOS_USAGE,
		    "--bearer goes with --expires, --url, and --kind and --count or --replace alone");
	if (b->replace && (b->count != 1 || b->uses != 1 || b->open))
		return nos_err_set(
		    err, NOS_USAGE, "--replace is for one enrolment, of one use, with a token");
	if (b->url && nos_url_check(b->url, err))
		return nos_err_within(err, "--url");
	if (b->bearer && b->url && !nos_url_is_secure(b->url))
		return nos_err_set(err, NOS_USAGE,
		    "--url: a bearer token that goes in plain is exposed: take https://..., of a "
		    "proxy where one speaks TLS");
	return NOS_OK;
}

/* What each of the enrolments says, and of which group it is. One in a source's place has its kind
 * and scheme where these were not typed. */
static enum nos_code describe(const struct batch *b, const struct nos_home *home,
    struct nos_audit *audit, struct nos_token *ret, struct nos_group *ret_group,
    struct nos_err *err)
{
	const struct nos_charter *c = &b->charter;
	const struct nos_time made = nos_time_now();

	*ret = (struct nos_token){ .open = b->open,
		.most = b->uses,
		.made = made,
		.expires = { made.ms + (int64_t)b->expires_ms } };
	if (!b->replace || b->kind_said)
		snprintf(ret->kind, sizeof(ret->kind), "%s", b->kind);
	if (c->name && nos_charter_group(c, audit, &home->vault, made, ret_group, err))
		return err->code;
	snprintf(ret->scheme, sizeof(ret->scheme), "%s",
	    c->name	? ret_group->scheme
	    : c->scheme ? c->scheme
			: "");
	ret->group = ret_group->number;
	if (b->replace && !b->bearer &&
	    nos_token_replace(home->store, nos_str_of(b->replace), ret, err))
		return err->code;
	return ret->group ? nos_groups_get(home->store, NULL, ret->group, ret_group, err) : NOS_OK;
}

/* All that is made at once, within a group. */
struct making {
	const struct batch *b;
	const struct nos_home *home;
	struct nos_audit *audit;
	const char *url;
	struct nos_token like;
	struct nos_group group; /* without what is secret */
	struct nos_life life;	/* for bearers */
	struct nos_buf lines, ids;
};

static enum nos_code make_enrolment(struct making *m, struct nos_err *err)
{
	const struct nos_home *home = m->home;
	const struct nos_audit_event event = { .what = NOS_AUDIT_TOKEN,
		.source = *m->like.replaces ? m->like.replaces : NULL,
		.to = "open",
		.reason = m->b->replace ? "replace" : "new" };
	NOS_AUTO(token) t = m->like;
	NOS_AUTO(secret) token = { 0 };

	if (nos_token_make(home->store, &home->vault, &t, &token, err) ||
	    nos_audit_append(m->audit, nos_time_now(), &event, err))
		return err->code;
	nos_token_line(&m->lines, &t, &token, &m->group, &home->self, m->url);
	nos_buf_add(&m->ids, t.id, sizeof(t.id));
	return NOS_OK;
}

/* One without an end unless it was given one: nobody is there who would renew it. */
static enum nos_code make_bearer(struct making *m, struct nos_err *err)
{
	struct nos_bearer t = { .made = m->like.made };
	NOS_AUTO(secret) token = { 0 };

	snprintf(t.kind, sizeof(t.kind), "%s", m->b->kind);
	if (m->b->expires_said)
		t.expires = m->like.expires;
	if (m->b->replace ? nos_bearer_replace(&m->life, nos_str_of(m->b->replace), &t, &token, err)
			  : nos_bearer_make(&m->life, &t, &token, err))
		return err->code;
	nos_bearer_line(&m->lines, &t, &token, &m->home->self, m->url);
	nos_buf_add(&m->ids, t.id, sizeof(t.id));
	return NOS_OK;
}

static enum nos_code make_tokens(struct making *m, struct nos_err *err)
{
	const uint64_t count = m->b->count;
	struct nos_progress progress = { 0 };

	if (describe(m->b, m->home, m->audit, &m->like, &m->group, err) ||
	    (m->b->bearer && nos_life_open(&m->life, m->home->store, &m->home->vault, m->audit,
				 &m->home->self, err)))
		return err->code;
	if (count > PROGRESS_MIN)
		nos_progress_init(&progress, "enrolments", count);
	for (uint64_t i = 0; !err->code && i < count; i++) {
		nos_progress_set(&progress, i);
		if (*nos_start_stopped())
			nos_err_set(err, NOS_BUSY, "stopped, nothing was made");
		else
			(void)!(m->b->bearer ? make_bearer(m, err) : make_enrolment(m, err));
	}
	nos_progress_done(&progress);
	return err->code || nos_buf_check(&m->lines, "enrolments", err)
		   ? err->code
		   : nos_buf_check(&m->ids, "enrolments", err);
}

static void drop(struct making *m)
{
	nos_buf_release(&m->lines);
	nos_buf_release(&m->ids);
	nos_life_release(&m->life);
}

/* What --verbose adds. */
static void report(const struct batch *b)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, 128);
	nos_buf_addf(&text, "made %" PRIu64 ", each for %" PRIu64 " source%s, for ", b->count,
	    b->uses, b->uses == 1 ? "" : "s");
	nos_time_format_span(&text, b->expires_ms);
	nos_start_warn(b->tool, text.p);
}

static enum nos_code hand_out(struct making *m, struct nos_err *err)
{
	size_t whole = 0;

	nos_audit_begin(m->audit);
	if (nos_store_begin(m->home->store, err))
		return err->code;
	if (make_tokens(m, err)) {
		nos_store_rollback(m->home->store);
		return err->code;
	}
	if (nos_store_commit(m->home->store, err))
		return err->code;
	if (!nos_handout_write(m->b->tool, "enrolments", &m->lines, &whole, err) && m->b->verbose)
		report(m->b);
	/* Nobody can have got them; what failed stays the error. */
	if (whole < m->b->count)
		nos_withdraw_unprinted(m->audit, &m->ids, whole, m->b->bearer && m->b->replace);
	return err->code;
}

enum nos_code batch_run(const struct batch *b, struct nos_home *home, struct nos_err *err)
{
	char url[NOS_KEYRING_URL_MAX];
	struct nos_audit audit;
	struct making m = { .b = b, .home = home, .audit = &audit, .url = url };

	if (b->url)
		snprintf(url, sizeof(url), "%s", b->url);
	else if (nos_self_url_get(home->store, b->bearer, url, sizeof(url), err))
		return err->code;
	nos_buf_init_secret(&m.lines, b->count * LINE_MAX);
	nos_buf_init(&m.ids, b->count * NOS_TOKEN_ID_MAX);
	nos_audit_init(&audit, home->store, b->tool, true);
	(void)!hand_out(&m, err);
	drop(&m);
	return err->code;
}
