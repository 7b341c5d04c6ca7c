/* SPDX-License-Identifier: MIT */
#include "ingest_place.h"

#include <stdio.h>

#define SOURCES	     100
#define SOURCES_MOST 100000

_Static_assert(INGEST_STORES_MAX <= INGEST_PLACES_MAX, "stores are places");

enum nos_code ingest_place_count(const struct bench *b, size_t *ret, struct nos_err *err)
{
	const size_t stores = b->o->stores.count;

	for (size_t i = 0; i < b->source_count; i++)
		if (b->sources[i] > SOURCES_MOST)
			return nos_err_set(
			    err, NOS_USAGE, "--sources: ingest takes 1 to %d", SOURCES_MOST);
	/* A store on servers is made once, and stays. */
	if (b->source_count > 1 && stores)
		return nos_err_set(
		    err, NOS_USAGE, "--sources: with --store ingest takes one number");
	if (stores > INGEST_STORES_MAX)
		return nos_err_set(err, NOS_USAGE, "--store: over %d of them", INGEST_STORES_MAX);
	*ret = stores ? stores : b->source_count ? b->source_count : 1;
	return NOS_OK;
}

/* Of stores and numbers of sources there are several of one at most: the other's is the same in
 * all places. */
static const char *store_of(const struct bench *b, size_t number)
{
	const struct nos_opt_list *stores = &b->o->stores;

	return stores->count ? stores->items[number % stores->count] : NULL;
}

static size_t sources_of(const struct bench *b, size_t number)
{
	return b->source_count ? (size_t)b->sources[number % b->source_count] : SOURCES;
}

/* A store is made where it is on servers, since a file is made by who fills it. */
enum nos_code ingest_place_open(struct ingest_place *p, struct bench *b, struct ingest_site *site,
    size_t number, struct nos_err *err)
{
	struct ingest_store *s = &p->store;

	if (ingest_store_name(s, store_of(b, number), site->folder, number, err))
		return err->code;
	s->creds = b->o->store_creds;
	s->ca = b->o->store_ca;
	if (ingest_store_is_away(s) &&
	    (ingest_store_check(s, err) || ingest_site_init(site, s, err)))
		return err->code;
	return ingest_load_open(&p->load, b, s, sources_of(b, number), err);
}

void ingest_place_release(struct ingest_place *p)
{
	ingest_load_release(&p->load);
}

void ingest_place_tell(const struct ingest_place *p, char *ret, size_t size)
{
	if (p->store.name)
		snprintf(ret, size, "on %.200s", p->store.name);
	else
		snprintf(ret, size, "with %zu sources", p->load.source_count);
}
