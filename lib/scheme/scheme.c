/* SPDX-License-Identifier: MIT */
#include "scheme/scheme.h"

#include <string.h>

/* The next scheme is one file and one line. */
static const struct nos_scheme *const schemes[] = {
	&nos_pairwise_scheme,
	&nos_dini_scheme,
	&nos_dipietro_scheme,
	&nos_tree_scheme,
};

#define COUNT (sizeof(schemes) / sizeof(schemes[0]))

void nos_scheme_key_release(struct nos_scheme_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

const struct nos_scheme *nos_scheme_find(struct nos_str name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (nos_str_is(name, schemes[i]->name))
			return schemes[i];
	return NULL;
}

const struct nos_scheme *nos_scheme_of(char letter)
{
	for (size_t i = 0; i < COUNT; i++)
		if (schemes[i]->letter == letter)
			return schemes[i];
	return NULL;
}

const struct nos_scheme *nos_scheme_taking(enum nos_message_kind kind)
{
	for (size_t i = 0; i < COUNT; i++)
		if (schemes[i]->kinds >> kind & 1)
			return schemes[i];
	return NULL;
}

const struct nos_scheme *nos_scheme_at(size_t i)
{
	return i < COUNT ? schemes[i] : NULL;
}
