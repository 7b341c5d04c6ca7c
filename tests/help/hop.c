/* SPDX-License-Identifier: MIT */
/*
 * What sources and relays make, a step a run, so that a pack goes any way that a test wants:
 *
 *   hop seal KEYRING SEQ CTY <TEXT >PACK           sealed under the keyring's newest key
 *   hop frame RELAYKEYRING SOURCE HOPS <PACK       a frame of SOURCE, HOPS times raised
 *   hop nobody MEDIA HOPS <BODY                    one that names no source
 *   hop link RELAYKEYRING SOURCE                   the key between the two, base64url
 *   hop receipt KEYRING PACKFILE BODYFILE RECEIPT  0: the node made it, 1: it did not
 *   hop flip BIT <FILE                             the file with that bit flipped
 *   hop flips <FILE                                with each of its bits flipped, a netstring each
 *   hop flips-in RELAYKEYRING SEQ <FRAME           the same of a frame, sealed under SEQ and on
 *
 * Keyrings are read, not changed. A failure is one line on stderr, and status 1.
 */
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/num.h"
#include "crypto/jose.h"
#include "envelope/pack.h"
#include "key/derive.h"
#include "key/hop.h"
#include "key/keyring.h"
#include "input.h"

#define OUTPUT_MAX (16u << 20)

static enum nos_code load(const char *path, struct nos_keyring *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	return nos_file_read(path, NOS_FILE_SECRET, &text, err)
		   ? err->code
		   : nos_keyring_decode(nos_buf_str(&text), ret, err);
}

static enum nos_code keys_of(const struct nos_keyring *k, char ret_kid[static NOS_NAME_TEXT_MAX],
    struct nos_pack_keys *ret, struct nos_err *err)
{
	const struct nos_keyring_key *key = nos_keyring_active(k);
	NOS_AUTO(secret) k_s = { 0 };

	if (!key)
		return nos_err_set(err, NOS_DATA, "no key in it");
	nos_name_format(&key->name, ret_kid);
	return nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &k_s, err)
		   ? err->code
		   : nos_pack_keys_make(
			 &key->value, &k_s, nos_str_of(ret_kid), nos_str_of(k->source), ret, err);
}

static enum nos_code do_seal(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(buf) text = { 0 };
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack pack = { 0 };

	if (load(args[0], &k, err) || keys_of(&k, kid, &keys, err) || read_input(&text, err))
		return err->code;
	if (!nos_num_parse(nos_str_of(args[1]), 1, NOS_NUM_SAFE - 1, &pack.seq))
		return nos_err_set(err, NOS_USAGE, "'%s' is no number", args[1]);
	pack.kid = nos_str_of(kid);
	pack.source = nos_str_of(k.source);
	pack.cty = nos_str_of(args[2]);
	return nos_pack_seal(&keys, &pack, nos_buf_span(&text), out, err);
}

static enum nos_code link_of(
    const char *path, const char *source, struct nos_secret *ret, struct nos_err *err)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(secret) relay = { 0 };

	if (load(path, &k, err) || nos_hop_relay_key(&k.z_key, &relay, err))
		return err->code;
	return nos_hop_link(&relay, nos_str_of(source), ret, err);
}

/* As it was made, then as each relay passes it on. */
static enum nos_code frame(const struct nos_secret *link, const char *source, struct nos_span pack,
    const char *hops, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(buf) before = { 0 };
	struct nos_hop h;
	uint64_t raised;

	nos_buf_init(&before, INPUT_MAX);
	if (!nos_num_parse(nos_str_of(hops), 0, NOS_HOP_MAX + 1, &raised))
		return nos_err_set(err, NOS_USAGE, "'%s' is no number of hops", hops);
	if (nos_hop_seal(link, 0, nos_str_of(source), pack, &before, err) ||
	    nos_hop_read(nos_buf_span(&before), &h, err))
		return err->code;
	if (!raised) {
		nos_buf_add(out, before.p, before.len);
		return NOS_OK;
	}
	h.hops = (unsigned)raised - 1;
	nos_hop_raise(out, &h);
	return NOS_OK;
}

static enum nos_code do_frame(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(secret) link = { 0 };
	NOS_AUTO(buf) pack = { 0 };

	if (link_of(args[0], args[1], &link, err) || read_input(&pack, err))
		return err->code;
	return frame(&link, args[1], nos_buf_span(&pack), args[2], out, err);
}

static enum nos_code do_nobody(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(buf) body = { 0 };
	NOS_AUTO(buf) pack = { 0 };

	nos_buf_init(&pack, INPUT_MAX);
	if (read_input(&body, err))
		return err->code;
	nos_buf_add_text(&pack, args[0]);
	nos_buf_add_char(&pack, '\n');
	nos_buf_add(&pack, body.p, body.len);
	return frame(NULL, "", nos_buf_span(&pack), args[1], out, err);
}

static enum nos_code do_link(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(secret) link = { 0 };

	if (link_of(args[0], args[1], &link, err))
		return err->code;
	nos_enc_base64(out, link.bytes, link.len);
	return NOS_OK;
}

static enum nos_code do_receipt(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(buf) pack = { 0 };
	NOS_AUTO(buf) body = { 0 };
	char kid[NOS_NAME_TEXT_MAX];

	(void)out;
	if (load(args[0], &k, err) || keys_of(&k, kid, &keys, err) ||
	    read_file(args[1], &pack, err) || read_file(args[2], &body, err))
		return err->code;
	return nos_pack_receipt_is_good(
		   &keys, nos_buf_span(&pack), nos_buf_span(&body), nos_str_of(args[3]))
		   ? NOS_OK
		   : nos_err_set(err, NOS_TAG, "the receipt is not the node's");
}

static enum nos_code do_flip(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(buf) file = { 0 };
	uint64_t bit;

	if (read_input(&file, err))
		return err->code;
	if (!nos_num_parse(nos_str_of(args[0]), 0, file.len * 8 - 1, &bit))
		return nos_err_set(err, NOS_USAGE, "'%s' is no bit of it", args[0]);
	file.p[bit / 8] = (char)(file.p[bit / 8] ^ 1 << bit % 8);
	nos_buf_add(out, file.p, file.len);
	return NOS_OK;
}

static void add_netstring(struct nos_buf *out, const struct nos_buf *b)
{
	nos_num_add_uint(out, b->len);
	nos_buf_add_char(out, ':');
	nos_buf_add(out, b->p, b->len);
	nos_buf_add_char(out, ',');
}

static enum nos_code do_flips(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(buf) file = { 0 };

	(void)args;
	if (read_input(&file, err))
		return err->code;
	for (size_t bit = 0; bit < file.len * 8; bit++) {
		file.p[bit / 8] = (char)(file.p[bit / 8] ^ 1 << bit % 8);
		add_netstring(out, &file);
		file.p[bit / 8] = (char)(file.p[bit / 8] ^ 1 << bit % 8);
	}
	return NOS_OK;
}

static enum nos_code do_flips_in(char **args, struct nos_buf *out, struct nos_err *err)
{
	NOS_AUTO(keyring) k = { 0 };
	NOS_AUTO(pack_keys) keys = { 0 };
	NOS_AUTO(buf) frame = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack pack = { .cty = NOS_STR("application/nos-hop") };

	nos_buf_init(&sealed, INPUT_MAX);
	if (load(args[0], &k, err) || keys_of(&k, kid, &keys, err) || read_input(&frame, err))
		return err->code;
	if (!nos_num_parse(nos_str_of(args[1]), 1, NOS_NUM_SAFE / 2, &pack.seq))
		return nos_err_set(err, NOS_USAGE, "'%s' is no number", args[1]);
	pack.kid = nos_str_of(kid);
	pack.source = nos_str_of(k.source);
	for (size_t bit = 0; bit < frame.len * 8; bit++, pack.seq++) {
		nos_buf_truncate(&sealed, 0);
		frame.p[bit / 8] = (char)(frame.p[bit / 8] ^ 1 << bit % 8);
		if (nos_pack_seal(&keys, &pack, nos_buf_span(&frame), &sealed, err))
			return err->code;
		frame.p[bit / 8] = (char)(frame.p[bit / 8] ^ 1 << bit % 8);
		add_netstring(out, &sealed);
	}
	return NOS_OK;
}

static enum nos_code run(int argc, char **argv, struct nos_buf *out, struct nos_err *err)
{
	static const struct {
		const char *name;
		int args;
		enum nos_code (*run)(char **args, struct nos_buf *out, struct nos_err *err);
	} steps[] = {
		{ "seal", 3, do_seal },
		{ "frame", 3, do_frame },
		{ "nobody", 2, do_nobody },
		{ "link", 2, do_link },
		{ "receipt", 4, do_receipt },
		{ "flip", 1, do_flip },
		{ "flips", 0, do_flips },
		{ "flips-in", 2, do_flips_in },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(argv[1], steps[i].name) == 0 && argc - 2 == steps[i].args)
			return steps[i].run(argv + 2, out, err);
	return nos_err_set(err, NOS_USAGE,
	    "usage: hop seal|frame|nobody|link|receipt|flip|flips|flips-in ARGUMENT...");
}

int main(int argc, char **argv)
{
	struct nos_err err = { 0 };
	NOS_AUTO(buf) out = { 0 };

	nos_jose_start();
	nos_buf_init(&out, OUTPUT_MAX);
	if (!run(argc, argv, &out, &err) && !nos_buf_check(&out, "output", &err))
		return fwrite(out.p, 1, out.len, stdout) != out.len || fflush(stdout) != 0;
	fprintf(stderr, "hop: %s\n", err.text);
	return 1;
}
