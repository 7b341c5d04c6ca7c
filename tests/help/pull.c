/* SPDX-License-Identifier: MIT */
/*
 * pull STORE NODEKEY FROM COUNT: COUNT members of a group from source number FROM on
 * (tests/help/load.c), each known to hold what the epoch before the present one had, come to the
 * node, and each is given what it lacks. Prints a line of JSON: how many bytes of key messages each
 * was given, least and most, and microseconds of the processor for one, with the writing of its
 * record.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/num.h"
#include "self/home.h"
#include "lifecycle/life.h"

#define ID_BITS UINT64_C(0xffffffffff)

struct tally {
	uint64_t members, least, most;
};

static enum nos_code come(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	struct nos_assoc_place *p = &r->a.place;

	(void)state;
	p->has_path = p->has_key = true;
	p->path_epoch = p->key_epoch = w->place->group->clock.epoch - 1;
	p->chain = w->place->group->chain;
	r->a.out_count = 0;
	return nos_issuer_fill(&r->a, w, ret_changed, err);
}

static enum nos_code one(struct nos_life *l, uint64_t number, struct tally *t, struct nos_err *err)
{
	char id[NOS_RECORD_ID_MAX];
	NOS_AUTO(record) r = { 0 };
	uint64_t bytes = 0;

	snprintf(id, sizeof(id), "s-%010" PRIx64, number & ID_BITS);
	if (nos_life_change(l, nos_str_of(id), nos_time_now(), come, NULL, &r, err))
		return err->code;
	for (size_t i = 0; i < r.a.out_count; i++)
		bytes += r.a.out[i].len;
	if (!t->members || bytes < t->least)
		t->least = bytes;
	if (bytes > t->most)
		t->most = bytes;
	t->members++;
	return NOS_OK;
}

static enum nos_code all(
    struct nos_life *l, uint64_t from, uint64_t count, struct tally *t, struct nos_err *err)
{
	nos_audit_begin(l->audit);
	if (nos_store_begin(l->store, err))
		return err->code;
	for (uint64_t i = 0; i < count; i++)
		if (one(l, from + i, t, err)) {
			nos_store_rollback(l->store);
			return err->code;
		}
	return nos_store_commit(l->store, err);
}

static uint64_t cpu_us(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

static enum nos_code run(int argc, char **argv, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_audit audit;
	NOS_AUTO(life) life = { 0 };
	struct tally t = { 0 };
	uint64_t from, count, since;

	if (argc != 5 || !nos_num_parse(nos_str_of(argv[3]), 1, 100000000, &from) ||
	    !nos_num_parse(nos_str_of(argv[4]), 1, 100000, &count))
		return nos_err_set(err, NOS_USAGE, "usage: pull STORE NODEKEY FROM COUNT");
	if (nos_home_locate(&home, &(struct nos_store_where){ .url = argv[1] }, argv[2], err) ||
	    nos_home_open(&home, err))
		return err->code;
	nos_audit_init(&audit, home.store, "pull", false);
	if (nos_life_open(&life, home.store, &home.vault, &audit, &home.self, err))
		return err->code;
	since = cpu_us();
	if (all(&life, from, count, &t, err))
		return err->code;
	printf("{\"members\":%" PRIu64 ",\"least\":%" PRIu64 ",\"most\":%" PRIu64 ",\"us\":%" PRIu64
	       "}\n",
	    t.members, t.least, t.most, (cpu_us() - since) / t.members);
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };

	if (!run(argc, argv, &err))
		return 0;
	fprintf(stderr, "pull: %s\n", err.text);
	return 1;
}
