/* SPDX-License-Identifier: MIT */
#include "node/metric.h"

#include <inttypes.h>
#include <string.h>

static const char *const paths[] = {
#define X(name, text) [NOS_METRIC_##name] = text,
	NOS_METRIC_PATH_MAP(X)
#undef X
};

static const struct {
	const char *name, *help;
} counters[] = {
#define X(name, text, help) [NOS_METRIC_##name] = { text, help },
	NOS_METRIC_COUNTER_MAP(X)
#undef X
};

static const struct {
	const char *name, *label, *help;
} gauges[] = {
#define X(name, text, label, help) [NOS_METRIC_##name] = { text, label, help },
	NOS_METRIC_GAUGE_MAP(X)
#undef X
};

static const struct {
	const char *name, *help;
} times[] = {
#define X(name, text, help) [NOS_METRIC_TIME_##name] = { text, help },
	NOS_METRIC_TIME_MAP(X)
#undef X
};

static const char *const stages[] = {
#define X(name, text) [NOS_METRIC_STAGE_##name] = text,
	NOS_METRIC_STAGE_MAP(X)
#undef X
};

/* Upper ends, microseconds. */
static const uint64_t ends[NOS_METRIC_BUCKETS] = { 500, 1000, 2000, 5000, 10000, 20000, 50000,
	100000, 200000, 500000, 1000000, 5000000 };

void nos_metric_add(struct nos_metric *m, enum nos_metric_counter counter, uint64_t n)
{
	atomic_fetch_add_explicit(&m->counters[counter], n, memory_order_relaxed);
}

void nos_metric_set(struct nos_metric *m, enum nos_metric_gauge gauge, uint64_t value)
{
	atomic_store_explicit(&m->gauges[gauge], value, memory_order_relaxed);
}

void nos_metric_part(
    struct nos_metric *m, enum nos_metric_gauge gauge, uint64_t *had, uint64_t value)
{
	if (value != *had)
		atomic_fetch_add_explicit(&m->gauges[gauge], value - *had, memory_order_relaxed);
	*had = value;
}

void nos_metric_time(struct nos_metric *m, enum nos_metric_time which, struct nos_mono since)
{
	uint64_t us = nos_mono_now().us - since.us;

	for (int i = 0; i < NOS_METRIC_BUCKETS; i++)
		if (us <= ends[i]) {
			atomic_fetch_add_explicit(
			    &m->times[which].buckets[i], 1, memory_order_relaxed);
			break;
		}
	atomic_fetch_add_explicit(&m->times[which].count, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->times[which].sum_us, us, memory_order_relaxed);
}

void nos_metric_request(struct nos_metric *m, enum nos_metric_path path, unsigned status)
{
	if (status < NOS_METRIC_STATUSES)
		atomic_fetch_add_explicit(&m->requests[path][status], 1, memory_order_relaxed);
}

const char *nos_metric_stage_text(enum nos_metric_stage stage)
{
	return stages[stage];
}

void nos_metric_noted(void *state, const struct nos_assoc_event *e)
{
	struct nos_metric *m = state;
	const struct nos_scheme *of = nos_scheme_of(e->name.kind);

	for (size_t i = 0; of && i < NOS_METRIC_SCHEMES; i++)
		if (nos_scheme_at(i) == of)
			atomic_fetch_add_explicit(&m->changes[i][e->to], 1, memory_order_relaxed);
}

static void head(struct nos_buf *b, const char *name, const char *help, const char *kind)
{
	nos_buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void encode_codes(
    struct nos_buf *b, const char *name, const char *help, atomic_uint_least64_t *codes)
{
	head(b, name, help, "counter");
	for (int i = 0; i < NOS_CODE_COUNT; i++)
		if (codes[i])
			nos_buf_addf(b, "%s{code=\"%s\"} %" PRIu64 "\n", name,
			    nos_code_slug((enum nos_code)i), (uint64_t)codes[i]);
}

static void encode_requests(struct nos_metric *m, struct nos_buf *b)
{
	const char *name = "nos_http_requests_total";

	head(b, name, "Requests answered.", "counter");
	for (int p = 0; p < NOS_METRIC_PATH_COUNT; p++)
		for (int s = 0; s < NOS_METRIC_STATUSES; s++)
			if (m->requests[p][s])
				nos_buf_addf(b, "%s{path=\"%s\",status=\"%d\"} %" PRIu64 "\n", name,
				    paths[p], s, (uint64_t)m->requests[p][s]);
}

static void encode_results(
    struct nos_buf *b, const char *name, const char *help, atomic_uint_least64_t *codes)
{
	head(b, name, help, "counter");
	for (int i = 0; i < NOS_CODE_COUNT; i++)
		if (codes[i])
			nos_buf_addf(b, "%s{result=\"%s\"} %" PRIu64 "\n", name,
			    nos_code_slug((enum nos_code)i), (uint64_t)codes[i]);
}

static void encode_refusals(struct nos_metric *m, struct nos_buf *b)
{
	static const char *const labels[] = {
#define X(name, label, text) [NOS_METRIC_REFUSAL_##name] = label,
		NOS_METRIC_REFUSAL_MAP(X)
#undef X
	};
	const char *name = "nos_visits_refused_total";

	head(b, name, "Packs of visitors refused.", "counter");
	for (int i = 0; i < NOS_METRIC_REFUSAL_COUNT; i++)
		if (m->refusals[i])
			nos_buf_addf(b, "%s{cause=\"%s\"} %" PRIu64 "\n", name, labels[i],
			    (uint64_t)m->refusals[i]);
}

static void encode_changes(struct nos_metric *m, struct nos_buf *b)
{
	const char *name = "nos_key_changes_total";
	const struct nos_scheme *scheme;

	head(b, name, "Steps of keys, by the state that they led to.", "counter");
	for (size_t i = 0; i < NOS_METRIC_SCHEMES && (scheme = nos_scheme_at(i)); i++)
		for (int to = 0; to < NOS_STATE_COUNT; to++)
			if (m->changes[i][to])
				nos_buf_addf(b, "%s{scheme=\"%s\",to=\"%s\"} %" PRIu64 "\n", name,
				    scheme->name, nos_state_text((enum nos_state)to),
				    (uint64_t)m->changes[i][to]);
}

static void encode_stages(struct nos_metric *m, struct nos_buf *b)
{
	const char *name = "nos_stage_cpu_seconds_total";

	head(b, name, "Processor time of the stages of packs.", "counter");
	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++)
		nos_buf_addf(
		    b, "%s{stage=\"%s\"} %.6f\n", name, stages[i], (double)m->stages_ns[i] / 1e9);
}

static void encode_times(struct nos_metric *m, struct nos_buf *b)
{
	for (int t = 0; t < NOS_METRIC_TIME_COUNT; t++) {
		uint64_t sum = 0;

		head(b, times[t].name, times[t].help, "histogram");
		for (int i = 0; i < NOS_METRIC_BUCKETS; i++) {
			sum += m->times[t].buckets[i];
			nos_buf_addf(b, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", times[t].name,
			    (double)ends[i] / 1e6, sum);
		}
		nos_buf_addf(b,
		    "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n",
		    times[t].name, (uint64_t)m->times[t].count, times[t].name,
		    (double)m->times[t].sum_us / 1e6, times[t].name, (uint64_t)m->times[t].count);
	}
}

void nos_metric_encode(struct nos_metric *m, const char *version, struct nos_buf *b)
{
	for (int i = 0; i < NOS_METRIC_COUNTER_COUNT; i++) {
		head(b, counters[i].name, counters[i].help, "counter");
		nos_buf_addf(b, "%s %" PRIu64 "\n", counters[i].name, (uint64_t)m->counters[i]);
	}
	encode_codes(b, "nos_readings_rejected_total", "Readings refused.", m->rejected);
	encode_requests(m, b);
	encode_results(b, "nos_registrations_total", "Registrations answered.", m->registrations);
	encode_results(b, "nos_visits_total", "Homes asked for the key of a visitor.", m->visits);
	encode_refusals(m, b);
	encode_changes(m, b);
	for (int i = 0; i < NOS_METRIC_GAUGE_COUNT; i++) {
		if (i == 0 || strcmp(gauges[i].name, gauges[i - 1].name) != 0)
			head(b, gauges[i].name, gauges[i].help, "gauge");
		nos_buf_addf(b, "%s%s %" PRIu64 "\n", gauges[i].name, gauges[i].label,
		    (uint64_t)m->gauges[i]);
	}
	encode_times(m, b);
	encode_stages(m, b);
	head(b, "nos_build_info", "The version that runs.", "gauge");
	nos_buf_addf(b, "nos_build_info{version=\"%s\"} 1\n", version);
}
