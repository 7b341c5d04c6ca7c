/* SPDX-License-Identifier: MIT */
#include "source/register.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "envelope/document.h"
#include "json/encode.h"
#include "scheme/holder.h"
#include "source/admission.h"
#include "source/answer.h"
#include "source/attempt.h"
#include "source/pending.h"
#include "source/ring.h"

#define ANSWER_MS 30000 /* longest wait for an answer */

/* A run from hand to hand. */
struct run {
	const struct nos_register *r;
	const struct nos_enrolment *e;
	char keyring[PATH_MAX]; /* empty: named after the source, which is not known yet */
	char pending_path[PATH_MAX];
	int lock;	 /* -1: none */
	bool is_pending; /* FILE.pending is there */
	struct nos_pending p;
	const char *urls[NOS_KEYRING_URLS_MAX];
	size_t url_count, url; /* url: the one that is asked */
	struct nos_attempt attempt;
	struct nos_mono until;
	struct nos_http_answer answer;
	struct nos_ecdh_point node; /* N */
	struct nos_keyring k;
};

static void drop(struct run *run)
{
	if (run->lock >= 0)
		close(run->lock);
	nos_pending_release(&run->p);
	nos_buf_release(&run->answer.body);
	nos_keyring_release(&run->k);
}

#define RUN __attribute__((cleanup(drop))) struct run

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* ---- what is on disk before ---- */

static enum nos_code name_files(struct run *run, struct nos_err *err)
{
	const struct nos_register *r = run->r;
	size_t size = sizeof(run->keyring);
	int k = 0, p;

	if (r->keyring) {
		k = snprintf(run->keyring, size, "%s", r->keyring);
		p = snprintf(run->pending_path, size, "%s.pending", r->keyring);
	} else {
		/* Where an old source gets new keys its name is known already. */
		if (*run->e->replaces)
			k = snprintf(run->keyring, size, "%s/%s.key", r->folder, run->e->replaces);
		p = snprintf(run->pending_path, size, "%s/%s.pending", r->folder, run->e->id);
	}
	if (k >= (int)size || p >= (int)size)
		return nos_err_set(err, NOS_USAGE, "the keyring's path is too long");
	return NOS_OK;
}

/* No nos-send may hold the keyring that is replaced, and no other nos-register make the same, or
 * be at work in the folder. What one that was killed left is removed. */
static enum nos_code lock_keyring(struct run *run, struct nos_err *err)
{
	const struct nos_register *r = run->r;
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s%s", r->keyring ? r->keyring : r->folder,
		r->keyring ? ".lock" : "/.lock") >= (int)sizeof(name))
		return nos_err_set(err, NOS_USAGE, "the keyring's path is too long");
	if (nos_file_lock(name, r->wait_ms, &run->lock, err))
		return err->code;
	nos_file_sweep(run->pending_path);
	if (r->keyring)
		nos_file_sweep(r->keyring);
	return NOS_OK;
}

static enum nos_code describe(const struct nos_register *r, struct nos_buf *b, struct nos_err *err)
{
	nos_buf_add_char(b, '{');
	if (r->name)
		nos_encode_member_text(b, "name", nos_str_of(r->name));
	nos_encode_member_text(b, "mode", nos_str_of(r->mode));
	if (r->type_count) {
		nos_encode_member(b, "types");
		nos_buf_add_char(b, '[');
		for (size_t i = 0; i < r->type_count; i++) {
			nos_encode_comma(b);
			nos_encode_text(b, nos_str_of(r->types[i]));
		}
		nos_buf_add_char(b, ']');
	}
	nos_buf_add_char(b, '}');
	return nos_buf_check(b, "description", err);
}

/* A registration that broke off goes on; with --replace one of other words begins anew. */
static enum nos_code find_pending(struct run *run, struct nos_err *err)
{
	const struct nos_register *r = run->r;
	NOS_AUTO(buf) description = { 0 };
	bool same, goes_on;

	if (!is_there(run->pending_path))
		return NOS_OK;
	if (nos_pending_read(run->pending_path, &run->p, err))
		return err->code;
	nos_buf_init(&description, NOS_PENDING_DESCRIPTION_MAX);
	if (describe(r, &description, err))
		return err->code;
	same = nos_str_eq(nos_buf_str(&description), nos_buf_str(&run->p.description));
	goes_on = nos_str_is(nos_str_of(run->p.id), run->e->id);
	if (!goes_on && !r->replace)
		return nos_err_set(err, NOS_EXISTS,
		    "'%s' holds a registration under way, of enrolment %s: finish it, or --replace",
		    run->pending_path, run->p.id);
	run->is_pending = goes_on && (same || !r->replace);
	if (!run->is_pending) {
		nos_pending_release(&run->p);
		nos_pending_init(&run->p);
	}
	return NOS_OK;
}

static enum nos_code look_at_files(struct run *run, struct nos_err *err)
{
	if (name_files(run, err) || lock_keyring(run, err))
		return err->code;
	if (!run->r->replace && *run->keyring && is_there(run->keyring))
		return nos_err_set(err, NOS_EXISTS,
		    "'%s' is there already: --replace overwrites it", run->keyring);
	return find_pending(run, err);
}

/* ---- requests ---- */

/* Who answered, which may be a neighbour. */
static const char *who(const struct run *run)
{
	return run->answer.from ? run->answer.from : run->urls[run->url];
}

static enum nos_code said(const struct run *run, enum nos_code code, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (nos_answer_problem(nos_buf_str(&run->answer.body), &why))
		return nos_err_set(err, code, "%s: %s", who(run), why.text);
	return nos_err_set(err, code, "%s: answered %u", who(run), run->answer.status);
}

static enum nos_code judge(const struct run *run, unsigned good, struct nos_err *err)
{
	if (run->answer.status == good)
		return NOS_OK;
	switch (run->answer.status) {
	case 400:
	case 411:
	case 413:
	case 415:
	case 422:
		return said(run, NOS_DATA, err);
	case 403:
		return said(run, NOS_DENIED, err);
	case 409:
		return said(run, NOS_EXISTS, err);
	case 429:
	case 503:
		return said(run, NOS_BUSY, err);
	default:
		return said(run, NOS_AWAY, err);
	}
}

static uint64_t limit_ms(const struct run *run)
{
	const uint64_t ms = nos_attempt_limit_ms(run->until);

	return ms < ANSWER_MS ? ms : ANSWER_MS;
}

/* One exchange over the URLs in turn, until an answer is final or the time is over. */
static enum nos_code ask(struct run *run, const char *path, const struct nos_span *body,
    unsigned good, struct nos_err *err)
{
	for (;;) {
		const struct nos_carrier_request r = { .url = run->urls[run->url],
			.path = path,
			.media = "application/jose",
			.body = body,
			.most_ms = limit_ms(run) };

		nos_err_clear(err);
		if (!nos_carrier_send(run->r->carrier, &r, &run->answer, err) &&
		    !judge(run, good, err)) {
			nos_attempt_good(&run->attempt);
			return NOS_OK;
		}
		if (*run->r->stop || (err->code != NOS_AWAY && err->code != NOS_BUSY))
			return err->code;
		nos_attempt_failed(&run->attempt, run->answer.retry_s, false);
		if (!nos_attempt_wait(&run->attempt, run->until, run->r->stop))
			return err->code;
		run->url = (run->url + 1) % run->url_count;
	}
}

static enum nos_code wrong_node(const struct run *run, struct nos_err *err)
{
	return nos_err_set(
	    err, NOS_DENIED, "the node at %s is not the one that the enrolment names", who(run));
}

static enum nos_code get_node(struct run *run, struct nos_err *err)
{
	if (ask(run, "/v1/node", NULL, 200, err))
		return err->code;
	return nos_document_key(nos_buf_str(&run->answer.body), run->e->pin, &run->node)
		   ? NOS_OK
		   : wrong_node(run, err);
}

/* On disk before it is sent. */
static enum nos_code make_pending(struct run *run, struct nos_err *err)
{
	if (describe(run->r, &run->p.description, err) ||
	    nos_pending_make(&run->p, run->e, &run->node, err) ||
	    nos_pending_write(run->pending_path, &run->p, run->r->replace, err))
		return err->code;
	run->is_pending = true;
	return NOS_OK;
}

static enum nos_code in_folder(struct run *run, const char *file, struct nos_err *err)
{
	if (snprintf(run->keyring, sizeof(run->keyring), "%s/%s", run->r->folder, file) >=
	    (int)sizeof(run->keyring))
		return nos_err_set(err, NOS_USAGE, "the keyring's path is too long");
	return NOS_OK;
}

/*
 * A keyring that takes the place of an older one of its own source still opens what waits in a
 * spool under the keys of that one. One that cannot be read has nothing to give.
 */
static enum nos_code inherit(struct run *run, struct nos_err *err)
{
	NOS_AUTO(keyring) before = { 0 };
	struct nos_err why = { 0 };

	if (nos_ring_read(run->keyring, &before, &why) || strcmp(before.source, run->k.source) != 0)
		return NOS_OK;
	return nos_holder_inherit(&run->k, &before, err);
}

static enum nos_code keep(struct run *run, struct nos_err *err)
{
	const struct nos_register *r = run->r;
	char file[NAME_MAX + 1];

	snprintf(file, sizeof(file), "%s.key", run->k.source);
	if (!r->keyring && in_folder(run, file, err))
		return err->code;
	if ((r->replace && inherit(run, err)) ||
	    nos_ring_write(run->keyring, &run->k, r->replace, err) ||
	    nos_file_remove(run->pending_path, err))
		return err->code;
	return r->done ? nos_done_add(r->done, &run->k, file, err) : NOS_OK;
}

static void encode_receipt(struct nos_buf *b, const struct run *run, const char *url)
{
	const struct nos_keyring *k = &run->k;
	char key[NOS_NAME_TEXT_MAX];

	nos_name_format(&k->keys[0].name, key);
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "source", nos_str_of(k->source));
	if (*k->name)
		nos_encode_member_text(b, "name", nos_str_of(k->name));
	nos_encode_member_uint(b, "node", k->node);
	nos_encode_member_text(b, "url", nos_str_of(url));
	nos_encode_member_text(b, "scheme", nos_str_of(k->scheme));
	if (*k->kind)
		nos_encode_member_text(b, "kind", nos_str_of(k->kind));
	nos_encode_member_text(b, "key", nos_str_of(key));
	nos_encode_member_text(b, "keyring", nos_str_of(run->keyring));
	nos_buf_add_text(b, "}\n");
}

/* ---- the whole ---- */

/* The node's last word, not that of something between: the same bytes would be refused again, so
 * nothing is under way. */
static void end_refused(struct run *run, enum nos_code code)
{
	struct nos_err why = { 0 }, ignored = { 0 };

	if ((code != NOS_DATA && code != NOS_DENIED && code != NOS_EXISTS) ||
	    !nos_answer_problem(nos_buf_str(&run->answer.body), &why))
		return;
	run->is_pending = nos_file_remove(run->pending_path, &ignored) != NOS_OK;
}

static enum nos_code exchange(struct run *run, struct nos_err *err)
{
	struct nos_keyring *k = &run->k;
	struct nos_span m1;

	if (get_node(run, err) || (!run->is_pending && make_pending(run, err)))
		return err->code;
	m1 = nos_buf_span(&run->p.m1);
	if (ask(run, "/v1/sources", &m1, 201, err)) {
		end_refused(run, err->code);
		return err->code;
	}
	if (nos_admission_take(&run->p, run->e, &run->node, nos_buf_str(&run->answer.body), k, err))
		return err->code == NOS_DENIED ? wrong_node(run, err) : err->code;
	for (; k->url_count < run->url_count; k->url_count++)
		snprintf(k->urls[k->url_count], sizeof(k->urls[0]), "%s", run->urls[k->url_count]);
	return NOS_OK;
}

/* The path of a keyring that an earlier run may have made; false: there is none. */
static bool find_made(struct run *run)
{
	struct nos_err ignored = { 0 };
	const char *file = NULL;

	/* Killed behind the keyring and before the pending file was removed. */
	if (*run->k.source || (run->r->keyring && is_there(run->pending_path)))
		return true;
	return !run->is_pending && run->r->done &&
	       !nos_done_find(run->r->done, run->e->id, run->r->name, &file, &ignored) && file &&
	       !in_folder(run, file, &ignored);
}

/* It came to nothing: say what is to be done, or find that it was done before. */
static enum nos_code fail(struct run *run, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (run->is_pending && (err->code == NOS_AWAY || err->code == NOS_BUSY))
		return nos_err_within(err, "not finished, run it again to go on");
	if (run->r->replace || (err->code != NOS_EXISTS && err->code != NOS_DENIED) ||
	    !find_made(run))
		return err->code;
	nos_keyring_release(&run->k);
	if (nos_ring_read(run->keyring, &run->k, &why) || strcmp(run->k.enrolment, run->e->id) != 0)
		return err->code;
	nos_err_clear(err);
	if (nos_file_remove(run->pending_path, err))
		return err->code;
	encode_receipt(ret, run, run->k.urls[0]);
	return nos_buf_check(ret, "receipt", err);
}

enum nos_code nos_register_run(const struct nos_register *r, const struct nos_enrolment *e,
    struct nos_buf *ret, struct nos_err *err)
{
	RUN run = { .r = r, .e = e, .lock = -1, .urls = { e->url }, .url_count = 1 };

	nos_pending_init(&run.p);
	nos_buf_init(&run.answer.body, NOS_ADMISSION_TEXT_MAX);
	if (r->url_count) {
		memcpy(run.urls, r->urls, r->url_count * sizeof(*run.urls));
		run.url_count = r->url_count;
	}
	run.until.us = nos_mono_now().us + r->wait_ms * 1000;
	if (r->route)
		nos_route_aim(r->route, e->pin);
	if (look_at_files(&run, err) || exchange(&run, err) || keep(&run, err))
		return fail(&run, ret, err);
	encode_receipt(ret, &run, run.urls[run.url]);
	return nos_buf_check(ret, "receipt", err);
}

enum nos_code nos_register_check(const struct nos_register *r, struct nos_err *err)
{
	struct nos_str name = nos_str_of(r->name);

	if (r->name && (!nos_name_is_word(name) || nos_str_starts(name, "s-") ||
			   nos_str_is(name, "anonymous")))
		return nos_err_set(err, NOS_USAGE, "'%s' cannot be a name", r->name);
	if (r->url_count > NOS_KEYRING_URLS_MAX)
		return nos_err_set(err, NOS_USAGE, "over %d URLs", NOS_KEYRING_URLS_MAX);
	for (size_t i = 0; i < r->url_count; i++)
		if (nos_url_check(r->urls[i], err))
			return err->code;
	for (size_t i = 0; i < r->type_count; i++) {
		struct nos_str type = nos_str_of(r->types[i]);

		if (type.len > 64 || memchr(type.p, '"', type.len) ||
		    memchr(type.p, '\\', type.len) || !nos_str_is_utf8(type))
			return nos_err_set(err, NOS_USAGE, "'%s' cannot be a type", r->types[i]);
	}
	return NOS_OK;
}
