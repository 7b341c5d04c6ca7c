/* SPDX-License-Identifier: MIT */
/*
 * The chain of the audit stream (audit/audit.h): each entry's number is one more than that of
 * the one before, and its prev the hash of that one's bytes; the entry of the signed head is the
 * one that was signed. NOS_DATA: it is not so, the entry named that does not follow, or one means
 * nothing. Also NOS_IO, NOS_BUSY, NOS_INTERNAL.
 */
#ifndef NOS_AUDIT_AUDIT_CHAIN_H
#define NOS_AUDIT_AUDIT_CHAIN_H

#include "json/scan.h"
#include "audit/audit_head.h"
#include "store/store.h"

/* An entry, as far as it holds the chain together. */
struct nos_audit_link {
	uint64_t n, position; /* 0: there is none */
	uint8_t prev[NOS_HASH_LEN], hash[NOS_HASH_LEN];
};

/* Where who follows it stands: at the entry that is at, before the first one where that is all
 * zero. All-zero but for head is valid; release it. */
struct nos_audit_chain {
	const struct nos_audit_head
	    *head; /* n 0: nothing was signed; NULL: look_up asks for none */
	struct nos_audit_link at;
	struct nos_scan scan;
};

void nos_audit_chain_release(struct nos_audit_chain *c);

/* Stand at the first entry at position or behind it. NOS_DATA also: there is none. */
enum nos_code nos_audit_chain_look_up(struct nos_store *store, uint64_t position,
    struct nos_audit_chain *c, struct nos_err *err) NOS_CHECK;

/* Stand at the head's entry, without going through those before it. */
enum nos_code nos_audit_chain_seek(
    struct nos_store *store, struct nos_audit_chain *c, struct nos_err *err) NOS_CHECK;

/* From where it stands to the end, a page at a time. */
enum nos_code nos_audit_chain_follow(
    struct nos_store *store, struct nos_audit_chain *c, struct nos_err *err) NOS_CHECK;

#endif
