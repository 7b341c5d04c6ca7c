/* SPDX-License-Identifier: MIT */
#include "crypto/ecdh.h"

#include <assert.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#define AUTO_FREE(type, free_fn, name) \
	static void name(type **p)     \
	{                              \
		free_fn(*p);           \
	}

AUTO_FREE(EVP_PKEY, EVP_PKEY_free, drop_pkey)
AUTO_FREE(EVP_PKEY_CTX, EVP_PKEY_CTX_free, drop_pkey_ctx)
AUTO_FREE(EC_GROUP, EC_GROUP_free, drop_group)
AUTO_FREE(EC_POINT, EC_POINT_free, drop_point)
AUTO_FREE(BIGNUM, BN_clear_free, drop_bn)
AUTO_FREE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free, drop_bld)
AUTO_FREE(OSSL_PARAM, OSSL_PARAM_free, drop_params) /* wipes what came from a secure BIGNUM */

#define AUTO(type, free_fn) __attribute__((cleanup(free_fn))) type *

static enum nos_code failed(struct nos_err *err)
{
	return nos_err_set(err, NOS_INTERNAL, "P-256 failed");
}

static enum nos_code off_curve(struct nos_err *err)
{
	return nos_err_set(err, NOS_DATA, "not a point of P-256");
}

/* A number that OpenSSL wipes, and does not branch on. */
static BIGNUM *secret_number(const struct nos_secret *s)
{
	BIGNUM *d = BN_secure_new();

	if (!d || !BN_bin2bn(s->bytes, (int)s->len, d)) {
		BN_clear_free(d);
		return NULL;
	}
	BN_set_flags(d, BN_FLG_CONSTTIME);
	return d;
}

/* A key of OpenSSL's from the public point and, where given, the private number. */
static EVP_PKEY *pkey_of(const struct nos_ecdh_point *public, const struct nos_secret *private)
{
	AUTO(OSSL_PARAM_BLD, drop_bld) bld = OSSL_PARAM_BLD_new();
	AUTO(BIGNUM, drop_bn) d = private ? secret_number(private) : NULL;
	AUTO(OSSL_PARAM, drop_params) params = NULL;
	AUTO(EVP_PKEY_CTX, drop_pkey_ctx) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	if (!bld || !ctx || (private && !d) ||
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
		1 ||
	    OSSL_PARAM_BLD_push_octet_string(
		bld, OSSL_PKEY_PARAM_PUB_KEY, public->bytes, sizeof(public->bytes)) != 1 ||
	    (d && OSSL_PARAM_BLD_push_BN_pad(
		      bld, OSSL_PKEY_PARAM_PRIV_KEY, d, NOS_ECDH_PRIVATE_LEN) != 1))
		return NULL;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		return NULL;
	return pkey;
}

enum nos_code nos_ecdh_public(
    const struct nos_secret *private, struct nos_ecdh_point *ret, struct nos_err *err)
{
	AUTO(EC_GROUP, drop_group) group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	AUTO(EC_POINT, drop_point) point = group ? EC_POINT_new(group) : NULL;
	AUTO(BIGNUM, drop_bn) d = secret_number(private);

	if (!point || !d)
		return failed(err);
	if (private->len != NOS_ECDH_PRIVATE_LEN || BN_is_zero(d) ||
	    BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		return nos_err_set(err, NOS_DATA, "not a private key of P-256");
	if (EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1 ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_COMPRESSED, ret->bytes,
		sizeof(ret->bytes), NULL) != sizeof(ret->bytes))
		return failed(err);
	return NOS_OK;
}

enum nos_code nos_ecdh_generate(
    struct nos_secret *ret_private, struct nos_ecdh_point *ret_public, struct nos_err *err)
{
	AUTO(EVP_PKEY, drop_pkey) pkey = EVP_EC_gen("P-256");
	BIGNUM *d = NULL;
	bool good;

	nos_secret_release(ret_private);
	if (!pkey || EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1)
		return failed(err);
	ret_private->len = NOS_ECDH_PRIVATE_LEN;
	good = BN_bn2binpad(d, ret_private->bytes, NOS_ECDH_PRIVATE_LEN) == NOS_ECDH_PRIVATE_LEN;
	BN_clear_free(d);
	if (!good)
		return failed(err);
	return nos_ecdh_public(ret_private, ret_public, err);
}

enum nos_code nos_ecdh_shared(const struct nos_secret *private, const struct nos_ecdh_point *peer,
    struct nos_secret *ret, struct nos_err *err)
{
	struct nos_ecdh_point own;
	AUTO(EVP_PKEY, drop_pkey) theirs = NULL;
	AUTO(EVP_PKEY, drop_pkey) ours = NULL;
	AUTO(EVP_PKEY_CTX, drop_pkey_ctx) ctx = NULL;
	size_t len = NOS_ECDH_SHARED_LEN;

	if (nos_ecdh_public(private, &own, err))
		return err->code;
	theirs = pkey_of(peer, NULL);
	if (!theirs)
		return off_curve(err);
	ours = pkey_of(&own, private);
	ctx = ours ? EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL) : NULL;
	if (!ctx || EVP_PKEY_derive_init(ctx) != 1)
		return failed(err);
	if (EVP_PKEY_derive_set_peer(ctx, theirs) != 1) /* checks that it lies on the curve */
		return off_curve(err);
	nos_secret_release(ret);
	if (EVP_PKEY_derive(ctx, ret->bytes, &len) != 1 || len != NOS_ECDH_SHARED_LEN) {
		nos_secret_release(ret);
		return failed(err);
	}
	ret->len = len;
	return NOS_OK;
}

enum nos_code nos_ecdh_to_xy(const struct nos_ecdh_point *p, uint8_t x[static NOS_ECDH_COORD_LEN],
    uint8_t y[static NOS_ECDH_COORD_LEN], struct nos_err *err)
{
	AUTO(EC_GROUP, drop_group) group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	AUTO(EC_POINT, drop_point) point = group ? EC_POINT_new(group) : NULL;
	uint8_t both[1 + 2 * NOS_ECDH_COORD_LEN];

	if (!point)
		return failed(err);
	if (EC_POINT_oct2point(group, point, p->bytes, sizeof(p->bytes), NULL) != 1)
		return off_curve(err);
	if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, both, sizeof(both),
		NULL) != sizeof(both))
		return failed(err);
	memcpy(x, both + 1, NOS_ECDH_COORD_LEN);
	memcpy(y, both + 1 + NOS_ECDH_COORD_LEN, NOS_ECDH_COORD_LEN);
	return NOS_OK;
}

enum nos_code nos_ecdh_from_xy(const uint8_t x[static NOS_ECDH_COORD_LEN],
    const uint8_t y[static NOS_ECDH_COORD_LEN], struct nos_ecdh_point *ret, struct nos_err *err)
{
	uint8_t xx[NOS_ECDH_COORD_LEN], yy[NOS_ECDH_COORD_LEN];
	struct nos_ecdh_point point;

	point.bytes[0] = 2 | (y[NOS_ECDH_COORD_LEN - 1] & 1);
	memcpy(point.bytes + 1, x, NOS_ECDH_COORD_LEN);
	if (nos_ecdh_to_xy(&point, xx, yy, err))
		return err->code;
	if (memcmp(y, yy, sizeof(yy)) != 0)
		return off_curve(err);
	*ret = point;
	return NOS_OK;
}
