/* SPDX-License-Identifier: MIT */
#include "source/ring.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

void nos_ring_init(struct nos_ring *r)
{
	*r = (struct nos_ring){ .lock = -1 };
}

void nos_ring_release(struct nos_ring *r)
{
	if (r->lock >= 0)
		close(r->lock);
	nos_keyring_release(&r->k);
	nos_ring_init(r);
}

/* A lock file is not left behind where no keyring is. */
static enum nos_code lock(
    struct nos_ring *r, const char *path, uint64_t wait_ms, struct nos_err *err)
{
	char name[PATH_MAX];

	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return nos_err_set(
		    err, NOS_ABSENT, "no keyring '%s': nos-register makes one", path);
	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name))
		return nos_err_set(err, NOS_USAGE, "the keyring's path is too long");
	return nos_file_lock(name, wait_ms, &r->lock, err);
}

enum nos_code nos_ring_read(const char *path, struct nos_keyring *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err))
		return err->code == NOS_LARGE ? (err->code = NOS_CONFIG) : err->code;
	if (nos_keyring_decode(nos_buf_str(&text), ret, err)) {
		nos_err_within(err, "%s", path);
		return err->code == NOS_INTERNAL ? err->code : (err->code = NOS_CONFIG);
	}
	return NOS_OK;
}

enum nos_code nos_ring_open(
    struct nos_ring *r, const char *path, uint64_t wait_ms, struct nos_err *err)
{
	if (lock(r, path, wait_ms, err))
		return err->code;
	nos_file_sweep(path);
	if (nos_ring_read(path, &r->k, err))
		return err->code;
	if (!nos_keyring_active(&r->k))
		return nos_err_set(err, NOS_CONFIG, "%s: it holds no active key", path);
	r->path = path;
	r->next = r->reserved = r->k.next;
	return NOS_OK;
}

enum nos_code nos_ring_write(
    const char *path, const struct nos_keyring *k, bool replace, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	nos_keyring_encode(&text, k);
	if (nos_buf_check(&text, "keyring", err))
		return err->code;
	return replace ? nos_file_replace(path, nos_buf_span(&text), err)
		       : nos_file_create(path, nos_buf_span(&text), err);
}

static enum nos_code save(struct nos_ring *r, uint64_t next, struct nos_err *err)
{
	r->k.next = next;
	if (nos_ring_write(r->path, &r->k, true, err))
		return err->code;
	r->reserved = next;
	return NOS_OK;
}

enum nos_code nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err)
{
	if (r->next >= NOS_NUM_SAFE - NOS_RING_BLOCK)
		return nos_err_set(
		    err, NOS_INTERNAL, "%s: no sequence number is left: register anew", r->path);
	if (r->next >= r->reserved && save(r, r->next + NOS_RING_BLOCK, err))
		return err->code;
	*ret_seq = r->next++;
	return NOS_OK;
}

void nos_ring_back(struct nos_ring *r, uint64_t seq)
{
	if (seq + 1 == r->next)
		r->next = seq;
}

void nos_ring_skip(struct nos_ring *r, uint64_t next)
{
	if (next > r->next)
		r->next = next;
}

enum nos_code nos_ring_keep(struct nos_ring *r, struct nos_err *err)
{
	return save(r, r->next > r->reserved ? r->next : r->reserved, err);
}

enum nos_code nos_ring_close(struct nos_ring *r, struct nos_err *err)
{
	return r->next == r->reserved ? NOS_OK : save(r, r->next, err);
}
