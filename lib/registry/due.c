/* SPDX-License-Identifier: MIT */
#include "registry/due.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define GROUP "g-"

static void make_key(char ret[static NOS_DUE_KEY_MAX], struct nos_time at, const char *id)
{
	snprintf(ret, NOS_DUE_KEY_MAX, "%0*" PRId64 "/%s", NOS_DUE_DIGITS, at.ms, id);
}

enum nos_code nos_due_note_source(
    struct nos_store *store, struct nos_time at, const char *id, struct nos_err *err)
{
	char key[NOS_DUE_KEY_MAX];
	uint64_t rev;

	make_key(key, at, id);
	return nos_store_put(
	    store, NOS_DUE_NS, nos_str_of(key), NOS_STR("{\"v\":1}"), NOS_STORE_ANY, &rev, err);
}

enum nos_code nos_due_note_group(
    struct nos_store *store, struct nos_time at, uint64_t number, struct nos_err *err)
{
	char id[NOS_DUE_ID_MAX];

	snprintf(id, sizeof(id), GROUP "%" PRIu64, number);
	return nos_due_note_source(store, at, id, err);
}

uint64_t nos_due_group(const char *id)
{
	struct nos_str s = nos_str_of(id);
	uint64_t number;

	if (!nos_str_starts(s, GROUP))
		return 0;
	s.p += strlen(GROUP), s.len -= strlen(GROUP);
	return nos_num_parse(s, 1, UINT64_MAX, &number) ? number : 0;
}

struct reading {
	char now[NOS_DUE_KEY_MAX];
	size_t most, count;
	char (*keys)[NOS_DUE_KEY_MAX];
	bool enough, more; /* seen; and there is more of it */
};

static enum nos_code enough(struct reading *r, struct nos_err *err)
{
	r->enough = true;
	return nos_err_set(err, NOS_BUSY, "seen enough");
}

static enum nos_code take(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct reading *r = state;

	(void)value, (void)rev;
	if (key.len > NOS_DUE_DIGITS && memcmp(key.p, r->now, NOS_DUE_DIGITS) > 0)
		return enough(r, err);
	if (r->count == r->most) {
		r->more = true;
		return enough(r, err);
	}
	if (nos_str_copy(key, r->keys[r->count], NOS_DUE_KEY_MAX))
		r->count++;
	return NOS_OK;
}

enum nos_code nos_due_read(struct nos_store *store, struct nos_time now, size_t most,
    char (*ret)[NOS_DUE_KEY_MAX], size_t *ret_count, bool *ret_more, struct nos_err *err)
{
	struct reading r = { .most = most, .keys = ret };

	make_key(r.now, now, "");
	if (nos_store_scan(store, NOS_DUE_NS, NOS_STR(""), take, &r, err) && r.enough)
		nos_err_clear(err);
	*ret_count = r.count;
	*ret_more = r.more;
	return err->code;
}

const char *nos_due_id(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? slash + 1 : "";
}

enum nos_code nos_due_done(struct nos_store *store, const char *key, struct nos_err *err)
{
	if (nos_store_del(store, NOS_DUE_NS, nos_str_of(key), NOS_STORE_ANY, err) &&
	    (err->code == NOS_ABSENT || err->code == NOS_EXISTS))
		nos_err_clear(err);
	return err->code;
}
