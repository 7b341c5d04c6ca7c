/* SPDX-License-Identifier: MIT */
/* A group and its tokens as texts of the store (group/groups.h), and back. Pure but for the
 * nonce of the seal. */
#ifndef NOS_GROUP_GROUPS_TEXT_H
#define NOS_GROUP_GROUPS_TEXT_H

#include "self/spaces.h"
#include "self/vault.h"
#include "scheme/group.h"

#define NOS_GROUPS_TEXT_MAX 16384 /* bytes of either */

/* Append it. NOS_INTERNAL. */
enum nos_code nos_groups_text_encode(struct nos_buf *b, const struct nos_group *g,
    const struct nos_vault *vault, struct nos_err *err) NOS_CHECK;

/* vault NULL: without what is secret. NOS_IO: not such a value; NOS_CONFIG: written by a newer nos;
 * NOS_DENIED: another node key. So also below. */
enum nos_code nos_groups_text_decode(uint64_t number, struct nos_str text,
    const struct nos_vault *vault, struct nos_group *ret, struct nos_err *err) NOS_CHECK;

/* Append the present order alone; nothing where there is none. */
enum nos_code nos_groups_text_order(
    struct nos_str text, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

enum nos_code nos_groups_text_chain_encode(struct nos_buf *b, uint64_t number,
    const struct nos_group_chain *c, const struct nos_vault *vault, struct nos_err *err) NOS_CHECK;
enum nos_code nos_groups_text_chain_decode(uint64_t number, struct nos_str text,
    const struct nos_vault *vault, struct nos_group_chain *ret, struct nos_err *err) NOS_CHECK;

#endif
