/* SPDX-License-Identifier: MIT */
#include "score/identity.h"

#define MAC_PAIRS   6
#define EUI_PAIRS   8
#define EUI_DIGITS  16
#define TLD_LETTERS 2 /* at least */

/* ASCII alone, whatever the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex_letter(char c)
{
	return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Letters and digits in a row, as long as there are any. */
struct run {
	size_t start, end;
	bool hex, letter; /* hex digits alone; a to f among them */
};

static bool next_run(struct nos_str text, size_t from, struct run *ret)
{
	size_t i = from;

	while (i < text.len && !is_digit(text.p[i]) && !is_letter(text.p[i]))
		i++;
	*ret = (struct run){ .start = i, .hex = true };
	for (; i < text.len && (is_digit(text.p[i]) || is_letter(text.p[i])); i++) {
		ret->letter |= is_hex_letter(text.p[i]);
		ret->hex &= is_digit(text.p[i]) || is_hex_letter(text.p[i]);
	}
	ret->end = i;
	return ret->end > ret->start;
}

/* Pairs of hex digits with one and the same byte between them. */
struct chain {
	unsigned pairs;
	char sep; /* known from the second pair on */
	bool letter;
};

static bool is_address(const struct chain *c)
{
	return (c->pairs == MAC_PAIRS || c->pairs == EUI_PAIRS) && (c->letter || c->sep == ':');
}

static bool has_hex(struct nos_str text)
{
	struct run run = { 0 }, last = { 0 };
	struct chain chain = { 0 };

	for (; next_run(text, last.end, &run); last = run) {
		bool pair = run.hex && run.end - run.start == 2, joined;
		char sep = run.start == last.end + 1 ? text.p[last.end] : 0;

		if (run.hex && run.letter && run.end - run.start == EUI_DIGITS)
			return true;
		joined = pair && chain.pairs && (sep == ':' || sep == '-');
		if (!joined || (chain.pairs > 1 && sep != chain.sep)) {
			if (is_address(&chain))
				return true;
			/* Where the byte between them changes, the last pair begins anew. */
			chain = (struct chain){ .pairs = joined, .letter = joined && last.letter };
		}
		if (pair) {
			chain.pairs++;
			chain.sep = joined ? sep : 0;
			chain.letter |= run.letter;
		}
	}
	return is_address(&chain);
}

static bool is_local(char c)
{
	return is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80 || c == '.' || c == '_' ||
	       c == '%' || c == '+' || c == '-';
}

/* Is there a domain at text[from]: a label, and behind a point one that is letters alone? */
static bool has_domain(struct nos_str text, size_t from)
{
	size_t start = from, labels = 0;
	bool letters = true;

	for (size_t i = from; i <= text.len; i++) {
		char c = i < text.len ? text.p[i] : 0;

		if (is_letter(c) || is_digit(c) || c == '-') {
			letters &= is_letter(c);
			continue;
		}
		if (i == start)
			return false;
		if (labels && letters && i - start >= TLD_LETTERS)
			return true;
		if (c != '.')
			return false;
		labels++;
		start = i + 1;
		letters = true;
	}
	return false;
}

/* A domain holds no '@', so that each byte is looked at twice at most. */
static bool has_email(struct nos_str text)
{
	for (size_t i = 1; i < text.len; i++)
		if (text.p[i] == '@' && is_local(text.p[i - 1]) && has_domain(text, i + 1))
			return true;
	return false;
}

/* Most texts are short words: what is looked for is long, or has one of three bytes in it. */
static bool is_word(struct nos_str text)
{
	if (text.len >= EUI_DIGITS)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == ':' || text.p[i] == '-' || text.p[i] == '@')
			return false;
	return true;
}

enum nos_rule_identity nos_identity_of(struct nos_str text)
{
	return !is_word(text) && (has_hex(text) || has_email(text)) ? NOS_RULE_IDENTITY_HARDWARE
								    : NOS_RULE_IDENTITY_NONE;
}
