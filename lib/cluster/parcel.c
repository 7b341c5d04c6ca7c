/* SPDX-License-Identifier: MIT */
#include "cluster/parcel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "crypto/aead.h"
#include "crypto/random.h"
#include "key/derive.h"

#define VERSION	 1
#define TIME_LEN 8
#define WORDS	 (NOS_PARCEL_WINDOW / 64)
#define LABEL	 "forward"
#define LABEL_OF "forward run"

/* Another process, as far as it was heard. */
struct nos_parcel_run {
	uint8_t id[NOS_PARCEL_RUN_LEN];
	struct nos_secret key;
	uint64_t top;	      /* largest number of its requests */
	uint64_t *seen;	      /* a bit each of the window up to top; NULL: no request came */
	struct nos_time gone; /* when each of its requests that was taken is old */
	struct nos_mono used;
};

static void drop_run(struct nos_parcel *p, size_t i)
{
	free(p->runs[i].seen);
	nos_secret_release(&p->runs[i].key);
	p->runs[i] = p->runs[--p->count];
	explicit_bzero(&p->runs[p->count], sizeof(p->runs[0]));
}

static enum nos_code key_of(const struct nos_parcel *p, const uint8_t run[NOS_PARCEL_RUN_LEN],
    struct nos_secret *ret, struct nos_err *err)
{
	const struct nos_derive_field field[] = { NOS_DERIVE_BYTES(run, NOS_PARCEL_RUN_LEN) };

	return nos_derive_key(&p->root, LABEL_OF, field, 1, 32, ret, err);
}

enum nos_code nos_parcel_init(
    struct nos_parcel *p, const struct nos_vault *vault, struct nos_time now, struct nos_err *err)
{
	*p = (struct nos_parcel){ .since = now, .began = nos_mono_now() };
	p->runs = calloc(NOS_PARCEL_RUNS, sizeof(*p->runs));
	if (!p->runs)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	pthread_mutex_init(&p->lock, NULL);
	p->locked = true;
	if (nos_random_bytes(p->run, sizeof(p->run), err) ||
	    nos_derive_key(&vault->key, LABEL, NULL, 0, 32, &p->root, err))
		return err->code;
	return key_of(p, p->run, &p->key, err);
}

void nos_parcel_release(struct nos_parcel *p)
{
	while (p->count)
		drop_run(p, p->count - 1);
	free(p->runs);
	if (p->locked)
		pthread_mutex_destroy(&p->lock);
	nos_secret_release(&p->root);
	nos_secret_release(&p->key);
	p->runs = NULL;
	p->locked = false;
}

/* ---- sealing ---- */

static void put_number(uint8_t *at, uint64_t n)
{
	for (size_t i = 0; i < 8; i++)
		at[i] = (uint8_t)(n >> (56 - 8 * i));
}

static uint64_t number_at(const uint8_t *at)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | at[i];
	return n;
}

static uint64_t number_of(const struct nos_parcel_id *id)
{
	return number_at(id->bytes + 1 + NOS_PARCEL_RUN_LEN);
}

/* Requests and answers are counted apart. */
static void nonce_of(
    const struct nos_parcel_id *id, bool answer, uint8_t ret[static NOS_AEAD_NONCE_LEN])
{
	memset(ret, 0, NOS_AEAD_NONCE_LEN);
	ret[0] = answer;
	put_number(ret + NOS_AEAD_NONCE_LEN - 8, number_of(id));
}

/* Two ids, the second that of the request, or zeros. */
struct bound {
	struct nos_parcel_id id, answered;
};

static struct nos_span bind(
    struct bound *b, const struct nos_parcel_id *id, const struct nos_parcel_id *answered)
{
	*b = (struct bound){ .id = *id };
	if (answered)
		b->answered = *answered;
	return (struct nos_span){ b->id.bytes, sizeof(*b) };
}

void nos_parcel_begin(struct nos_buf *b, struct nos_time now)
{
	uint8_t *at = nos_buf_extend(b, NOS_PARCEL_HEAD_LEN + TIME_LEN);

	if (!at)
		return;
	memset(at, 0, NOS_PARCEL_HEAD_LEN);
	put_number(at + NOS_PARCEL_HEAD_LEN, (uint64_t)now.ms);
}

enum nos_code nos_parcel_seal(struct nos_parcel *p, const struct nos_parcel_id *answered,
    struct nos_buf *b, struct nos_parcel_id *ret, struct nos_err *err)
{
	uint8_t nonce[NOS_AEAD_NONCE_LEN];
	uint8_t *tag = nos_buf_extend(b, NOS_AEAD_TAG_LEN), *at;
	struct bound bound;
	struct nos_span text;

	if (!tag)
		return nos_buf_check(b, "a forwarded request", err);
	ret->bytes[0] = VERSION;
	memcpy(ret->bytes + 1, p->run, NOS_PARCEL_RUN_LEN);
	put_number(
	    ret->bytes + 1 + NOS_PARCEL_RUN_LEN, atomic_fetch_add(&p->n[answered != NULL], 1) + 1);
	memcpy(b->p, ret->bytes, NOS_PARCEL_HEAD_LEN);
	nonce_of(ret, answered, nonce);
	at = (uint8_t *)b->p + NOS_PARCEL_HEAD_LEN;
	text = (struct nos_span){ at, (size_t)(tag - at) };
	return nos_aead_gcm_seal(&p->key, nonce, bind(&bound, ret, answered), text, at, tag, err);
}

/* ---- opening ---- */

/* With the lock. NULL: not known. */
static struct nos_parcel_run *find(struct nos_parcel *p, const struct nos_parcel_id *id)
{
	for (size_t i = 0; i < p->count; i++)
		if (memcmp(p->runs[i].id, id->bytes + 1, NOS_PARCEL_RUN_LEN) == 0)
			return &p->runs[i];
	return NULL;
}

/* The key of a run that was heard, or a new one's. */
static enum nos_code find_key(struct nos_parcel *p, const struct nos_parcel_id *id,
    struct nos_secret *ret, struct nos_err *err)
{
	struct nos_parcel_run *run;

	pthread_mutex_lock(&p->lock);
	run = find(p, id);
	if (run)
		*ret = run->key;
	pthread_mutex_unlock(&p->lock);
	return run ? NOS_OK : key_of(p, id->bytes + 1, ret, err);
}

/* Room for one more: of those whose requests are all old, the one that was unused for longest goes.
 */
static bool make_room(struct nos_parcel *p, struct nos_time now)
{
	size_t oldest = p->count;

	if (p->count < NOS_PARCEL_RUNS)
		return true;
	for (size_t i = 0; i < p->count; i++)
		if (p->runs[i].gone.ms < now.ms &&
		    (oldest == p->count || p->runs[i].used.us < p->runs[oldest].used.us))
			oldest = i;
	if (oldest == p->count)
		return false;
	drop_run(p, oldest);
	return true;
}

/* With the lock. NULL: there is no room. */
static struct nos_parcel_run *know(struct nos_parcel *p, const struct nos_parcel_id *id,
    const struct nos_secret *key, struct nos_time now)
{
	struct nos_parcel_run *run = find(p, id);

	if (!run && make_room(p, now)) {
		run = &p->runs[p->count++];
		*run = (struct nos_parcel_run){ .key = *key };
		memcpy(run->id, id->bytes + 1, sizeof(run->id));
	}
	if (run)
		run->used = nos_mono_now();
	return run;
}

static void move_window(struct nos_parcel_run *run, uint64_t top)
{
	if (top - run->top >= NOS_PARCEL_WINDOW)
		memset(run->seen, 0, WORDS * sizeof(*run->seen));
	else
		for (uint64_t n = run->top + 1; n <= top; n++)
			run->seen[n / 64 % WORDS] &= ~(UINT64_C(1) << n % 64);
	run->top = top;
}

static enum nos_code see(struct nos_parcel_run *run, uint64_t n, struct nos_err *err)
{
	uint64_t *word, bit = UINT64_C(1) << n % 64;

	if (!run->seen) {
		run->seen = calloc(WORDS, sizeof(*run->seen));
		if (!run->seen)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		run->top = n;
	}
	if (n > run->top)
		move_window(run, n);
	if (run->top - n >= NOS_PARCEL_WINDOW)
		return nos_err_set(err, NOS_DENIED, "many came since it was sealed");
	word = &run->seen[n / 64 % WORDS];
	if (*word & bit)
		return nos_err_set(err, NOS_DENIED, "it was seen");
	*word |= bit;
	return NOS_OK;
}

static enum nos_code check_time(
    const struct nos_parcel *p, struct nos_time sealed, struct nos_time now, struct nos_err *err)
{
	const bool young = nos_mono_now().us - p->began.us < NOS_PARCEL_AGE_MS * UINT64_C(1000);

	if (young && sealed.ms < p->since.ms)
		return nos_err_set(err, NOS_DENIED, "it was sealed before this node began");
	if (sealed.ms < 0 || now.ms - sealed.ms >= NOS_PARCEL_AGE_MS)
		return nos_err_set(err, NOS_DENIED, "it is old, or a clock is not right");
	if (sealed.ms - now.ms >= NOS_PARCEL_AGE_MS)
		return nos_err_set(err, NOS_DENIED, "its time is to come: a clock is not right");
	return NOS_OK;
}

/* What has verified: of a request, that it is new. */
static enum nos_code note(struct nos_parcel *p, const struct nos_parcel_id *id, bool answer,
    const struct nos_secret *key, struct nos_time sealed, struct nos_time now, struct nos_err *err)
{
	struct nos_parcel_run *run;

	if (!answer && check_time(p, sealed, now, err))
		return err->code;
	pthread_mutex_lock(&p->lock);
	run = know(p, id, key, now);
	if (!run && !answer)
		nos_err_set(err, NOS_BUSY, "too many others");
	if (run && !answer && !see(run, number_of(id), err) &&
	    sealed.ms + NOS_PARCEL_AGE_MS > run->gone.ms)
		run->gone.ms = sealed.ms + NOS_PARCEL_AGE_MS;
	pthread_mutex_unlock(&p->lock);
	return err->code;
}

enum nos_code nos_parcel_open(struct nos_parcel *p, const struct nos_parcel_id *answered,
    struct nos_span sealed, struct nos_time now, struct nos_buf *into, struct nos_span *ret_text,
    struct nos_parcel_id *ret, struct nos_err *err)
{
	const size_t more = NOS_PARCEL_HEAD_LEN + NOS_AEAD_TAG_LEN;
	uint8_t nonce[NOS_AEAD_NONCE_LEN];
	NOS_AUTO(secret) key = { 0 };
	struct nos_span text;
	struct bound bound;
	uint8_t *at;

	if (sealed.len < more + TIME_LEN || sealed.p[0] != VERSION)
		return nos_err_set(err, NOS_TAG, "does not verify");
	memcpy(ret->bytes, sealed.p, NOS_PARCEL_HEAD_LEN);
	text = (struct nos_span){ sealed.p + NOS_PARCEL_HEAD_LEN, sealed.len - more };
	nonce_of(ret, answered, nonce);
	at = nos_buf_extend(into, text.len);
	if (!at)
		return nos_buf_check(into, "what was forwarded", err);
	if (find_key(p, ret, &key, err) ||
	    nos_aead_gcm_open(
		&key, nonce, bind(&bound, ret, answered), text, text.p + text.len, at, err) ||
	    note(p, ret, answered, &key, (struct nos_time){ (int64_t)number_at(at) }, now, err)) {
		nos_buf_truncate(into, 0);
		return err->code;
	}
	*ret_text = (struct nos_span){ at + TIME_LEN, text.len - TIME_LEN };
	return NOS_OK;
}
