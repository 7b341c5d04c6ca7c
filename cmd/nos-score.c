/* SPDX-License-Identifier: MIT */
/* nos-score(1): the eight scores of readings on stdin, as an anonymous source's, or of records. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "cli/ndjson.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "score/measure.h"
#include "score/profile.h"
#include "score/series.h"
#include "score/weigh.h"

#define NAME_MAX_BYTES 64 /* of a kind or a source */

struct score_opts {
	struct nos_opt_common common;
	const char *rules; /* NULL: the built-in sets */
	bool records;
	struct nos_time now; /* ms 0: the present */
	const char *only;    /* NULL: all */
	bool explain;
	const char *format; /* of explain; NULL: as the output is */
	uint64_t max_line;
};

#define AT(field) offsetof(struct score_opts, field)
static const struct nos_opt opts[] = {
	{ "rules", 0, NOS_OPT_PATH, AT(rules), "file", "rules of types, over the built-in sets" },
	{ "records", 0, NOS_OPT_FLAG, AT(records), NULL,
	    "the lines are records of a node: weigh them anew" },
	{ "now", 0, NOS_OPT_TIME, AT(now), "time", "score as if the readings came then" },
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
	"Score each reading of stdin (JSON, a line each) in eight ways.", opts,
	offsetof(struct score_opts, common) };

struct score_state {
	bool records, explain, table;
	struct nos_time now;
	uint64_t scored, passed;
	const struct nos_filter *only; /* NULL: all */
	struct nos_filter *expression; /* ours to free; NULL: none */
	const struct nos_profile *profile;
	struct nos_profile *from_file; /* ours to free; NULL: none */
	struct nos_series series;
	struct nos_scan scan;
	struct nos_buf space; /* texts of the line in hand */
};

static void state_release(struct score_state *s)
{
	nos_filter_free(s->expression);
	nos_profile_free(s->from_file);
	nos_series_release(&s->series);
	nos_scan_release(&s->scan);
	nos_buf_release(&s->space);
}

/* A line, or a table, for what passes. */
static void write_weighed(struct score_state *s, struct nos_weigh *w,
    const struct nos_reading *reading, struct nos_rule_state *state, struct nos_buf *out)
{
	w->only = s->only;
	w->explain = s->explain;
	w->table = s->table;
	s->scored++;
	if (!nos_weigh_encode(out, w, reading, state))
		return;
	s->passed++;
	nos_buf_add_char(out, '\n'); /* behind a table: an empty line */
}

static void score_reading(
    struct score_state *s, uint64_t number, struct nos_reading *reading, struct nos_buf *out)
{
	const struct nos_rule_security security = nos_weigh_anonymous(reading);
	struct nos_weigh weigh = {
		.scan = &s->scan,
		.line = number,
		.type = nos_profile_find(s->profile, NOS_STR(""), reading->type),
		.security = &security,
		.received = s->now.ms ? s->now : nos_time_now(),
	};

	write_weighed(s, &weigh, reading, NULL, out);
}

/* A name in a record; empty where there is none. */
static enum nos_code read_name(
    struct score_state *s, const char *name, size_t max, struct nos_str *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = nos_scan_get(&s->scan, s->scan.values, name);

	*ret = NOS_STR("");
	if (!v)
		return NOS_OK;
	if (v->kind != NOS_SCAN_STRING || !nos_scan_text(v, &s->space, ret))
		return nos_err_set_field(err, NOS_DATA, name, "%s is not a text", name);
	if (ret->len > max)
		return nos_err_set_field(err, NOS_LARGE, name, "%s is over %zu bytes", name, max);
	return NOS_OK;
}

static enum nos_code score_record(struct score_state *s, uint64_t number,
    struct nos_reading *reading, struct nos_buf *out, struct nos_err *err)
{
	struct nos_str kind, source, claimed;
	struct nos_rule_state *state = NULL;
	struct nos_measure measure;
	struct nos_weigh weigh;
	bool corrects;

	if (nos_measure_decode(&s->scan, s->scan.values, &s->space, &measure, err) ||
	    read_name(s, "kind", NAME_MAX_BYTES, &kind, err) ||
	    read_name(s, "source", NAME_MAX_BYTES, &source, err) ||
	    read_name(s, "claimed", NOS_READING_CLAIMED_MAX, &claimed, err))
		return err->code;
	if (!source.len)
		return nos_err_set_field(err, NOS_DATA, "source", "source is missing");
	/* Of a reading that has counted already: what was said of that stands. */
	corrects = nos_scan_get(&s->scan, s->scan.values, "corrects");
	if (!corrects && !nos_str_is(source, "anonymous") &&
	    nos_series_get(&s->series, source, claimed, reading->type, &state, err))
		return err->code;
	if (!corrects)
		nos_measure_restore(&measure, reading);
	weigh = (struct nos_weigh){
		.scan = &s->scan,
		.record = true,
		.line = number,
		.type = nos_profile_find(s->profile, kind, reading->type),
		.security = &measure.security,
		.received = measure.received,
		.packs_seen = measure.packs_seen,
		.packs_expected = measure.packs_expected,
		.corrects = corrects ? &measure : NULL,
	};
	write_weighed(s, &weigh, reading, state, out);
	return NOS_OK;
}

static enum nos_code score_line(
    void *state, uint64_t number, struct nos_str line, struct nos_buf *out, struct nos_err *err)
{
	struct score_state *s = state;
	struct nos_reading reading;

	nos_buf_truncate(&s->space, 0);
	/* Twice: a record's names are read beside the reading's texts. */
	if (!nos_buf_reserve(&s->space, 2 * line.len))
		return nos_buf_check(&s->space, "line", err);
	if (nos_scan_parse(&s->scan, line, err) ||
	    nos_reading_decode(&s->scan, s->scan.values, &s->space, &reading, err))
		return err->code;
	if (s->records && score_record(s, number, &reading, out, err))
		return err->code;
	if (!s->records)
		score_reading(s, number, &reading, out);
	return NOS_OK;
}

static enum nos_code read_rules(const char *path, struct nos_profile **ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_PROFILE_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_PLAIN, &text, err))
		return err->code == NOS_LARGE ? nos_err_set(err, NOS_CONFIG, "%s", err->text)
					      : err->code;
	if (nos_profile_parse(nos_buf_str(&text), ret, err))
		return nos_err_within(err, "%s", path);
	return NOS_OK;
}

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

/* Options into state; NOS_USAGE where they do not go together. */
static enum nos_code prepare(const struct score_opts *o, struct score_state *s, struct nos_err *err)
{
	if (o->records && o->now.ms)
		return nos_err_set(
		    err, NOS_USAGE, "--now and --records: a record says itself when it came");
	/* Without --explain it may be a setting for other tools. */
	if (o->explain && o->format && !strcmp(o->format, "csv"))
		return nos_err_set(err, NOS_USAGE, "--explain: there is no csv of it");
	if (o->rules && read_rules(o->rules, &s->from_file, err))
		return err->code;
	s->profile = s->from_file ? s->from_file : nos_profile_builtin();
	s->records = o->records;
	s->now = o->now;
	s->explain = o->explain;
	s->table = o->explain && (o->format ? !strcmp(o->format, "table") : isatty(STDOUT_FILENO));
	return o->only ? find_filter(s, nos_str_of(o->only), err) : NOS_OK;
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
	struct score_state state = { .scan = {
					 .not_finite = true, .depth = NOS_READING_DEPTH_MAX } };
	struct nos_err err = { 0 };
	struct nos_ndjson io = {
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .stop = nos_start_stopped()
	};
	enum nos_opt_next next;
	uint64_t failed = 0;
	bool closed = false;
	enum nos_code code;
	int operands;

	nos_start(tool.name);
	if (nos_opt_parse(&tool, argc, argv, &o, &operands, &next, &err))
		return nos_start_fail(tool.name, &err);
	if (next == NOS_OPT_DONE)
		return fflush(stdout) ? nos_start_status(NOS_IO) : 0;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken, readings come on stdin: '%s'",
		    argv[operands]);
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	io.max_line = o.max_line;
	nos_buf_init(&state.space, 2 * NOS_SCAN_TEXT_MAX);
	code = prepare(&o, &state, &err);
	if (!code)
		code = nos_ndjson_run(&io, score_line, &state, &failed, &closed, &err);
	state_release(&state);
	if (closed)
		return 0;
	if (code)
		return nos_start_fail(tool.name, &err);
	if (o.common.verbose)
		report(&state, failed);
	if (*io.stop)
		return nos_start_signalled(*io.stop);
	return failed ? nos_start_status(NOS_DATA) : 0;
}
