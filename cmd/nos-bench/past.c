/* SPDX-License-Identifier: MIT */
#include "past.h"

#include <string.h>

static enum nos_code send(struct past *p, struct past_key *k, struct bench_random *random,
    const uint8_t key[static PRINTED_KEY], struct nos_err *err)
{
	bench_random_bytes(random, k->text, sizeof(k->text));
	return printed_encrypt(key, k->text, sizeof(k->text), k->data, &p->count, err);
}

enum nos_code past_of_dini(struct past *p, struct bench_random *random, struct nos_err *err)
{
	*p = (struct past){ 0 };
	bench_random_bytes(random, p->global.value, sizeof(p->global.value));
	for (size_t i = 0; i < PAST_KEYS; i++) {
		struct past_key *k = &p->keys[i];

		printed_dini_name(1, (uint8_t)i, PAST_NAME_LEN, &k->key.name, &p->count);
		bench_random_bytes(random, k->key.value, sizeof(k->key.value));
		if (i ? printed_dini_replace(
			    &p->keys[i - 1].key, &k->key, k->packet, &k->packet_len, &p->count, err)
		      : printed_dini_install(
			    &p->global, &k->key, k->packet, &k->packet_len, &p->count, err))
			return err->code;
		if (send(p, k, random, k->key.value, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code past_of_dipietro(
    struct past *p, struct bench_random *random, enum printed_update update, struct nos_err *err)
{
	uint8_t s1[PRINTED_KEY], s2[PRINTED_KEY];
	struct printed_session s;

	*p = (struct past){ 0 };
	bench_random_bytes(random, s1, sizeof(s1));
	bench_random_bytes(random, s2, sizeof(s2));
	if (printed_session_begin(&s, update, s1, s2, &p->count, err))
		return err->code;
	for (size_t i = 0; i < PAST_KEYS; i++) {
		struct past_key *k = &p->keys[i];

		if (i && printed_session_update(&s, &p->count, err))
			return err->code;
		k->session = s;
		memcpy(k->key.value, s.k, sizeof(s.k));
		if (send(p, k, random, s.k, err))
			return err->code;
	}
	/* What was sent is what the first key was made of. */
	memcpy(p->keys[0].session.s1, s1, sizeof(s1));
	memcpy(p->keys[0].session.s2, s2, sizeof(s2));
	return NOS_OK;
}

enum nos_code past_reads(
    struct past *p, size_t i, const uint8_t key[static PRINTED_KEY], bool *ret, struct nos_err *err)
{
	uint8_t text[PRINTED_KEY];

	*ret = false;
	if (printed_decrypt(key, p->keys[i].data, sizeof(text), text, &p->count, err))
		return err->code;
	*ret = memcmp(text, p->keys[i].text, sizeof(text)) == 0;
	return NOS_OK;
}

enum nos_code past_follow(struct past *p, const struct printed_key *have, size_t i,
    uint64_t *ret_read, struct nos_err *err)
{
	struct printed_key key = *have, next;
	bool reads;

	*ret_read = 0;
	for (; i < PAST_KEYS; i++) {
		const struct past_key *k = &p->keys[i];

		if (printed_dini_take(
			&key, k->packet, k->packet_len, PAST_NAME_LEN + 1, &next, &p->count, err) ||
		    past_reads(p, i, next.value, &reads, err))
			return err->code;
		*ret_read += reads;
		key = next;
	}
	return NOS_OK;
}
