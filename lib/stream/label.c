/* SPDX-License-Identifier: MIT */
#include "stream/label.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FEW 64 /* buckets to begin with; always a power of two */

/* Few are taken and dropped: when a source's first reading of a type comes, and when it leaves. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nos_label **buckets; /* guarded by lock, so also: */
static size_t bucket_count, count;

static uint64_t hash_of(struct nos_str claimed, struct nos_str type)
{
	return nos_str_hash(type) * 31 + nos_str_hash(claimed);
}

static struct nos_label **slot(uint64_t hash, struct nos_str claimed, struct nos_str type)
{
	struct nos_label **p = &buckets[hash & (bucket_count - 1)];

	while (*p && ((*p)->hash != hash || !nos_str_eq(nos_label_claimed(*p), claimed) ||
			 !nos_str_eq(nos_label_type(*p), type)))
		p = &(*p)->chain;
	return p;
}

/* Longer chains do no harm where there is no memory, as long as there are any. */
static bool make_room(void)
{
	const size_t wanted = bucket_count ? bucket_count * 2 : FEW;
	struct nos_label **grown, *next;

	if (bucket_count && count < bucket_count)
		return true;
	grown = calloc(wanted, sizeof(struct nos_label *));
	if (!grown)
		return bucket_count > 0;
	for (size_t i = 0; i < bucket_count; i++)
		for (struct nos_label *l = buckets[i]; l; l = next) {
			next = l->chain;
			l->chain = grown[l->hash & (wanted - 1)];
			grown[l->hash & (wanted - 1)] = l;
		}
	free(buckets);
	buckets = grown;
	bucket_count = wanted;
	return true;
}

static struct nos_label *add(uint64_t hash, struct nos_str claimed, struct nos_str type)
{
	struct nos_label *l = malloc(sizeof(*l) + claimed.len + type.len), **at;

	if (!l)
		return NULL;
	*l = (struct nos_label){
		.hash = hash, .claimed_len = (uint32_t)claimed.len, .type_len = (uint32_t)type.len
	};
	memcpy(l->text, claimed.p, claimed.len);
	memcpy(l->text + claimed.len, type.p, type.len);
	at = &buckets[hash & (bucket_count - 1)];
	l->chain = *at;
	*at = l;
	count++;
	return l;
}

const struct nos_label *nos_label_take(struct nos_str claimed, struct nos_str type)
{
	const uint64_t hash = hash_of(claimed, type);
	struct nos_label *l = NULL;

	pthread_mutex_lock(&lock);
	if (make_room()) {
		l = *slot(hash, claimed, type);
		if (!l)
			l = add(hash, claimed, type);
		if (l)
			l->holders++;
	}
	pthread_mutex_unlock(&lock);
	return l;
}

/* The last one takes the table with it. */
static void take_out(struct nos_label *l)
{
	struct nos_label **p = &buckets[l->hash & (bucket_count - 1)];

	while (*p != l)
		p = &(*p)->chain;
	*p = l->chain;
	free(l);
	if (--count)
		return;
	free(buckets);
	buckets = NULL;
	bucket_count = 0;
}

void nos_label_drop(const struct nos_label *l)
{
	struct nos_label *mine = (struct nos_label *)(uintptr_t)l;

	if (!l)
		return;
	pthread_mutex_lock(&lock);
	if (!--mine->holders)
		take_out(mine);
	pthread_mutex_unlock(&lock);
}
