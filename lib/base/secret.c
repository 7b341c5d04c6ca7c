/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <string.h>

void nos_secret_release(struct nos_secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

bool nos_secret_put(struct nos_secret *s, const void *p, size_t len)
{
	nos_secret_release(s);
	if (len > sizeof(s->bytes))
		return false;
	if (len)
		memcpy(s->bytes, p, len);
	s->len = len;
	return true;
}

bool nos_secret_same(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t differ = 0;

	for (size_t i = 0; i < len; i++)
		differ |= (uint8_t)(x[i] ^ y[i]);
	return differ == 0;
}

bool nos_secret_eq(const struct nos_secret *a, const struct nos_secret *b)
{
	return a->len && a->len == b->len && nos_secret_same(a->bytes, b->bytes, a->len);
}

struct nos_span nos_secret_span(const struct nos_secret *s)
{
	return (struct nos_span){ s->bytes, s->len };
}
