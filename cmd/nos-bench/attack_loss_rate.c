/* SPDX-License-Identifier: MIT */
/*
 * 14: of the messages between a node and a source so many are lost, while a key is replaced again
 * and again. Counted are the contacts at which the source has no key that its node would take.
 */
#include <stdio.h>
#include <string.h>

#include "past.h"
#include "robustness.h"
#include "scene.h"

#define REKEYS	 1000
#define REKEYS_Q 60
#define CONTACTS 10	/* between two re-keys */
#define PERIOD	 900000 /* ms */
#define RATES	 10	/* 0, 0.1 … 0.9 */

static bool is_lost(struct bench_random *r, unsigned rate)
{
	return bench_random_below(r, RATES) < rate;
}

/* ---- as it is hardened ---- */

static bool is_common(struct scene *s, const struct nos_keyring_key *k)
{
	const struct nos_assoc_key *own = k ? nos_assoc_key(&s->members[0].node, &k->name) : NULL;
	const struct nos_group_key *all = k ? nos_group_key(&s->group, &k->name) : NULL;

	return (own && nos_secret_eq(&own->value, &k->value)) ||
	       (all && nos_secret_eq(&all->value, &k->value));
}

/* The key that a pack is taken under: that of its scheme, or where the node refuses it p. NULL:
 * neither. */
static const struct nos_keyring_key *pick_key(struct scene *s)
{
	const struct nos_keyring *k = &s->members[0].source;

	if (is_common(s, nos_keyring_active(k)))
		return nos_keyring_active(k);
	return is_common(s, nos_keyring_pairwise(k)) ? nos_keyring_pairwise(k) : NULL;
}

/* A pack goes up; its answer brings the order of the session and all that is outstanding, and is
 * acknowledged. Each of the three may be lost. */
static enum nos_code contact(struct scene *s, unsigned rate, struct nos_err *err)
{
	struct scene_member *m = scene_begin(s, 0);
	const struct nos_keyring_key *k = pick_key(s);
	enum nos_holder_did did;
	NOS_AUTO(buf) order = { 0 };
	bool changed;

	if (is_lost(s->random, rate))
		return NOS_OK;
	if (k && nos_issuer_used(&m->node, &m->world, &k->name, &changed, err))
		return err->code;
	if (k && k->name.kind != s->scheme->letter && k->name.kind == 'p')
		(void)nos_issuer_lost(&m->node, &m->world);
	if (scene_fill(s, 0, err) || is_lost(s->random, rate))
		return err->code;
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (nos_group_order(&s->group, &order) && scene_hear(s, 0, nos_buf_span(&order), NULL, err))
		return err->code;
	if (scene_down(s, 0, &did, err) || did != NOS_HOLDER_TOOK || is_lost(s->random, rate))
		return err->code;
	return scene_up(s, 0, err);
}

/* The next key; a group's order may be lost on its way to this member. */
static enum nos_code next_key(struct scene *s, unsigned rate, struct nos_err *err)
{
	NOS_AUTO(keyring) before = s->members[0].source;

	s->now.ms += PERIOD;
	(void)nos_group_expire(&s->group, s->now);
	(void)nos_issuer_expire(&scene_begin(s, 0)->node, s->now);
	if (!scene_is_grouped(s))
		return scene_order(s, 0, err);
	if (nos_group_has_clock(&s->group) ? scene_group_tick(s, err) : scene_group_heal(s, err))
		return err->code;
	if (is_lost(s->random, rate))
		s->members[0].source = before;
	return NOS_OK;
}

/* Said once, and no key outlives its order: what a node would be that trusts its messages. */
static void forget(struct scene *s)
{
	struct nos_assoc *n = &s->members[0].node;
	bool waits = false;
	size_t kept = 0;

	n->out_count = 0;
	for (size_t i = 0; i < n->key_count; i++)
		if (n->keys[i].state == NOS_STATE_PRE_ACTIVE ||
		    n->keys[i].name.kind != s->scheme->letter) {
			n->keys[kept++] = n->keys[i];
			waits |= n->keys[i].state == NOS_STATE_PRE_ACTIVE;
		}
	if (waits)
		n->key_count = kept;
	if (s->group.key_count > 1)
		s->group.key_count = 1;
}

/* Without the defence the first contact is the message, or where all hear an order that was it. */
static bool is_told(const struct attack *a, const struct scene *s, unsigned contact_number)
{
	return a->defence || (!contact_number && s->scheme != &nos_dipietro_scheme);
}

/* Without the defence there is no p. beside a scheme's own key either. */
static void count(struct attack *a, struct scene *s, uint64_t *fell_back)
{
	const struct nos_keyring_key *k = pick_key(s);
	const bool own = k && (k->name.kind == s->scheme->letter || k->name.kind != 'p');

	*fell_back += k && !own;
	a->k += a->defence ? !k : !own;
	a->m++;
}

static enum nos_code run(
    struct attack *a, unsigned rate, uint64_t *ret_fell_back, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };

	*ret_fell_back = 0;

	if (scene_open(&s, a->b, a->scheme, false, 1, err))
		return err->code;
	s.mute = true;
	for (uint64_t i = 0; i < a->rounds; i++) {
		if (next_key(&s, rate, err))
			return err->code;
		for (unsigned j = 0; j < CONTACTS; j++) {
			if (is_told(a, &s, j) && contact(&s, rate, err))
				return err->code;
			if (!a->defence && j == 0)
				forget(&s);
			count(a, &s, ret_fell_back);
		}
	}
	return NOS_OK;
}

/* ---- as printed ---- */

/* Each replacement is under the key before, and said once. */
static enum nos_code run_dini(struct attack *a, unsigned rate, struct nos_err *err)
{
	struct bench_random *r = &a->b->random;
	struct printed_key node = { .name.len = PAST_NAME_LEN + 1 }, next, source, got;
	struct printed_count c = { 0 };

	bench_random_bytes(r, node.value, sizeof(node.value));
	source = node;
	for (uint64_t i = 0; i < a->rounds; i++) {
		uint8_t packet[PRINTED_PACKET_MAX];
		size_t len;

		printed_dini_name(1, (uint8_t)i, PAST_NAME_LEN, &next.name, &c);
		bench_random_bytes(r, next.value, sizeof(next.value));
		if (printed_dini_replace(&node, &next, packet, &len, &c, err))
			return err->code;
		node = next;
		got = source;
		if (!is_lost(r, rate) &&
		    printed_dini_take(&source, packet, len, PAST_NAME_LEN + 1, &got, &c, err))
			return err->code;
		source = got;
		a->k += memcmp(source.value, node.value, sizeof(node.value)) != 0;
		a->m++;
	}
	return NOS_OK;
}

/* The node takes what is under its key or the one before. */
static enum nos_code run_dipietro(struct attack *a, unsigned rate, struct nos_err *err)
{
	static const uint8_t order[PRINTED_KEY] = "update";
	struct bench_random *r = &a->b->random;
	uint8_t s1[PRINTED_KEY], s2[PRINTED_KEY], text[PRINTED_KEY];
	struct printed_session node, source;
	struct printed_count c = { 0 };
	struct printed_msg m;

	bench_random_bytes(r, s1, sizeof(s1));
	bench_random_bytes(r, s2, sizeof(s2));
	if (printed_session_begin(&node, PRINTED_EVOLVING, s1, s2, &c, err))
		return err->code;
	source = node;
	for (uint64_t i = 0; i < a->rounds; i++) {
		if (printed_session_say(&node, PRINTED_MSG_UPDATE, order, &m, &c, err) ||
		    printed_session_update(&node, &c, err) ||
		    (!is_lost(r, rate) && printed_session_hear(&source, &m, text, &c, err)))
			return err->code;
		a->k += memcmp(source.k, node.k, sizeof(node.k)) != 0 &&
			memcmp(source.k, node.k_old, sizeof(node.k)) != 0;
		a->m++;
	}
	return NOS_OK;
}

/* ---- rows ---- */

static enum nos_code say(
    const struct attack *a, unsigned rate, const char *verdict, struct nos_err *err)
{
	return robustness_row_add(a->b,
	    &(struct robustness_row){ .experiment = 14,
		.what = "messages are lost: contacts without a common key",
		.scheme = bench_scheme_text(a->scheme),
		.profile = bench_profile_text(a->profile),
		.how = a->profile == BENCH_PAPER
			   ? "one message a re-key, and nothing that mends"
			   : "off: said once, no key outlives the order of the next, no p. beside",
		.verdict = verdict,
		.defence = a->defence,
		.k = a->k,
		.m = a->m,
		.formula = -1,
		.variable = "loss",
		.value = (double)rate / RATES },
	    err);
}

static enum nos_code say_fell_back(
    const struct attack *a, unsigned rate, uint64_t fell_back, struct nos_err *err)
{
	char what[80];
	const struct bench_row row = { .what = what,
		.scheme = bench_scheme_text(a->scheme),
		.profile = bench_profile_text(a->profile),
		.unit = "share",
		.how = "of all contacts; the pack is taken all the same" };

	snprintf(what, sizeof(what), "14: contacts under p. instead, loss 0.%u", rate);
	return bench_row_count(a->b, &row, (double)fell_back / (double)a->m, err);
}

static enum nos_code print_default(struct attack *on, unsigned rate, struct nos_err *err)
{
	struct attack off = *on;
	uint64_t fell_back, unused;

	off.defence = false;
	if (run(on, rate, &fell_back, err) || (rate && run(&off, rate, &unused, err)))
		return err->code;
	if (say(on, rate,
		on->k		 ? "falls"
		: !rate || off.k ? "holds"
				 : "void",
		err) ||
	    (on->scheme != BENCH_PAIRWISE && say_fell_back(on, rate, fell_back, err)) || !rate)
		return err->code;
	return say(&off, rate, off.k ? "falls" : "void", err);
}

static enum nos_code print_paper(struct attack *a, unsigned rate, struct nos_err *err)
{
	if (a->scheme == BENCH_DINI ? run_dini(a, rate, err) : run_dipietro(a, rate, err))
		return err->code;
	return say(a, rate, a->k ? "falls" : rate ? "void" : "holds", err);
}

enum nos_code attack_loss_rate(struct bench *b, struct nos_err *err)
{
	nos_progress_init(&b->progress, "rates of loss", RATES * BENCH_SCHEMES);
	for (unsigned rate = 0; rate < RATES; rate++)
		for (unsigned s = 0; s < BENCH_SCHEMES; s++) {
			struct attack a = { .b = b,
				.scheme = s,
				.profile = BENCH_DEFAULT,
				.defence = true,
				.rounds = b->o->quick ? REKEYS_Q : REKEYS };

			if (!b->schemes[s] || bench_is_stopped())
				continue;
			nos_progress_set(&b->progress, rate * BENCH_SCHEMES + s);
			if (b->profiles[BENCH_DEFAULT] && print_default(&a, rate, err))
				return err->code;
			a = (struct attack){
				.b = b, .scheme = s, .profile = BENCH_PAPER, .rounds = a.rounds
			};
			if (b->profiles[BENCH_PAPER] && (s == BENCH_DINI || s == BENCH_DIPIETRO) &&
			    print_paper(&a, rate, err))
				return err->code;
		}
	nos_progress_done(&b->progress);
	return NOS_OK;
}
