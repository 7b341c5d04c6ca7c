/* SPDX-License-Identifier: MIT */
/*
 * A thread's own OpenSSL contexts, each fetched once and keyed again for every message, which is
 * three times as fast as a context a message (nos-performance(7)). For the files of this room only;
 * released when the thread ends.
 */
#ifndef NOS_CRYPTO_ENGINE_H
#define NOS_CRYPTO_ENGINE_H

#include <openssl/evp.h>

/* The calling thread's contexts; NULL if OpenSSL could not make them. */
struct nos_engine {
	EVP_CIPHER_CTX *gcm128; /* AES-128-GCM */
	EVP_CIPHER_CTX *gcm256; /* AES-256-GCM */
	EVP_CIPHER_CTX *siv;	/* AES-128-SIV (RFC 5297), 32-byte key */
	EVP_MD_CTX *sha256;
	EVP_MD *sha256_md;
};

const struct nos_engine *nos_engine_get(void);

#endif
