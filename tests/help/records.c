/* SPDX-License-Identifier: MIT */
/*
 * records STORE SOURCES EACH: puts so many records of each of the sources s-0000000001 and so on
 * into the stream of a node's store, one of each after the other, two types by turns, and what the
 * node keeps of them: many of them for tools that look for some. The last tenth of each came under
 * d.1.N, N its number, what is before that under p.1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "self/mark.h"
#include "stream/track.h"

#define GROUP	  20000 /* records in one transaction */
#define ENTRY_MAX 600

struct one {
	uint64_t source, pack, turn, each;
};

static const char *id_of(uint64_t source, char ret[static 32])
{
	snprintf(ret, 32, "s-%010" PRIx64, source);
	return ret;
}

/* As short as a record may be, so that many go on a disk. */
static enum nos_code add(
    struct nos_store *store, struct nos_track *t, const struct one *o, struct nos_err *err)
{
	const struct nos_time now = { INT64_C(1547812800000) + (int64_t)o->pack };
	const char type[] = { (char)('a' + (int)(o->turn % 2)), '\0' };
	struct nos_track_series *s = nos_track_series(t, NOS_STR(""), nos_str_of(type), 2, err);
	char kid[NOS_NAME_TEXT_MAX] = "p.1", text[ENTRY_MAX], id[32];
	uint64_t position;

	if (!s)
		return err->code;
	if (o->turn >= o->each - o->each / 10)
		snprintf(kid, sizeof(kid), "d.1.%" PRIu64, o->source);
	snprintf(text, sizeof(text),
	    "nos/1/meter/%s/%s %" PRIu64 " %" PRIu64 "\n{\"id\":\"1-%" PRIu64
	    "-0\",\"node\":1,\"n\":%" PRIu64 ",\"source\":\"%s\",\"type\":\"%s\",\"value\":1,"
	    "\"received\":%" PRId64 ".%03" PRId64 ",\"key\":\"%s\"}",
	    id_of(o->source, id), type, s->links.before, s->links.far, o->pack, s->n + 1, id, type,
	    now.ms / 1000, now.ms % 1000, kid);
	if (nos_store_append(
		store, NOS_PROCESSED_STREAM, now, nos_str_bytes(nos_str_of(text)), &position, err))
		return err->code;
	s->links = nos_processed_next(s->links, position, ++s->n);
	t->position = o->pack;
	return nos_track_use(t, kid, o->pack, now, err);
}

static enum nos_code fill(struct nos_store *store, struct nos_track *tracks, uint64_t sources,
    uint64_t each, struct nos_err *err)
{
	const uint64_t count = sources * each;

	for (uint64_t i = 0; i < count; i++) {
		const uint64_t at = i % sources;
		const struct one o = { at + 1, i + 1, i / sources, each };

		if (i % GROUP == 0 && nos_store_begin(store, err))
			return err->code;
		if (add(store, &tracks[at], &o, err)) {
			nos_store_rollback(store);
			return err->code;
		}
		if (((i + 1) % GROUP == 0 || i + 1 == count) && nos_store_commit(store, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code save(struct nos_store *store, const struct nos_track *tracks, uint64_t sources,
    uint64_t saved, struct nos_err *err)
{
	const struct nos_mark mark = { .saved = saved };
	NOS_AUTO(buf) text = { 0 };
	char id[32];
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_begin(store, err))
		return err->code;
	for (uint64_t i = 0; !err->code && i < sources; i++) {
		nos_buf_truncate(&text, 0);
		nos_track_encode(&text, &tracks[i]);
		(void)!nos_store_put(store, NOS_TRACK_NS, nos_str_of(id_of(i + 1, id)),
		    nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
	}
	if (!err->code && !nos_mark_put(store, &mark, err))
		return nos_store_commit(store, err);
	nos_store_rollback(store);
	return err->code;
}

static enum nos_code run(int argc, char **argv, struct nos_err *err)
{
	struct nos_track *tracks = NULL;
	struct nos_store *store = NULL;
	uint64_t sources, each;

	if (argc != 4 || !nos_num_parse(nos_str_of(argv[2]), 1, 1000000, &sources) ||
	    !nos_num_parse(nos_str_of(argv[3]), 10, 1000000000, &each))
		return nos_err_set(err, NOS_USAGE, "usage: records STORE SOURCES EACH");
	tracks = calloc(sources, sizeof(*tracks));
	if (!tracks)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (!nos_store_open(&(struct nos_store_where){ .url = argv[1] }, false, &store, err) &&
	    !fill(store, tracks, sources, each, err))
		(void)!save(store, tracks, sources, sources * each, err);
	nos_store_close(store);
	for (uint64_t i = 0; i < sources; i++)
		nos_track_release(&tracks[i]);
	free(tracks);
	return err->code;
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };

	if (!run(argc, argv, &err))
		return 0;
	fprintf(stderr, "records: %s\n", err.text);
	return 1;
}
