/* SPDX-License-Identifier: MIT */
#include "score/series.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"

#define KEY_MAX 4096 /* bytes: three names with their lengths */

/*
 * Of the tree. Its key is one name or several, each with its length: a source (which counts
 * what it claims), a source and one claimed, or a series.
 */
struct node {
	struct nos_str key; /* points behind the node, or, in a search, anywhere */
	unsigned claimed;
	struct nos_rule_state state;
};

static int by_key(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = memcmp(x->key.p, y->key.p, len);

	return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

static struct node *find(const struct nos_series *s, struct nos_str key)
{
	const struct node wanted = { .key = key };
	struct node *const *found = tfind(&wanted, &s->root, by_key);

	return found ? *found : NULL;
}

/* The node of a key, made where it is not there; NULL: out of memory. */
static struct node *put(struct nos_series *s, struct nos_str key)
{
	struct node *e = find(s, key);
	char *copy;

	if (e)
		return e;
	e = calloc(1, sizeof(*e) + key.len);
	if (!e)
		return NULL;
	copy = (char *)(e + 1);
	memcpy(copy, key.p, key.len);
	e->key = (struct nos_str){ copy, key.len };
	if (!tsearch(e, &s->root, by_key)) {
		free(e);
		return NULL;
	}
	return e;
}

void nos_series_release(struct nos_series *s)
{
	tdestroy(s->root, free);
	*s = (struct nos_series){ 0 };
}

/* Count claimed among those of its source, once; source and pair are their keys. */
static enum nos_code claim(
    struct nos_series *s, struct nos_str source, struct nos_str pair, struct nos_err *err)
{
	struct node *e;

	if (find(s, pair))
		return NOS_OK;
	e = put(s, source);
	if (e && e->claimed >= NOS_SERIES_CLAIMED_MAX)
		return nos_err_set(
		    err, NOS_LARGE, "the source claims over %d names", NOS_SERIES_CLAIMED_MAX);
	if (!e || !put(s, pair))
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	e->claimed++;
	return NOS_OK;
}

enum nos_code nos_series_get(struct nos_series *s, struct nos_str source, struct nos_str claimed,
    struct nos_str type, struct nos_rule_state **ret, struct nos_err *err)
{
	NOS_AUTO(buf) key = { 0 };
	size_t source_len, pair_len;
	struct node *e;

	nos_buf_init(&key, KEY_MAX);
	nos_enc_field(&key, source.p, source.len);
	source_len = key.len;
	nos_enc_field(&key, claimed.p, claimed.len);
	pair_len = key.len;
	nos_enc_field(&key, type.p, type.len);
	if (nos_buf_check(&key, "the name of a series", err))
		return err->code;
	e = find(s, nos_buf_str(&key));
	if (e) {
		*ret = &e->state;
		return NOS_OK;
	}
	if (s->count >= NOS_SERIES_MAX)
		return nos_err_set(err, NOS_LARGE, "over %d series", NOS_SERIES_MAX);
	if (claimed.len && claim(s, (struct nos_str){ key.p, source_len },
			       (struct nos_str){ key.p, pair_len }, err))
		return err->code;
	e = put(s, nos_buf_str(&key));
	if (!e)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	s->count++;
	*ret = &e->state;
	return NOS_OK;
}

/* ---- all of them ---- */

struct walk {
	nos_series_each *each;
	void *state;
};

/* The fields of a key: one, two, or the three of a series. */
static unsigned fields(struct nos_str key, struct nos_str ret[3])
{
	struct nos_span rest = nos_str_bytes(key);
	unsigned count = 0;
	uint64_t len;

	for (; count < 3 && nos_enc_leb128_decode(&rest, &len); count++) {
		ret[count] = (struct nos_str){ (const char *)rest.p, (size_t)len };
		rest.p += len;
		rest.len -= (size_t)len;
	}
	return count;
}

static void visit(const void *at, VISIT which, void *closure)
{
	const struct node *e = *(struct node *const *)at;
	const struct walk *w = closure;
	struct nos_str names[3];

	if ((which == postorder || which == leaf) && fields(e->key, names) == 3)
		w->each(w->state, names[0], names[1], names[2], &e->state);
}

void nos_series_walk(const struct nos_series *s, nos_series_each *each, void *state)
{
	struct walk w = { each, state };

	twalk_r(s->root, visit, &w);
}
