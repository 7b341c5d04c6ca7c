/* SPDX-License-Identifier: MIT */
/*
 * How often the library's operations are done, counted where this tool is linked: the functions
 * that stand in COUNTED of the Makefile are wrapped, and each calls the one that it stands for.
 * What a source file calls of itself is not seen, so the lowest functions of lib/crypto are
 * wrapped, and not those made of them. Each thread counts for itself.
 */
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

#include <stdbool.h>
#include <stdint.h>

/* A name in the paper's words, as far as it has one. */
#define COUNTED_MAP(X)                                                                       \
	X(concatenations, "concatenation") /* a field or number of a context or a message */ \
	X(keys, "key computation")	   /* K, the last step to a key */                   \
	X(hmacs, "hmac")		   /* of X and K: HKDF's two halves */               \
	X(hashes, "hash")		   /* SHA-256 outside HMAC */                        \
	X(encryptions, "encryption")	   /* AES-SIV, AES-GCM */                            \
	X(decryptions, "decryption")                                                         \
	X(xors, "xor")		   /* of keys of a tree */                                   \
	X(agreements, "ecdh")	   /* shared secrets on P-256 */                             \
	X(pairs, "key pair")	   /* that were drawn */                                     \
	X(signatures, "signature") /* Ed25519 */                                             \
	X(verifications, "verification")                                                     \
	X(draws, "random") /* values that were drawn */

struct counted {
#define X(field, name) uint64_t field;
	COUNTED_MAP(X)
#undef X
};

/* From here on; what was counted before is forgotten. */
void counted_begin(void);

/* What was done since. */
struct counted counted_end(void);

/* The number of an operation, and what it is called; false: there are no more. */
bool counted_at(const struct counted *c, unsigned i, const char **ret_name, uint64_t *ret);

#endif
