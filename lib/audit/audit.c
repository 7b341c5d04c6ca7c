/* SPDX-License-Identifier: MIT */
#include "audit/audit.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "json/decode.h"
#include "json/encode.h"
#include "audit/audit_chain.h"

#define PAGE	   1000 /* entries asked for at once */
#define PASSWD_MAX 4096 /* bytes of a user's line */
#define TRIES	   1000 /* each time another got in, so that all get in */

/* ---- writing ---- */

void nos_audit_init(struct nos_audit *a, struct nos_store *store, const char *tool, bool with_user)
{
	const uid_t uid = getuid();
	struct passwd space, *user = NULL;
	char text[PASSWD_MAX];

	*a = (struct nos_audit){ .store = store };
	if (!with_user)
		snprintf(a->by, sizeof(a->by), "%s", tool);
	else if (getpwuid_r(uid, &space, text, sizeof(text), &user) == 0 && user)
		snprintf(a->by, sizeof(a->by), "%s %s", tool, user->pw_name);
	else
		snprintf(a->by, sizeof(a->by), "%s %" PRIu64, tool, (uint64_t)uid);
}

void nos_audit_begin(struct nos_audit *a)
{
	a->known = false;
	a->groups++;
}

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	if (text)
		nos_encode_member_text(b, name, nos_str_of(text));
}

static void encode(struct nos_buf *b, const struct nos_audit *a, struct nos_time now,
    const struct nos_audit_event *e)
{
	static const char *const whats[] = {
#define X(name, text) [NOS_AUDIT_##name] = text,
		NOS_AUDIT_MAP(X)
#undef X
	};

	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "n", a->n + 1);
	nos_encode_member_time(b, "time", now);
	member_text(b, "what", whats[e->what]);
	member_text(b, "source", e->source);
	member_text(b, "key", e->key);
	member_text(b, "from", e->from);
	member_text(b, "to", e->to);
	member_text(b, "by", a->by);
	member_text(b, "reason", e->reason);
	nos_encode_member_bytes(b, "prev", a->hash, sizeof(a->hash));
	nos_buf_add_char(b, '}');
}

static enum nos_code know(struct nos_audit *a, struct nos_err *err)
{
	NOS_AUTO(audit_chain) c = { 0 };
	uint64_t first, last;

	if (!nos_store_claim(a->store, NOS_AUDIT_STREAM, &first, &last, err) &&
	    (!last || !nos_audit_chain_look_up(a->store, last, &c, err))) {
		a->n = c.at.n;
		a->position = c.at.position;
		memcpy(a->hash, c.at.hash, sizeof(a->hash));
		a->known = true;
	}
	return nos_store_damaged(err);
}

static enum nos_code append(
    struct nos_audit *a, struct nos_time now, const struct nos_audit_event *e, struct nos_err *err)
{
	uint8_t hash[NOS_HASH_LEN];
	NOS_AUTO(buf) text = { 0 };
	struct nos_span bytes;

	nos_buf_init(&text, NOS_AUDIT_ENTRY_MAX);
	encode(&text, a, now, e);
	if (nos_buf_check(&text, "audit entry", err))
		return err->code;
	bytes = nos_buf_span(&text);
	if (nos_hash_sha256(&bytes, 1, hash, err) ||
	    nos_store_append_behind(a->store, NOS_AUDIT_STREAM, now, bytes, a->position, err))
		return err->code;
	a->n++;
	a->position++;
	memcpy(a->hash, hash, sizeof(a->hash));
	return NOS_OK;
}

/* What it tells of is done, and is not to be without its entry since another came between. */
enum nos_code nos_audit_append(
    struct nos_audit *a, struct nos_time now, const struct nos_audit_event *e, struct nos_err *err)
{
	for (int i = 0; i < TRIES; i++) {
		if (!a->known && know(a, err))
			return err->code;
		if (append(a, now, e, err) != NOS_EXISTS)
			return err->code;
		nos_err_clear(err);
		a->known = false;
	}
	return nos_err_set(err, NOS_BUSY, "others write the audit stream each time");
}

/* ---- the signed head ---- */

enum nos_code nos_audit_sign(struct nos_store *store, const struct nos_self *self,
    struct nos_time now, struct nos_audit_head *ret, bool *ret_signed, struct nos_err *err)
{
	struct nos_audit_head head, next;
	NOS_AUTO(audit_chain) c = { .head = &head };
	bool is_ours;
	uint64_t rev;

	*ret_signed = false;
	if (nos_audit_head_get(store, &head, &rev, err) || nos_audit_chain_seek(store, &c, err) ||
	    nos_audit_chain_follow(store, &c, err) ||
	    nos_audit_head_is_signed(&head, self->number, &self->sign_public, 1, &is_ours, err))
		return err->code;
	if (!c.at.n || (c.at.n == head.n && is_ours)) {
		*ret = head;
		return NOS_OK;
	}
	if (nos_audit_head_make(self, c.at.n, c.at.hash, now, &next, err) ||
	    nos_audit_head_put(store, &next, rev, err))
		return err->code;
	*ret = next;
	*ret_signed = true;
	return NOS_OK;
}

enum nos_code nos_audit_verify(struct nos_store *store, uint64_t node,
    const uint8_t (*sign_public)[NOS_SIGN_PUBLIC_LEN], size_t count, struct nos_audit_verdict *ret,
    struct nos_err *err)
{
	struct nos_audit_head head;
	NOS_AUTO(audit_chain) c = { .head = &head };
	bool is_signed = false;
	uint64_t rev;

	if (nos_audit_head_get(store, &head, &rev, err) || nos_audit_chain_follow(store, &c, err) ||
	    (sign_public &&
		nos_audit_head_is_signed(&head, node, sign_public, count, &is_signed, err)))
		return err->code;
	if (sign_public && head.n && !is_signed)
		return nos_err_set(
		    err, NOS_DATA, "the signed head: its signature is none of this node's");
	*ret = (struct nos_audit_verdict){ .entries = c.at.n,
		.has_head = head.n,
		.is_signed = is_signed,
		.signed_n = head.n,
		.signed_time = head.time };
	memcpy(ret->hash, c.at.hash, sizeof(ret->hash));
	return NOS_OK;
}

/* ---- reading ---- */

struct reader {
	struct nos_time since;
	const char *source;
	nos_audit_each *each;
	void *state;
	uint64_t position; /* of the last entry that was read */
	struct nos_scan scan;
};

static enum nos_code take_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct reader *r = state;
	const struct nos_str text = { (const char *)entry.p, entry.len };
	const struct nos_scan_value *of;
	struct nos_decode d;
	struct nos_time time;

	r->position = position;
	if (nos_decode_object(&r->scan, text, "store: audit entry", &d, err) ||
	    nos_decode_time(&d, "time", &time, err))
		return nos_store_damaged(err);
	of = nos_scan_get(d.scan, d.object, "source");
	if (time.ms < r->since.ms || (r->source && (!of || !nos_str_is(of->raw, r->source))))
		return NOS_OK;
	return r->each(r->state, text, err);
}

enum nos_code nos_audit_scan(struct nos_store *store, struct nos_time since, const char *source,
    nos_audit_each *each, void *state, struct nos_err *err)
{
	struct reader r = { .since = since, .source = source, .each = each, .state = state };
	uint64_t before;

	do
		before = r.position;
	while (!nos_store_read(store, NOS_AUDIT_STREAM, before, PAGE, take_entry, &r, err) &&
	       r.position != before);
	nos_scan_release(&r.scan);
	return err->code;
}

static enum nos_code take_time(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	const struct nos_str text = { (const char *)entry.p, entry.len };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	(void)position;
	if (!nos_decode_object(&scan, text, "store: audit entry", &d, err))
		(void)!nos_decode_time(&d, "time", state, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_audit_ahead(
    struct nos_store *store, struct nos_time now, uint64_t *ret, struct nos_err *err)
{
	struct nos_time newest = now;
	uint64_t first, last;

	*ret = 0;
	if (nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, err) ||
	    (last && nos_store_read(store, NOS_AUDIT_STREAM, last - 1, 1, take_time, &newest, err)))
		return err->code;
	*ret = newest.ms > now.ms ? (uint64_t)(newest.ms - now.ms) : 0;
	return NOS_OK;
}
