/* SPDX-License-Identifier: MIT */
/* The paper's schemes as printed, attacked: most of it is stopped by nothing there. */
#include <string.h>

#include "past.h"
#include "robustness.h"

#define STOLEN 4 /* number of the key that is stolen */

/* Which of all data blocks does this key read, but for number own? */
static enum nos_code read_all(struct attack *a, struct past *p,
    const uint8_t key[static PRINTED_KEY], size_t from, size_t own, struct nos_err *err)
{
	bool reads;

	for (size_t i = from; i < PAST_KEYS; i++) {
		if (i == own)
			continue;
		if (past_reads(p, i, key, &reads, err))
			return err->code;
		a->k += reads;
		a->m++;
	}
	return NOS_OK;
}

/* A session from its seeds on; what it reads of the data from number i on. */
static enum nos_code run_seeds(
    struct attack *a, struct past *p, struct printed_session *s, size_t i, struct nos_err *err)
{
	bool reads;

	for (; i < PAST_KEYS; i++) {
		if (past_reads(p, i, s->k, &reads, err) ||
		    printed_session_update(s, &p->count, err))
			return err->code;
		a->k += reads;
		a->m++;
	}
	return NOS_OK;
}

enum nos_code attack_printed_clear(struct attack *a, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct printed_session s;
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, PRINTED_EVOLVING, err) ||
		    printed_session_begin(&s, PRINTED_EVOLVING, p.keys[0].session.s1,
			p.keys[0].session.s2, &p.count, err) ||
		    run_seeds(a, &p, &s, 0, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code attack_printed_global(struct attack *a, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct past p;
		uint64_t read;

		if (past_of_dini(&p, &a->b->random, err) ||
		    past_follow(&p, &p.global, 0, &read, err))
			return err->code;
		a->k += read;
		a->m += PAST_KEYS;
	}
	return NOS_OK;
}

enum nos_code attack_printed_local(struct attack *a, struct nos_err *err)
{
	a->formula = (double)(PAST_KEYS - 1 - STOLEN) / (PAST_KEYS - 1);
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct past p;
		uint64_t read;

		if (past_of_dini(&p, &a->b->random, err) ||
		    past_follow(&p, &p.keys[STOLEN].key, STOLEN + 1, &read, err))
			return err->code;
		a->k += read;
		a->m += PAST_KEYS - 1;
	}
	return NOS_OK;
}

static enum nos_code one_session(struct attack *a, enum printed_update update, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct printed_session s;
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, update, err))
			return err->code;
		s = p.keys[STOLEN].session;
		if (a->defence ? read_all(a, &p, s.k, 0, STOLEN, err)
			       : run_seeds(a, &p, &s, STOLEN, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code attack_printed_literal(struct attack *a, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, PRINTED_LITERAL, err) ||
		    read_all(a, &p, p.keys[STOLEN].session.k, 0, STOLEN, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code attack_printed_evolving(struct attack *a, struct nos_err *err)
{
	return one_session(a, PRINTED_EVOLVING, err);
}

enum nos_code attack_printed_seeds(struct attack *a, struct nos_err *err)
{
	struct attack seeds = *a;

	seeds.defence = false;
	if (one_session(&seeds, PRINTED_EVOLVING, err))
		return err->code;
	a->k = seeds.k;
	a->m = seeds.m;
	return NOS_OK;
}

/* ---- forged, bent, replayed ---- */

/* A victim that was in step takes a MSG; is it in step with its node afterwards? */
static enum nos_code hear_one(struct attack *a, const struct printed_session *node,
    const struct printed_msg *m, struct nos_err *err)
{
	struct printed_session victim = *node;
	struct printed_count c = { 0 };
	uint8_t text[PRINTED_KEY];

	if (printed_session_hear(&victim, m, text, &c, err))
		return err->code;
	a->k += victim.session != node->session;
	a->m++;
	return NOS_OK;
}

enum nos_code attack_printed_order(struct attack *a, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct printed_msg m = { .type = PRINTED_MSG_UPDATE };
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, PRINTED_EVOLVING, err))
			return err->code;
		bench_random_bytes(&a->b->random, m.block, sizeof(m.block));
		m.session = (uint8_t)p.keys[STOLEN].session.session;
		if (hear_one(a, &p.keys[STOLEN].session, &m, err))
			return err->code;
	}
	return NOS_OK;
}

/* The order to go from one session to the next, said once more when it was followed. */
enum nos_code attack_printed_replay(struct attack *a, struct nos_err *err)
{
	static const uint8_t order[PRINTED_KEY] = "update";

	for (uint64_t r = 0; r < a->rounds; r++) {
		struct printed_msg m;
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, PRINTED_EVOLVING, err) ||
		    printed_session_say(
			&p.keys[STOLEN].session, PRINTED_MSG_UPDATE, order, &m, &p.count, err) ||
		    hear_one(a, &p.keys[STOLEN + 1].session, &m, err))
			return err->code;
	}
	return NOS_OK;
}

/* A MSG of data whose type was bent on its way. */
enum nos_code attack_printed_type(struct attack *a, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct printed_msg m;
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, PRINTED_EVOLVING, err) ||
		    printed_session_say(&p.keys[STOLEN].session, PRINTED_MSG_DATA,
			p.keys[STOLEN].text, &m, &p.count, err))
			return err->code;
		m.type = PRINTED_MSG_UPDATE;
		if (hear_one(a, &p.keys[STOLEN].session, &m, err))
			return err->code;
	}
	return NOS_OK;
}

/* Does a source make another key of this packet than its node did? */
static enum nos_code take_one(
    struct attack *a, struct past *p, const uint8_t *packet, size_t len, struct nos_err *err)
{
	struct printed_key made;

	if (printed_dini_take(
		&p->keys[STOLEN - 1].key, packet, len, PAST_NAME_LEN + 1, &made, &p->count, err)) {
		if (err->code == NOS_INTERNAL)
			return err->code;
		nos_err_clear(err);
	} else {
		a->k += memcmp(made.value, p->keys[STOLEN].key.value, PRINTED_KEY) != 0;
	}
	a->m++;
	return NOS_OK;
}

enum nos_code attack_printed_packet(struct attack *a, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		uint8_t packet[PRINTED_PACKET_MAX];
		struct past p;

		if (past_of_dini(&p, &a->b->random, err))
			return err->code;
		bench_random_bytes(&a->b->random, packet, sizeof(packet));
		if (take_one(a, &p, packet, p.keys[STOLEN].packet_len, err))
			return err->code;
	}
	return NOS_OK;
}

/* Each bit of a packet, but for those of the name; and of its second block, which says the old key
 * again and is compared with nothing. */
enum nos_code attack_printed_flip(struct attack *a, struct nos_err *err)
{
	const size_t from = (PAST_NAME_LEN + 1) * 8;

	for (uint64_t r = 0; r < a->rounds; r++) {
		struct past p;

		if (past_of_dini(&p, &a->b->random, err))
			return err->code;
		for (size_t bit = from; bit < from + PRINTED_KEY * 8; bit++) {
			uint8_t *byte = &p.keys[STOLEN].packet[bit / 8];
			const uint8_t mask = (uint8_t)(1u << bit % 8);

			*byte ^= mask;
			if (take_one(a, &p, p.keys[STOLEN].packet, p.keys[STOLEN].packet_len, err))
				return err->code;
			*byte ^= mask;
		}
	}
	return NOS_OK;
}

/* After 256 renames there is a key of the old name: its packet of then is the name of now. */
enum nos_code attack_printed_wrap(struct attack *a, struct nos_err *err)
{
	struct printed_count c = { 0 };

	(void)err;
	for (unsigned i = 0; i < 256; i++) {
		struct printed_name then, now;

		printed_dini_name(1, (uint8_t)i, PAST_NAME_LEN, &then, &c);
		printed_dini_name(1, (uint8_t)(i + 256), PAST_NAME_LEN, &now, &c);
		a->k += memcmp(then.bytes, now.bytes, then.len) == 0;
		a->m++;
	}
	return NOS_OK;
}

/* ---- insiders ---- */

/* Whoever has k writes what the node takes for anybody's, and reads everybody's. Here member and
 * node run a session of their own from the same seeds. */
static enum nos_code speak(struct attack *a, unsigned later, struct nos_err *err)
{
	for (uint64_t r = 0; r < a->rounds; r++) {
		struct printed_session insider, node;
		struct printed_msg m;
		uint8_t text[PRINTED_KEY];
		struct past p;

		if (past_of_dipietro(&p, &a->b->random, PRINTED_EVOLVING, err))
			return err->code;
		insider = p.keys[STOLEN].session;
		node = p.keys[STOLEN + later].session;
		for (unsigned i = 0; i < later; i++)
			if (printed_session_update(&insider, &p.count, err))
				return err->code;
		if (printed_session_say(
			&insider, PRINTED_MSG_DATA, p.keys[0].text, &m, &p.count, err) ||
		    printed_session_hear(&node, &m, text, &p.count, err))
			return err->code;
		a->k += memcmp(text, p.keys[0].text, sizeof(text)) == 0;
		a->m++;
	}
	return NOS_OK;
}

enum nos_code attack_printed_insider(struct attack *a, struct nos_err *err)
{
	return speak(a, 0, err);
}

/* There is no revocation: who is no source any more goes on with its seeds. */
enum nos_code attack_printed_revoked(struct attack *a, struct nos_err *err)
{
	return speak(a, 2, err);
}

/* Another node that gave out the same seeds takes what was sent to the first. */
enum nos_code attack_printed_node(struct attack *a, struct nos_err *err)
{
	return speak(a, 0, err);
}

/* Lines 15 to 18 and 21 to 25: a relay hears the new key under one that it has. */
enum nos_code attack_printed_relay(struct attack *a, struct nos_err *err)
{
	return attack_printed_global(a, err);
}
