/* SPDX-License-Identifier: MIT */
#include "crypto/engine.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t slot;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int have_slot;

static void release(void *p)
{
	struct nos_engine *e = p;

	EVP_CIPHER_CTX_free(e->gcm128);
	EVP_CIPHER_CTX_free(e->gcm256);
	EVP_CIPHER_CTX_free(e->siv);
	EVP_MD_CTX_free(e->sha256);
	EVP_MD_free(e->sha256_md);
	free(e);
}

/* A main thread that returns takes no thread destructors. */
static void release_at_exit(void)
{
	void *p = pthread_getspecific(slot);

	if (p) {
		pthread_setspecific(slot, NULL);
		release(p);
	}
}

static void make_slot(void)
{
	have_slot = pthread_key_create(&slot, release) == 0;
	/* OpenSSL's own handler, where there is to be one, must run after ours, so it is
	 * installed before. */
	OPENSSL_init_crypto(OPENSSL_INIT_ADD_ALL_DIGESTS | OPENSSL_INIT_ADD_ALL_CIPHERS, NULL);
	if (have_slot)
		atexit(release_at_exit);
}

static EVP_CIPHER_CTX *cipher_ctx(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!cipher || !ctx || EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, 1, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher); /* the context holds its own reference */
	return ctx;
}

const struct nos_engine *nos_engine_get(void)
{
	struct nos_engine *e;

	pthread_once(&once, make_slot);
	if (!have_slot)
		return NULL;
	e = pthread_getspecific(slot);
	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->gcm128 = cipher_ctx("AES-128-GCM");
	e->gcm256 = cipher_ctx("AES-256-GCM");
	e->siv = cipher_ctx("AES-128-SIV");
	e->sha256 = EVP_MD_CTX_new();
	e->sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!e->gcm128 || !e->gcm256 || !e->siv || !e->sha256 || !e->sha256_md ||
	    pthread_setspecific(slot, e) != 0) {
		release(e);
		return NULL;
	}
	return e;
}
