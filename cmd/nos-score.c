/* SPDX-License-Identifier: MIT */
/* nos-score(1): the eight scores of readings on stdin, as an anonymous source's. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/ndjson.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "json/encode.h"
#include "score/measure.h"
#include "score/profile.h"

struct score_opts {
	struct nos_opt_common common;
	struct nos_time now; /* ms 0: the present */
	uint64_t max_line;
};

static const struct nos_opt opts[] = {
	{ "now", 0, NOS_OPT_TIME, offsetof(struct score_opts, now), "time",
	    "score as if the readings came then" },
	{ "max-line", 0, NOS_OPT_SIZE, offsetof(struct score_opts, max_line), "size",
	    "longest line taken", .dflt = "1M", .min = 64, .max = NOS_SCAN_TEXT_MAX },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-score", "< readings > scored",
	"Score each reading of stdin (JSON, a line each) in eight ways.", opts,
	offsetof(struct score_opts, common) };

struct score_state {
	struct nos_time now;
	uint64_t scored;
	struct nos_scan scan;
	struct nos_buf space;
};

/* Members that are ours: they are ignored in a reading and written anew. */
static bool is_ours(struct nos_str name)
{
	static const char *const ours[] = { "line", "scores", "raw", "flags", "received" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (nos_str_is(name, ours[i]))
			return true;
	return false;
}

/* The reading's own members as they came; a value that is missing becomes null. */
static void copy_members(
    const struct nos_scan *scan, const struct nos_reading *reading, struct nos_buf *out)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	while (nos_scan_member(scan, scan->values, &at, &name, &value)) {
		const char *quote = value->kind == NOS_SCAN_STRING ? "\"" : "";

		if (is_ours(name->raw))
			continue;
		nos_encode_comma(out);
		nos_buf_add_char(out, '"');
		nos_buf_add_str(out, name->raw);
		nos_buf_add_text(out, "\":");
		if (value->kind == NOS_SCAN_NOT_FINITE ||
		    (nos_str_is(name->raw, "value") && reading->kind == NOS_READING_MISSING)) {
			nos_buf_add_text(out, "null");
			continue;
		}
		nos_buf_add_text(out, quote);
		nos_buf_add_str(out, value->raw);
		nos_buf_add_text(out, quote);
	}
}

static enum nos_code score_line(
    void *state, uint64_t number, struct nos_str line, struct nos_buf *out, struct nos_err *err)
{
	struct score_state *s = state;
	struct nos_reading reading;
	struct nos_rule_security security = { 0 };
	struct nos_rule_input in = { .reading = &reading, .security = &security };
	const struct nos_rule_state none = { 0 };
	struct nos_rule_scores scores;

	nos_buf_truncate(&s->space, 0);
	if (!nos_buf_reserve(&s->space, line.len))
		return nos_buf_check(&s->space, "line", err);
	if (nos_scan_parse(&s->scan, line, err) ||
	    nos_reading_decode(&s->scan, s->scan.values, &s->space, &reading, err))
		return err->code;
	in.type = nos_profile_find(reading.type);
	if (reading.kind == NOS_READING_NUMBER && nos_profile_is_missing(in.type, reading.number))
		reading.kind = NOS_READING_MISSING;
	in.unit_unknown =
	    reading.unit.len && in.type->unit.len && !nos_str_eq(reading.unit, in.type->unit);
	in.received = s->now.ms ? s->now : nos_time_now();
	security.has_position = reading.has_position;
	security.decimals = reading.lat_decimals;
	scores = nos_rule_score(&in, NULL);

	nos_buf_add_char(out, '{');
	copy_members(&s->scan, &reading, out);
	nos_encode_member_uint(out, "line", number);
	nos_measure_encode(out, &in, &none, &scores);
	nos_buf_add_text(out, "}\n");
	s->scored++;
	return NOS_OK;
}

/* What --verbose adds, at the end. */
static void report(const struct score_state *s, uint64_t failed)
{
	char text[80];

	snprintf(text, sizeof(text), "%" PRIu64 " scored, %" PRIu64 " failed", s->scored, failed);
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
	state.now = o.now;
	io.max_line = o.max_line;
	nos_buf_init(&state.space, NOS_SCAN_TEXT_MAX);
	code = nos_ndjson_run(&io, score_line, &state, &failed, &closed, &err);
	nos_buf_release(&state.space);
	nos_scan_release(&state.scan);
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
