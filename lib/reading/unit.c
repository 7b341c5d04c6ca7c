/* SPDX-License-Identifier: MIT */
#include "reading/unit.h"

#include <stdlib.h>
#include <string.h>

#include "reading/unit_table.h"

static int by_name(const void *a, const void *b)
{
	const struct nos_str *x = a;
	const struct nos_unit_table_row *row = b;
	int order = memcmp(x->p, row->name.p, x->len < row->name.len ? x->len : row->name.len);

	return order ? order : (x->len > row->name.len) - (x->len < row->name.len);
}

static const struct nos_unit_table_row *find(struct nos_str name)
{
	if (!name.len)
		return NULL;
	return bsearch(
	    &name, nos_unit_table, nos_unit_table_count, sizeof(nos_unit_table[0]), by_name);
}

/* A percentage of one thing is a fraction, but a fraction of another is no percentage of it. */
static enum nos_unit_table_quantity wider(enum nos_unit_table_quantity q)
{
	bool special = q == NOS_UNIT_TABLE_HUMIDITY || q == NOS_UNIT_TABLE_BATTERY;

	return special ? NOS_UNIT_TABLE_FRACTION : q;
}

static bool measure_one_thing(
    const struct nos_unit_table_row *a, const struct nos_unit_table_row *b)
{
	return a->quantity == b->quantity || wider(a->quantity) == b->quantity ||
	       a->quantity == wider(b->quantity);
}

bool nos_unit_convert(struct nos_str from, struct nos_str to, struct nos_unit_step *ret)
{
	const struct nos_unit_table_row *a, *b;

	if (nos_str_eq(from, to)) {
		*ret = (struct nos_unit_step){ 1, 0 };
		return true;
	}
	a = find(from);
	b = find(to);
	if (!a || !b || !measure_one_thing(a, b))
		return false;
	*ret = (struct nos_unit_step){ a->factor / b->factor, (a->offset - b->offset) / b->factor };
	return true;
}

bool nos_unit_is_known(struct nos_str name)
{
	return find(name);
}
