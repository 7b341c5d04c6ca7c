/* SPDX-License-Identifier: MIT */
#include "audit/audit_chain.h"

#include <inttypes.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "audit/audit.h"

#define PAGE 1000 /* entries asked for at once */

void nos_audit_chain_release(struct nos_audit_chain *c)
{
	nos_scan_release(&c->scan);
}

/* what: how an error calls the entry. */
static enum nos_code read_link(struct nos_scan *scan, const char *what, uint64_t position,
    struct nos_span entry, struct nos_audit_link *ret, struct nos_err *err)
{
	const struct nos_str text = { (const char *)entry.p, entry.len };
	struct nos_decode d;

	ret->position = position;
	if (nos_decode_object(scan, text, what, &d, err))
		return err->code == NOS_LARGE ? (err->code = NOS_DATA) : err->code;
	if (nos_decode_uint(&d, "n", 1, NOS_NUM_SAFE - 1, &ret->n, err) ||
	    nos_decode_bytes(&d, "prev", ret->prev, sizeof(ret->prev), err))
		return nos_err_within(err, "%s", what);
	return nos_hash_sha256(&entry, 1, ret->hash, err);
}

static enum nos_code take_link(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_audit_chain *c = state;

	return read_link(&c->scan, "an audit entry", position, entry, &c->at, err);
}

enum nos_code nos_audit_chain_look_up(
    struct nos_store *store, uint64_t position, struct nos_audit_chain *c, struct nos_err *err)
{
	c->at = (struct nos_audit_link){ 0 };
	if (nos_store_read(store, NOS_AUDIT_STREAM, position - 1, 1, take_link, c, err))
		return err->code;
	return c->at.n ? NOS_OK : nos_err_set(err, NOS_DATA, "the newest audit entry is gone");
}

/* Before the first entry where none was ever appended. */
static enum nos_code newest(struct nos_store *store, struct nos_audit_chain *c, struct nos_err *err)
{
	uint64_t first, last;

	if (nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, err))
		return err->code;
	return last ? nos_audit_chain_look_up(store, last, c, err) : NOS_OK;
}

static enum nos_code not_signed_so(const struct nos_audit_head *head, struct nos_err *err)
{
	return nos_err_set(
	    err, NOS_DATA, "entry %" PRIu64 ": is another than the one that was signed", head->n);
}

static enum nos_code step(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_audit_chain *c = state;
	const uint64_t n = c->at.n + 1;
	struct nos_audit_link next = { 0 };
	char what[32];

	snprintf(what, sizeof(what), "entry %" PRIu64, n);
	if (read_link(&c->scan, what, position, entry, &next, err))
		return err->code;
	if (next.n != n)
		return nos_err_set(err, NOS_DATA,
		    "%s: the one in its place has the number %" PRIu64, what, next.n);
	if (memcmp(next.prev, c->at.hash, NOS_HASH_LEN) != 0)
		return nos_err_set(
		    err, NOS_DATA, "%s: its prev is not the hash of what stands before it", what);
	if (n == c->head->n && memcmp(next.hash, c->head->hash, NOS_HASH_LEN) != 0)
		return not_signed_so(c->head, err);
	c->at = next;
	return NOS_OK;
}

enum nos_code nos_audit_chain_follow(
    struct nos_store *store, struct nos_audit_chain *c, struct nos_err *err)
{
	uint64_t first, last, before;

	/* Asked before the entries are read: others may append meanwhile. */
	if (nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, err))
		return err->code;
	do {
		before = c->at.position;
		if (nos_store_read(store, NOS_AUDIT_STREAM, before, PAGE, step, c, err))
			return err->code;
	} while (c->at.position != before);
	if (c->at.n < c->head->n)
		return nos_err_set(err, NOS_DATA,
		    "entry %" PRIu64 ": is gone, and the signed head is of entry %" PRIu64,
		    c->at.n + 1, c->head->n);
	return c->at.position >= last ? NOS_OK
				      : nos_err_set(err, NOS_DATA,
					    "entry %" PRIu64 ": is gone, at the end", c->at.n + 1);
}

/* Positions may have gaps and numbers have none: an entry so many numbers before another one is at
 * least as many positions before it. */
enum nos_code nos_audit_chain_seek(
    struct nos_store *store, struct nos_audit_chain *c, struct nos_err *err)
{
	const uint64_t n = c->head->n;
	uint64_t position;

	if (!n)
		return NOS_OK;
	if (newest(store, c, err))
		return err->code;
	for (position = c->at.position; c->at.n > n && position > c->at.n - n;) {
		position -= c->at.n - n;
		if (nos_audit_chain_look_up(store, position, c, err))
			return err->code;
	}
	if (c->at.n != n)
		return nos_err_set(err, NOS_DATA, "entry %" PRIu64 ": is gone, and was signed", n);
	return memcmp(c->at.hash, c->head->hash, NOS_HASH_LEN) ? not_signed_so(c->head, err)
							       : NOS_OK;
}
