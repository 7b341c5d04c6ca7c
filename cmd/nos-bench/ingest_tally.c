/* SPDX-License-Identifier: MIT */
#include "ingest_tally.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "ingest_post.h"
#include "self/lanes.h"
#include "stream/processed.h"
#include "store/store.h"

#define AT_ONCE	    1000 /* entries of one look into the store */
#define KEEPALIVE_S 60
#define TURN_MS	    20
#define WAIT_MS	    30000

/* ---- readings ---- */

enum nos_code ingest_tally_open(
    struct ingest_tally *t, const struct ingest_load *load, struct nos_err *err)
{
	t->load = load;
	t->met = calloc(load->packs * load->each, sizeof(*t->met));
	return t->met ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

void ingest_tally_release(struct ingest_tally *t)
{
	free(t->met);
	*t = (struct ingest_tally){ 0 };
}

/* False: it is none of the load's. */
static bool meet(struct ingest_tally *t, struct nos_str record, size_t *ret)
{
	if (!ingest_load_find(t->load, record, ret))
		return false;
	if (t->met[*ret])
		t->again++;
	else
		t->distinct++;
	if (t->met[*ret] < UINT8_MAX)
		t->met[*ret]++;
	return true;
}

/* ---- in the store ---- */

struct look {
	struct ingest_tally *t;
	uint64_t last;
};

static enum nos_code entry(
    void *state, uint64_t position, struct nos_span bytes, struct nos_err *err)
{
	struct look *l = state;
	struct nos_processed r;
	size_t reading;

	if (!nos_processed_decode(bytes, &r))
		return nos_err_set(err, NOS_IO, "record %" PRIu64 " is damaged", position);
	l->last = position;
	meet(l->t, r.record, &reading);
	return NOS_OK;
}

static enum nos_code go_through(
    struct ingest_tally *t, struct nos_store *store, uint64_t *after, struct nos_err *err)
{
	struct look l = { .t = t, .last = *after };

	do
		*after = l.last;
	while (!nos_store_read(store, NOS_PROCESSED_STREAM, *after, AT_ONCE, entry, &l, err) &&
	       l.last != *after);
	return err->code;
}

enum nos_code ingest_tally_store(
    struct ingest_tally *t, struct ingest_store *from, struct nos_err *err)
{
	const struct nos_store_where where = ingest_store_where(from);
	struct nos_store *store;
	unsigned lanes = 0;

	if (nos_store_open(&where, false, &store, err))
		return err->code;
	(void)!nos_lanes_get(store, &lanes, err);
	for (unsigned i = 0; i < lanes && !err->code; i++) {
		nos_store_enter(store, i);
		(void)!go_through(t, store, &from->after[i], err);
	}
	nos_store_close(store);
	return err->code;
}

/* ---- over the broker ---- */

static void acked(void *state, uint64_t tag)
{
	(void)state, (void)tag;
}

static void turned(void *state, bool connected, const struct nos_err *err)
{
	struct ingest_heard *h = state;

	if (!connected && atomic_load(&h->stands))
		h->err = *err;
}

static void heard(void *state, struct nos_str payload)
{
	struct ingest_heard *h = state;
	size_t reading;
	uint64_t sent;

	/* The node's status is retained: it comes once the subscription stands. */
	if (nos_str_starts(payload, "{\"node\":")) {
		atomic_store(&h->stands, true);
		return;
	}
	if (!meet(&h->tally, payload, &reading))
		return;
	h->bytes += payload.len;
	atomic_store(&h->count, h->tally.distinct);
	sent = atomic_load_explicit(&h->sent[reading / h->tally.load->each], memory_order_relaxed);
	if (!h->err.code)
		(void)!bench_sample_add(
		    &h->took, (double)(ingest_post_clock() - sent) / 1e6, &h->err);
}

static void *run(void *state)
{
	struct ingest_heard *h = state;
	struct timespec t;

	while (!atomic_load(&h->stop))
		nos_mqtt_wait(h->mqtt, -1, TURN_MS);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	h->cpu_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	return NULL;
}

enum nos_code ingest_heard_begin(struct ingest_heard *h, const char *mqtt,
    const struct ingest_load *load, const atomic_uint_least64_t *sent, struct nos_err *err)
{
	char topic[NOS_MQTT_HEAR_MAX];
	const struct nos_mqtt_config config = { .url = mqtt,
		.client_id = "nos-bench",
		.window = 1,
		.keepalive_s = KEEPALIVE_S,
		.state = h,
		.acked = acked,
		.turned = turned,
		.hear = topic,
		.hear_qos = 1,
		.heard = heard };

	snprintf(topic, sizeof(topic), "nos/%d/#", INGEST_SITE_NODE);
	h->sent = sent;
	if (ingest_tally_open(&h->tally, load, err) || nos_mqtt_new(&config, &h->mqtt, err))
		return err->code;
	if (pthread_create(&h->thread, NULL, run, h))
		return nos_err_set(err, NOS_INTERNAL, "cannot start a thread");
	h->runs = true;
	for (int ms = 0; !atomic_load(&h->stands); ms += TURN_MS) {
		if (bench_go_on(err))
			return err->code;
		if (ms >= WAIT_MS)
			return nos_err_set(err, NOS_AWAY, "no word of the node over the broker");
		poll(NULL, 0, TURN_MS);
	}
	return NOS_OK;
}

enum nos_code ingest_heard_end(struct ingest_heard *h, struct nos_err *err)
{
	atomic_store(&h->stop, true);
	if (h->runs)
		pthread_join(h->thread, NULL);
	h->runs = false;
	if (h->err.code)
		*err = h->err;
	return err->code;
}

void ingest_heard_close(struct ingest_heard *h)
{
	struct nos_err err = { 0 };

	(void)!ingest_heard_end(h, &err);
	if (h->mqtt)
		nos_mqtt_disconnect(h->mqtt);
	nos_mqtt_free(h->mqtt);
	bench_sample_release(&h->took);
	ingest_tally_release(&h->tally);
	*h = (struct ingest_heard){ 0 };
}
