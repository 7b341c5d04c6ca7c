/* SPDX-License-Identifier: MIT */
/*
 * entries PATH STREAM: the entries of a stream of a SQLite store, each with a line's end behind it,
 * beside whoever else has the store open. entries -p: each behind its position and a blank; -n: how
 * many there are, alone; -t UP_TO: none is shown, those up to this position are dropped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

struct show {
	bool count, position;
	size_t seen;
};

static enum nos_code show_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct show *s = state;

	(void)err;
	s->seen++;
	if (s->count)
		return NOS_OK;
	if (s->position)
		printf("%" PRIu64 " ", position);
	fwrite(entry.p, 1, entry.len, stdout);
	putchar('\n');
	return NOS_OK;
}

static enum nos_code drop(
    struct nos_store *store, const char *stream, uint64_t up_to, struct nos_err *err)
{
	const struct nos_store_trim what = { { INT64_MAX }, up_to, SIZE_MAX >> 1 };
	size_t dropped;

	return nos_store_trim(store, stream, &what, &dropped, err);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 3 ? argv[1] : "", *stream = argv[argc - 1];
	struct show s = { strcmp(mode, "-n") == 0, strcmp(mode, "-p") == 0, 0 };
	struct nos_store *store = NULL;
	struct nos_err err = { 0 };
	char url[4096];

	if (argc < 3)
		return 64;
	snprintf(url, sizeof(url), "sqlite:%s", argv[argc - 2]);
	if (!nos_store_open(&(struct nos_store_where){ .url = url }, false, &store, &err) &&
	    strcmp(mode, "-t") == 0)
		(void)!drop(store, stream, strtoull(argv[2], NULL, 10), &err);
	else if (!err.code && !nos_store_read(store, stream, 0, SIZE_MAX, show_entry, &s, &err) &&
		 s.count)
		printf("%zu\n", s.seen);
	nos_store_close(store);
	if (err.code)
		fprintf(stderr, "entries: %s\n", err.text);
	return err.code || fclose(stdout) ? 1 : 0;
}
