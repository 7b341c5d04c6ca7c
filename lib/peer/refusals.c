/* SPDX-License-Identifier: MIT */
#include "peer/refusals.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

#define REFUSED_US    10000000 /* it is not asked for again for so long */
#define AWAY_US	      2000000  /* nor is a home that was not reached */
#define SAID_US	      60000000 /* the same line is not said again for so long */
#define STRANGERS_MAX 32       /* refusals at once … */
#define STRANGERS_US  125000   /* … and then one in so long */
#define LINES_MAX     16       /* lines at once … */
#define LINES_US      1000000  /* … and then one in so long */

static const char *const causes[] = {
#define X(name, label, text) [NOS_METRIC_REFUSAL_##name] = text,
	NOS_METRIC_REFUSAL_MAP(X)
#undef X
};

static bool is_same(const struct nos_job_visit *a, const struct nos_job_visit *b)
{
	return a->home == b->home && a->day == b->day && strcmp(a->id, b->id) == 0;
}

/* ---- what is not asked for ---- */

bool nos_refusals_has(const struct nos_refusals *r, const struct nos_job_visit *visit)
{
	const struct nos_mono now = nos_mono_now();

	for (size_t i = 0; i < NOS_REFUSALS_MAX; i++)
		if (now.us < r->of[i].until.us && is_same(&r->of[i].visit, visit))
			return true;
	return false;
}

/* A moment that moves on by one step for each: how far it is ahead of now says how many. */
static void step(struct nos_mono *m, uint64_t us)
{
	const uint64_t now = nos_mono_now().us;

	m->us = (m->us > now ? m->us : now) + us;
}

static bool is_full(const struct nos_mono *m, uint64_t us)
{
	return m->us > nos_mono_now().us + us;
}

void nos_refusals_note(struct nos_refusals *r, const struct nos_job_visit *visit, bool away)
{
	struct nos_refusals_one *one = &r->of[r->next++ % NOS_REFUSALS_MAX];

	one->visit = *visit;
	if (away)
		one->visit = (struct nos_job_visit){ .home = visit->home };
	else
		step(&r->strangers, STRANGERS_US);
	one->until.us = nos_mono_now().us + (away ? AWAY_US : REFUSED_US);
}

bool nos_refusals_are_too_many(const struct nos_refusals *r)
{
	return is_full(&r->strangers, STRANGERS_MAX * STRANGERS_US);
}

/* ---- what is said ---- */

static bool was_said(
    struct nos_refusals *r, const struct nos_job_visit *visit, enum nos_metric_refusal cause)
{
	const struct nos_mono now = nos_mono_now();
	size_t at;

	for (size_t i = 0; i < NOS_REFUSALS_SAID_MAX; i++)
		if (now.us < r->said[i].one.until.us && r->said[i].cause == cause &&
		    is_same(&r->said[i].one.visit, visit))
			return true;
	at = r->said_next++ % NOS_REFUSALS_SAID_MAX;
	r->said[at].one = (struct nos_refusals_one){ *visit, { now.us + SAID_US } };
	r->said[at].cause = cause;
	return false;
}

void nos_refusals_say(struct nos_refusals *r, const struct nos_job_visit *visit,
    enum nos_metric_refusal cause, const char *text)
{
	char others[64] = "";

	atomic_fetch_add_explicit(&r->metric->refusals[cause], 1, memory_order_relaxed);
	if (is_full(&r->lines, LINES_MAX * LINES_US)) {
		r->unsaid++;
		return;
	}
	if (was_said(r, visit, cause))
		return;
	if (r->unsaid)
		snprintf(
		    others, sizeof(others), " (before it %" PRIu64 " were, unsaid)", r->unsaid);
	nos_log_line(NOS_LOG_WARN, "a visit of %s from node %" PRIu64 " is refused: %s%s%s%s",
	    visit->id, visit->home, causes[cause], *text ? ": " : "", text, others);
	r->unsaid = 0;
	step(&r->lines, LINES_US);
}
