/* SPDX-License-Identifier: MIT */
/* What a node answers to a pack, as its source reads it: every reading has one fate. */
#include "fuzz.h"

#include "source/answer.h"

static void decode(struct nos_str body, size_t readings)
{
	struct nos_answer a = { 0 };
	struct nos_err err = { 0 };
	size_t rejected = 0;

	if (nos_answer_decode(body, readings, &a, &err)) {
		must(err.code == NOS_INTERNAL && !a.rejects && !a.reject_count);
		return;
	}
	for (uint32_t i = 0; i < readings; i++) {
		const struct nos_err *why = nos_answer_why(&a, i);

		must(!why || why->code != NOS_OK);
		rejected += why != NULL;
	}
	if (a.refused)
		must(a.why.code != NOS_OK && rejected == readings);
	else
		must(a.accepted + a.duplicates + rejected == readings);
	nos_answer_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nos_err err = { 0 };

	decode(fuzz_text(data, size), 1);
	decode(fuzz_text(data, size), 3);
	if (nos_answer_problem(fuzz_text(data, size), &err))
		must(err.code != NOS_OK);
	return 0;
}
