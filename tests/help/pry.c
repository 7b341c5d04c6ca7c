/* SPDX-License-Identifier: MIT */
/*
 * pry PACKFILE KEYRING…: what does anyone open of a pack with all that these keyrings hold, put
 * together? Each secret in them, and each that hangs on their Z, is tried as the content key; as
 * the scheme key with each as K_S; and, with each global key, as what a local key is made of, by
 * the name that the pack says. Each find is a line "KEY [K_S]"; exit status 0: something opened it,
 * 1: nothing did, 2: a file cannot be read.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "crypto/jose.h"
#include "envelope/pack.h"
#include "key/hop.h"
#include "key/keyring.h"
#include "scheme/dini.h"

#define HELD_MAX 512
#define TEXT_MAX (1u << 20)

struct held {
	char name[64];
	struct nos_secret value;
};

static struct held held[HELD_MAX];
static size_t held_count;
static struct nos_keyring_global globals[NOS_KEYRING_GLOBALS_MAX * 8];
static size_t global_count;

static void hold(const char *what, const struct nos_secret *value)
{
	if (held_count == HELD_MAX || !value->len)
		return;
	snprintf(held[held_count].name, sizeof(held[0].name), "%s", what);
	held[held_count++].value = *value;
}

static enum nos_code hold_static(
    const struct nos_keyring *k, struct nos_str source, struct nos_err *err)
{
	static const char *const names[] = { "K_S", "R*", "V", "Q", "spool" };
	NOS_AUTO(secret) made = { 0 };
	NOS_AUTO(secret) relay = { 0 };

	hold("Z", &k->z_key);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (nos_derive_static(&k->z_key, (enum nos_derive_static)i, &made, err))
			return err->code;
		hold(names[i], &made);
	}
	if (nos_hop_relay_key(&k->z_key, &relay, err) || nos_hop_link(&relay, source, &made, err))
		return err->code;
	hold("A_M", &relay);
	hold("K_SM", &made);
	return NOS_OK;
}

static enum nos_code hold_keyring(const char *path, struct nos_str source, struct nos_err *err)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(buf) text = { 0 };
	char kid[NOS_NAME_TEXT_MAX];

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err) ||
	    nos_keyring_decode(nos_buf_str(&text), &k, err))
		return err->code;
	for (size_t i = 0; i < k.key_count; i++) {
		nos_name_format(&k.keys[i].name, kid);
		hold(kid, &k.keys[i].value);
	}
	for (size_t i = 0; i < k.global_count; i++) {
		hold("G", &k.globals[i].value);
		if (global_count < sizeof(globals) / sizeof(globals[0]))
			globals[global_count++] = k.globals[i];
	}
	for (size_t i = 0; i < k.link_count; i++)
		hold("link", &k.links[i].value);
	hold("down", &k.down.key);
	hold("up", &k.up.key);
	return hold_static(&k, source, err);
}

/* What the name alone would give to who has the global key, were there nothing else in it. */
static enum nos_code hold_local(const struct nos_name *name, struct nos_err *err)
{
	const size_t count = held_count;

	if (name->kind != 'd')
		return NOS_OK;
	for (size_t g = 0; g < global_count; g++)
		for (size_t i = 0; i < count; i++) {
			const struct nos_dini_local local = { name->parts[0], name->parts[1],
				{ globals[g].domain, globals[g].version } };
			NOS_AUTO(scheme_key) key = { 0 };

			if (nos_dini_make(&globals[g].value, &held[i].value, &local, &key, err))
				return err->code;
			hold("L", &key.value);
		}
	return NOS_OK;
}

static bool opens(const struct nos_pack_keys *keys, struct nos_str pack)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init_secret(&text, NOS_PACK_MAX);
	return !nos_pack_open(keys, pack, &text, &err);
}

static bool opens_itself(const struct held *h, struct nos_str pack)
{
	NOS_AUTO(pack_keys) keys = { 0 };

	memcpy(keys.content, h->value.bytes, sizeof(keys.content));
	return opens(&keys, pack);
}

static bool try_all(struct nos_str pack, const struct nos_header *h, struct nos_err *err)
{
	bool found = false;

	for (size_t i = 0; i < held_count && !err->code; i++) {
		if (opens_itself(&held[i], pack) && printf("%s\n", held[i].name) > 0)
			found = true;
		for (size_t j = 0; j < held_count && !err->code; j++) {
			NOS_AUTO(pack_keys) keys = { 0 };

			if (!nos_pack_keys_make(&held[i].value, &held[j].value, nos_str_of(h->kid),
				nos_str_of(h->source), &keys, err) &&
			    opens(&keys, pack) && printf("%s %s\n", held[i].name, held[j].name) > 0)
				found = true;
		}
	}
	return found;
}

int main(int argc, char **argv)
{
	NOS_AUTO(buf) pack = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_header h;
	struct nos_err err = { 0 };
	bool found = false;

	nos_jose_start();
	nos_buf_init(&pack, TEXT_MAX);
	if (argc < 3)
		nos_err_set(&err, NOS_USAGE, "pry PACKFILE KEYRING...");
	else if (!nos_file_read(argv[1], NOS_FILE_PLAIN, &pack, &err))
		(void)!nos_header_read(
		    nos_buf_str(&pack), NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &h, &err);
	nos_scan_release(&scan);
	for (int i = 2; i < argc && !err.code; i++)
		(void)!hold_keyring(argv[i], nos_str_of(h.source), &err);
	if (!err.code && !hold_local(&h.name, &err))
		found = try_all(nos_buf_str(&pack), &h, &err);
	explicit_bzero(held, sizeof(held));
	explicit_bzero(globals, sizeof(globals));
	if (!err.code)
		return found ? 0 : 1;
	fprintf(stderr, "pry: %s\n", err.text);
	return 2;
}
