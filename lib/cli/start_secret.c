/* SPDX-License-Identifier: MIT */
/* Apart from start.c, so that a tool without keys is not linked with crypto. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/start.h"
#include "crypto/crypto.h"

void nos_start_secret(void)
{
	const struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask(S_IRWXG | S_IRWXO);
	nos_crypto_start();
}
