/* SPDX-License-Identifier: MIT */
/*
 * What the loads of scripts/bench-peers share: the readings, which are those of packs.c; a file of
 * settings, so that no secret is in arguments; and what came of a run, as one line of JSON. Ends
 * the program where something is wrong.
 */
#ifndef HELP_PEERS_H
#define HELP_PEERS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json/encode.h"

#define PEERS_PACKS    512 /* different ones; then they come again */
#define PEERS_EACH_MAX 1000

static inline void peers_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static inline uint64_t peers_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline uint64_t peers_now(void)
{
	return peers_clock(CLOCK_MONOTONIC);
}

/* ---- settings ---- */

/* Lines "NAME VALUE"; a value is no longer than the line. */
struct peers_settings {
	char text[8192];
};

static inline void peers_settings_read(struct peers_settings *s, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t len = f ? fread(s->text, 1, sizeof(s->text) - 1, f) : 0;

	if (!len)
		peers_die(path, "no settings");
	s->text[len] = '\0';
	fclose(f);
	for (char *at = s->text; (at = strchr(at, '\n')); at++)
		*at = '\0';
}

/* NULL: it has no such line. */
static inline const char *peers_setting(const struct peers_settings *s, const char *name)
{
	const char *end = s->text + sizeof(s->text);
	const size_t len = strlen(name);

	for (const char *at = s->text; at < end && *at; at += strlen(at) + 1)
		if (strncmp(at, name, len) == 0 && at[len] == ' ')
			return at + len + 1;
	return NULL;
}

static inline const char *peers_setting_need(const struct peers_settings *s, const char *name)
{
	const char *value = peers_setting(s, name);

	if (!value)
		peers_die(name, "not among the settings");
	return value;
}

/* ---- readings ---- */

/* PEERS_PACKS of them, each so many lines; ends[i] is where line i is over. */
struct peers_readings {
	struct nos_buf text;
	size_t each, *ends;
};

static inline void peers_readings_make(struct peers_readings *r, size_t each)
{
	if (each < 1 || each > PEERS_EACH_MAX)
		peers_die("readings a pack", "1 to 1000");
	r->each = each;
	r->ends = calloc(PEERS_PACKS * each, sizeof(*r->ends));
	nos_buf_init(&r->text, 1u << 30);
	for (size_t i = 0; r->ends && i < PEERS_PACKS * each; i++) {
		nos_buf_add_char(&r->text, '{');
		nos_encode_member_text(&r->text, "type", NOS_STR("air_temperature"));
		nos_encode_member_number(&r->text, "value", (double)(i % 400) / 10 - 20);
		nos_encode_member_text(&r->text, "unit", NOS_STR("Cel"));
		nos_encode_member_uint(&r->text, "time", 1700000000 + i * 900);
		nos_buf_add_text(&r->text, "}\n");
		r->ends[i] = r->text.len;
	}
}

/* Lines [from, from + count) of a pack. */
static inline struct nos_str peers_readings_of(
    const struct peers_readings *r, size_t pack, size_t from, size_t count)
{
	const size_t first = pack % PEERS_PACKS * r->each + from;
	const size_t begin = first ? r->ends[first - 1] : 0;

	return (struct nos_str){ r->text.p + begin, r->ends[first + count - 1] - begin };
}

/* ---- what came of it ---- */

struct peers_tally {
	size_t each;
	uint64_t real, begun, last, cpu; /* ns: of the real clock too, and of this process */
	uint64_t messages;
	uint32_t *took; /* of each pack that was acknowledged, µs */
	size_t packs, cap;
};

static inline void peers_tally_begin(struct peers_tally *t, size_t each)
{
	t->each = each;
	t->cpu = peers_clock(CLOCK_PROCESS_CPUTIME_ID);
	t->real = peers_clock(CLOCK_REALTIME);
	t->begun = t->last = peers_now();
}

static inline void peers_tally_add(struct peers_tally *t, uint64_t sent)
{
	if (t->packs == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 4096;
		t->took = reallocarray(t->took, t->cap, sizeof(*t->took));
		if (!t->took)
			peers_die("load", "out of memory");
	}
	t->last = peers_now();
	t->took[t->packs++] = (uint32_t)((t->last - sent) / 1000);
}

static inline int peers_order(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static inline double peers_rank(const struct peers_tally *t, double share)
{
	return t->packs ? (double)t->took[(size_t)(share * (double)(t->packs - 1))] / 1000 : 0;
}

/* One line; begun_ns is of the real clock. */
static inline void peers_tally_print(struct peers_tally *t)
{
	const uint64_t cpu = peers_clock(CLOCK_PROCESS_CPUTIME_ID) - t->cpu;
	const double messages = t->messages ? (double)t->messages : 1;

	if (t->packs)
		qsort(t->took, t->packs, sizeof(*t->took), peers_order);
	printf("{\"readings\":%zu,\"packs\":%zu,\"messages\":%" PRIu64 ",\"begun_ns\":%" PRIu64
	       ",\"seconds\":%.6f,\"load_us\":%.2f"
	       ",\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
	    t->packs * t->each, t->packs, t->messages, t->real, (double)(t->last - t->begun) / 1e9,
	    (double)cpu / 1e3 / messages, peers_rank(t, 0.5), peers_rank(t, 0.99));
}

#endif
