/* SPDX-License-Identifier: MIT */
/*
 * ECDH on P-256 (NIST SP 800-56A), points compressed (SEC 1 §2.3.3, 33 bytes), which is what the
 * secure elements of devices speak. Thread-safe. A derivation costs 0.15 ms: not for hot threads.
 */
#ifndef NOS_CRYPTO_ECDH_H
#define NOS_CRYPTO_ECDH_H

#include "base/err.h"
#include "base/secret.h"

#define NOS_ECDH_PRIVATE_LEN 32
#define NOS_ECDH_POINT_LEN   33
#define NOS_ECDH_SHARED_LEN  32
#define NOS_ECDH_COORD_LEN   32

struct nos_ecdh_point {
	uint8_t bytes[NOS_ECDH_POINT_LEN];
};

/* A fresh pair. NOS_INTERNAL: OpenSSL failed. */
enum nos_code nos_ecdh_generate(struct nos_secret *ret_private, struct nos_ecdh_point *ret_public,
    struct nos_err *err) NOS_CHECK;

/* The public point of a private number. NOS_DATA: not in [1, n - 1]. */
enum nos_code nos_ecdh_public(
    const struct nos_secret *private, struct nos_ecdh_point *ret, struct nos_err *err) NOS_CHECK;

/* The x coordinate. NOS_DATA: the point is not on the curve, or the private number is none. */
enum nos_code nos_ecdh_shared(const struct nos_secret *private, const struct nos_ecdh_point *peer,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* To and from the two coordinates of a JWK. NOS_DATA: not on the curve. */
enum nos_code nos_ecdh_to_xy(const struct nos_ecdh_point *p, uint8_t x[static NOS_ECDH_COORD_LEN],
    uint8_t y[static NOS_ECDH_COORD_LEN], struct nos_err *err) NOS_CHECK;
enum nos_code nos_ecdh_from_xy(const uint8_t x[static NOS_ECDH_COORD_LEN],
    const uint8_t y[static NOS_ECDH_COORD_LEN], struct nos_ecdh_point *ret,
    struct nos_err *err) NOS_CHECK;

#endif
