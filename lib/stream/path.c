/* SPDX-License-Identifier: MIT */
#include "stream/path.h"

#include "json/encode.h"

void nos_path_encode(struct nos_buf *b, const struct nos_path *p)
{
	for (size_t i = 0; i < p->count; i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(p->ids[i]));
	}
}

enum nos_code nos_path_decode(
    const struct nos_decode *d, const char *name, struct nos_path *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	*ret = (struct nos_path){ 0 };
	if (!nos_decode_has(d, name))
		return NOS_OK;
	if (nos_decode_array(d, name, &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &v)) {
		if (ret->count == NOS_HOP_MAX || v->kind != NOS_SCAN_STRING || !v->raw.len ||
		    !nos_str_copy(v->raw, ret->ids[ret->count], NOS_PATH_ID_MAX))
			return nos_err_set(err, NOS_DATA, "%s is no list of relays", name);
		ret->count++;
	}
	return NOS_OK;
}
