/* SPDX-License-Identifier: MIT */
/*
 * What a node answers to a pack: how many readings it has, which it refused and why, or a problem
 * document for all of them (nos-wire(7), "Errors"); what it answers to the pack
 * within a frame; and what it says of keys there, and to a poll. Whether it is to be believed is
 * another question, which the receipt answers. Pure; not thread-safe on one answer.
 */
#ifndef NOS_SOURCE_ANSWER_H
#define NOS_SOURCE_ANSWER_H

#include "base/buf.h"
#include "json/scan.h"
#include "key/ask.h"
#include "key/session.h"

#define NOS_ANSWER_KEYS_MAX    64  /* key messages of one list */
#define NOS_ANSWER_RECEIPT_MAX 128 /* bytes of the receipt within an answer */

/* What an answer says of keys. All-zero is valid: nothing. */
struct nos_answer_news {
	struct nos_span *keys; /* messages as they are to be taken, in bytes */
	size_t key_count;
	bool resync;   /* the node wants to be asked */
	bool identity; /* and its own keys are others */
	struct nos_buf bytes;
};

void nos_answer_news_release(struct nos_answer_news *n);

struct nos_answer_reject {
	uint32_t index; /* in the pack, from 0 */
	struct nos_err err;
};

/* What a node answered to the pack within a frame, for who relayed it to hand on. All-zero is
 * valid: nothing. */
struct nos_answer_hop {
	unsigned status;		      /* 0: the answer has none */
	char receipt[NOS_ANSWER_RECEIPT_MAX]; /* or empty */
	uint64_t retry_s;		      /* 0: not said */
	struct nos_buf body;
};

/* All-zero is valid. */
struct nos_answer {
	bool refused; /* a problem document: why says what is wrong with all of the pack */
	struct nos_err why;
	uint64_t accepted, duplicates;
	struct nos_answer_reject *rejects; /* in order of their index */
	size_t reject_count;
	bool has_position;
	uint64_t position; /* of the pack at the node, */
	uint64_t lane;	   /* in this lane */
	uint64_t next;	   /* highest number seen and one; 0: not said */
	bool same;	   /* a duplicate: the same readings */
	struct nos_answer_hop hop;
	struct nos_answer_news news;
};

void nos_answer_release(struct nos_answer *a);

/*
 * Read the answer to a pack of that many readings into *ret, which was released or is all-zero.
 * NOS_INTERNAL: not as it should be, the member named; *ret is as it was.
 */
enum nos_code nos_answer_decode(
    struct nos_str body, size_t readings, struct nos_answer *ret, struct nos_err *err) NOS_CHECK;

/* Read a problem document into *ret (its code is never NOS_OK). False: it is none. */
bool nos_answer_problem(struct nos_str body, struct nos_err *ret);

/* The nonce of a problem document. False: it has none. */
bool nos_answer_nonce(struct nos_str body, uint8_t ret[static NOS_ASK_NONCE_LEN]);

/* The order of a problem document: the last of the group whose key was not known. False: it has
 * none. */
bool nos_answer_order(
    struct nos_str body, uint8_t ret[static NOS_SESSION_ORDER_MAX], size_t *ret_len);

/* Read the answer to a poll into *ret, as nos_answer_decode does. */
enum nos_code nos_answer_news_decode(
    struct nos_str body, struct nos_answer_news *ret, struct nos_err *err) NOS_CHECK;

/* Add the key messages of a scanned array, each in base64url. NOS_DATA: one is not, or they are too
 * many; NOS_INTERNAL: out of memory. *ret is to be released all the same. */
enum nos_code nos_answer_keys(const struct nos_scan *scan, const struct nos_scan_value *array,
    struct nos_answer_news *ret, struct nos_err *err) NOS_CHECK;

/* Why the reading at index was rejected, NULL if it was not. */
const struct nos_err *nos_answer_why(const struct nos_answer *a, uint32_t index);

#endif
