/* SPDX-License-Identifier: MIT */
#include "source/fate.h"

#include <inttypes.h>
#include <stdio.h>

#include "json/encode.h"

static void encode_rejected(struct nos_fate *f, const struct nos_err *why, struct nos_buf *b)
{
	f->rejected++;
	nos_encode_member_text(b, "status", NOS_STR("rejected"));
	nos_encode_member(b, "error");
	nos_encode_error(b, why);
}

/* The fate of the reading at index in the pack, by the node's word. */
static void encode_answered(
    struct nos_fate *f, const struct nos_fate_pack *p, uint32_t index, struct nos_buf *b)
{
	const struct nos_answer *a = p->answer;
	const struct nos_err *why = nos_answer_why(a, index);
	char id[80], lane[24] = "";

	if (why) {
		encode_rejected(f, why, b);
		return;
	}
	f->accepted++;
	nos_encode_member_text(b, "status", nos_str_of(a->duplicates ? "duplicate" : "accepted"));
	if (!p->seq)
		return;
	nos_encode_member_uint(b, "seq", p->seq);
	if (a->duplicates || !a->has_position)
		return;
	if (a->lane)
		snprintf(lane, sizeof(lane), ".%" PRIu64, a->lane);
	snprintf(id, sizeof(id), "%" PRIu64 "%s-%" PRIu64 "-%" PRIu32, p->node, lane, a->position,
	    index);
	nos_encode_member_text(b, "id", nos_str_of(id));
}

static void encode_sent(
    struct nos_fate *f, const struct nos_fate_pack *p, uint32_t index, struct nos_buf *b)
{
	switch (p->fate) {
	case NOS_COURIER_SPOOLED:
		f->spooled++;
		nos_encode_member_text(b, "status", NOS_STR("spooled"));
		break;
	case NOS_COURIER_ANSWERED:
		encode_answered(f, p, index, b);
		break;
	case NOS_COURIER_FAILED:
		f->failed++;
		nos_encode_member(b, "error");
		nos_encode_error(b, p->why);
		break;
	}
}

void nos_fate_encode(struct nos_fate *f, const struct nos_fate_pack *p, struct nos_buf *b)
{
	uint32_t index = 0;

	for (size_t i = 0; i < p->load->count; i++) {
		const struct nos_load_item *item = &p->load->items[i];

		nos_buf_add_char(b, '{');
		nos_encode_member_uint(b, "line", item->line);
		if (item->many)
			nos_encode_member_uint(b, "index", item->index);
		if (item->err.code)
			encode_rejected(f, &item->err, b);
		else
			encode_sent(f, p, index++, b);
		nos_buf_add_text(b, "}\n");
	}
}
