/* SPDX-License-Identifier: MIT */
#include "move/crate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/aead.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/derive.h"

#define VERSION	   1
#define KIND	   "moved node"
#define CHECK_LEN  16
#define KEY_LEN	   32
#define SEALED_MAX (NOS_CRATE_CHUNK + NOS_AEAD_TAG_LEN)

void nos_crate_release(struct nos_crate *c)
{
	nos_secret_release(&c->key);
	nos_buf_release(&c->line);
	nos_buf_release(&c->text);
	nos_buf_release(&c->sealed);
}

static void init(struct nos_crate *c, int fd, const volatile int *stop)
{
	*c = (struct nos_crate){ .fd = fd, .stop = stop };
	nos_buf_init(&c->line, NOS_CRATE_LINE_MAX);
	nos_buf_init_secret(&c->text, NOS_CRATE_CHUNK);
	nos_buf_init(&c->sealed, SEALED_MAX + 1);
}

/* The file's own key, and by which whoever has the node key knows that it is the one. */
static enum nos_code derive(struct nos_crate *c, const struct nos_vault *vault,
    const uint8_t salt[static NOS_CRATE_SALT_LEN], uint8_t ret_check[static CHECK_LEN],
    struct nos_err *err)
{
	NOS_AUTO(secret) root = { 0 };
	NOS_AUTO(secret) check = { 0 };

	if (nos_derive_extract((struct nos_span){ salt, NOS_CRATE_SALT_LEN },
		nos_secret_span(&vault->key), &root, err) ||
	    nos_derive_key(&root, "moved node", NULL, 0, KEY_LEN, &c->key, err) ||
	    nos_derive_key(&root, "moved node check", NULL, 0, CHECK_LEN, &check, err))
		return err->code;
	memcpy(ret_check, check.bytes, CHECK_LEN);
	return NOS_OK;
}

static void nonce_of(const struct nos_crate *c, uint8_t ret[static NOS_AEAD_NONCE_LEN])
{
	memset(ret, 0, NOS_AEAD_NONCE_LEN);
	for (size_t i = 0; i < 8; i++)
		ret[3 + i] = (uint8_t)(c->n >> (56 - 8 * i));
	ret[NOS_AEAD_NONCE_LEN - 1] = c->last;
}

static bool is_stopped(const struct nos_crate *c)
{
	return c->stop && *c->stop;
}

static enum nos_code stopped(struct nos_err *err)
{
	return nos_err_set(err, NOS_BUSY, "stopped");
}

/* ---- writing ---- */

static enum nos_code write_all(struct nos_crate *c, struct nos_span bytes, struct nos_err *err)
{
	while (bytes.len) {
		ssize_t n;

		if (is_stopped(c))
			return stopped(err);
		n = write(c->fd, bytes.p, bytes.len);
		if (n < 0 && errno != EINTR)
			return nos_err_set_errno(err, NOS_IO, errno, "output");
		if (n > 0)
			bytes = (struct nos_span){ bytes.p + n, bytes.len - (size_t)n };
	}
	return NOS_OK;
}

enum nos_code nos_crate_new(struct nos_crate *c, int fd, const volatile int *stop,
    const struct nos_vault *vault, const struct nos_crate_head *head, struct nos_err *err)
{
	uint8_t salt[NOS_CRATE_SALT_LEN], check[CHECK_LEN];

	init(c, fd, stop);
	if (nos_random_bytes(salt, sizeof(salt), err) || derive(c, vault, salt, check, err))
		return err->code;
	nos_buf_add_char(&c->line, '{');
	nos_encode_member_uint(&c->line, "v", VERSION);
	nos_encode_member_text(&c->line, "nos", NOS_STR(KIND));
	nos_encode_member_uint(&c->line, "node", head->node);
	nos_encode_member_time(&c->line, "time", head->time);
	nos_encode_member_uint(&c->line, "lanes", head->lanes);
	nos_encode_member_bool(&c->line, "copy", head->copy);
	nos_encode_member_bytes(&c->line, "salt", salt, sizeof(salt));
	nos_encode_member_bytes(&c->line, "check", check, sizeof(check));
	nos_buf_add_text(&c->line, "}\n");
	if (nos_buf_check(&c->line, "the first line", err))
		return err->code;
	return write_all(c, nos_buf_span(&c->line), err);
}

static enum nos_code put_chunk(struct nos_crate *c, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN], *at;

	nos_buf_truncate(&c->sealed, 0);
	at = nos_buf_extend(&c->sealed, c->text.len + NOS_AEAD_TAG_LEN);
	if (!at)
		return nos_buf_check(&c->sealed, "chunk", err);
	nonce_of(c, nonce);
	if (nos_aead_gcm_seal(&c->key, nonce, nos_buf_span(&c->line), nos_buf_span(&c->text), at,
		at + c->text.len, err))
		return err->code;
	c->n++;
	nos_buf_truncate(&c->text, 0);
	return write_all(c, nos_buf_span(&c->sealed), err);
}

/* A full one is put once more follows, for the last one is told apart. */
static enum nos_code add_bytes(struct nos_crate *c, struct nos_span bytes, struct nos_err *err)
{
	while (bytes.len) {
		size_t n;

		if (c->text.len == NOS_CRATE_CHUNK && put_chunk(c, err))
			return err->code;
		n = NOS_CRATE_CHUNK - c->text.len;
		if (n > bytes.len)
			n = bytes.len;
		nos_buf_add(&c->text, bytes.p, n);
		bytes = (struct nos_span){ bytes.p + n, bytes.len - n };
	}
	return nos_buf_check(&c->text, "chunk", err);
}

enum nos_code nos_crate_add_num(struct nos_crate *c, uint64_t n, struct nos_err *err)
{
	uint8_t text[NOS_ENC_LEB128_MAX];
	const size_t len = nos_enc_leb128(n, text);

	return add_bytes(c, (struct nos_span){ text, len }, err);
}

enum nos_code nos_crate_add(struct nos_crate *c, struct nos_span bytes, struct nos_err *err)
{
	return nos_crate_add_num(c, bytes.len, err) ? err->code : add_bytes(c, bytes, err);
}

enum nos_code nos_crate_finish(struct nos_crate *c, struct nos_err *err)
{
	c->last = true;
	if (put_chunk(c, err))
		return err->code;
	/* A pipe has nothing to wait for. */
	return fsync(c->fd) && errno != EINVAL && errno != EROFS
		   ? nos_err_set_errno(err, NOS_IO, errno, "output")
		   : NOS_OK;
}

/* ---- reading ---- */

/* Up to most bytes; fewer at the end of the file alone. */
static enum nos_code read_to(
    struct nos_crate *c, struct nos_buf *ret, size_t most, struct nos_err *err)
{
	while (ret->len < most) {
		const size_t before = ret->len;
		uint8_t *at = nos_buf_extend(ret, most - before);
		ssize_t n;

		if (!at)
			return nos_buf_check(ret, "input", err);
		n = is_stopped(c) ? -1 : read(c->fd, at, most - before);
		nos_buf_truncate(ret, before + (n > 0 ? (size_t)n : 0));
		if (is_stopped(c))
			return stopped(err);
		if (n < 0 && errno != EINTR)
			return nos_err_set_errno(err, NOS_IO, errno, "input");
		if (!n)
			break;
	}
	return NOS_OK;
}

static enum nos_code no_file(struct nos_err *err)
{
	return nos_err_set(err, NOS_DATA, "input: not what nos-keytable export writes");
}

/* It goes to the first newline, and what was read beyond it is of the first chunk. */
static enum nos_code read_line(struct nos_crate *c, struct nos_err *err)
{
	const char *end;
	size_t len;

	if (read_to(c, &c->sealed, NOS_CRATE_LINE_MAX, err))
		return err->code;
	end = c->sealed.len ? memchr(c->sealed.p, '\n', c->sealed.len) : NULL;
	if (!end)
		return no_file(err);
	len = (size_t)(end - c->sealed.p) + 1;
	nos_buf_add(&c->line, c->sealed.p, len);
	nos_buf_drop(&c->sealed, len);
	return nos_buf_check(&c->line, "the first line", err);
}

static enum nos_code decode_line(struct nos_crate *c, struct nos_crate_head *ret, uint8_t *salt,
    uint8_t *check, struct nos_err *err)
{
	const struct nos_str line = { c->line.p, c->line.len - 1 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	struct nos_str kind;
	uint64_t lanes = 0;

	*ret = (struct nos_crate_head){ 0 };
	if (nos_decode_object(&scan, line, "input", &d, err) ||
	    nos_decode_text(&d, "nos", &kind, err) || !nos_str_is(kind, KIND))
		no_file(err);
	else if (!nos_decode_version(&d, VERSION, "input", err) &&
		 (nos_decode_uint(&d, "node", 1, NOS_NUM_SAFE, &ret->node, err) ||
		     nos_decode_time(&d, "time", &ret->time, err) ||
		     nos_decode_uint(&d, "lanes", 1, UINT32_MAX, &lanes, err) ||
		     nos_decode_bool(&d, "copy", false, &ret->copy, err) ||
		     nos_decode_bytes(&d, "salt", salt, NOS_CRATE_SALT_LEN, err) ||
		     nos_decode_bytes(&d, "check", check, CHECK_LEN, err)))
		no_file(err);
	ret->lanes = (unsigned)lanes;
	nos_scan_release(&scan);
	return err->code;
}

enum nos_code nos_crate_open(struct nos_crate *c, int fd, const volatile int *stop,
    const struct nos_vault *vault, struct nos_crate_head *ret, struct nos_err *err)
{
	uint8_t salt[NOS_CRATE_SALT_LEN], said[CHECK_LEN], check[CHECK_LEN];

	init(c, fd, stop);
	if (read_line(c, err) || decode_line(c, ret, salt, said, err) ||
	    derive(c, vault, salt, check, err))
		return err->code;
	return nos_secret_same(said, check, CHECK_LEN)
		   ? NOS_OK
		   : nos_err_set(err, NOS_DENIED, "input: made under another node key");
}

/* One byte more than a chunk is read, by which the last one is known. */
static enum nos_code get_chunk(struct nos_crate *c, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN], *at;
	struct nos_span sealed;

	if (c->last)
		return nos_err_set(err, NOS_DATA, "input: it ends too soon");
	if (read_to(c, &c->sealed, SEALED_MAX + 1, err))
		return err->code;
	c->last = c->sealed.len <= SEALED_MAX;
	sealed =
	    (struct nos_span){ nos_buf_span(&c->sealed).p, c->last ? c->sealed.len : SEALED_MAX };
	c->taken = 0;
	nos_buf_truncate(&c->text, 0);
	if (sealed.len < NOS_AEAD_TAG_LEN)
		return nos_err_set(err, NOS_DATA, "input: it is cut off");
	sealed.len -= NOS_AEAD_TAG_LEN;
	at = nos_buf_extend(&c->text, sealed.len);
	if (!at)
		return nos_buf_check(&c->text, "chunk", err);
	nonce_of(c, nonce);
	if (nos_aead_gcm_open(
		&c->key, nonce, nos_buf_span(&c->line), sealed, sealed.p + sealed.len, at, err)) {
		nos_buf_truncate(&c->text, 0);
		return err->code == NOS_TAG
			   ? nos_err_set(err, NOS_DATA, "input: it was changed, or is cut off")
			   : err->code;
	}
	c->n++;
	nos_buf_drop(&c->sealed, sealed.len + NOS_AEAD_TAG_LEN);
	return NOS_OK;
}

enum nos_code nos_crate_look(struct nos_crate *c, struct nos_err *err)
{
	return c->n ? NOS_OK : get_chunk(c, err);
}

/* What is there of the chunk in hand, at least one byte, at most so many. */
static enum nos_code next_bytes(
    struct nos_crate *c, size_t most, struct nos_span *ret, struct nos_err *err)
{
	while (c->taken == c->text.len)
		if (get_chunk(c, err))
			return err->code;
	*ret = (struct nos_span){ nos_buf_span(&c->text).p + c->taken, c->text.len - c->taken };
	if (ret->len > most)
		ret->len = most;
	c->taken += ret->len;
	return NOS_OK;
}

enum nos_code nos_crate_take_num(struct nos_crate *c, uint64_t *ret, struct nos_err *err)
{
	uint8_t text[NOS_ENC_LEB128_MAX];
	struct nos_span number = { text, 0 }, byte = { 0 };

	do {
		if (number.len == sizeof(text))
			return nos_err_set(err, NOS_DATA, "input: a number is too long");
		if (next_bytes(c, 1, &byte, err))
			return err->code;
		text[number.len++] = *byte.p;
	} while (*byte.p & 0x80);
	return nos_enc_leb128_decode(&number, ret)
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "input: a number is none");
}

enum nos_code nos_crate_take(struct nos_crate *c, struct nos_buf *ret, struct nos_err *err)
{
	uint64_t left;

	if (nos_crate_take_num(c, &left, err))
		return err->code;
	while (left) {
		struct nos_span part = { 0 };

		if (next_bytes(c, left < SIZE_MAX ? (size_t)left : SIZE_MAX, &part, err))
			return err->code;
		nos_buf_add(ret, part.p, part.len);
		if (ret->fail)
			return nos_buf_check(ret, "input: a value", err);
		left -= part.len;
	}
	return NOS_OK;
}

enum nos_code nos_crate_end(struct nos_crate *c, struct nos_err *err)
{
	while (c->taken == c->text.len && !c->last)
		if (get_chunk(c, err))
			return err->code;
	if (c->taken == c->text.len)
		return NOS_OK;
	return nos_err_set(err, NOS_DATA, "input: more follows where it should end");
}
