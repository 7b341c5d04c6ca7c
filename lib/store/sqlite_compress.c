/* SPDX-License-Identifier: MIT */
#include "store/sqlite_compress.h"

#include <lz4.h>
#include <stdlib.h>

#include "store/sqlite_run.h"

void nos_sqlite_compress_release(struct nos_sqlite_compress *c)
{
	free(c->state);
	c->state = NULL;
	nos_buf_release(&c->out);
}

static bool is_ready(struct nos_sqlite_compress *c)
{
	if (c->state)
		return true;
	nos_buf_init_secret(&c->out, (size_t)LZ4_compressBound(NOS_SQLITE_RUN_LONGEST));
	c->state = malloc((size_t)LZ4_sizeofState());
	return c->state != NULL;
}

bool nos_sqlite_compress_make(
    struct nos_sqlite_compress *c, struct nos_span plain, struct nos_span *ret)
{
	const size_t most = plain.len - plain.len / 8;
	void *out;
	int len;

	if (plain.len < NOS_SQLITE_COMPRESS_MIN || plain.len > NOS_SQLITE_RUN_LONGEST ||
	    !is_ready(c))
		return false;
	nos_buf_truncate(&c->out, 0);
	out = nos_buf_extend(&c->out, most);
	if (!out)
		return false;
	len = LZ4_compress_fast_extState(
	    c->state, (const char *)plain.p, out, (int)plain.len, (int)most, 1);
	if (len <= 0)
		return false;
	*ret = (struct nos_span){ out, (size_t)len };
	return true;
}

bool nos_sqlite_compress_undo(struct nos_span bytes, size_t len, struct nos_buf *ret)
{
	void *out = len <= NOS_SQLITE_RUN_LONGEST && bytes.len <= NOS_SQLITE_RUN_LONGEST
			? nos_buf_extend(ret, len)
			: NULL;

	return out && LZ4_decompress_safe((const char *)bytes.p, out, (int)bytes.len, (int)len) ==
			  (int)len;
}
