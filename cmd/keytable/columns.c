/* SPDX-License-Identifier: MIT */
#include "columns.h"

#include <assert.h>

static const struct nos_table_column sources_columns[] = {
	{ "source", NOS_TABLE_TEXT },
	{ "name", NOS_TABLE_TEXT },
	{ "kind", NOS_TABLE_TEXT },
	{ "mode", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "group", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "registered", NOS_TABLE_TIME },
	{ "last_seen", NOS_TABLE_TIME },
	{ "seq", NOS_TABLE_TEXT },
	{ "readings", NOS_TABLE_TEXT },
	{ "via", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column ct_columns[] = {
	{ "source", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "generation", NOS_TABLE_TEXT },
	{ "bits", NOS_TABLE_TEXT },
	{ "age", NOS_TABLE_SPAN },
	{ "uses", NOS_TABLE_TEXT },
	{ "confirmed", NOS_TABLE_TIME },
	{ "next", NOS_TABLE_TEXT },
	{ "path", NOS_TABLE_TEXT },
	{ 0 },
};

static const struct nos_table_column gt_columns[] = {
	{ "key", NOS_TABLE_TEXT },
	{ "version", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "age", NOS_TABLE_SPAN },
	{ "holders", NOS_TABLE_TEXT },
	{ "local_keys", NOS_TABLE_TEXT },
	{ 0 },
};

static const struct nos_table_column kt_columns[] = {
	{ "source", NOS_TABLE_TEXT },
	{ "home", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "age", NOS_TABLE_SPAN },
	{ "expires", NOS_TABLE_TIME },
	{ "uses", NOS_TABLE_TEXT },
	{ 0 },
};

static const struct nos_table_column visitors_columns[] = {
	{ "source", NOS_TABLE_TEXT },
	{ "home", NOS_TABLE_TEXT },
	{ "kind", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "until", NOS_TABLE_TIME },
	{ "last_seen", NOS_TABLE_TIME },
	{ "seq", NOS_TABLE_TEXT },
	{ "readings", NOS_TABLE_TEXT },
	{ 0 },
};

static const struct nos_table_column groups_columns[] = {
	{ "group", NOS_TABLE_TEXT },
	{ "number", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "members", NOS_TABLE_TEXT },
	{ "epoch", NOS_TABLE_TEXT },
	{ "session", NOS_TABLE_TEXT },
	{ "age", NOS_TABLE_SPAN },
	{ "pending", NOS_TABLE_TEXT },
	{ 0 },
};
/* Of a keyring. */
static const struct nos_table_column group_columns[] = {
	{ "group", NOS_TABLE_TEXT },
	{ "number", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "epoch", NOS_TABLE_TEXT },
	{ "session", NOS_TABLE_TEXT },
	{ "leaf", NOS_TABLE_TEXT },
	{ 0 },
};

static const struct nos_table_column tokens_columns[] = {
	{ "id", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "kind", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "group", NOS_TABLE_TEXT },
	{ "expires", NOS_TABLE_TIME },
	{ "source", NOS_TABLE_TEXT },
	{ "replaces", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column audit_columns[] = {
	{ "n", NOS_TABLE_TEXT },
	{ "time", NOS_TABLE_TIME },
	{ "what", NOS_TABLE_TEXT },
	{ "source", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "from", NOS_TABLE_TEXT },
	{ "to", NOS_TABLE_TEXT },
	{ "by", NOS_TABLE_TEXT },
	{ "reason", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column verdict_columns[] = {
	{ "entries", NOS_TABLE_TEXT },
	{ "hash", NOS_TABLE_TEXT },
	{ "signed", NOS_TABLE_TEXT },
	{ "signed_time", NOS_TABLE_TIME },
	{ 0 },
};
static const struct nos_table_column taint_columns[] = {
	{ "id", NOS_TABLE_TEXT },
	{ "time", NOS_TABLE_TIME },
	{ "source", NOS_TABLE_TEXT },
	{ "type", NOS_TABLE_TEXT },
	{ "topic", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "published", NOS_TABLE_TEXT },
	{ "corrected", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column *const of_store[] = {
	[NOS_KEYTABLE_SOURCES] = sources_columns,
	[NOS_KEYTABLE_CT] = ct_columns,
	[NOS_KEYTABLE_GT] = gt_columns,
	[NOS_KEYTABLE_KT] = kt_columns,
	[NOS_KEYTABLE_VISITORS] = visitors_columns,
	[NOS_KEYTABLE_GROUPS] = groups_columns,
	[NOS_KEYTABLE_TOKENS] = tokens_columns,
};

const struct nos_table_column *columns_of(struct columns *c, enum nos_keytable_which which,
    enum stream stream, bool keyring, bool verdict, bool values)
{
	const struct nos_table_column *of;
	size_t count = 0;

	if (stream == STREAM_TAINT)
		return taint_columns;
	if (stream == STREAM_AUDIT)
		return verdict ? verdict_columns : audit_columns;
	of = keyring && which == NOS_KEYTABLE_GROUPS ? group_columns : of_store[which];
	if (!values)
		return of;
	for (; of[count].name; count++)
		c->space[count] = of[count];
	assert(count + 2 <= COLUMNS_MAX);
	c->space[count] = (struct nos_table_column){ "value", NOS_TABLE_TEXT };
	c->space[count + 1] = (struct nos_table_column){ 0 };
	return c->space;
}
