/* SPDX-License-Identifier: MIT */
#include "stream/processed.h"

#include <inttypes.h>

#include "base/num.h"
#include "self/era.h"
#include "store/store.h"

#define SOURCE_LEVEL 4 /* nos/<node>/<kind>/<source>/… */

/* FAR[@ERA][<AFTER] */
static bool decode_far(struct nos_str text, struct nos_processed *ret)
{
	struct nos_str part, far;

	if (!nos_str_cut(&text, '<', &part) || !nos_str_cut(&part, '@', &far) ||
	    !nos_num_parse(far, 0, UINT64_MAX, &ret->links.far) ||
	    (part.p && !nos_num_parse(part, 1, NOS_ERA_MAX, &ret->era)))
		return false;
	ret->jumps = text.p != NULL;
	return !ret->jumps || nos_num_parse(text, 0, NOS_NUM_SAFE, &ret->after);
}

bool nos_processed_decode(struct nos_span entry, struct nos_processed *ret)
{
	struct nos_str rest = { (const char *)entry.p, entry.len }, head, part;

	*ret = (struct nos_processed){ 0 };
	if (!nos_str_cut(&rest, '\n', &head) || !rest.p)
		return false;
	ret->record = rest;
	if (!nos_str_cut(&head, ' ', &ret->topic))
		return false;
	if (!head.p)
		return true;
	if (!nos_str_cut(&head, ' ', &part) ||
	    !nos_num_parse(part, 0, UINT64_MAX, &ret->links.before) ||
	    !nos_str_cut(&head, ' ', &part) || !decode_far(part, ret))
		return false;
	ret->filters = head;
	return true;
}

void nos_processed_encode(struct nos_buf *b, const struct nos_processed *p)
{
	nos_buf_add_str(b, p->topic);
	nos_buf_add_char(b, ' ');
	nos_num_add_uint(b, p->links.before);
	nos_buf_add_char(b, ' ');
	nos_num_add_uint(b, p->links.far);
	if (p->era) {
		nos_buf_add_char(b, '@');
		nos_num_add_uint(b, p->era);
	}
	if (p->jumps) {
		nos_buf_add_char(b, '<');
		nos_num_add_uint(b, p->after);
	}
	if (p->filters.len) {
		nos_buf_add_char(b, ' ');
		nos_buf_add_str(b, p->filters);
	}
	nos_buf_add_char(b, '\n');
	nos_buf_add_str(b, p->record);
}

struct nos_processed_links nos_processed_next(
    struct nos_processed_links links, uint64_t position, uint64_t n)
{
	links.before = position;
	if (n % NOS_PROCESSED_STRIDE == 0)
		links.far = position;
	return links;
}

bool nos_processed_id_parse(struct nos_str text, struct nos_processed_id *ret)
{
	struct nos_str part, node, index;

	*ret = (struct nos_processed_id){ 0 };
	return nos_str_cut(&text, '-', &part) && nos_str_cut(&part, '.', &node) &&
	       nos_num_parse(node, 1, NOS_NUM_SAFE, &ret->node) &&
	       (!part.p || nos_num_parse(part, 1, NOS_STORE_LANES_MAX - 1, &ret->lane)) &&
	       nos_str_cut(&text, '-', &part) && nos_num_parse(part, 1, NOS_NUM_SAFE, &ret->pack) &&
	       nos_str_cut(&text, '~', &index) &&
	       nos_num_parse(index, 0, NOS_NUM_SAFE, &ret->index) &&
	       (!text.p || nos_num_parse(text, 1, NOS_NUM_SAFE, &ret->correction));
}

/* Drop what a text begins with. */
static bool skip(struct nos_str *s, const char *begin)
{
	struct nos_str what = nos_str_of(begin);

	if (!nos_str_starts(*s, begin))
		return false;
	s->p += what.len;
	s->len -= what.len;
	return true;
}

bool nos_processed_id_of(struct nos_str record, struct nos_processed_id *ret)
{
	struct nos_str id;

	return skip(&record, "{\"id\":\"") && nos_str_cut(&record, '"', &id) &&
	       nos_processed_id_parse(id, ret);
}

bool nos_processed_n_of(struct nos_str record, uint64_t *ret)
{
	struct nos_str part;

	return skip(&record, "{\"id\":\"") && nos_str_cut(&record, '"', &part) &&
	       skip(&record, ",\"node\":") && nos_str_cut(&record, ',', &part) &&
	       skip(&record, "\"n\":") && nos_str_cut(&record, ',', &part) &&
	       nos_num_parse(part, 1, NOS_NUM_SAFE, ret);
}

bool nos_processed_source(struct nos_str topic, struct nos_str *ret)
{
	struct nos_str part = { 0 };

	for (int i = 0; i < SOURCE_LEVEL; i++)
		if (!nos_str_cut(&topic, '/', &part))
			return false;
	*ret = part;
	return topic.p != NULL;
}
