/* SPDX-License-Identifier: MIT */
/*
 * The paper's two schemes as it prints them (profile "paper"), with their faults: for this tool
 * alone, nos-serve never speaks them. Keys have 64 bits. The paper names no cipher and no hash: E
 * is DES, whose block and key are the 8 bytes that its sizes show, H(x) and G(x) are SHA-256 of 'H'
 * or 'G' and x, cut to 64 bits. Operations are counted where they are done. Pure: keys come in.
 */
#ifndef BENCH_PRINTED_H
#define BENCH_PRINTED_H

#include "base/buf.h"

#define PRINTED_KEY 8 /* bytes of a key, a seed and a block */

/* What was done, in the paper's words. */
struct printed_count {
	uint64_t concatenations, keys, encryptions, decryptions, hashes, xors;
};

/* Blocks under a key; len is a multiple of PRINTED_KEY. NOS_INTERNAL: OpenSSL failed. */
enum nos_code printed_encrypt(const uint8_t key[static PRINTED_KEY], const uint8_t *in, size_t len,
    uint8_t *out, struct printed_count *c, struct nos_err *err) NOS_CHECK;
enum nos_code printed_decrypt(const uint8_t key[static PRINTED_KEY], const uint8_t *in, size_t len,
    uint8_t *out, struct printed_count *c, struct nos_err *err) NOS_CHECK;

/* ---- Dini et al. ---- */

#define PRINTED_NAME_MAX   3
#define PRINTED_PACKET_MAX (PRINTED_NAME_MAX + 2 * PRINTED_KEY)
#define PRINTED_REPLY	   0x06

/* A key's name: Knode and Kincr, big-endian; Knode has one byte in the paper's first scenario, two
 * in its second, Kincr one, which wraps. */
struct printed_name {
	uint8_t bytes[PRINTED_NAME_MAX];
	size_t len;
};

struct printed_key {
	struct printed_name name;
	uint8_t value[PRINTED_KEY];
};

/* The name of the next local key: two concatenations. */
void printed_dini_name(unsigned node, uint8_t incr, size_t node_len, struct printed_name *ret,
    struct printed_count *c);

/* The packets: name ‖ E_G(value), and name ‖ E_Kold(new ‖ old). *ret_len bytes. */
enum nos_code printed_dini_install(const struct printed_key *global,
    const struct printed_key *local, uint8_t ret[static PRINTED_PACKET_MAX], size_t *ret_len,
    struct printed_count *c, struct nos_err *err) NOS_CHECK;
enum nos_code printed_dini_replace(const struct printed_key *old, const struct printed_key *fresh,
    uint8_t ret[static PRINTED_PACKET_MAX], size_t *ret_len, struct printed_count *c,
    struct nos_err *err) NOS_CHECK;

/* At a source: one decryption a block. What is no such packet, or was bent, becomes a key all the
 * same: there is no MAC. NOS_DATA: of another length. */
enum nos_code printed_dini_take(const struct printed_key *under, const uint8_t *packet, size_t len,
    size_t name_len, struct printed_key *ret, struct printed_count *c,
    struct nos_err *err) NOS_CHECK;

/* ---- Di Pietro et al. ---- */

enum printed_update {
	PRINTED_LITERAL,  /* Algorithm 3 as printed: S1 and S2 stay, and so does k */
	PRINTED_EVOLVING, /* S1 := H(S1), S2 := G(S2) */
};

struct printed_session {
	enum printed_update update;
	uint8_t s1[PRINTED_KEY], s2[PRINTED_KEY], k[PRINTED_KEY], k_old[PRINTED_KEY];
	uint64_t session; /* currentSession */
};

/* Algorithm 2's head. */
enum nos_code printed_session_begin(struct printed_session *s, enum printed_update update,
    const uint8_t s1[static PRINTED_KEY], const uint8_t s2[static PRINTED_KEY],
    struct printed_count *c, struct nos_err *err) NOS_CHECK;

/* Algorithm 3. */
enum nos_code printed_session_update(
    struct printed_session *s, struct printed_count *c, struct nos_err *err) NOS_CHECK;

/* MSG: a type and a session number in clear, and a block under k. */
#define PRINTED_MSG_UPDATE 1
#define PRINTED_MSG_DATA   2
#define PRINTED_MSG_LEN	   (2 + PRINTED_KEY)

struct printed_msg {
	uint8_t type, session; /* the number's last byte */
	uint8_t block[PRINTED_KEY];
};

enum nos_code printed_session_say(const struct printed_session *s, uint8_t type,
    const uint8_t text[static PRINTED_KEY], struct printed_msg *ret, struct printed_count *c,
    struct nos_err *err) NOS_CHECK;

/* Algorithm 2's loop, for one MSG: decrypts it, and steps where its type says so. */
enum nos_code printed_session_hear(struct printed_session *s, const struct printed_msg *m,
    uint8_t ret_text[static PRINTED_KEY], struct printed_count *c, struct nos_err *err) NOS_CHECK;

/* Bytes that a source keeps: its two seeds, its two keys, and a counter apart from them. */
#define PRINTED_SESSION_STORAGE (4 * PRINTED_KEY)

#endif
