/* SPDX-License-Identifier: MIT */
#include "self/idle.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json/decode.h"
#include "self/lease.h"

#define STEP_NS	 100000000 /* between two looks */
#define TEXT_MAX 1024

/* The newest beat of all. */
struct look {
	uint64_t newest;
	size_t count;
	char url[NOS_LEASE_URL_MAX];
};

static enum nos_code take(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct look *k = state;
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	(void)key;
	k->count++;
	if (rev <= k->newest)
		return NOS_OK;
	k->newest = rev;
	/* Whatever it is, it was written; where it says so, by whom. */
	if (nos_decode_object(&scan, value, "beat", &d, err) ||
	    nos_decode_copy(&d, "url", false, k->url, sizeof(k->url), err))
		nos_err_clear(err);
	nos_scan_release(&scan);
	return NOS_OK;
}

static enum nos_code look(struct nos_store *store, struct look *ret, struct nos_err *err)
{
	*ret = (struct look){ 0 };
	if (nos_store_scan(store, NOS_LEASE_LIVE_NS, NOS_STR(""), take, ret, err))
		return err->code;
	return nos_store_scan(store, NOS_LEASE_NS, NOS_STR(""), take, ret, err);
}

static enum nos_code runs(const struct look *k, struct nos_err *err)
{
	return nos_err_set(err, NOS_BUSY, "a nos-serve runs on the store%s%s: end it first",
	    *k->url ? ", at " : "", k->url);
}

static enum nos_code watch(
    struct nos_idle *i, const struct nos_home *h, const volatile int *stop, struct nos_err *err)
{
	const uint64_t end_us = nos_mono_now().us + NOS_LEASE_FREE_US;
	struct look first, next;

	if (look(h->store, &first, err))
		return err->code;
	i->newest = first.newest;
	while (first.count && nos_mono_now().us < end_us) {
		nanosleep(&(struct timespec){ .tv_nsec = STEP_NS }, NULL);
		if (stop && *stop)
			return nos_err_set(err, NOS_BUSY, "stopped");
		if (look(h->store, &next, err))
			return err->code;
		if (next.newest > i->newest)
			return runs(&next, err);
	}
	return NOS_OK;
}

enum nos_code nos_idle_hold(
    struct nos_idle *ret, const struct nos_home *h, const volatile int *stop, struct nos_err *err)
{
	*ret = (struct nos_idle){ .fd = -1 };
	if (nos_home_lock(h, "serve", 0, &ret->fd, err))
		return err->code == NOS_BUSY ? nos_err_set(err, NOS_BUSY,
						   "a nos-serve runs on the store: end it first")
					     : err->code;
	return watch(ret, h, stop, err);
}

enum nos_code nos_idle_again(
    const struct nos_idle *i, const struct nos_home *h, struct nos_err *err)
{
	struct look now;

	if (look(h->store, &now, err))
		return err->code;
	return now.newest > i->newest ? runs(&now, err) : NOS_OK;
}

void nos_idle_release(struct nos_idle *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}
