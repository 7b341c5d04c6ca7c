/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingest_site.h"

#define ANSWER_MAX (1u << 20) /* bytes */
#define LINE_SIZE  256

/* Of the line that begins with this name; 0: there is none. */
static double metric(const char *text, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = text; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, len) == 0 && at[len] == ' ')
			return strtod(at + len, NULL);
	}
	return 0;
}

static uint64_t cpu_ns(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

enum nos_code ingest_site_count(
    struct ingest_site *s, struct ingest_site_count *ret, struct nos_err *err)
{
	char url[sizeof(s->admin) + 32], name[LINE_SIZE];
	struct nos_http_answer answer = { 0 };

	snprintf(url, sizeof(url), "http://%s/metrics", s->admin);
	nos_buf_init(&answer.body, ANSWER_MAX);
	if (!nos_http_client_send(s->client, url, NULL, NULL, &answer, err)) {
		const char *text = answer.body.p;

		ret->published = (uint64_t)metric(text, "nos_readings_published_total");
		ret->polls = (uint64_t)metric(text, "nos_long_polls");
		ret->groups = (uint64_t)metric(text, "nos_commit_seconds_count");
		for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++) {
			snprintf(name, sizeof(name), "nos_stage_cpu_seconds_total{stage=\"%s\"}",
			    nos_metric_stage_text((enum nos_metric_stage)i));
			ret->stages_ns[i] = (uint64_t)(metric(text, name) * 1e9);
		}
	}
	nos_buf_release(&answer.body);
	ret->cpu_ns = cpu_ns(s->node);
	return err->code;
}

uint64_t ingest_site_memory(const struct ingest_site *s)
{
	char path[LINE_SIZE], line[LINE_SIZE];
	uint64_t kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)s->node);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtoull(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kib * 1024;
}
