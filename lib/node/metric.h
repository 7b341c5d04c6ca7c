/* SPDX-License-Identifier: MIT */
/* What a node counts, and the text of GET /metrics (Prometheus exposition format 0.0.4).
 * Thread-safe. */
#ifndef NOS_NODE_METRIC_H
#define NOS_NODE_METRIC_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "lifecycle/life.h"

/* Paths by which requests are counted. */
#define NOS_METRIC_PATH_MAP(X)               \
	X(NODE, "/v1/node")                  \
	X(SOURCES, "/v1/sources")            \
	X(DATA, "/v1/data")                  \
	X(KEYS, "/v1/sources/{id}/keys")     \
	X(ACKS, "/v1/sources/{id}/acks")     \
	X(RESYNC, "/v1/sources/{id}/resync") \
	X(RECORDS, "/v1/records")            \
	X(PEER, "/v1/peer")                  \
	X(FORWARD, "/v1/forward")            \
	X(OTHER, "other")

enum nos_metric_path {
#define X(name, text) NOS_METRIC_##name,
	NOS_METRIC_PATH_MAP(X)
#undef X
	    NOS_METRIC_PATH_COUNT
};

/* Counters: name, label, help. */
#define NOS_METRIC_COUNTER_MAP(X)                                                                \
	X(ACCEPTED, "nos_readings_accepted_total", "Readings acknowledged after commit.")        \
	X(STORED, "nos_readings_stored_total", "Readings of which a record is committed.")       \
	X(CORRECTED, "nos_records_corrected_total", "Records whose correction is committed.")    \
	X(PUBLISHED, "nos_readings_published_total", "Records that the broker acknowledged.")    \
	X(DUPLICATE, "nos_readings_duplicate_total", "Readings of packs that were seen before.") \
	X(EXPOSED, "nos_tokens_exposed_total", "Bearer tokens that came in plain.")              \
	X(BROKER_DROPPED, "nos_broker_dropped_total", "Messages that the broker says it dropped.")

enum nos_metric_counter {
#define X(name, text, help) NOS_METRIC_##name,
	NOS_METRIC_COUNTER_MAP(X)
#undef X
	    NOS_METRIC_COUNTER_COUNT
};

/* Gauges: name, label or "", help. */
#define NOS_METRIC_GAUGE_MAP(X)                                                               \
	X(OUTBOX, "nos_outbox_records", "", "Records that the broker has not acknowledged.")  \
	X(QUEUE_COMMIT, "nos_queue_entries", "{queue=\"commit\"}", "Entries of a queue.")     \
	X(QUEUE_REGISTER, "nos_queue_entries", "{queue=\"register\"}", "Entries of a queue.") \
	X(QUEUE_VISITS, "nos_queue_entries", "{queue=\"visits\"}", "Entries of a queue.")     \
	X(LIMIT_COMMIT, "nos_queue_limit", "{queue=\"commit\"}", "Limit of a queue.")         \
	X(LIMIT_REGISTER, "nos_queue_limit", "{queue=\"register\"}", "Limit of a queue.")     \
	X(LIMIT_VISITS, "nos_queue_limit", "{queue=\"visits\"}", "Limit of a queue.")         \
	X(LIMIT_POLLS, "nos_queue_limit", "{queue=\"polls\"}", "Limit of a queue.")           \
	X(LONG_POLLS, "nos_long_polls", "", "Polls that are held.")                           \
	X(SOURCES_HELD, "nos_sources", "", "Registered sources.")                             \
	X(STORE_BYTES, "nos_store_bytes", "", "Bytes of the store.")                          \
	X(ACCOUNT_BYTES, "nos_store_account_bytes", "",                                       \
	    "Bytes of all copies in the account of the store.")                               \
	X(ACCOUNT_LIMIT, "nos_store_account_limit_bytes", "",                                 \
	    "Bytes that the account of the store may hold; 0: not limited.")

enum nos_metric_gauge {
#define X(name, text, label, help) NOS_METRIC_##name,
	NOS_METRIC_GAUGE_MAP(X)
#undef X
	    NOS_METRIC_GAUGE_COUNT
};

#define NOS_METRIC_TIME_MAP(X)                                                      \
	X(COMMIT, "nos_commit_seconds", "From the begin of a group to its commit.") \
	X(ANSWER, "nos_answer_seconds",                                             \
	    "From a request's header to its answer, polls not counted.")            \
	X(PUBLISH, "nos_publish_seconds",                                           \
	    "From handing a record to the broker to its acknowledgement.")

enum nos_metric_time {
#define X(name, text, help) NOS_METRIC_TIME_##name,
	NOS_METRIC_TIME_MAP(X)
#undef X
	    NOS_METRIC_TIME_COUNT
};

/* Why a visit was refused: name, label, words. */
#define NOS_METRIC_REFUSAL_MAP(X)                                  \
	X(STRANGER, "stranger", "its home is not among the peers") \
	X(OWN, "own", "it is registered here")                     \
	X(HERE, "here", "it was revoked here")                     \
	X(HOME, "home", "its home gives no key of it")             \
	X(AWAY, "away", "its home is not reached")                 \
	X(BUSY, "busy", "too many strangers, or visitors, come at once")

enum nos_metric_refusal {
#define X(name, label, text) NOS_METRIC_REFUSAL_##name,
	NOS_METRIC_REFUSAL_MAP(X)
#undef X
	    NOS_METRIC_REFUSAL_COUNT
};

/* The stages of a pack: what they take of the processor. */
#define NOS_METRIC_STAGE_MAP(X) \
	X(HTTP, "http")         \
	X(OPEN, "open")         \
	X(PARSE, "parse")       \
	X(COMMIT, "commit")     \
	X(SCORE, "score")       \
	X(ENCODE, "encode")     \
	X(PUBLISH, "publish")

enum nos_metric_stage {
#define X(name, text) NOS_METRIC_STAGE_##name,
	NOS_METRIC_STAGE_MAP(X)
#undef X
	    NOS_METRIC_STAGE_COUNT
};

#define NOS_METRIC_SCHEMES  8 /* that changes are counted of */
#define NOS_METRIC_BUCKETS  12
#define NOS_METRIC_STATUSES 600

/* All-zero is valid. */
struct nos_metric {
	atomic_uint_least64_t counters[NOS_METRIC_COUNTER_COUNT];
	atomic_uint_least64_t gauges[NOS_METRIC_GAUGE_COUNT];
	atomic_uint_least64_t rejected[NOS_CODE_COUNT];
	atomic_uint_least64_t registrations[NOS_CODE_COUNT];
	atomic_uint_least64_t visits[NOS_CODE_COUNT]; /* homes asked, by what came of it */
	atomic_uint_least64_t refusals[NOS_METRIC_REFUSAL_COUNT]; /* of visits */
	atomic_uint_least64_t changes[NOS_METRIC_SCHEMES][NOS_STATE_COUNT];
	atomic_uint_least64_t stages_ns[NOS_METRIC_STAGE_COUNT]; /* node/lap.h */
	atomic_uint_least64_t requests[NOS_METRIC_PATH_COUNT][NOS_METRIC_STATUSES];
	struct {
		atomic_uint_least64_t buckets[NOS_METRIC_BUCKETS], count, sum_us;
	} times[NOS_METRIC_TIME_COUNT];
};

void nos_metric_add(struct nos_metric *m, enum nos_metric_counter counter, uint64_t n);
void nos_metric_set(struct nos_metric *m, enum nos_metric_gauge gauge, uint64_t value);
/* One of several has this part of a gauge: *had is what it said last, 0 before. */
void nos_metric_part(
    struct nos_metric *m, enum nos_metric_gauge gauge, uint64_t *had, uint64_t value);
void nos_metric_time(struct nos_metric *m, enum nos_metric_time which, struct nos_mono since);
void nos_metric_request(struct nos_metric *m, enum nos_metric_path path, unsigned status);

/* The label of a stage. */
const char *nos_metric_stage_text(enum nos_metric_stage stage);

/* A step of a key; state is the struct nos_metric. A group that fails and is done again is counted
 * twice. */
nos_life_noted nos_metric_noted;

/* Append the text; version is that of nos. */
void nos_metric_encode(struct nos_metric *m, const char *version, struct nos_buf *ret);

#endif
