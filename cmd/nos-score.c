/* SPDX-License-Identifier: MIT */
/* nos-score(1): the eight scores of readings on stdin, as an anonymous source's, or of records. */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "cli/ndjson.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "cli/start.h"
#include "json/encode.h"
#include "score/measure.h"
#include "score/profile.h"
#include "score/series_text.h"
#include "score/weigh.h"

#define NAME_MAX_BYTES	  64	  /* of a kind or a source */
#define LINE_MAX_READINGS 1000000 /* that one line stands for */

struct score_opts {
	struct nos_opt_common common;
	const char *rules, *state, *map; /* NULL: the built-in sets; no state; no map */
	bool records, csv, as_taken, explain;
	struct nos_time now; /* ms 0: the present */
	const char *only;    /* NULL: all */
	const char *format;  /* of explain; NULL: as the output is */
	uint64_t max_line;
};

#define AT(field) offsetof(struct score_opts, field)
static const struct nos_opt opts[] = {
	{ "rules", 0, NOS_OPT_PATH, AT(rules), "file", "rules of types, over the built-in sets" },
	{ "records", 0, NOS_OPT_FLAG, AT(records), NULL,
	    "the lines are records of a node: weigh them anew" },
	{ "csv", 0, NOS_OPT_FLAG, AT(csv), NULL, "the lines are CSV, the first one a header" },
	{ "map", 0, NOS_OPT_PATH, AT(map), "file", "where in each line the readings stand" },
	{ "state", 0, NOS_OPT_PATH, AT(state), "file",
	    "each series is weighed by what came before, also in earlier runs" },
	{ "now", 0, NOS_OPT_TIME, AT(now), "time", "score as if the readings came then" },
	{ "as-taken", 0, NOS_OPT_FLAG, AT(as_taken), NULL,
	    "score as if each reading came when it was taken" },
	{ "only", 0, NOS_OPT_TEXT, AT(only), "filter",
	    "write what passes: a filter of the rules, or an expression" },
	{ "explain", 0, NOS_OPT_FLAG, AT(explain), NULL, "say what each score was made of" },
	{ "format", 0, NOS_OPT_CHOICE, AT(format), "table|json|csv",
	    "how --explain says it; a table on a terminal without it" },
	{ "max-line", 0, NOS_OPT_SIZE, AT(max_line), "size", "longest line taken", .dflt = "1M",
	    .min = 64, .max = NOS_SCAN_TEXT_MAX },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-score", "< readings > scored",
	"Score each reading of stdin (JSON, SenML or CSV, line by line) in eight ways.", opts,
	offsetof(struct score_opts, common) };

/* A run. */
struct score_state {
	const struct score_opts *o;
	bool table;
	uint64_t scored, passed, failed; /* failed: of lines that hold several */
	const struct nos_filter *only;	 /* NULL: all */
	struct nos_filter *expression;	 /* ours to free; NULL: none */
	const struct nos_profile *profile;
	struct nos_profile *from_file; /* ours to free; NULL: none */
	struct nos_map *map;	       /* so also */
	struct nos_batch_how how;
	struct nos_batch batch;
	struct nos_scan scan;
	struct nos_series series;
	int lock;	      /* of the file that they are kept in; -1: none is */
	struct nos_buf names; /* of the record in hand */
	struct nos_progress progress;
};

static void state_init(struct score_state *s, const struct score_opts *o)
{
	*s = (struct score_state){
		.o = o, .lock = -1, .scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX }
	};
	nos_buf_init(&s->names, NOS_SCAN_TEXT_MAX);
}

static void state_release(struct score_state *s)
{
	nos_filter_free(s->expression);
	nos_profile_free(s->from_file);
	nos_map_free(s->map);
	nos_batch_release(&s->batch);
	nos_series_release(&s->series);
	nos_scan_release(&s->scan);
	nos_buf_release(&s->names);
	if (s->lock >= 0)
		close(s->lock);
}

/* ---- lines ---- */

/* A line, or a table, for what passes. */
static void write_weighed(struct score_state *s, struct nos_weigh *w,
    const struct nos_reading *reading, struct nos_rule_state *state, struct nos_buf *out)
{
	w->only = s->only;
	w->explain = s->o->explain;
	w->table = s->table;
	s->scored++;
	if (!nos_weigh_encode(out, w, reading, state))
		return;
	s->passed++;
	nos_buf_add_char(out, '\n'); /* behind a table: an empty line */
}

/* One that was taken in the future was not taken: a clock is wrong, and the series is not to
 * follow it. */
static struct nos_time when(const struct score_state *s, const struct nos_reading *reading)
{
	const struct nos_time now = s->o->now.ms ? s->o->now : nos_time_now();

	return s->o->as_taken && reading->has_time && reading->time.ms < now.ms ? reading->time
										: now;
}

static enum nos_code score_reading(struct score_state *s, struct nos_weigh weigh,
    const struct nos_reading *reading, struct nos_buf *out, struct nos_err *err)
{
	const struct nos_rule_security security = nos_weigh_anonymous(reading);
	struct nos_rule_state *state = NULL;

	if (s->o->state &&
	    nos_series_get(&s->series, reading->claimed, NOS_STR(""), reading->type, &state, err))
		return err->code;
	weigh.type = nos_profile_find(s->profile, NOS_STR(""), reading->type);
	weigh.security = &security;
	weigh.received = when(s, reading);
	write_weighed(s, &weigh, reading, state, out);
	return NOS_OK;
}

/* A name in a record; empty where there is none. */
static enum nos_code read_name(struct score_state *s, const struct nos_scan_value *record,
    const char *name, size_t max, struct nos_str *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = nos_scan_get(&s->scan, record, name);

	*ret = NOS_STR("");
	if (!v)
		return NOS_OK;
	if (v->kind != NOS_SCAN_STRING || !nos_scan_text(v, &s->names, ret))
		return nos_err_set_field(err, NOS_DATA, name, "%s is not a text", name);
	if (ret->len > max)
		return nos_err_set_field(err, NOS_LARGE, name, "%s is over %zu bytes", name, max);
	return NOS_OK;
}

static enum nos_code score_record(struct score_state *s, struct nos_weigh weigh,
    struct nos_reading *reading, struct nos_buf *out, struct nos_err *err)
{
	const struct nos_scan_value *record = weigh.object;
	struct nos_str kind, source, claimed;
	struct nos_rule_state *state = NULL;
	struct nos_measure measure;
	bool corrects;

	nos_buf_truncate(&s->names, 0);
	/* Several stand in it: it must not move between them. */
	if (!nos_buf_reserve(&s->names, record->raw.len + 1))
		return nos_buf_check(&s->names, "line", err);
	if (nos_measure_decode(&s->scan, record, &s->names, &measure, err) ||
	    read_name(s, record, "kind", NAME_MAX_BYTES, &kind, err) ||
	    read_name(s, record, "source", NAME_MAX_BYTES, &source, err) ||
	    read_name(s, record, "claimed", NOS_READING_CLAIMED_MAX, &claimed, err))
		return err->code;
	if (!source.len)
		return nos_err_set_field(err, NOS_DATA, "source", "source is missing");
	/* Of a reading that has counted already: what was said of that stands. */
	corrects = nos_scan_get(&s->scan, record, "corrects");
	if (!corrects && !nos_str_is(source, "anonymous") &&
	    nos_series_get(&s->series, source, claimed, reading->type, &state, err))
		return err->code;
	if (!corrects)
		nos_measure_restore(&measure, reading);
	weigh.record = true;
	weigh.type = nos_profile_find(s->profile, kind, reading->type);
	weigh.security = &measure.security;
	weigh.received = measure.received;
	weigh.packs_seen = measure.packs_seen;
	weigh.packs_expected = measure.packs_expected;
	weigh.corrects = corrects ? &measure : NULL;
	write_weighed(s, &weigh, reading, state, out);
	return NOS_OK;
}

static enum nos_code score_item(struct score_state *s, uint64_t number, bool many,
    const struct nos_batch_item *item, struct nos_buf *out, struct nos_err *err)
{
	struct nos_weigh weigh = { .scan = &s->scan,
		.object = item->object,
		.line = number,
		.many = many,
		.index = item->index };
	struct nos_reading reading = item->reading;

	if (!s->o->records)
		return score_reading(s, weigh, &reading, out, err);
	if (!item->object)
		return nos_err_set(err, NOS_DATA, "not a record of a node");
	return score_record(s, weigh, &reading, out, err);
}

/* One of several, that is not good. */
static void write_failed(struct score_state *s, uint64_t number, uint32_t index,
    const struct nos_err *why, struct nos_buf *out)
{
	s->failed++;
	nos_buf_add_char(out, '{');
	nos_encode_member_uint(out, "line", number);
	nos_encode_member_uint(out, "index", index);
	nos_encode_member(out, "error");
	nos_encode_error(out, why);
	nos_buf_add_text(out, "}\n");
}

static enum nos_code score_line(
    void *state, uint64_t number, struct nos_str line, struct nos_buf *out, struct nos_err *err)
{
	struct score_state *s = state;
	const struct nos_batch_reject *reject;
	const struct nos_batch_item *item;
	size_t at[2] = { 0, 0 };
	bool many;

	s->how.now = s->o->now.ms ? s->o->now : nos_time_now();
	if (nos_batch_line(&s->batch, &s->how, line, LINE_MAX_READINGS, &s->scan, &many, err))
		return err->code;
	nos_progress_set(&s->progress, s->scored);
	while (nos_batch_next(&s->batch, at, &item, &reject)) {
		struct nos_err why = { 0 };
		uint32_t index;

		if (item) {
			index = item->index;
			if (!score_item(s, number, many, item, out, &why))
				continue;
		} else {
			index = reject->index;
			why = reject->err;
		}
		if (!many || why.code == NOS_INTERNAL) {
			*err = why;
			return err->code;
		}
		write_failed(s, number, index, &why, out);
	}
	return NOS_OK;
}

/* ---- what is kept from run to run ---- */

static enum nos_code read_state(struct score_state *s, struct nos_err *err)
{
	char path[PATH_MAX];
	NOS_AUTO(buf) text = { 0 };

	if (snprintf(path, sizeof(path), "%s.lock", s->o->state) >= (int)sizeof(path))
		return nos_err_set(err, NOS_USAGE, "--state: the path is too long");
	if (nos_file_lock(path, 0, &s->lock, err) == NOS_BUSY)
		return nos_err_set(err, NOS_BUSY, "another run has '%s'", s->o->state);
	if (err->code)
		return err->code;
	nos_file_sweep(s->o->state);
	nos_buf_init(&text, NOS_SERIES_TEXT_MAX);
	if (nos_file_read(s->o->state, NOS_FILE_REGULAR, &text, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (err->code)
		return err->code;
	return nos_series_text_decode(nos_buf_str(&text), &s->series, err)
		   ? nos_err_within(err, "%s", s->o->state)
		   : NOS_OK;
}

static enum nos_code write_state(const struct score_state *s, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_SERIES_TEXT_MAX);
	nos_series_text_encode(&text, &s->series);
	if (nos_buf_check(&text, "state", err))
		return err->code;
	return nos_file_replace(s->o->state, nos_buf_span(&text), err);
}

/* ---- the tool ---- */

/* The filter of that name in the rules, else the expression that it is. */
static enum nos_code find_filter(struct score_state *s, struct nos_str only, struct nos_err *err)
{
	for (size_t i = 0; i < nos_profile_filter_count(s->profile); i++) {
		if (nos_str_eq(only, nos_profile_filter_name(s->profile, i))) {
			s->only = nos_profile_filter_at(s->profile, i);
			return NOS_OK;
		}
	}
	if (nos_filter_parse(only, &s->expression, err)) {
		if (err->code != NOS_CONFIG)
			return err->code;
		return nos_err_set(
		    err, NOS_USAGE, "--only: column %zu: %s", err->offset + 1, err->text);
	}
	s->only = s->expression;
	return NOS_OK;
}

/* Options that do not go together. */
static enum nos_code check(const struct score_opts *o, struct nos_err *err)
{
	if (o->records && (o->now.ms || o->as_taken))
		return nos_err_set(err, NOS_USAGE,
		    "--%s and --records: a record says itself when it came",
		    o->now.ms ? "now" : "as-taken");
	if (o->records && (o->csv || o->map))
		return nos_err_set(err, NOS_USAGE, "--%s and --records: a record is JSON of a node",
		    o->csv ? "csv" : "map");
	if (o->now.ms && o->as_taken)
		return nos_err_set(err, NOS_USAGE, "--now and --as-taken exclude each other");
	/* Without --explain it may be a setting for other tools. */
	if (o->explain && o->format && !strcmp(o->format, "csv"))
		return nos_err_set(err, NOS_USAGE, "--explain: there is no csv of it");
	return NOS_OK;
}

static enum nos_code prepare(struct score_state *s, struct nos_err *err)
{
	const struct score_opts *o = s->o;

	if (check(o, err) || nos_settings_form(o->csv, o->map, &s->map, &s->how, err) ||
	    (o->rules && nos_settings_rules(o->rules, &s->from_file, err)))
		return err->code;
	s->profile = s->from_file ? s->from_file : nos_profile_builtin();
	s->table = o->explain && (o->format ? !strcmp(o->format, "table") : isatty(STDOUT_FILENO));
	if (o->only && find_filter(s, nos_str_of(o->only), err))
		return err->code;
	/* Beside lines on the same terminal it would be drawn over them. */
	if (!isatty(STDOUT_FILENO))
		nos_progress_init(&s->progress, "readings", 0);
	return o->state ? read_state(s, err) : NOS_OK;
}

/* To the end of input, or until it is stopped; what is kept is kept of either. */
static enum nos_code run(
    struct score_state *s, uint64_t *ret_failed, bool *ret_closed, struct nos_err *err)
{
	const struct nos_ndjson io = { .in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.max_line = s->o->max_line,
		.stop = nos_start_stopped(),
		.over = &s->batch.over };
	enum nos_code code;

	code = nos_ndjson_run(&io, score_line, s, ret_failed, ret_closed, err);
	*ret_failed += s->failed;
	nos_progress_done(&s->progress);
	/* Where the reader has gone nobody knows how far it came: it is as if nothing had. */
	return code || !s->o->state ? code : write_state(s, err);
}

/* What --verbose adds, at the end. */
static void report(const struct score_state *s, uint64_t failed)
{
	char text[120];
	int len;

	len = snprintf(
	    text, sizeof(text), "%" PRIu64 " scored, %" PRIu64 " failed", s->scored, failed);
	if (s->only)
		snprintf(text + len, sizeof(text) - (size_t)len, ", %" PRIu64 " passed", s->passed);
	nos_start_warn(tool.name, text);
}

int main(int argc, char **argv)
{
	struct score_opts o = { 0 };
	struct score_state s;
	struct nos_err err = { 0 };
	uint64_t failed = 0;
	bool closed = false;
	enum nos_code code;
	int operands, status;

	nos_start(tool.name);
	if (!nos_opt_begin(&tool, argc, argv, &o, &operands, &status))
		return status;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken, readings come on stdin: '%s'",
		    argv[operands]);
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	state_init(&s, &o);
	code = prepare(&s, &err);
	if (!code)
		code = run(&s, &failed, &closed, &err);
	if (!code && !closed && o.common.verbose)
		report(&s, failed);
	state_release(&s);
	if (closed)
		return 0;
	if (code)
		return nos_start_fail(tool.name, &err);
	if (*nos_start_stopped())
		return nos_start_signalled(*nos_start_stopped());
	return failed ? nos_start_status(NOS_DATA) : 0;
}
