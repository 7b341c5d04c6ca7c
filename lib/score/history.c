/* SPDX-License-Identifier: MIT */
#include "score/history.h"

#include <inttypes.h>
#include <math.h>

#include "base/enc.h"
#include "base/num.h"

#define NUMBERS 4
#define WORDS	8

void nos_history_encode(struct nos_buf *b, const struct nos_rule_state *s)
{
	const double numbers[NUMBERS] = { s->last, s->before, s->variance, s->interval_s };
	const uint64_t words[WORDS] = { (uint64_t)s->newest.ms, s->decimals, s->slots,
		(uint64_t)s->slot_newest, (uint64_t)s->slot_first, s->readings,
		(uint64_t)s->numbers << 32 | s->run,
		(uint64_t)s->has_variance << 1 | (uint64_t)s->has_slots };

	nos_buf_add_char(b, '[');
	for (int i = 0; i < NUMBERS; i++)
		nos_buf_addf(b, "%.17g,", isfinite(numbers[i]) ? numbers[i] : 0);
	/* 64 bits are more than a JSON number holds. */
	for (int i = 0; i < WORDS; i++)
		nos_buf_addf(b, "%s\"%" PRIx64 "\"", i ? "," : "", words[i]);
	nos_buf_add_char(b, ']');
}

static bool parse_word(struct nos_str s, uint64_t *ret)
{
	char digits[17] = "0000000000000000";
	uint8_t bytes[8];

	if (!s.len || s.len > 16)
		return false;
	for (size_t i = 0; i < s.len; i++)
		digits[16 - s.len + i] = s.p[i];
	if (!nos_enc_hex_decode((struct nos_str){ digits, 16 }, bytes, sizeof(bytes)))
		return false;
	*ret = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

enum nos_code nos_history_decode(const struct nos_scan *scan, const struct nos_scan_value *array,
    struct nos_rule_state *ret, struct nos_err *err)
{
	double numbers[NUMBERS];
	uint64_t words[WORDS];
	const struct nos_scan_value *v;
	uint32_t at = 0;

	if (array->kind != NOS_SCAN_ARRAY || array->count != NUMBERS + WORDS)
		return nos_err_set(err, NOS_DATA, "not the state of a series");
	for (int i = 0; i < NUMBERS + WORDS && nos_scan_element(scan, array, &at, &v); i++)
		if (i < NUMBERS
			? v->kind != NOS_SCAN_NUMBER || !nos_num_parse_decimal(v->raw, &numbers[i])
			: v->kind != NOS_SCAN_STRING || !parse_word(v->raw, &words[i - NUMBERS]))
			return nos_err_set(err, NOS_DATA, "not the state of a series");
	*ret = (struct nos_rule_state){
		.last = numbers[0],
		.before = numbers[1],
		.variance = numbers[2],
		.interval_s = numbers[3],
		.newest = { (int64_t)words[0] },
		.decimals = words[1],
		.slots = words[2],
		.slot_newest = (int64_t)words[3],
		.slot_first = (int64_t)words[4],
		.readings = (uint32_t)words[5],
		.numbers = (uint32_t)(words[6] >> 32),
		.run = (uint32_t)words[6],
		.has_variance = words[7] >> 1 & 1,
		.has_slots = words[7] & 1,
	};
	return NOS_OK;
}
