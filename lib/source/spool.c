/* SPDX-License-Identifier: MIT */
#include "source/spool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	   1
#define DIGITS	   20
#define SUFFIX	   ".jwe"
#define ASIDE	   ".bad"
#define HEAD_MAX   1024 /* bytes of a head */
#define NUMBER_MAX (NOS_NUM_SAFE - 1)

void nos_spool_init(struct nos_spool *s)
{
	*s = (struct nos_spool){ 0 };
	nos_buf_init_secret(&s->plain, NOS_PACK_MAX);
}

void nos_spool_release(struct nos_spool *s)
{
	explicit_bzero(s->keys, sizeof(s->keys));
	nos_buf_release(&s->plain);
	free(s->entries);
	nos_spool_init(s);
}

/* ---- what waits ---- */

static enum nos_code add_entry(
    struct nos_spool *s, uint64_t number, uint64_t bytes, struct nos_err *err)
{
	size_t more = s->cap ? s->cap * 2 : 64;
	void *grown;

	if (s->first + s->count == s->cap) {
		grown = reallocarray(s->entries, more, sizeof(*s->entries));
		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		s->entries = grown;
		s->cap = more;
	}
	s->entries[s->first + s->count++] = (struct nos_spool_entry){ number, bytes };
	s->bytes += bytes;
	return NOS_OK;
}

/* The oldest waits no more. */
static void forget(struct nos_spool *s)
{
	s->bytes -= s->entries[s->first].bytes;
	s->first++;
	s->count--;
	if (!s->count)
		s->first = 0;
}

static enum nos_code path_of(
    const struct nos_spool *s, uint64_t number, char ret[static PATH_MAX], struct nos_err *err)
{
	if (snprintf(ret, PATH_MAX, "%s/%0*" PRIu64 SUFFIX, s->folder, DIGITS, number) >= PATH_MAX)
		return nos_err_set(err, NOS_USAGE, "the spool's path is too long");
	return NOS_OK;
}

/* A file of the folder, by its name; one that was moved aside keeps its number taken, and what was
 * left beside one is removed. */
static enum nos_code see(struct nos_spool *s, const char *name, struct nos_err *err)
{
	char path[PATH_MAX];
	uint64_t number = 0;
	struct stat st;
	size_t i = 0;

	while (name[i] >= '0' && name[i] <= '9' && i < DIGITS && number <= NUMBER_MAX)
		number = number * 10 + (uint64_t)(name[i++] - '0');
	if (i != DIGITS || !number || number > NUMBER_MAX ||
	    strncmp(name + i, SUFFIX, strlen(SUFFIX)) != 0)
		return NOS_OK;
	if (number > s->last)
		s->last = number;
	if (path_of(s, number, path, err))
		return err->code;
	if (strcmp(name + i, SUFFIX) != 0) {
		if (strcmp(name + i, SUFFIX ASIDE) != 0)
			nos_file_sweep(path);
		return NOS_OK;
	}
	if (lstat(path, &st) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "'%s'", path);
	return add_entry(s, number, (uint64_t)st.st_size, err);
}

static int by_number(const void *a, const void *b)
{
	const struct nos_spool_entry *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static enum nos_code look(struct nos_spool *s, struct nos_err *err)
{
	DIR *dir = opendir(s->folder);
	const struct dirent *entry;

	if (!dir)
		return nos_err_set_errno(
		    err, errno == EACCES ? NOS_DENIED : NOS_IO, errno, "'%s'", s->folder);
	while (!err->code && (entry = readdir(dir)))
		(void)!see(s, entry->d_name, err);
	closedir(dir);
	if (s->count)
		qsort(s->entries, s->count, sizeof(*s->entries), by_number);
	return err->code;
}

static enum nos_code add_key(
    struct nos_spool *s, uint64_t z, const struct nos_secret *key, struct nos_err *err)
{
	const struct nos_name name = { .kind = 'z', .count = 1, .parts = { z } };
	struct nos_spool_key *k = &s->keys[s->key_count++];

	nos_name_format(&name, k->kid);
	return nos_pack_keys_make(
	    key, key, nos_str_of(k->kid), nos_str_of(s->source), &k->keys, err);
}

enum nos_code nos_spool_rekey(struct nos_spool *s, const struct nos_keyring *k, struct nos_err *err)
{
	NOS_AUTO(secret) key = { 0 };

	if (s->z == k->z)
		return NOS_OK;
	s->key_count = 0;
	if (nos_derive_static(&k->z_key, NOS_DERIVE_SPOOL, &key, err) ||
	    add_key(s, k->z, &key, err))
		return err->code;
	for (size_t i = 0; i < k->older_count; i++)
		if (add_key(s, k->older[i].z, &k->older[i].spool, err))
			return err->code;
	s->z = k->z;
	return NOS_OK;
}

enum nos_code nos_spool_open(struct nos_spool *s, const char *dir, const struct nos_keyring *k,
    uint64_t max_bytes, struct nos_err *err)
{
	s->max_bytes = max_bytes;
	snprintf(s->source, sizeof(s->source), "%s", k->source);
	if (snprintf(s->folder, sizeof(s->folder), "%s/%s", dir, k->source) >=
	    (int)sizeof(s->folder))
		return nos_err_set(err, NOS_USAGE, "the spool's path is too long");
	if (nos_spool_rekey(s, k, err) || nos_file_folder(s->folder, err))
		return err->code;
	return look(s, err);
}

/* ---- a file ---- */

static void encode(struct nos_buf *b, const struct nos_send_pack *p)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_text(b, "cty", NOS_STR(NOS_SEND_CTY));
	nos_encode_member_uint(b, "readings", p->readings);
	if (p->seq) {
		nos_encode_member_uint(b, "seq", p->seq);
		if (*p->url)
			nos_encode_member_text(b, "url", nos_str_of(p->url));
		if (*p->url && p->node) {
			nos_encode_member_uint(b, "node", p->node);
			nos_encode_member_bytes(b, "pin", p->thumbprint, sizeof(p->thumbprint));
		}
	}
	nos_buf_add_text(b, "}\n");
	nos_buf_add_str(b, p->text);
}

static enum nos_code seal(const struct nos_spool *s, uint64_t number, const struct nos_send_pack *p,
    struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_pack pack = { .kid = nos_str_of(s->keys[0].kid),
		.source = nos_str_of(s->source),
		.cty = NOS_STR("application/nos-spool"),
		.seq = number };
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, p->text.len + HEAD_MAX);
	encode(&plain, p);
	if (nos_buf_check(&plain, "pack", err))
		return err->code;
	return nos_pack_seal(&s->keys[0].keys, &pack, nos_buf_span(&plain), ret, err);
}

enum nos_code nos_spool_add(struct nos_spool *s, const struct nos_send_pack *p, struct nos_err *err)
{
	uint64_t number = s->last + 1;
	char path[PATH_MAX];
	NOS_AUTO(buf) jwe = { 0 };

	nos_buf_init(&jwe, NOS_PACK_MAX + 1);
	if (path_of(s, number, path, err) || seal(s, number, p, &jwe, err))
		return err->code;
	if (s->bytes + jwe.len > s->max_bytes)
		return nos_err_set(err, NOS_BUSY, "the spool '%s' is full: over %" PRIu64 " bytes",
		    s->folder, s->max_bytes);
	if (nos_file_create(path, nos_buf_span(&jwe), err))
		return err->code;
	s->last = number;
	return add_entry(s, number, jwe.len, err);
}

/* Another node that it may have arrived at. */
static enum nos_code decode_node(
    const struct nos_decode *d, struct nos_send_pack *ret, struct nos_err *err)
{
	if (!nos_decode_has(d, "node"))
		return NOS_OK;
	return nos_decode_uint(d, "node", 1, NOS_NUM_SAFE, &ret->node, err)
		   ? err->code
		   : nos_decode_bytes(d, "pin", ret->thumbprint, sizeof(ret->thumbprint), err);
}

static enum nos_code decode_head(
    struct nos_str head, struct nos_send_pack *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	uint64_t readings = 0;
	struct nos_decode d;
	struct nos_str cty;

	if (!nos_decode_object(&scan, head, "head", &d, err) &&
	    !nos_decode_version(&d, VERSION, "head", err) &&
	    !nos_decode_text(&d, "cty", &cty, err) &&
	    !nos_decode_uint(&d, "readings", 1, NOS_PACK_READINGS_MAX, &readings, err) &&
	    nos_decode_has(&d, "seq") &&
	    !nos_decode_uint(&d, "seq", 1, NOS_NUM_SAFE - 1, &ret->seq, err) &&
	    !nos_decode_copy(&d, "url", true, ret->url, sizeof(ret->url), err))
		(void)!decode_node(&d, ret, err);
	if (!err->code && !nos_str_is(cty, NOS_SEND_CTY))
		nos_err_set(err, NOS_DATA, "head: not a form that nos-send sends");
	nos_scan_release(&scan);
	ret->readings = (size_t)readings;
	ret->sent = *ret->url != '\0';
	return err->code;
}

/*
 * Open it under the key of that name. There may be two: of a node that was restored from before a
 * renew, and then registered its source anew.
 */
static enum nos_code open_pack(
    struct nos_spool *s, const char *kid, struct nos_str jwe, struct nos_err *err)
{
	nos_err_set(err, NOS_DATA, "of another keyring, or renamed");
	for (size_t i = 0; err->code && err->code != NOS_INTERNAL && i < s->key_count; i++) {
		if (strcmp(kid, s->keys[i].kid) != 0)
			continue;
		nos_err_clear(err);
		nos_buf_truncate(&s->plain, 0);
		(void)!nos_pack_open(&s->keys[i].keys, jwe, &s->plain, err);
	}
	return err->code;
}

/* What is read of a file: header, seal, head. */
static enum nos_code open_file(struct nos_spool *s, uint64_t number, struct nos_str jwe,
    struct nos_send_pack *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_header h = { 0 };
	struct nos_str head;

	(void)!nos_header_read(jwe, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &h, err);
	nos_scan_release(&scan);
	if (err->code)
		return err->code;
	if (strcmp(h.source, s->source) != 0 || h.seq != number)
		return nos_err_set(err, NOS_DATA, "of another keyring, or renamed");
	if (open_pack(s, h.kid, jwe, err))
		return err->code;
	ret->text = nos_buf_str(&s->plain);
	nos_str_cut(&ret->text, '\n', &head);
	return decode_head(head, ret, err);
}

static enum nos_code move_aside(
    struct nos_spool *s, const char *path, const struct nos_err *why, struct nos_err *err)
{
	char aside[PATH_MAX + sizeof(ASIDE)];

	snprintf(aside, sizeof(aside), "%s" ASIDE, path);
	if (rename(path, aside) < 0)
		return nos_err_set_errno(err, NOS_IO, errno, "'%s'", path);
	forget(s);
	return nos_err_set(
	    err, NOS_DATA, "'%s' did not open (%s), moved to *" ASIDE, path, why->text);
}

enum nos_code nos_spool_oldest(struct nos_spool *s, struct nos_send_pack *ret, struct nos_err *err)
{
	const struct nos_spool_entry *entry = &s->entries[s->first];
	NOS_AUTO(buf) jwe = { 0 };
	struct nos_err why = { 0 };
	char path[PATH_MAX];

	*ret = (struct nos_send_pack){ 0 };
	nos_buf_truncate(&s->plain, 0);
	nos_buf_init(&jwe, NOS_PACK_MAX);
	if (path_of(s, entry->number, path, err))
		return err->code;
	if (nos_file_read(path, NOS_FILE_SECRET, &jwe, &why) && why.code != NOS_LARGE) {
		*err = why;
		return err->code;
	}
	if (!why.code)
		(void)!open_file(s, entry->number, nos_buf_str(&jwe), ret, &why);
	if (!why.code || why.code == NOS_INTERNAL) {
		*err = why;
		return err->code;
	}
	return move_aside(s, path, &why, err);
}

enum nos_code nos_spool_note(
    struct nos_spool *s, const struct nos_send_pack *p, struct nos_err *err)
{
	struct nos_spool_entry *entry = &s->entries[s->first];
	NOS_AUTO(buf) jwe = { 0 };
	char path[PATH_MAX];

	nos_buf_init(&jwe, NOS_PACK_MAX + 1);
	if (path_of(s, entry->number, path, err) || seal(s, entry->number, p, &jwe, err) ||
	    nos_file_replace(path, nos_buf_span(&jwe), err))
		return err->code;
	s->bytes += jwe.len - entry->bytes;
	entry->bytes = jwe.len;
	return NOS_OK;
}

enum nos_code nos_spool_drop(struct nos_spool *s, struct nos_err *err)
{
	char path[PATH_MAX];

	if (path_of(s, s->entries[s->first].number, path, err) || nos_file_remove(path, err))
		return err->code;
	forget(s);
	return NOS_OK;
}
