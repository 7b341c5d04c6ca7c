/* SPDX-License-Identifier: MIT */
/* Sources and what they sent, as a node leaves them in its store: an SQLite file whose reads are
 * counted, and whose appends may fail. */
#ifndef NOS_TEST_STOCK_H
#define NOS_TEST_STOCK_H

#include "../test.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "self/era.h"
#include "self/mark.h"
#include "stream/track.h"
#include "store/engine.h"

#define STOCK_SOURCES 100
#define STOCK_TYPES   3
#define STOCK_BEGIN   INT64_C(1547812800000) /* pack 1 was received a second later */

static char stock_folder[32];
static struct nos_store_engine stock_engine;
static struct nos_store *store;
static struct nos_err err;
static unsigned stock_reads;
static int stock_fail; /* so many appends are good; -1: all */

static struct {
	struct nos_track track;
	char id[NOS_TRACK_ID_MAX];
	char kid[NOS_NAME_TEXT_MAX]; /* that it sends under */
} stock[STOCK_SOURCES];
static uint64_t stock_pack;
static uint64_t stock_era; /* of what is sent */

static enum nos_code stock_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *e_err)
{
	stock_reads++;
	return nos_sqlite_engine.read(e, stream, after, limit, each, state, e_err);
}

static enum nos_code stock_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *e_err)
{
	if (!stock_fail)
		return nos_err_set(e_err, NOS_IO, "the disk is full");
	stock_fail -= stock_fail > 0;
	return nos_sqlite_engine.append(e, stream, now, entry, ret_position, e_err);
}

static int stock_start(void **state)
{
	char path[64];

	(void)state;
	snprintf(stock_folder, sizeof(stock_folder), "/tmp/nos-stock-XXXXXX");
	if (!mkdtemp(stock_folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node.db", stock_folder);
	stock_engine = nos_sqlite_engine;
	stock_engine.read = stock_read;
	stock_engine.append = stock_append;
	stock_fail = -1;
	stock_pack = stock_era = 0;
	nos_err_clear(&err);
	for (unsigned i = 0; i < STOCK_SOURCES; i++) {
		snprintf(stock[i].id, sizeof(stock[i].id), "s-%010x", i + 1);
		snprintf(stock[i].kid, sizeof(stock[i].kid), "p.1");
	}
	return nos_store_open_engine(&stock_engine, path, true, &store, &err);
}

static int stock_stop(void **state)
{
	char command[64];

	(void)state;
	for (unsigned i = 0; i < STOCK_SOURCES; i++) {
		nos_track_release(&stock[i].track);
		memset(&stock[i], 0, sizeof(stock[i]));
	}
	nos_store_close(store);
	snprintf(command, sizeof(command), "rm -r %s", stock_folder);
	return system(command);
}

/* A pack of a source, with a reading of one type, goes through the node. */
static inline void stock_send(unsigned source, unsigned type)
{
	struct nos_track *t = &stock[source].track;
	const struct nos_time now = { STOCK_BEGIN + (int64_t)(++stock_pack * 1000) };
	const char name[] = { 't', (char)('0' + (int)type), '\0' };
	struct nos_track_series *s = nos_track_series(t, NOS_STR(""), nos_str_of(name), 10, &err);
	char text[1000], jump[64] = "";
	uint64_t position, n;

	assert_non_null(s);
	n = nos_era_next(stock_era, s->n);
	if (n != s->n + 1)
		snprintf(jump, sizeof(jump), "@%" PRIu64 "<%" PRIu64, stock_era, s->n);
	else if (stock_era)
		snprintf(jump, sizeof(jump), "@%" PRIu64, stock_era);
	snprintf(text, sizeof(text),
	    "nos/1/meter/%s/%s %" PRIu64 " %" PRIu64 "%s all\n{\"id\":\"1-%" PRIu64
	    "-0\",\"node\":1,\"n\":%" PRIu64 ",\"source\":\"%s\",\"seq\":%" PRIu64
	    ",\"kind\":\"meter\",\"type\":\"%s\",\"value\":%" PRIu64 ",\"received\":%" PRId64
	    ",\"key\":\"%s\",\"via\":[],\"scores\":{\"confidentiality\":1,\"integrity\":1,"
	    "\"privacy\":0.8,\"authentication\":1,\"accuracy\":0.5,\"precision\":null,"
	    "\"timeliness\":null,\"completeness\":1},\"raw\":{\"bits\":128,\"tag\":128,"
	    "\"holders\":2,\"key_age\":1,\"key_period\":604800,\"key_state\":\"active\","
	    "\"proof\":\"key\",\"enrolled\":\"token\",\"fresh\":true,"
	    "\"identity\":\"pseudonym\"},\"flags\":[\"no-time\"]}",
	    stock[source].id, name, s->links.before, s->links.far, jump, stock_era + stock_pack, n,
	    stock[source].id, n, name, n, now.ms / 1000, stock[source].kid);
	assert_int_equal(nos_store_append(store, "processed", now, nos_str_bytes(nos_str_of(text)),
			     &position, &err),
	    NOS_OK);
	s->n = n;
	s->links = nos_processed_next(s->links, position, n);
	assert_int_equal(nos_track_use(t, stock[source].kid, stock_pack, now, &err), NOS_OK);
	t->position = stock_pack;
}

/* So many of each source, one of each after the other, their types by turns. */
static inline void stock_fill(unsigned sources, unsigned each)
{
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (unsigned i = 0; i < each; i++)
		for (unsigned s = 0; s < sources; s++)
			stock_send(s, i % STOCK_TYPES);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

/* As behind a backup that was put back before any of it was sent. */
static inline uint64_t stock_begin_era(void)
{
	uint64_t era;

	assert_int_equal(
	    nos_era_begin(store, (struct nos_time){ STOCK_BEGIN }, &era, &err), NOS_OK);
	return era;
}

static inline void stock_save_track(unsigned source)
{
	struct nos_buf text;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	nos_track_encode(&text, &stock[source].track);
	assert_int_equal(nos_store_put(store, NOS_TRACK_NS, nos_str_of(stock[source].id),
			     nos_buf_str(&text), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
	nos_buf_release(&text);
}

static inline void stock_save_mark(void)
{
	const struct nos_mark mark = { .saved = stock_pack };

	assert_int_equal(nos_mark_put(store, &mark, &err), NOS_OK);
}

/* All tracks, and the mark that says so. */
static inline void stock_save(unsigned sources)
{
	for (unsigned i = 0; i < sources; i++)
		stock_save_track(i);
	stock_save_mark();
}

#define STOCK_TEST(f) cmocka_unit_test_setup_teardown(f, stock_start, stock_stop)

#endif
