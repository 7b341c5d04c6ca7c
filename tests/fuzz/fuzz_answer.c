/* SPDX-License-Identifier: MIT */
/* What a node answers to a pack and to a poll, as its source reads it: every reading has one fate,
 * and every key message lies in the memory that was made for them. */
#include "fuzz.h"

#include "source/answer.h"

static void look_at(const struct nos_answer_news *n)
{
	const uint8_t *at = (const uint8_t *)n->bytes.p;

	must(n->key_count <= NOS_ANSWER_KEYS_MAX);
	for (size_t i = 0; i < n->key_count; at += n->keys[i++].len)
		must(n->keys[i].p == at);
	must(!n->key_count || at == (const uint8_t *)n->bytes.p + n->bytes.len);
}

static void decode_news(struct nos_str body)
{
	struct nos_answer_news n = { 0 };
	struct nos_err err = { 0 };

	if (nos_answer_news_decode(body, &n, &err))
		must(err.code == NOS_INTERNAL && !n.keys && !n.key_count);
	look_at(&n);
	nos_answer_news_release(&n);
}

static void decode(struct nos_str body, size_t readings)
{
	struct nos_answer a = { 0 };
	struct nos_err err = { 0 };
	size_t rejected = 0;

	if (nos_answer_decode(body, readings, &a, &err)) {
		must(err.code == NOS_INTERNAL && !a.rejects && !a.reject_count && !a.news.keys);
		return;
	}
	for (uint32_t i = 0; i < readings; i++) {
		const struct nos_err *why = nos_answer_why(&a, i);

		must(!why || why->code != NOS_OK);
		rejected += why != NULL;
	}
	look_at(&a.news);
	if (a.refused)
		must(a.why.code != NOS_OK && rejected == readings);
	else
		must(a.accepted + a.duplicates + rejected == readings);
	nos_answer_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t nonce[NOS_ASK_NONCE_LEN];
	struct nos_err err = { 0 };

	decode_news(fuzz_text(data, size));
	(void)nos_answer_nonce(fuzz_text(data, size), nonce);
	decode(fuzz_text(data, size), 1);
	decode(fuzz_text(data, size), 3);
	if (nos_answer_problem(fuzz_text(data, size), &err))
		must(err.code != NOS_OK);
	return 0;
}
