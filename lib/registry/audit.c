/* SPDX-License-Identifier: MIT */
#include "registry/audit.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	   1
#define HEAD	   NOS_STR("audit")
#define HEAD_MAX   1024 /* bytes */
#define PAGE	   1000 /* entries asked for at once */
#define PASSWD_MAX 4096 /* bytes of a user's line */
#define TRIES	   1000 /* each time another got in, so that all get in */

/* An entry, as far as it holds the chain together. */
struct link {
	uint64_t n, position; /* 0: there is none */
	uint8_t prev[NOS_HASH_LEN], hash[NOS_HASH_LEN];
};

/* What means nothing is bad input to who follows the chain, however large it is. */
static enum nos_code meaningless(struct nos_err *err)
{
	return err->code == NOS_LARGE ? (err->code = NOS_DATA) : err->code;
}

/* what: how an error calls the entry. */
static enum nos_code read_link(struct nos_scan *scan, const char *what, uint64_t position,
    struct nos_span entry, struct link *ret, struct nos_err *err)
{
	const struct nos_str text = { (const char *)entry.p, entry.len };
	struct nos_decode d;

	ret->position = position;
	if (nos_decode_object(scan, text, what, &d, err))
		return meaningless(err);
	if (nos_decode_uint(&d, "n", 1, NOS_NUM_SAFE - 1, &ret->n, err) ||
	    nos_decode_bytes(&d, "prev", ret->prev, sizeof(ret->prev), err))
		return nos_err_within(err, "%s", what);
	return nos_hash_sha256(&entry, 1, ret->hash, err);
}

/* Where a walk stands: at the entry that is link, before the first one where that is all zero. */
struct walk {
	const struct nos_audit_head *head;
	struct link at;
	struct nos_scan scan;
};

static enum nos_code take_link(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct walk *w = state;

	return read_link(&w->scan, "an audit entry", position, entry, &w->at, err);
}

/* Stand at the first entry at position or behind it. NOS_DATA: there is none, or it means nothing.
 */
static enum nos_code look_up(
    struct nos_store *store, uint64_t position, struct walk *w, struct nos_err *err)
{
	w->at = (struct link){ 0 };
	if (nos_store_read(store, NOS_AUDIT_STREAM, position - 1, 1, take_link, w, err))
		return err->code;
	return w->at.n ? NOS_OK : nos_err_set(err, NOS_DATA, "the newest audit entry is gone");
}

/* Before the first entry where none was ever appended. */
static enum nos_code newest(struct nos_store *store, struct walk *w, struct nos_err *err)
{
	uint64_t first, last;

	if (nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, err))
		return err->code;
	return last ? look_up(store, last, w, err) : NOS_OK;
}

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
	struct walk w = { 0 };
	uint64_t first, last;

	if (!nos_store_claim(a->store, NOS_AUDIT_STREAM, &first, &last, err) &&
	    (!last || !look_up(a->store, last, &w, err))) {
		a->n = w.at.n;
		a->position = w.at.position;
		memcpy(a->hash, w.at.hash, sizeof(a->hash));
		a->known = true;
	}
	nos_scan_release(&w.scan);
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

/* ---- the head ---- */

static void encode_head(struct nos_buf *b, const struct nos_audit_head *h)
{
	nos_encode_member_uint(b, "n", h->n);
	nos_encode_member_time(b, "time", h->time);
	nos_encode_member_bytes(b, "hash", h->hash, sizeof(h->hash));
	nos_encode_member_bytes(b, "signature", h->signature, sizeof(h->signature));
	nos_buf_add_char(b, '}');
}

void nos_audit_head_encode(struct nos_buf *b, uint64_t node, const struct nos_audit_head *h)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "node", node);
	encode_head(b, h);
}

static enum nos_code put_head(
    struct nos_store *store, const struct nos_audit_head *h, uint64_t rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, HEAD_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	encode_head(&text, h);
	if (nos_buf_check(&text, "audit head", err))
		return err->code;
	if (nos_store_put(store, NOS_SELF_NS, HEAD, nos_buf_str(&text), rev, &rev, err) !=
	    NOS_EXISTS)
		return err->code;
	return nos_err_set(err, NOS_BUSY, "the audit stream is signed by another, try again");
}

/* n 0, and revision NOS_STORE_NEW, where there is none. */
static enum nos_code get_head(
    struct nos_store *store, struct nos_audit_head *ret, uint64_t *ret_rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	*ret = (struct nos_audit_head){ 0 };
	*ret_rev = NOS_STORE_NEW;
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_SELF_NS, HEAD, &text, ret_rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (!err->code && !nos_decode_object(&scan, nos_buf_str(&text), "audit head", &d, err) &&
	    !nos_decode_version(&d, VERSION, "audit head", err) &&
	    (nos_decode_uint(&d, "n", 1, NOS_NUM_SAFE - 1, &ret->n, err) ||
		nos_decode_time(&d, "time", &ret->time, err) ||
		nos_decode_bytes(&d, "hash", ret->hash, sizeof(ret->hash), err) ||
		nos_decode_bytes(&d, "signature", ret->signature, sizeof(ret->signature), err)))
		nos_err_within(err, "audit head");
	nos_scan_release(&scan);
	return meaningless(err);
}

static void signed_text(struct nos_buf *b, uint64_t node, const struct nos_audit_head *h)
{
	nos_buf_init(b, 128);
	nos_buf_add_text(b, "nos/1 audit");
	nos_enc_add_leb128(b, node);
	nos_enc_add_leb128(b, h->n);
	nos_buf_add(b, h->hash, sizeof(h->hash));
}

/* *ret: is the head signed by one of these keys? NOS_INTERNAL alone. */
static enum nos_code look_at_signature(uint64_t node, const struct nos_audit_head *h,
    const uint8_t (*keys)[NOS_SIGN_PUBLIC_LEN], size_t count, bool *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	*ret = false;
	signed_text(&text, node, h);
	if (nos_buf_check(&text, "audit head", err))
		return err->code;
	for (size_t i = 0; !*ret && i < count; i++) {
		*ret = !nos_sign_verify(keys[i], nos_buf_span(&text), h->signature, err);
		if (err->code && err->code != NOS_TAG)
			return err->code;
		nos_err_clear(err);
	}
	return NOS_OK;
}

/* ---- following the chain ---- */

static enum nos_code not_signed_so(const struct nos_audit_head *head, struct nos_err *err)
{
	return nos_err_set(
	    err, NOS_DATA, "entry %" PRIu64 ": is another than the one that was signed", head->n);
}

static enum nos_code step(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct walk *w = state;
	const uint64_t n = w->at.n + 1;
	struct link next = { 0 };
	char what[32];

	snprintf(what, sizeof(what), "entry %" PRIu64, n);
	if (read_link(&w->scan, what, position, entry, &next, err))
		return err->code;
	if (next.n != n)
		return nos_err_set(err, NOS_DATA,
		    "%s: the one in its place has the number %" PRIu64, what, next.n);
	if (memcmp(next.prev, w->at.hash, NOS_HASH_LEN) != 0)
		return nos_err_set(
		    err, NOS_DATA, "%s: its prev is not the hash of what stands before it", what);
	if (n == w->head->n && memcmp(next.hash, w->head->hash, NOS_HASH_LEN) != 0)
		return not_signed_so(w->head, err);
	w->at = next;
	return NOS_OK;
}

/* From where *w stands to the end. */
static enum nos_code walk(struct nos_store *store, struct walk *w, struct nos_err *err)
{
	uint64_t first, last, before;

	/* Asked before the entries are read: others may append meanwhile. */
	if (nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, err))
		return err->code;
	do {
		before = w->at.position;
		if (nos_store_read(store, NOS_AUDIT_STREAM, before, PAGE, step, w, err))
			return err->code;
	} while (w->at.position != before);
	if (w->at.n < w->head->n)
		return nos_err_set(err, NOS_DATA,
		    "entry %" PRIu64 ": is gone, and the signed head is of entry %" PRIu64,
		    w->at.n + 1, w->head->n);
	return w->at.position >= last ? NOS_OK
				      : nos_err_set(err, NOS_DATA,
					    "entry %" PRIu64 ": is gone, at the end", w->at.n + 1);
}

/*
 * Stand at the entry of the head, without going through those before it. Positions may have gaps
 * and numbers have none: an entry so many numbers before another one is at least as many positions
 * before it.
 */
static enum nos_code seek(struct nos_store *store, struct walk *w, struct nos_err *err)
{
	const uint64_t n = w->head->n;
	uint64_t position;

	if (!n)
		return NOS_OK;
	if (newest(store, w, err))
		return err->code;
	for (position = w->at.position; w->at.n > n && position > w->at.n - n;) {
		position -= w->at.n - n;
		if (look_up(store, position, w, err))
			return err->code;
	}
	if (w->at.n != n)
		return nos_err_set(err, NOS_DATA, "entry %" PRIu64 ": is gone, and was signed", n);
	return memcmp(w->at.hash, w->head->hash, NOS_HASH_LEN) ? not_signed_so(w->head, err)
							       : NOS_OK;
}

static enum nos_code make_head(const struct nos_self *self, const struct link *at,
    struct nos_time now, struct nos_audit_head *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	*ret = (struct nos_audit_head){ .n = at->n, .time = now };
	memcpy(ret->hash, at->hash, sizeof(ret->hash));
	signed_text(&text, self->number, ret);
	if (nos_buf_check(&text, "audit head", err))
		return err->code;
	return nos_sign_make(&self->sign, nos_buf_span(&text), ret->signature, err);
}

enum nos_code nos_audit_sign(struct nos_store *store, const struct nos_self *self,
    struct nos_time now, struct nos_audit_head *ret, bool *ret_signed, struct nos_err *err)
{
	struct nos_audit_head head, next;
	struct walk w = { .head = &head };
	bool is_ours;
	uint64_t rev;

	*ret_signed = false;
	if (!get_head(store, &head, &rev, err) && !seek(store, &w, err))
		(void)!walk(store, &w, err);
	nos_scan_release(&w.scan);
	if (err->code ||
	    look_at_signature(self->number, &head, &self->sign_public, 1, &is_ours, err))
		return err->code;
	if (!w.at.n || (w.at.n == head.n && is_ours)) {
		*ret = head;
		return NOS_OK;
	}
	if (make_head(self, &w.at, now, &next, err) || put_head(store, &next, rev, err))
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
	struct walk w = { .head = &head };
	bool is_signed = false;
	uint64_t rev;

	if (!get_head(store, &head, &rev, err))
		(void)!walk(store, &w, err);
	nos_scan_release(&w.scan);
	if (err->code ||
	    (sign_public && look_at_signature(node, &head, sign_public, count, &is_signed, err)))
		return err->code;
	if (sign_public && head.n && !is_signed)
		return nos_err_set(
		    err, NOS_DATA, "the signed head: its signature is none of this node's");
	*ret = (struct nos_audit_verdict){ .entries = w.at.n,
		.has_head = head.n,
		.is_signed = is_signed,
		.signed_n = head.n,
		.signed_time = head.time };
	memcpy(ret->hash, w.at.hash, sizeof(ret->hash));
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
