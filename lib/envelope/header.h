/* SPDX-License-Identifier: MIT */
/*
 * The strict reading of a compact JWE before any key touches it (nos-wire(7), "Refused"): what
 * RFC 7516 allows and nos does not is refused here, on the bytes as they came. Pure; thread-safe.
 */
#ifndef NOS_ENVELOPE_HEADER_H
#define NOS_ENVELOPE_HEADER_H

#include "base/buf.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "json/scan.h"
#include "key/name.h"

#define NOS_HEADER_MAX	      1024 /* bytes of the protected header */
#define NOS_HEADER_SOURCE_MAX 32
#define NOS_HEADER_CTY_MAX    64

/* What a JWE is sealed to, which says what its header may hold. */
enum nos_header_use {
	NOS_HEADER_PACK, /* "dir", A128GCM: alg enc kid src seq prev cty */
	NOS_HEADER_KEY,	 /* ECDH-ES, A256GCM: alg enc kid epk cty */
};

struct nos_header {
	char kid[NOS_NAME_TEXT_MAX];		/* PACK */
	struct nos_name name;			/* PACK: the kid, read */
	char source[NOS_HEADER_SOURCE_MAX + 1]; /* PACK */
	char cty[NOS_HEADER_CTY_MAX + 1];	/* without "application/"; empty: none */
	uint64_t seq;				/* PACK: 1 … 2^53 - 1 */
	uint64_t prev; /* PACK: below seq; has_prev tells whether it is there */
	bool has_prev;
	uint8_t thumbprint[NOS_HASH_LEN]; /* KEY: of the key it is sealed to */
	struct nos_ecdh_point epk;	  /* KEY */
};

/*
 * Read the header of a JWE of at most max bytes. NOS_LARGE: longer; NOS_DATA: anything else that is
 * refused. *scan is working memory.
 */
enum nos_code nos_header_read(struct nos_str jwe, enum nos_header_use use, size_t max,
    struct nos_scan *scan, struct nos_header *ret, struct nos_err *err) NOS_CHECK;

#endif
