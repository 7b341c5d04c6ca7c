/* SPDX-License-Identifier: MIT */
#include "reading/csv.h"

#include <stdlib.h>

void nos_csv_release(struct nos_csv *c)
{
	free(c->fields);
	free(c->names);
	nos_buf_release(&c->space);
	nos_buf_release(&c->names_text);
	*c = (struct nos_csv){ 0 };
}

void nos_csv_begin(struct nos_csv *c)
{
	c->has_names = false;
	c->name_count = 0;
}

enum nos_code nos_csv_split(
    struct nos_csv *c, struct nos_str line, char separator, struct nos_err *err)
{
	struct nos_str field;

	c->count = 0;
	while (nos_str_cut(&line, separator, &field)) {
		if (c->count == c->cap) {
			size_t more = c->cap ? 2 * c->cap : 16;
			void *p = reallocarray(c->fields, more, sizeof(*c->fields));

			if (!p)
				return nos_err_set(err, NOS_INTERNAL, "out of memory");
			c->fields = p;
			c->cap = more;
		}
		field = nos_str_trim(field);
		if (field.len > 1 && field.p[0] == '"' && field.p[field.len - 1] == '"')
			field.p++, field.len -= 2;
		c->fields[c->count++] = field;
	}
	return NOS_OK;
}

enum nos_code nos_csv_name(struct nos_csv *c, struct nos_err *err)
{
	size_t at = 0;

	nos_buf_release(&c->names_text);
	nos_buf_init(&c->names_text, 1 << 20);
	free(c->names);
	c->names = calloc(c->count + 1, sizeof(*c->names));
	if (!c->names)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (size_t i = 0; i < c->count; i++)
		nos_buf_add_str(&c->names_text, c->fields[i]);
	for (size_t i = 0; i < c->count; i++) {
		c->names[i] = (struct nos_str){ c->names_text.p + at, c->fields[i].len };
		at += c->fields[i].len;
	}
	c->name_count = c->count;
	c->has_names = true;
	return NOS_OK;
}

bool nos_csv_column(const struct nos_csv *c, struct nos_str name, size_t *ret)
{
	for (size_t i = 0; i < c->name_count; i++)
		if (nos_str_eq(c->names[i], name)) {
			*ret = i;
			return true;
		}
	return false;
}
