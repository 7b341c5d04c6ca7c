/* SPDX-License-Identifier: MIT */
#include "serve/readers.h"

#include <strings.h>

#include "base/file.h"
#include "base/secret.h"

#define SCHEME	 "Bearer "
#define TEXT_MAX (NOS_READERS_MAX * (NOS_READERS_TOKEN_MAX + 2))

static enum nos_code hash(
    struct nos_str token, uint8_t ret[static NOS_HASH_LEN], struct nos_err *err)
{
	const struct nos_span piece = nos_str_bytes(token);

	return nos_hash_sha256(&piece, 1, ret, err);
}

/* What a header can carry behind the scheme. */
static bool is_token(struct nos_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.len >= NOS_READERS_TOKEN_MIN && s.len <= NOS_READERS_TOKEN_MAX;
}

static enum nos_code take_lines(struct nos_str text, struct nos_readers *ret, struct nos_err *err)
{
	struct nos_str line;

	ret->count = 0;
	for (unsigned number = 1; text.p; number++) {
		nos_str_cut(&text, '\n', &line);
		line = nos_str_trim(line);
		if (!line.len)
			continue;
		if (!is_token(line))
			return nos_err_set(err, NOS_CONFIG,
			    "line %u: a token is %d to %d bytes without a blank", number,
			    NOS_READERS_TOKEN_MIN, NOS_READERS_TOKEN_MAX);
		if (ret->count == NOS_READERS_MAX)
			return nos_err_set(err, NOS_CONFIG, "more than %d tokens", NOS_READERS_MAX);
		if (hash(line, ret->hashes[ret->count++], err))
			return err->code;
	}
	return ret->count ? NOS_OK : nos_err_set(err, NOS_CONFIG, "no token is in it");
}

enum nos_code nos_readers_read(const char *path, struct nos_readers *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err))
		return err->code == NOS_LARGE ? nos_err_set(err, NOS_CONFIG, "%s", err->text)
					      : err->code;
	return take_lines(nos_buf_str(&text), ret, err) ? nos_err_within(err, "%s", path) : NOS_OK;
}

bool nos_readers_know(const struct nos_readers *r, struct nos_str authorization)
{
	const size_t len = sizeof(SCHEME) - 1;
	uint8_t got[NOS_HASH_LEN];
	struct nos_err err = { 0 };
	bool known = false;

	if (authorization.len < len || strncasecmp(authorization.p, SCHEME, len) != 0)
		return false;
	authorization.p += len;
	authorization.len -= len;
	if (hash(authorization, got, &err))
		return false;
	for (size_t i = 0; i < r->count; i++)
		known |= nos_secret_same(got, r->hashes[i], NOS_HASH_LEN);
	return known;
}
