/* SPDX-License-Identifier: MIT */
#include "lane/amend.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lane/change.h"
#include "stream/correct.h"
#include "self/era.h"
#include "self/lanes.h"
#include "stream/trail.h"

#define ENTRY_MAX (NOS_STORE_ENTRY_MAX - 4096)
#define RETRY_US  60000000 /* so that what cannot be read does not stop what comes */

/* What a step has in hand. */
struct work {
	struct nos_ledger *ledger;
	const char *id;
	struct nos_track *track;
	struct nos_compromise c;
	struct nos_trail trail;
	struct nos_scan scan;
	struct nos_correct_made made;
	struct nos_buf entry;
	bool failed; /* the store did, when it was written to: so does the group */
};

static void drop(struct work *w)
{
	nos_trail_release(&w->trail);
	nos_scan_release(&w->scan);
	nos_correct_release(&w->made);
	nos_buf_release(&w->entry);
}

/* ---- when ---- */

/* From the first of them on. */
static void begin_round(struct nos_ledger_amend *a)
{
	a->passed[0] = '\0';
	a->missed = false;
}

enum nos_code nos_amend_look(struct nos_ledger *l, struct nos_err *err)
{
	char id[NOS_RECORD_ID_MAX];

	if (nos_compromise_due(l->config.store, "", id, err))
		return err->code;
	l->amend.due = *id;
	l->amend.again.us = 0;
	begin_round(&l->amend);
	return NOS_OK;
}

static bool is_over(struct nos_mono since)
{
	return !since.us || nos_mono_now().us - since.us >= RETRY_US;
}

bool nos_amend_is_due(const struct nos_ledger *l)
{
	const struct nos_ledger_amend *a = &l->amend;

	return a->due && l->replayed && is_over(a->failed) && is_over(a->again);
}

/* ---- what cannot be read ---- */

static size_t find_said(const struct nos_ledger_amend *a, const char *id)
{
	size_t i = 0;

	while (i < a->said_count && strcmp(a->said[i], id) != 0)
		i++;
	return i;
}

static void unsay(struct nos_ledger_amend *a, const char *id)
{
	const size_t i = find_said(a, id);

	if (i < a->said_count)
		memmove(a->said[i], a->said[--a->said_count], sizeof(*a->said));
}

/* What is damaged is one source's: the others are gone on with, and it is looked at again later. */
static void pass_over(struct nos_ledger_amend *a, const char *id, struct nos_err *err)
{
	void *grown;

	a->missed = true;
	snprintf(a->passed, sizeof(a->passed), "%s", id);
	if (find_said(a, id) == a->said_count) {
		nos_log_line(NOS_LOG_WARN, "corrections of '%s' wait: %s", id, err->text);
		grown = reallocarray(a->said, a->said_count + 1, sizeof(*a->said));
		if (grown) {
			a->said = grown;
			snprintf(a->said[a->said_count++], sizeof(*a->said), "%s", id);
		}
	}
	nos_err_clear(err);
}

/* ---- one record ---- */

/* The topic's numbers and links are as before, should the group fail. */
static void remember(struct work *w, const struct nos_track_series *s)
{
	struct nos_ledger_amend *a = &w->ledger->amend;
	const size_t at = (size_t)(s - w->track->series);
	struct nos_ledger_amend_was *was = &a->was[a->was_count];

	if (a->was_count && strcmp(was[-1].id, w->id) == 0 && was[-1].series == at)
		return;
	*was = (struct nos_ledger_amend_was){ .series = at, .n = s->n, .links = s->links };
	snprintf(was->id, sizeof(was->id), "%s", w->id);
	a->was_count++;
}

static enum nos_code correct(struct work *w, struct nos_track_series *s,
    const struct nos_correct *before, struct nos_err *err)
{
	struct nos_ledger_amend *a = &w->ledger->amend;
	const uint64_t n = nos_era_next(w->ledger->era, s->n);
	struct nos_processed p = { .topic = w->trail.p.topic,
		.links = s->links,
		.era = w->trail.p.era,
		.jumps = n != s->n + 1,
		.after = n != s->n + 1 ? s->n : 0 };

	remember(w, s);
	if (nos_correct_make(
		&w->scan, before, n, w->trail.p.filters, w->ledger->analyse.profile, &w->made, err))
		return nos_store_damaged(err);
	p.record = nos_buf_str(&w->made.record);
	p.filters = nos_buf_str(&w->made.filters);
	nos_buf_truncate(&w->entry, 0);
	nos_processed_encode(&w->entry, &p);
	if (nos_buf_check(&w->entry, "record", err))
		return err->code;
	w->failed = true;
	if (nos_store_append(w->ledger->config.store, NOS_PROCESSED_STREAM, nos_time_now(),
		nos_buf_span(&w->entry), &a->last, err))
		return err->code;
	w->failed = false;
	s->n = n;
	s->links = nos_processed_next(s->links, a->last, n);
	a->count++;
	return NOS_OK;
}

/* *ret_old: it came before all that is asked for, and so did what stands behind it. */
static enum nos_code look_at(
    struct work *w, struct nos_track_series *s, bool *ret_old, struct nos_err *err)
{
	struct nos_correct r;

	*ret_old = false;
	if (w->trail.id.correction)
		return NOS_OK;
	if (nos_correct_read(&w->scan, w->trail.p.record, &r, err))
		return nos_store_damaged(err);
	*ret_old = r.received.ms < w->c.orders[w->c.done].since.ms;
	return nos_compromise_wants(&w->c, r.key, r.received) ? correct(w, s, &r, err) : NOS_OK;
}

/* ---- a topic, a source ---- */

/* To the newest, or to the one before that which the step before ended with. */
static enum nos_code begin(struct work *w, const struct nos_track_series *s, struct nos_err *err)
{
	if (nos_trail_go(&w->trail, w->c.at ? w->c.at : s->links.before, err))
		return err->code;
	return w->c.at ? nos_trail_back(&w->trail, err) : NOS_OK;
}

static enum nos_code walk(
    struct work *w, struct nos_track_series *s, size_t *left, struct nos_err *err)
{
	bool old = false;

	(void)!begin(w, s, err);
	while (!err->code && !old) {
		if (!*left)
			return NOS_OK;
		--*left;
		if (look_at(w, s, &old, err))
			return err->code;
		w->c.at = w->trail.position;
		if (!old)
			(void)!nos_trail_back(&w->trail, err);
	}
	if (err->code && err->code != NOS_ABSENT)
		return err->code;
	/* All that there is of it has been gone through. */
	nos_err_clear(err);
	w->c.at = 0;
	w->c.series++;
	return NOS_OK;
}

static enum nos_code save(struct work *w, struct nos_err *err)
{
	struct nos_store *store = w->ledger->config.store;
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	if (nos_compromise_put(store, w->id, &w->c, err) || !w->track->count)
		return err->code;
	/* With it, so that a restart counts on from the corrections. */
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	nos_track_encode(&text, w->track);
	if (nos_buf_check(&text, "what is kept of a source", err))
		return err->code;
	return nos_store_put(
	    store, NOS_TRACK_NS, nos_str_of(w->id), nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
}

static enum nos_code go_on(struct work *w, size_t *left, struct nos_err *err)
{
	struct nos_track *t = w->track;

	while (w->c.done < w->c.count && *left) {
		if (w->c.series >= t->count)
			nos_compromise_next(&w->c);
		else if (nos_track_claimed(&t->series[w->c.series]).len)
			w->c.series++;
		else if (walk(w, &t->series[w->c.series], left, err))
			return err->code;
	}
	return NOS_OK;
}

/* Up to what could not be read what was done is kept, so that it is not done twice. */
static enum nos_code work(struct work *w, size_t *left, struct nos_err *err)
{
	struct nos_err late = { 0 };

	if (go_on(w, left, err) && w->failed)
		return err->code;
	w->failed = save(w, &late) != NOS_OK;
	if (w->failed)
		*err = late;
	return err->code;
}

/* *ret_failed: the group does too. */
static enum nos_code source(
    struct nos_ledger *l, const char *id, size_t *left, bool *ret_failed, struct nos_err *err)
{
	struct nos_store *store = l->config.store;
	struct work w = { .ledger = l, .id = id };

	/* Nothing more is written of who is being forgotten. */
	*ret_failed = nos_change_is_gone(l, nos_str_of(id));
	if (*ret_failed)
		return nos_compromise_del(store, id, err);
	if (nos_compromise_get(store, id, &w.c, err) ||
	    nos_track_get(l->tracks, store, id, &w.track, err))
		return err->code;
	nos_trail_init(&w.trail, store);
	nos_correct_init(&w.made, ENTRY_MAX);
	nos_buf_init(&w.entry, ENTRY_MAX);
	(void)!work(&w, left, err);
	*ret_failed = w.failed;
	drop(&w);
	return err->code;
}

/* ---- the group's part ---- */

/* All were come to: those that were passed over come again, but not at once. */
static void end_round(struct nos_ledger_amend *a)
{
	a->due = a->missed;
	if (a->missed)
		a->again = nos_mono_now();
	begin_round(a);
}

/* Is it of another lane, whose ledger corrects it? */
static enum nos_code is_elsewhere(
    const struct nos_ledger *l, const char *id, bool *ret, struct nos_err *err)
{
	unsigned lane;

	if (nos_lanes_of(l->lanes, nos_str_of(id), &lane, err))
		return err->code;
	*ret = lane != nos_store_lane(l->config.store);
	return NOS_OK;
}

static enum nos_code step(struct nos_ledger *l, struct nos_err *err)
{
	struct nos_ledger_amend *a = &l->amend;
	size_t left = NOS_LEDGER_AMEND_MOST;
	char id[NOS_RECORD_ID_MAX];
	bool failed, elsewhere = false;

	while (left) {
		if (nos_compromise_due(l->config.store, a->passed, id, err))
			return err->code;
		if (!*id) {
			end_round(a);
			return NOS_OK;
		}
		/* A source costs one too, whatever it has. */
		left--;
		if (is_elsewhere(l, id, &elsewhere, err))
			return err->code;
		if (elsewhere) {
			snprintf(a->passed, sizeof(a->passed), "%s", id);
			continue;
		}
		if (!source(l, id, &left, &failed, err))
			unsay(a, id);
		else if (failed)
			return nos_err_within(err, "corrections of '%s'", id);
		else
			pass_over(a, id, err);
	}
	return NOS_OK;
}

enum nos_code nos_amend_step(struct nos_ledger *l, struct nos_err *err)
{
	if (!nos_amend_is_due(l))
		return NOS_OK;
	l->amend.failed.us = l->amend.again.us = 0;
	l->amend.stepped = true;
	if (step(l, err))
		l->amend.failed = nos_mono_now();
	return err->code;
}

void nos_amend_undo(struct nos_ledger *l)
{
	struct nos_ledger_amend *a = &l->amend;
	struct nos_err err = { 0 };
	struct nos_track *track;

	while (a->was_count) {
		const struct nos_ledger_amend_was *was = &a->was[--a->was_count];

		/* One that has left memory is as it was in the store. */
		if (!nos_track_find(l->tracks, was->id) ||
		    nos_track_get(l->tracks, l->config.store, was->id, &track, &err))
			continue;
		track->series[was->series].n = was->n;
		track->series[was->series].links = was->links;
	}
	a->due |= a->stepped;
	a->count = 0;
	if (a->stepped) {
		a->again.us = 0;
		begin_round(a);
	}
}

void nos_amend_release(struct nos_ledger *l)
{
	free(l->amend.said);
	l->amend.said = NULL;
	l->amend.said_count = 0;
}
