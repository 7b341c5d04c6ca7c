/* SPDX-License-Identifier: MIT */
/* What nodes say to one another, behind its seal, and the file that says who they are; and the
 * document by which a source takes a node for what it says it is. */
#include "fuzz.h"

#include "envelope/document.h"
#include "envelope/peer.h"
#include "key/roam.h"
#include "peer/peers.h"

/* Nobody has signed it; and what was read is a source's id, or that all are meant, and a key of
 * roaming. */
static void decode_request(const struct nos_buf *opened)
{
	const uint8_t sign[NOS_SIGN_PUBLIC_LEN] = { 1 };
	struct nos_peer_request r;
	struct nos_err err = { 0 };
	uint64_t home, day;

	if (nos_peer_request_decode(opened, &r, &err))
		return;
	must(nos_peer_is_source(nos_str_of(r.source)) || (r.op == NOS_PEER_REVOKED && !*r.source));
	must(nos_roam_is(&r.key, &home, &day));
	must(nos_peer_verify(opened, sign, &err) == NOS_TAG);
}

static void decode_answer(const struct nos_buf *opened)
{
	NOS_AUTO(peer_answer) a = { 0 };
	struct nos_err err = { 0 };

	if (nos_peer_answer_decode(opened, &a, &err)) {
		must((err.code == NOS_DATA || err.code == NOS_LARGE) && !a.key.len);
		return;
	}
	must(a.op != NOS_PEER_ROAM ||
	     (a.key.len == NOS_ROAM_KEY_LEN && nos_name_is_kind(nos_str_of(a.kind))));
}

static void read_peers(struct nos_str text)
{
	static struct nos_peers_list list;
	struct nos_err err = { 0 };

	if (nos_peers_parse(text, &list, &err)) {
		must(err.code == NOS_CONFIG);
		return;
	}
	must(list.count <= NOS_PEERS_MAX);
	for (size_t i = 0; i < list.count; i++)
		must(list.of[i].node && !nos_url_check(list.of[i].url, &err));
}

static void read_document(struct nos_str text)
{
	uint8_t thumbprint[NOS_HASH_LEN];
	struct nos_ecdh_point key;
	uint64_t node = 0;

	if (nos_document_who(text, &node, thumbprint))
		must(node && nos_document_key(text, thumbprint, &key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nos_str text = fuzz_text(data, size);
	NOS_AUTO(buf) opened = { 0 };

	if (size > NOS_PEER_MAX)
		return 0;
	nos_buf_init_secret(&opened, NOS_PEER_MAX + NOS_SIGN_LEN);
	for (size_t i = 0; i < NOS_SIGN_LEN; i++)
		nos_buf_add_char(&opened, 's');
	nos_buf_add_str(&opened, text);
	decode_request(&opened);
	decode_answer(&opened);
	read_peers(text);
	read_document(text);
	return 0;
}
