/* SPDX-License-Identifier: MIT */
#include "net/tls_pair.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#define KEY_ID_MAX 64

static gnutls_datum_t datum_of(struct nos_str text)
{
	/* GnuTLS only reads it. */
	union {
		const char *in;
		unsigned char *out;
	} p = { text.p };

	return (gnutls_datum_t){ p.out, (unsigned)text.len };
}

static enum nos_code wrong(const char *what, int status, struct nos_err *err)
{
	if (status == GNUTLS_E_MEMORY_ERROR)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	return nos_err_set(err, NOS_CONFIG, "%s: %s", what, gnutls_strerror(status));
}

/* What is looked for does not begin anywhere in the text, which GnuTLS says in each of these words.
 */
static bool is_none(int status)
{
	return status == GNUTLS_E_NO_CERTIFICATE_FOUND ||
	       status == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR ||
	       status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

static enum nos_code read_span(struct nos_tls_pair *p, struct nos_err *err)
{
	gnutls_x509_crt_t own;
	int status = gnutls_pcert_export_x509(&p->chain[0], &own);

	if (status < 0)
		return wrong("certificate", status, err);
	p->from.ms = (int64_t)gnutls_x509_crt_get_activation_time(own) * 1000;
	p->until.ms = (int64_t)gnutls_x509_crt_get_expiration_time(own) * 1000;
	gnutls_x509_crt_deinit(own);
	return NOS_OK;
}

static enum nos_code read_chain(struct nos_str text, struct nos_tls_pair *p, struct nos_err *err)
{
	const gnutls_datum_t pem = datum_of(text);
	unsigned len = NOS_TLS_CHAIN_MAX;
	int status = gnutls_pcert_list_import_x509_raw(
	    p->chain, &len, &pem, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);

	if (status == GNUTLS_E_SHORT_MEMORY_BUFFER)
		return nos_err_set(
		    err, NOS_CONFIG, "certificate: over %d in a row", NOS_TLS_CHAIN_MAX);
	if (is_none(status) || (status >= 0 && !len))
		return nos_err_set(err, NOS_CONFIG, "certificate: none in PEM is in it");
	if (status < 0)
		return wrong("certificate", status, err);
	p->chain_len = len;
	return read_span(p, err);
}

/* One with a pass phrase would need somebody who types it. */
static enum nos_code read_key(struct nos_str text, struct nos_tls_pair *p, struct nos_err *err)
{
	const gnutls_datum_t pem = datum_of(text);
	int status = gnutls_privkey_init(&p->key);

	if (status >= 0)
		status = gnutls_privkey_import_x509_raw(p->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (status == GNUTLS_E_DECRYPTION_FAILED)
		return nos_err_set(err, NOS_CONFIG, "key: it has a pass phrase; take one without");
	if (is_none(status))
		return nos_err_set(err, NOS_CONFIG, "key: no private key in PEM is in it");
	return status < 0 ? wrong("key", status, err) : NOS_OK;
}

static int id_of(gnutls_pubkey_t key, unsigned char id[static KEY_ID_MAX])
{
	size_t len = KEY_ID_MAX;

	memset(id, 0, KEY_ID_MAX);
	return gnutls_pubkey_get_key_id(key, 0, id, &len);
}

static enum nos_code check_fit(const struct nos_tls_pair *p, struct nos_err *err)
{
	unsigned char own[KEY_ID_MAX], certified[KEY_ID_MAX];
	gnutls_pubkey_t public;
	int status = gnutls_pubkey_init(&public);

	if (status < 0)
		return wrong("key", status, err);
	status = gnutls_pubkey_import_privkey(public, p->key, 0, 0);
	if (status >= 0)
		status = id_of(public, own);
	if (status >= 0)
		status = id_of(p->chain[0].pubkey, certified);
	gnutls_pubkey_deinit(public);
	if (status < 0)
		return wrong("key", status, err);
	return memcmp(own, certified, sizeof(own)) == 0
		   ? NOS_OK
		   : nos_err_set(err, NOS_CONFIG, "the key is not that of the certificate");
}

enum nos_code nos_tls_pair_read(
    struct nos_str certificates, struct nos_str key, struct nos_tls_pair **ret, struct nos_err *err)
{
	struct nos_tls_pair *p = calloc(1, sizeof(*p));

	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	atomic_store(&p->holders, 1);
	if (read_chain(certificates, p, err) || read_key(key, p, err) || check_fit(p, err)) {
		nos_tls_pair_drop(p);
		return err->code;
	}
	*ret = p;
	return NOS_OK;
}

void nos_tls_pair_drop(struct nos_tls_pair *p)
{
	if (!p || atomic_fetch_sub(&p->holders, 1) > 1)
		return;
	for (unsigned i = 0; i < p->chain_len; i++)
		gnutls_pcert_deinit(&p->chain[i]);
	if (p->key)
		gnutls_privkey_deinit(p->key);
	free(p);
}
