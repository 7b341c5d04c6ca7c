/* SPDX-License-Identifier: MIT */
#include "score/profile_parse.h"

#include <string.h>

enum nos_code nos_profile_parse_at(struct nos_profile_parser *p, const struct nos_scan_value *v)
{
	size_t quote = v->kind == NOS_SCAN_STRING;

	return nos_scan_place(p->scan.text, (size_t)(v->raw.p - p->scan.text.p) - quote, p->err);
}

enum nos_code nos_profile_parse_wrong(struct nos_profile_parser *p, const struct nos_scan_value *v,
    const char *name, const char *what)
{
	nos_err_set(p->err, NOS_CONFIG, "'%s' %s", name, what);
	return nos_profile_parse_at(p, v);
}

enum nos_code nos_profile_parse_unknown(
    struct nos_profile_parser *p, const struct nos_scan_value *name)
{
	nos_err_set(p->err, NOS_CONFIG, "'%.*s' is not known", NOS_STR_ARG(name->raw));
	return nos_profile_parse_at(p, name);
}

bool nos_profile_parse_text(
    struct nos_profile_parser *p, const struct nos_scan_value *v, struct nos_str *ret)
{
	nos_buf_truncate(&p->space, 0);
	return v->kind == NOS_SCAN_STRING && nos_scan_text(v, &p->space, ret);
}

struct nos_str nos_profile_parse_keep(struct nos_profile_parser *p, struct nos_str s)
{
	char *to = p->profile->texts + p->texts_len;

	if (s.len)
		memcpy(to, s.p, s.len);
	p->texts_len += s.len;
	return (struct nos_str){ to, s.len };
}
