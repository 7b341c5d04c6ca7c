/* SPDX-License-Identifier: MIT */
/*
 * What of a node's store is secret, sealed under the node key file (AES-256-GCM, the place of the
 * value as associated data, so that none can be moved to another). The file is kept apart from
 * backups of the store. Thread-safe once open.
 */
#ifndef NOS_SELF_VAULT_H
#define NOS_SELF_VAULT_H

#include "base/buf.h"
#include "base/secret.h"

#define NOS_VAULT_KEY_LEN 32

struct nos_vault {
	struct nos_secret key;
};

void nos_vault_release(struct nos_vault *v);

/* The text of a node key file, and back. NOS_CONFIG: not such a file, or a newer nos's. */
enum nos_code nos_vault_new(
    struct nos_vault *ret, struct nos_buf *ret_text, struct nos_err *err) NOS_CHECK;
enum nos_code nos_vault_decode(
    struct nos_str text, struct nos_vault *ret, struct nos_err *err) NOS_CHECK;

/* Where a sealed value stands. */
struct nos_vault_place {
	const char *ns;	       /* namespace of the store */
	struct nos_str record; /* its key */
	const char *field;
};

/* Append nonce ‖ ciphertext ‖ tag. */
enum nos_code nos_vault_seal(const struct nos_vault *v, const struct nos_vault_place *place,
    struct nos_span text, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Append the value to a secret buffer. NOS_DENIED: another node key, or it was moved or changed. */
enum nos_code nos_vault_open(const struct nos_vault *v, const struct nos_vault_place *place,
    struct nos_span sealed, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

#endif
