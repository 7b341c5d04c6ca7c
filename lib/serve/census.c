/* SPDX-License-Identifier: MIT */
#include "serve/census.h"

#include "base/log.h"
#include "json/decode.h"
#include "audit/audit.h"
#include "registry/registry.h"

#define MOST	 1000 /* entries at once */
#define EVERY_US 1000000
#define TRIES	 3 /* to count while nobody comes */

struct look {
	struct nos_census *c;
	struct nos_scan scan;
	size_t count;
};

/* A registration, and the end of it. An order for a source has its operator's own reason, which may
 * read as one of a registration does. */
static int change_of(const struct nos_decode *d, struct nos_err *err)
{
	struct nos_str what = { 0 }, to = { 0 }, by = { 0 }, reason = { 0 };

	if (nos_decode_text(d, "what", &what, err) || !nos_str_is(what, "source") ||
	    nos_decode_text(d, "to", &to, err) || nos_decode_text(d, "by", &by, err) ||
	    nos_decode_text(d, "reason", &reason, err) || nos_str_starts(by, "nos-rekey"))
		return 0;
	if (nos_str_is(to, "destroyed"))
		return -1;
	return nos_str_is(to, "active") &&
	       (nos_str_is(reason, "registered") || nos_str_is(reason, "bearer"));
}

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	const struct nos_str text = { (const char *)entry.p, entry.len };
	struct look *l = state;
	struct nos_decode d;
	int change = 0;

	l->c->position = position;
	l->count++;
	if (!nos_decode_object(&l->scan, text, "audit entry", &d, err))
		change = change_of(&d, err);
	/* One that says nothing of the kind is passed over. */
	if (err->code == NOS_INTERNAL)
		return err->code;
	nos_err_clear(err);
	if (change > 0)
		l->c->sources++;
	else if (change < 0 && l->c->sources)
		l->c->sources--;
	return NOS_OK;
}

/* Again where somebody came or went meanwhile: whether that was seen nobody knows. */
static enum nos_code count(struct nos_census *c, struct nos_store *store, struct nos_err *err)
{
	uint64_t first, last;
	int tries = TRIES;

	do {
		if (nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &c->position, err) ||
		    nos_registry_count(store, &c->sources, err) ||
		    nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, err))
			return err->code;
	} while (last != c->position && --tries);
	c->position = last;
	c->known = true;
	return NOS_OK;
}

enum nos_code nos_census_run(struct nos_census *c, struct nos_store *store, struct nos_err *err)
{
	struct look l = { .c = c };

	c->news = false;
	if (!c->known)
		return count(c, store, err);
	if (nos_store_read(store, NOS_AUDIT_STREAM, c->position, MOST, take, &l, err) ||
	    l.count == MOST)
		c->news = true;
	nos_scan_release(&l.scan);
	return err->code;
}

void nos_census_say(struct nos_census *c, struct nos_store *store, struct nos_metric *metric)
{
	struct nos_err err = { 0 };

	c->due.us = nos_mono_now().us + EVERY_US;
	if ((c->news || !c->known) && nos_census_run(c, store, &err) && !c->known)
		nos_log_line(NOS_LOG_WARN, "counting the sources: %s", err.text);
	nos_metric_set(metric, NOS_METRIC_SOURCES_HELD, c->sources);
}
