/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <openssl/crypto.h>

#include "crypto/jose.h"

void nos_crypto_start(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	nos_jose_start();
}
