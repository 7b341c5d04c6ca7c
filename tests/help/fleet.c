/* SPDX-License-Identifier: MIT */
/*
 * fleet DIR round|loop|hear: drives all keyrings of a folder as the sources that they are, by
 * lib/source alone. In a round each sends one reading of the type "count", whose value no other
 * has, and takes what the answer brings; a line of JSON says what became of them:
 *
 *   sent, skipped     sources that did, and that were kept out by --skip
 *   accepted, duplicates, rejected  readings, by the node's word; those of the spool among them
 *   spooled, failed   readings that wait in the spool; and that went nowhere
 *   answers           of all packs, by their HTTP status: one that was refused, and went again
 *                     under another key, shows here alone
 *   asks, acks        that were sent
 *   keys              the keys that sources would send under now
 *   next              the value of the next reading: --from of the next run
 *   ms                how long it took
 *
 * loop goes on from round to round, a line each, until it gets SIGTERM. hear sends nothing: each
 * takes what --hear has, as the broker would bring it, and "took" is how many have another keyring.
 */
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "crypto/jose.h"
#include "json/encode.h"
#include "source/courier.h"

#define JOBS_MAX    64
#define COUNTS_MAX  32
#define SKIP_MAX    (1u << 20) /* bytes of --skip */
#define SPOOL_MAX   (1u << 20) /* bytes of a source's spool */
#define SUMMARY_MAX 4096       /* bytes of a summary */
#define LOCK_MS	    10000
#define ANSWER_MS   30000
#define ANSWER_MAX  (1u << 20) /* bytes */
#define READING_MAX 64	       /* bytes */
#define HEAR_MAX    (1u << 20) /* bytes of --hear */

struct fleet_opts {
	struct nos_opt_common common;
	const char *skip, *url, *spool, *hear;
	uint64_t from, jobs, wait_ms;
};

#define AT(field) offsetof(struct fleet_opts, field)
static const struct nos_opt opts[] = {
	{ "from", 0, NOS_OPT_UINT, AT(from), "value", "of the first reading", .dflt = "1" },
	{ "skip", 0, NOS_OPT_PATH, AT(skip), "file", "ids of sources that are away, a line each" },
	{ "url", 0, NOS_OPT_TEXT, AT(url), "url", "of the node, in place of the keyrings'" },
	{ "spool", 0, NOS_OPT_PATH, AT(spool), "dir", "where readings wait" },
	{ "hear", 0, NOS_OPT_PATH, AT(hear), "file",
	    "what all of them hear first: messages in hexadecimal, a line each" },
	{ "jobs", 'j', NOS_OPT_UINT, AT(jobs), "count", "sources that send at once", .dflt = "16",
	    .min = 1, .max = JOBS_MAX },
	{ "wait", 0, NOS_OPT_SPAN, AT(wait_ms), "span", "for a node that is away", .dflt = "30s" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "fleet", "DIR round|loop|hear",
	"Send a reading of each keyring in a folder.", opts, offsetof(struct fleet_opts, common) };

struct counts {
	struct {
		char name[NOS_NAME_TEXT_MAX];
		uint64_t n;
	} of[COUNTS_MAX];
	size_t count;
};

struct tally {
	uint64_t sent, accepted, duplicates, rejected, spooled, failed, asks, acks, took;
	struct counts answers;
};

struct source {
	char path[PATH_MAX];
	bool skipped;
	struct nos_ring ring;
	struct nos_send send;
	struct nos_spool spool;
	struct nos_courier courier;
};

struct fleet {
	const struct fleet_opts *o;
	struct source *sources;
	size_t count;
	atomic_uint_least64_t next;
	bool silent; /* none sends */
	struct nos_buf heard;
};

/* A thread: every jobs-th source from first on, over one connection. */
struct worker {
	struct fleet *f;
	size_t first;
	pthread_t thread;
	struct nos_http_client *client;
	struct nos_carrier straight, counting;
	struct tally t; /* of the round in hand */
};

/* A round that has begun goes to its end: the loop stops between two of them. */
static const volatile int never;

/* ---- counts ---- */

static void count(struct counts *c, const char *name, uint64_t n)
{
	size_t i = 0;

	while (i < c->count && strcmp(c->of[i].name, name) != 0)
		i++;
	if (i == COUNTS_MAX)
		return;
	if (i == c->count)
		snprintf(c->of[c->count++].name, sizeof(c->of[0].name), "%s", name);
	c->of[i].n += n;
}

static void encode_counts(struct nos_buf *b, const char *name, const struct counts *c)
{
	nos_encode_member(b, name);
	nos_buf_add_char(b, '{');
	for (size_t i = 0; i < c->count; i++)
		nos_encode_member_uint(b, c->of[i].name, c->of[i].n);
	nos_buf_add_char(b, '}');
}

static void add(struct tally *to, const struct tally *t)
{
	to->sent += t->sent;
	to->accepted += t->accepted;
	to->duplicates += t->duplicates;
	to->rejected += t->rejected;
	to->spooled += t->spooled;
	to->failed += t->failed;
	to->asks += t->asks;
	to->acks += t->acks;
	to->took += t->took;
	for (size_t i = 0; i < t->answers.count; i++)
		count(&to->answers, t->answers.of[i].name, t->answers.of[i].n);
}

/* ---- a source ---- */

static void say(void *state, const char *text)
{
	(void)state;
	nos_start_warn(tool.name, text);
}

static bool ends(const char *path, const char *end)
{
	size_t len = strlen(path), of_end = strlen(end);

	return len >= of_end && strcmp(path + len - of_end, end) == 0;
}

static enum nos_code carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct worker *w = state;
	char status[16];

	if (nos_carrier_send(&w->straight, r, ret, err))
		return err->code;
	snprintf(status, sizeof(status), "%u", ret->status);
	if (ends(r->path, "/data"))
		count(&w->t.answers, status, 1);
	w->t.asks += ends(r->path, "/resync");
	w->t.acks += ends(r->path, "/acks");
	return NOS_OK;
}

static enum nos_code open_source(
    struct worker *w, struct source *s, const struct fleet_opts *o, struct nos_err *err)
{
	const struct nos_send_config config = { .ring = &s->ring,
		.urls = &o->url,
		.url_count = o->url ? 1 : 0,
		.carrier = &w->counting,
		.try_ms = ANSWER_MS,
		.stop = &never };

	if (nos_ring_open(&s->ring, s->path, LOCK_MS, err) ||
	    nos_send_open(&s->send, &config, err) ||
	    (o->spool && nos_spool_open(&s->spool, o->spool, &s->ring.k, SPOOL_MAX, err)))
		return err->code;
	s->courier = (struct nos_courier){ .send = &s->send,
		.spool = o->spool ? &s->spool : NULL,
		.wait_ms = o->wait_ms,
		.note = say };
	return NOS_OK;
}

static void settle(struct tally *t, enum nos_courier_fate fate, const struct nos_answer *a)
{
	switch (fate) {
	case NOS_COURIER_FAILED:
		t->failed++;
		break;
	case NOS_COURIER_SPOOLED:
		t->spooled++;
		break;
	case NOS_COURIER_ANSWERED:
		t->rejected += a->refused || a->reject_count;
		t->duplicates += a->duplicates;
		t->accepted += a->accepted;
		break;
	}
}

/* A source's turn: what waits in its spool, and a reading. */
static void send_one(struct worker *w, struct source *s)
{
	const uint64_t value = atomic_fetch_add(&w->f->next, 1);
	const uint64_t accepted = s->courier.readings, rejected = s->courier.rejected;
	struct nos_answer answer = { 0 };
	enum nos_courier_fate fate;
	struct nos_err err = { 0 };
	char text[READING_MAX];
	struct nos_send_pack p = { .readings = 1 };

	snprintf(text, sizeof(text), "{\"type\":\"count\",\"value\":%" PRIu64 "}\n", value);
	p.text = nos_str_of(text);
	w->t.sent++;
	if (nos_courier_deliver(&s->courier, &p, &fate, &answer, &err)) {
		nos_err_within(&err, "%s", s->ring.k.source);
		nos_start_warn(tool.name, err.text);
	}
	settle(&w->t, fate, &answer);
	w->t.accepted += s->courier.readings - accepted;
	w->t.rejected += s->courier.rejected - rejected;
	nos_answer_release(&answer);
}

/* What the broker brings. */
static void hear(struct worker *w, struct source *s)
{
	struct nos_str rest = nos_buf_str(&w->f->heard), line;
	const struct nos_name before = nos_keyring_active(&s->ring.k)->name;
	struct nos_err err = { 0 };

	while (nos_str_cut(&rest, '\n', &line)) {
		NOS_AUTO(buf) message = { 0 };

		nos_buf_init(&message, line.len);
		for (size_t i = 0; i + 1 < line.len; i += 2) {
			const char digits[] = { line.p[i], line.p[i + 1], '\0' };

			nos_buf_add_char(&message, (char)strtoul(digits, NULL, 16));
		}
		if (nos_courier_overheard(&s->courier, nos_buf_span(&message), &err))
			nos_start_warn(tool.name, err.text);
	}
	w->t.took += !nos_name_eq(&before, &nos_keyring_active(&s->ring.k)->name);
}

static void *work(void *state)
{
	struct worker *w = state;
	const struct fleet *f = w->f;

	w->t = (struct tally){ 0 };
	for (size_t i = w->first; i < f->count; i += f->o->jobs) {
		if (f->sources[i].skipped)
			continue;
		hear(w, &f->sources[i]);
		if (!f->silent)
			send_one(w, &f->sources[i]);
	}
	return NULL;
}

/* ---- all of them ---- */

static bool is_keyring(const char *name)
{
	return *name != '.' && ends(name, ".key");
}

static int choose(const struct dirent *e)
{
	return is_keyring(e->d_name);
}

static enum nos_code find(struct fleet *f, const char *folder, struct nos_err *err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, choose, alphasort);

	if (n <= 0)
		return nos_err_set(err, NOS_ABSENT, "no keyring in '%s'", folder);
	f->sources = calloc((size_t)n, sizeof(*f->sources));
	for (int i = 0; i < n; i++) {
		if (f->sources) {
			struct source *s = &f->sources[f->count++];

			snprintf(s->path, sizeof(s->path), "%s/%s", folder, entries[i]->d_name);
			nos_ring_init(&s->ring);
			nos_send_init(&s->send);
			nos_spool_init(&s->spool);
		}
		free(entries[i]);
	}
	free(entries);
	return f->sources ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

static enum nos_code skip(struct fleet *f, const char *path, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_str rest, line;

	nos_buf_init(&text, SKIP_MAX);
	if (nos_file_read(path, NOS_FILE_PLAIN, &text, err))
		return err->code;
	for (rest = nos_buf_str(&text); nos_str_cut(&rest, '\n', &line);)
		for (size_t i = 0; i < f->count; i++)
			f->sources[i].skipped |= nos_str_is(line, f->sources[i].ring.k.source);
	return NOS_OK;
}

static enum nos_code open_worker(struct worker *w, struct nos_err *err)
{
	const struct nos_http_client_config http = {
		.connect_ms = ANSWER_MS, .total_ms = ANSWER_MS, .answer_max = ANSWER_MAX
	};
	struct fleet *f = w->f;

	if (nos_http_client_new(&http, &w->client, err))
		return err->code;
	w->straight = nos_carrier_straight(w->client);
	w->counting = (struct nos_carrier){ .carry = carry, .state = w };
	for (size_t i = w->first; i < f->count; i += f->o->jobs)
		if (open_source(w, &f->sources[i], f->o, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code open_all(
    struct fleet *f, struct worker *workers, const char *folder, struct nos_err *err)
{
	/* A lock for each keyring is held. */
	(void)nos_file_most();
	if (find(f, folder, err))
		return err->code;
	for (size_t i = 0; i < f->o->jobs; i++) {
		workers[i] = (struct worker){ .f = f, .first = i };
		if (open_worker(&workers[i], err))
			return err->code;
	}
	return f->o->skip ? skip(f, f->o->skip, err) : NOS_OK;
}

static void close_all(struct fleet *f, struct worker *workers)
{
	for (size_t i = 0; i < f->count; i++) {
		struct source *s = &f->sources[i];
		struct nos_err err = { 0 };

		if (s->ring.path && nos_ring_close(&s->ring, &err))
			nos_start_warn(tool.name, err.text);
		nos_spool_release(&s->spool);
		nos_send_release(&s->send);
		nos_ring_release(&s->ring);
	}
	free(f->sources);
	for (size_t i = 0; i < f->o->jobs; i++)
		nos_http_client_free(workers[i].client);
}

/* ---- a round ---- */

static void encode_tally(struct nos_buf *b, const struct tally *t)
{
	nos_encode_member_uint(b, "sent", t->sent);
	nos_encode_member_uint(b, "accepted", t->accepted);
	nos_encode_member_uint(b, "duplicates", t->duplicates);
	nos_encode_member_uint(b, "rejected", t->rejected);
	nos_encode_member_uint(b, "spooled", t->spooled);
	nos_encode_member_uint(b, "failed", t->failed);
	nos_encode_member_uint(b, "asks", t->asks);
	nos_encode_member_uint(b, "acks", t->acks);
	nos_encode_member_uint(b, "took", t->took);
	encode_counts(b, "answers", &t->answers);
}

static enum nos_code report(
    const struct fleet *f, const struct tally *t, struct nos_mono since, struct nos_err *err)
{
	struct counts keys = { 0 };
	uint64_t skipped = 0;
	NOS_AUTO(buf) line = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		char kid[NOS_NAME_TEXT_MAX];

		nos_name_format(&nos_keyring_active(&f->sources[i].ring.k)->name, kid);
		count(&keys, kid, 1);
		skipped += f->sources[i].skipped;
	}
	nos_buf_init(&line, SUMMARY_MAX);
	nos_buf_add_char(&line, '{');
	encode_tally(&line, t);
	encode_counts(&line, "keys", &keys);
	nos_encode_member_uint(&line, "skipped", skipped);
	nos_encode_member_uint(&line, "next", atomic_load(&f->next));
	nos_encode_member_uint(&line, "ms", (nos_mono_now().us - since.us) / 1000);
	nos_buf_add_char(&line, '}');
	if (nos_buf_check(&line, "summary", err))
		return err->code;
	return puts(line.p) < 0 || fflush(stdout) ? nos_err_set(err, NOS_IO, "output") : NOS_OK;
}

static enum nos_code go_round(struct fleet *f, struct worker *workers, struct nos_err *err)
{
	const struct nos_mono since = nos_mono_now();
	struct tally all = { 0 };
	size_t started = 0;

	while (started < f->o->jobs &&
	       !pthread_create(&workers[started].thread, NULL, work, &workers[started]))
		started++;
	for (size_t i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		add(&all, &workers[i].t);
	}
	if (started < f->o->jobs)
		return nos_err_set(err, NOS_INTERNAL, "cannot start a thread");
	return report(f, &all, since, err);
}

static enum nos_code run(
    struct fleet *f, struct worker *workers, char **operands, struct nos_err *err)
{
	const bool loop = strcmp(operands[1], "loop") == 0;

	f->silent = strcmp(operands[1], "hear") == 0;
	if (!loop && !f->silent && strcmp(operands[1], "round") != 0)
		return nos_err_set(err, NOS_USAGE, "round, loop or hear, not '%s'", operands[1]);
	nos_buf_init(&f->heard, HEAR_MAX);
	if (f->o->hear && nos_file_read(f->o->hear, NOS_FILE_PLAIN, &f->heard, err))
		return err->code;
	if (nos_http_client_start(err) || open_all(f, workers, operands[0], err))
		return err->code;
	do {
		if (go_round(f, workers, err))
			return err->code;
	} while (loop && !*nos_start_stopped());
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct fleet_opts o = { 0 };
	struct fleet f = { .o = &o };
	static struct worker workers[JOBS_MAX];
	struct nos_err err = { 0 };
	int at, status = 0;

	nos_start(tool.name);
	nos_jose_start();
	if (!nos_opt_begin(&tool, argc, argv, &o, &at, &status))
		return status;
	if (argc - at != 2) {
		nos_err_set(&err, NOS_USAGE, "usage: fleet DIR round|loop|hear");
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	atomic_init(&f.next, o.from);
	if (run(&f, workers, argv + at, &err))
		status = nos_start_fail(tool.name, &err);
	close_all(&f, workers);
	nos_buf_release(&f.heard);
	return status;
}
