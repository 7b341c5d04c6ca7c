/* SPDX-License-Identifier: MIT */
#include "ingest_load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "json/encode.h"
#include "key/derive.h"
#include "registry/globals.h"
#include "self/home.h"
#include "lifecycle/life.h"

#define KIND	     "meter"
#define SECRET	     32	  /* bytes */
#define PART	     1000 /* sources of one transaction */
#define LOOK_EVERY   256  /* packs between two looks at Ctrl-C */
#define REQUESTS_MAX ((size_t)1 << 31)
#define PLAIN_MAX    65536
#define STEP_S	     10 /* between two readings of a source */
#define BEGIN_S	     UINT64_C(1700000000)

/* ---- sources ---- */

static enum nos_code draw(struct nos_derive_base *ret, struct nos_err *err)
{
	if (nos_random_secret(&ret->down, SECRET, err) ||
	    nos_random_secret(&ret->up, SECRET, err) || nos_random_secret(&ret->pair, SECRET, err))
		return err->code;
	return nos_random_secret(&ret->z, SECRET, err);
}

/* What a registration leaves, on either side. */
static enum nos_code add(
    struct nos_life *l, uint64_t id, struct ingest_load_source *ret, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();
	NOS_AUTO(record)
	r = { .registered = now, .kind = KIND, .scheme = "pairwise", .token = "t-0000000000" };
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(secret) k_s = { 0 };
	struct nos_issuer w;
	bool filled;

	snprintf(r.id, sizeof(r.id), "s-%010" PRIx64, id);
	if (nos_life_world_full(l, &r, now, 0, &w, err) || draw(&base, err))
		return err->code;
	nos_issuer_enrol(&r.a, &w, &base);
	(void)nos_issuer_poll_key(&r.a, 0, &ret->q);
	if (nos_life_fill(l, &r, &w, &filled, err) || nos_life_put(l, now, &r, err) ||
	    nos_derive_static(&base.z, NOS_DERIVE_AUTH, &k_s, err))
		return err->code;
	return nos_pack_keys_make(
	    &base.pair, &k_s, NOS_STR("p.1"), nos_str_of(r.id), &ret->keys, err);
}

static enum nos_code add_part(
    struct ingest_load *l, struct nos_life *life, size_t from, size_t to, struct nos_err *err)
{
	nos_audit_begin(life->audit);
	if (nos_store_begin(life->store, err))
		return err->code;
	for (size_t i = from; i < to; i++)
		if (add(life, l->ids[i], &l->sources[i], err)) {
			nos_store_rollback(life->store);
			return err->code;
		}
	return nos_store_commit(life->store, err);
}

static enum nos_code fill(
    struct ingest_load *l, struct bench *b, struct nos_home *home, struct nos_err *err)
{
	struct nos_audit audit;
	NOS_AUTO(life) life = { 0 };
	enum nos_home_made made;
	bool changed;

	if (nos_home_make(home, INGEST_SITE_NODE, &made, err))
		return err->code;
	nos_audit_init(&audit, home->store, "nos-bench", false);
	if (nos_globals_resize(home->store, &home->vault, NOS_GLOBALS_SIZE, NOS_GLOBALS_RING,
		nos_time_now(), &changed, err) ||
	    nos_life_open(&life, home->store, &home->vault, &audit, &home->self, err))
		return err->code;
	for (size_t i = 0; i < l->source_count; i += PART) {
		const size_t left = l->source_count - i;

		if (bench_go_on(err))
			return err->code;
		nos_progress_set(&b->progress, i);
		if (add_part(l, &life, i, i + (left < PART ? left : PART), err))
			return err->code;
	}
	return NOS_OK;
}

/* The order in which they take their turns is drawn, since an index of a store is in that of ids.
 */
static void shuffle(struct ingest_load *l, struct bench_random *r)
{
	for (size_t i = 0; i < l->source_count; i++) {
		const size_t j = bench_random_below(r, i + 1);

		l->ids[i] = l->ids[j];
		l->ids[j] = i + 1;
	}
	for (size_t i = 0; i < l->source_count; i++)
		l->turns[l->ids[i] - 1] = i;
}

enum nos_code ingest_load_open(struct ingest_load *l, struct bench *b,
    const struct ingest_store *store, size_t count, struct nos_err *err)
{
	const struct nos_store_where where = ingest_store_where(store);
	NOS_AUTO(home) home = { 0 };

	nos_buf_init(&l->requests, REQUESTS_MAX);
	l->source_count = count;
	l->sources = calloc(count, sizeof(*l->sources));
	l->ids = calloc(count, sizeof(*l->ids));
	l->turns = calloc(count, sizeof(*l->turns));
	if (!l->sources || !l->ids || !l->turns)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	shuffle(l, &b->random);
	nos_progress_init(&b->progress, "sources", count);
	if (!nos_home_locate(&home, &where, store->key, err))
		(void)!fill(l, b, &home, err);
	nos_progress_done(&b->progress);
	return err->code;
}

void ingest_load_release(struct ingest_load *l)
{
	for (size_t i = 0; l->sources && i < l->source_count; i++) {
		nos_pack_keys_release(&l->sources[i].keys);
		nos_secret_release(&l->sources[i].q);
	}
	free(l->sources);
	free(l->ids);
	free(l->turns);
	free(l->ends);
	nos_buf_release(&l->requests);
	*l = (struct ingest_load){ 0 };
}

/* ---- packs ---- */

static void readings(struct nos_buf *b, struct bench_random *r, uint64_t seq, size_t count)
{
	nos_buf_truncate(b, 0);
	for (uint64_t i = 0; i < count; i++) {
		nos_buf_add_char(b, '{');
		nos_encode_member_text(b, "type", NOS_STR("air_temperature"));
		nos_encode_member_number(b, "value", (double)bench_random_below(r, 400) / 10 - 20);
		nos_encode_member_text(b, "unit", NOS_STR("Cel"));
		nos_encode_member_uint(b, "time", BEGIN_S + (seq * count + i) * STEP_S);
		nos_buf_add_text(b, "}\n");
	}
}

static void add_request(struct ingest_load *l, const struct nos_buf *pack)
{
	nos_buf_addf(&l->requests,
	    "POST /v1/data HTTP/1.1\r\nHost: node\r\nContent-Type: application/jose\r\n"
	    "Content-Length: %zu\r\n%s\r\n",
	    pack->len, l->kept ? "" : "Connection: close\r\n");
	nos_buf_add(&l->requests, pack->p, pack->len);
}

static enum nos_code seal_one(struct ingest_load *l, size_t i, struct nos_buf *plain,
    struct nos_buf *sealed, struct bench_random *r, struct nos_err *err)
{
	const size_t turn = i % l->source_count;
	struct ingest_load_source *s = &l->sources[turn];
	char id[NOS_RECORD_ID_MAX];
	const struct nos_pack pack = { .kid = NOS_STR("p.1"),
		.source = { id, (size_t)snprintf(id, sizeof(id), "s-%010" PRIx64, l->ids[turn]) },
		.cty = NOS_STR("application/x-ndjson"),
		.seq = s->seq + 1,
		.prev = s->seq };

	readings(plain, r, pack.seq, l->each);
	nos_buf_truncate(sealed, 0);
	if (nos_pack_seal(&s->keys, &pack, nos_buf_span(plain), sealed, err))
		return err->code;
	s->seq++;
	add_request(l, sealed);
	l->ends[i] = l->requests.len;
	return nos_buf_check(&l->requests, "packs of a run", err);
}

enum nos_code ingest_load_seal(struct ingest_load *l, struct bench *b, size_t packs, size_t each,
    bool kept, struct nos_err *err)
{
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	size_t *ends = reallocarray(l->ends, packs, sizeof(*ends));

	if (!ends)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	l->ends = ends;
	l->packs = packs;
	l->each = each;
	l->kept = kept;
	nos_buf_truncate(&l->requests, 0);
	nos_buf_init(&plain, PLAIN_MAX);
	nos_buf_init(&sealed, NOS_PACK_MAX);
	for (size_t i = 0; i < l->source_count; i++)
		l->sources[i].before = l->sources[i].seq;
	for (size_t i = 0; i < packs; i++) {
		if (i % LOOK_EVERY == 0 && bench_go_on(err))
			return err->code;
		if (seal_one(l, i, &plain, &sealed, &b->random, err))
			return err->code;
	}
	return NOS_OK;
}

void ingest_load_unseal(struct ingest_load *l)
{
	nos_buf_release(&l->requests);
	l->packs = 0;
}

struct nos_str ingest_load_request(const struct ingest_load *l, size_t pack)
{
	const size_t from = pack ? l->ends[pack - 1] : 0;

	return (struct nos_str){ l->requests.p + from, l->ends[pack] - from };
}

/* ---- records ---- */

/* The number behind a member's name, which no text of such a record holds. */
static bool number_of(struct nos_str record, const char *before, int base, uint64_t *ret)
{
	const char *at = memmem(record.p, record.len, before, strlen(before));
	char digits[32];
	size_t n = 0, left;

	if (!at)
		return false;
	at += strlen(before);
	left = record.len - (size_t)(at - record.p);
	for (; n < left && n < sizeof(digits) - 1 && strchr("0123456789abcdef", at[n]); n++)
		digits[n] = at[n];
	digits[n] = '\0';
	*ret = strtoull(digits, NULL, base);
	return n > 0;
}

/* "id":"NODE-POSITION-PLACE" */
static bool place_of(struct nos_str record, uint64_t *ret)
{
	static const char before[] = "{\"id\":\"";
	char text[96];
	const char *dash;

	if (!nos_str_starts(record, before))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)(record.len < 95 ? record.len : 95), record.p);
	text[sizeof(before) - 1 + strcspn(text + sizeof(before) - 1, "\"")] = '\0';
	dash = strrchr(text, '-');
	*ret = dash ? strtoull(dash + 1, NULL, 10) : 0;
	return dash != NULL;
}

bool ingest_load_find(const struct ingest_load *l, struct nos_str record, size_t *ret)
{
	uint64_t id, seq, place;
	size_t turn, pack;

	if (!place_of(record, &place) || !number_of(record, "\"source\":\"s-", 16, &id) ||
	    !number_of(record, "\"seq\":", 10, &seq) || !id || id > l->source_count ||
	    place >= l->each)
		return false;
	turn = l->turns[id - 1];
	if (seq <= l->sources[turn].before)
		return false;
	pack = (seq - l->sources[turn].before - 1) * l->source_count + turn;
	*ret = pack * l->each + place;
	return pack < l->packs;
}
