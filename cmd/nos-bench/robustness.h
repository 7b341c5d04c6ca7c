/* SPDX-License-Identifier: MIT */
/*
 * The attacks of nos-bench robustness: each is a function that is run with its defence, and as a
 * control without it. An attacker has the air of a scene and the secrets that are named, and
 * nothing else. Every function may give NOS_INTERNAL.
 */
#ifndef BENCH_ROBUSTNESS_H
#define BENCH_ROBUSTNESS_H

#include "bench.h"

/* One run of one attack. */
struct attack {
	struct bench *b;
	enum bench_scheme scheme;
	enum bench_profile profile;
	bool defence;
	uint64_t rounds;
	/* What came of it. */
	uint64_t k, m;	/* of so many that were tried */
	double formula; /* share that is to be expected by design; below 0: none is */
};

typedef enum nos_code attack_run(struct attack *a, struct nos_err *err);

/* attack_theft.c: what is read once something was stolen. */
attack_run attack_theft_node, attack_theft_global, attack_theft_key, attack_theft_seeds,
    attack_theft_renewed, attack_theft_open, attack_theft_away, attack_theft_store;

/* attack_printed.c: the same where the paper's schemes are as printed, and what is forged there. */
attack_run attack_printed_clear, attack_printed_global, attack_printed_local,
    attack_printed_literal, attack_printed_evolving, attack_printed_seeds, attack_printed_order,
    attack_printed_packet, attack_printed_replay, attack_printed_wrap, attack_printed_insider,
    attack_printed_flip, attack_printed_type, attack_printed_node, attack_printed_relay,
    attack_printed_revoked;

/* attack_forge.c: what is forged; attack_again.c: what is said again, or by another. */
attack_run attack_forge_order, attack_forge_message, attack_forge_eviction,
    attack_forge_invalidation, attack_forge_receipt, attack_forge_ack;
attack_run attack_again_pack, attack_again_message, attack_again_order, attack_again_ask,
    attack_again_insider, attack_again_flip, attack_again_node;

/* attack_group.c: who was put out, and who comes later. */
attack_run attack_group_sends, attack_group_listens, attack_group_pair, attack_group_joiner;

/* attack_relay.c: who carries. */
attack_run attack_relay_reads, attack_relay_flips, attack_relay_again, attack_relay_drops;

/* attack_loss.c: what is lost. */
attack_run attack_loss_kill, attack_loss_notice, attack_loss_silent, attack_loss_old;

/* A row of its own, where an experiment has more than one number. */
struct robustness_row {
	unsigned experiment;
	const char *what, *scheme, *profile, *how, *verdict;
	bool defence;
	uint64_t k, m;
	double formula;	      /* below 0: none */
	const char *variable; /* name of what is varied, NULL: nothing is; and its value */
	double value;
};
enum nos_code robustness_row_add(
    struct bench *b, const struct robustness_row *r, struct nos_err *err) NOS_CHECK;

/* Those that make their rows themselves. */
enum nos_code attack_brute(struct bench *b, struct nos_err *err) NOS_CHECK;
enum nos_code attack_capture(struct bench *b, struct nos_err *err) NOS_CHECK;
enum nos_code attack_loss_rate(struct bench *b, struct nos_err *err) NOS_CHECK;
enum nos_code attack_cost(struct bench *b, struct nos_err *err) NOS_CHECK;
enum nos_code attack_bytes(struct bench *b, struct nos_err *err) NOS_CHECK;

#endif
