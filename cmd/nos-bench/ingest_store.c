/* SPDX-License-Identifier: MIT */
#include "ingest_store.h"

#include <stdio.h>

#include "self/home.h"

#define SQLITE "sqlite"

bool ingest_store_is_away(const struct ingest_store *s)
{
	return s->name && !nos_str_is(nos_str_of(s->name), SQLITE);
}

struct nos_store_where ingest_store_where(const struct ingest_store *s)
{
	const bool away = ingest_store_is_away(s);

	return (struct nos_store_where){ s->url, away ? s->creds : NULL, away ? s->ca : NULL };
}

enum nos_code ingest_store_name(struct ingest_store *ret, const char *name, const char *folder,
    size_t number, struct nos_err *err)
{
	const struct nos_str text = nos_str_of(name ? name : SQLITE);
	const bool away = nos_str_starts(text, "nats://") || nos_str_starts(text, "tls://");

	if (!away && !nos_str_is(text, SQLITE))
		return nos_err_set(err, NOS_USAGE,
		    "--store: '%s': take " SQLITE ", nats://HOST,…/PREFIX or tls://HOST,…/PREFIX",
		    name);
	if (text.len >= sizeof(ret->url))
		return nos_err_set(err, NOS_USAGE, "--store: the URL is too long");
	*ret = (struct ingest_store){ .name = name };
	if (away)
		snprintf(ret->url, sizeof(ret->url), "%s", name);
	else
		snprintf(ret->url, sizeof(ret->url), SQLITE ":%.*s/node%zu.db", PATH_MAX, folder,
		    number);
	snprintf(ret->key, sizeof(ret->key), "%.*s/node%zu.key", PATH_MAX, folder, number);
	return NOS_OK;
}

enum nos_code ingest_store_check(const struct ingest_store *s, struct nos_err *err)
{
	const struct nos_store_where where = ingest_store_where(s);
	NOS_AUTO(home) home = { 0 };

	if (nos_home_locate(&home, &where, s->key, err))
		return err->code;
	if (!nos_home_look(&home, err))
		return nos_err_set(err, NOS_EXISTS,
		    "--store: there is a node at %s already: take another PREFIX", s->url);
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}
