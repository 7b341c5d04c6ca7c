/* SPDX-License-Identifier: MIT */
/*
 * heads STORE LANES: prints of each entry in the raw streams of so many lanes what was written down
 * of its pack, a JSON object a line, and not its readings.
 */
#include <stdio.h>

#include "base/num.h"
#include "stream/raw.h"
#include "store/store.h"

static enum nos_code show(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_str rest = { (const char *)entry.p, entry.len }, head;

	(void)state, (void)position;
	if (!nos_str_cut(&rest, '\n', &head) || printf("%.*s\n", NOS_STR_ARG(head)) < 0)
		return nos_err_set(err, NOS_IO, "output");
	return NOS_OK;
}

static enum nos_code run(int argc, char **argv, struct nos_store **ret, struct nos_err *err)
{
	uint64_t lanes;

	if (argc != 3 || !nos_num_parse(nos_str_of(argv[2]), 1, NOS_STORE_LANES_MAX, &lanes))
		return nos_err_set(err, NOS_USAGE, "usage: heads STORE LANES");
	if (nos_store_open(&(struct nos_store_where){ .url = argv[1] }, false, ret, err))
		return err->code;
	for (unsigned i = 0; i < lanes; i++) {
		nos_store_enter(*ret, i);
		if (nos_store_read(*ret, NOS_RAW_STREAM, 0, SIZE_MAX, show, NULL, err))
			return err->code;
	}
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct nos_store *store = NULL;
	struct nos_err err = { 0 };

	(void)!run(argc, argv, &store, &err);
	nos_store_close(store);
	if (!err.code)
		return fflush(stdout) != 0;
	fprintf(stderr, "heads: %s\n", err.text);
	return 1;
}
