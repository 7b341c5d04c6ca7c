/* SPDX-License-Identifier: MIT */
/* Fixed inputs and every value derived from them: tests/vectors/vectors.json, by path. */
#ifndef NOS_TEST_VECTORS_H
#define NOS_TEST_VECTORS_H

#include <jansson.h>

#include "base/secret.h"
#include "test.h"

static json_t *vectors;

/* Group set-up and tear-down. */
static int vectors_load(void **state)
{
	json_error_t e;

	(void)state;
	vectors = json_load_file("tests/vectors/vectors.json", JSON_REJECT_DUPLICATES, &e);
	if (!vectors)
		print_error("%s:%d: %s\n", e.source, e.line, e.text);
	return vectors ? 0 : -1;
}

static int vectors_drop(void **state)
{
	(void)state;
	json_decref(vectors);
	return 0;
}

/* The value at "registration/T" or "dipietro/steps/0/k"; a path that is not there fails the test.
 */
static inline json_t *vector(const char *path)
{
	struct nos_str rest = nos_str_of(path), part;
	json_t *at = vectors;

	while (nos_str_cut(&rest, '/', &part)) {
		char name[80];

		assert_true(nos_str_copy(part, name, sizeof(name)));
		at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10))
				       : json_object_get(at, name);
		if (!at)
			fail_msg("no vector '%s'", path);
	}
	return at;
}

static inline const char *vector_text(const char *path)
{
	const char *text = json_string_value(vector(path));

	if (!text)
		fail_msg("vector '%s' is no text", path);
	return text;
}

/* A value of hex digits, as a secret; of at most 64 bytes. */
static inline struct nos_secret vector_secret(const char *path)
{
	struct nos_str hex = nos_str_of(vector_text(path));
	struct nos_secret s = { .len = hex.len / 2 };

	assert_true(s.len <= sizeof(s.bytes));
	assert_true(nos_enc_hex_decode(hex, s.bytes, s.len));
	return s;
}

/* A value of hex digits of any length; the caller releases *ret. */
static inline void vector_bytes(const char *path, struct nos_buf *ret)
{
	struct nos_str hex = nos_str_of(vector_text(path));

	nos_buf_init(ret, 1 << 16);
	assert_true(nos_enc_hex_decode(hex, nos_buf_extend(ret, hex.len / 2), hex.len / 2));
}

#define assert_vector(bytes, size, path) assert_hex(bytes, size, vector_text(path))
#define assert_vector_secret(s, path)	 assert_vector((s)->bytes, (s)->len, path)

#endif
