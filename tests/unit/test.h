/* SPDX-License-Identifier: MIT */
/* What every unit test includes: cmocka in its order, and comparisons that cmocka has not. */
#ifndef NOS_TEST_H
#define NOS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"

#define assert_str(s, text)                                            \
	do {                                                           \
		struct nos_str assert_s = (s);                         \
		char *assert_copy = strndup(assert_s.p, assert_s.len); \
		assert_string_equal(assert_copy, text);                \
		free(assert_copy);                                     \
	} while (0)

#define assert_buf(b, text) assert_str(nos_buf_str(b), text)

#define assert_near(a, b, within)                                                          \
	do {                                                                               \
		double assert_a = (a), assert_b = (b);                                     \
		if (!(assert_a - assert_b <= (within) && assert_b - assert_a <= (within))) \
			fail_msg("%.9g is not %.9g", assert_a, assert_b);                  \
	} while (0)

/* Bytes against hex digits. */
#define assert_hex(bytes, size, hex)                  \
	do {                                          \
		struct nos_buf assert_b;              \
		nos_buf_init(&assert_b, 1 << 20);     \
		nos_enc_hex(&assert_b, bytes, size);  \
		assert_string_equal(assert_b.p, hex); \
		nos_buf_release(&assert_b);           \
	} while (0)

#endif
