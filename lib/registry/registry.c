/* SPDX-License-Identifier: MIT */
#include "registry/registry.h"

#include <string.h>

#include "json/decode.h"

static enum nos_code absent(struct nos_str id, struct nos_err *err)
{
	return nos_err_set(err, NOS_ABSENT, "no source '%.*s'", NOS_STR_ARG(id));
}

enum nos_code nos_registry_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_record *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	if (!id.len || id.len >= NOS_RECORD_ID_MAX)
		return absent(id, err);
	nos_buf_init_secret(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_RECORD_NS, id, &text, &rev, err))
		return err->code == NOS_ABSENT ? absent(id, err) : err->code;
	if (!nos_record_decode(id, nos_buf_str(&text), vault, ret, err))
		ret->rev = rev;
	return err->code;
}

enum nos_code nos_registry_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_record *r, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_STORE_VALUE_MAX);
	if (nos_record_encode(r, vault, &text, err))
		return err->code;
	return nos_store_put(store, NOS_RECORD_NS, nos_str_of(r->id), nos_buf_str(&text),
	    r->rev ? r->rev : NOS_STORE_NEW, &r->rev, err);
}

/* One that is not there is deleted already. */
static enum nos_code del(
    struct nos_store *store, const char *ns, const char *key, struct nos_err *err)
{
	if (nos_store_del(store, ns, nos_str_of(key), NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_registry_del(
    struct nos_store *store, const struct nos_record *r, struct nos_err *err)
{
	/* The name last: until then it leads to a source that is not there, and can be forgotten
	 * again. */
	if (del(store, NOS_RECORD_NS, r->id, err) || !*r->name)
		return err->code;
	return del(store, NOS_REGISTRY_NAMES_NS, r->name, err);
}

/* ---- names ---- */

static enum nos_code get_name(struct nos_store *store, struct nos_str name,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	uint64_t rev;

	nos_buf_init(&text, 1024);
	if (!nos_store_get(store, NOS_REGISTRY_NAMES_NS, name, &text, &rev, err) &&
	    !nos_decode_object(&scan, nos_buf_str(&text), "store: name", &d, err))
		(void)!nos_decode_copy(&d, "source", false, ret, NOS_RECORD_ID_MAX, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

enum nos_code nos_registry_name(
    struct nos_store *store, struct nos_str name, const char *id, struct nos_err *err)
{
	char text[64], other[NOS_RECORD_ID_MAX];
	uint64_t rev;

	snprintf(text, sizeof(text), "{\"v\":1,\"source\":\"%s\"}", id);
	if (nos_store_put(store, NOS_REGISTRY_NAMES_NS, name, nos_str_of(text), NOS_STORE_NEW, &rev,
		err) != NOS_EXISTS)
		return err->code;
	nos_err_clear(err);
	if (get_name(store, name, other, err))
		return err->code;
	if (strcmp(other, id) == 0)
		return NOS_OK;
	return nos_err_set(err, NOS_EXISTS, "the name '%.*s' is taken", NOS_STR_ARG(name));
}

enum nos_code nos_registry_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	uint64_t rev;

	if (!word.len || word.len > NOS_NAME_WORD_MAX)
		return absent(word, err);
	if (nos_str_starts(word, "s-")) {
		if (!nos_str_copy(word, ret, NOS_RECORD_ID_MAX) ||
		    nos_store_get(store, NOS_RECORD_NS, word, NULL, &rev, err))
			return err->code && err->code != NOS_ABSENT ? err->code : absent(word, err);
		return NOS_OK;
	}
	if (get_name(store, word, ret, err))
		return err->code == NOS_ABSENT ? absent(word, err) : err->code;
	return NOS_OK;
}

/* ---- all ---- */

struct scan_state {
	nos_registry_each *each;
	void *state;
};

static enum nos_code scan_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct scan_state *ss = state;
	struct nos_record r;

	if (nos_record_decode(key, value, NULL, &r, err))
		return err->code;
	r.rev = rev;
	return ss->each(ss->state, &r, err);
}

enum nos_code nos_registry_scan(
    struct nos_store *store, nos_registry_each *each, void *state, struct nos_err *err)
{
	struct scan_state ss = { each, state };

	return nos_store_scan(store, NOS_RECORD_NS, NOS_STR(""), scan_one, &ss, err);
}

static enum nos_code count_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	uint64_t *count = state;

	(void)key, (void)value, (void)rev, (void)err;
	++*count;
	return NOS_OK;
}

enum nos_code nos_registry_count(struct nos_store *store, uint64_t *ret, struct nos_err *err)
{
	*ret = 0;
	return nos_store_scan(store, NOS_RECORD_NS, NOS_STR(""), count_one, ret, err);
}
