/* SPDX-License-Identifier: MIT */
/* What a relay reads of others: a hop frame, whose parts lie within it and give it again; the
 * document of a node, which gets its name; the trace of a request. */
#include "fuzz.h"

#include "json/decode.h"
#include "key/hop.h"
#include "source/relay_reply.h"
#include "source/relay_trace.h"

static bool lies_within(struct nos_span part, const uint8_t *data, size_t size)
{
	return part.p >= data && part.p + part.len <= data + size;
}

static void read_frame(const uint8_t *data, size_t size)
{
	struct nos_err err = { 0 };
	NOS_AUTO(buf) raised = { 0 };
	struct nos_str media, body;
	struct nos_hop h;

	if (nos_hop_read((struct nos_span){ data, size }, &h, &err)) {
		must(err.code == NOS_DATA);
		return;
	}
	must(h.hops <= NOS_HOP_MAX && h.source.len <= NOS_HOP_SOURCE_MAX);
	must(h.tag.len == NOS_HOP_TAG_LEN && h.covered.len + h.tag.len == size);
	must(lies_within(h.pack, data, size) && lies_within(nos_str_bytes(h.source), data, size));
	nos_buf_init(&raised, size);
	nos_hop_raise(&raised, &h);
	must(!nos_buf_check(&raised, "frame", &err) && raised.len == size);
	/* The shortest form alone is read, so all but the hops is as it came. */
	must(memcmp(raised.p + 2, data + 2, size - 2) == 0);
	if (nos_hop_split(h.pack, &media, &body))
		must(media.len + 1 + body.len == h.pack.len);
}

static void name_document(struct nos_str text)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_err err = { 0 };
	NOS_AUTO(buf) named = { 0 };
	struct nos_str relay;
	struct nos_decode d;

	nos_buf_init(&named, text.len + 64);
	if (nos_relay_reply_name(&named, text, NOS_STR("s-me"), &err))
		return;
	must(!nos_decode_object(&scan, nos_buf_str(&named), "document", &d, &err));
	must(!nos_decode_text(&d, "relay", &relay, &err) && nos_str_is(relay, "s-me"));
	nos_scan_release(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nos_err err = { 0 };

	read_frame(data, size);
	name_document(fuzz_text(data, size));
	if (!nos_relay_trace_check(fuzz_text(data, size), "s-me", &err))
		must(size <= NOS_HTTP_VIA_MAX);
	return 0;
}
