/* SPDX-License-Identifier: MIT */
/*
 * nos-bench robustness: each attack with the defence that is to stop it, and as a control without,
 * which must succeed: else the attack is none, and says nothing of the defence.
 */
#include "robustness.h"

#include <string.h>

#include "json/encode.h"

#define ROW_MAX	    4096
#define ROUNDS	    25
#define ROUNDS_FEW  2
#define PRINTED_ALL 200 /* rounds, which cost next to nothing there */

#define PW  (1u << BENCH_PAIRWISE)
#define DN  (1u << BENCH_DINI)
#define DP  (1u << BENCH_DIPIETRO)
#define TR  (1u << BENCH_TREE)
#define ALL (PW | DN | DP | TR)

struct experiment {
	unsigned number;
	const char *what;
	unsigned schemes; /* of the default profile */
	attack_run *run;  /* NULL: that profile has no such thing */
	const char *how;
};

static const struct experiment hardened[] = {
	{ 1, "all recorded, then the node's key is stolen", ALL, attack_theft_node,
	    "the thief has the node's key, the token and E_N; off: its private number too" },
	{ 2, "all recorded, then the global keys are stolen", DN, attack_theft_global,
	    "off: the control chain and Z as well" },
	{ 3, "a local key is stolen: packs under others", PW | DN, attack_theft_key,
	    "with K_S; off: the whole keyring" },
	{ 4, "a session key is stolen: packs under others", DP | TR, attack_theft_key,
	    "with K_S; off: the whole keyring" },
	{ 6, "the clock is stolen", DP, attack_theft_seeds, "off: K_S as well" },
	{ 7, "a keyring is stolen: packs until it is renewed", ALL, attack_theft_open,
	    "not stopped: who has all that a source has reads what it sends" },
	{ 7, "a keyring is stolen: packs once it is renewed", ALL, attack_theft_renewed,
	    "off: it is not renewed" },
	{ 7, "a keyring is stolen: what others shared while it was away", DP, attack_theft_away,
	    "not stopped up to the end of the epoch, which is half of it here" },
	{ 8, "a key message is forged", ALL, attack_forge_message,
	    "by an outsider and an insider; off: with the victim's chain" },
	{ 8, "an acknowledgement is forged", ALL, attack_forge_ack,
	    "by an outsider and an insider; off: with the victim's chain" },
	{ 8, "an order is forged", DP, attack_forge_order,
	    "tokens drawn and old, sessions ahead and epochs; off: with the node's token" },
	{ 8, "an eviction is forged", DP | TR, attack_forge_eviction,
	    "by an insider with a good wrap; off: with the node's signature" },
	{ 8, "an invalidation is forged", DN, attack_forge_invalidation,
	    "off: with the node's signature" },
	{ 8, "a receipt is forged", ALL, attack_forge_receipt,
	    "by an outsider and an insider; off: with the victim's keys" },
	{ 9, "packs are replayed, after many renames too", ALL, attack_again_pack,
	    "off: the node forgets which numbers it has seen" },
	{ 9, "key messages are replayed", PW | DN, attack_again_message,
	    "off: to a keyring of before" },
	{ 9, "orders are replayed", DP, attack_again_order, "off: to a keyring of before" },
	{ 9, "asks are replayed", ALL, attack_again_ask, "off: to a node that forgets them" },
	{ 10, "an insider sends as another", ALL, attack_again_insider,
	    "off: with the other's key and K_S" },
	{ 11, "a revoked source sends", ALL, attack_group_sends, "off: it is not revoked" },
	{ 11, "a revoked source makes its group's keys", DP | TR, attack_group_listens,
	    "off: it is not revoked" },
	{ 13, "a relay reads what it carries", PW, attack_relay_reads,
	    "with its own keyring; off: with the source's" },
	{ 13, "a relay alters what it carries", PW, attack_relay_flips,
	    "in a frame with a good tag; off: with the source's keys" },
	{ 13, "a relay replays what it carries", PW, attack_relay_again,
	    "off: the node forgets which numbers it has seen" },
	{ 13, "a relay drops what it carries, and says that it arrived", PW, attack_relay_drops,
	    "off: with the source's keys" },
	{ 15, "a node is killed at a step of a re-key", PW | DN, attack_loss_kill,
	    "counted: no pack arrives any more; off: sends before it commits, and no ask" },
	{ 15, "a store is put back, with notice", ALL, attack_loss_notice,
	    "counted as above; off: no ask" },
	{ 15, "a store is put back, without notice", ALL, attack_loss_silent,
	    "counted as above; off: no ask" },
	{ 15, "a keyring is put back", ALL, attack_loss_old, "counted as above; off: no ask" },
	{ 16, "bits are flipped", ALL, attack_again_flip,
	    "of packs, key messages and evictions; off: the same bytes as they were" },
	{ 17, "a pack comes to another node", ALL, attack_again_node,
	    "that knows a source of this id; off: by the same keys" },
	{ 18, "the store is stolen", PW | DN, attack_theft_store, "off: and the node key file" },
	{ 19, "two that were put out pool what they have", DP | TR, attack_group_pair,
	    "off: the second was not put out" },
	{ 19, "one that was put out, and one that came later", DP | TR, attack_group_joiner,
	    "keys of the time between; off: the keys of the tree did not step" },
	{ 0 },
};

/* Nothing stops these as printed, but where SAFE. */
#define SAFE 0x100u

static const struct experiment printed[] = {
	{ 1, "the registration is recorded", DP, attack_printed_clear, "the seeds are in clear" },
	{ 1, "all recorded, then the node's key is stolen", DN, attack_printed_global,
	    "of keys that a node has for good there is the global key" },
	{ 2, "all recorded, then the global key is stolen", DN, attack_printed_global, NULL },
	{ 3, "a local key is stolen: packs under others", DN, attack_printed_local,
	    "each replacement is under the key before; those before it stay shut" },
	{ 4, "a session key is stolen: others, Algorithm 3 as printed", DP, attack_printed_literal,
	    "the seeds are never written back" },
	{ 4, "a session key is stolen: others, seeds that evolve", DP | SAFE,
	    attack_printed_evolving, "off: the seeds" },
	{ 6, "the seeds are stolen", DP, attack_printed_seeds, NULL },
	{ 7, "a source's keys are stolen, for good", DN, attack_printed_local, NULL },
	{ 7, "a source's keys are stolen, for good", DP, attack_printed_seeds, NULL },
	{ 8, "an order is forged", DP, attack_printed_order, "the type is read from the clear" },
	{ 8, "a replacement is forged", DN, attack_printed_packet, "whatever comes is a key" },
	{ 9, "an order is replayed", DP, attack_printed_replay, "the victim is ahead for ever" },
	{ 9, "a name is used again after 256 renames", DN, attack_printed_wrap,
	    "Kincr has one byte" },
	{ 10, "an insider sends as another", DP, attack_printed_insider, "all have one key" },
	{ 11, "a revoked source sends", DP, attack_printed_revoked, "there is no revocation" },
	{ 13, "a relay reads what it carries", DN, attack_printed_relay,
	    "it is told the key under one that it has" },
	{ 16, "bits are flipped", DN, attack_printed_flip, "of the block that has the key" },
	{ 16, "the type of a message is altered", DP, attack_printed_type, NULL },
	{ 17, "a pack comes to another node", DP, attack_printed_node,
	    "that gave out the same seeds" },
	{ 0 },
};

/* ---- rows ---- */

enum nos_code robustness_row_add(
    struct bench *b, const struct robustness_row *r, struct nos_err *err)
{
	const struct bench_row head = { NULL };
	NOS_AUTO(buf) row = { 0 };
	double low, high;

	bench_stat_share(r->k, r->m, &low, &high);
	nos_buf_init(&row, ROW_MAX);
	nos_buf_add_char(&row, '{');
	bench_row_head(b, &head, &row);
	nos_encode_member_uint(&row, "experiment", r->experiment);
	nos_encode_member_text(&row, "what", nos_str_of(r->what));
	nos_encode_member_text(&row, "scheme", nos_str_of(r->scheme));
	nos_encode_member_text(&row, "profile", nos_str_of(r->profile));
	nos_encode_member_text(&row, "defence", nos_str_of(r->defence ? "on" : "off"));
	if (r->variable)
		nos_encode_member_number(&row, r->variable, r->value);
	nos_encode_member_uint(&row, "k", r->k);
	nos_encode_member_uint(&row, "m", r->m);
	nos_encode_member(&row, "low");
	nos_buf_addf(&row, "%.4g", low);
	nos_encode_member(&row, "high");
	nos_buf_addf(&row, "%.4g", high);
	nos_encode_member(&row, "share");
	nos_buf_addf(&row, "%.4g", (double)r->k / (double)r->m);
	if (r->formula >= 0) {
		nos_encode_member(&row, "formula");
		nos_buf_addf(&row, "%.4g", r->formula);
	}
	nos_encode_member_text(&row, "verdict", nos_str_of(r->verdict));
	if (r->how)
		nos_encode_member_text(&row, "how", nos_str_of(r->how));
	nos_encode_member_uint(&row, "seed", b->seed);
	nos_encode_member_text(&row, "machine", nos_str_of(b->machine));
	nos_buf_add_char(&row, '}');
	return nos_buf_check(&row, "row", err) ? err->code
					       : bench_row_text(b, nos_buf_str(&row), err);
}

static enum nos_code say(struct bench *b, const struct experiment *e, const struct attack *a,
    const char *verdict, struct nos_err *err)
{
	return robustness_row_add(b,
	    &(struct robustness_row){ .experiment = e->number,
		.what = e->what,
		.scheme = bench_scheme_text(a->scheme),
		.profile = bench_profile_text(a->profile),
		.how = e->how,
		.verdict = verdict,
		.defence = a->defence,
		.k = a->k,
		.m = a->m,
		.formula = a->formula },
	    err);
}

/* ---- experiments ---- */

static enum nos_code try(
    struct bench *b, const struct experiment *e, struct attack *a, struct nos_err *err)
{
	a->b = b;
	a->formula = -1;
	if (e->run(a, err))
		return nos_err_within(
		    err, "%u, %s, %s", e->number, e->what, bench_scheme_text(a->scheme));
	return a->m ? NOS_OK
		    : nos_err_set(
			  err, NOS_INTERNAL, "%u, %s: nothing was tried", e->number, e->what);
}

/* With the defence and without; where there is none to leave out, once. */
static enum nos_code run_one(
    struct bench *b, const struct experiment *e, struct attack *on, bool bare, struct nos_err *err)
{
	struct attack off = *on;

	if (try(b, e, on, err))
		return err->code;
	if (bare || on->formula >= 0)
		return say(b, e, on, on->k ? "falls" : on->defence ? "holds" : "void", err);
	off.defence = false;
	if (try(b, e, &off, err) || say(b, e, on, !off.k ? "void" : on->k ? "falls" : "holds", err))
		return err->code;
	return say(b, e, &off, off.k ? "falls" : "void", err);
}

static enum nos_code run_table(struct bench *b, const struct experiment *table,
    enum bench_profile profile, uint64_t *done, struct nos_err *err)
{
	const uint64_t rounds = profile == BENCH_PAPER ? bench_runs(b, PRINTED_ALL, PRINTED_ALL)
						       : bench_runs(b, ROUNDS, ROUNDS_FEW);

	for (const struct experiment *e = table; e->number && b->profiles[profile]; e++)
		for (unsigned s = 0; s < BENCH_SCHEMES; s++) {
			const bool bare = profile == BENCH_PAPER && !(e->schemes & SAFE);
			struct attack a = {
				.scheme = s, .profile = profile, .defence = !bare, .rounds = rounds
			};

			if (!b->schemes[s] || !(e->schemes & 1u << s) || bench_is_stopped())
				continue;
			nos_progress_set(&b->progress, (*done)++);
			if (run_one(b, e, &a, bare, err))
				return err->code;
		}
	return NOS_OK;
}

static uint64_t size_of(
    const struct bench *b, const struct experiment *table, enum bench_profile profile)
{
	uint64_t n = 0;

	for (const struct experiment *e = table; e->number && b->profiles[profile]; e++)
		for (unsigned s = 0; s < BENCH_SCHEMES; s++)
			n += b->schemes[s] && e->schemes & 1u << s;
	return n;
}

enum nos_code bench_robustness(struct bench *b, struct nos_err *err)
{
	uint64_t done = 0;

	nos_progress_init(&b->progress, "attacks",
	    size_of(b, printed, BENCH_PAPER) + size_of(b, hardened, BENCH_DEFAULT));
	if (run_table(b, printed, BENCH_PAPER, &done, err) ||
	    run_table(b, hardened, BENCH_DEFAULT, &done, err))
		return err->code;
	nos_progress_done(&b->progress);
	if (attack_capture(b, err) || attack_loss_rate(b, err) || attack_bytes(b, err) ||
	    attack_cost(b, err))
		return err->code;
	return attack_brute(b, err);
}
