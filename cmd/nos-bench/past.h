/* SPDX-License-Identifier: MIT */
/*
 * What passed between a node and its sources under one of the paper's schemes as printed: a first
 * key, then one after another, and a block of data under each. Who attacks is given it, less its
 * truth. Pure. Every function may give NOS_INTERNAL, and that alone.
 */
#ifndef BENCH_PAST_H
#define BENCH_PAST_H

#include "printed.h"
#include "stat.h"

#define PAST_KEYS     16
#define PAST_NAME_LEN 1 /* Knode of the paper's first scenario */

struct past_key {
	/* What passed. */
	uint8_t packet[PRINTED_PACKET_MAX]; /* dini: how the key came */
	size_t packet_len;
	uint8_t data[PRINTED_KEY]; /* a block under the key */
	/* The truth. */
	struct printed_key key;
	struct printed_session session; /* dipietro: as it then was */
	uint8_t text[PRINTED_KEY];
};

struct past {
	struct printed_key global;
	struct past_key keys[PAST_KEYS];
	struct printed_count count;
};

enum nos_code past_of_dini(
    struct past *p, struct bench_random *random, struct nos_err *err) NOS_CHECK;

/* The seeds went over the air, in clear: keys[0].session has them. */
enum nos_code past_of_dipietro(struct past *p, struct bench_random *random,
    enum printed_update update, struct nos_err *err) NOS_CHECK;

/* Does this key read the data of number i? */
enum nos_code past_reads(struct past *p, size_t i, const uint8_t key[static PRINTED_KEY], bool *ret,
    struct nos_err *err) NOS_CHECK;

/* dini: who has a key follows the packets from number i on, and reads: how much of what passed? */
enum nos_code past_follow(struct past *p, const struct printed_key *have, size_t i,
    uint64_t *ret_read, struct nos_err *err) NOS_CHECK;

#endif
