/* SPDX-License-Identifier: MIT */
/* How a process that holds keys has its libraries behave. */
#ifndef NOS_CRYPTO_CRYPTO_H
#define NOS_CRYPTO_CRYPTO_H

/*
 * To be called in main before anything of crypto and before threads. What cjose and jansson free is
 * wiped (crypto/jose.h). OpenSSL is not taken down as the process exits: a thread of another
 * library may just be ending then, as libnats's do, which nobody can wait for, and it ends through
 * locks of OpenSSL (OPENSSL_init_crypto(3), OPENSSL_INIT_NO_ATEXIT; openssl issue 6214).
 */
void nos_crypto_start(void);

#endif
