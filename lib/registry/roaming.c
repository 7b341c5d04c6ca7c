/* SPDX-License-Identifier: MIT */
#include "registry/roaming.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/roam.h"

#define VERSION	 1
#define TEXT_MAX 256
#define KEY_MAX	 (NOS_RECORD_ID_MAX + 24)

static void key_of(const struct nos_roaming *g, char ret[static KEY_MAX])
{
	snprintf(ret, KEY_MAX, "%s/%" PRIu64, g->id, g->node);
}

static enum nos_code put(
    struct nos_store *store, const char *ns, const struct nos_roaming *g, struct nos_err *err)
{
	char key[KEY_MAX];
	NOS_AUTO(buf) b = { 0 };
	uint64_t rev;

	key_of(g, key);
	nos_buf_init(&b, TEXT_MAX);
	nos_buf_add_char(&b, '{');
	nos_encode_member_uint(&b, "v", VERSION);
	nos_encode_member_uint(&b, "day", g->day);
	nos_buf_add_char(&b, '}');
	if (nos_buf_check(&b, "what was given", err))
		return err->code;
	return nos_store_put(store, ns, nos_str_of(key), nos_buf_str(&b), NOS_STORE_ANY, &rev, err);
}

static enum nos_code del(
    struct nos_store *store, const char *ns, const struct nos_roaming *g, struct nos_err *err)
{
	char key[KEY_MAX];

	key_of(g, key);
	if (nos_store_del(store, ns, nos_str_of(key), NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code decode(
    struct nos_str key, struct nos_str text, struct nos_roaming *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 2 };
	struct nos_decode d;
	struct nos_str id;

	*ret = (struct nos_roaming){ 0 };
	if (!nos_str_cut(&key, '/', &id) || !nos_str_copy(id, ret->id, sizeof(ret->id)) || !key.p ||
	    !nos_num_parse(key, 1, NOS_NUM_SAFE, &ret->node))
		nos_err_set(err, NOS_IO, "store: what was given of a source is damaged");
	else if (!nos_decode_object(&scan, text, "store: given", &d, err) &&
		 !nos_decode_version(&d, VERSION, "store: given", err))
		(void)!nos_decode_uint(&d, "day", 0, NOS_NUM_SAFE, &ret->day, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

/* What a scan found: it must not change the store itself. */
struct found {
	struct nos_roaming *of;
	size_t count;
};

static enum nos_code find(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct found *f = state;
	struct nos_roaming *grown = reallocarray(f->of, f->count + 1, sizeof(*grown));

	(void)rev;
	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->of = grown;
	return decode(key, value, &grown[f->count], err) ? err->code : (f->count++, NOS_OK);
}

/* ---- what was given ---- */

enum nos_code nos_roaming_give(
    struct nos_store *store, const struct nos_roaming *g, struct nos_err *err)
{
	char key[KEY_MAX];
	NOS_AUTO(buf) text = { 0 };
	struct nos_roaming before;
	uint64_t rev;

	key_of(g, key);
	nos_buf_init(&text, TEXT_MAX);
	if (!nos_store_get(store, NOS_ROAMING_GIVEN_NS, nos_str_of(key), &text, &rev, err)) {
		if (decode(nos_str_of(key), nos_buf_str(&text), &before, err) ||
		    before.day >= g->day)
			return err->code;
	} else if (err->code != NOS_ABSENT) {
		return err->code;
	}
	nos_err_clear(err);
	return put(store, NOS_ROAMING_GIVEN_NS, g, err);
}

enum nos_code nos_roaming_recall(struct nos_store *store, const char *id, struct nos_err *err)
{
	struct found f = { 0 };

	(void)!nos_store_scan(store, NOS_ROAMING_GIVEN_NS, nos_str_of(id), find, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++)
		if (!put(store, NOS_ROAMING_TELL_NS, &f.of[i], err))
			(void)!del(store, NOS_ROAMING_GIVEN_NS, &f.of[i], err);
	free(f.of);
	return err->code;
}

enum nos_code nos_roaming_sweep(struct nos_store *store, struct nos_time now, struct nos_err *err)
{
	struct found f = { 0 };

	(void)!nos_store_scan(store, NOS_ROAMING_GIVEN_NS, NOS_STR(""), find, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++)
		if (nos_roam_until(f.of[i].day).ms <= now.ms)
			(void)!del(store, NOS_ROAMING_GIVEN_NS, &f.of[i], err);
	free(f.of);
	return err->code;
}

/* ---- whom to tell ---- */

enum nos_code nos_roaming_tasks(
    struct nos_store *store, nos_roaming_each *each, void *state, struct nos_err *err)
{
	struct found f = { 0 };

	(void)!nos_store_scan(store, NOS_ROAMING_TELL_NS, NOS_STR(""), find, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++)
		(void)!each(state, &f.of[i], err);
	free(f.of);
	return err->code;
}

enum nos_code nos_roaming_told(
    struct nos_store *store, const struct nos_roaming *g, struct nos_err *err)
{
	return del(store, NOS_ROAMING_TELL_NS, g, err);
}
