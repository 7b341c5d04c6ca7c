/* SPDX-License-Identifier: MIT */
#include "net/http_secure.h"

#include "net/http_connection.h"
#include "net/tls_pair.h"

int nos_http_secure_certificate(gnutls_session_t session, const gnutls_datum_t *authorities,
    int authority_count, const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
    gnutls_pcert_st **ret_chain, unsigned *ret_chain_len, gnutls_privkey_t *ret_key)
{
	/* libmicrohttpd puts its connection there. */
	struct nos_tls_pair *pair = nos_http_connection_pair(gnutls_session_get_ptr(session));

	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	if (!pair)
		return -1;
	*ret_chain = pair->chain;
	*ret_chain_len = pair->chain_len;
	*ret_key = pair->key;
	return 0;
}

/* NULL: it is plain. */
static gnutls_session_t session_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info ? info->tls_session : NULL;
}

unsigned nos_http_secure_bits(struct MHD_Connection *mhd)
{
	gnutls_session_t session = session_of(mhd);

	return session ? 8 * (unsigned)gnutls_cipher_get_key_size(gnutls_cipher_get(session)) : 0;
}

bool nos_http_secure_send_last(struct MHD_Connection *mhd, struct nos_span text)
{
	gnutls_session_t session = session_of(mhd);

	if (session && gnutls_record_send(session, text.p, text.len) == (ssize_t)text.len)
		gnutls_bye(session, GNUTLS_SHUT_WR);
	return session;
}
