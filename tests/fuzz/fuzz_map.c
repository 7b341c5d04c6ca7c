/* SPDX-License-Identifier: MIT */
/*
 * A map, and behind a NUL byte a message or lines of CSV that are read through it: texts of what is
 * found stand in the message, the map or the space, which does not move.
 */
#include "fuzz.h"

#include "reading/batch.h"

#define MOST 256 /* readings */

static void check_reading(const struct nos_reading *r)
{
	must(r->type.len >= 1 && r->type.len <= NOS_READING_TYPE_MAX);
	must(r->unit.len <= NOS_READING_UNIT_MAX && r->claimed.len <= NOS_READING_CLAIMED_MAX);
	must(r->kind != NOS_READING_NUMBER || isfinite(r->number));
	must(r->kind != NOS_READING_TEXT || r->text.len <= NOS_READING_TEXT_MAX);
	must(
	    !r->has_position || (r->lat >= -90 && r->lat <= 90 && r->lon >= -180 && r->lon <= 180));
}

/* Two batches of one text are the same: nothing of the first is left in the map. */
static void read_through(const struct nos_map *map, struct nos_str text)
{
	struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	struct nos_batch b = { 0 };
	struct nos_err err = { 0 };
	struct nos_batch_how how = { .form = nos_map_is_csv(map) ? NOS_BATCH_CSV : NOS_BATCH_NDJSON,
		.map = map };
	size_t count = 0;

	for (int i = 0; i < 2; i++) {
		nos_err_clear(&err);
		if (nos_batch_decode(&b, &how, text, MOST, &scan, &err))
			must(err.code == NOS_LARGE || err.code == NOS_DATA);
		must(b.count + b.reject_count <= MOST && (!i || count == b.count));
		count = b.count;
	}
	for (size_t i = 0; i < b.count; i++)
		check_reading(&b.items[i].reading);
	for (size_t i = 0; i < b.reject_count; i++)
		must(b.rejects[i].err.code == NOS_DATA || b.rejects[i].err.code == NOS_LARGE);
	nos_batch_release(&b);
	nos_scan_release(&scan);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nos_str rest = fuzz_text(data, size), text;
	struct nos_map *map = NULL;
	struct nos_err err = { 0 };

	nos_str_cut(&rest, '\0', &text);
	if (nos_map_parse(text, &map, &err)) {
		must(err.code == NOS_CONFIG && *err.text);
		return 0;
	}
	if (rest.p)
		read_through(map, rest);
	nos_map_free(map);
	return 0;
}
