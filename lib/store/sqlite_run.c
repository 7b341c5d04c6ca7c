/* SPDX-License-Identifier: MIT */
#include "store/sqlite_run.h"

#define BEFORE 12 /* bytes that stand before an entry's */
#define HEAD   20 /* of a head that says nothing of plain */

static void put(uint8_t *out, uint64_t n, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(n >> 8 * i);
}

static uint64_t take(const uint8_t *p, size_t bytes)
{
	uint64_t n = 0;

	for (size_t i = bytes; i--;)
		n = n << 8 | p[i];
	return n;
}

void nos_sqlite_run_init(struct nos_buf *run)
{
	nos_buf_init_secret(run, NOS_SQLITE_RUN_BYTES);
}

bool nos_sqlite_run_has_room(const struct nos_buf *run, size_t count, size_t len)
{
	return len <= NOS_SQLITE_RUN_ALONE && count < NOS_SQLITE_RUN_MAX &&
	       run->len + BEFORE + len <= NOS_SQLITE_RUN_BYTES;
}

void nos_sqlite_run_add(struct nos_buf *run, int64_t ms, struct nos_span entry)
{
	uint8_t before[BEFORE];

	put(before, (uint64_t)ms, 8);
	put(before + 8, entry.len, 4);
	nos_buf_add(run, before, BEFORE);
	if (entry.len)
		nos_buf_add(run, entry.p, entry.len);
}

bool nos_sqlite_run_next(struct nos_span *rest, struct nos_sqlite_entry *ret)
{
	size_t len;

	if (rest->len < BEFORE)
		return false;
	len = (size_t)take(rest->p + 8, 4);
	if (len > rest->len - BEFORE)
		return false;
	*ret = (struct nos_sqlite_entry){ (int64_t)take(rest->p, 8), { rest->p + BEFORE, len } };
	*rest = (struct nos_span){ rest->p + BEFORE + len, rest->len - BEFORE - len };
	return true;
}

bool nos_sqlite_run_measure(struct nos_span run, struct nos_sqlite_run_head *ret)
{
	struct nos_sqlite_entry entry;

	*ret = (struct nos_sqlite_run_head){ 0 };
	while (nos_sqlite_run_next(&run, &entry)) {
		if (!ret->count++)
			ret->first_ms = ret->latest_ms = entry.ms;
		if (entry.ms > ret->latest_ms)
			ret->latest_ms = entry.ms;
	}
	return ret->count && !run.len;
}

size_t nos_sqlite_run_len(struct nos_span run, size_t count)
{
	struct nos_span rest = run;
	struct nos_sqlite_entry entry;

	while (count--)
		if (!nos_sqlite_run_next(&rest, &entry))
			break;
	return run.len - rest.len;
}

size_t nos_sqlite_run_head_encode(
    const struct nos_sqlite_run_head *head, uint8_t out[static NOS_SQLITE_RUN_HEAD_MAX])
{
	put(out, head->count, 4);
	put(out + 4, (uint64_t)head->first_ms, 8);
	put(out + 12, (uint64_t)head->latest_ms, 8);
	if (!head->plain)
		return HEAD;
	put(out + HEAD, head->plain, 4);
	return NOS_SQLITE_RUN_HEAD_MAX;
}

bool nos_sqlite_run_head_decode(struct nos_span bytes, struct nos_sqlite_run_head *ret)
{
	const bool is_short = bytes.len == HEAD;

	if (!is_short && bytes.len != NOS_SQLITE_RUN_HEAD_MAX)
		return false;
	*ret = (struct nos_sqlite_run_head){
		.count = (uint32_t)take(bytes.p, 4),
		.first_ms = (int64_t)take(bytes.p + 4, 8),
		.latest_ms = (int64_t)take(bytes.p + 12, 8),
		.plain = is_short ? 0 : (uint32_t)take(bytes.p + HEAD, 4),
	};
	return ret->count > 0 && (is_short || ret->plain) && ret->latest_ms >= ret->first_ms;
}
