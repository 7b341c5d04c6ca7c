/* SPDX-License-Identifier: MIT */
#include "roam/roaming.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "key/roam.h"

#define VERSION	 1
#define TEXT_MAX 256
#define KEY_MAX	 (NOS_RECORD_ID_MAX + 24)
#define ALL	 "all"

static void key_of(const struct nos_roaming *g, char ret[static KEY_MAX])
{
	snprintf(ret, KEY_MAX, "%s/%" PRIu64, *g->id ? g->id : ALL, g->node);
}

static enum nos_code put(struct nos_store *store, const char *ns, const struct nos_roaming *g,
    bool told, struct nos_err *err)
{
	char key[KEY_MAX];
	NOS_AUTO(buf) b = { 0 };
	uint64_t rev;

	key_of(g, key);
	nos_buf_init(&b, TEXT_MAX);
	nos_buf_add_char(&b, '{');
	nos_encode_member_uint(&b, "v", VERSION);
	nos_encode_member_uint(&b, "day", g->day);
	if (told)
		nos_encode_member_bool(&b, "told", true);
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

/* What a record says; told: of all sources it was. */
struct said {
	struct nos_roaming g;
	bool told;
	uint64_t rev;
};

static bool decode_key(struct nos_str key, struct nos_roaming *ret)
{
	struct nos_str id;

	if (!nos_str_cut(&key, '/', &id) || !key.p)
		return false;
	if (nos_str_is(id, ALL))
		return nos_num_parse(key, 0, NOS_NUM_SAFE, &ret->node);
	return nos_str_copy(id, ret->id, sizeof(ret->id)) &&
	       nos_num_parse(key, 1, NOS_NUM_SAFE, &ret->node);
}

static enum nos_code decode(
    struct nos_str key, struct nos_str text, struct said *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 2 };
	struct nos_decode d;

	*ret = (struct said){ 0 };
	if (!decode_key(key, &ret->g))
		nos_err_set(err, NOS_IO, "store: what was given of a source is damaged");
	else if (!nos_decode_object(&scan, text, "store: given", &d, err) &&
		 !nos_decode_version(&d, VERSION, "store: given", err) &&
		 !nos_decode_uint(&d, "day", 0, NOS_NUM_SAFE, &ret->g.day, err))
		(void)!nos_decode_bool(&d, "told", true, &ret->told, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

/* What a scan found: it must not change the store itself. */
struct found {
	struct said *of;
	size_t count;
};

static enum nos_code find(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct found *f = state;
	struct said *grown = reallocarray(f->of, f->count + 1, sizeof(*grown));

	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->of = grown;
	if (decode(key, value, &grown[f->count], err))
		return err->code;
	grown[f->count++].rev = rev;
	return NOS_OK;
}

static enum nos_code note(const struct nos_roaming_home *h, const struct nos_roaming *g,
    const char *to, const char *how, struct nos_time now, struct nos_err *err)
{
	const struct nos_name name = nos_roam_name(h->node, g->day);
	const bool ends = strcmp(to, "active") != 0;
	char kid[NOS_NAME_TEXT_MAX], reason[64];
	const struct nos_audit_event event = { .what = NOS_AUDIT_KEY,
		.source = g->id,
		.key = kid,
		.from = ends ? "active" : NULL,
		.to = to,
		.reason = reason };

	nos_name_format(&name, kid);
	snprintf(reason, sizeof(reason), "%s node %" PRIu64, how, g->node);
	return nos_audit_append(h->audit, now, &event, err);
}

/* ---- what was given ---- */

enum nos_code nos_roaming_give(const struct nos_roaming_home *h, const struct nos_roaming *g,
    struct nos_time now, struct nos_err *err)
{
	char key[KEY_MAX];
	NOS_AUTO(buf) text = { 0 };
	struct said before = { 0 };
	uint64_t rev;
	bool begins;

	key_of(g, key);
	nos_buf_init(&text, TEXT_MAX);
	begins = nos_store_get(h->store, NOS_ROAMING_GIVEN_NS, nos_str_of(key), &text, &rev, err) ==
		 NOS_ABSENT;
	if (begins)
		nos_err_clear(err);
	else if (err->code || decode(nos_str_of(key), nos_buf_str(&text), &before, err) ||
		 before.g.day >= g->day)
		return err->code;
	if (!put(h->store, NOS_ROAMING_GIVEN_NS, g, false, err) && begins)
		(void)!note(h, g, "active", "given to", now, err);
	return err->code;
}

static enum nos_code recall_one(const struct nos_roaming_home *h, const struct nos_roaming *g,
    struct nos_time now, struct nos_err *err)
{
	return put(h->store, NOS_ROAMING_TELL_NS, g, false, err) ||
		       del(h->store, NOS_ROAMING_GIVEN_NS, g, err)
		   ? err->code
		   : note(h, g, "destroyed", "taken back from", now, err);
}

enum nos_code nos_roaming_recall(
    const struct nos_roaming_home *h, const char *id, struct nos_time now, struct nos_err *err)
{
	struct found f = { 0 };

	(void)!nos_store_scan(h->store, NOS_ROAMING_GIVEN_NS, nos_str_of(id), find, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++)
		(void)!recall_one(h, &f.of[i].g, now, err);
	free(f.of);
	return err->code;
}

/* Who was told after an earlier restore is told again. */
enum nos_code nos_roaming_recall_all(
    struct nos_store *store, struct nos_time now, struct nos_err *err)
{
	const struct nos_roaming all = { .day = nos_roam_day(now) + 1 };
	struct found f = { 0 };

	(void)!nos_store_scan(store, NOS_ROAMING_TELL_NS, NOS_STR(ALL), find, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++)
		(void)!del(store, NOS_ROAMING_TELL_NS, &f.of[i].g, err);
	free(f.of);
	return err->code ? err->code : put(store, NOS_ROAMING_TELL_NS, &all, false, err);
}

static enum nos_code sweep_one(const struct nos_roaming_home *h, const struct said *s,
    struct nos_time now, struct nos_err *err)
{
	char key[KEY_MAX];

	key_of(&s->g, key);
	nos_audit_begin(h->audit);
	if (nos_store_begin(h->store, err))
		return err->code;
	if (!nos_store_del(h->store, NOS_ROAMING_GIVEN_NS, nos_str_of(key), s->rev, err) &&
	    !note(h, &s->g, "destroyed", "it has had its time at", now, err))
		(void)!nos_store_commit(h->store, err);
	else
		nos_store_rollback(h->store);
	/* Another swept it, or gave a key of a later day. */
	if (err->code == NOS_EXISTS || err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_roaming_sweep(
    const struct nos_roaming_home *h, struct nos_time now, struct nos_err *err)
{
	struct found f = { 0 };

	(void)!nos_store_scan(h->store, NOS_ROAMING_GIVEN_NS, NOS_STR(""), find, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++)
		if (nos_roam_until(f.of[i].g.day).ms <= now.ms)
			(void)!sweep_one(h, &f.of[i], now, err);
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
		(void)!each(state, &f.of[i].g, f.of[i].told, err);
	free(f.of);
	return err->code;
}

enum nos_code nos_roaming_told(
    struct nos_store *store, const struct nos_roaming *g, struct nos_time now, struct nos_err *err)
{
	if (!*g->id && g->node && nos_roam_until(g->day).ms > now.ms)
		return put(store, NOS_ROAMING_TELL_NS, g, true, err);
	return del(store, NOS_ROAMING_TELL_NS, g, err);
}
