/* SPDX-License-Identifier: MIT */
/*
 * packs READINGS COUNT KEYRING…: seals COUNT packs of READINGS readings each, the sources by turns,
 * numbers from 1, and writes a pack a line: load for scripts/measure-ingest. Keyrings are read, not
 * changed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"
#include "crypto/jose.h"
#include "envelope/pack.h"
#include "json/encode.h"
#include "key/derive.h"
#include "key/keyring.h"

struct sender {
	char id[33];
	struct nos_pack_keys keys;
};

static enum nos_code load(const char *path, struct sender *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(secret) k_s = { 0 };
	const struct nos_keyring_key *key;

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err) ||
	    nos_keyring_decode(nos_buf_str(&text), &k, err) ||
	    nos_derive_static(&k.z_key, NOS_DERIVE_AUTH, &k_s, err))
		return err->code;
	key = nos_keyring_active(&k);
	if (!key || key->name.kind != 'p' || key->name.parts[0] != 1)
		return nos_err_set(err, NOS_DATA, "%s: not a fresh keyring", path);
	snprintf(ret->id, sizeof(ret->id), "%s", k.source);
	return nos_pack_keys_make(
	    &key->value, &k_s, NOS_STR("p.1"), nos_str_of(ret->id), &ret->keys, err);
}

static void readings(struct nos_buf *b, uint64_t count, uint64_t number)
{
	for (uint64_t i = 0; i < count; i++) {
		nos_buf_add_char(b, '{');
		nos_encode_member_text(b, "type", NOS_STR("air_temperature"));
		nos_encode_member_number(b, "value", (double)((number + i) % 400) / 10 - 20);
		nos_encode_member_text(b, "unit", NOS_STR("Cel"));
		nos_encode_member_uint(b, "time", 1700000000 + (number * count + i) * 900);
		nos_buf_add_text(b, "}\n");
	}
}

static enum nos_code write_pack(
    const struct sender *s, uint64_t number, uint64_t count, struct nos_err *err)
{
	const struct nos_pack pack = { .kid = NOS_STR("p.1"),
		.source = nos_str_of(s->id),
		.seq = number,
		.cty = NOS_STR("application/x-ndjson") };
	NOS_AUTO(buf) plain = { 0 };
	NOS_AUTO(buf) sealed = { 0 };

	nos_buf_init(&plain, NOS_PACK_MAX);
	nos_buf_init(&sealed, NOS_PACK_MAX);
	readings(&plain, count, number);
	if (nos_pack_seal(&s->keys, &pack, nos_buf_span(&plain), &sealed, err))
		return err->code;
	return puts(sealed.p) < 0 ? nos_err_set(err, NOS_IO, "output") : NOS_OK;
}

static enum nos_code run(int argc, char **argv, struct nos_err *err)
{
	size_t senders = argc > 3 ? (size_t)argc - 3 : 0;
	struct sender *s = calloc(senders + 1, sizeof(*s));
	uint64_t batch, count;

	if (!s || !senders || !nos_num_parse(nos_str_of(argv[1]), 1, 10000, &batch) ||
	    !nos_num_parse(nos_str_of(argv[2]), 1, 100000000, &count))
		return nos_err_set(err, NOS_USAGE, "usage: packs READINGS COUNT KEYRING...");
	for (size_t i = 0; i < senders; i++)
		if (load(argv[3 + i], &s[i], err))
			return err->code;
	for (uint64_t i = 0; i < count; i++)
		if (write_pack(&s[i % senders], i / senders + 1, batch, err))
			return err->code;
	free(s);
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };

	nos_jose_start();
	if (!run(argc, argv, &err))
		return fflush(stdout) != 0;
	fprintf(stderr, "packs: %s\n", err.text);
	return 1;
}
